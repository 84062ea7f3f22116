/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Derivatives of Ewald's sum come from one recursion for any radial function f: with f_m = ((1/r) d/dr)^m f,
 *   R^m(a+1,b,c) = a R^(m+1)(a-1,b,c) + x R^(m+1)(a,b,c),  R^m(0,0,0) = f_m,
 * and the derivative is R^0 (McMurchie & Davidson 1978). For images that stay, f = erfc (alpha r)/r and all terms of
 * f_m have one sign; for those left out f = -erf (alpha r)/r, which is smooth at r = 0 and is Boys' function.
 *
 * The direct sum looks C up in a table: harmonic Taylor series of order 8 about nodes 1/32 apart in the octant
 * 0 <= z <= 1/2; signs and, in the making, permutations give the rest. The nearest singularity of C is at least 1/2
 * away and a body at most sqrt(3)/64 from a node, so the first term left out is (0.054)^9 of 1/(1/2) in the potential
 * and 9 (0.054)^8 of 1/(1/2)^2 in the force, at worst. The table depends on nothing, so it is the one static variable
 * of gravity; making it takes 0.1 s.
 */
#include "gravity/ewald.h"

#include <math.h>
#include <string.h>

#include "gravity/kernel.h"

enum
{
  TERMS_MAX = (EWALD_ORDER_MAX + 1) * (EWALD_ORDER_MAX + 1),
  TABLE_ORDER = 8,
  TABLE_TERMS = (TABLE_ORDER + 1) * (TABLE_ORDER + 1),
  NODES = 17 /* from 0 to 1/2 */
};

/* ---- derivatives of the sum ---- */

/* Adds the derivatives at x of a radial function with f[m], m <= order. */
static void add_radial (const double x[3], int order, const double *f, double *out)
{
  double above[TERMS_MAX], here[TERMS_MAX];

  for (int m = order; m >= 0; m--) {
    here[0] = f[m];
    for (int n = 1; n <= order - m; n++)
      for (int c = 0; c <= 1; c++)
        for (int b = 0; b <= n - c; b++) {
          const int a = n - c - b;
          double *const to = here + ewald_place (a, b, c);
          if (a > 0)
            *to = x[0] * above[ewald_place (a - 1, b, c)] + (a > 1 ? (a - 1) * above[ewald_place (a - 2, b, c)] : 0);
          else if (b > 0)
            *to = x[1] * above[ewald_place (a, b - 1, c)] + (b > 1 ? (b - 1) * above[ewald_place (a, b - 2, c)] : 0);
          else
            *to = x[2] * above[0];
        }
    memcpy (above, here, sizeof above);
  }
  for (int k = 0; k < (order + 1) * (order + 1); k++)
    out[k] += here[k];
}

/* erfc (alpha r)/r and what (1/r) d/dr makes of it. */
static void screened_chain (double r2, double alpha, int order, double *f)
{
  const double r = sqrt (r2);
  double b = erfc (alpha * r) / r, gauss = exp (-alpha * alpha * r2) / (alpha * sqrt (M_PI)), sign = 1;

  f[0] = b;
  for (int m = 1; m <= order; m++) {
    gauss *= 2 * alpha * alpha;
    sign = -sign;
    b = ((2 * m - 1) * b + gauss) / r2;
    f[m] = sign * b;
  }
}

/* -erf (alpha r)/r: by the series of Boys' function at the top, then downwards. */
static void hidden_chain (double r2, double alpha, int order, double *f)
{
  const double t = alpha * alpha * r2, gauss = exp (-t);
  double term = 1.0 / (2 * order + 1), boys = term, factor = -2 * alpha / sqrt (M_PI);

  for (int i = 1; term > 1e-18 * boys; i++) {
    term *= 2 * t / (2 * order + 2 * i + 1);
    boys += term;
  }
  boys *= gauss;
  for (int m = order; m >= 0; m--) {
    f[m] = boys;
    boys = (2 * t * boys + gauss) / (2 * m - 1);
  }
  for (int m = 0; m <= order; m++, factor *= -2 * alpha * alpha)
    f[m] *= factor;
}

