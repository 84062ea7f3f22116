/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that stars end at holes where they should and nowhere else, however eccentric their orbit, and that what
 * they leave balances: mass, momentum, energy, angular momentum.
 */
#include "areg_test.h"

#include <stdio.h>

/* A hole of 1 and a star of m on an orbit of a = 1, at true anomaly pi, pericentre p. */
static void orbit (struct areg_body b[2], double m, double p)
{
  const double e = 1 - p, r = 1 + e, v = sqrt ((1 + m) * (1 - e) / (1 + e)), f = m / (1 + m);
  b[0] = test_body (1, 1, -f * r, 0, 0, 0, -f * v, 0, AREG_HOLE);
  b[1] = test_body (2, m, (1 - f) * r, 0, 0, 0, (1 - f) * v, 0, AREG_STAR);
}

/* A system in which stars of radius R are disrupted at R_t = R (M/m)^(1/3). */
static struct areg *feeding (double tolerance, double accreted, const struct areg_body *b, int n)
{
  struct areg_options o = test_options (tolerance, 0, 0, 0);
  struct areg *s = NULL;
  o.tidal_factor = 1;
  o.accreted_fraction = accreted;
  assert_int_equal (areg_create (&o, NULL, n, &s), AREG_OK);
  assert_int_equal (areg_load (s, 0, b, n), AREG_OK);
  return s;
}

/* Time from apocentre to distance r on the way in, a = 1, total mass 1 + m. */
static double kepler_time (double m, double e, double r)
{
  const double E = acos ((1 - r) / e);
  return (M_PI - (E - e * sin (E))) / sqrt (1 + m);
}

/* Pericentres from 0.5 to 1e-8, a thousandth inside and outside the radius: disrupted on the way in, at the radius,
 * or never. At tolerance 1e-6 steps are as long as half the orbit and more. */
static void inside_or_outside (void **state)
{
  (void) state;
  for (int digits = 6; digits <= 12; digits += 6)
    for (double p = 0.5; p > 9e-9; p *= p > 0.4 ? 0.2 : 0.1)
      for (int outside = 0; outside < 2; outside++) {
        struct areg_body b[2];
        const double m = 1e-3, reach = p * (outside ? 0.999 : 1.001);
        const struct areg_event *event;
        orbit (b, m, p);
        b[1].radius = reach * cbrt (m);
        struct areg *s = feeding (pow (10, -digits), 0.5, b, 2);
        assert_int_equal (areg_advance (s, 9), AREG_OK); /* one period and a half */
        assert_int_equal (areg_events (s, &event), !outside);
        assert_int_equal (areg_count (s), outside ? 2 : 1);
        if (!outside) {
          assert_true (event->kind == AREG_DISRUPTION && event->id_hole == 1 && event->id_star == 2);
          assert_true (event->m_hole == 1 && event->m_star == m && event->m_accreted == 0.5 * m);
          assert_true (fabs (event->radius / reach - 1) < 1e-14);
          assert_true (event->separation < reach && event->separation > 0.9 * reach);
          assert_true (fabs (event->pericentre / p - 1) < 1e-5 && fabs (event->semi_major_axis - 1) < 1e-5);
          assert_true (fabs (event->t - kepler_time (m, 1 - p, event->separation)) < 1e-5);
          assert_true (event->t < M_PI / sqrt (1 + m) + 1e-5); /* before the first pericentre */
        }
        areg_free (&s);
      }
}

/* A star on its way out, or on one that comes no closer, is left alone; so is one that is never in reach of anything:
 * no radius, or no option. */
static void left_alone (void **state)
{
  (void) state;
  for (int k = 0; k < 4; k++) {
    struct areg_body b[2];
    orbit (b, 1e-3, 1e-3);
    b[1].radius = k == 0 ? 0 : 0.1 * 2e-3;
    if (k == 2) /* a hyperbola, receding */
      b[1].v[0] = 5;
    struct areg *s = feeding (1e-10, 0.5, b, 2);
    if (k == 1) {
      struct areg_options o = test_options (1e-10, 0, 0, 0);
      areg_free (&s);
      assert_int_equal (areg_create (&o, NULL, 2, &s), AREG_OK);
      assert_int_equal (areg_load (s, 0, b, 2), AREG_OK);
    }
    assert_int_equal (areg_advance (s, k == 3 ? -9 : 9), AREG_OK); /* backwards nobody dies */
    assert_int_equal (areg_events (s, NULL), 0);
    assert_int_equal (areg_count (s), 2);
    areg_free (&s);
  }
}

