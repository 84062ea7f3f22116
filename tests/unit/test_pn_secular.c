/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that what post-Newtonian terms do to orbits over many revolutions is what perturbation theory says: decay by
 * radiation (Peters 1964), precession of a gyroscope (de Sitter) and of an orbit about a spinning hole (Lense &
 * Thirring), cycles of eccentricity in a triple (Lidov, Kozai) with 1PN and without.
 */
#include "areg_test.h"

#include <stdio.h>

static double dot (const double a[3], const double b[3]) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

static void cross (const double a[3], const double b[3], double out[3])
{
  for (int k = 0; k < 3; k++)
    out[k] = a[(k + 1) % 3] * b[(k + 2) % 3] - a[(k + 2) % 3] * b[(k + 1) % 3];
}

/* Of body 1 about body 0: specific angular momentum, eccentricity vector, semi-major axis. G = 1. */
struct elements { double l[3], e[3], a; };

static struct elements elements_of (const struct areg_body *b)
{
  struct elements out;
  double x[3], v[3], vl[3];
  const double M = b[0].m + b[1].m;
  for (int k = 0; k < 3; k++) {
    x[k] = b[1].x[k] - b[0].x[k];
    v[k] = b[1].v[k] - b[0].v[k];
  }
  const double r = sqrt (dot (x, x));
  cross (x, v, out.l);
  cross (v, out.l, vl);
  for (int k = 0; k < 3; k++)
    out.e[k] = vl[k] / M - x[k] / r;
  out.a = 1 / (2 / r - dot (v, v) / M);
  return out;
}

/* Two bodies at apocentre on the x axis, a = 1, the orbit turned about x by `inclination`. */
static void orbit (struct areg_body b[2], double m1, double m2, double e, double inclination)
{
  const double M = m1 + m2, r = 1 + e, v = sqrt (M * (1 - e) / (1 + e));
  const double vy = v * cos (inclination), vz = v * sin (inclination);
  b[0] = test_body (1, m1, -m2 / M * r, 0, 0, 0, -m2 / M * vy, -m2 / M * vz, AREG_HOLE);
  b[1] = test_body (2, m2, m1 / M * r, 0, 0, 0, m1 / M * vy, m1 / M * vz, AREG_HOLE);
}

static struct areg *start (double c, int terms, double tolerance, const struct areg_body *b, int n)
{
  struct areg_options o = test_options (tolerance, c, 0, terms);
  struct areg *s = NULL;
  o.merge_radius = 0;
  assert_int_equal (areg_create (&o, NULL, n, &s), AREG_OK);
  assert_int_equal (areg_load (s, 0, b, n), AREG_OK);
  return s;
}

/* ---- Peters ---- */

static void peters_rates (double m1, double m2, double c, const double y[2], double out[2])
{
  const double a = y[0], e2 = y[1] * y[1], f = 1 - e2, k = m1 * m2 * (m1 + m2) / pow (c, 5);
  out[0] = -12.8 * k / (a * a * a) * (1 + 73. / 24 * e2 + 37. / 96 * e2 * e2) / pow (f, 3.5);
  out[1] = -304. / 15 * k * y[1] / (a * a * a * a) * (1 + 121. / 304 * e2) / pow (f, 2.5);
}

static void peters_advance (double m1, double m2, double c, double t, double y[2])
{
  enum { STEPS = 2000 };
  const double h = t / STEPS;
  for (int i = 0; i < STEPS; i++) {
    double k[4][2], at[2];
    for (int s = 0; s < 4; s++) {
      const double part = s == 0 ? 0 : s == 3 ? h : h / 2;
      for (int q = 0; q < 2; q++)
        at[q] = y[q] + (s ? part * k[s - 1][q] : 0);
      peters_rates (m1, m2, c, at, k[s]);
    }
    for (int q = 0; q < 2; q++)
      y[q] += h / 6 * (k[0][q] + 2 * k[1][q] + 2 * k[2][q] + k[3][q]);
  }
}

/* 2.5PN alone, e = 0.5, from apocentre to about apocentre: what a and e lose is Peters'. At c = 10 a sixth of a goes
 * in 80 orbits, at c = 20 one per cent. Between apocentres a and e move by a part of what one orbit loses, in the
 * moment of pericentre; so where a hundredth of the loss comes from one orbit the end must be an apocentre. */
