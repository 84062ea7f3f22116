/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Three-vectors as inline functions on double[3]; results never alias inputs unless said.
 */
#ifndef CATENA_VEC3_H
#define CATENA_VEC3_H

#include <math.h>

static inline double dot3 (const double a[3], const double b[3]) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

static inline double norm3 (const double a[3]) { return sqrt (dot3 (a, a)); }

static inline void cross3 (const double a[3], const double b[3], double out[3])
{
  out[0] = a[1] * b[2] - a[2] * b[1];
  out[1] = a[2] * b[0] - a[0] * b[2];
  out[2] = a[0] * b[1] - a[1] * b[0];
}

static inline void sub3 (const double a[3], const double b[3], double out[3])
{
  for (int k = 0; k < 3; k++)
    out[k] = a[k] - b[k];
}

/* y += s x */
static inline void axpy3 (double s, const double x[3], double y[3])
{
  for (int k = 0; k < 3; k++)
    y[k] += s * x[k];
}

#endif
