/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that periodic direct summation is Ewald's sum: it does not depend on the split parameter, gives the Madelung
 * constants of the literature, no force in a lattice of equal masses, the same bits wherever the box begins, the
 * softened pair of the nearest image, and a group that acts on itself through its images alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../gravity_fixture.h"
#include "one_rank.h"
#include "gravity/ewald.h"
#include "gravity/kernel.h"

static const int nearest[3] = { 0, 0, 0 };

/* In double: cmocka's assert_float_equal compares floats. */
static void expect_near (double a, double b, double tolerance)
{
  if (!(fabs (a - b) <= tolerance))
    print_message ("%.16g is not %.16g\n", a, b);
  assert_true (fabs (a - b) <= tolerance);
}

static double signed_uniform (uint64_t counter) { return fixture_uniform (counter) - 0.5; }

/* Any split of the sum into images and waves gives the same derivatives, to the 1e-16 of each of the some 300 terms
 * and the growth of high orders; the images left out enter as 1/r and its gradient. */
static void test_split (void **state)
{
  double one[(EWALD_ORDER_MAX + 1) * (EWALD_ORDER_MAX + 1)], other[(EWALD_ORDER_MAX + 1) * (EWALD_ORDER_MAX + 1)];

  (void) state;
  for (uint64_t i = 0; i < 20; i++) {
    const double z[3] = { signed_uniform (3 * i), signed_uniform (3 * i + 1), signed_uniform (3 * i + 2) };
    const int none[3] = { 1, 1, 1 }, empty[3] = { 0, 0, 0 };
    ewald_derivatives (z, 2, EWALD_ORDER_MAX, nearest, nearest, one);
    for (double alpha = 1.5; alpha <= 4; alpha += 0.5) {
      ewald_derivatives (z, alpha, EWALD_ORDER_MAX, nearest, nearest, other);
      for (int n = 0; n <= EWALD_ORDER_MAX; n++) {
        double most = 0, off = 0;
        for (int k = n * n; k < (n + 1) * (n + 1); k++) {
          most = fmax (most, fabs (one[k]));
          off = fmax (off, fabs (one[k] - other[k]));
        }
        assert_true (off <= 1e-11 * most);
      }
    }
    ewald_derivatives (z, 2, 1, none, empty, other);
    const double r = fixture_norm (z);
    expect_near (other[0], one[0] + 1 / r, 1e-12 / r);
    for (int k = 0; k < 3; k++)
      expect_near (other[1 + k], one[1 + k] - z[k] / (r * r * r), 1e-12 / (r * r));
  }
}

/* Unit masses (or charges) at given places of a box of side 512. */
static void lattice (struct fixture *s, int64_t n, const double (*place)[3], const double *mass)
{
  fixture_alloc (s, n);
  for (int64_t i = 0; i < n; i++) {
    s->id[i] = (uint64_t) i + 1;
    s->mass[i] = mass ? mass[i] : 1;
    for (int k = 0; k < 3; k++)
      s->position[i][k] = (uint64_t) (place[i][k] * 0x1p62) * 4 + 12345678901234567u;
  }
}

static void sum_up (struct fixture *s)
{
  struct gravity_options o = fixture_options ();
  const struct gravity_bodies b = fixture_bodies (s);
  const struct gravity_result r = { .acceleration = s->acceleration, .potential = s->potential };

  o.periodic = 1;
  assert_int_equal (gravity_direct (&o, &comm, &b, NULL, 0, &r), ST_OK);
}

/* Potential of each body in units of 1/box, with forces that vanish by symmetry; the table's error is 1e-12. */
static void expect_constant (int64_t n, const double (*place)[3], const double *mass, double constant)
{
  struct fixture s;

  lattice (&s, n, place, mass);
  sum_up (&s);
  for (int64_t i = 0; i < n; i++) {
    expect_near (s.potential[i] * fixture_length * s.mass[i], constant, 1e-11 * (double) n);
    assert_true (fixture_norm (s.acceleration[i]) * fixture_length * fixture_length < 1e-9 * (double) n);
  }
  fixture_free (&s);
}

/* Simple, body-centred and face-centred lattices of equal masses in a background (Coldwell-Horsfall & Maradudin 1960,
 * J. Math. Phys. 1, 395), caesium chloride and rock salt. */
