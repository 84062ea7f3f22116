/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves what is said of a body's trend: it is the smooth field and its gradient, to the curvature across a
 * neighbourhood; close pairs leave no trace in it; who has a force of its own, or too few neighbours, has none; and
 * it is the same bits for any number of threads.
 *
 * Light bodies in a cube of side 1 at distance 10 from a mass of 1: |a| = 1/r^2, gradient -2 |a|/r, and of each
 * other they feel 1e-4 of that. A neighbourhood of 32 to 256 of 4000 is half as wide as the cube at most. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <omp.h>

#include "../gravity_fixture.h"
#include "one_rank.h"

enum { LIGHT = 4000 };
static const double light = 1e-9;

/* Body 0 is the mass, the others fill the cube (height 0: its middle plane). */
static void make (struct fixture *s, double height)
{
  fixture_alloc (s, LIGHT + 1);
  for (int64_t i = 0; i <= LIGHT; i++) {
    const uint64_t u = 3 * (uint64_t) i;
    s->id[i] = (uint64_t) i + 1;
    s->mass[i] = i == 0 ? 1 : light;
    if (i == 0)
      fixture_place (s, i, 0, 0, 0);
    else
      fixture_place (s, i, 9.5 + fixture_uniform (u), fixture_uniform (u + 1) - 0.5,
                     height * (fixture_uniform (u + 2) - 0.5));
  }
}

/* Way of a body from the mass. */
static double way (const struct fixture *s, int64_t i, double out[3])
{
  for (int k = 0; k < 3; k++)
    out[k] = (double) (int64_t) (s->position[i][k] - s->position[0][k]) * 0x1p-64 * fixture_length;
  return fixture_norm (out);
}

/* Relative errors of the smooth |a| and of its gradient along a direction of unit length. */
static double error_of_size (const struct fixture *s, int64_t i)
{
  double d[3];
  const double r = way (s, i, d);

  return fabs (s->trend[i][0] * r * r - 1);
}

static double error_of_gradient (const struct fixture *s, int64_t i)
{
  double d[3], off[3];
  const double r = way (s, i, d), expected = -2 / (r * r * r);

  for (int k = 0; k < 3; k++)
    off[k] = s->trend[i][1 + k] - expected * d[k] / r;
  return fixture_norm (off) / fabs (expected);
}

/* Curvature: (1/2) |a''| / |a| = 3/r^2 times a mean square of 1/4 (1/2)^2, less than 2e-3. The gradient at a body is
 * that of the middle, off by 3/r times its distance (0.4 at most), and by the noise of 1e-4 over the width. */
static void test_smooth (void **state)
{
  struct gravity_options o = fixture_options ();
  struct fixture s;
  int64_t none = 0;

  (void) state;
  o.accuracy = 1e-4;
  make (&s, 1);
  assert_int_equal (fixture_solve (&o, &comm, &s), ST_OK);
  fixture_remember (&s);
  assert_int_equal (fixture_solve (&o, &comm, &s), ST_OK);
  assert_true (s.trend[0][0] == 0 && s.trend[0][1] == 0); /* it has no neighbours */
  for (int64_t i = 1; i < s.n; i++) {
    none += s.trend[i][0] == 0;
    assert_true (s.trend[i][0] == 0 || error_of_size (&s, i) < 2e-3);
    assert_true (s.trend[i][0] == 0 || error_of_gradient (&s, i) < 0.15);
  }
  assert_true (none < s.n / 20);
  fixture_free (&s);
}

/* Companions so near that they pull with a tenth of the field: |a| is off by up to that, the trend by no more than
 * the two sides of a pair leave between them, a tenth over the 32 bodies of the smallest neighbourhoods. */
static void test_pairs (void **state)
{
  struct gravity_options o = fixture_options ();
  double own = 0, trend = 0, d[3];
  struct fixture s;

  (void) state;
  make (&s, 1);
  for (int64_t i = 2; i < s.n; i += 2)
    for (int k = 0; k < 3; k++)
      s.position[i][k] = s.position[i - 1][k] + (k == 0 ? (uint64_t) (1e-3 / fixture_length * 0x1p64) : 0);
  assert_int_equal (fixture_solve (&o, &comm, &s), ST_OK);
  for (int64_t i = 1; i < s.n; i++) {
    const double r = way (&s, i, d);
    if (s.trend[i][0] == 0)
      continue;
    own = fmax (own, fabs (fixture_norm (s.acceleration[i]) * r * r - 1));
    trend = fmax (trend, error_of_size (&s, i));
  }
  assert_true (own > 0.08 && trend < 0.02);
  fixture_free (&s);
}

