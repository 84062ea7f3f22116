/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spin-orbit, spin-spin and quadrupole-monopole terms of a pair of Kerr holes, leading orders, and the precession
 * of their spins. Covariant spin supplementary condition, spins of constant magnitude (doc/theory/pn.md, section 4).
 *
 * With s = S_1/m_1 + S_2/m_2 and sigma = (S_1 + S_2)/M the literature's three accelerations become two short ones:
 * for Kerr holes (and only for them) spin-spin and quadrupole-monopole terms are together a perfect square in s.
 *
 *   a_SO    =  (G M/(c^2 r^3)) { 6 n [(n x v).s] - v x (sigma + 3 s) + 3 (n.v) n x (sigma + s) }
 *   a_SS+QM = -(3 G M/(2 c^2 r^4)) { n s^2 + 2 s (n.s) - 5 n (n.s)^2 }
 *   dS_1/dt = Omega_1 x S_1, Omega_1 = (G/(c^2 r^3)) { m_2 [(3/2 + m_1/(2M)) x x v + 3 (n.s) n] - S_2 }
 *
 * and dS_2/dt by exchange. Relative accelerations go to the bodies by their mass ratio, which is right at the order
 * kept; so these terms leave the Newtonian momentum alone. Next-to-leading spin-orbit terms are not here.
 */
#include "pn_pair.h"

#include <stddef.h>

static void cross (const double a[3], const double b[3], double out[3])
{
  out[0] = a[1] * b[2] - a[2] * b[1];
  out[1] = a[2] * b[0] - a[0] * b[2];
  out[2] = a[0] * b[1] - a[1] * b[0];
}

static double dot (const double a[3], const double b[3]) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

/* s and sigma of the essay. */
static void reduced_spins (const struct pn_system *s, int i, int j, double reduced[3], double mean[3])
{
  const double *S1 = s->spin[i], *S2 = s->spin[j];
  const double h1 = 1.0 / s->m[i], h2 = 1.0 / s->m[j], h = 1.0 / (s->m[i] + s->m[j]);
  for (int k = 0; k < 3; k++) {
    reduced[k] = h1 * S1[k] + h2 * S2[k];
    mean[k] = h * (S1[k] + S2[k]);
  }
}

/* The angular velocity of body `own`'s spin, times c r^3/G, beside `other`. */
static void add_precession (const double *S, const double *S_other, double m, double m_other,
                            const double n_cross_beta[3], const double n[3], double r, double c, double n_dot_s,
                            double g, double rate[3])
{
  const double L = m_other * (1.5 + 0.5 * m / (m + m_other)) * r * c;
  const double N = 3 * m_other * n_dot_s;
  double omega[3], turn[3];
  for (int k = 0; k < 3; k++)
    omega[k] = g * (L * n_cross_beta[k] + N * n[k] - S_other[k]);
  cross (omega, S, turn);
  for (int k = 0; k < 3; k++)
    rate[k] += turn[k];
}

void areg_pn_spin_accelerations (const struct pn_system *s, int i, int j, const struct pair_geometry *geometry,
                                 double (*a)[3], double (*spin_rate)[3])
{
  const double *n = geometry->n, *beta = geometry->beta, h = geometry->inverse_r, c = s->c;
  double s_[3], mean[3], P[3], Q[3], n_x_beta[3], beta_x_P[3], n_x_Q[3];
  reduced_spins (s, i, j, s_, mean);
  for (int k = 0; k < 3; k++) {
    P[k] = mean[k] + 3 * s_[k];
    Q[k] = mean[k] + s_[k];
  }
  cross (n, beta, n_x_beta);
  cross (beta, P, beta_x_P);
  cross (n, Q, n_x_Q);
  const double ns = dot (n, s_), w3 = 3 * dot (n, beta);
  const double g = s->G * h * h * h / (c * c), along = 6 * c * dot (n_x_beta, s_);
  const double square = 1.5 * h * (dot (s_, s_) - 5 * ns * ns), cut = 3 * h * ns;
  const double gi = g * s->m[j], gj = g * s->m[i];
  for (int k = 0; k < 3; k++) {
    const double f = n[k] * (along - square) + c * (w3 * n_x_Q[k] - beta_x_P[k]) - cut * s_[k];
    a[i][k] += gi * f;
    a[j][k] -= gj * f;
  }
  if (spin_rate == NULL)
    return;
  const double r = 1.0 / h;
  add_precession (s->spin[i], s->spin[j], s->m[i], s->m[j], n_x_beta, n, r, c, ns, g, spin_rate[i]);
  add_precession (s->spin[j], s->spin[i], s->m[j], s->m[i], n_x_beta, n, r, c, ns, g, spin_rate[j]);
}

/* E_SO = (G mu/(c^2 r^2)) (n x v).(M s - S_1 - S_2), E_SS+QM = (G m_1 m_2/(2 c^2 r^3)) [3 (n.s)^2 - s^2] */
double areg_pn_spin_energy (const struct pn_system *s, int i, int j, const struct pair_geometry *g)
{
  double s_[3], mean[3], xi[3], n_x_beta[3];
  reduced_spins (s, i, j, s_, mean);
  for (int k = 0; k < 3; k++)
    xi[k] = s_[k] - mean[k];
  cross (g->n, g->beta, n_x_beta);
  const double h = g->inverse_r, c = s->c, ns = dot (g->n, s_);
  const double orbit = c * dot (n_x_beta, xi), square = 0.5 * h * (3 * ns * ns - dot (s_, s_));
  return s->G * s->m[i] * s->m[j] * h * h * (orbit + square) / (c * c);
}