static void test_constants (void **state)
{
  static const double face[4][3] = { { 0, 0, 0 }, { 0, 0.5, 0.5 }, { 0.5, 0, 0.5 }, { 0.5, 0.5, 0 } };
  static const double body[2][3] = { { 0, 0, 0 }, { 0.5, 0.5, 0.5 } }, opposite[2] = { 1, -1 };
  double salt[8][3], charge[8];

  (void) state;
  expect_constant (1, body, NULL, 2.83729747948062);
  expect_constant (2, body, NULL, 3.63923344951);
  expect_constant (4, face, NULL, 4.58486207411);
  expect_constant (2, body, opposite, 1.762674773070988 * 2 / sqrt (3));
  for (int i = 0; i < 8; i++) {
    for (int k = 0; k < 3; k++)
      salt[i][k] = 0.5 * (i >> k & 1);
    charge[i] = (i ^ i >> 1 ^ i >> 2) & 1 ? -1 : 1;
  }
  expect_constant (8, (const double (*)[3]) salt, charge, 2 * 1.747564594633182);
}

static void random_set (struct fixture *s, int64_t n)
{
  fixture_alloc (s, n);
  for (int64_t i = 0; i < n; i++) {
    s->id[i] = (uint64_t) i + 1;
    s->mass[i] = 1 + (double) (i % 3);
    s->softening[i] = i % 2 ? 0 : 20 * fixture_uniform ((uint64_t) i);
    s->group[i] = i % 7 == 0 ? 3 : -1;
    for (uint64_t k = 0; k < 3; k++)
      s->position[i][k] = (uint64_t) (fixture_uniform (3 * (uint64_t) i + k + 77) * 0x1p64);
  }
}

/* The sum pair by pair. Nearest images across the border of the box included; the 3e-9 of the table's promise. */
static void test_sum (void **state)
{
  struct fixture s;

  (void) state;
  random_set (&s, 61);
  sum_up (&s);
  for (int64_t i = 0; i < s.n; i++) {
    double a[3] = { 0 }, phi = 0;
    for (int64_t j = 0; j < s.n; j++) {
      const bool alone = i == j || (s.group[i] >= 0 && s.group[i] == s.group[j]);
      double z[3], d[4], f = 0, p = 0;
      for (int k = 0; k < 3; k++)
        z[k] = (double) (int64_t) (s.position[i][k] - s.position[j][k]) * 0x1p-64;
      ewald_derivatives (z, 3, 1, nearest, nearest, d);
      if (!alone)
        pair_softened (z[0] * z[0] + z[1] * z[1] + z[2] * z[2],
                       SPLINE_SUPPORT / fixture_length * fmax (s.softening[i], s.softening[j]), &f, &p);
      phi -= s.mass[j] * (p + d[0]);
      for (int k = 0; k < 3; k++)
        a[k] += s.mass[j] * (d[1 + k] - f * z[k]);
    }
    expect_near (s.potential[i] * fixture_length, phi, 1e-10 * 122);
    for (int k = 0; k < 3; k++)
      expect_near (s.acceleration[i][k] * fixture_length * fixture_length, a[k], 3e-9 * 122);
  }
  fixture_free (&s);
}

/* Positions wrap as integers do, so a shift of all of them changes no bit. */
static void test_translation (void **state)
{
  struct fixture s, t;

  (void) state;
  random_set (&s, 61);
  random_set (&t, 61);
  for (int64_t i = 0; i < t.n; i++)
    for (int k = 0; k < 3; k++)
      t.position[i][k] += 0x123456789abcdef1u * (uint64_t) (k + 3);
  sum_up (&s);
  sum_up (&t);
  assert_memory_equal (s.acceleration, t.acceleration, s.n * sizeof *s.acceleration);
  assert_memory_equal (s.potential, t.potential, s.n * sizeof *s.potential);
  fixture_free (&s);
  fixture_free (&t);
}

/* Momentum: pairs are opposite to rounding, table included, since C is even by construction. */
static void test_momentum (void **state)
{
  double net[3] = { 0 }, size = 0;
  struct fixture s;

  (void) state;
  random_set (&s, 203);
  sum_up (&s);
  for (int64_t i = 0; i < s.n; i++)
    for (int k = 0; k < 3; k++) {
      net[k] += s.mass[i] * s.acceleration[i][k];
      size += fabs (s.mass[i] * s.acceleration[i][k]);
    }
  assert_true (fixture_norm (net) < 1e-13 * size);
  fixture_free (&s);
}

int main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_split), cmocka_unit_test (test_constants),
                                      cmocka_unit_test (test_sum), cmocka_unit_test (test_translation),
                                      cmocka_unit_test (test_momentum) };

  return cmocka_run_group_tests (tests, setup, teardown);
}
