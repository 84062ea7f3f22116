/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The periodic part of gravity, in a box of side 1: Ewald's sum, its derivatives, and the direct sum made of it.
 *
 * A body of mass 1 with all its images and the neutralising background has the potential -psi,
 *   psi (z) = sum_n erfc (alpha |z+n|) / |z+n| + sum_(h != 0) exp (-pi^2 h^2 / alpha^2) cos (2 pi h z) / (pi h^2)
 *             - pi / alpha^2
 * (Ewald 1921; Hernquist, Bouchet & Suto 1991, ApJS 75, 231), whose mean over the box is 0 and which does not depend
 * on alpha. Its Laplacian between the bodies is 4 pi, that of the background.
 */
#ifndef CATENA_GRAVITY_EWALD_H
#define CATENA_GRAVITY_EWALD_H

#include <stdint.h>

#include "gravity/kernels.h"

enum { EWALD_ORDER_MAX = 11, EWALD_FIELD_ORDER = 6 };

/* Place of the derivative (a,b,c), c = 0 or 1, in an array of the (order+1)^2 independent ones of all orders. */
static inline int ewald_place (int a, int b, int c)
{
  const int n = a + b + c;
  return n * n + (c == 0 ? b : n + 1 + b);
}

/* Local. out[(order+1)^2]: derivatives at z of
 *   psi (x) - sum of 1/|x+n| over the images low <= n <= high - (2 pi / 3) |x-z|^2.
 * All traces vanish, so those with c >= 2 follow: D(a,b,c) = -D(a+2,b,c-2) - D(a,b+2,c-2). |z_k| <= 1; the images
 * other than these stay away from z. Error 1e-12 of the largest term of each order for 1.5 <= alpha <= 4. */
void ewald_derivatives (const double z[3], double alpha, int order, const int low[3], const int high[3], double *out);
/* Any (a,b,c) from the independent ones. */
double ewald_component (const double *d, int a, int b, int c);

/* Local. The periodic twin of gravity_kernels.direct: each pair is that of the nearest image, softened, plus
 *   C (z) = psi (z) - 1/|z|,
 * all other images and the background; body `self` + k is body k of the block and interacts with its own images alone
 * (they exert no force but have a potential). If `only_images`, every source acts by C alone. C comes from a table,
 * with an error below 3e-9 of the force of the body at half a box (1e-10 of its potential).
 * Prepared by ewald_prepare, once, outside of any parallel region. */
void ewald_prepare (void);
void ewald_direct (const struct direct_source *source, int64_t first, int64_t last, int64_t self, bool only_images,
                   struct direct_block *block);

/* Local. Potential (without its minus sign) and acceleration of eight bodies at y from a harmonic expansion of order
 * EWALD_FIELD_ORDER, sum of l_n y^n / n!, l in the places of ewald_place. Added to. */
void ewald_field (const double *l, const double y[3][DIRECT_BLOCK], double acceleration[3][DIRECT_BLOCK],
                  double potential[DIRECT_BLOCK]);

#endif
