/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The relative (centre-of-mass) form of the two-body problem, written down a second time and integrated by an
 * integrator of its own in extended precision: what tests hold the library against. Formulae: doc/theory/pn.md, from
 * Mora & Will 2004 (orbit, energy, angular momentum), Kidder 1995 (spins), Blanchet's review (3PN, 3.5PN).
 */
#ifndef PN_RELATIVE_H
#define PN_RELATIVE_H

#include "areg.h"
#include <math.h>
#include <string.h>

typedef long double real;

/* Which of spin-orbit, spin-spin and quadrupole-monopole; beside the bits of enum areg_pn. */
enum { RELATIVE_SO = 1 << 8, RELATIVE_SS = 1 << 9, RELATIVE_SPINS = RELATIVE_SO | RELATIVE_SS };

struct relative_problem
{
  real G, c, m1, m2;
  unsigned terms;
};

/* Relative state: x = x1 - x2, v, spins (angular momenta). */
struct relative_state
{
  real x[3], v[3], S[2][3];
};

static inline real relative_dot (const real a[3], const real b[3]) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

static inline void relative_cross (const real a[3], const real b[3], real out[3])
{
  for (int k = 0; k < 3; k++)
    out[k] = a[(k + 1) % 3] * b[(k + 2) % 3] - a[(k + 2) % 3] * b[(k + 1) % 3];
}

/* Coefficients of a = -(G M/r^2) [(1 + A) n + B v], c = 1: 1, 2, 2.5, 3, 3.5PN. u = G M/r, V = v^2, w = n.v. */
static inline void relative_coefficients (real u, real V, real w, real eta, real A[5], real B[5])
{
  const real e2 = eta * eta, e3 = e2 * eta, W = w * w, pi2 = 9.8696044010893586188344909998761511L;
  A[0] = -2 * (2 + eta) * u + (1 + 3 * eta) * V - 1.5L * eta * W;
  B[0] = -2 * (2 - eta) * w;
  A[1] = 0.75L * (12 + 29 * eta) * u * u + eta * (3 - 4 * eta) * V * V + 15 / 8.L * eta * (1 - 3 * eta) * W * W
         - 1.5L * eta * (3 - 4 * eta) * V * W - 0.5L * eta * (13 - 4 * eta) * u * V - (2 + 25 * eta + 2 * e2) * u * W;
  B[1] = -0.5L * w * (eta * (15 + 4 * eta) * V - (4 + 41 * eta + 8 * e2) * u - 3 * eta * (3 + 2 * eta) * W);
  A[2] = -1.6L * eta * u * w * (17 / 3.L * u + 3 * V);
  B[2] = 1.6L * eta * u * (3 * u + V);
  A[3] = -((16 + (1399 / 12.L - 41 / 16.L * pi2) * eta + 35.5L * e2) * u * u * u
           + eta * (20827 / 840.L + 123 / 64.L * pi2 - e2) * u * u * V
           - (1 + (22717 / 168.L + 615 / 64.L * pi2) * eta + 11 / 8.L * e2 - 7 * e3) * u * u * W
           - 0.25L * eta * (11 - 49 * eta + 52 * e2) * V * V * V
           + 35 / 16.L * eta * (1 - 5 * eta + 5 * e2) * W * W * W
           - 0.25L * eta * (75 + 32 * eta - 40 * e2) * u * V * V
           - 0.5L * eta * (158 - 69 * eta - 60 * e2) * u * W * W
           + eta * (121 - 16 * eta - 20 * e2) * u * V * W + 3 / 8.L * eta * (20 - 79 * eta + 60 * e2) * V * V * W
           - 15 / 8.L * eta * (4 - 18 * eta + 17 * e2) * V * W * W);
  B[3] = -w * ((4 + (5849 / 840.L + 123 / 32.L * pi2) * eta - 25 * e2 - 8 * e3) * u * u
               + 0.125L * eta * (65 - 152 * eta - 48 * e2) * V * V + 15 / 8.L * eta * (3 - 8 * eta - 2 * e2) * W * W
               + eta * (15 + 27 * eta + 10 * e2) * u * V - 1 / 6.L * eta * (329 + 177 * eta + 108 * e2) * u * W
               - 0.75L * eta * (16 - 37 * eta - 16 * e2) * V * W);
  A[4] = 1.6L * eta * u * w
         * (23 / 14.L * (43 + 14 * eta) * u * u + 3 / 28.L * (61 + 70 * eta) * V * V + 70 * W * W
            + (519 - 1267 * eta) / 42 * u * V + (147 + 188 * eta) / 4 * u * W - 3.75L * (19 + 2 * eta) * V * W);
  B[4] = -1.6L * eta * u
         * ((1325 + 546 * eta) / 42 * u * u + (313 + 42 * eta) / 28 * V * V + 75 * W * W
            - (205 + 777 * eta) / 42 * u * V + (205 + 424 * eta) / 12 * u * W - 0.75L * (113 + 2 * eta) * V * W);
}

