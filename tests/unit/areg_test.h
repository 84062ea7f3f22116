/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small systems and measures that the tests of areg share. */
#ifndef AREG_TEST_H
#define AREG_TEST_H

#include "areg.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static inline struct areg_body test_body (uint64_t id, double m, double x, double y, double z, double vx, double vy,
                                          double vz, int kind)
{
  return (struct areg_body) { .m = m, .x = { x, y, z }, .v = { vx, vy, vz }, .id = id, .kind = kind };
}

static inline struct areg_options test_options (double tolerance, double c, double star_softening, int pn)
{
  struct areg_options o;
  areg_options_default (&o);
  o.G = 1;
  o.c = c;
  o.tolerance = tolerance;
  o.star_star_softening = star_softening;
  o.pn_terms = pn;
  return o;
}

/* A loaded system at time 0, G = 1. */
static inline struct areg *test_system (double tolerance, double c, double star_softening, int pn,
                                        const struct areg_body *b, int n)
{
  const struct areg_options o = test_options (tolerance, c, star_softening, pn);
  struct areg *s = NULL;
  assert_int_equal (areg_create (&o, NULL, n, &s), AREG_OK);
  assert_int_equal (areg_load (s, 0, b, n), AREG_OK);
  return s;
}

static inline double test_random (uint64_t *seed)
{
  *seed = *seed * 6364136223846793005u + 1442695040888963407u;
  return (double) (*seed >> 11) / 9007199254740992.0;
}

/* Two holes of mass 1, a = 1, e = 0.5 at apocentre, and light stars around them at 2 < r < 7. */
static inline void test_cloud (struct areg_body *b, int n, uint64_t seed)
{
  seed = seed * 7919 + 12345;
  b[0] = test_body (11, 1, 0.75, 0, 0, 0, 0.408248290463863, 0, AREG_HOLE);
  b[1] = test_body (4, 1, -0.75, 0, 0, 0, -0.408248290463863, 0, AREG_HOLE);
  for (int i = 2; i < n; i++) {
    double d[6], r2 = 0;
    for (int k = 0; k < 6; k++)
      d[k] = 2 * test_random (&seed) - 1;
    for (int k = 0; k < 3; k++)
      r2 += d[k] * d[k];
    const double r = 2 + 5 * test_random (&seed), f = r / sqrt (r2), v = 0.8 * sqrt (2 / r);
    b[i] = test_body ((uint64_t) (100 + 13 * i % 97), 1e-4, f * d[0], f * d[1], f * d[2], v * d[3], v * d[4],
                      v * d[5], AREG_STAR);
  }
}

/* Newtonian energy, unsoftened. */
static inline long double test_energy (const struct areg_body *b, int n, double G)
{
  long double e = 0;
  for (int i = 0; i < n; i++) {
    for (int c = 0; c < 3; c++)
      e += 0.5L * b[i].m * b[i].v[c] * b[i].v[c];
    for (int j = 0; j < i; j++) {
      long double r2 = 0;
      for (int c = 0; c < 3; c++)
        r2 += ((long double) b[i].x[c] - b[j].x[c]) * ((long double) b[i].x[c] - b[j].x[c]);
      e -= G * b[i].m * b[j].m / sqrtl (r2);
    }
  }
  return e;
}

/* Largest difference of a coordinate. */
static inline double test_distance (const struct areg_body *a, const struct areg_body *b, int n)
{
  double d = 0;
  for (int i = 0; i < n; i++)
    for (int c = 0; c < 3; c++)
      d = fmax (d, fabs (a[i].x[c] - b[i].x[c]));
  return d;
}

#endif
