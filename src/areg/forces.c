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
#include <string.h>

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

AREG_INLINE void less (double *p, lanes by) { *(lanes_unaligned *) p -= by; }

AREG_INLINE lanes root (lanes x)
{
  double y[L];
  memcpy (y, &x, sizeof y);
  for (int l = 0; l < L; l++)
    y[l] = sqrt (y[l]);
  memcpy (&x, y, sizeof x);
  return x;
}

AREG_INLINE lanes choose (lanes_mask mask, lanes yes, lanes no)
{
  return (lanes) ((mask & (lanes_mask) yes) | (~mask & (lanes_mask) no));
}

/* Sums of a row: acceleration and potential per unit mass. */
struct row_sums { lanes x, y, z, u; };

/* One row against j0 <= j < j1, whole lanes (the end may be padding); h: spline support, 0: none. */
AREG_INLINE void row_lanes (struct areg_pairs *p, const int soft, double h, int i,
                                                              int j0, int j1, struct row_sums *sums)
{
  const double xi = p->x[i], yi = p->y[i], zi = p->z[i], mui = p->mu[i], hi = soft ? 1 / h : 0, h3 = hi * hi * hi;
  struct row_sums s = *sums;
  for (int j = j0; j < j1; j += L) {
    const lanes dx = lanes_load (p->x + j) - xi, dy = lanes_load (p->y + j) - yi, dz = lanes_load (p->z + j) - zi;
    const lanes r2 = dx * dx + dy * dy + dz * dz;
    lanes w, w3;
    if (soft) {
      const lanes r = root (r2 + 1e-300), v = 1 / (r * hi), u = r * hi, u2 = u * u;
      const lanes f1 = 32.0 / 3 + u2 * (32 * u - 38.4);
      const lanes g1 = 2.8 - u2 * (16.0 / 3 + u2 * (6.4 * u - 9.6));
      const lanes f2 = 64.0 / 3 - 48 * u + 38.4 * u2 - 32.0 / 3 * (u2 * u) - v * v * v * (1.0 / 15);
      const lanes g2 = 3.2 - v * (1.0 / 15) - u2 * (32.0 / 3 + u * (-16 + u * (9.6 - 32.0 / 15 * u)));
      const lanes_mask inner = u < 0.5, outside = u >= 1;
      w = choose (outside, v, choose (inner, g1, g2)) * hi;
      w3 = choose (outside, v * v * v, choose (inner, f1, f2)) * h3;
    } else {
      w = 1 / root (r2);
      w3 = w * w * w;
    }
    const lanes fj = lanes_load (p->mu + j) * w3, fi = mui * w3;
    s.x += fj * dx;
    s.y += fj * dy;
    s.z += fj * dz;
    s.u += lanes_load (p->m + j) * w;
    less (p->ax + j, fi * dx);
    less (p->ay + j, fi * dy);
    less (p->az + j, fi * dz);
  }
  *sums = s;
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

AREG_MANY_TARGETS
void areg_pairs_sum (struct areg_pairs *p)
{
  const int n = p->n;
  double potential = 0;
  for (int j = 0; j < n + L; j++)
    p->ax[j] = p->ay[j] = p->az[j] = 0;
  for (int i = p->first; i < p->last; i++) {
    const double h = i < p->n_holes ? p->soft_rest : p->soft_stars;
    double s[4] = { 0, 0, 0, 0 };
    int j0 = i + 1;
    for (int k = p->near_start[i]; k < p->near_start[i + 1]; k++) {
      row_slow (p, h, i, j0, p->near_j[k], s);
      pair_one (p, h, i, p->near_j[k], p->near_d + 3 * k, s);
      j0 = p->near_j[k] + 1;
    }
    struct row_sums t = { { 0 }, { 0 }, { 0 }, { 0 } };
    if (h > 0)
      row_lanes (p, 1, h, i, j0, n, &t);
    else
      row_lanes (p, 0, 0, i, j0, n, &t);
    p->ax[i] += s[0] + lanes_sum (t.x);
    p->ay[i] += s[1] + lanes_sum (t.y);
    p->az[i] += s[2] + lanes_sum (t.z);
    potential += p->mu[i] * (s[3] + lanes_sum (t.u));
  }
  p->potential = potential;
}
