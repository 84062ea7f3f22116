/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The remnant of two holes, from fits to numerical relativity: Zlochower & Lousto 2015 (Phys. Rev. D 92, 024022).
 *
 * The fits are polynomials in the spins, split along the orbital angular momentum L and in the orbital plane:
 *
 *   d = (m_1 - m_2)/M, S = (S_1 + S_2)/M^2, D = (S_2/m_2 - S_1/m_1)/M, S_0 = S + d D/2,
 *
 * with G = c = 1 and S_a = chi_a m_a^2. Radiated mass (their eqs 30 to 34), spin (31, 35, 36), kick along L (37) and
 * in the plane (39). Three traps that other codes fell into: the terms with d^4 and d^6 that close eqs 30 and 31
 * belong to them; J, the direction of the final spin, is the sum of physical angular momenta; the product of D and S
 * in the plane is their scalar product, the only one that does not change when the holes exchange names. The
 * prefactor of eq. 37 is (4 eta)^2, so that the largest kick of equal holes with spins in the plane is 3678 km/s.
 *
 * The kick depends on the phase of the spins at merger, which nobody knows beforehand: the in-plane kick points along
 * the instantaneous separation, the other takes its phase from it, both in effect random. Without orbital angular
 * momentum (a head-on collision, outside the fits) mass and spin simply add up and there is no kick.
 */
#include "remnant.h"

#include "pn.h"

#include <math.h>

/* Largest |chi| of a remnant: below 1 by more than rounding, so that it is a hole to whoever checks. */
#define CHI_MAX (1.0 - 1e-12)
#define KM_PER_S_OF_LIGHT 299792.458

/* What the fits are functions of; p: component along L, o: part in the plane. */
struct fit
{
  double eta, d;
  double Sp, Dp, S0p;      /* along L */
  double SoSo, DoDo, DoSo; /* in the plane, scalar products */
  double Dn, S0m;          /* D.n; S_0 along n turned back by 59 degrees in the plane */
};

static double dot (const double a[3], const double b[3]) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

static void cross (const double a[3], const double b[3], double out[3])
{
  out[0] = a[1] * b[2] - a[2] * b[1];
  out[1] = a[2] * b[0] - a[0] * b[2];
  out[2] = a[0] * b[1] - a[1] * b[0];
}

static double square (double x) { return x * x; }

/* `chi1`, `chi2`: spins in units of G m^2/c. */
static struct fit fit_of (double m1, double m2, const double chi1[3], const double chi2[3], const double L_hat[3],
                          const double n[3])
{
  static const double cos59 = 0.51503807491005421, sin59 = 0.85716730070211229;
  const double M = m1 + m2, d = (m1 - m2) / M;
  double S[3], D[3], S0[3], m[3], turned[3];
  cross (L_hat, n, m);
  for (int k = 0; k < 3; k++) {
    S[k] = (chi1[k] * m1 * m1 + chi2[k] * m2 * m2) / (M * M);
    D[k] = (chi2[k] * m2 - chi1[k] * m1) / M;
    S0[k] = S[k] + 0.5 * d * D[k];
    turned[k] = n[k] * cos59 - m[k] * sin59;
  }
  const double Sp = dot (S, L_hat), Dp = dot (D, L_hat), Sn = dot (S, n), Dn = dot (D, n);
  const double Sm = dot (S, m), Dm = dot (D, m);
  return (struct fit) { m1 * m2 / (M * M), d, Sp, Dp, dot (S0, L_hat),
                        Sn * Sn + Sm * Sm, Dn * Dn + Dm * Dm, Sn * Dn + Sm * Dm, Dn, dot (S0, turned) };
}

