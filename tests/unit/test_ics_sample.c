/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that drawn particles have the model's density and the Jeans equation's velocity dispersion around an SMBH,
 * that they are isotropic and in virial equilibrium, and that each depends on its key alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec3.h"
#include "ics/assemble.h"
#include "ics/report.h"
#include "ics/sample.h"

enum { N = 40000, BINS = 20 };

static double x[N][3], v[N][3], x2[N][3], v2[N][3];
static int order[N];

static int by_radius (const void *a, const void *b)
{
  double ra = norm3 (x[*(const int *) a]), rb = norm3 (x[*(const int *) b]);

  return (ra > rb) - (ra < rb);
}

static struct sphere *draw (double hole, double gamma, struct sampling *o)
{
  struct component c = { "stars", PROFILE_DEHNEN, 1, 1, gamma, 100, N, 4 };
  struct sphere *s;
  int64_t redrawn;

  status_clear ();
  assert_int_equal (sphere_create (1, hole, &c, 1, &s), ST_OK);
  assert_int_equal (sphere_sample (s, 0, o, x, v, &redrawn), ST_OK);
  for (int i = 0; i < N; i++)
    order[i] = i;
  qsort (order, N, sizeof *order, by_radius);
  return s;
}

/* Kolmogorov and Smirnov's distance of the radii from the mass profile. */
static double density_distance (const struct sphere *s)
{
  double worst = 0;

  for (int i = 0; i < N; i++)
    worst = fmax (worst, fabs (sphere_mass (s, 0, norm3 (x[order[i]])) - (i + 0.5) / N));
  return worst;
}

/* Deviation of one bin's mean v^2 from 3 sigma_Jeans^2, in units of its standard error. */
static double bin_deviation (const struct sphere *s, int bin, double *anisotropy)
{
  double sum = 0, sum2 = 0, radial = 0, expected = 0;
  int n = N / BINS, n_expected = 0;

  for (int k = bin * n; k < (bin + 1) * n; k++) {
    int i = order[k];
    double w = dot3 (v[i], v[i]), vr = dot3 (v[i], x[i]) / norm3 (x[i]);
    sum += w;
    sum2 += w * w;
    radial += vr * vr;
    if (k % 20 == 10) { /* twenty particles further the dispersion has moved by less than a hundredth of the noise */
      double sigma = sphere_jeans_dispersion (s, 0, norm3 (x[i]));
      expected += 3 * sigma * sigma;
      n_expected++;
    }
  }
  *anisotropy = 1 - (sum - radial) / (2 * radial);
  double variance = (sum2 / n - sum / n * (sum / n)) / n;
  return (sum / n - expected / n_expected) / sqrt (variance);
}

static void density_and_dispersion (void **state)
{
  static const double gammas[] = { 0.5, 1, 2 };

  (void) state;
  for (int g = 0; g < 3; g++) {
    struct sampling o = { 42, 0, 0, 0 };
    struct sphere *s = draw (0.02, gammas[g], &o);
    double sum = 0, sum2 = 0, anisotropy, beta = 0;
    assert_true (density_distance (s) < 1.63 / sqrt (N)); /* exceeded by chance in 1 % of seeds; the seed is fixed */
    for (int b = 0; b < BINS; b++) {
      double d = bin_deviation (s, b, &anisotropy);
      assert_true (fabs (d) < 4);
      sum += d;
      sum2 += d * d;
      beta += anisotropy / BINS;
    }
    assert_true (sum2 < 45.3); /* chi^2 of 20 bins: exceeded by chance in 0.1 % */
    assert_true (fabs (sum) < 3.3 * sqrt (BINS)); /* by chance in 0.1 %; finds speeds wrong by 1 % */
    /* var (beta) ~ (2 + 1)/n with n = 40000: four sigma */
    assert_true (fabs (beta) < 4 * sqrt (3.0 / N));
    sphere_free (&s);
  }
}

static void particles_depend_on_their_key_alone (void **state)
{
  struct sampling o = { 7, 3, 0, 0 };
  struct sphere *s = draw (0.02, 1, &o);
  int64_t redrawn;

  (void) state;
  s->component[0].number = 100; /* fewer, drawn again */
  assert_int_equal (sphere_sample (s, 0, &o, x2, v2, &redrawn), ST_OK);
  assert_memory_equal (x, x2, 100 * sizeof *x);
  assert_memory_equal (v, v2, 100 * sizeof *v);
  o.system = 4;
  assert_int_equal (sphere_sample (s, 0, &o, x2, v2, &redrawn), ST_OK);
  assert_memory_not_equal (x[0], x2[0], sizeof *x);
  sphere_free (&s);
}

