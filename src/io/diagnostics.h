/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text logs of a run in OutputDir: info.txt, energy.txt, conservation.csv, timebins.txt, cpu.csv, regions.csv,
 * mergers.txt (columns: doc/formats.md). Rank 0 writes. A resumed run first cuts each file to the length
 * that the checkpoint recorded, so that no line is there twice.
 */
#ifndef CATENA_DIAGNOSTICS_H
#define CATENA_DIAGNOSTICS_H

#include <stdint.h>

#include "areg.h"
#include "base/comm.h"
#include "base/status.h"
#include "base/units.h"
#include "data/particles.h"
#include "params/params.h"

enum { DIAGNOSTIC_FILES = 8 };

struct diagnostics; /* opaque */

/* Collective, agreed ST_CANTCREAT. `lengths` of diagnostics_lengths for a resumed run, NULL for a new one.
 * *out belongs to the caller. */
enum status diagnostics_open (const struct comm *comm, const struct params *params, const struct units *units,
                              const int64_t *lengths, struct diagnostics **out);
/* Collective, agreed ST_IOERR if a file could not take its lines (disk full). NULL-safe; sets the pointer to NULL. */
enum status diagnostics_close (struct diagnostics **d);
/* Collective. Pushes all lines to the disk and gives the files' lengths in bytes, the same on all ranks, for a
 * checkpoint item of DIAGNOSTIC_FILES integers. Agreed ST_IOERR. */
enum status diagnostics_lengths (struct diagnostics *d, int64_t lengths[DIAGNOSTIC_FILES]);

/* Collective. For a start from a snapshot: the lengths of the files in OutputDir without the lines after `time`, and
 * without those of that instant that the new run writes again; 0 for a file that is not there. `age`: the same as a
 * physical time. */
void diagnostics_until (const struct comm *comm, const struct params *params, double time, double age,
                        int64_t lengths[DIAGNOSTIC_FILES]);

/* Energy that left the kinetic and potential energy of the particles by known ways, code units, > 0: lost. */
struct energy_ledger
{
  double radiated; /* work of the dissipative post-Newtonian terms, and conservative PN energy not in the sums */
  double mergers;  /* mass, softening and kick changes at mergers */
  double scale;     /* comoving runs: the scale factor a now; 0: physical run */
  double expansion; /* comoving runs: the integral of the kinetic energy over a since the start */
  double softening; /* comoving runs: work of the change of softening lengths since the start, time/softening.h */
};

/* Exact sums over all particles, code units, physical: in comoving runs of peculiar velocities p/a and potentials
 * phi/a; momentum and angular momentum then are those of p and x. */
struct conserved
{
  double mass, kinetic, potential;
  double energy; /* what is conserved: kinetic + potential + the ledger; comoving runs, with T and W for these two:
                  * a (T + W) + integral T da - work of softening + the rest of the ledger (Irvine
                  * 1961; Layzer 1963) */
  double momentum[3], angular_momentum[3], center[3];
  double kinetic_of_type[N_TYPES], potential_of_type[N_TYPES], mass_of_type[N_TYPES];
};

/* Collective. The sums, the same bits for any distribution of the particles over ranks. Positions and velocities
 * must belong to one instant, and the potentials to it; a potential counts half. Angular momentum is about the
 * origin. */
void conserved_now (const struct comm *comm, const struct box *box, const struct particles *p,
                    const struct energy_ledger *ledger, struct conserved *out);
/* Collective. conserved_now, and one line in energy.txt and conservation.csv. *out may not be NULL. */
void diagnostics_energy (struct diagnostics *d, double time, const struct box *box, const struct particles *p,
                         const struct energy_ledger *ledger, struct conserved *out);

struct step_row
{
  int64_t step; /* number of the step */
  double time, dt;
  int64_t n_active, n_particles;
  int n_regions;
  int64_t n_regularised; /* bodies in regions */
  double energy_error;   /* last known relative error; NaN: none yet, left empty */
  double seconds;        /* wall clock of the step */
};

/* Local, rank 0 acts, and so for all that follow. One line of info.txt. */
void diagnostics_step (struct diagnostics *d, const struct step_row *row);
/* One block of timebins.txt: particles in each bin now, 2^bin ticks of `tick` length, which bins are active. */
void diagnostics_timebins (struct diagnostics *d, int64_t step, double time, double tick, const int64_t *n_in_bin,
                           int n_bins, int highest_active);
/* One line of cpu.csv: seconds by part since the start. The first call of a run writes the names. */
void diagnostics_cpu (struct diagnostics *d, int64_t step, double time, const char *const *names,
                      const double *seconds, int n);

struct region_row
{
  int64_t step;
  double time, dt;
  uint64_t id; /* of its heaviest SMBH */
  int n_bodies, n_holes;
  int64_t steps, rejected;
  double energy_error;                  /* relative, of this call */
  double position[3], velocity[3];      /* centre of mass */
  double semi_major_axis, eccentricity; /* of the tightest pair of SMBHs, Newtonian; NaN: none, left empty */
  double seconds;
  int n_ranks;
};

void diagnostics_region (struct diagnostics *d, const struct region_row *row);
/* A merger in words, mergers.txt. */
void diagnostics_merger (struct diagnostics *d, const struct areg_merger *merger);
/* A star disrupted or captured, star_events.csv. */
void diagnostics_star_event (struct diagnostics *d, const struct areg_event *event);

#endif
