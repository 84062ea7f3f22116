/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that of a pair on any conic section areg knows when it last was at its pericentre, and so whether it came
 * within its reach during a step: ellipses, hyperbolae, and what is nearly a parabola, on the way in and out, two
 * holes or a hole and a star, at any place in the tree.
 *
 * Times are integrals over the true anomaly, not Kepler's equation.
 */
#include "areg_test.h"
#include "areg/areg_impl.h"

#include <stdio.h>

/* A pair of total mass m1 + m2: pericentre, eccentricity, true anomaly. */
struct conic { double m1, m2, p, e, f; };

static double radius_at (const struct conic *o, double f) { return o->p * (1 + o->e) / (1 + o->e * cos (f)); }

/* From pericentre to true anomaly f > 0: the integral of r^2 / h, by Simpson's rule. */
static double time_to (const struct conic *o, double f)
{
  enum { PIECES = 20000 };
  const double h = sqrt ((o->m1 + o->m2) * o->p * (1 + o->e)), step = f / PIECES;
  double sum = 0;
  for (int k = 0; k <= PIECES; k++) {
    const double r = radius_at (o, k * step);
    sum += r * r * (k == 0 || k == PIECES ? 1 : k % 2 ? 4 : 2);
  }
  return sum * step / 3 / h;
}

/* Since the last pericentre; infinity if there was none. */
static double time_since (const struct conic *o)
{
  const double a = o->p / (1 - o->e);
  if (o->f >= 0)
    return time_to (o, o->f);
  return o->e < 1 ? 2 * M_PI * sqrt (a * a * a / (o->m1 + o->m2)) - time_to (o, -o->f) : INFINITY;
}

/* Separation and relative velocity, turned out of the coordinate planes. */
static void conic_place (const struct conic *o, double x[3], double v[3])
{
  const double M = o->m1 + o->m2, r = radius_at (o, o->f), w = sqrt (M / (o->p * (1 + o->e)));
  const double q[2] = { r * cos (o->f), r * sin (o->f) }, u[2] = { -w * sin (o->f), w * (o->e + cos (o->f)) };
  const double ex[3] = { 2. / 3, 2. / 3, 1. / 3 }, ey[3] = { -2. / 3, 1. / 3, 2. / 3 };
  for (int k = 0; k < 3; k++) {
    x[k] = q[0] * ex[k] + q[1] * ey[k];
    v[k] = u[0] * ex[k] + u[1] * ey[k];
  }
}

/* What the tests ask: the pair among others, far away; the radius at which it meets. */
enum cast { TWO_HOLES, HOLE_AND_STAR, HOLE_LAST, STAR_LAST, CASTS };
struct question { struct conic o; double reach; enum cast cast; };

static int bodies_of (const struct question *q, struct areg_body b[5])
{
  const int star = q->cast == HOLE_AND_STAR || q->cast == STAR_LAST, crowd = q->cast >= HOLE_LAST;
  const double M = q->o.m1 + q->o.m2, far = 1e3 * radius_at (&q->o, q->o.f);
  double x[3], v[3];
  conic_place (&q->o, x, v);
  b[0] = test_body (crowd ? 30 : 1, q->o.m1, 0, 0, 0, 0, 0, 0, AREG_HOLE);
  b[1] = test_body (crowd ? 40 : 2, q->o.m2, 0, 0, 0, 0, 0, 0, star ? AREG_STAR : AREG_HOLE);
  for (int k = 0; k < 3; k++) {
    b[0].x[k] = q->o.m2 / M * x[k];
    b[0].v[k] = q->o.m2 / M * v[k];
    b[1].x[k] = -q->o.m1 / M * x[k];
    b[1].v[k] = -q->o.m1 / M * v[k];
  }
  b[1].radius = star ? q->reach * cbrt (q->o.m2 / q->o.m1) : 0;
  if (!crowd)
    return 2;
  const double w = sqrt (M / far); /* who stood still would fall, and have come from far away */
  b[2] = test_body (10, 3 * M, far, far, 0, 0, 0, w, AREG_HOLE); /* the root of the tree is not of the pair */
  b[3] = test_body (20, 0.1 * M, far, 0, far, w, 0, 0, AREG_HOLE);
  b[4] = test_body (35, 0.2 * M, 0, far, -far, 0, 0, 0, AREG_STAR);
  return 5;
}

