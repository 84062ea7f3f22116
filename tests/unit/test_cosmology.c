/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that the factors of kicks and drifts in an expanding universe are the closed forms where there are any,
 * add up over the parts of a step, and are the step itself in physical runs; and that comoving time lines run in
 * ln a. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <mpi.h>

#include "base/comm.h"
#include "time/cosmology.h"
#include "time/timeline.h"

static const struct cosmology einstein_de_sitter = { 1, 1, 0, 0, 0.1 };
static const struct cosmology flat = { 1, 0.3, 0.7, 0, 0.1 };
static const struct cosmology open_universe = { 1, 0.3, 0, 0.7, 0.1 };
static const struct cosmology physical;

/* Sums of eight positive terms a panel, of functions good to an ulp: some ulp. */
static const double round_off = 2e-15;

static void assert_near (double value, double expected, double tolerance)
{
  if (!(fabs (value - expected) <= tolerance * fabs (expected)))
    print_error ("%.17g against %.17g: off by %.3g\n", value, expected, value / expected - 1);
  assert_true (fabs (value - expected) <= tolerance * fabs (expected));
}

static void test_einstein_de_sitter (void **unused)
{
  const struct cosmology *c = &einstein_de_sitter;
  const double a = 0.02, ends[] = { 0.0200001, 0.021, 0.05, 1, 3 };

  (void) unused;
  for (int k = 0; k < 5; k++) {
    const double b = ends[k], step = log (b / a);
    /* The reference forms differences: of steps of 5e-6 it keeps ten digits. */
    const double tolerance = round_off + 1e-15 / step;
    assert_near (cosmology_kick (c, a, step), 2 * (sqrt (b) - sqrt (a)) / 0.1, tolerance);
    assert_near (cosmology_drift (c, a, step), 2 * (1 / sqrt (a) - 1 / sqrt (b)) / 0.1, tolerance);
    assert_near (cosmology_span (c, a, step), 2.0 / 3 * (b * sqrt (b) - a * sqrt (a)) / 0.1, tolerance);
    assert_near (cosmology_age (c, b), 2.0 / 3 * b * sqrt (b) / 0.1, round_off);
  }
  /* A step too short for any difference: the integrand times the step. */
  assert_near (cosmology_kick (c, a, 1e-18), 1e-18 / (cosmology_hubble (c, a) * a), round_off);
}

static void test_other_closed_forms (void **unused)
{
  (void) unused;
  for (double a = 0.02; a < 4; a *= 1.7) {
    const double lambda = 2 / (3 * 0.1 * sqrt (0.7)) * asinh (sqrt (0.7 / 0.3 * a * a * a));
    const double eta = acosh (1 + a * 2 * 0.7 / 0.3);
    assert_near (cosmology_age (&flat, a), lambda, round_off);
    /* sinh eta - eta loses digits where eta is small */
    assert_near (cosmology_age (&open_universe, a), 0.3 / (2 * 0.7 * sqrt (0.7)) * (sinh (eta) - eta) / 0.1, 1e-13);
    assert_near (cosmology_span (&flat, 0.02, log (a / 0.02)), cosmology_age (&flat, a) - cosmology_age (&flat, 0.02),
                 a > 0.03 ? 4 * round_off : 1);
  }
}

/* From a = 0.02 to 1, H0 = 0.1: kick, drift and span; growth since 0.02, growth factor and age at 1. Integrated in
 * other variables by QUADPACK (scipy.integrate.quad, relative error 1e-13): flat, Einstein-de Sitter, open, closed,
 * curved with a constant of either sign. */
