/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that Eddington's inversion gives the known distribution functions of Plummer and Hernquist spheres, returns
 * the density it came from in any potential, and refuses what has no isotropic equilibrium. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "ics/eddington.h"

static const struct component hernquist = { "bulge", PROFILE_DEHNEN, 1, 1, 1, 0, 100000, 4 };
static const struct component plummer = { "cluster", PROFILE_PLUMMER, 1, 1, 0, 0, 100000, 4 };

static double radius (const struct sphere *s, int i) { return exp (s->u0 + i * s->h); }

/* Index of the grid point nearest to r. */
static int index_of (const struct sphere *s, double r) { return (int) lrint ((log (r) - s->u0) / s->h); }

static struct sphere *make (double hole, const struct component *c, int n)
{
  struct sphere *s;

  status_clear ();
  assert_int_equal (sphere_create (1, hole, c, n, &s), ST_OK);
  return s;
}

/* f = 24 sqrt 2 / (7 pi^3) E^(7/2), G = M = a = 1 (Binney & Tremaine 2008, eq. 4.92b). */
static void plummer_is_a_polytrope (void **state)
{
  struct sphere *s = make (0, &plummer, 1);

  (void) state;
  for (int i = index_of (s, 0.01); i < index_of (s, 1000); i += 7) {
    double f = 24 * sqrt (2) / (7 * pow (M_PI, 3)) * pow (1 / sqrt (1 + radius (s, i) * radius (s, i)), 3.5);
    /* the trapezoid's end correction, order h^4 with the singular root 32 intervals away, leaves 1e-7 */
    assert_true (fabs (s->f[0][i] / f - 1) < 3e-7);
  }
  sphere_free (&s);
}

/* Hernquist (1990), eq. 17, G = M = a = 1. */
static double hernquist_f (double q2)
{
  double q = sqrt (q2), polynomial = 8 * q2 * q2 - 8 * q2 - 3;

  return (3 * asin (q) + q * sqrt (1 - q2) * (1 - 2 * q2) * polynomial)
         / (8 * sqrt (2) * pow (M_PI, 3) * pow (1 - q2, 2.5));
}

static void hernquist_is_as_published (void **state)
{
  struct sphere *s = make (0, &hernquist, 1);

  (void) state;
  for (int i = index_of (s, 0.3); i < index_of (s, 100); i += 7)
    /* the grid holds the mass within 1e5 a, so mass and potential are scaled by 1 + 2e-5; f goes as their powers
     * -3/2 + 1, and near the centre, where f ~ (1 - q^2)^(-5/2), as 5/2 of 2e-5 over 1 - q^2 >= 0.23 */
    assert_true (fabs (s->f[0][i] / hernquist_f (1 / (1 + radius (s, i))) - 1) < 2.5e-4);
  sphere_free (&s);
}

/* rho (r) = 4 sqrt 2 pi int f (E) sqrt (Psi - E) dE, by trapezoid in v^3 on the grid. */
static double density_from_f (const struct sphere *s, int c, int i)
{
  double sum = 0, before = 0, f = s->f[c][i];

  for (int k = i + 1; k < s->n; k++) {
    double v = sqrt (2 * sphere_difference (s->psi[i], s->depth[i], s->psi[k], s->depth[k]));
    sum += 0.5 * (f + s->f[c][k]) * (v * v * v - before);
    before = v * v * v;
    f = s->f[c][k];
  }
  return 4 * M_PI / 3 * sum;
}

static void density_comes_back (void **state)
{
  static const double gammas[] = { 0.5, 1, 1.75, 2.5 };
  struct component c[2] = { { "stars", PROFILE_DEHNEN, 1, 1, 1, 100, 1000000, 4 },
                            { "halo", PROFILE_DEHNEN, 30, 20, 1, 400, 1000000, 1 } };

  (void) state;
  for (int k = 0; k < 4; k++) {
    c[0].gamma = gammas[k];
    struct sphere *s = make (0.01, c, 2);
    for (int j = 0; j < 2; j++)
      for (int i = s->first[j]; radius (s, i) < c[j].cutoff; i += 5) {
        double ratio = density_from_f (s, j, i) / sphere_density (s, j, radius (s, i));
        /* trapezoid of f (steps of 3 % in radius, powers up to 6 in a cell): h^2/12 36 = 3e-3 */
        if (!(fabs (ratio - 1) < 3e-3))
          fail_msg ("gamma %g component %d r %g: ratio - 1 = %g", gammas[k], j, radius (s, i), ratio - 1);
      }
    sphere_free (&s);
  }
}

static void masses_and_potential (void **state)
{
  struct sphere *s = make (0.5, &hernquist, 1);

  (void) state;
  for (double r = 0.05; r < 1000; r *= 1.7) {
    /* 2e-5 of the mass lies beyond the grid and was put inside */
    assert_true (fabs (sphere_mass (s, 0, r) / (r * r / ((1 + r) * (1 + r))) - 1) < 3e-5);
    assert_true (fabs (sphere_psi (s, r) / (1 / (1 + r) + 0.5 / r) - 1) < 3e-5);
    assert_true (fabs (sphere_radius (s, 0, sphere_mass (s, 0, r)) / r - 1) < 1e-9);
  }
  sphere_free (&s);
}

static void cores_around_a_hole_are_refused (void **state)
{
  struct component flat = hernquist;
  struct sphere *s;

  (void) state;
  status_clear ();
  assert_int_equal (sphere_create (1, 0.01, &plummer, 1, &s), ST_DATA);
  assert_non_null (strstr (status_message (), "'cluster' has no isotropic equilibrium"));
  assert_non_null (strstr (status_message (), "gamma >= 0.5"));
  sphere_free (&s);
  flat.gamma = 0.4;
  assert_int_equal (sphere_create (1, 0.01, &flat, 1, &s), ST_DATA);
  sphere_free (&s);
  flat.gamma = 0.5;
  assert_int_equal (sphere_create (1, 0.01, &flat, 1, &s), ST_OK);
  sphere_free (&s);
  assert_int_equal (mem_used (), 0);
}

int main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (plummer_is_a_polytrope), cmocka_unit_test (hernquist_is_as_published),
    cmocka_unit_test (density_comes_back), cmocka_unit_test (masses_and_potential),
    cmocka_unit_test (cores_around_a_hole_are_refused) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