/* The answer for a step of length dt that ends now. */
static enum areg_encounter ask_orbit (const struct question *q, double dt, double *orbit)
{
  struct areg_body b[5];
  struct areg_options o = test_options (1e-10, 1, 0, 0);
  struct areg *s = NULL;
  const int n = bodies_of (q, b);
  o.merge_radius = b[1].kind == AREG_HOLE ? q->reach / (2 * (q->o.m1 + q->o.m2)) : 0;
  o.tidal_factor = b[1].kind == AREG_STAR;
  assert_int_equal (areg_create (&o, NULL, n, &s), AREG_OK);
  assert_int_equal (areg_load (s, 0, b, n), AREG_OK);
  const enum areg_encounter met = areg_encounter (s, &s->now, dt / s->units.time, orbit);
  *orbit *= s->units.time;
  areg_free (&s);
  return met;
}

static enum areg_encounter ask (const struct question *q, double dt)
{
  double orbit;
  return ask_orbit (q, dt, &orbit);
}

/* A pericentre within reach, passed a little less, and a little more, than a step ago. */
static void since_pericentre (void **state)
{
  (void) state;
  static const double e[] = { 0.2, 0.7, 0.99, 0.9999, 0.999999, 1 - 1e-11, 1 + 1e-11, 1.000001, 1.0001, 1.05, 2, 9 };
  static const double f[] = { 0.7, 1.5, 2.2, 3, -0.7, -1.5, -2.2, -3 };
  int asked = 0, parabolic = 0;
  for (int cast = 0; cast < CASTS; cast++)
    for (size_t i = 0; i < sizeof e / sizeof *e; i++)
      for (size_t j = 0; j < sizeof f / sizeof *f; j++) {
        struct question q = { .o = { 1.5, 0.25, 0.7, e[i], f[j] }, .cast = cast };
        q.reach = q.o.p * 1.02;
        if (1 + e[i] * cos (f[j]) < 0.01 || radius_at (&q.o, f[j]) < q.reach)
          continue; /* no such place on a hyperbola */
        const double since = time_since (&q.o), a = q.o.p / (1 - e[i]);
        const double small = radius_at (&q.o, f[j]) / fabs (a);
        /* the parabola is good to the ratio of distance and a; rounding leaves a as many digits as 1 - e has */
        const double good = 1e-9 + (small < 1e-3 ? small + 1e-14 / fabs (1 - e[i]) : 0);
        if (isfinite (since)) {
          assert_int_equal (ask (&q, since * (1 + good)), ENCOUNTER_PASSED);
          assert_int_equal (ask (&q, since * (1 - good)), ENCOUNTER_NONE);
        } else
          assert_int_equal (ask (&q, 1e9), ENCOUNTER_NONE);
        asked++;
        parabolic += small < 1e-3;
      }
  print_message ("%d pairs, %d of them nearly parabolic\n", asked, parabolic);
  assert_true (parabolic > 100 && asked - parabolic > 100);
}

/* On an ellipse with much less and much more of its orbit gone than the first quarter: the branch of the arc tangent,
 * with r below and above a. */
static void all_round_an_ellipse (void **state)
{
  (void) state;
  for (int k = -31; k <= 31; k++) {
    struct question q = { .o = { 0.4, 0.3, 2, 0.5, 0.1 * k } };
    q.reach = 2.0001;
    if (radius_at (&q.o, q.o.f) < q.reach)
      continue;
    const double since = time_since (&q.o);
    assert_int_equal (ask (&q, since * (1 + 1e-9)), ENCOUNTER_PASSED);
    assert_int_equal (ask (&q, since * (1 - 1e-9)), ENCOUNTER_NONE);
  }
}

/* Inside: just inside is a meeting, farther in was found too late. */
static void inside_reach (void **state)
{
  (void) state;
  static const struct { double r; enum areg_encounter what; } at[]
    = { { 0.5, ENCOUNTER_PASSED }, { 0.899, ENCOUNTER_PASSED }, { 0.901, ENCOUNTER_MET }, { 0.999, ENCOUNTER_MET },
        { 1.001, ENCOUNTER_NONE } };
  for (int cast = 0; cast < CASTS; cast++)
    for (size_t k = 0; k < sizeof at / sizeof *at; k++) {
      struct question q = { .o = { 1, 0.25, 0.3, 0.6, -1 }, .cast = cast };
      q.reach = radius_at (&q.o, -1) / at[k].r;
      assert_int_equal (ask (&q, 1e-3), at[k].what); /* before the pericentre, and far from the last one */
    }
}