static void mirror_pairs_cancel (void **state)
{
  struct sampling o = { 7, 0, 1, 0 };
  struct sphere *s = draw (0.02, 1, &o);

  (void) state;
  for (int i = 0; i < N / 2; i++)
    for (int k = 0; k < 3; k++)
      assert_true (x[i][k] == -x[i + N / 2][k] && v[i][k] == -v[i + N / 2][k]);
  sphere_free (&s);
}

static void tight_stars_are_drawn_anew (void **state)
{
  struct sampling o = { 7, 0, 0, 0.02 };
  struct sphere *s = draw (0.02, 1.5, &o);

  (void) state;
  for (int i = 0; i < N; i++) {
    double a = semi_major_axis (0.02, x[i], v[i]);
    assert_true (!(a > 0) || a >= 0.02);
  }
  sphere_free (&s);
}

/* A whole recipe: equilibrium, order of IDs, centre of mass. */
static void an_assembly_is_in_order (void **state)
{
  static struct recipe r;
  struct assembly a;
  double p[3] = { 0 }, cm[3] = { 0 };

  (void) state;
  assert_int_equal (recipe_from_text ("recipe", "seed: 5\nunits: {G: 1}\nsystems:\n"
    "  - components:\n      - {profile: hernquist, mass: 1, scale: 1, n: 20000, cutoff: 100}\n"
    "      - {profile: dehnen, gamma: 1, mass: 10, scale: 10, n: 10000, type: halo, cutoff: 300}\n"
    "    smbh: {mass: 0.01, chi: 0.5, spin_direction: [0, 3, 4]}\n"
    "  - components: [{profile: jaffe, mass: 0.5, scale: 1, n: 10001, cutoff: 50}]\n"
    "    smbh: {mass: 0.005}\n    noise: mirror\n"
    "orbit: {separation: 30, pericentre: 2, eccentricity: 0.95, inclination: 40 deg, node: 10 deg}\n", &r), ST_OK);
  assert_int_equal (assembly_make (&r, &a), ST_OK);
  assert_int_equal (a.n, 40003);
  assert_true (a.type[0] == 5 && a.type[1] == 5 && a.type[2] == 4 && a.type[20002] == 1 && a.type[30002] == 4);
  for (int64_t i = 0; i < a.n; i++) {
    axpy3 (a.mass[i], a.v[i], p);
    axpy3 (a.mass[i], a.x[i], cm);
  }
  /* rounding of 4e4 additions: total momentum of the moving parts is of order 1 */
  assert_true (norm3 (p) < 1e-11 && norm3 (cm) < 1e-10);
  for (int k = 0; k < 2; k++)
    /* variance of 2T over N particles, cusp and heavy halo particles included, gives about 1 % */
    assert_true (fabs (a.made[k].virial - 1) < 0.03);
  double s = 0.5 * 0.01 * 0.01 / r.units.c; /* |S| = chi G m^2/c */
  assert_true (fabs (norm3 (a.spin[0]) / s - 1) < 1e-14 && fabs (a.spin[0][1] / s - 0.6) < 1e-14);
  double dx[3], dv[3], rp, e;
  sub3 (a.made[1].position, a.made[0].position, dx);
  sub3 (a.made[1].velocity, a.made[0].velocity, dv);
  orbit_elements (a.made[1].orbit_mass, dx, dv, &rp, &e);
  /* the elements lose digits as |x|/r_p */
  assert_true (fabs (rp / 2 - 1) < 1e-12 && fabs (e - 0.95) < 1e-12 && fabs (norm3 (dx) - 30) < 1e-12);
  assert_true (influence_radius (&a.made[0]) > 0.1 && influence_radius (&a.made[0]) < 0.25); /* 0.02 = (r/(1+r))^2 */
  assembly_free (&a);
}

int main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (density_and_dispersion), cmocka_unit_test (particles_depend_on_their_key_alone),
    cmocka_unit_test (mirror_pairs_cancel), cmocka_unit_test (tight_stars_are_drawn_anew),
    cmocka_unit_test (an_assembly_is_in_order) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