/* A body bound to a companion with three times the field has no trend, nor has the companion a foreign one; the
 * others keep theirs. */
static void test_strange (void **state)
{
  struct gravity_options o = fixture_options ();
  struct fixture s;
  int64_t none = 0;

  (void) state;
  make (&s, 1);
  for (int k = 0; k < 3; k++)
    s.position[2][k] = s.position[1][k] + (k == 1 ? (uint64_t) (2e-4 / fixture_length * 0x1p64) : 0);
  assert_int_equal (fixture_solve (&o, &comm, &s), ST_OK);
  assert_true (s.trend[1][0] == 0 && s.trend[2][0] == 0);
  for (int64_t i = 3; i < s.n; i++)
    none += s.trend[i][0] == 0;
  assert_true (none < s.n / 20);
  fixture_free (&s);
}

/* Nothing is known across a plane, and nothing is said. Neighbours in it are 0.016 apart and pull with 4e-4 of the
 * field, a few of them with ten times that. */
static void test_plane (void **state)
{
  struct gravity_options o = fixture_options ();
  struct fixture s;

  (void) state;
  make (&s, 0);
  assert_int_equal (fixture_solve (&o, &comm, &s), ST_OK);
  for (int64_t i = 1; i < s.n; i++)
    assert_true (s.trend[i][0] == 0 || (error_of_size (&s, i) < 5e-3 && fabs (s.trend[i][3]) < 1e-4 * s.trend[i][0]));
  fixture_free (&s);
}

static int64_t trends (struct fixture *s, const struct gravity_options *o)
{
  int64_t n = 0;

  memset (s->trend, 255, (size_t) s->n * sizeof *s->trend);
  assert_int_equal (fixture_solve (o, &comm, s), ST_OK);
  for (int64_t i = 0; i < s->n; i++) {
    assert_true (isfinite (s->trend[i][0]) && s->trend[i][0] >= 0);
    n += s->trend[i][0] > 0;
  }
  return n;
}

/* Thirty neighbours are too few, direct sums know of none, and all at one point have no direction. */
static void test_none (void **state)
{
  struct gravity_options o = fixture_options ();
  struct fixture s;

  (void) state;
  make (&s, 1);
  s.n = 31;
  assert_int_equal (trends (&s, &o), 0);
  s.n = LIGHT + 1;
  o.direct_below = LIGHT + 2;
  assert_int_equal (trends (&s, &o), 0);
  o.direct_below = 0;
  for (int64_t i = 2; i < s.n; i++)
    memcpy (s.position[i], s.position[1], sizeof s.position[i]);
  assert_int_equal (trends (&s, &o), 0);
  fixture_free (&s);
}

static void test_threads (void **state)
{
  struct gravity_options o = fixture_options ();
  const int before = omp_get_max_threads ();
  struct fixture one, many;

  (void) state;
  make (&one, 1);
  make (&many, 1);
  for (o.leaf_size = 1; o.leaf_size < 400; o.leaf_size += 133) {
    omp_set_num_threads (1);
    assert_int_equal (fixture_solve (&o, &comm, &one), ST_OK);
    omp_set_num_threads (3);
    assert_int_equal (fixture_solve (&o, &comm, &many), ST_OK);
    assert_memory_equal (one.trend, many.trend, (size_t) one.n * sizeof *one.trend);
  }
  omp_set_num_threads (before);
  fixture_free (&one);
  fixture_free (&many);
}

int main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_smooth), cmocka_unit_test (test_pairs),
                                      cmocka_unit_test (test_strange), cmocka_unit_test (test_plane),
                                      cmocka_unit_test (test_none), cmocka_unit_test (test_threads) };

  return cmocka_run_group_tests (tests, setup, teardown);
}