static void momentum_of (const struct areg_body *b, int n, double P[3], double L[3])
{
  memset (P, 0, 3 * sizeof *P);
  memset (L, 0, 3 * sizeof *L);
  for (int i = 0; i < n; i++)
    for (int k = 0; k < 3; k++) {
      P[k] += b[i].m * b[i].v[k];
      L[k] += b[i].spin[k]
              + b[i].m * (b[i].x[(k + 1) % 3] * b[i].v[(k + 2) % 3] - b[i].x[(k + 2) % 3] * b[i].v[(k + 1) % 3]);
    }
}

/* Newtonian energy about the centre of mass. */
static double energy_of (const struct areg_body *b, int n)
{
  struct areg_body c[8];
  double P[3], L[3], mass = 0;
  momentum_of (b, n, P, L);
  for (int i = 0; i < n; i++)
    mass += b[i].m;
  for (int i = 0; i < n; i++) {
    c[i] = b[i];
    for (int k = 0; k < 3; k++)
      c[i].v[k] -= P[k] / mass;
  }
  return (double) test_energy (c, n, 1);
}

/* Two holes, and a star on its way to the second one. */
static void crowd (struct areg_body b[4])
{
  b[0] = test_body (7, 1, 1, 0.2, 0, 0, 0.4, 0.1, AREG_HOLE);
  b[1] = test_body (3, 0.8, -1, 0, 0.1, 0.2, -0.5, 0, AREG_HOLE);
  b[2] = test_body (9, 0.05, -1.3, 0.5, 0, 0.35, -0.9, 0.15, AREG_STAR);
  b[3] = test_body (5, 0.1, 0.5, 2.5, 0.3, 0.6, 0.1, 0.1, AREG_STAR);
  b[2].radius = 0.1 * cbrt (0.05 / 0.8);
}

/* Mass, momentum and energy, whatever part is accreted: what is lost is what leaves with the star's velocity. The
 * star's velocity at its end is that of a system without events, stopped there. */
static void disruption_balance (void **state)
{
  (void) state;
  for (int k = 0; k < 3; k++) {
    const double part = 0.5 * k;
    struct areg_body b[4], at[4], left[4];
    const struct areg_event *e;
    double P[3], L[3], Q[3], lost;
    crowd (b);
    struct areg *s = feeding (1e-12, part, b, 4), *t = test_system (1e-12, 0, 0, 0, b, 4);
    assert_int_equal (areg_advance (s, 1), AREG_OK);
    assert_int_equal (areg_events (s, &e), 1);
    assert_true (e->id_hole == 3 && e->id_star == 9 && e->m_accreted == part * 0.05);
    assert_int_equal (areg_advance (t, e->t), AREG_OK);
    areg_bodies (t, at);
    areg_bodies (s, left);
    assert_true (left[1].id == 3 && left[2].id == 5 && fabs (left[1].m - 0.8 - part * 0.05) < 1e-15);
    momentum_of (b, 4, P, L);
    momentum_of (left, 3, Q, L);
    lost = 0.05 - e->m_accreted;
    for (int c = 0; c < 3; c++) {
      assert_true (fabs (Q[c] + lost * at[2].v[c] - P[c]) < 1e-10); /* 1e-12 a step, some speed-up at the hole */
      const double x = (0.8 * at[1].x[c] + e->m_accreted * at[2].x[c]) / (0.8 + e->m_accreted);
      const double v = (0.8 * at[1].v[c] + e->m_accreted * at[2].v[c]) / (0.8 + e->m_accreted);
      assert_true (fabs (e->x[c] - x) < 1e-10 && fabs (e->v[c] - v) < 1e-10);
    }
    assert_true (e->energy_change != 0);
    assert_true (fabs (energy_of (left, 3) - energy_of (b, 4) - e->energy_change) < 1e-12);
    areg_free (&s);
    areg_free (&t);
  }
}

/* A star swallowed whole: mass, momentum and angular momentum with the spin; the radius is that of the hole. Of two
 * holes the one with the lower id, or the other one, has it. */
