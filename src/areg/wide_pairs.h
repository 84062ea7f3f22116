/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pair sums of forces.c, for one sort of processor (vec.h). Defines AREG_WIDE (areg_wide_rows).
 *
 * Rows run over blocks of eight slots. A block on the diagonal is masked; in a block with a near pair that pair's
 * separation is put in from the links. Rows go in bundles over tiles of slots that fit into the first cache.
 */
#include "vec.h"
#include <limits.h>

enum { L = AREG_LANES, PER = L / VEC, BUNDLE = 32, TILE = 256 };

/* A row on its way: body i, its spline support and inverse, the near pair to come, and its sums: acceleration and
 * potential per unit mass. */
struct row
{
  double x, y, z, mu, h, ih;
  int i, near;
  vec sx[PER], sy[PER], sz[PER], su[PER];
};

/* 1/r, and the force over r, of unit masses at r2. Most vectors have no pair within the softening. */
AREG_INLINE void kernel (const int soft, const struct row *t, vec r2, vec *w, vec *w3)
{
  *w = vec_inverse_root (r2);
  *w3 = *w * *w * *w;
  if (!soft || !vec_any (r2 < t->h * t->h))
    return;
  const double ih = t->ih;
  const vec r2_safe = r2 + 1e-300, inverse = vec_inverse_root (r2_safe), u = r2_safe * inverse * ih, u2 = u * u;
  const vec v = inverse * t->h, v3 = v * v * v;
  const vec f1 = 32.0 / 3 + u2 * (32 * u - 38.4);
  const vec g1 = 2.8 - u2 * (16.0 / 3 + u2 * (6.4 * u - 9.6));
  const vec f2 = 64.0 / 3 - 48 * u + 38.4 * u2 - 32.0 / 3 * (u2 * u) - v3 * (1.0 / 15);
  const vec g2 = 3.2 - v * (1.0 / 15) - u2 * (32.0 / 3 + u * (-16 + u * (9.6 - 32.0 / 15 * u)));
  const vec_mask inner = u < 0.5, outside = r2 >= t->h * t->h;
  *w = vec_choose (outside, *w, vec_choose (inner, g1, g2) * ih);
  *w3 = vec_choose (outside, *w3, vec_choose (inner, f1, f2) * (ih * ih * ih));
}

/* Part k of the row against VEC slots at separations d, whose accelerations are at a. */
AREG_INLINE void part_add (const int soft, int bs, struct row *t, int k, const vec d[3], vec m, vec mu, vec mui,
                           double *a)
{
  vec w, w3;
  kernel (soft, t, vec_fused (d[2], d[2], vec_fused (d[1], d[1], d[0] * d[0])), &w, &w3);
  const vec fj = mu * w3, fi = -(mui * w3);
  t->sx[k] = vec_fused (fj, d[0], t->sx[k]);
  t->sy[k] = vec_fused (fj, d[1], t->sy[k]);
  t->sz[k] = vec_fused (fj, d[2], t->sz[k]);
  t->su[k] = vec_fused (m, w, t->su[k]);
  vec_store (a, vec_fused (fi, d[0], vec_load (a)));
  vec_store (a + bs, vec_fused (fi, d[1], vec_load (a + bs)));
  vec_store (a + 2 * bs, vec_fused (fi, d[2], vec_load (a + 2 * bs)));
}

/* The same where slots up to the row's own take no part. */
AREG_INLINE void part_masked (const struct areg_pairs *p, const int soft, struct row *t, int k, const vec d[3],
                              int at, double *acc)
{
  const vec_mask on = vec_slots (at) > t->i;
  const vec zero = vec_all (0), e[3] = { vec_choose (on, d[0], vec_all (1)), d[1], d[2] };
  part_add (soft, p->body_stride, t, k, e, vec_choose (on, vec_load (p->m + at), zero),
            vec_choose (on, vec_load (p->mu + at), zero), vec_choose (on, vec_all (t->mu), zero), acc + at);
}

/* The row against the block at j, on the diagonal or not, some of whose separations come from the links. */
AREG_INLINE void block_special (const struct areg_pairs *p, const int soft, struct row *t, int j, double *acc)
{
  double d[3][L];
  for (int l = 0; l < L; l++) {
    d[0][l] = p->x[j + l] - t->x;
    d[1][l] = p->y[j + l] - t->y;
    d[2][l] = p->z[j + l] - t->z;
  }
  for (; t->near < p->near_start[t->i + 1] && p->near_j[t->near] < j + L; t->near++)
    for (int c = 0; c < 3; c++)
      d[c][p->near_j[t->near] - j] = p->near_d[3 * t->near + c];
  for (int k = 0; k < PER; k++) {
    const int at = k * VEC;
    const vec e[3] = { vec_load (d[0] + at), vec_load (d[1] + at), vec_load (d[2] + at) };
    part_masked (p, soft, t, k, e, j + at, acc);
  }
}

AREG_INLINE void separations (const struct areg_pairs *p, const struct row *t, int at, vec d[3])
{
  d[0] = vec_load (p->x + at) - t->x;
  d[1] = vec_load (p->y + at) - t->y;
  d[2] = vec_load (p->z + at) - t->z;
}

