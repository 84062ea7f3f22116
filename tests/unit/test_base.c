/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that exact sums are exact, in any order, and that counted memory counts. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/exact.h"
#include "base/mem.h"
#include "base/units.h"

static uint64_t next (uint64_t *state) { return *state = *state * 6364136223846793005ULL + 1442695040888963407ULL; }

/* Any finite double but the largest: all exponents, both signs, denormals among them. */
static double any_double (uint64_t *state)
{
  uint64_t bits = next (state) ^ next (state) >> 31;
  double x;

  if ((bits >> 52 & 0x7ff) >= 0x7fe)
    bits ^= 1ULL << 62;
  memcpy (&x, &bits, sizeof x);
  return x;
}

static void test_what_goes_in_comes_out (void **unused)
{
  uint64_t state = 1;
  struct exact_sum sum;

  (void) unused;
  for (int k = 0; k < 2000; k++) {
    double x = any_double (&state);
    exact_clear (&sum);
    exact_add (&sum, x);
    assert_true (exact_value (&sum) == x);
  }
}

/* Every number is added and taken away in another order, over 600 decades: what stays is the small one to the bit. */
static void test_cancellation (void **unused)
{
  enum { N = 500 };
  static double x[N];
  uint64_t state = 2;
  struct exact_sum sum;
  double small = 0x1.123456789abcdp-900;

  (void) unused;
  exact_clear (&sum);
  for (int k = 0; k < N; k++)
    exact_add (&sum, x[k] = any_double (&state));
  exact_add (&sum, small);
  for (int k = N - 1; k >= 0; k--)
    exact_add (&sum, -x[k]);
  assert_true (exact_value (&sum) == small);
}

static void test_parts_in_any_order (void **unused)
{
  uint64_t state = 3;
  struct exact_sum whole, part[7];

  (void) unused;
  exact_clear (&whole);
  for (int q = 0; q < 7; q++)
    exact_clear (&part[q]);
  for (int k = 0; k < 3000; k++) {
    double x = ldexp ((double) (int64_t) next (&state), (int) (next (&state) >> 58) - 90);
    exact_add (&whole, x);
    exact_add (&part[next (&state) >> 33 & 3], x);
  }
  for (int q = 6; q > 0; q--)
    exact_merge (&part[0], &part[q]);
  assert_true (exact_value (&part[0]) == exact_value (&whole));
}

/* a b - c d with nearly equal products: 2^-60 is what the rounded products would lose. */
static void test_products (void **unused)
{
  struct exact_sum sum;
  double a = 1 + 0x1p-30, b = 1 - 0x1p-30;

  (void) unused;
  exact_clear (&sum);
  exact_add_product (&sum, a, b);
  exact_add (&sum, -1);
  assert_true (exact_value (&sum) == -0x1p-60);
}

static void test_bad_numbers_show (void **unused)
{
  struct exact_sum sum;

  (void) unused;
  exact_clear (&sum);
  exact_add (&sum, 1);
  exact_add (&sum, INFINITY);
  assert_true (isnan (exact_value (&sum)));
}

static void test_memory (void **unused)
{
  int64_t before = mem_used ();
  int *p = mem_alloc_zero ("test", 100, sizeof *p), *none = NULL;

  (void) unused;
  assert_non_null (p);
  assert_int_equal ((uintptr_t) p % 64, 0);
  assert_int_equal (mem_used () - before, 400);
  for (int k = 0; k < 100; k++)
    p[k] = k;
  assert_int_equal (mem_resize ("test", &p, 1000, sizeof *p), 0);
  for (int k = 0; k < 100; k++)
    assert_int_equal (p[k], k);
  /* A refusal leaves the block as it was, and says so. */
  assert_int_not_equal (mem_resize ("test", &p, INT64_MAX / 2, sizeof *p), 0);
  assert_int_equal (p[99], 99);
  assert_non_null (strstr (status_message (), "test"));
  status_clear ();
  mem_free (&p);
  mem_free (&none);
  assert_null (p);
  assert_int_equal (mem_used (), before);
}

/* Contents survive all changes between small and large; large blocks are never held twice while they grow. */
static void test_memory_moves (void **unused)
{
  static const int64_t n[] = { 500000, 2000000, 5000000, 5000001, 20000000, 1500000, 9000000, 100000 };
  enum { SIZES = sizeof n / sizeof *n };
  const int64_t before = mem_used ();
  int32_t *p = NULL;
  int64_t kept = 0;

  (void) unused;
  for (int i = 0; i < SIZES; i++) {
    mem_mark ();
    assert_int_equal (mem_resize ("test", &p, n[i], sizeof *p), 0);
    assert_int_equal ((uintptr_t) p % 64, 0);
    assert_int_equal (mem_used () - before, n[i] * (int64_t) sizeof *p);
#ifdef __linux__
    if (kept > 2000000 - 1 && n[i] > kept) /* 8 MB and more: moved */
      assert_int_equal (mem_peak_since_mark () - before, n[i] * (int64_t) sizeof *p);
#endif
    kept = n[i] < kept ? n[i] : kept;
    for (int64_t k = 0; k < kept; k++)
      if (p[k] != (int32_t) (k * 7 + 1))
        fail_msg ("element %lld is %d", (long long) k, p[k]);
    for (kept = 0; kept < n[i]; kept++)
      p[kept] = (int32_t) (kept * 7 + 1);
  }
  mem_free (&p);
  assert_int_equal (mem_used (), before);
}

/* PHYSICS of the units: 1 kpc, 1e10 Msun, 1 km/s; the numbers are IAU's and CODATA's, worked out by hand. */
static void test_units (void **unused)
{
  struct units u = units_from_base (1e3 * PARSEC_CM, 1e10 * SOLAR_MASS_G, 1e5, 0);

  (void) unused;
  assert_true (fabs (u.G / 43009.17270036279 - 1) < 1e-12);
  assert_true (fabs (u.c - 299792.458) < 1e-9);
  assert_true (fabs (1 / units_megayear (&u) / 977.7922216807892 - 1) < 1e-12);
}

/* What is counted is what the system sees; a tenth below for what the process has needed before and released, and
 * room above for sanitizers, which keep notes on each byte. */
static void test_memory_is_resident (void **unused)
{
  const int64_t before = mem_resident_peak (), counted = mem_used (), n = 64 << 20;
  char *p = mem_alloc ("test", n, 1), *q = mem_alloc ("untouched", n, 1);

  (void) unused;
  assert_non_null (p);
  memset (p, 1, (size_t) n);
  const double grown = (double) (mem_resident_peak () - before) / (double) n;
  assert_int_equal (mem_used () - counted, 2 * n);
  assert_true (before == 0 || (grown > 0.9 && grown < 1.3));
  mem_free (&p);
  mem_free (&q);
  mem_trim ();
}

int main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_what_goes_in_comes_out), cmocka_unit_test (test_cancellation),
    cmocka_unit_test (test_parts_in_any_order),     cmocka_unit_test (test_products),
    cmocka_unit_test (test_bad_numbers_show),       cmocka_unit_test (test_memory),
    cmocka_unit_test (test_memory_is_resident), /* the first that holds much */
    cmocka_unit_test (test_memory_moves),           cmocka_unit_test (test_units),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