static void add_images (const double z[3], double alpha, int order, const int low[3], const int high[3], double *out)
{
  const int reach = (int) (7 / alpha) + 2;
  double f[EWALD_ORDER_MAX + 1];

  for (int i = -reach; i <= reach; i++)
    for (int j = -reach; j <= reach; j++)
      for (int k = -reach; k <= reach; k++) {
        const double x[3] = { z[0] + i, z[1] + j, z[2] + k }, r2 = x[0] * x[0] + x[1] * x[1] + x[2] * x[2];
        const bool hidden = i >= low[0] && i <= high[0] && j >= low[1] && j <= high[1] && k >= low[2] && k <= high[2];
        if (!hidden && alpha * alpha * r2 > 49)
          continue;
        (hidden ? hidden_chain : screened_chain) (r2, alpha, order, f);
        add_radial (x, order, f, out);
      }
}

/* Each wave stands for itself and its opposite. */
static void add_wave (const double z[3], const int h[3], double weight, int order, double *out)
{
  double power[3][EWALD_ORDER_MAX + 1];
  const double phase = 2 * M_PI * (h[0] * z[0] + h[1] * z[1] + h[2] * z[2]), c = cos (phase), s = sin (phase);
  const double turn[4] = { c, -s, -c, s };

  for (int k = 0; k < 3; k++) {
    power[k][0] = 1;
    for (int n = 1; n <= order; n++)
      power[k][n] = power[k][n - 1] * (2 * M_PI * h[k]);
  }
  for (int n = 0; n <= order; n++)
    for (int last = 0; last <= (n > 0); last++)
      for (int b = 0; b <= n - last; b++)
        out[ewald_place (n - last - b, b, last)] += 2 * weight * turn[n & 3] * power[0][n - last - b] * power[1][b]
                                                    * power[2][last];
}

static void add_waves (const double z[3], double alpha, int order, double *out)
{
  const int reach = (int) (7 * alpha / M_PI) + 1;

  for (int i = 0; i <= reach; i++)
    for (int j = i > 0 ? -reach : 0; j <= reach; j++)
      for (int k = i > 0 || j > 0 ? -reach : 1; k <= reach; k++) {
        const double h2 = i * i + j * j + k * k, t = M_PI * M_PI * h2 / (alpha * alpha);
        if (t < 49)
          add_wave (z, (const int[3]) { i, j, k }, exp (-t) / (M_PI * h2), order, out);
      }
}

void ewald_derivatives (const double z[3], double alpha, int order, const int low[3], const int high[3], double *out)
{
  memset (out, 0, (order + 1) * (order + 1) * sizeof *out);
  add_waves (z, alpha, order, out);
  add_images (z, alpha, order, low, high, out);
  out[0] -= M_PI / (alpha * alpha);
  if (order >= 2) {
    out[ewald_place (2, 0, 0)] -= 4 * M_PI / 3;
    out[ewald_place (0, 2, 0)] -= 4 * M_PI / 3;
  }
}

double ewald_component (const double *d, int a, int b, int c)
{
  if (c < 2)
    return d[ewald_place (a, b, c)];
  return -ewald_component (d, a + 2, b, c - 2) - ewald_component (d, a, b + 2, c - 2);
}

/* ---- the table of C ---- */

static double table[NODES * NODES * NODES][TABLE_TERMS];
static bool table_made;

/* Node q's row from that of the sorted node p, q[k] = p[of[k]]. */
static void permute_row (const double *from, const int of[3], double *to)
{
  for (int n = 0; n <= TABLE_ORDER; n++)
    for (int last = 0; last <= (n > 0); last++)
      for (int b = 0; b <= n - last; b++) {
        int power[3];
        power[of[0]] = n - last - b;
        power[of[1]] = b;
        power[of[2]] = last;
        to[ewald_place (n - last - b, b, last)] = ewald_component (from, power[0], power[1], power[2]);
      }
}

/* At the symmetry planes odd derivatives are 0, here without rounding. */
static void make_row (const int p[3], double *row)
{
  const double z[3] = { p[0] / 32.0, p[1] / 32.0, p[2] / 32.0 };

  ewald_derivatives (z, 2, TABLE_ORDER, (const int[3]) { 0 }, (const int[3]) { 0 }, row);
  for (int n = 0; n <= TABLE_ORDER; n++)
    for (int last = 0; last <= (n > 0); last++)
      for (int b = 0; b <= n - last; b++)
        if ((p[0] == 0 && ((n - last - b) & 1)) || (p[1] == 0 && (b & 1)) || (p[2] == 0 && last))
          row[ewald_place (n - last - b, b, last)] = 0;
}

