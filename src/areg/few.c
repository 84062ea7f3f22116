/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A few bodies: all rows of an attempt at once, one in each lane (wide_few.h).
 *
 * For unsoftened Newtonian motion of up to AREG_FEW bodies, where mergers need not be watched. The rows cost each
 * rank of a group less than their exchange would, so all ranks compute all of them.
 */
#include "areg_impl.h"

int areg_few_fit (const struct areg *g, const struct areg_state *st)
{
  const int soft = (g->units.soft_rest > 0) | (g->units.soft_stars > 0 && st->s.n - st->s.n_holes > 1);
  return st->s.n <= AREG_FEW && !soft && !areg_flow_has_pn (g, st) && !areg_merge_possible (g, st);
}

/* How the pair's separation is put together: one link or two, or places. */
static struct few_pair pair_tie (const int *parent, int i, int j)
{
  const int pi = parent[i], pj = parent[j];
  struct few_pair q = { .i = i, .j = j, .a = -1, .b = -1, .sign_a = 1, .sign_b = 1 };
  if (pj == i)
    q.a = j;
  else if (pi == j) {
    q.a = i;
    q.sign_a = -1;
  } else if (pj >= 0 && parent[pj] == i) {
    q.a = j;
    q.b = pj;
  } else if (pi >= 0 && parent[pi] == j) {
    q.a = i;
    q.b = pi;
    q.sign_a = q.sign_b = -1;
  } else if (pi == pj && pi >= 0) {
    q.a = j;
    q.b = i;
    q.sign_b = -1;
  }
  return q;
}

void areg_few_prepare (const struct areg *g, const struct areg_state *st, double H, int first, int last,
                       struct areg_few *task)
{
  struct areg_few t = { .n = st->s.n, .root = st->s.root, .first = first, .last = last, .length = st->s.length,
                        .stride = st->s.stride, .parent = st->parent, .walk = st->walk, .m = st->m, .mu = st->mu,
                        .kinetic = st->s.kinetic, .binding = st->hi[Y_BINDING], .gamma = st->s.gamma, .H = H,
                        .row_hi = g->row_hi, .row_lo = g->row_lo };
  const int n = st->s.n, S = st->s.stride;
  int count = 0;
  for (int b = 0; b < n; b++) {
    t.share[b] = st->m[b] / st->s.mass;
    for (int c = 0; c < 6; c++)
      t.base[(c < 3 ? 0 : 3 * n) + 3 * b + c % 3] = st->hi[Y_LINKS + c * S + b];
  }
  for (int i = 0; i < n; i++)
    for (int j = i + 1; j < n; j++) {
      t.pair[count] = pair_tie (st->parent, i, j);
      t.places |= t.pair[count++].a < 0;
    }
  *task = t;
}

void areg_few_rows (struct areg *g, const struct areg_state *st, double H, int first, int last)
{
  struct areg_few t;
  areg_few_prepare (g, st, H, first, last, &t);
#ifdef AREG_WIDE_X86
  if (__builtin_cpu_supports ("avx512f"))
    areg_wide_few_512 (&t);
  else if (__builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma"))
    areg_wide_few_fma (&t);
  else
#endif
    areg_wide_few_plain (&t);
}
