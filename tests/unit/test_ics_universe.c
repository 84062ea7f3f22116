/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that the particles of a box are the growing mode of a Gaussian field of the spectrum asked for, that the
 * field does not depend on the lattice that samples it, and that the spectrum is normalised. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/units.h"
#include "ics/recipe.h"
#include "ics/universe.h"

static const struct universe universe = { .n = 16, .size = 1e5, .redshift = 49, .omega0 = 0.3, .omega_lambda = 0.7,
                                          .omega_baryon = 0.05, .h = 0.7, .sigma8 = 0.8, .n_s = 0.96 };

static struct units kpc (void) { return units_from_base (1e3 * PARSEC_CM, 1e10 * SOLAR_MASS_G, 1e5, 0); }

static void test_growth (void **unused)
{
  const struct cosmology eds = { 1, 1, 0, 0, 0.1 }, flat = { 1, 0.3, 0.7, 0, 0.1 };
  double slope, h = 1e-5;

  (void) unused;
  assert_true (fabs (cosmology_growth (&eds, 0.3, &slope) - 0.3) < 1e-14 && fabs (slope - 1) < 1e-14);
  for (double a = 0.02; a < 2; a *= 1.5) { /* a centred difference: error h^2 */
    double up = cosmology_growth (&flat, a * exp (h), NULL), down = cosmology_growth (&flat, a * exp (-h), NULL);
    cosmology_growth (&flat, a, &slope);
    assert_true (fabs (log (up / down) / (2 * h) - slope) < 1e-8);
  }
  /* Carroll, Press & Turner's (1992) fit, good to a per cent or two */
  double fit = 2.5 * 0.3 / (pow (0.3, 4.0 / 7) - 0.7 + (1 + 0.15) * (1 + 0.01));
  assert_true (fabs (cosmology_growth (&flat, 1, NULL) / fit - 1) < 0.02);
}

/* sigma8 by another rule than the one that normalises, and the slope on the largest scales. */
static void test_spectrum (void **unused)
{
  const struct units u = kpc ();
  const struct spectrum s = universe_spectrum (&universe, &u);
  double sum = 0;

  (void) unused;
  for (double k = 1e-7; k < 0.1; k *= 1.0005) {
    double y = 8000 * k, W = y < 0.01 ? 1 : 3 * (sin (y) - y * cos (y)) / (y * y * y);
    sum += spectrum_at (&s, k) * W * W * k * k * k * log (1.0005);
  }
  assert_true (fabs (sqrt (sum / (2 * M_PI * M_PI)) / 0.8 - 1) < 1e-3);
  assert_true (fabs (log (spectrum_at (&s, 2e-9) / spectrum_at (&s, 1e-9)) / log (2) - 0.96) < 1e-3);
  /* the bend from k^n to k^(n - 4) ln^2 k */
  assert_true (log (spectrum_at (&s, 2e-2) / spectrum_at (&s, 1e-2)) / log (2) < -2.2);
}

/* Amplitude of one wave of the displacements along x, by direct sum over the particles' lattice. */
static void wave_of (const struct universe *u, double (*x)[3], const int m[3], double out[2])
{
  const int64_t n = u->n;

  out[0] = out[1] = 0;
  for (int64_t i = 0; i < n * n * n; i++) {
    const int64_t place[3] = { i / (n * n), i / n % n, i % n };
    double phase = 0, way = x[i][0] - ((double) place[0] + 0.5) * u->size / (double) n;
    way -= u->size * rint (way / u->size);
    for (int k = 0; k < 3; k++)
      phase += 2 * M_PI * m[k] * ((double) place[k] + 0.5) / (double) n;
    out[0] += way * cos (phase) / (double) (n * n * n);
    out[1] += way * sin (phase) / (double) (n * n * n);
  }
}

static void test_field (void **unused)
{
  const struct units u = kpc ();
  const struct cosmology c = universe_background (&universe, &u);
  struct universe coarse = universe;
  double (*x)[3] = malloc (4096 * sizeof *x), (*p)[3] = malloc (4096 * sizeof *p);
  double (*y)[3] = malloc (512 * sizeof *y), (*q)[3] = malloc (512 * sizeof *q);
  const double a = 0.02;
  double slope, worst = 0, power = 0;

  (void) unused;
  coarse.n = 8;
  assert_int_equal (universe_particles (&universe, &u, 7, x, p), ST_OK);
  assert_int_equal (universe_particles (&coarse, &u, 7, y, q), ST_OK);
  const int waves[5][3] = { { 1, 0, 0 }, { 1, -2, 3 }, { -1, 1, 0 }, { 2, 0, -3 }, { 3, 3, 3 } };
  for (int k = 0; k < 5; k++) {
    double fine[2], rough[2];
    wave_of (&universe, x, waves[k], fine);
    wave_of (&coarse, y, waves[k], rough);
    assert_true (hypot (fine[0] - rough[0], fine[1] - rough[1]) < 1e-9 * hypot (fine[0], fine[1]));
  }
  /* momenta: a^2 H f times the displacement; at rest as a whole, for the mean wave is left out */
  const double D = cosmology_growth (&c, a, &slope), rate = a * a * cosmology_hubble (&c, a) * slope;
  for (int i = 0; i < 4096; i++) {
    double way = x[i][1] - (i / 16 % 16 + 0.5) * universe.size / 16;
    worst = fmax (worst, fabs (p[i][1] - rate * (way - universe.size * rint (way / universe.size))) / rate);
    power += p[i][0] * p[i][0] / 4096;
  }
  assert_true (worst < 1e-10 * universe.size);
  /* displacements along x have the variance sum P m_x^2 / (k^2 m^2) / V over the waves; 15^3 draws leave a few tens
   * of per cent, since the longest few make most of it */
  const struct spectrum s = universe_spectrum (&universe, &u);
  double expected = 0;
  for (int m = 0; m < 15 * 15 * 15; m++) {
    const double v[3] = { m / 225 - 7, m / 15 % 15 - 7, m % 15 - 7 };
    const double square = v[0] * v[0] + v[1] * v[1] + v[2] * v[2];
    const double k = 2 * M_PI / universe.size * sqrt (square);
    if (square > 0)
      expected += spectrum_at (&s, k) * v[0] * v[0] / (k * k * square) / pow (universe.size, 3);
  }
  expected *= pow (rate * D / cosmology_growth (&c, 1, NULL), 2);
  assert_true (power / expected > 0.5 && power / expected < 1.6);
  free (x);
  free (y);
  free (p);
  free (q);
}

static void test_recipe (void **unused)
{
  static struct recipe r;

  (void) unused;
  assert_int_equal (recipe_from_text ("r", "seed: 1\nbox: {size: 1e5, n: 16, redshift: 24}\n", &r), ST_OK);
  assert_true (r.universe.n == 16 && r.time == 0.04 && r.n_systems == 0);
  assert_int_equal (recipe_from_text ("r", "seed: 1\nbox: {n: 16, omega_baryon: 0.5}\ntime: 1\n", &r), ST_DATA);
  status_clear ();
}

int main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_growth), cmocka_unit_test (test_spectrum),
                                      cmocka_unit_test (test_field), cmocka_unit_test (test_recipe) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
