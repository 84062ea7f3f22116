/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One step of the hierarchy of time steps: tidy up, close the steps that end now, open those that begin, drift.
 *
 * Hierarchical splitting of the Hamiltonian (Pelupessy, Jänes & Portegies Zwart 2012; Springel et al. 2021, section
 * 4): with S_b the particles of steps 2^b ticks or shorter, level b kicks with the forces among S_b, less those among
 * S_(b-1), which that level does itself. Momentum is conserved, and a step costs what its own particles cost.
 *
 *   step_close   half-kicks of the steps that end at this tick
 *   step_open    regions and steps chosen anew; half-kicks of the steps that begin at this tick
 *   step_drift   positions over each particle's own step, regions by areg; the tick moves on
 *
 * In comoving runs velocities are canonical momenta per mass, p = a^2 dx/dt, steps are of ln a, and kicks and drifts
 * are weighted with the integrals of cosmology.h; physical runs are the same code with trivial integrals.
 *
 * Between step_drift and step_close the particles, the SMBH table and step_items are the whole state: checkpoints are
 * taken there.
 */
#ifndef CATENA_STEP_H
#define CATENA_STEP_H

#include <stdint.h>

#include "base/comm.h"
#include "base/status.h"
#include "base/units.h"
#include "data/particles.h"
#include "gravity/gravity.h"
#include "params/params.h"
#include "time/cosmology.h"
#include "time/region.h"
#include "time/timeline.h"

enum { N_BINS = TIMELINE_BITS + 1 };

struct force_set; /* accelerations of one level's particles */

struct stepper
{
  /* Borrowed. */
  const struct comm *comm;
  const struct params *params;
  const struct units *units;
  struct box *box;
  struct particles *p;
  struct holes *holes;
  struct timeline *timeline;
  struct cosmology cosmology;
  /* Owned. */
  struct gravity *gravity;
  struct gravity_options gravity_options;
  struct regions regions;
  int64_t *order;                 /* local particles by ascending bin */
  int64_t order_capacity;
  int64_t first_of_bin[N_BINS + 1]; /* in order; local */
  int64_t n_in_bin[N_BINS];       /* of all ranks */
  struct force_set *set;          /* computed at this tick; N_BINS of them, n_sets in use */
  int n_sets;
  /* Run state: step_items of the checkpoint. */
  int64_t started;                /* 0 until the first close */
  int64_t region_bin;             /* step of the regions; -1: there are none */
  int64_t n_steps;
  int64_t any_gone;               /* merged particles wait for the end of their step */
  double longest_step;            /* that the motion of dark matter allows (MaxRMSDisplacementFac); comoving runs */
  double energy_radiated;         /* work of the regions' post-Newtonian terms and mergers; > 0: lost */
  /* Of the last step. */
  int64_t n_active;
  double seconds_gravity, seconds_regions, seconds_domain, seconds_other; /* since the start, this rank */
};

/* Collective, agreed ST_MEMORY. All pointers are borrowed and must outlive the stepper. */
enum status step_create (const struct comm *comm, const struct params *params, const struct units *units,
                         struct box *box, struct particles *p, struct holes *holes, struct timeline *timeline,
                         const struct gravity_options *gravity_options, struct stepper *out);
void step_free (struct stepper *s);

/* Collective, agreed ST_MEMORY. After the particles have been read: the order by bin. */
enum status step_resort (struct stepper *s);

/* Collective, agreed. House-keeping at the start of a tick: merged particles leave; at a synchronized tick the box is
 * made wide enough and the particles go to the ranks of their new domains. Changes no number of the physics. */
enum status step_tidy (struct stepper *s);

/* All particles are at this tick. */
int step_synchronized (const struct stepper *s);

/* Collective, agreed. With `potentials`, at a synchronized tick, the potentials of all particles are computed too. */
enum status step_close (struct stepper *s, int potentials);
enum status step_open (struct stepper *s);
/* SMBHs in regions are sampled at multiples of `sample_interval`, physical time, since the run's first instant; 0:
 * never. What was sampled and merged is in s->regions. */
enum status step_drift (struct stepper *s, double sample_interval);

/* The length of the smallest step in use, code time (comoving runs: ln a). */
double step_length (const struct stepper *s);

#endif
