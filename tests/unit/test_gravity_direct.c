/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that direct summation is the sum over pairs of the softened kernel, in which the larger softening of a pair
 * holds, the kernel is smooth and Newtonian from h on, the exact separations of the integer positions are used, and
 * members of a group do not feel each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../gravity_fixture.h"
#include "one_rank.h"
#include "gravity/kernel.h"
#include "gravity/kernels.h"

/* The force is minus the slope of the potential everywhere, both are continuous at u = 1/2 and 1, and the middle
 * has the depth of a Plummer sphere of scale h/2.8. */
static void test_kernel (void **state)
{
  const double h = 0.7, step = 1e-5;
  double f, p, f2, p2, p1;

  (void) state;
  for (double r = 0.01; r < 1.2 * h; r += 0.0137) {
    pair_softened (r * r, h, &f, &p);
    pair_softened ((r + step) * (r + step), h, &f2, &p2);
    pair_softened ((r - step) * (r - step), h, &f2, &p1);
    assert_float_equal ((p1 - p2) / (2 * step), f * r, 1e-7); /* step^2 times a third derivative below 1e2 */
  }
  pair_softened (0, h, &f, &p);
  assert_float_equal (p, SPLINE_SUPPORT / h, 1e-14);
  for (double u = 0.5; u <= 1; u += 0.5) {
    pair_softened (u * u * h * h * (1 - 1e-12), h, &f, &p);
    pair_softened (u * u * h * h * (1 + 1e-12), h, &f2, &p2);
    assert_float_equal (f, f2, 1e-9); /* the slope times 1e-12, and cancellation in the polynomials */
    assert_float_equal (p, p2, 1e-9);
  }
  pair_softened (h * h, h, &f, &p);
  assert_float_equal (p * h, 1, 1e-15);
}

/* Bodies with softenings from 0 to 3, some in groups, some at one point. */
static void make (struct fixture *s, int64_t n)
{
  fixture_alloc (s, n);
  for (int64_t i = 0; i < n; i++) {
    const double eps = i % 3 == 0 ? 0 : 3 * fixture_uniform ((uint64_t) i + 99);
    fixture_hernquist (s, i, (uint64_t) (7919 * i % n + 1), n, eps);
    s->mass[i] *= 1 + (double) (i % 5);
    s->group[i] = i % 7 == 0 ? 11 : i % 11 == 0 ? 5 : -1;
  }
  memcpy (s->position[1], s->position[2], sizeof s->position[1]);
}

/* In any order of summation the results agree to rounding: n bodies, 1e-16 each, and cancellation. */
static void test_sum (void **state)
{
  const struct gravity_options o = fixture_options ();
  struct fixture s;

  (void) state;
  make (&s, 203);
  const struct gravity_bodies b = fixture_bodies (&s);
  const struct gravity_result r = { .acceleration = s.acceleration, .potential = s.potential, .work = s.work };
  assert_int_equal (gravity_direct (&o, &comm, &b, NULL, 0, &r), ST_OK);
  for (int64_t i = 0; i < s.n; i++) {
    double a[3] = { 0 }, phi = 0;
    for (int64_t j = 0; j < s.n; j++) {
      double d[3], f, p;
      const double h = SPLINE_SUPPORT * fmax (s.softening[i], s.softening[j]);
      if (i == j || (s.group[i] >= 0 && s.group[i] == s.group[j]))
        continue;
      for (int k = 0; k < 3; k++)
        d[k] = (double) (int64_t) (s.position[j][k] - s.position[i][k]) * 0x1p-64 * o.length;
      pair_softened (d[0] * d[0] + d[1] * d[1] + d[2] * d[2], h, &f, &p);
      phi -= s.mass[j] * p;
      for (int k = 0; k < 3; k++)
        a[k] += s.mass[j] * f * d[k];
    }
    for (int k = 0; k < 3; k++)
      assert_true (fabs (s.acceleration[i][k] - a[k]) <= 1e-12 * (1e-3 + fixture_norm (a)));
    assert_true (fabs (s.potential[i] / phi - 1) < 1e-13);
  }
  fixture_free (&s);
}

/* Two bodies 1 integer step apart in a box of 512: the separation is exact, so is the force. */
static void test_exact_separation (void **state)
{
  const struct gravity_options o = fixture_options ();
  struct fixture s;

  (void) state;
  fixture_alloc (&s, 2);
  fixture_place (&s, 0, 1, 2, 3);
  memcpy (s.position[1], s.position[0], sizeof s.position[1]);
  s.position[1][0] += 3;
  for (int i = 0; i < 2; i++) {
    s.id[i] = (uint64_t) i + 1;
    s.mass[i] = 1;
  }
  const double r = 3 * 0x1p-64 * fixture_length;
  assert_int_equal (fixture_solve (&o, &comm, &s), ST_OK);
  assert_float_equal (s.acceleration[0][0] * r * r, 1, 3e-6); /* three times the 7e-7 of the float reciprocal root */
  const struct gravity_bodies b = fixture_bodies (&s);
  const struct gravity_result result = { .acceleration = s.acceleration, .potential = s.potential };
  assert_int_equal (gravity_direct (&o, &comm, &b, NULL, 0, &result), ST_OK);
  assert_float_equal (s.acceleration[0][0] * r * r, 1, 1e-15);
  assert_float_equal (s.acceleration[1][0], -s.acceleration[0][0], 0);
  assert_float_equal (s.potential[0] * r, -1, 1e-15);
  fixture_free (&s);
}

/* Targets: what is asked for is the same as in the full sum, the rest is left alone. */
static void test_targets (void **state)
{
  const struct gravity_options o = fixture_options ();
  const int64_t target[4] = { 3, 199, 0, 57 };
  struct fixture all, some;

  (void) state;
  make (&all, 203);
  make (&some, 203);
  const struct gravity_bodies b = fixture_bodies (&all);
  const struct gravity_result ra = { .acceleration = all.acceleration, .potential = all.potential };
  const struct gravity_result rs = { .acceleration = some.acceleration, .potential = some.potential };
  some.potential[5] = 42;
  assert_int_equal (gravity_direct (&o, &comm, &b, NULL, 0, &ra), ST_OK);
  assert_int_equal (gravity_direct (&o, &comm, &b, target, 4, &rs), ST_OK);
  for (int k = 0; k < 4; k++) {
    assert_memory_equal (all.acceleration[target[k]], some.acceleration[target[k]], sizeof *all.acceleration);
    assert_true (all.potential[target[k]] == some.potential[target[k]]);
  }
  assert_true (some.potential[5] == 42);
  fixture_free (&all);
  fixture_free (&some);
}

int main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_kernel), cmocka_unit_test (test_sum),
                                      cmocka_unit_test (test_exact_separation), cmocka_unit_test (test_targets) };

  return cmocka_run_group_tests (tests, setup, teardown);
}
