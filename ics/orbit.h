/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keplerian orbits on which systems are placed. Local; any consistent units.
 */
#ifndef CATENA_ORBIT_H
#define CATENA_ORBIT_H

#include "base/status.h"

struct orbit
{
  double separation;   /* at the start */
  double pericentre;   /* distance */
  double eccentricity; /* 1: parabolic, above 1: hyperbolic */
  double mass_within;  /* the masses that attract are those within this multiple of the separation */
  double inclination, node; /* of the orbital plane, radians */
};

/* Relative position and velocity on the way in, for the total attracting mass times G; *time is that until
 * pericentre. ST_DATA with a sentence if the separation is not on the orbit. */
enum status orbit_state (const struct orbit *orbit, double gm, double x[3], double v[3], double *time);

/* The inverse, for tests and reports: pericentre distance and eccentricity of a relative state. */
void orbit_elements (double gm, const double x[3], const double v[3], double *pericentre, double *eccentricity);

#endif
