/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves the tree's half of TreePM: a pair is the softened Newtonian one minus erf (r / 2 r_s) / r, of the nearest
 * image and dropped beyond the cut, in double (against the C library's erf) and in float; expansions of the truncated
 * kernel converge with their order; errors are those asked for in a sphere, a random and a clustered box; few bodies
 * that fill the box find the right images; groups are left out; widths of vectors and threads do not enter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <omp.h>

#include "../gravity_fixture.h"
#include "one_rank.h"
#include "gravity/kernel.h"

/* r_s in units of the box. */
static struct gravity_options options_of (double scale)
{
  struct gravity_options o = fixture_options ();

  o.split_scale = scale * fixture_length;
  o.split_reach = 6;
  return o;
}

static void make_sphere (struct fixture *s, int64_t n, double eps)
{
  fixture_alloc (s, n);
  for (int64_t i = 0; i < n; i++)
    fixture_hernquist (s, i, (uint64_t) i + 1, n, eps);
}

/* All over the box; every second body in one of ten clumps, some of which lie across its border. */
static void make_box (struct fixture *s, int64_t n, int clustered, double eps)
{
  fixture_alloc (s, n);
  for (int64_t i = 0; i < n; i++) {
    const uint64_t id = (uint64_t) i + 1;
    const int clump = clustered && id % 2 == 0;
    fixture_hernquist (s, i, id, n, eps);
    for (int k = 0; k < 3; k++)
      s->position[i][k] = (clump ? (s->position[i][k] - (UINT64_C (1) << 63)) / 16 : 0)
                          + (uint64_t) (fixture_uniform (3 * (clump ? id / 2 % 10 : id) + (uint64_t) k) * 0x1p64);
  }
}

/* Short-range part of a pair: factors of the separation and of -m. */
static void pair_short (double r2, double h, double scale, double cut, double *force, double *potential)
{
  const double r = sqrt (r2), u = r / (2 * scale);

  pair_softened (r2, h, force, potential);
  if (r >= cut) {
    *force = *potential = 0;
  } else if (r > 0) {
    *potential -= erf (u) / r;
    *force -= (erf (u) - 2 * u / sqrt (M_PI) * exp (-u * u)) / (r * r2);
  } else
    *potential -= 1 / (scale * sqrt (M_PI));
}

/* Against a plain double loop with the C library's functions: relative to the sum of the Newtonian pairs. */
static void test_direct (void **state)
{
  const struct gravity_options o = options_of (0.06);
  const double L = fixture_length, cut = o.split_scale * o.split_reach;
  struct fixture s;

  (void) state;
  make_box (&s, 300, 1, 30);
  const struct gravity_bodies b = fixture_bodies (&s);
  const struct gravity_result r = { .acceleration = s.acceleration, .potential = s.potential };
  assert_int_equal (gravity_direct (&o, &comm, &b, NULL, 0, &r), ST_OK);
  for (int64_t i = 0; i < s.n; i++) {
    double a[3] = { 0 }, phi = 0, size = 0, deep = 0;
    for (int64_t j = 0; j < s.n; j++) {
      double d[3], r2 = 0, f, p;
      for (int k = 0; k < 3; k++) {
        d[k] = (double) (int64_t) (s.position[j][k] - s.position[i][k]) * 0x1p-64 * L;
        r2 += d[k] * d[k];
      }
      if (j == i)
        continue;
      pair_short (r2, SPLINE_SUPPORT * 30, o.split_scale, cut, &f, &p);
      for (int k = 0; k < 3; k++)
        a[k] += s.mass[j] * f * d[k];
      phi -= s.mass[j] * p;
      size += s.mass[j] / r2;
      deep += s.mass[j] / sqrt (r2);
    }
    for (int k = 0; k < 3; k++)
      assert_true (fabs (a[k] - s.acceleration[i][k]) < 1e-13 * size); /* 28 terms and 300 bodies of 1e-16 */
    assert_true (fabs (phi - s.potential[i]) < 1e-13 * deep);
  }
  fixture_free (&s);
}

/* Nothing accepted. Sphere of radius 1 and r_s = 2: half of the pairs lose digits to the subtraction. */
static void test_pairs (void **state)
{
  struct gravity_options o = options_of (2 / fixture_length);
  struct fixture s;

  (void) state;
  o.accuracy = o.opening_angle = 0;
  make_sphere (&s, 3000, 1e-2);
  fixture_expect (&o, &comm, &s, 0.95, 6e-5); /* 2.3e-6 of the Newtonian pairs, of which a twentieth is left */
  fixture_free (&s);
  o = options_of (0.05);
  o.accuracy = o.opening_angle = 0;
  for (int clustered = 0; clustered < 2; clustered++) {
    make_box (&s, 3000, clustered, 1);
    fixture_expect (&o, &comm, &s, 0.95, 6e-5);
    fixture_free (&s);
  }
}

/* The errors of expansions fall with the order, also where they are as wide as r_s. */
static void test_order (void **state)
{
  struct gravity_options o = options_of (0.06);
  double error[6], potential;
  struct fixture s;

  (void) state;
  for (int clustered = 0; clustered < 2; clustered++) {
    make_box (&s, 4000, clustered, 0.1);
    for (int p = 3; p <= 5; p++) {
      o.multipole_order = p;
      assert_int_equal (fixture_solve (&o, &comm, &s), ST_OK);
      fixture_errors (&o, &comm, &s, 0.9, &error[p], &potential);
    }
    assert_true (error[4] < error[3] / 1.5 && error[5] < error[4] / 1.3); /* theta: 2 */
    fixture_free (&s);
  }
}

/* The 99 % error is near alpha times the force, as for the whole force. */
static void test_accuracy (void **state)
{
  struct gravity_options o = options_of (20 / fixture_length);
  struct fixture s;

  (void) state;
  make_sphere (&s, 5000, 1e-3);
  assert_int_equal (fixture_solve (&o, &comm, &s), ST_OK);
  fixture_remember (&s);
  for (o.accuracy = 1e-2; o.accuracy > 5e-4; o.accuracy /= 10)
    fixture_expect (&o, &comm, &s, 0.95, 1.5 * o.accuracy); /* 3 % lie where the short-range force ends */
  fixture_free (&s);
  o = options_of (0.06);
  for (int clustered = 0; clustered < 2; clustered++) {
    make_box (&s, 5000, clustered, 0.1);
    assert_int_equal (fixture_solve (&o, &comm, &s), ST_OK);
    fixture_remember (&s);
    fixture_expect (&o, &comm, &s, 0.99, 1.5 * o.accuracy);
    fixture_free (&s);
  }
}

/* Leaves as large as the box, pairs across its border: each pair's own image. */
static void test_few (void **state)
{
  const struct gravity_options o = options_of (0.07);
  double force, potential;
  struct fixture s;

  (void) state;
  for (int64_t n = 0; n < 80; n = 2 * n + 1) {
    make_box (&s, n, 0, 1);
    assert_int_equal (fixture_solve (&o, &comm, &s), ST_OK);
    if (n > 0)
      fixture_errors (&o, &comm, &s, 1, &force, &potential);
    assert_true (n == 0 || (force < 1e-13 && potential < 1e-13)); /* leaves so large go by pairs in double */
    fixture_free (&s);
  }
}

/* A pair at 1e-9 of the box across its border keeps its digits. */
static void test_tight_pair (void **state)
{
  const struct gravity_options o = options_of (0.05);
  struct fixture s;

  (void) state;
  make_box (&s, 2000, 0, 0);
  s.position[0][0] = UINT64_C (0) - 1000000;
  s.position[0][1] = s.position[0][2] = s.position[1][1] = s.position[1][2] = UINT64_C (1) << 62;
  s.position[1][0] = UINT64_C (18446744073);
  assert_int_equal (fixture_solve (&o, &comm, &s), ST_OK);
  const double r = (double) (s.position[1][0] - s.position[0][0]) * 0x1p-64 * fixture_length;
  assert_true (fabs (s.acceleration[0][0] * r * r / s.mass[1] - 1) < 1e-11); /* of 1e18 times that of the others */
  fixture_free (&s);
}

static void test_groups (void **state)
{
  struct gravity_options o = options_of (0.05);
  struct fixture s;

  (void) state;
  make_box (&s, 5000, 1, 0.1);
  for (int64_t i = 0; i < s.n; i++)
    s.group[i] = s.id[i] % 20 == 0 ? 3 : s.id[i] % 13 == 0 ? 8 : -1;
  assert_int_equal (fixture_solve (&o, &comm, &s), ST_OK);
  fixture_remember (&s);
  fixture_expect (&o, &comm, &s, 0.99, 1.5 * o.accuracy);
  fixture_free (&s);
}

static void test_same_bits (void **state)
{
  const int threads = omp_get_max_threads ();
  struct gravity_options o = options_of (0.05);
  struct fixture s, t;

  (void) state;
  for (o.multipole_order = 3; o.multipole_order <= 5; o.multipole_order++) {
    make_box (&s, 4000, 1, 2);
    make_box (&t, 4000, 1, 2);
    omp_set_num_threads (1);
    assert_int_equal (fixture_solve (&o, &comm, &s), ST_OK);
    omp_set_num_threads (3);
    for (const char *const *lanes = (const char *const[]) { "4", "8", "16", NULL }; *lanes; lanes++) {
      setenv ("CATENA_LANES", *lanes, 1);
      assert_int_equal (fixture_solve (&o, &comm, &t), ST_OK);
      assert_memory_equal (s.acceleration, t.acceleration, s.n * sizeof *s.acceleration);
      assert_memory_equal (s.potential, t.potential, s.n * sizeof *s.potential);
      omp_set_num_threads (1);
    }
    unsetenv ("CATENA_LANES");
    fixture_free (&s);
    fixture_free (&t);
  }
  omp_set_num_threads (threads);
}

/* A reach over half the box, or one for which there are no polynomials. */
static void test_refusals (void **state)
{
  struct gravity_options o = options_of (0.08);
  struct gravity *g;

  (void) state;
  o.mesh = 16;
  assert_int_equal (gravity_create (&o, &g), ST_DATA);
  assert_non_null (strstr (status_message (), "PMGrid must be at least"));
  status_clear ();
  o = options_of (0.01);
  o.split_reach = 7;
  assert_int_equal (gravity_create (&o, &g), ST_DATA);
  assert_non_null (strstr (status_message (), "Rcut"));
  status_clear ();
}

int main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_direct), cmocka_unit_test (test_pairs), cmocka_unit_test (test_order),
    cmocka_unit_test (test_accuracy), cmocka_unit_test (test_few), cmocka_unit_test (test_tight_pair),
    cmocka_unit_test (test_groups), cmocka_unit_test (test_same_bits), cmocka_unit_test (test_refusals),
  };

  return cmocka_run_group_tests (tests, setup, teardown);
}