/* Adds order k (0 to 4, as above) of the relative acceleration. */
static inline void relative_order_add (const struct relative_problem *p, int k, const real x[3], const real v[3],
                                       real a[3])
{
  static const int power[5] = { 2, 4, 5, 6, 7 };
  const real M = p->m1 + p->m2, r = sqrtl (relative_dot (x, x)), u = p->G * M / r, w = relative_dot (x, v) / r;
  real A[5], B[5], h = 1;
  relative_coefficients (u, relative_dot (v, v), w, p->m1 * p->m2 / (M * M), A, B);
  for (int i = 0; i < power[k]; i++)
    h /= p->c;
  for (int i = 0; i < 3; i++)
    a[i] -= p->G * M / (r * r) * h * (A[k] * x[i] / r + B[k] * v[i]);
}

/* Spin-orbit acceleration and precession, covariant condition (Kidder 1995). */
static inline void relative_spin_orbit (const struct relative_problem *p, const struct relative_state *y, real a[3],
                                        real rate[2][3])
{
  const real r = sqrtl (relative_dot (y->x, y->x)), g = p->G / (p->c * p->c * r * r * r), q = p->m2 / p->m1;
  const real mu = p->m1 * p->m2 / (p->m1 + p->m2);
  real n[3], T[3], P[3], Q[3], nv[3], vP[3], nQ[3], L[3], turn[3];
  for (int k = 0; k < 3; k++) {
    const real S = y->S[0][k] + y->S[1][k], xi = q * y->S[0][k] + y->S[1][k] / q;
    n[k] = y->x[k] / r;
    T[k] = S + xi;
    P[k] = 4 * S + 3 * xi;
    Q[k] = 2 * S + xi;
  }
  const real w = relative_dot (n, y->v);
  relative_cross (n, y->v, nv);
  relative_cross (y->v, P, vP);
  relative_cross (n, Q, nQ);
  for (int k = 0; k < 3; k++)
    a[k] += g * (6 * n[k] * relative_dot (nv, T) - vP[k] + 3 * w * nQ[k]);
  relative_cross (y->x, y->v, L);
  for (int i = 0; i < 2; i++) {
    relative_cross (L, y->S[i], turn);
    for (int k = 0; k < 3; k++)
      rate[i][k] += g * mu * (2 + 1.5L * (i ? 1 / q : q)) * turn[k];
  }
}

/* Spin-spin and quadrupole-monopole terms of Kerr holes. */
static inline void relative_spin_spin (const struct relative_problem *p, const struct relative_state *y, real a[3],
                                       real rate[2][3])
{
  const real r = sqrtl (relative_dot (y->x, y->x)), g = p->G / (p->c * p->c * r * r * r);
  const real mu = p->m1 * p->m2 / (p->m1 + p->m2), q[2] = { p->m2 / p->m1, p->m1 / p->m2 };
  const real *S1 = y->S[0], *S2 = y->S[1], S12 = relative_dot (S1, S2);
  real n[3], nS[2], cross[3];
  for (int k = 0; k < 3; k++)
    n[k] = y->x[k] / r;
  nS[0] = relative_dot (n, S1);
  nS[1] = relative_dot (n, S2);
  for (int k = 0; k < 3; k++) {
    a[k] -= 3 * g / (mu * r) * (n[k] * S12 + S1[k] * nS[1] + S2[k] * nS[0] - 5 * n[k] * nS[0] * nS[1]);
    for (int i = 0; i < 2; i++)
      a[k] -= 1.5L * g / (mu * r) * q[i]
              * (n[k] * relative_dot (y->S[i], y->S[i]) + 2 * y->S[i][k] * nS[i] - 5 * n[k] * nS[i] * nS[i]);
  }
  for (int i = 0; i < 2; i++) {
    real other[3];
    for (int k = 0; k < 3; k++)
      other[k] = 3 * nS[1 - i] * n[k] - y->S[1 - i][k] + 3 * q[i] * nS[i] * n[k];
    relative_cross (other, y->S[i], cross);
    for (int k = 0; k < 3; k++)
      rate[i][k] += g * cross[k];
  }
}

