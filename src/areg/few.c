/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A few bodies: all rows of an attempt at once, one in each lane (wide_few.h).
 *
 * For unsoftened Newtonian motion of up to AREG_FEW bodies, where mergers need not be watched. The rows cost each
 * rank of a group less than their exchange would, so all ranks compute all of them.
 *
 * At tolerances near round-off sub-steps, and energies of the state, are computed in two parts each (wide_few_two.h).
 */
#include "areg_impl.h"
#include <math.h>

int areg_few_fit (const struct areg *g, const struct areg_state *st)
{
  const int soft = (g->units.soft_rest > 0) | (g->units.soft_stars > 0 && st->s.n - st->s.n_holes > 1);
  return st->s.n <= AREG_FEW && !soft && !areg_flow_has_pn (g, st) && !areg_merge_possible (g, st);
}

/* Below this tolerance round-off of sub-steps in doubles would be what is left, and make steps smaller in vain. */
static const double two_below = 5e-13;

int areg_few_two (const struct areg *g, const struct areg_state *st)
{
  return g->options.tolerance < two_below && areg_few_fit (g, st);
}

/* How the pair's separation is put together: one link or two, or places. */
static struct few_pair pair_tie (const int *parent, int i, int j)
{
  struct few_pair q = { .i = i, .j = j, .a = -1, .b = -1, .sign_b = 1 };
  if (parent[j] == i)
    q.a = j - 1;
  else if (parent[j] > 0 && parent[parent[j]] == i) {
    q.a = j - 1;
    q.b = parent[j] - 1;
  } else if (parent[i] == parent[j]) {
    q.a = j - 1;
    q.b = i - 1;
    q.sign_b = -1;
  }
  return q;
}

/* Numbers the bodies; returns what the state's slot is of each. */
static void bodies_number (const struct areg_state *st, struct areg_few *t, int body[AREG_FEW])
{
  int number[AREG_FEW];
  for (int k = 0; k < t->n; k++) {
    body[k] = t->slot[k] = st->walk[k];
    number[body[k]] = k;
    t->parent[k] = k > 0 ? number[st->parent[body[k]]] : -1;
    t->sign[k] = 1;
  }
  if (t->n == 3 && t->parent[2] == 1) { /* from the middle of a chain */
    body[0] = st->walk[1];
    body[1] = st->walk[0];
    t->parent[2] = 0;
    t->sign[1] = -1;
  }
}

/* The factors of the pair's energies, in two parts. */
static void pair_weigh (const struct areg_few *t, double mass, double mass_lo, struct few_pair *q)
{
  const double mi = t->m[q->i], mj = t->m[q->j], mm = mi * mj, mm_lo = fma (mi, mj, -mm);
  const double half = 0.5 / mass, k = half * mm;
  q->potential = t->mu[q->i] * mj;
  q->potential_lo = fma (t->mu[q->i], mj, -q->potential);
  q->kinetic = k;
  q->kinetic_lo = half * (fma (-2 * k, mass, mm) + (mm_lo - 2 * k * mass_lo));
}

static void pairs_prepare (struct areg_few *t)
{
  double mass = 0, mass_lo = 0, e;
  int count = 0;
  for (int b = 0; b < t->n; b++) {
    mass = areg_two_sum (mass, t->m[b], &e);
    mass_lo += e;
  }
  t->places = 0;
  for (int i = 0; i < t->n; i++)
    for (int j = i + 1; j < t->n; j++) {
      struct few_pair *q = &t->pair[count++];
      *q = pair_tie (t->parent, i, j);
      t->places |= q->a < 0;
      if (t->two)
        pair_weigh (t, mass, mass_lo, q);
    }
}

/* Part by part: to clear all of it first would take longer than a sub-step. */
void areg_few_prepare (const struct areg *g, const struct areg_state *st, double H, int first, int last,
                       struct areg_few *t)
{
  const int S = st->s.stride, n = t->n = st->s.n;
  int body[AREG_FEW];
  double e;
  t->root = st->s.root;
  t->first = first;
  t->last = last;
  t->length = st->s.length;
  t->stride = S;
  t->two = areg_few_two (g, st);
  t->gamma = st->s.gamma;
  t->H = H;
  t->row_hi = g->row_hi;
  t->row_lo = g->row_lo;
  t->rest = areg_two_sum (st->hi[Y_BINDING], st->s.gamma, &e);
  t->rest_lo = e + st->lo[Y_BINDING];
  t->rate = areg_two_sum (st->s.kinetic, t->rest, &e);
  t->rate_lo = e + (st->s.kinetic_lo + t->rest_lo);
  bodies_number (st, t, body);
  for (int c = 0; c < 3; c++)
    t->mean_v[c] = st->hi[Y_LINKS + (3 + c) * S + t->root];
  for (int b = 0; b < n; b++) {
    t->m[b] = st->m[body[b]];
    t->mu[b] = st->mu[body[b]];
    t->share[b] = t->m[b] / st->s.mass;
    for (int c = 0; c < 6 && b > 0; c++) {
      const int to = (c < 3 ? 0 : 3 * (n - 1)) + 3 * (b - 1) + c % 3, from = Y_LINKS + c * S + t->slot[b];
      t->base[to] = t->sign[b] * st->hi[from];
      t->base_lo[to] = t->sign[b] * st->lo[from];
    }
  }
  pairs_prepare (t);
}

/* The sort of processor. */
enum few_kernel { FEW_PLAIN, FEW_FMA, FEW_512 };
static enum few_kernel kernel_choose (void)
{
#ifdef AREG_WIDE_X86
  if (__builtin_cpu_supports ("avx512f"))
    return FEW_512;
  if (__builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma"))
    return FEW_FMA;
#endif
  return FEW_PLAIN;
}

void areg_few_rows (struct areg *g, const struct areg_state *st, double H, int first, int last)
{
  struct areg_few t;
  areg_few_prepare (g, st, H, first, last, &t);
  switch (kernel_choose ()) {
#ifdef AREG_WIDE_X86
  case FEW_512: areg_wide_few_512 (&t); break;
  case FEW_FMA: areg_wide_few_fma (&t); break;
#endif
  default: areg_wide_few_plain (&t);
  }
}

void areg_few_exact (const struct areg *g, struct areg_state *st)
{
  struct areg_few t;
  struct areg_few_exact e;
  areg_few_prepare (g, st, 0, 0, 0, &t);
  switch (kernel_choose ()) {
#ifdef AREG_WIDE_X86
  case FEW_512: areg_wide_few_exact_512 (&t, &e); break;
  case FEW_FMA: areg_wide_few_exact_fma (&t, &e); break;
#endif
  default: areg_wide_few_exact_plain (&t, &e);
  }
  st->s.potential = e.U;
  st->s.potential_lo = e.U_lo;
  st->s.kinetic = e.T;
  st->s.kinetic_lo = e.T_lo;
  st->s.rate = e.rate;
}
