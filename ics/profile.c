/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Densities come with their first two logarithmic derivatives in closed form, because Eddington's inversion needs
 * d^2 rho / d Psi^2, and differentiating a table twice would cost most of its digits. */
#include "ics/profile.h"

#include <math.h>

static struct profile_point dehnen (const struct component *c, double r)
{
  double t = r / (r + c->scale), g = c->gamma;
  double density = (3 - g) * c->mass / (4 * M_PI) * c->scale / (pow (r, g) * pow (r + c->scale, 4 - g));

  return (struct profile_point) { density, -g - (4 - g) * t, -(4 - g) * t * (1 - t) };
}

static struct profile_point plummer (const struct component *c, double r)
{
  double x2 = r * r / (c->scale * c->scale), t = x2 / (1 + x2);
  double density = 3 * c->mass / (4 * M_PI * pow (c->scale, 3)) * pow (1 + x2, -2.5);

  return (struct profile_point) { density, -5 * t, -10 * t * (1 - t) };
}

struct profile_point profile_at (const struct component *c, double r)
{
  struct profile_point p = c->kind == PROFILE_PLUMMER ? plummer (c, r) : dehnen (c, r);

  if (c->cutoff > 0) {
    double x2 = r / c->cutoff * (r / c->cutoff);
    p.density *= exp (-x2);
    p.slope -= 2 * x2;
    p.slope_change -= 4 * x2;
  }
  return p;
}

double profile_mass (const struct component *c, double r)
{
  if (c->kind == PROFILE_PLUMMER)
    return c->mass * pow (1 + c->scale * c->scale / (r * r), -1.5);
  return c->mass * pow (r / (r + c->scale), 3 - c->gamma);
}

double profile_radius (const struct component *c, double f)
{
  if (c->kind == PROFILE_PLUMMER)
    return c->scale / sqrt (pow (f, -2.0 / 3) - 1);
  return c->scale / (pow (f, -1 / (3 - c->gamma)) - 1);
}
