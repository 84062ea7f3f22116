/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every pair of bodies of a set feels opposite forces (groups included: who does not feel a body is not felt by it),
 * so the exact forces add up to zero. A one-sided walk approximates the two sides of a pair on their own, and leaves
 * the sum of its errors: 1e-6 to 1e-5 of the sum of |force|, so that a galaxy left to itself would walk away.
 *
 * The correction is the smallest change that removes it, in the metric of the errors that were allowed: minimise
 * sum_i m_i |delta_i|^2 / w_i subject to sum_i m_i delta_i = -F; then delta_i = -w_i F / sum_j m_j w_j. With w_i the
 * |a| that the acceptance criterion held errors against, nobody is moved by more than 1e-6 to 1e-5 of what he was
 * allowed a thousandth of; a tight pair or a body in a deep cusp, whose |a| is far above its neighbours', takes no
 * larger share than they do.
 *
 * Sums must not depend on their order: addends become integers, multiples of 2^-56 of the largest, and are
 * added in 128 bits.
 */
#include "gravity/momentum.h"

#include <math.h>

enum { N_SUMS = 5, BITS = 56, FLUSH = 64, HALF = 40 }; /* m a, m |a|, m w; a sum travels in two words */

struct totals
{
  __int128 part[N_SUMS];
};

static inline double length_of (const double a[3]) { return sqrt (a[0] * a[0] + a[1] * a[1] + a[2] * a[2]); }

static inline double weight_of (const struct cell *leaf, const double a[3])
{
  return leaf->old > 0 ? (double) leaf->old : length_of (a);
}

static inline bool is_own_leaf (const struct cell *c) { return c->n_children == 0 && c->flags & CELL_OWN; }

/* Not below any addend. Infinite if one is not finite. */
static double bound_of (const struct forest *f, const struct sums *sums)
{
  double most = 0;

#pragma omp parallel for schedule(static) reduction(max : most)
  for (int32_t i = 0; i < f->n_cells; i++) {
    const struct cell *const c = f->cell + i;
    for (int64_t j = c->body; is_own_leaf (c) && j < c->body + c->n_bodies; j++) {
      const double *const a = sums->acceleration[j];
      const double x = f->mass[j] * (fabs (a[0]) + fabs (a[1]) + fabs (a[2]) + (double) c->old);
      most = x <= most ? most : isfinite (x) ? x : INFINITY;
    }
  }
  return most;
}

/* One leaf: 64 addends of 56 bits fit a word, which is quicker than two. */
static void add_leaf (const struct forest *f, const struct sums *sums, const struct cell *c, double unit,
                      struct totals *t)
{
  for (int64_t first = c->body, end = c->body + c->n_bodies; first < end; first += FLUSH) {
    const int64_t last = first + FLUSH < end ? first + FLUSH : end;
    int64_t part[N_SUMS] = { 0 };
    for (int64_t j = first; j < last; j++) {
      const double *const a = sums->acceleration[j], mass = f->mass[j] * unit;
      part[0] += (int64_t) (mass * a[0]);
      part[1] += (int64_t) (mass * a[1]);
      part[2] += (int64_t) (mass * a[2]);
      part[3] += (int64_t) (mass * length_of (a));
      part[4] += (int64_t) (mass * weight_of (c, a));
    }
    for (int k = 0; k < N_SUMS; k++)
      t->part[k] += part[k];
  }
}

static void add_all (const struct forest *f, const struct sums *sums, double unit, struct totals *total)
{
#pragma omp parallel
  {
    struct totals t = { 0 };
#pragma omp for schedule(static) nowait
    for (int32_t i = 0; i < f->n_cells; i++)
      if (is_own_leaf (f->cell + i))
        add_leaf (f, sums, f->cell + i, unit, &t);
#pragma omp critical
    for (int k = 0; k < N_SUMS; k++)
      total->part[k] += t.part[k];
  }
}

/* Collective. In units of `unit`. */
static void reduce (const struct comm *comm, const struct totals *mine, double all[N_SUMS])
{
  int64_t word[2 * N_SUMS];

  for (int k = 0; k < N_SUMS; k++) {
    word[2 * k] = (int64_t) (mine->part[k] >> HALF);
    word[2 * k + 1] = (int64_t) (mine->part[k] - word[2 * k] * ((__int128) 1 << HALF));
  }
  comm_sum_array (comm, word, 2 * N_SUMS);
  for (int k = 0; k < N_SUMS; k++)
    all[k] = (double) (word[2 * k] * ((__int128) 1 << HALF) + word[2 * k + 1]);
}

static void shift_all (const struct forest *f, struct sums *sums, const double shift[3])
{
#pragma omp parallel for schedule(static)
  for (int32_t i = 0; i < f->n_cells; i++) {
    const struct cell *const c = f->cell + i;
    for (int64_t j = c->body; is_own_leaf (c) && j < c->body + c->n_bodies; j++) {
      const double w = weight_of (c, sums->acceleration[j]);
      for (int k = 0; k < 3; k++)
        sums->acceleration[j][k] -= w * shift[k];
    }
  }
}

double momentum_balance (const struct comm *comm, const struct forest *f, struct sums *sums)
{
  const double most = comm_max_double (comm, bound_of (f, sums));
  struct totals mine = { 0 };
  double all[N_SUMS];
  int exponent;

  if (!(most > 0) || !isfinite (most))
    return 0;
  frexp (most, &exponent);
  add_all (f, sums, ldexp (1, BITS - exponent), &mine);
  reduce (comm, &mine, all);
  if (!(all[4] > 0) || !(all[3] > 0))
    return 0;
  shift_all (f, sums, (const double[3]) { all[0] / all[4], all[1] / all[4], all[2] / all[4] });
  return length_of (all) / all[3];
}
