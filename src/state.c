/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See state.h. Shared by the run itself, the check of its input, and the force computation. */
#include "state.h"

#include <string.h>

#include "data/domain.h"
#include "io/snapshot.h"
#include "time/timeline.h"

enum status state_create (const struct comm *comm, const char *parameter_file, struct state *out)
{
  memset (out, 0, sizeof *out);
  out->comm = comm;
  enum status st = params_read (comm, parameter_file, &out->params);
  if (st == ST_OK)
    out->units = params_units (&out->params);
  return st;
}

void state_free (struct state *s)
{
  particles_free (&s->particles);
  holes_free (&s->holes);
}

void state_count_types (const struct state *s, int64_t n_of_type[N_TYPES])
{
  memset (n_of_type, 0, N_TYPES * sizeof *n_of_type);
  for (int64_t i = 0; i < s->particles.n; i++)
    n_of_type[s->particles.type[i]]++;
  comm_sum_array (s->comm, n_of_type, N_TYPES);
}

enum status state_read (struct state *s, const char *file)
{
  int64_t n_of_type[N_TYPES];
  enum status st = snapshot_read (s->comm, &s->params, file, &s->box, &s->particles, &s->holes, &s->time);

  if (st != ST_OK)
    return st;
  for (int64_t i = 0; i < s->particles.n; i++) {
    s->particles.group[i] = -1;
    s->particles.bin[i] = TIMELINE_BITS;
  }
  state_count_types (s, n_of_type);
  st = status_agree (s->comm, params_check_types (&s->params, n_of_type), NULL);
  return st == ST_OK ? domain_decompose (s->comm, &s->particles) : st;
}

struct gravity_options state_gravity_options (const struct state *s)
{
  const struct params *p = &s->params;
  struct gravity_options o = { .G = s->units.G, .length = s->box.length, .periodic = s->box.periodic,
                               .multipole_order = p->MultipoleOrder,
                               .accuracy = p->TypeOfOpeningCriterion ? p->ErrTolForceAcc : 0,
                               .opening_angle = p->ErrTolTheta, .leaf_size = p->TreeLeafSize,
                               .direct_below = p->DirectSumBelow };

  return o;
}