static void capture_balance (void **state)
{
  (void) state;
  for (int k = 0; k < 2; k++) {
    struct areg_body b[4], at[4], left[4];
    struct areg_options o = test_options (1e-12, 5, 0, AREG_PN_NONE);
    const struct areg_event *e;
    double P[3], L[3], Q[3], M[3], speed2 = 0;
    struct areg *s = NULL, *t;
    o.merge_radius = 0;
    o.capture_radius = 1.5;
    o.tidal_factor = 1e-3 * k; /* with the tide left out, too */
    crowd (b);
    b[1].id = k ? 8 : 3;
    b[0].spin[0] = 0.02;
    b[1].spin[2] = -0.03;
    assert_int_equal (areg_create (&o, NULL, 4, &s), AREG_OK);
    assert_int_equal (areg_load (s, 0, b, 4), AREG_OK);
    assert_int_equal (areg_advance (s, 1), AREG_OK);
    assert_int_equal (areg_events (s, &e), 1);
    assert_true (e->kind == AREG_CAPTURE && e->m_accreted == 0.05 && fabs (e->radius - 1.5 * 2 * 0.8 / 25) < 1e-15);
    areg_bodies (s, left);
    momentum_of (b, 4, P, L);
    momentum_of (left, 3, Q, M);
    assert_true (left[1].m == 0.8 + 0.05 && left[1].spin[2] != b[1].spin[2] && left[0].spin[0] == 0.02);
    for (int c = 0; c < 3; c++)
      assert_true (fabs (P[c] - Q[c]) < 1e-14 && fabs (L[c] - M[c]) < 1e-10); /* L is not restored: 1e-12 a step */
    t = test_system (1e-12, 0, 0, 0, b, 4);
    assert_int_equal (areg_advance (t, e->t), AREG_OK);
    areg_bodies (t, at);
    for (int c = 0; c < 3; c++)
      speed2 += (at[1].v[c] - at[2].v[c]) * (at[1].v[c] - at[2].v[c]);
    assert_true (fabs (e->relative_speed / sqrt (speed2) - 1) < 1e-9);
    assert_true (fabs (energy_of (left, 3) - energy_of (b, 4) - e->energy_change) < 1e-12);
    areg_free (&s);
    areg_free (&t);
  }
}

/* A hole that a star would spin up beyond what a hole can is as fast as one can be, in the direction of the sum;
 * without a speed of light there is no bound. Two bodies, the star on a circle. */
static void fastest_spin (void **state)
{
  (void) state;
  for (int bound = 0; bound < 2; bound++) {
    struct areg_options o = test_options (1e-12, bound ? 4 : 0, 0, AREG_PN_NONE);
    struct areg_body b[2];
    struct areg *s = NULL;
    double spin = 0;
    orbit (b, 0.1, 1);
    b[1].radius = 1e-3;
    b[0].spin[0] = bound ? 0.05 : 1e-3; /* c = 4: up to 0.25 for a mass of 1, 0.3025 for 1.1 */
    b[0].spin[2] = bound ? 0.24 : 1;
    o.merge_radius = 0;
    o.capture_radius = 12; /* reach: 12 2 1 / 16 */
    if (!bound) {
      o.tidal_factor = 2e3; /* as a tide that takes it all */
      o.accreted_fraction = 1;
    }
    assert_int_equal (areg_create (&o, NULL, 2, &s), AREG_OK);
    assert_int_equal (areg_load (s, 0, b, 2), AREG_OK);
    assert_int_equal (areg_advance (s, 0.1), AREG_OK);
    assert_int_equal (areg_events (s, NULL), 1);
    areg_bodies (s, b);
    for (int c = 0; c < 3; c++)
      spin += b[0].spin[c] * b[0].spin[c];
    const double L = 0.1 / 1.1 * sqrt (1.1), most = 1.1 * 1.1 / 4, ratio = 0.05 / (0.24 + L);
    if (bound) {
      assert_true (0.24 + L > most / sqrt (1 + ratio * ratio)); /* or there is nothing to bound */
      assert_true (sqrt (spin) <= most && sqrt (spin) > most * (1 - 1e-11));
      assert_true (b[0].spin[1] == 0 && fabs (b[0].spin[0] / b[0].spin[2] / ratio - 1) < 1e-12);
    } else
      assert_true (b[0].spin[0] == 1e-3 && b[0].spin[2] == 1); /* debris goes through a disc: no spin */
    areg_free (&s);
  }
}

/* As fast as it can before, no faster afterwards. */
static void nearly_fastest_spin (void **state)
{
  (void) state;
  struct areg_body b[4], left[4];
  struct areg_options o = test_options (1e-12, 5, 0, AREG_PN_NONE);
  struct areg *s = NULL;
  o.merge_radius = 0;
  o.capture_radius = 1.5;
  o.tidal_factor = 1e-3;
  crowd (b);
  b[1].spin[2] = -0.8 * 0.8 / 5;
  o.accreted_fraction = 1.5;
  assert_int_equal (areg_create (&o, NULL, 4, &s), AREG_BAD_OPTION);
  o.accreted_fraction = 1;
  assert_int_equal (areg_create (&o, NULL, 4, &s), AREG_OK);
  assert_int_equal (areg_load (s, 0, b, 4), AREG_OK);
  assert_int_equal (areg_advance (s, 1), AREG_OK);
  areg_bodies (s, left);
  double chi = 0;
  for (int c = 0; c < 3; c++)
    chi += left[1].spin[c] * left[1].spin[c];
  assert_true (sqrt (chi) <= 0.85 * 0.85 / 5);
  areg_free (&s);
}