static void decay (void **state)
{
  (void) state;
  for (int k = 0; k < 2; k++) {
    const double c = k ? 20 : 10, m1 = 1, m2 = 0.5;
    struct areg_body b[2];
    double y[2] = { 1, 0.5 }, t;
    orbit (b, m1, m2, 0.5, 0);
    struct areg *s = start (c, AREG_PN25, 1e-11, b, 2);
    assert_int_equal (areg_advance (s, k ? 800 : 350), AREG_OK);
    for (double before = -1, rv = -1; before <= 0 || rv > 0;) { /* on to the next apocentre */
      assert_int_equal (areg_advance (s, areg_time (s) + 0.02), AREG_OK);
      areg_bodies (s, b);
      before = rv;
      rv = 0;
      for (int q = 0; q < 3; q++)
        rv += (b[1].x[q] - b[0].x[q]) * (b[1].v[q] - b[0].v[q]);
    }
    t = areg_time (s);
    const struct elements end = elements_of (b);
    const double e = sqrt (dot (end.e, end.e));
    peters_advance (m1, m2, c, t, y);
    print_message ("c %g: a %.6f (Peters %.6f), e %.6f (%.6f)\n", c, end.a, y[0], e, y[1]);
    assert_true (y[0] < (k ? 0.995 : 0.85));
    assert_true (fabs ((1 - end.a) / (1 - y[0]) - 1) < 2e-4);
    assert_true (fabs ((0.5 - e) / (0.5 - y[1]) - 1) < 2e-4);
    areg_free (&s);
  }
}

/* ---- radiation of partners only ---- */

static void velocities_after (int n, int terms, double t, double v[3][3])
{
  struct areg_body b[3];
  orbit (b, 1, 0.7, 0.3, 0.4);
  b[2] = test_body (3, 1.2, 3, 6, -2, -0.3, 0.1, 0.2, AREG_HOLE);
  struct areg *s = start (3, terms, 1e-13, b, n);
  assert_int_equal (areg_advance (s, t), AREG_OK);
  areg_bodies (s, b);
  for (int i = 0; i < n; i++)
    memcpy (v[i], b[i].v, sizeof v[i]);
  areg_free (&s);
}

/* For two holes the switch makes no difference to the bit. With a third one outside, it takes from that one the 2.5PN
 * terms of its pairs, and nothing else: its velocity after a moment differs from Newton's no more, where without the
 * switch it does; the partners feel those of each other. */
static void partners_only (void **state)
{
  (void) state;
  const double t = 1e-3;
  double all[3][3], partners[3][3], newton[3][3], pair[3][3], alone[3][3];
  velocities_after (2, AREG_PN25, 0.3, all);
  velocities_after (2, AREG_PN25 | AREG_PN_PARTNERS, 0.3, partners);
  assert_memory_equal (all, partners, 6 * sizeof (double));
  velocities_after (3, AREG_PN25, t, all);
  velocities_after (3, AREG_PN25 | AREG_PN_PARTNERS, t, partners);
  velocities_after (3, 0, t, newton);
  velocities_after (2, AREG_PN25, t, pair);
  velocities_after (2, 0, t, alone);
  double false_part = 0, third = 0, first = 0, size = 0;
  for (int k = 0; k < 3; k++) {
    false_part = fmax (false_part, fabs (all[2][k] - newton[2][k]));
    third = fmax (third, fabs (partners[2][k] - newton[2][k]));
    first = fmax (first, fabs ((partners[0][k] - newton[0][k]) - (pair[0][k] - alone[0][k])));
    size = fmax (size, fabs (pair[0][k] - alone[0][k]));
  }
  print_message ("radiation on a third hole: %.1e, %.1e with partners only; on a partner %.1e, off %.1e\n",
                 false_part, third, size, first);
  assert_true (false_part > 1e-9 && third < 1e-12); /* rounding of velocities of 1, and Newton's answer to the pair */
  assert_true (size > 1e-6 && first < 1e-4 * size); /* the third one tugs at the pair by 1e-5 in that time */
}

/* ---- precession ---- */

