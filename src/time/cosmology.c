/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Integrals of the expansion.
 *
 * No tables: each integral is a Gauss-Legendre sum over the step itself, in ln a, where the integrands
 * are smooth powers. A step is short, so eight points give round-off, also for the shortest step, which a difference
 * of tabulated values would not; longer spans are cut into panels. There is nothing to create, to own or to agree
 * about between ranks. The age is integrated from the singularity in sqrt a, in which its integrand is smooth
 * there. */
#include "time/cosmology.h"

#include <math.h>

#include "base/units.h"

enum { POINTS = 8, AGE_PANELS = 24 };

/* Abscissae on (-1, 1) and weights. */
static const double node[POINTS] = { -0.96028985649753618, -0.79666647741362673, -0.52553240991632899,
                                     -0.18343464249564978, 0.18343464249564978,  0.52553240991632899,
                                     0.79666647741362673,  0.96028985649753618 };
static const double weight[POINTS] = { 0.10122853629037669, 0.22238103445337434, 0.31370664587788705,
                                       0.36268378337836177, 0.36268378337836177, 0.31370664587788705,
                                       0.22238103445337434, 0.10122853629037669 };
static const double panel = 0.25; /* in ln a: the error of a power a^q, |q| < 3, is below 1e-17 */

struct cosmology cosmology_of (const struct params *p)
{
  if (!p->ComovingIntegrationOn)
    return (struct cosmology){ 0 };
  return (struct cosmology){ 1, p->Omega0, p->OmegaLambda, 1 - p->Omega0 - p->OmegaLambda, params_hubble (p) };
}

double cosmology_hubble (const struct cosmology *c, double a)
{
  return c->hubble * sqrt ((c->omega0 / a + c->omega_curvature) / (a * a) + c->omega_lambda);
}

/* The integral of d ln a / (H a^power). */
static double integral (const struct cosmology *c, double a, double length, int power)
{
  const int n = (int) ceil (fabs (length) / panel) + (length == 0);
  double sum = 0;

  for (int k = 0; k < n; k++)
    for (int i = 0; i < POINTS; i++) {
      double at = a * exp (length * ((k + 0.5 * (1 + node[i])) / n));
      double scale = power == 0 ? 1 : power == 1 ? at : at * at;
      sum += weight[i] / (cosmology_hubble (c, at) * scale);
    }
  return 0.5 * sum * (length / n);
}

double cosmology_kick (const struct cosmology *c, double time, double length)
{
  return c->comoving ? integral (c, time, length, 1) : length;
}

double cosmology_drift (const struct cosmology *c, double time, double length)
{
  return c->comoving ? integral (c, time, length, 2) : length;
}

double cosmology_span (const struct cosmology *c, double time, double length)
{
  return c->comoving ? integral (c, time, length, 0) : length;
}

/* Newton's iteration, from what the step would be in a universe of matter alone, which has no time before 2/(3H) ago:
 * from the present rate it would start far out where the span is many times the age. */
double cosmology_length (const struct cosmology *c, double time, double span)
{
  double length = c->comoving ? log1p (fmax (-0.9, 1.5 * span * cosmology_hubble (c, time))) / 1.5 : span;

  for (int k = 0; c->comoving && k < 60; k++) {
    double change = (span - cosmology_span (c, time, length)) * cosmology_hubble (c, time * exp (length));
    length += fmax (-1, fmin (1, change));
    if (fabs (change) <= 2e-15 * fabs (length))
      break;
  }
  return length;
}

/* t = int 2 s^2 ds / (H0 sqrt (Omega0 + Omega_k s^2 + Omega_Lambda s^6)) with s = sqrt a. */
double cosmology_age (const struct cosmology *c, double time)
{
  const double width = sqrt (time) / AGE_PANELS;
  double sum = 0;

  if (!c->comoving)
    return time;
  for (int k = 0; k < AGE_PANELS; k++)
    for (int i = 0; i < POINTS; i++) {
      double s = width * (k + 0.5 * (1 + node[i])), a = s * s;
      sum += weight[i] * a / sqrt (c->omega0 + c->omega_curvature * a + c->omega_lambda * a * a * a);
    }
  return sum * width / c->hubble;
}

/* Newton's iteration in ln a, in which the age is a smooth power; from the age of a universe of matter alone. */
double cosmology_scale_factor (const struct cosmology *c, double age)
{
  if (!c->comoving)
    return 1;
  double a = pow (1.5 * c->hubble * sqrt (c->omega0) * age, 2.0 / 3);
  for (int k = 0; k < 60; k++) {
    double t = cosmology_age (c, a), change = (age - t) * cosmology_hubble (c, a);
    a *= exp (fmax (-1, fmin (1, change)));
    if (fabs (change) < 4e-16)
      break;
  }
  return a;
}

/* D = 5/2 Omega0 H0^2 H int da / (a H)^3, the integrand being 2 s^4 / (H0^3 (...)^(3/2)) in s = sqrt a. */
double cosmology_growth (const struct cosmology *c, double a, double *slope)
{
  const double width = sqrt (a) / AGE_PANELS, H = cosmology_hubble (c, a), h0 = c->hubble;
  double sum = 0;

  for (int k = 0; k < AGE_PANELS; k++)
    for (int i = 0; i < POINTS; i++) {
      double s = width * (k + 0.5 * (1 + node[i])), b = s * s;
      double density = c->omega0 + c->omega_curvature * b + c->omega_lambda * b * b * b;
      sum += weight[i] * b * b / (density * sqrt (density));
    }
  sum *= width / (h0 * h0 * h0);
  if (slope) {
    double change = -h0 * h0 * (1.5 * c->omega0 / a + c->omega_curvature) / (a * a * H * H); /* d ln H / d ln a */
    *slope = change + a / (a * a * a * H * H * H * sum);
  }
  return 2.5 * c->omega0 * h0 * h0 * H * sum;
}

double cosmology_mean_density (const struct cosmology *c, double G)
{
  return c->omega0 * 3 * c->hubble * c->hubble / (8 * M_PI * G);
}

double cosmology_softening (const struct cosmology *c, const struct params *params, int type, double time)
{
  const double length = params_softening (params, type), most = params_softening_most (params, type);

  return c->comoving && length * time > most ? most / time : length; /* no bound is NaN: never exceeded */
}

struct epoch cosmology_epoch (const struct cosmology *c, const struct params *params, double time)
{
  struct epoch e = { .age = cosmology_age (c, time), .scale = 1, .pace = 1 };

  if (c->comoving) {
    e.scale = time;
    e.pace = e.hubble = cosmology_hubble (c, time);
    e.tide = c->hubble * c->hubble * (c->omega_lambda - 0.5 * c->omega0 / (time * time * time));
  }
  for (int t = 0; t < N_TYPES; t++)
    e.softening[t] = cosmology_softening (c, params, t, time);
  return e;
}

double cosmology_velocity_factor (const struct cosmology *c, double time)
{
  return c->comoving ? time * sqrt (time) : 1;
}