/* Energy and angular momentum (units c^2, G M/c) of the last stable circular orbit around a hole of spin a. */
static void last_stable_orbit (double a, double *E, double *L)
{
  const double Z1 = 1 + cbrt (1 - a * a) * (cbrt (1 + a) + cbrt (1 - a)), Z2 = sqrt (3 * a * a + Z1 * Z1);
  const double R = 3 + Z2 - copysign (sqrt (fmax (0, (3 - Z1) * (3 + Z1 + 2 * Z2))), a);
  *E = sqrt (1 - 2 / (3 * R));
  *L = 2 / sqrt (3 * R) * (3 * sqrt (R) - 2 * a);
}

/* 1 - M_remnant/M. */
static double radiated_fraction (const struct fit *f)
{
  const double d = f->d, d2 = d * d, S = f->Sp, D = f->Dp, D2 = D * D;
  const double equal = 0.0025829 - 0.0773079 / (2 * f->S0p - 1.693959);
  const double aligned = equal - 0.024 * d * D + 0.000743 * D2 - 0.055 * d * D * S - 0.019 * d2 * S
                         - 0.119 * d * D * S * S + 0.005 * d * D2 * D + 0.000124 * D2 * D2 + 0.035 * d2 * d2
                         + 0.022 * d2 * d * D;
  const double plane = f->SoSo * (0.0356 + 0.096 * S + 0.122 * S * S)
                       + f->DoDo * (0.0043 + 0.0050 * S - 0.009 * S * S)
                       + 0.59 * d2 * f->SoSo * S - 0.51 * d2 * f->DoDo * S + 0.056 * d * f->DoSo
                       - 0.073 * D2 * f->DoDo;
  double E, L;
  last_stable_orbit (S, &E, &L);
  return square (4 * f->eta) * (aligned + plane) + d2 * d2 * d2 * f->eta * (1 - E);
}

/* |chi| of the remnant. */
static double remnant_chi (const struct fit *f)
{
  const double d = f->d, d2 = d * d, d4 = d2 * d2, S = f->Sp, S2 = S * S, D = f->Dp, D2 = D * D;
  double E, L;
  last_stable_orbit (S, &E, &L);
  const double along
    = square (4 * f->eta)
        * (0.686710 + 0.613247 * S - 0.145427 * d * D - 0.115689 * S2 - 0.005254 * D2 + 0.801838 * d2
           - 0.073839 * D * S * d + 0.004759 * S * D2 - 0.078377 * S2 * S + 1.585809 * S * d2 - 0.003050 * D * S2 * d
           - 0.002968 * D2 * D * d + 0.004364 * D2 * D2 - 0.047204 * S2 * S2 - 0.053099 * D2 * S2 + 0.953458 * d4
           - 0.067998 * D * d2 * d + 0.001629 * D2 * d2 - 0.066693 * S2 * d2)
      + S * (1 + 8 * f->eta) * d4 + f->eta * L * d4 * d2;
  const double plane = f->SoSo * (0.8401 - 0.328 * S - 0.61 * S2) + f->DoDo * (-0.0209 - 0.038 * S + 0.04 * S2)
                       + d2 * f->SoSo * (3.0 - 7.3 * S) + d2 * f->DoDo * (-2.0 + 5.1 * S) - 2.8 * D2 * f->DoDo
                       + 5.1 * D2 * f->SoSo;
  const double chi2 = along * along + square (4 * f->eta) * plane + d4 * d2 * (1 + 12 * f->eta) * f->SoSo;
  return fmin (sqrt (fmax (0, chi2)), CHI_MAX);
}

/* km/s, along L; may be negative. */
static double kick_along (const struct fit *f)
{
  const double d = f->d, S = f->S0p;
  return square (4 * f->eta)
         * (f->Dn * (3678 - 2475 * d * d + S * (4962 + S * (7170 + S * 12050)))
            + f->S0m * (f->Dp * (4315 - 1262 * d * d + 15970 * S) - 2256 * d - 2231 * d * S));
}