/* The spin of a light hole in the plane of its orbit turns by (3/2) 2 pi G M/(c^2 a (1 - e^2)) in an orbit; its
 * length stays. */
static void geodetic (void **state)
{
  (void) state;
  const double m = 1e-8, e = 0.5, c = 100, orbits = 20;
  struct areg_body b[2];
  orbit (b, 1, m, e, 0);
  b[1].spin[0] = 0.5 * m * m / c;
  struct areg *s = start (c, AREG_PN_SPIN, 1e-12, b, 2);
  assert_int_equal (areg_advance (s, orbits * 2 * M_PI / sqrt (1 + m)), AREG_OK);
  areg_bodies (s, b);
  const double angle = atan2 (b[1].spin[1], b[1].spin[0]), size = sqrt (dot (b[1].spin, b[1].spin));
  const double expected = orbits * 2 * M_PI * 1.5 / (c * c * (1 - e * e));
  print_message ("gyroscope: %.10f of %.10f\n", angle, expected);
  assert_true (fabs (angle / expected - 1) < 1e-7); /* masses 1e-8; 1e-12 a step in the anomaly at the end */
  assert_true (fabs (size / (0.5 * m * m / c) - 1) < 1e-11);
  areg_free (&s);
}

/* Angles of the node about z, and from the node to the apsis. */
static void angles (const struct areg_body *b, double *node, double *apsis)
{
  const struct elements at = elements_of (b);
  const double l = sqrt (dot (at.l, at.l));
  double n[3], p[3];
  *node = atan2 (at.l[0], -at.l[1]);
  n[0] = cos (*node);
  n[1] = sin (*node);
  n[2] = 0;
  cross (at.l, n, p);
  *apsis = atan2 (dot (at.e, p) / l, dot (at.e, n));
}

/* About a hole that spins along z: node at 2 G S/(c^2 a^3 (1 - e^2)^1.5), apsis from the node at -6 G S cos i of the
 * same. Half the difference of opposite spins: what is even in S, the hole's quadrupole, drops out. */
static void lense_thirring (void **state)
{
  (void) state;
  const double m = 1e-9, e = 0.4, i = 0.7, c = 50, S = 0.3 / c, t = 50 * 2 * M_PI;
  double node[2], apsis[2];
  for (int k = 0; k < 2; k++) {
    struct areg_body b[2];
    orbit (b, 1, m, e, i);
    b[0].spin[2] = k ? -S : S;
    struct areg *s = start (c, AREG_PN_SPIN, 1e-12, b, 2);
    assert_int_equal (areg_advance (s, t), AREG_OK);
    areg_bodies (s, b);
    angles (b, &node[k], &apsis[k]);
    areg_free (&s);
  }
  const double rate = S / (c * c * pow (1 - e * e, 1.5));
  const double nodes = 0.5 * remainder (node[0] - node[1], 2 * M_PI) / (2 * rate * t);
  const double apsides = 0.5 * remainder (apsis[0] - apsis[1], 2 * M_PI) / (-6 * cos (i) * rate * t);
  print_message ("Lense-Thirring: node %.8f, apsis %.8f of theirs\n", nodes, apsides);
  assert_true (fabs (nodes - 1) < 1e-5 && fabs (apsides - 1) < 1e-5); /* third order in the precession */
}

/* ---- Lidov and Kozai ---- */

enum { INCLINATION = 80 };
static const double outer = 15;

/* Secular equations, quadrupole, averaged over both orbits (Liu, Munoz & Lai 2015, eqs. 17 and 18): y is j, e. Outer
 * orbit circular along z, all masses but the light one 1, inner a 1. `gr`: 1PN rate of the apsis at e = 0. */
static void secular_rates (double gr, const double y[6], double out[6])
{
  const double n[3] = { 0, 0, 1 }, *j = y, *e = y + 3, k = 0.75 / (outer * outer * outer);
  const double jn = j[2], en = e[2], j2 = dot (j, j);
  double jxn[3], exn[3], jxe[3];
  cross (j, n, jxn);
  cross (e, n, exn);
  cross (j, e, jxe);
  for (int q = 0; q < 3; q++) {
    out[q] = k * (jn * jxn[q] - 5 * en * exn[q]);
    out[3 + q] = k * (jn * exn[q] + 2 * jxe[q] - 5 * en * jxn[q]) + gr / (j2 * sqrt (j2)) * jxe[q];
  }
}