/* A pericentre just outside is looked at where the step was long; one more than a tenth outside is not. */
static void just_outside (void **state)
{
  (void) state;
  for (int cast = 0; cast < CASTS; cast++) {
    struct question q = { .o = { 1, 0.25, 0.7, 0.6, 0.02 }, .cast = cast };
    const double fine = 0.1 * q.o.p * sqrt (q.o.p / 1.25);
    q.reach = q.o.p / 1.05;
    assert_true (time_since (&q.o) < 0.5 * fine);
    assert_int_equal (ask (&q, 0.99 * fine), ENCOUNTER_NONE);
    assert_int_equal (ask (&q, 1.01 * fine), ENCOUNTER_PASSED);
    q.reach = q.o.p / 1.099;
    assert_int_equal (ask (&q, 2 * fine), ENCOUNTER_PASSED);
    q.reach = q.o.p / 1.101;
    assert_int_equal (ask (&q, 2 * fine), ENCOUNTER_NONE);
    q.reach = q.o.p * 1.0001; /* inside: also the shortest step that reaches back to it */
    q.o.f = 0.03;
    assert_int_equal (ask (&q, 1.001 * time_since (&q.o)), ENCOUNTER_PASSED);
  }
}

/* The time of an orbit at the reach belongs to the two holes that are closest in units of theirs. */
static void closest_holes (void **state)
{
  (void) state;
  double orbit;
  for (int cast = 0; cast < CASTS; cast++) {
    struct question q = { .o = { 1, 0.25, 0.7, 0.6, 2 }, .reach = 0.1, .cast = cast };
    assert_int_equal (ask_orbit (&q, 1e-3, &orbit), ENCOUNTER_NONE);
    if (cast == TWO_HOLES || cast == HOLE_LAST)
      assert_true (fabs (orbit / (0.1 * sqrt (0.1 / 1.25)) - 1) < 1e-12);
    else
      assert_true (isinf (orbit)); /* holes do not merge */
  }
  /* Of three, each pair in turn is the one, although not the closest in space: reach goes with mass. */
  static const double x[3][3] = { { 0, 10, 18.5 }, { 0, 10, 11 }, { 0, 2, 12 } }; /* heavy pair 1 and 2; 1, 2; 0, 1 */
  static const double m[3][3] = { { 0.1, 5, 5 }, { 1, 1, 1 }, { 1, 1, 1 } };
  static const int pair[3][2] = { { 1, 2 }, { 1, 2 }, { 0, 1 } };
  for (int k = 0; k < 3; k++) {
    struct areg_body b[3];
    struct areg *s = NULL;
    struct areg_options o = test_options (1e-10, 1, 0, 0);
    o.merge_radius = 0.01;
    for (int i = 0; i < 3; i++)
      b[i] = test_body ((uint64_t) i, m[k][i], x[k][i], 0.01 * i, 0, 0, 0.001 * i, 0, AREG_HOLE);
    assert_int_equal (areg_create (&o, NULL, 3, &s), AREG_OK);
    assert_int_equal (areg_load (s, 0, b, 3), AREG_OK);
    assert_int_equal (areg_encounter (s, &s->now, 1e-6, &orbit), ENCOUNTER_NONE);
    const double M = m[k][pair[k][0]] + m[k][pair[k][1]], reach = 0.02 * M;
    assert_true (fabs (orbit * s->units.time / (reach * sqrt (reach / M)) - 1) < 1e-12);
    areg_free (&s);
  }
}

/* A pair that went through outweighs one that is just inside, whoever comes first; points are never met. */
static void worst_of_all (void **state)
{
  (void) state;
  for (int k = 0; k < 4; k++) {
    struct areg_body b[4];
    struct areg *s = NULL;
    struct areg_options o = test_options (1e-10, 1, 0, 0);
    double orbit;
    o.merge_radius = 0;
    o.tidal_factor = 1;
    b[0] = test_body (1, 1, 0, 0, 0, 0, 0, 0, AREG_HOLE);
    b[1] = test_body (k & 1 ? 2 : 3, 1e-3, 0, 0.95, 0, 0.1, 0, 0, AREG_STAR); /* just inside */
    b[2] = test_body (k & 1 ? 3 : 2, 1e-3, 0.5, 0, 0, 0, 0.1, 0, AREG_STAR);  /* well inside */
    b[3] = test_body (9, 1e-3, 0.01, 0, 0, 0, 0.1, 0, AREG_STAR);            /* a point */
    for (int i = 1; i < 3; i++)
      b[i].radius = k >= 2 && i == 2 ? 0 : 0.1;
    assert_int_equal (areg_create (&o, NULL, 4, &s), AREG_OK);
    assert_int_equal (areg_load (s, 0, b, 4), AREG_OK);
    assert_int_equal (areg_encounter (s, &s->now, 1e-6, &orbit), k < 2 ? ENCOUNTER_PASSED : ENCOUNTER_MET);
    areg_free (&s);
  }
}

int main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (since_pericentre), cmocka_unit_test (all_round_an_ellipse),
                                      cmocka_unit_test (inside_reach),     cmocka_unit_test (just_outside),
                                      cmocka_unit_test (closest_holes),    cmocka_unit_test (worst_of_all) };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
