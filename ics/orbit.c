/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All conics share p = r_p (1 + e), h = sqrt (GM p), v^2 = GM (2/r - (1-e)/r_p); only the time to pericentre needs
 * three formulae (Kepler's equation, Barker's, and the hyperbolic one). The state is rotated so that the bodies
 * start on the x axis of the orbital plane, then tilted by inclination about the line of nodes. */
#include "ics/orbit.h"

#include <math.h>

#include "base/vec3.h"

static double time_to_pericentre (const struct orbit *o, double gm)
{
  double e = o->eccentricity, rp = o->pericentre, r = o->separation;

  if (fabs (e - 1) < 1e-9) { /* Barker: D = tan (f/2) */
    double d = sqrt (fmax (0, r / rp - 1));
    return sqrt (2 * rp * rp * rp / gm) * (d + d * d * d / 3);
  }
  double a = rp / (1 - e), s = (1 - r / a) / e; /* cos or cosh of the eccentric anomaly */
  if (e < 1) {
    double anomaly = acos (fmax (-1, fmin (1, s)));
    return sqrt (a * a * a / gm) * (anomaly - e * sin (anomaly));
  }
  double anomaly = acosh (fmax (1, s));
  return sqrt (-a * a * a / gm) * (e * sinh (anomaly) - anomaly);
}

static void tilt (const struct orbit *o, double x[3])
{
  double y = x[1] * cos (o->inclination), z = x[1] * sin (o->inclination), x0 = x[0];

  x[0] = x0 * cos (o->node) - y * sin (o->node);
  x[1] = x0 * sin (o->node) + y * cos (o->node);
  x[2] = z;
}

enum status orbit_state (const struct orbit *o, double gm, double x[3], double v[3], double *time)
{
  double e = o->eccentricity, rp = o->pericentre, r = o->separation;
  double apocentre = e < 1 ? rp * (1 + e) / (1 - e) : HUGE_VAL;

  if (r < rp * (1 - 1e-12) || r > apocentre * (1 + 1e-12))
    return status_fail (ST_DATA,
                        "the separation %g does not lie between pericentre %g and apocentre %g of the orbit.", r, rp,
                        apocentre);
  double h = sqrt (gm * rp * (1 + e)), v2 = gm * (2 / r - (1 - e) / rp), vt = h / r;
  x[0] = r;
  x[1] = x[2] = v[2] = 0;
  v[0] = -sqrt (fmax (0, v2 - vt * vt));
  v[1] = vt;
  tilt (o, x);
  tilt (o, v);
  *time = time_to_pericentre (o, gm);
  return ST_OK;
}

void orbit_elements (double gm, const double x[3], const double v[3], double *pericentre, double *eccentricity)
{
  double h[3], ecc[3], r = norm3 (x);

  cross3 (x, v, h);
  cross3 (v, h, ecc);
  for (int k = 0; k < 3; k++)
    ecc[k] = ecc[k] / gm - x[k] / r;
  *eccentricity = norm3 (ecc);
  *pericentre = dot3 (h, h) / (gm * (1 + *eccentricity));
}