/* km/s, in the plane; the fit of its square falls below zero at the rim of its range. */
static double kick_in_plane (const struct fit *f)
{
  const double d = f->d, d2 = d * d, D = f->Dp, D2 = D * D, S = f->S0p, S2 = S * S;
  const double spins = 2.106e5 * D2 + 4.967e5 * D * d - 2.116e5 * D2 * D * d - 5.037e5 * D2 * d2
                       - 1.269e5 * D * d2 * d - 3.384e5 * D2 * S - 6.440e5 * d2 * S + 2.138e6 * D2 * S2
                       - 4.905e6 * D * d * S2 - 1.100e6 * d2 * S2 - 1.024e7 * D2 * S2 * S;
  const double masses = 1.2e4 * f->eta * f->eta * d * (1 - 0.93 * f->eta);
  return sqrt (fmax (0, square (square (4 * f->eta)) * spins + masses * masses));
}

/* Makes the record's 1 the hole that survives; returns 1 if that is b. */
static int survivor_is_second (const struct areg_body *a, const struct areg_body *b)
{
  return b->m > a->m || (b->m == a->m && b->id < a->id);
}

/* Newtonian osculating elements of the relative orbit. */
static void orbit_elements (double GM, const double x[3], const double v[3], struct areg_merger *out)
{
  const double r = sqrt (dot (x, x)), v2 = dot (v, v), xv = dot (x, v);
  double e[3];
  for (int k = 0; k < 3; k++)
    e[k] = ((v2 - GM / r) * x[k] - xv * v[k]) / GM;
  out->separation = r;
  out->relative_speed = sqrt (v2);
  out->semi_major_axis = 1 / (2 / r - v2 / GM);
  out->eccentricity = sqrt (dot (e, e));
}

/* Place and velocity of the centre of mass, before the kick. Velocity: conserved momentum over conserved energy.
 * Place: at 1PN the mass of each hole counts with its kinetic and half its potential energy. */
static void centre_of_mass (const struct areg_options *options, const struct areg_body *a, const struct areg_body *b,
                            const double separation[3], struct areg_merger *out)
{
  const double m[2] = { a->m, b->m }, c2 = options->c * options->c;
  double v[2][3], spin[2][3], x[1][3], P[3], scratch[32]; /* areg_pn_scratch_size (2) = 17 */
  for (int k = 0; k < 3; k++) {
    v[0][k] = a->v[k];
    v[1][k] = b->v[k];
    spin[0][k] = a->spin[k];
    spin[1][k] = b->spin[k];
    x[0][k] = separation[k];
  }
  const double r = sqrt (dot (separation, separation));
  const struct pn_system s = { .G = options->G, .c = options->c, .terms = (unsigned) options->pn_terms, .n = 2,
                               .m = m, .v = (const double (*)[3]) v, .spin = (const double (*)[3]) spin,
                               .separation = (const double (*)[3]) x };
  double weight[2] = { m[0], m[1] }, mass = m[0] + m[1];
  if (options->pn_terms & AREG_PN1) {
    const double va2 = dot (a->v, a->v), vb2 = dot (b->v, b->v), U = options->G * m[0] * m[1] / r;
    weight[0] += 0.5 * (m[0] * va2 - U) / c2;
    weight[1] += 0.5 * (m[1] * vb2 - U) / c2;
    mass += (0.5 * (m[0] * va2 + m[1] * vb2) - U + areg_pn_energy (&s, scratch)) / c2;
  }
  areg_pn_momentum (&s, scratch, P);
  const double share_of_b = weight[1] / (weight[0] + weight[1]);
  for (int k = 0; k < 3; k++) {
    out->x[k] = a->x[k] - share_of_b * separation[k];
    out->v[k] = P[k] / mass;
  }
}