void ewald_prepare (void)
{
  static const int permutation[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                         { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

  if (table_made)
    return;
#pragma omp parallel for schedule(dynamic, 1)
  for (int i = 0; i < NODES; i++)
    for (int j = i; j < NODES; j++)
      for (int k = j; k < NODES; k++) {
        const int p[3] = { i, j, k };
        double row[TABLE_TERMS];
        make_row (p, row);
        for (int s = 0; s < 6; s++) {
          const int *const of = permutation[s];
          permute_row (row, of, table[(p[of[0]] * NODES + p[of[1]]) * NODES + p[of[2]]]);
        }
      }
  table_made = true;
}

/* ---- the direct sum ---- */

#define LANES_OF(type) \
  __attribute__ ((vector_size (DIRECT_BLOCK * sizeof (type)), aligned (sizeof (type)), may_alias))
typedef double vec LANES_OF (double);
typedef int64_t mask LANES_OF (int64_t);
/* 1 in the lanes where it holds. */
#define ONE_IF(condition) ((vec) ((condition) & (mask) ((vec) {} + 1.0)))
#define INLINE static inline __attribute__ ((always_inline))

/* A place of an array that holds order n alone. */
#define OF_ORDER(t, n, a, b, c) t[ewald_place (a, b, c) - (n) * (n)]

/* One step of Horner's scheme for harmonic expansions: the expansion t of order n, contracted with d / divisor, joins
 * the rows of order n-1. Unrolled, so that all places are constants. */
INLINE void horner_step (const vec *rows, int n, double divisor, const vec *d, vec *t)
{
  const vec x = d[0] * (1 / divisor), y = d[1] * (1 / divisor), z = d[2] * (1 / divisor);
  vec next[2 * TABLE_ORDER - 1];

#pragma GCC unroll 2
  for (int c = 0; c <= (n > 1); c++)
#pragma GCC unroll 9
    for (int b = 0; b <= n - 1 - c; b++) {
      const int a = n - 1 - c - b, at = ewald_place (a, b, c);
      vec third;
      if (c == 0)
        third = OF_ORDER (t, n, a, b, 1);
      else
        third = -(OF_ORDER (t, n, a + 2, b, 0) + OF_ORDER (t, n, a, b + 2, 0));
      next[at - (n - 1) * (n - 1)] = rows[at] + (x * OF_ORDER (t, n, a + 1, b, c) + y * OF_ORDER (t, n, a, b + 1, c)
                                                 + z * third);
    }
#pragma GCC unroll 17
  for (int k = 0; k < 2 * n - 1; k++)
    t[k] = next[k];
}

/* An expansion and its gradient at d: rows of orders 0 to `order`, a constant. */
INLINE void expand (const vec *rows, int order, const vec *d, vec *value, vec *gradient)
{
  vec t[2 * TABLE_ORDER + 1];

  memcpy (t, rows + order * order, (2 * order + 1) * sizeof *t);
#pragma GCC unroll 8
  for (int n = order; n >= 2; n--)
    horner_step (rows, n, n - 1, d, t);
  memcpy (gradient, t, 3 * sizeof *t);
  memcpy (t, rows + order * order, (2 * order + 1) * sizeof *t);
#pragma GCC unroll 8
  for (int n = order; n >= 1; n--)
    horner_step (rows, n, n, d, t);
  *value = t[0];
}

/* C and its gradient at the nearest image z of each lane. */
INLINE void correct (const vec *z, vec *value, vec *gradient)
{
  vec rows[TABLE_TERMS], d[3], sign[3];
  const double *row[DIRECT_BLOCK];
  int node[3][DIRECT_BLOCK];

  for (int k = 0; k < 3; k++) {
    sign[k] = 1.0 - 2.0 * ONE_IF (z[k] < 0.0);
    d[k] = z[k] * sign[k];
    for (int lane = 0; lane < DIRECT_BLOCK; lane++) {
      node[k][lane] = (int) (d[k][lane] * 32 + 0.5);
      d[k][lane] -= node[k][lane] / 32.0;
    }
  }
  for (int lane = 0; lane < DIRECT_BLOCK; lane++)
    row[lane] = table[(node[0][lane] * NODES + node[1][lane]) * NODES + node[2][lane]];
  for (int k = 0; k < TABLE_TERMS; k++)
    for (int lane = 0; lane < DIRECT_BLOCK; lane++)
      rows[k][lane] = row[lane][k];
  expand (rows, TABLE_ORDER, d, value, gradient);
  *value += (2 * M_PI / 3) * (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
  for (int k = 0; k < 3; k++)
    gradient[k] = sign[k] * (gradient[k] + (4 * M_PI / 3) * d[k]);
}

/* The pair of the nearest image, lane by lane where it is softened or the body itself. */
INLINE void nearest_pair (const struct direct_source *s, int64_t own, const vec *d, vec h, vec *force, vec *potential)
{
  const vec r2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
  vec r;

  for (int lane = 0; lane < DIRECT_BLOCK; lane++)
    r[lane] = sqrt (r2[lane]);
  *potential = 1.0 / r;
  *force = *potential / r2;
  for (int lane = 0; lane < DIRECT_BLOCK; lane++) {
    const double reach = s->h > h[lane] ? s->h : h[lane];
    if (lane == own)
      (*force)[lane] = (*potential)[lane] = 0;
    else if (!(r[lane] > reach)) {
      double f = (*force)[lane], p = (*potential)[lane];
      pair_softened (r2[lane], reach, &f, &p);
      (*force)[lane] = f;
      (*potential)[lane] = p;
    }
  }
}

#ifdef __clang__ /* vectors are passed between inlined functions only: no calling convention is involved */
#pragma clang diagnostic ignored "-Wpsabi"
#endif
#if defined(__x86_64__) && !defined(__clang__)
#define WIDTHS __attribute__ ((target_clones ("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define WIDTHS
#endif

WIDTHS
void ewald_direct (const struct direct_source *source, int64_t first, int64_t last, int64_t self, bool only_images,
                   struct direct_block *b)
{
  const vec h = *(const vec *) b->h;
  vec sum[3], sum_potential = *(const vec *) b->potential;

  for (int k = 0; k < 3; k++)
    sum[k] = *(const vec *) b->acceleration[k];
  for (int64_t j = first; j < last; j++) {
    const struct direct_source *const s = source + j;
    vec d[3], z[3], value, gradient[3], force = {}, potential = {};
    for (int k = 0; k < 3; k++) { /* wrapped before it is rounded, so that near pairs across the border are exact */
      const vec high = s->high[k] - *(const vec *) b->high[k], low = s->low[k] - *(const vec *) b->low[k];
      const vec all = high + low;
      d[k] = (high - ONE_IF (all >= 0.5) + ONE_IF (all < -0.5)) + low;
      z[k] = -d[k];
    }
    if (!only_images)
      nearest_pair (s, j - self, d, h, &force, &potential);
    correct (z, &value, gradient);
    sum_potential += s->mass * (potential + value);
    for (int k = 0; k < 3; k++)
      sum[k] += s->mass * (force * d[k] + gradient[k]);
  }
  *(vec *) b->potential = sum_potential;
  for (int k = 0; k < 3; k++)
    *(vec *) b->acceleration[k] = sum[k];
}

WIDTHS
void ewald_field (const double *l, const double y[3][DIRECT_BLOCK], double acceleration[3][DIRECT_BLOCK],
                  double potential[DIRECT_BLOCK])
{
  enum { TERMS = (EWALD_FIELD_ORDER + 1) * (EWALD_FIELD_ORDER + 1) };
  const vec d[3] = { *(const vec *) y[0], *(const vec *) y[1], *(const vec *) y[2] };
  vec rows[TERMS], value, gradient[3];

  for (int k = 0; k < TERMS; k++)
    rows[k] = l[k] - (vec) {};
  expand (rows, EWALD_FIELD_ORDER, d, &value, gradient);
  *(vec *) potential += value;
  for (int k = 0; k < 3; k++)
    *(vec *) acceleration[k] += gradient[k];
}