static const struct { double omega0, omega_lambda, kick, drift, span, grown, growth, age; } universe[] = {
  { 0.308, 0.692, 27.602839310228, 213.69357336031, 9.5361821545526, 39.187194271294, 0.78374132416883,
    9.5701585322002 },
  { 1, 0, 17.171572875254, 121.42135623731, 6.647810485835, 50, 1, 6.6666666666667 },
  { 0.3, 0, 23.798347186016, 197.48817008212, 8.0539763026446, 23.44824359516, 0.45683546140824, 8.0879325466034 },
  { 0.3, 0.7, 27.886787374855, 216.38790324577, 9.6065674048656, 38.949183028545, 0.77898101677079, 9.6409938163947 },
  { 0.4, 1.1, 28.639206727456, 202.7234937454, 10.390259787284, 68.360963598402, 1.3870768250569, 10.420300565164 },
  { 0.25, 0.6, 28.578180246944, 229.87768416867, 9.6009411799771, 32.030040241754, 0.6362407608723, 9.6385185242562 },
  { 0.3, -0.5, 21.915325093484, 187.71058453402, 7.3573536180266, 18.408526944751, 0.35218909562951,
    7.3909876429783 },
};

static struct cosmology universe_of (double omega0, double omega_lambda)
{
  return (struct cosmology){ 1, omega0, omega_lambda, 1 - omega0 - omega_lambda, 0.1 };
}

static void test_other_integrators (void **unused)
{
  const double a = 0.02, step = log (1 / a), tolerance = 3e-13; /* of the table: fourteen digits, an error of 1e-13 */

  (void) unused;
  for (size_t k = 0; k < sizeof universe / sizeof *universe; k++) {
    const struct cosmology c = universe_of (universe[k].omega0, universe[k].omega_lambda);
    assert_near (cosmology_kick (&c, a, step), universe[k].kick, tolerance);
    assert_near (cosmology_drift (&c, a, step), universe[k].drift, tolerance);
    assert_near (cosmology_span (&c, a, step), universe[k].span, tolerance);
    assert_near (cosmology_length (&c, a, universe[k].span), step, tolerance);
    assert_near (cosmology_age (&c, 1), universe[k].age, tolerance);
    assert_near (cosmology_growth (&c, 1, NULL), universe[k].growth, tolerance);
    assert_near (cosmology_growth (&c, 1, NULL) / cosmology_growth (&c, a, NULL), universe[k].grown, tolerance);
  }
}

/* Growth: a in an Einstein-de Sitter universe, Groth & Peebles (1975) in an open one; and in all of them the equation
 * of linear growth itself, f' + f^2 + (2 + d ln H / d ln a) f = 3/2 Omega (a) with f the slope. */
static void test_growth (void **unused)
{
  const double x0 = 0.7 / 0.3, h = 1e-3;
  double slope, before, after;

  (void) unused;
  for (double a = 0.02; a < 1; a *= 1.5) { /* the last universe turns round at 1.7 */
    const double x = x0 * a, y = sqrt (1 + x) / (x * sqrt (x));
    const double form = 2.5 / x0 * (1 + 3 / x + 3 * y * log (sqrt (1 + x) - sqrt (x)));
    assert_near (cosmology_growth (&einstein_de_sitter, a, &slope), a, 2 * round_off);
    assert_near (slope, 1, 4 * round_off);
    assert_near (cosmology_growth (&open_universe, a, NULL), form, 1e-15 * (1 + 30 / (x * x))); /* the form cancels */
    for (size_t k = 0; k < sizeof universe / sizeof *universe; k++) {
      const struct cosmology c = universe_of (universe[k].omega0, universe[k].omega_lambda);
      const double D = cosmology_growth (&c, a, &slope), H = cosmology_hubble (&c, a);
      const double D1 = cosmology_growth (&c, a * exp (-h), &before), D2 = cosmology_growth (&c, a * exp (h), &after);
      const double H1 = cosmology_hubble (&c, a * exp (-h)), H2 = cosmology_hubble (&c, a * exp (h));
      const double matter = c.omega0 * c.hubble * c.hubble / (a * a * a * H * H);
      const double left = (after - before) / (2 * h) + slope * slope + (2 + log (H2 / H1) / (2 * h)) * slope;
      assert_true (D1 < D && D < D2);
      /* differences over 2e-3: their error is the third derivative's, some 1e-7 */
      assert_near (log (D2 / D1) / (2 * h), slope, 1e-5);
      assert_near (left, 1.5 * matter, 1e-5);
    }
  }
}