static inline void relative_derivative (const struct relative_problem *p, const struct relative_state *y,
                                        struct relative_state *out)
{
  static const unsigned bit[5] = { AREG_PN1, AREG_PN2, AREG_PN25, AREG_PN3, AREG_PN35 };
  const real r2 = relative_dot (y->x, y->x), f = p->G * (p->m1 + p->m2) / (r2 * sqrtl (r2));
  memset (out, 0, sizeof *out);
  for (int k = 0; k < 3; k++) {
    out->x[k] = y->v[k];
    out->v[k] = -f * y->x[k];
  }
  for (int k = 0; k < 5; k++)
    if (p->terms & bit[k])
      relative_order_add (p, k, y->x, y->v, out->v);
  if (p->terms & RELATIVE_SO)
    relative_spin_orbit (p, y, out->v, out->S);
  if (p->terms & RELATIVE_SS)
    relative_spin_spin (p, y, out->v, out->S);
}

enum { RELATIVE_N = sizeof (struct relative_state) / sizeof (real), RELATIVE_ROWS = 10 };

/* n sub-steps of the modified midpoint rule (Gragg). */
static inline void relative_midpoint (const struct relative_problem *p, const real *y, real H, int n, real *out)
{
  real z[3][RELATIVE_N], d[RELATIVE_N];
  const real h = H / n;
  memcpy (z[0], y, sizeof z[0]);
  relative_derivative (p, (const void *) y, (void *) d);
  for (int e = 0; e < RELATIVE_N; e++)
    z[1][e] = y[e] + h * d[e];
  for (int i = 1; i < n; i++) {
    relative_derivative (p, (const void *) z[1], (void *) d);
    for (int e = 0; e < RELATIVE_N; e++) {
      z[2][e] = z[0][e] + 2 * h * d[e];
      z[0][e] = z[1][e];
      z[1][e] = z[2][e];
    }
  }
  relative_derivative (p, (const void *) z[1], (void *) d);
  for (int e = 0; e < RELATIVE_N; e++)
    out[e] = 0.5L * (z[0][e] + z[1][e] + h * d[e]);
}

/* To time t (from 0), extrapolated to order 20; steps follow the free-fall time r^1.5. 1e-16 and better an orbit. */
static inline void relative_advance (const struct relative_problem *p, struct relative_state *state, real t_end)
{
  real y[RELATIVE_N], table[RELATIVE_ROWS][RELATIVE_N], t = 0;
  memcpy (y, state, sizeof y);
  while (t < t_end) {
    const real r2 = relative_dot (y, y), fall = sqrtl (r2 * sqrtl (r2) / (p->G * (p->m1 + p->m2)));
    const real H = fminl (0.5L * fall, t_end - t);
    for (int k = 0; k < RELATIVE_ROWS; k++) {
      real next[RELATIVE_N];
      relative_midpoint (p, y, H, 2 * (k + 1), next);
      for (int i = 1; i <= k; i++) { /* Neville: table[i] holds column i of the row before */
        const real ratio = (real) (k + 1) / (k + 1 - i), f = 1 / (ratio * ratio - 1);
        for (int e = 0; e < RELATIVE_N; e++) {
          const real before = table[i - 1][e], here = next[e];
          table[i - 1][e] = here;
          next[e] = here + f * (here - before);
        }
      }
      memcpy (table[k], next, sizeof next);
    }
    memcpy (y, table[RELATIVE_ROWS - 1], sizeof y);
    t += H;
  }
  memcpy (state, y, sizeof y);
}

#endif
