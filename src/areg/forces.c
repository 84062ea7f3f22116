/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Newtonian accelerations and potential of all pairs.
 *
 * Each pair is met once, in the row of its lower slot; rows run in eight fixed lanes, so that SSE2, AVX2 and AVX-512
 * builds of the same loop give the same bits. Reciprocal roots are IEEE division and square root: approximate
 * reciprocals differ between vendors. Arrays are padded with massless bodies far away, which add exact zeros.
 * Holes come first in the slots, so a row belongs to one class of softening.
 */
#include "areg_impl.h"
#include <math.h>

#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) && \
  !defined(__SANITIZE_ADDRESS__)
#define MANY_TARGETS __attribute__ ((target_clones ("avx512f", "avx2", "default")))
#else
#define MANY_TARGETS
#endif

enum { L = AREG_LANES };

/* GADGET's spline kernel: force over r, and potential, times 1/h^3 and 1/h (PHYSICS of Springel et al. 2001). */
void areg_spline (double r, double h, double *force, double *potential)
{
  const double u = r / h, h3 = 1 / (h * h * h);
  if (u >= 1) {
    *force = 1 / (r * r * r);
    *potential = 1 / r;
  } else if (u < 0.5) {
    *force = h3 * (32.0 / 3 + u * u * (32 * u - 38.4));
    *potential = (2.8 - u * u * (16.0 / 3 + u * u * (6.4 * u - 9.6))) / h;
  } else {
    *force = h3 * (64.0 / 3 - 48 * u + 38.4 * u * u - 32.0 / 3 * u * u * u - 1 / (15 * u * u * u));
    *potential = (3.2 - 1 / (15 * u) - u * u * (32.0 / 3 + u * (-16 + u * (9.6 - 32.0 / 15 * u)))) / h;
  }
}

static inline double lanes_sum (const double *s)
{
  return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

/* One row against j0 <= j < j1, whole lanes (the end may be padding). */
static inline __attribute__ ((always_inline)) void row_plain (struct areg_pairs *p, int i, int j0, int j1,
                                                              double *restrict sx, double *restrict sy,
                                                              double *restrict sz, double *restrict su)
{
  const double *restrict x = p->x, *restrict y = p->y, *restrict z = p->z;
  const double *restrict m = p->m, *restrict mu = p->mu;
  double *restrict ax = p->ax, *restrict ay = p->ay, *restrict az = p->az;
  const double xi = x[i], yi = y[i], zi = z[i], mui = mu[i];
  for (int j = j0; j < j1; j += L)
    for (int l = 0; l < L; l++) {
      const double dx = x[j + l] - xi, dy = y[j + l] - yi, dz = z[j + l] - zi;
      const double w = 1 / sqrt (dx * dx + dy * dy + dz * dz), w3 = w * w * w;
      const double fj = mu[j + l] * w3, fi = mui * w3;
      sx[l] += fj * dx;
      sy[l] += fj * dy;
      sz[l] += fj * dz;
      su[l] += m[j + l] * w;
      ax[j + l] -= fi * dx;
      ay[j + l] -= fi * dy;
      az[j + l] -= fi * dz;
    }
}

/* The same with the spline blended in; both branches are evaluated. */
static inline __attribute__ ((always_inline)) void row_soft (struct areg_pairs *p, double h, int i, int j0, int j1,
                                                             double *restrict sx, double *restrict sy,
                                                             double *restrict sz, double *restrict su)
{
  const double *restrict x = p->x, *restrict y = p->y, *restrict z = p->z;
  const double *restrict m = p->m, *restrict mu = p->mu;
  double *restrict ax = p->ax, *restrict ay = p->ay, *restrict az = p->az;
  const double xi = x[i], yi = y[i], zi = z[i], mui = mu[i], hi = 1 / h, h3 = hi * hi * hi;
  for (int j = j0; j < j1; j += L)
    for (int l = 0; l < L; l++) {
      const double dx = x[j + l] - xi, dy = y[j + l] - yi, dz = z[j + l] - zi;
      const double r2 = dx * dx + dy * dy + dz * dz + 1e-300;
      const double w = 1 / sqrt (r2), u = r2 * w * hi, u2 = u * u, v = w * h;
      const double f1 = 32.0 / 3 + u2 * (32 * u - 38.4);
      const double g1 = 2.8 - u2 * (16.0 / 3 + u2 * (6.4 * u - 9.6));
      const double f2 = 64.0 / 3 - 48 * u + 38.4 * u2 - 32.0 / 3 * u2 * u - v * v * v * (1.0 / 15);
      const double g2 = 3.2 - v * (1.0 / 15) - u2 * (32.0 / 3 + u * (-16 + u * (9.6 - 32.0 / 15 * u)));
      const double fs = (u < 0.5 ? f1 : f2) * h3, gs = (u < 0.5 ? g1 : g2) * hi;
      const double w3 = u < 1 ? fs : w * w * w, pot = u < 1 ? gs : w;
      const double fj = mu[j + l] * w3, fi = mui * w3;
      sx[l] += fj * dx;
      sy[l] += fj * dy;
      sz[l] += fj * dz;
      su[l] += m[j + l] * pot;
      ax[j + l] -= fi * dx;
      ay[j + l] -= fi * dy;
      az[j + l] -= fi * dz;
    }
}

/* One pair with a given separation x_j - x_i. */
static void pair_one (struct areg_pairs *p, double h, int i, int j, const double d[3], double s[4])
{
  const double r = sqrt (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
  double f = 1 / (r * r * r), pot = 1 / r;
  if (h > 0)
    areg_spline (r, h, &f, &pot);
  const double fj = p->mu[j] * f, fi = p->mu[i] * f;
  s[0] += fj * d[0];
  s[1] += fj * d[1];
  s[2] += fj * d[2];
  s[3] += p->m[j] * pot;
  p->ax[j] -= fi * d[0];
  p->ay[j] -= fi * d[1];
  p->az[j] -= fi * d[2];
}

static void row_slow (struct areg_pairs *p, double h, int i, int j0, int j1, double s[4])
{
  for (int j = j0; j < j1; j++) {
    const double d[3] = { p->x[j] - p->x[i], p->y[j] - p->y[i], p->z[j] - p->z[i] };
    pair_one (p, h, i, j, d, s);
  }
}

MANY_TARGETS
void areg_pairs_sum (struct areg_pairs *p)
{
  const int n = p->n;
  double potential = 0;
  for (int j = 0; j < n + L; j++)
    p->ax[j] = p->ay[j] = p->az[j] = 0;
  for (int i = 0; i < n; i++) {
    const double h = i < p->n_holes ? p->soft_rest : p->soft_stars;
    double s[4] = { 0, 0, 0, 0 };
    int j0 = i + 1;
    for (int k = p->near_start[i]; k < p->near_start[i + 1]; k++) {
      row_slow (p, h, i, j0, p->near_j[k], s);
      pair_one (p, h, i, p->near_j[k], p->near_d + 3 * k, s);
      j0 = p->near_j[k] + 1;
    }
    double sx[L] = { 0 }, sy[L] = { 0 }, sz[L] = { 0 }, su[L] = { 0 };
    if (h > 0)
      row_soft (p, h, i, j0, n, sx, sy, sz, su);
    else
      row_plain (p, i, j0, n, sx, sy, sz, su);
    p->ax[i] += s[0] + lanes_sum (sx);
    p->ay[i] += s[1] + lanes_sum (sy);
    p->az[i] += s[2] + lanes_sum (sz);
    potential += p->mu[i] * (s[3] + lanes_sum (su));
  }
  p->potential = potential;
}