/* Mass, spin and kick of the remnant of holes whose relative orbit has the angular momentum L. */
static void fits_apply (const struct areg_options *options, const double chi1[3], const double chi2[3],
                        const double x[3], const double L[3], struct areg_merger *out)
{
  double n[3], J[3];
  const double L_size = sqrt (dot (L, L)), *L_hat = out->normal;
  for (int k = 0; k < 3; k++) {
    n[k] = x[k] / out->separation;
    out->normal[k] = L[k] / L_size;
    J[k] = L[k] + out->spin1[k] + out->spin2[k];
  }
  out->chi_effective = (out->m1 * dot (chi1, L_hat) + out->m2 * dot (chi2, L_hat)) / (out->m1 + out->m2);
  const struct fit f = fit_of (out->m1, out->m2, chi1, chi2, L_hat, n);
  const double J_size = sqrt (dot (J, J)), ratio = options->c / KM_PER_S_OF_LIGHT;
  const double along = kick_along (&f) * ratio, in_plane = kick_in_plane (&f) * ratio;
  out->m_remnant = (out->m1 + out->m2) * (1 - fmax (0, radiated_fraction (&f)));
  out->chi_remnant = remnant_chi (&f);
  const double S = out->chi_remnant * options->G * out->m_remnant * out->m_remnant / options->c;
  for (int k = 0; k < 3; k++) {
    out->spin_remnant[k] = S * (J_size > 0 ? J[k] / J_size : L_hat[k]);
    out->kick[k] = along * L_hat[k] + in_plane * n[k];
  }
  out->kick_speed = sqrt (dot (out->kick, out->kick));
}

/* A collision without orbital angular momentum: mass and spins add up. */
static void head_on_apply (const struct areg_options *options, struct areg_merger *out)
{
  double total[3];
  for (int k = 0; k < 3; k++) {
    total[k] = out->spin1[k] + out->spin2[k];
    out->kick[k] = out->normal[k] = 0;
  }
  out->kick_speed = out->chi_effective = 0;
  out->m_remnant = out->m1 + out->m2;
  const double S = sqrt (dot (total, total)), unit = options->G * out->m_remnant * out->m_remnant / options->c;
  out->chi_remnant = fmin (S / unit, CHI_MAX);
  for (int k = 0; k < 3; k++)
    out->spin_remnant[k] = S > 0 ? total[k] * (out->chi_remnant * unit / S) : 0;
}

void areg_remnant_of_merger (const struct areg_options *options, double t, const struct areg_body *a,
                             const struct areg_body *b, const double separation[3], struct areg_merger *out)
{
  const int swap = survivor_is_second (a, b);
  const struct areg_body *one = swap ? b : a, *two = swap ? a : b;
  const double mu = one->m * two->m / (one->m + two->m);
  double x[3], v[3], L[3], chi1[3], chi2[3];
  for (int k = 0; k < 3; k++) {
    x[k] = swap ? -separation[k] : separation[k];
    v[k] = one->v[k] - two->v[k];
    out->spin1[k] = one->spin[k];
    out->spin2[k] = two->spin[k];
    chi1[k] = one->spin[k] * options->c / (options->G * one->m * one->m);
    chi2[k] = two->spin[k] * options->c / (options->G * two->m * two->m);
  }
  cross (x, v, L);
  for (int k = 0; k < 3; k++)
    L[k] *= mu;
  out->t = t;
  out->id1 = out->id_remnant = one->id;
  out->id2 = two->id;
  out->m1 = one->m;
  out->m2 = two->m;
  out->chi1 = sqrt (dot (chi1, chi1));
  out->chi2 = sqrt (dot (chi2, chi2));
  orbit_elements (options->G * (one->m + two->m), x, v, out);
  centre_of_mass (options, a, b, separation, out);
  /* L of rounding errors has no direction: 1e-12 is some thousand roundings of x cross v */
  if (sqrt (dot (L, L)) <= 1e-12 * mu * out->separation * out->relative_speed)
    head_on_apply (options, out);
  else
    fits_apply (options, chi1, chi2, x, L, out);
  for (int k = 0; k < 3 && options->kicks; k++)
    out->v[k] += out->kick[k];
}
