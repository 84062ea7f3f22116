/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything that a run owns, and how it is made from a parameter file and particles.
 */
#ifndef CATENA_STATE_H
#define CATENA_STATE_H

#include "base/comm.h"
#include "base/units.h"
#include "data/particles.h"
#include "gravity/gravity.h"
#include "params/params.h"
#include "time/cosmology.h"

/* The system: what is integrated, without how. */
struct state
{
  const struct comm *comm; /* borrowed */
  struct params params;
  struct units units;
  struct cosmology cosmology;
  struct box box;
  struct particles particles;
  struct holes holes;
  double time; /* at which the system is: of the file that was read, or TimeBegin */
};

enum state_source { STATE_INITIAL, STATE_SNAPSHOT };

/* Collective, agreed. Reads the parameter file only; the rest is empty. */
enum status state_create (const struct comm *comm, const char *parameter_file, struct state *out);
void state_free (struct state *state);

/* Collective, agreed. Reads ICs, which TimeBegin may date, or a snapshot, checks types against softenings, and gives
 * each rank its domain. In comoving runs velocities become momenta, and ST_DATA is returned if the scale factor is
 * not above 0, differs from TimeBegin, or the masses do not make Omega0 within 1 %. */
enum status state_read (struct state *state, const char *file, enum state_source source);

/* Collective. Mean density of the box over the critical density at z = 0; comoving runs. */
double state_omega (const struct state *state);

/* Local. The gravity solver's options for this system. */
struct gravity_options state_gravity_options (const struct state *state);

/* Collective. Particles of each type, all ranks. */
void state_count_types (const struct state *state, int64_t n_of_type[N_TYPES]);

#endif
