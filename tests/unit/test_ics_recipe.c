/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that recipes are read with their units or refused with all faults and lines, and that orbits of all three
 * kinds have the elements asked for and reach pericentre when promised. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/vec3.h"
#include "ics/recipe.h"

static struct recipe r;

static enum status read_text (const char *text)
{
  status_clear ();
  return recipe_from_text ("recipe", text, &r);
}

static void assert_says (const char *words)
{
  if (!strstr (status_message (), words))
    fail_msg ("'%s' is not said in:\n%s", words, status_message ());
}

#define HEAD "seed: 18446744073709551615\nsystems:\n"
#define STAR "  - components: [{profile: plummer, mass: 1e8 Msun, scale: 20 pc, n: 1e3}]\n"

static void quantities_have_units (void **state)
{
  (void) state;
  assert_int_equal (read_text (HEAD STAR "    position: [1, 500 pc, -2 kpc]\n    velocity: [0, 200 km/s, 0]\n"
                               "time: 977.79222 Myr\n"), ST_OK);
  assert_true (r.seed == UINT64_MAX);
  const struct component *c = &r.system[0].component[0];
  /* one rounding of each product and quotient */
  assert_true (fabs (c->mass / 0.01 - 1) < 1e-15 && fabs (c->scale / 0.02 - 1) < 1e-15 && c->number == 1000);
  assert_true (c->kind == PROFILE_PLUMMER && c->type == 4 && strcmp (c->name, "plummer") == 0);
  assert_true (fabs (r.system[0].position[1] - 0.5) < 1e-15 && fabs (r.system[0].position[2] + 2) < 1e-15);
  assert_true (r.system[0].velocity[1] == 200);
  assert_true (fabs (r.time - 1) < 1e-7); /* the digits given */
  assert_int_equal (read_text ("units: {length: pc, mass: Msun, velocity: 1e5}\n" HEAD STAR), ST_OK);
  assert_true (fabs (r.system[0].component[0].mass / 1e8 - 1) < 1e-15);
  assert_true (fabs (r.units.G - 4.30091727e-3) < 1e-10); /* pc (km/s)^2 / Msun */
}

static void all_faults_at_once (void **state)
{
  (void) state;
  assert_int_equal (read_text ("seed: -1\nunits: {length: furlong}\nsystems:\n"
    "  - components:\n      - {profile: hernquists, mass: -1, scale: 1 Msun, n: 1.5, type: 9}\n"
    "      - {profile: dehnen, mass: nan, scale: 1, n: 10, colour: red}\n"
    "      - {profile: jaffe, mass: 1, mass: 2, scale: 1, n: 10, gamma: 1}\n"
    "    smbh: {spin: [1, 1, 0]}\n    noise: none\norbit: {separation: 1}\n"), ST_DATA);
  assert_says ("recipe:1: seed: '-1' is not a whole number");
  assert_says ("recipe:2: length: 'furlong' is no unit");
  assert_says ("recipe:5: mass = -1 is out of range: above 0");
  assert_says ("recipe:5: scale: '1 Msun' has no unit that fits");
  assert_says ("recipe:5: n: '1.5' is not a whole number");
  assert_says ("recipe:5: 'hernquists' is no profile");
  assert_says ("recipe:5: type: '9'");
  assert_says ("recipe:6: mass: 'nan' is not a finite number");
  assert_says ("recipe:6: 'colour' is no key of a component");
  assert_says ("recipe:6: component: a dehnen profile needs gamma");
  assert_says ("recipe:7: mass is given a second time");
  assert_says ("recipe:7: gamma: a jaffe profile has its own");
  assert_says ("recipe:8: smbh: mass is missing");
  assert_says ("recipe:8: spin: |chi| = 1.41421 is above 1");
  assert_says ("noise: 'none' is none of");
  assert_says ("recipe:10: an orbit at top level is for two systems");
  assert_int_equal (read_text ("seed: 1\nsystems: [a: {b"), ST_DATA);
  assert_says ("not YAML");
  assert_int_equal (read_text (""), ST_DATA);
  assert_int_equal (read_text ("- 1\n"), ST_DATA);
  assert_int_equal (read_text ("seed: 1\nsystems: []\n"), ST_DATA);
  assert_int_equal (read_text (HEAD "  - {}\n"), ST_DATA);
  status_clear ();
  assert_int_equal (recipe_read ("no/such/recipe", &r), ST_NOINPUT);
}

static void orbits_from_any_two (void **state)
{
  (void) state;
  assert_int_equal (read_text (HEAD STAR STAR "orbit: {separation: 1.5, eccentricity: 0.5}\n"), ST_OK);
  assert_true (r.system[1].orbit.pericentre == 0.5); /* begins at apocentre */
  assert_int_equal (read_text (HEAD STAR STAR "orbit: {separation: 1.5, pericentre: 0.5, semi_major_axis: 1}\n"),
                    ST_OK);
  assert_true (r.system[1].orbit.eccentricity == 0.5);
  assert_int_equal (read_text (HEAD STAR STAR "orbit: {separation: 1.5, pericentre: 0.5}\n"), ST_OK);
  assert_true (r.system[1].orbit.eccentricity == 1);
  assert_int_equal (read_text (HEAD STAR STAR "orbit: {separation: 1.5}\n"), ST_DATA);
  assert_int_equal (read_text (HEAD STAR STAR "orbit: {separation: 1, pericentre: 2, semi_major_axis: 1}\n"),
                    ST_DATA);
}

/* Leapfrog in the regularised time ds = dt/r, short steps: the oracle for the time to pericentre. */
static double time_by_integration (double gm, double x[3], double v[3])
{
  double t = 0, h = 1e-4 / sqrt (gm);

  while (dot3 (x, v) < 0) {
    double r0 = norm3 (x), dt = h * r0 * sqrt (r0);
    axpy3 (0.5 * dt, v, x);
    axpy3 (-gm / pow (norm3 (x), 3) * dt, x, v);
    axpy3 (0.5 * dt, v, x);
    t += dt;
  }
  return t;
}

static void orbits_have_their_elements (void **state)
{
  static const double eccentricities[] = { 0.3, 0.99, 1, 1.5 };

  (void) state;
  for (int k = 0; k < 4; k++) {
    struct orbit o = { 3, 2, eccentricities[k], 1, 0.7, 0.2 };
    double x[3], v[3], time, rp, e;
    assert_int_equal (orbit_state (&o, 2.5, x, v, &time), ST_OK);
    orbit_elements (2.5, x, v, &rp, &e);
    /* a few roundings */
    assert_true (fabs (rp - 2) < 1e-13 && fabs (e - o.eccentricity) < 1e-13 && fabs (norm3 (x) - 3) < 1e-13);
    assert_true (dot3 (x, v) < 0);
    /* the integration stops within one step, 1e-4 of the dynamical time, beyond */
    assert_true (fabs (time_by_integration (2.5, x, v) - time) < 1e-3);
  }
  struct orbit far = { 10, 2, 0.3, 1, 0, 0 };
  double x[3], v[3], time;
  status_clear ();
  assert_int_equal (orbit_state (&far, 1, x, v, &time), ST_DATA);
  assert_says ("does not lie between");
}

int main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (quantities_have_units), cmocka_unit_test (all_faults_at_once),
    cmocka_unit_test (orbits_from_any_two), cmocka_unit_test (orbits_have_their_elements) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