static void test_parts_make_the_whole (void **unused)
{
  double (*const integral[]) (const struct cosmology *, double, double)
    = { cosmology_kick, cosmology_drift, cosmology_span };

  (void) unused;
  for (int k = 0; k < 3; k++)
    for (double step = 1e-12; step < 3; step *= 7) {
      const double a = 0.1, middle = a * exp (step / 2), end = a * exp (step);
      const double whole = integral[k] (&flat, a, step);
      assert_near (integral[k] (&flat, a, step / 2) + integral[k] (&flat, middle, step / 2), whole, round_off);
      assert_near (-integral[k] (&flat, end, -step), whole, round_off); /* backwards */
    }
}

static void test_age_and_back (void **unused)
{
  (void) unused;
  for (double a = 1e-3; a < 10; a *= 1.9) {
    assert_near (cosmology_scale_factor (&flat, cosmology_age (&flat, a)), a, 4 * round_off);
    assert_near (cosmology_scale_factor (&open_universe, cosmology_age (&open_universe, a)), a, 4 * round_off);
  }
  for (double step = 1e-15; step < 9; step *= 3) { /* from early times many times the age; from late ones back */
    const double there = cosmology_span (&flat, 1e-3, step), back = cosmology_span (&flat, 3, -step);
    assert_near (cosmology_length (&flat, 1e-3, there), step, 4 * round_off);
    assert_near (cosmology_length (&flat, 3, back), -step, 1e-15 * (4 + exp (1.5 * step)));
  }
}

static void test_physical_is_trivial (void **unused)
{
  (void) unused;
  for (double step = -0.3; step < 1; step += 0.1) {
    assert_true (cosmology_kick (&physical, 5.25, step) == step);
    assert_true (cosmology_drift (&physical, 5.25, step) == step);
    assert_true (cosmology_span (&physical, 5.25, step) == step);
  }
  assert_true (cosmology_age (&physical, 5.25) == 5.25);
  assert_true (cosmology_scale_factor (&physical, 5.25) == 1);
  assert_true (cosmology_velocity_factor (&physical, 5.25) == 1);
}

static const char text[] = "InitCondFile none\nOutputDir none\nTimeMax 1\nTimeBegin 0.1\nComovingIntegrationOn 1\n"
                           "Omega0 0.3\nOmegaLambda 0.7\nHubbleParam 0.7\nBoxSize 1000\n"
                           "SofteningComovingClass0 3\nSofteningMaxPhysClass0 1.5\nSofteningComovingClass1 4\n"
                           "TimeBetSnapshot 2\nTimeOfFirstSnapshot 0.05\n";

/* Periodic boundaries, the Hubble constant and the units follow from "comoving": 1 Mpc/h and 100 km/s/Mpc. */
static void test_parameters (void **unused)
{
  struct params p;

  (void) unused;
  assert_int_equal (params_from_text ("text", text, (int64_t) strlen (text), &p), ST_OK);
  const struct cosmology c = cosmology_of (&p);
  const struct units u = params_units (&p);
  assert_int_equal (p.Periodic, 1);
  assert_near (c.hubble, 0.1, 1e-14);
  assert_near (c.hubble / u.time_s, 0.7 * HUBBLE_CGS, 1e-14);
  /* 277.5 Msun h^2 / (h^-1 kpc)^3 is the critical density: 1.8784e-29 h^2 g/cm^3 */
  assert_near (cosmology_mean_density (&c, u.G), 0.3 * 277.54e-10, 1e-4);
  assert_true (cosmology_softening (&c, &p, 4, 0.4) == 3);
  assert_near (cosmology_softening (&c, &p, 4, 1), 1.5, 1e-15);
  assert_near (cosmology_softening (&c, &p, 4, 0.6), 1.5 / 0.6, 1e-15);
  assert_true (cosmology_softening (&c, &p, 1, 1) == 4); /* no bound */
}