/* The loss cone: light stars in all directions at r = 1 from a hole. In one period those with a pericentre inside the
 * tidal radius die, each once, in order of time, and no others; also with samples taken on the way, to the bit, and
 * with bodies given in another order. */
static void loss_cone (void **state)
{
  (void) state;
  enum { N = 81 };
  struct areg_body b[N], c[N], left[2][N];
  const struct areg_event *e;
  uint64_t seed = 77;
  int doomed = 0, dies[N] = { 0 };
  b[0] = test_body (1000, 1, 0, 0, 0, 0, 0, 0, AREG_HOLE);
  for (int i = 1; i < N; i++) {
    double x[3], v[3], r = 0, xv = 0, v2 = 0;
    for (int k = 0; k < 3; k++) {
      x[k] = 2 * test_random (&seed) - 1;
      v[k] = 0.9 * (2 * test_random (&seed) - 1);
      r += x[k] * x[k];
    }
    r = sqrt (r);
    b[i] = test_body ((uint64_t) i, 1e-12, x[0] / r, x[1] / r, x[2] / r, v[0], v[1], v[2], AREG_STAR);
    b[i].radius = 0.05 * 1e-4; /* r_t = 0.05 */
    for (int k = 0; k < 3; k++) {
      xv += b[i].x[k] * v[k];
      v2 += v[k] * v[k];
    }
    const double l2 = v2 - xv * xv, E = 0.5 * v2 - 1;
    dies[i] = l2 / (1 + sqrt (1 + 2 * E * l2)) < 0.05 && (xv < 0 || E < -0.171); /* E: back in time */
    doomed += dies[i];
  }
  for (int i = 0; i < N; i++)
    c[(17 * i + 5) % N] = b[i];
  struct areg *s = feeding (1e-8, 0.5, b, N), *t = feeding (1e-8, 0.5, c, N);
  const double end = 2 * M_PI * 5;
  assert_int_equal (areg_advance (s, end), AREG_OK);
  assert_int_equal (areg_advance (t, end), AREG_OK);
  assert_true (doomed > 3);
  assert_int_equal (areg_events (s, &e), doomed);
  for (int k = 0; k < doomed; k++) {
    assert_true (dies[e[k].id_star] && (k == 0 || e[k].t >= e[k - 1].t));
    assert_true (e[k].separation < 0.05 && e[k].separation > 0.045);
    dies[e[k].id_star] = 0;
  }
  print_message ("%d of %d stars disrupted\n", doomed, N - 1);
  areg_bodies (s, left[0]);
  areg_bodies (t, left[1]);
  assert_int_equal (areg_count (s), N - doomed);
  assert_int_equal (areg_count (t), N - doomed);
  for (int i = 0; i < N - doomed; i++) {
    int j = 0;
    while (left[1][j].id != left[0][i].id)
      j++;
    assert_memory_equal (&left[0][i], &left[1][j], sizeof left[0][i]);
  }
  areg_free (&s);
  areg_free (&t);
}

/* A star in company of a tight binary of holes, light: the time step is the binary's; and softened stars around. */
static void in_company (void **state)
{
  (void) state;
  struct areg_body b[20];
  const struct areg_event *e;
  test_cloud (b, 20, 3);
  b[0] = test_body (1, 1, 0.005, 0, 0, 0, 5, 0, AREG_HOLE); /* circular */
  b[1] = test_body (2, 1, -0.005, 0, 0, 0, -5, 0, AREG_HOLE);
  for (int i = 2; i < 20; i++)
    b[i].radius = 1e-9;
  b[2] = test_body (50, 1e-6, 3, 0, 0, 0, 0.02, 0, AREG_STAR); /* falls on the binary: into reach of 0.02 */
  b[2].radius = 0.02 * 1e-2;
  struct areg_options o = test_options (1e-9, 0, 0.2, 0);
  struct areg *s = NULL;
  o.tidal_factor = 1;
  assert_int_equal (areg_create (&o, NULL, 20, &s), AREG_OK);
  assert_int_equal (areg_load (s, 0, b, 20), AREG_OK);
  assert_int_equal (areg_advance (s, 5), AREG_OK);
  assert_int_equal (areg_events (s, &e), 1);
  assert_true (e->id_star == 50 && e->separation < 0.02 && e->separation > 0.018);
  areg_free (&s);
}

int main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (inside_or_outside), cmocka_unit_test (left_alone),
                                      cmocka_unit_test (disruption_balance), cmocka_unit_test (capture_balance),
                                      cmocka_unit_test (fastest_spin), cmocka_unit_test (nearly_fastest_spin),
                                      cmocka_unit_test (loss_cone), cmocka_unit_test (in_company) };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
