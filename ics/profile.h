/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Density profiles of spherical components. Local functions of radius; lengths and masses in the recipe's code units.
 *
 *   Dehnen (1993)  rho = (3-gamma) M/(4 pi) a / (r^gamma (r+a)^(4-gamma)),  0 <= gamma < 3; 1 Hernquist, 2 Jaffe
 *   Plummer        rho = 3 M/(4 pi a^3) (1 + r^2/a^2)^(-5/2)
 *
 * An outer cut-off multiplies rho by exp (-(r/cutoff)^2): smooth, so that the distribution function stays positive.
 */
#ifndef CATENA_PROFILE_H
#define CATENA_PROFILE_H

#include <stdint.h>

enum profile_kind { PROFILE_NONE, PROFILE_DEHNEN, PROFILE_PLUMMER };

struct component
{
  char name[64];
  enum profile_kind kind;
  double mass;    /* what the particles add up to, inside any cut-off */
  double scale;   /* a */
  double gamma;
  double cutoff;  /* 0: none */
  int64_t number; /* of particles */
  int type;       /* GADGET's particle type, 1 to 4 */
};

struct profile_point
{
  double density;
  double slope;        /* d ln rho / d ln r */
  double slope_change; /* d slope / d ln r */
};

/* At radius r > 0, before the normalisation that a cut-off asks for. */
struct profile_point profile_at (const struct component *c, double r);
/* Mass within r without the cut-off, from the closed forms. */
double profile_mass (const struct component *c, double r);
/* The radius that holds the fraction f of the mass (no cut-off), 0 < f < 1. */
double profile_radius (const struct component *c, double f);

#endif