static void test_time_line (void **unused)
{
  struct comm comm;
  struct params p;
  struct timeline t;

  (void) unused;
  comm_create (MPI_COMM_SELF, &comm);
  assert_int_equal (params_from_text ("text", text, (int64_t) strlen (text), &p), ST_OK);
  assert_int_equal (timeline_create (&comm, &p, 0.1, 0, &t), ST_OK);
  /* 0.05, 0.1, 0.2, 0.4, 0.8 are the outputs; the run begins at the second and ends at 1. */
  assert_int_equal (t.n_segments, 4);
  for (int k = 0; k < 4; k++) {
    assert_near (t.begin[k], 0.1 * (1 << k), 1e-15);
    assert_int_equal (t.output[k], k);
  }
  assert_int_equal (t.output[4], -1);
  t.tick = (int64_t) 1 << (TIMELINE_BITS - 1); /* half a segment: the geometric mean of its ends */
  assert_near (timeline_now (&t), 0.1 * M_SQRT2, round_off);
  assert_near (timeline_tick_length (&t) * 0x1p60, M_LN2, round_off);
  timeline_free (&t);
  assert_int_equal (timeline_create (&comm, &p, 0, 0, &t), ST_DATA); /* no scale factor */
  status_clear ();
  timeline_free (&t);
  comm_free (&comm);
}

/* However often a run is resumed, or begun again from a snapshot, outputs come at the same times to the last bit, and
 * none is written twice. */
static void test_same_outputs (void **unused)
{
  static const char from[2][20] = { "TimeBegin 0.1\n", "" }; /* "": the time of the ICs */
  char lines[1000];
  struct comm comm;
  struct params p;
  struct timeline whole, t;

  (void) unused;
  comm_create (MPI_COMM_SELF, &comm);
  for (int which = 0; which < 2; which++) {
    snprintf (lines, sizeof lines, "InitCondFile none\nOutputDir none\nTimeMax 1\nComovingIntegrationOn 1\n%s"
              "Omega0 0.3\nBoxSize 1000\nSofteningComovingClass0 3\nTimeBetSnapshot 1.07\n", from[which]);
    assert_int_equal (params_from_text ("text", lines, (int64_t) strlen (lines), &p), ST_OK);
    assert_int_equal (timeline_create (&comm, &p, 0.1, 0, &whole), ST_OK);
    assert_int_equal (whole.output[0], 0);
    for (int k = 1; k < whole.n_segments; k++) {
      assert_int_equal (timeline_resume (&comm, &p, 0.1, whole.begin[k - 1], whole.begin[k], k, 5, k, &t), ST_OK);
      assert_int_equal (t.n_segments, whole.n_segments - k + 1);
      for (int j = 0; j <= t.n_segments; j++)
        assert_true (t.begin[j] == whole.begin[k - 1 + j] && (j == 0 || t.output[j] == whole.output[k - 1 + j]));
      timeline_free (&t);
      if (which == 1) /* from a snapshot the beginning of the run is not known without TimeBegin */
        continue;
      assert_int_equal (timeline_create (&comm, &p, whole.begin[k], k + 1, &t), ST_OK);
      timeline_omit_first (&t);
      assert_int_equal (t.output[0], -1);
      for (int j = 1; j <= t.n_segments; j++)
        assert_true (t.begin[j] == whole.begin[k + j] && t.output[j] == whole.output[k + j]);
      timeline_free (&t);
    }
    timeline_free (&whole);
  }
  comm_free (&comm);
}

int main (int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_einstein_de_sitter), cmocka_unit_test (test_other_closed_forms),
    cmocka_unit_test (test_other_integrators), cmocka_unit_test (test_growth),
    cmocka_unit_test (test_parts_make_the_whole), cmocka_unit_test (test_age_and_back),
    cmocka_unit_test (test_physical_is_trivial), cmocka_unit_test (test_parameters),
    cmocka_unit_test (test_time_line), cmocka_unit_test (test_same_outputs)
  };

  MPI_Init (&argc, &argv);
  int failed = cmocka_run_group_tests (tests, NULL, NULL);
  MPI_Finalize ();
  return failed;
}
