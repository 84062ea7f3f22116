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

/* The system: what is integrated, without how. */
struct state
{
  const struct comm *comm; /* borrowed */
  struct params params;
  struct units units;
  struct box box;
  struct particles particles;
  struct holes holes;
  double time; /* of the file that was read */
};

/* Collective, agreed. Reads the parameter file only; the rest is empty. */
enum status state_create (const struct comm *comm, const char *parameter_file, struct state *out);
void state_free (struct state *state);

/* Collective, agreed. Reads ICs or a snapshot, checks types against softenings, and gives each rank its domain. */
enum status state_read (struct state *state, const char *file);

/* Local. The gravity solver's options for this system. */
struct gravity_options state_gravity_options (const struct state *state);

/* Collective. Particles of each type, all ranks. */
void state_count_types (const struct state *state, int64_t n_of_type[N_TYPES]);

#endif