AREG_INLINE void block_diagonal (const struct areg_pairs *p, const int soft, struct row *t, int j, double *acc)
{
  for (int k = 0; k < PER; k++) {
    vec d[3];
    separations (p, t, j + k * VEC, d);
    part_masked (p, soft, t, k, d, j + k * VEC, acc);
  }
}

/* The row against the blocks from j to j1, none of them special. */
AREG_INLINE void blocks_plain (const struct areg_pairs *p, const int soft, struct row *t, int j, int j1,
                               double *restrict acc)
{
  const double *restrict m = p->m, *restrict mu = p->mu;
  const vec mui = vec_all (t->mu);
  const int bs = p->body_stride;
  for (; j < j1; j += L)
    for (int k = 0; k < PER; k++) {
      const int at = j + k * VEC;
      vec d[3];
      separations (p, t, at, d);
      part_add (soft, bs, t, k, d, vec_load (m + at), vec_load (mu + at), mui, acc + at);
    }
}

/* The row against the slots from j to j1, whole blocks both. */
AREG_INLINE void row_tile (const struct areg_pairs *p, const int soft, struct row *t, int j, int j1, double *acc)
{
  const int near_end = p->near_start[t->i + 1], diagonal = (t->i + 1) / L * L;
  struct row s = *t;
  if (j < diagonal)
    j = diagonal;
  while (j < j1) {
    const int near = s.near < near_end ? p->near_j[s.near] / L * L : INT_MAX, stop = near < j1 ? near : j1;
    if (j < stop && j <= s.i) {
      block_diagonal (p, soft, &s, j, acc);
      j += L;
    }
    blocks_plain (p, soft, &s, j, stop, acc);
    j = stop > j ? stop : j;
    if (j < j1) {
      block_special (p, soft, &s, j, acc);
      j += L;
    }
  }
  *t = s;
}

typedef double quad __attribute__ ((vector_size (32)));
typedef double quad_unaligned __attribute__ ((vector_size (32), aligned (8), may_alias));

/* Slot l and l + 4 of the eight. */
AREG_INLINE quad halves_sum (const vec s[PER])
{
  double a[L];
  for (int k = 0; k < PER; k++)
    vec_store (a + k * VEC, s[k]);
  return *(const quad_unaligned *) a + *(const quad_unaligned *) (a + 4);
}

/* The sums over lanes of all four, as lanes_sum has them. */
AREG_INLINE quad row_sums (const struct row *t)
{
  const quad x = halves_sum (t->sx), y = halves_sum (t->sy), z = halves_sum (t->sz), u = halves_sum (t->su);
  const quad xy0 = __builtin_shufflevector (x, y, 0, 4, 2, 6), xy1 = __builtin_shufflevector (x, y, 1, 5, 3, 7);
  const quad zu0 = __builtin_shufflevector (z, u, 0, 4, 2, 6), zu1 = __builtin_shufflevector (z, u, 1, 5, 3, 7);
  return (__builtin_shufflevector (xy0, zu0, 0, 1, 4, 5) + __builtin_shufflevector (xy0, zu0, 2, 3, 6, 7))
         + (__builtin_shufflevector (xy1, zu1, 0, 1, 4, 5) + __builtin_shufflevector (xy1, zu1, 2, 3, 6, 7));
}

static struct row row_begin (const struct areg_pairs *p, int i)
{
  const double h = i < p->n_holes ? p->soft_rest : p->soft_stars;
  return (struct row) { .x = p->x[i], .y = p->y[i], .z = p->z[i], .mu = p->mu[i], .h = h, .ih = h > 0 ? 1 / h : 0,
                        .i = i, .near = p->near_start[i] };
}

/* Accelerations by the rows first <= i < last into acc, and their potential behind them. */
void AREG_WIDE (areg_wide_rows) (const struct areg_pairs *p, int first, int last, double *acc)
{
  const int end = areg_round_lanes (p->n), bs = p->body_stride;
  struct row row[BUNDLE];
  double potential = 0;
  for (int c = 0; c < 3; c++)
    memset (acc + c * bs, 0, (size_t) end * sizeof *acc);
  for (int from = first; from < last; from += BUNDLE) {
    const int to = from + BUNDLE < last ? from + BUNDLE : last;
    for (int i = from; i < to; i++)
      row[i - from] = row_begin (p, i);
    for (int j = from / L * L; j < end; j += TILE)
      for (int i = from; i < to; i++) {
        const int j1 = j + TILE < end ? j + TILE : end;
        if (row[i - from].h > 0)
          row_tile (p, 1, &row[i - from], j, j1, acc);
        else
          row_tile (p, 0, &row[i - from], j, j1, acc);
      }
    for (int i = from; i < to; i++) {
      const quad sum = row_sums (&row[i - from]);
      for (int c = 0; c < 3; c++)
        acc[c * bs + i] += sum[c];
      potential += p->mu[i] * sum[3];
    }
  }
  acc[3 * bs] = potential;
}