/* The first largest e and when. */
struct cycle { double e, t; };

static void cycle_note (struct cycle *c, double e, double t)
{
  if (e > c->e) {
    c->e = e;
    c->t = t;
  }
}

static struct cycle secular_cycle (double gr, const double l[3], const double e[3], double t_end)
{
  struct cycle out = { 0, 0 };
  double y[6];
  const double h = 5;
  for (int q = 0; q < 3; q++) {
    y[q] = l[q];
    y[3 + q] = e[q];
  }
  for (double t = 0; t < t_end; t += h) {
    double k[4][6], at[6];
    for (int s = 0; s < 4; s++) {
      const double part = s == 0 ? 0 : s == 3 ? h : h / 2;
      for (int q = 0; q < 6; q++)
        at[q] = y[q] + (s ? part * k[s - 1][q] : 0);
      secular_rates (gr, at, k[s]);
    }
    for (int q = 0; q < 6; q++)
      y[q] += h / 6 * (k[0][q] + 2 * k[1][q] + 2 * k[2][q] + k[3][q]);
    cycle_note (&out, sqrt (dot (y + 3, y + 3)), t + h);
  }
  return out;
}

static int triple_note (void *context, double t, const struct areg_body *b, int n)
{
  (void) n;
  const struct elements at = elements_of (b);
  cycle_note (context, sqrt (dot (at.e, at.e)), t);
  return 0;
}

/* A star about one of two holes 15 of its semi-major axes apart, inclined by 80 degrees. */
static struct cycle triple_cycle (double c, double t_end, struct elements *begin)
{
  enum { SAMPLES = 1000 };
  static double times[SAMPLES];
  struct cycle out = { 0, 0 };
  struct areg_body b[3];
  const double i = INCLINATION * M_PI / 180, v = sqrt (2 / outer) / 2;
  orbit (b, 1, 1e-9, 0.05, i);
  b[1].kind = AREG_STAR;
  b[2] = test_body (3, 1, -outer / 2, 0, 0, 0, -v, 0, AREG_HOLE);
  for (int k = 0; k < 2; k++) {
    b[k].x[0] += outer / 2;
    b[k].v[1] += v;
  }
  *begin = elements_of (b);
  for (int k = 0; k < SAMPLES; k++)
    times[k] = t_end * (k + 1) / SAMPLES;
  struct areg *s = start (c, c > 0 ? AREG_PN1 | AREG_PN_CROSS | AREG_PN_STARS : 0, 1e-8, b, 3);
  assert_int_equal (areg_advance_sampled (s, t_end, times, SAMPLES, triple_note, &out), AREG_OK);
  areg_free (&s);
  return out;
}

/* Largest eccentricity and its time, without 1PN, with some, and with so much that nothing happens. Averages err by
 * P_outer/(2 pi t_LK) = 1.2 %. */
static void lidov_kozai (void **state)
{
  (void) state;
  static const double c[3] = { 0, 140, 30 };
  const double t_end = 3 * outer * outer * outer;
  for (int k = 0; k < 3; k++) {
    struct elements begin;
    const struct cycle got = triple_cycle (c[k], t_end, &begin);
    const struct cycle want = secular_cycle (c[k] > 0 ? 3 / (c[k] * c[k]) : 0, begin.l, begin.e, t_end);
    print_message ("c %g: e to %.4f (secular %.4f) at %.0f (%.0f)\n", c[k], got.e, want.e, got.t, want.t);
    assert_true (fabs (got.e - want.e) < 0.012);
    if (k < 2)
      assert_true (fabs (got.t / want.t - 1) < 0.03);
    assert_true (k == 0 ? want.e > 0.97 : k == 1 ? want.e > 0.5 && want.e < 0.96 : got.e < 0.1);
  }
}

int main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (decay), cmocka_unit_test (partners_only),
                                      cmocka_unit_test (geodetic),
                                      cmocka_unit_test (lense_thirring), cmocka_unit_test (lidov_kozai) };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
