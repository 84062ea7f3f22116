/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The change of W between two sets of softening lengths comes from pairs within the longer reach alone. The solver
 * sums those if it is asked for nothing but the short-range part of a split whose cut is that reach: there it accepts
 * no cell, and what the split takes away from each pair is the same with both lengths. So the difference of two such
 * solves is a sum over close pairs, good to the rounding of single ones.
 *
 * One difference a time is enough: that of the lengths of the last entry and of now, at the present positions. The
 * trapezoid rule's other half is that of the last entry, scaled to the present interval. What changes inside regions,
 * between softened stars that are integrated by areg, is left out. */
#include "time/softening.h"

#include <math.h>

#include "base/exact.h"
#include "base/mem.h"
#include "gravity/gravity.h"
#include "gravity/kernel.h"

/* Reach of the split over its scale: the largest that the solver takes, where the pair's rest is least. */
static const double reach = 6, most = 0.45;

struct lengths { double of[2][N_TYPES], largest; int differ; };

static struct lengths lengths_of (const struct params *params, const struct cosmology *c, const struct particles *p,
                                  const struct comm *comm, double before, double now)
{
  struct lengths l = { .largest = 0 };
  int64_t count[N_TYPES] = { 0 };

  for (int64_t i = 0; i < p->n; i++)
    count[p->type[i]]++;
  comm_sum_array (comm, count, N_TYPES);
  for (int t = 0; t < N_TYPES; t++) {
    l.of[0][t] = cosmology_softening (c, params, t, before);
    l.of[1][t] = cosmology_softening (c, params, t, now);
    if (count[t] == 0)
      continue;
    l.differ |= l.of[0][t] != l.of[1][t];
    l.largest = fmax (l.largest, fmax (l.of[0][t], l.of[1][t]));
  }
  return l;
}

/* Collective, agreed. 1/2 sum m phi of the pairs within reach, and a part that does not depend on eps[type]. */
static enum status close_energy (struct gravity *gravity, const struct comm *comm, const struct particles *p,
                                 const double eps[N_TYPES], double *energy)
{
  double *potential = mem_alloc ("ledger potentials", p->n, sizeof *potential);
  enum status st = status_agree (comm, potential ? ST_OK : ST_MEMORY, NULL);
  struct exact_sum sum;

  if (st == ST_OK) {
    const struct gravity_bodies bodies = { .n = p->n, .position = (const uint64_t (*)[3]) p->position,
                                           .mass = p->mass, .softening = eps, .type = p->type,
                                           .acceleration_old = p->acceleration_old, .id = p->id, .group = p->group,
                                           .work = p->work };
    st = gravity_solve (gravity, comm, &bodies, &(struct gravity_result) { .potential = potential });
  }
  exact_clear (&sum);
  for (int64_t i = 0; i < p->n && st == ST_OK; i++)
    exact_add_product (&sum, 0.5 * p->mass[i], potential[i]);
  exact_reduce (comm, &sum, 1);
  *energy = exact_value (&sum);
  mem_free (&potential);
  return st;
}

/* Collective, agreed. W (x, lengths now) - W (x, lengths before). */
static enum status change (const struct comm *comm, const struct params *params, const struct units *units,
                           const struct box *box, const struct particles *p, const struct lengths *l, double *out)
{
  const double scale = SPLINE_SUPPORT * l->largest * 1.0001 / reach; /* a hair: reaches are rounded to floats */
  const struct gravity_options o = { .G = units->G, .length = box->length, .periodic = box->periodic,
                                     .multipole_order = params->MultipoleOrder, .accuracy = params->ErrTolForceAcc,
                                     .opening_angle = params->ErrTolTheta, .leaf_size = params->TreeLeafSize,
                                     .direct_below = params->DirectSumBelow, .split_scale = scale,
                                     .split_reach = reach };
  struct gravity *gravity = NULL;
  double energy[2] = { 0 };
  enum status st = status_agree (comm, gravity_create (&o, &gravity), NULL);

  for (int k = 0; k < 2 && st == ST_OK; k++)
    st = close_energy (gravity, comm, p, l->of[k], &energy[k]);
  gravity_free (&gravity);
  *out = energy[1] - energy[0];
  return st;
}

enum status softening_enter (struct softening_ledger *ledger, const struct comm *comm, const struct params *params,
                             const struct cosmology *cosmology, const struct units *units, const struct box *box,
                             const struct particles *p, double now)
{
  const double before = ledger->scale > 0 ? ledger->scale : now, interval = log (now / before);
  const struct lengths l = lengths_of (params, cosmology, p, comm, before, now);
  double here = 0;
  enum status st = ST_OK;

  if (l.differ && SPLINE_SUPPORT * l.largest * 1.0001 < most * box->length)
    st = change (comm, params, units, box, p, &l, &here);
  ledger->work += ledger->rate != 0 ? 0.5 * (here + ledger->rate * interval) : here;
  if (interval > 0)
    ledger->rate = here / interval;
  ledger->scale = now;
  return st;
}
