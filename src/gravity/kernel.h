/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The softened pair: each body is the spherical cubic spline of Monaghan & Lattanzio (1985, A&A 149, 135)
 * with support h, as in GADGET (Springel 2005, MNRAS 364, 1105, eqs. 4 and 71): Newtonian from r = h on, and
 * of the depth of a Plummer sphere of scale epsilon in the middle when h = 2.8 epsilon. A pair takes the larger h.
 *
 * The two functions are written for any arithmetic type (double, float, vectors of either), so that the scalar
 * reference, the direct sum and the float kernels of the walk share one text. All depend on u = r/h only:
 *   acceleration = m d / h^3 * spline_force (u),  potential = -m / h * spline_potential (u),
 * and for u >= 1 they are 1/u^3 and 1/u.
 */
#ifndef CATENA_GRAVITY_KERNEL_H
#define CATENA_GRAVITY_KERNEL_H

#include <math.h>

#define SPLINE_SUPPORT 2.8 /* h / epsilon */

/* The four polynomials; `real` is the type of the constants. iu = 1/u. */
#define SPLINE_FORCE_INNER(real, u) ((real) (32.0 / 3) + (u) * (u) * ((u) * (real) 32.0 - (real) 38.4))
#define SPLINE_FORCE_OUTER(real, u, iu)                                                                            \
  ((real) (64.0 / 3) - (real) 48.0 * (u) + (u) * (u) * ((real) 38.4 - (real) (32.0 / 3) * (u))                     \
   - (real) (1.0 / 15) * ((iu) * (iu) * (iu)))
#define SPLINE_POTENTIAL_INNER(real, u)                                                                            \
  ((real) 2.8 - (u) * (u) * ((real) (16.0 / 3) + (u) * (u) * ((real) 6.4 * (u) - (real) 9.6)))
#define SPLINE_POTENTIAL_OUTER(real, u, iu)                                                                        \
  ((real) 3.2 - (real) (1.0 / 15) * (iu)                                                                           \
   - (u) * (u) * ((real) (32.0 / 3) + (u) * ((real) -16.0 + (u) * ((real) 9.6 - (real) (32.0 / 15) * (u)))))

/* Scalar, double: factor of the separation and of -m for squared separation r2 and pair support h. Two bodies
 * at one point exert no force; unsoftened they have no potential either. */
static inline void pair_softened (double r2, double h, double *force, double *potential)
{
  double r = sqrt (r2);

  *force = *potential = 0;
  if (r >= h) {
    if (r2 > 0) {
      *potential = 1 / r;
      *force = 1 / (r * r2);
    }
    return;
  }
  double u = r / h, hi = 1 / h;
  if (u < 0.5) {
    *force = hi * hi * hi * SPLINE_FORCE_INNER (double, u);
    *potential = hi * SPLINE_POTENTIAL_INNER (double, u);
  } else {
    double iu = h / r;
    *force = hi * hi * hi * SPLINE_FORCE_OUTER (double, u, iu);
    *potential = hi * SPLINE_POTENTIAL_OUTER (double, u, iu);
  }
}

#endif
