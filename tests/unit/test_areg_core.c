/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that areg follows known orbits, conserves, is invariant to what must not matter, and refuses cleanly. */
#include "areg_test.h"
#include "areg/areg_impl.h"

/* 1000 orbits of e = 0.9999 end where Kepler's equation says. References: 50-digit Kepler solution. */
static void eccentric_binary (void **state)
{
  (void) state;
  static const double x = 0.77731829242873154, y = 0.0058831654237091250;
  struct areg_body b[2] = { test_body (1, 0.5, 0.99995, 0, 0, 0, 0.0035356222975948923, 0, AREG_STAR),
                            test_body (2, 0.5, -0.99995, 0, 0, 0, -0.0035356222975948923, 0, AREG_STAR) };
  struct areg *s = test_system (1e-12, 0, 0, 0, b, 2);
  const long double e0 = test_energy (b, 2, 1);
  assert_int_equal (areg_advance (s, 6285), AREG_OK);
  areg_bodies (s, b);
  assert_true (fabsl (test_energy (b, 2, 1) / e0 - 1) < 1e-13); /* round-off: the state is kept on its energy */
  assert_true (fabs (b[0].x[0] - x) < 2e-9 && fabs (b[0].x[1] - y) < 2e-9); /* measured 4e-10 */
  assert_true (areg_time (s) == 6285);
  areg_free (&s);
}

/* Burrau's problem: errors grow 1e9-fold or more; reference in quadruple precision. */
static void pythagorean (void **state)
{
  (void) state;
  static const double want[3][3] = { { 6.933463599011887, 20.26180430595171, 0 },
                                     { -2.003006002605984, -6.872463435824545, 0 },
                                     { -2.557673357322885, -6.659111834911393, 0 } };
  struct areg_body b[3] = { test_body (1, 3, 1, 3, 0, 0, 0, 0, AREG_STAR),
                            test_body (2, 4, -2, -1, 0, 0, 0, 0, AREG_STAR),
                            test_body (3, 5, 1, -1, 0, 0, 0, 0, AREG_STAR) };
  struct areg *s = test_system (1e-14, 0, 0, 0, b, 3);
  assert_int_equal (areg_advance (s, 70), AREG_OK);
  areg_bodies (s, b);
  for (int i = 0; i < 3; i++)
    for (int c = 0; c < 3; c++)
      assert_true (fabs (b[i].x[c] - want[i][c]) < 1e-4); /* 1e-14 of tolerance, 1e9 of growth; measured 2e-6 */
  areg_free (&s);
}

/* Forwards and back again, through a few orbits of a binary in a cloud. */
static void reversible (void **state)
{
  (void) state;
  struct areg_body b[20], c[20];
  test_cloud (b, 20, 1);
  struct areg *s = test_system (1e-12, 0, 0, 0, b, 20);
  assert_int_equal (areg_advance (s, 10), AREG_OK);
  assert_int_equal (areg_advance (s, 0), AREG_OK);
  areg_bodies (s, c);
  assert_true (test_distance (b, c, 20) < 1e-7); /* 1e-12 a step, some hundred steps, growth of 1e2 to 1e3 */
  areg_free (&s);
}

/* The caller's order of bodies changes no bit; nor do units that are powers of two. */
static void order_and_units (void **state)
{
  (void) state;
  struct areg_body b[20], c[20], d[20];
  test_cloud (b, 20, 2);
  struct areg *s = test_system (1e-10, 0, 0.05, 0, b, 20);
  for (int i = 0; i < 20; i++) {
    c[(7 * i + 3) % 20] = d[i] = b[i];
    d[i].m *= 8; /* length 4, velocity 1/2, mass 8: G = v^2 l / m = 1/8, time 8 */
    for (int k = 0; k < 3; k++) {
      d[i].x[k] *= 4;
      d[i].v[k] *= 0.5;
    }
  }
  struct areg *t = test_system (1e-10, 0, 0.05, 0, c, 20), *u = NULL;
  assert_int_equal (areg_advance (s, 3), AREG_OK);
  assert_int_equal (areg_advance (t, 3), AREG_OK);
  areg_bodies (s, b);
  areg_bodies (t, c);
  for (int i = 0; i < 20; i++)
    assert_memory_equal (&b[i], &c[(7 * i + 3) % 20], sizeof *b);
  struct areg_options o = test_options (1e-10, 0, 0.2, 0);
  o.G = 0.125;
  assert_int_equal (areg_create (&o, NULL, 20, &u), AREG_OK);
  assert_int_equal (areg_load (u, 0, d, 20), AREG_OK);
  assert_int_equal (areg_advance (u, 24), AREG_OK);
  areg_bodies (u, d);
  for (int i = 0; i < 20; i++)
    for (int k = 0; k < 3; k++)
      assert_true (d[i].x[k] == 4 * b[i].x[k] && d[i].v[k] == 0.5 * b[i].v[k]);
  areg_free (&s);
  areg_free (&t);
  areg_free (&u);
}

/* A frame far away and a hundred times faster than the orbits takes the same steps to the same place. */
static void boost (void **state)
{
  (void) state;
  struct areg_body b[10], c[10];
  struct areg_statistics sb, sc;
  test_cloud (b, 10, 3);
  memcpy (c, b, sizeof b);
  for (int i = 0; i < 10; i++) {
    c[i].x[0] += 4096;
    c[i].v[1] += 128;
  }
  struct areg *s = test_system (1e-10, 0, 0, 0, b, 10), *t = test_system (1e-10, 0, 0, 0, c, 10);
  assert_int_equal (areg_advance (s, 2), AREG_OK);
  assert_int_equal (areg_advance (t, 2), AREG_OK);
  areg_statistics_now (s, &sb);
  areg_statistics_now (t, &sc);
  assert_true (labs ((long) (sb.steps - sc.steps)) <= 2);
  areg_bodies (s, b);
  areg_bodies (t, c);
  for (int i = 0; i < 10; i++) {
    c[i].x[0] -= 4096;
    c[i].x[1] -= 256;
    c[i].v[1] -= 128;
  }
  assert_true (test_distance (b, c, 10) < 1e-6); /* input rounded at 1e-12, grown by encounters */
  areg_free (&s);
  areg_free (&t);
}

struct watch { int count; struct areg_body at[10]; };

static int watcher (void *context, double t, const struct areg_body *b, int n)
{
  struct watch *w = context;
  if (t == 0.7)
    memcpy (w->at, b, (size_t) n * sizeof *b);
  w->count++;
  return 0;
}

/* Being watched changes no bit, and what is seen is where a call to that time ends. */
static void sampling (void **state)
{
  (void) state;
  static const double times[] = { 1e-3, 0.3, 0.7, 0.7001, 1.9, 2 };
  struct areg_body b[10], c[10];
  struct watch w = { 0 };
  test_cloud (b, 10, 4);
  struct areg *s = test_system (1e-11, 0, 0, 0, b, 10), *t = test_system (1e-11, 0, 0, 0, b, 10),
              *u = test_system (1e-11, 0, 0, 0, b, 10);
  assert_int_equal (areg_advance (s, 2), AREG_OK);
  assert_int_equal (areg_advance_sampled (t, 2, times, 6, watcher, &w), AREG_OK);
  assert_int_equal (w.count, 6);
  areg_bodies (s, b);
  areg_bodies (t, c);
  assert_memory_equal (b, c, sizeof b);
  assert_int_equal (areg_advance (u, 0.7), AREG_OK);
  areg_bodies (u, c);
  assert_true (test_distance (w.at, c, 10) < 1e-9); /* 1e-11 a step, a few steps, little growth */
  areg_free (&s);
  areg_free (&t);
  areg_free (&u);
}

/* A sample asked for at the very end of a call is taken, on whichever side of it the last step ends. */
static void sampling_at_the_end (void **state)
{
  (void) state;
  uint64_t seed = 5;
  struct areg_body b[4];
  test_cloud (b, 4, 4);
  struct areg *s = test_system (1e-8, 0, 0, 0, b, 4);
  for (int i = 0; i < 200; i++) {
    const double t = areg_time (s) + 0.1 * test_random (&seed);
    struct watch w = { 0 };
    assert_int_equal (areg_advance_sampled (s, t, &t, 1, watcher, &w), AREG_OK);
    assert_int_equal (w.count, 1);
  }
  areg_free (&s);
}

/* Times that are not of the call, or of no call, are passed over; backwards, one time is as good as several, and
 * changes nothing either. */
static void sampling_what_is_not_there (void **state)
{
  (void) state;
  static const double times[] = { NAN, -INFINITY, -3, 1, 0.9, 0.5, INFINITY, 0.2, 1.1, 0, -0.1 };
  struct areg_body b[4], c[4];
  test_cloud (b, 4, 4);
  struct areg *s = test_system (1e-10, 0, 0, 0, b, 4), *t = test_system (1e-10, 0, 0, 0, b, 4);
  struct watch w = { 0 }, one = { 0 };
  assert_int_equal (areg_advance (s, 1), AREG_OK);
  assert_int_equal (areg_advance (t, 1), AREG_OK);
  assert_int_equal (areg_advance_sampled (s, 0, times, 11, watcher, &w), AREG_OK);
  assert_int_equal (w.count, 4);
  assert_int_equal (areg_advance_sampled (t, 0, times + 5, 1, watcher, &one), AREG_OK);
  assert_int_equal (one.count, 1);
  areg_bodies (s, b);
  areg_bodies (t, c);
  assert_memory_equal (b, c, sizeof b);
  assert_int_equal (areg_advance_sampled (s, 0.1, times, 3, watcher, &w), AREG_OK);
  assert_int_equal (w.count, 4);
  areg_free (&s);
  areg_free (&t);
}

/* A mass next to nothing is kept to the bit, or refused: 7e-310 in units of 1e10 has fewer digits. Likewise a spin,
 * which nothing bounds without c. */
static void next_to_nothing (void **state)
{
  (void) state;
  static const double masses[] = { 5e-324, 7e-310, 3e-305, 1e-290, 1e-10, 1e-10 };
  int kept = 0;
  for (int k = 0; k < 6; k++) {
    struct areg_body b[2] = { test_body (1, k < 4 ? 1e10 : 1e-10, 0, 0, 0, 0, 0, 0, AREG_HOLE),
                              test_body (2, masses[k], 1, 0, 0, 0, k < 4 ? 1e5 : 1e-5, 0, AREG_HOLE) };
    const double spin = k < 4 ? 0 : k == 4 ? 1e308 : 1e280;
    b[0].spin[1] = spin;
    const struct areg_options o = test_options (1e-10, 0, 0, 0);
    struct areg *s = NULL;
    assert_int_equal (areg_create (&o, NULL, 2, &s), AREG_OK);
    const int status = areg_load (s, 0, b, 2);
    areg_bodies (s, b);
    assert_true (status == AREG_OK ? b[1].m == masses[k] && b[0].spin[1] == spin
                                   : status == AREG_BAD_BODY && *areg_last_message (s));
    kept += status == AREG_OK;
    areg_free (&s);
  }
  assert_int_equal (kept, 2);
}

/* Whatever is wrong, the system stays as it was. */
static void refusals (void **state)
{
  (void) state;
  struct areg_body b[10], c[10], bad[10];
  test_cloud (b, 10, 5);
  struct areg_options o = test_options (1e-12, 0, 0, 0);
  struct areg *s = NULL;
  o.max_steps = 20;
  assert_int_equal (areg_create (&o, NULL, 10, &s), AREG_OK);
  assert_int_equal (areg_load (s, 0, b, 10), AREG_OK);
  assert_int_equal (areg_advance (s, 0.01), AREG_OK);
  areg_bodies (s, b);
  assert_int_equal (areg_advance (s, NAN), AREG_BAD_TIME);
  assert_int_equal (areg_advance (s, 1e9), AREG_TOO_MANY_STEPS);
  assert_true (strlen (areg_last_message (s)) > 10);
  for (int k = 0; k < 4; k++) {
    memcpy (bad, b, sizeof bad);
    if (k == 0)
      bad[3].x[1] = NAN;
    else if (k == 1)
      bad[3].m = 0;
    else if (k == 2)
      memcpy (bad[3].x, bad[4].x, sizeof bad[3].x);
    else
      bad[3].id = bad[5].id;
    assert_int_equal (areg_load (s, 0, bad, 10), AREG_BAD_BODY);
    assert_true (strlen (areg_last_message (s)) > 10);
  }
  areg_bodies (s, c);
  assert_memory_equal (b, c, sizeof b);
  assert_true (areg_time (s) == 0.01);
  assert_int_equal (areg_advance (s, 0.02), AREG_OK);
  areg_free (&s);
  o.tolerance = 0;
  assert_int_equal (areg_create (&o, NULL, 10, &s), AREG_BAD_OPTION);
  assert_null (s);
}

/* One body flies straight; two bodies meet at a thousand times their escape speed. */
static void simple_systems (void **state)
{
  (void) state;
  struct areg_body b[2] = { test_body (9, 2, 1, 2, 3, 0.5, 0.25, -1, AREG_HOLE) };
  struct areg *s = test_system (1e-10, 0, 0, 0, b, 1);
  assert_int_equal (areg_advance (s, 4), AREG_OK);
  areg_bodies (s, b);
  assert_true (b[0].x[0] == 3 && b[0].x[1] == 3 && b[0].x[2] == -1);
  areg_free (&s);
  b[0] = test_body (1, 1, -100, 0, 0, 1000, 0, 0, AREG_STAR);
  b[1] = test_body (2, 1, 100, 1, 0, -1000, 0, 0, AREG_STAR);
  s = test_system (1e-12, 0, 0, 0, b, 2);
  assert_int_equal (areg_advance (s, 0.2), AREG_OK);
  areg_bodies (s, b);
  assert_true (fabs (b[0].x[0] - 100) < 1e-3);
  /* Each is deflected by half of 2 G M / (b v) in velocity: b = 1, v = 2000, M = 2; next order v_esc^2/v^2. */
  assert_true (fabs (b[0].v[1] / (2.0 / 2000) - 1) < 1e-3);
  areg_free (&s);
}

/* No drift: ten thousand orbits of a binary among stars, at a loose tolerance, leave the energy where it was. */
static void no_drift (void **state)
{
  (void) state;
  struct areg_body b[5];
  test_cloud (b, 5, 6);
  const double period = 2 * M_PI * sqrt (1e-9 / 2);
  for (int i = 0; i < 2; i++) /* a = 1e-3 */
    for (int c = 0; c < 3; c++) {
      b[i].x[c] *= 1e-3;
      b[i].v[c] *= sqrt (1e3);
    }
  struct areg *s = test_system (1e-8, 0, 0, 0, b, 5);
  const long double e0 = test_energy (b, 5, 1);
  assert_int_equal (areg_advance (s, 10000 * period), AREG_OK);
  areg_bodies (s, b);
  assert_true (fabsl (test_energy (b, 5, 1) / e0 - 1) < 1e-12); /* round-off of 1e-15 a step would wander 2e-13 */
  areg_free (&s);
}

/* The loops for different processors have the same bits, and those of plain sums but for round-off. */
static void wide_loops (void **state)
{
  (void) state;
  enum { N = 45, B = 64 };
  double x[5 * B] = { 0 }, acc[3][3 * B + 8], near_d[3];
  int near_start[N + 1];
  const int near_j[1] = { 29 };
  uint64_t seed = 3;
  for (int b = 0; b < 5 * B; b++)
    x[b] = b % B < N ? test_random (&seed) : b < 3 * B ? 1e30 : 0;
  for (int i = 0; i <= N; i++)
    near_start[i] = i > 3;
  for (int c = 0; c < 3; c++)
    near_d[c] = x[c * B + 29] - x[c * B + 3];
  struct areg_pairs p = { .n = N, .n_holes = 2, .last = N, .body_stride = B, .x = x, .y = x + B, .z = x + 2 * B,
                          .m = x + 3 * B, .mu = x + 4 * B, .near_start = near_start, .near_j = near_j,
                          .near_d = near_d };
  for (int soft = 0; soft < 2; soft++) {
    const size_t bytes = (size_t) areg_round_lanes (N) * sizeof (double);
    double sum = 0;
    p.soft_stars = soft ? 0.3 : 0;
    areg_wide_rows_plain (&p, 0, N, acc[0]);
    for (int k = 1; k < 3; k++) {
      memcpy (acc[k], acc[0], sizeof acc[0]);
#ifdef AREG_WIDE_X86
      if (k == 1 && __builtin_cpu_supports ("avx512f"))
        areg_wide_rows_512 (&p, 0, N, acc[k]);
      if (k == 2 && __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma"))
        areg_wide_rows_fma (&p, 0, N, acc[k]);
#endif
      for (int c = 0; c < 3; c++)
        assert_memory_equal (acc[k] + c * B, acc[0] + c * B, bytes);
      assert_true (acc[k][3 * B] == acc[0][3 * B]);
    }
    for (int j = 0; j < N; j++) {
      double r2 = 0, f, u;
      for (int c = 0; c < 3; c++)
        r2 += (x[c * B + j] - x[c * B + 7]) * (x[c * B + j] - x[c * B + 7]);
      if (j != 7)
        areg_spline (sqrt (r2), soft && j > 1 ? 0.3 : 1e-9, &f, &u);
      sum += j == 7 ? 0 : x[4 * B + j] * f * (x[j] - x[7]);
    }
    assert_true (fabs (acc[0][7] / sum - 1) < 1e-12); /* 45 terms, few of them near each other in size */
  }
}

/* A chain, so that pairs are tied by one link, by two, and by places. */
static struct areg *few_chain (double tolerance)
{
  enum { N = 6 };
  struct areg_body b[N];
  for (int i = 0; i < N; i++)
    b[i] = test_body ((uint64_t) i, 1.0 / (i + 1), 0.7 * i * i, 0.1 * i, 0.05 * i * i * i, 0.3 * (i % 2), 0.2 * i, 0,
                      AREG_HOLE);
  struct areg *s = test_system (tolerance, 0, 0, 0, b, N);
  assert_true (areg_few_fit (s, &s->now) && s->now.s.length <= 200);
  for (int k = 0; k < AREG_ROWS; k++)
    s->row_lo[k] = s->row_hi[k] + s->now.s.length;
  return s;
}

/* The rows of few bodies by lanes, in doubles or in two parts: the same bits on all processors, whichever rows run
 * beside them, and those of the road of many bodies but for round-off. */
static void few_lanes_at (double tolerance)
{
  struct areg *s = few_chain (tolerance);
  struct areg_state *st = &s->now;
  double alone[2][200], plain[AREG_ROWS][400];
  const size_t bytes = 2 * (size_t) st->s.length * sizeof (double);
  struct areg_few task;
  struct areg_few_exact exact, other;
  areg_few_prepare (s, st, 0.02, 0, AREG_ROWS - 1, &task);
  assert_true (task.places && task.two == areg_few_two (s, st) && task.two == (tolerance < 1e-12));
  areg_wide_few_exact_plain (&task, &exact);
  areg_wide_few_plain (&task);
  for (int k = 0; k < AREG_ROWS; k++) {
    memcpy (plain[k], s->row_hi[k], bytes);
    areg_flow_row (s, st, 0.02, 2 * (k + 1), alone[0], alone[1]);
    for (int e = 0; e < st->s.length; e++) /* 22 sub-steps of some round-off each */
      assert_true (fabs (alone[0][e] - plain[k][e]) <= 1e-13 * (1 + fabs (plain[k][e])));
    areg_few_rows (s, st, 0.02, k, k);
    assert_memory_equal (s->row_hi[k], plain[k], bytes);
  }
#ifdef AREG_WIDE_X86
  if (__builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma")) {
    areg_wide_few_exact_fma (&task, &other);
    assert_memory_equal (&exact, &other, sizeof exact);
    areg_wide_few_fma (&task);
    for (int k = 0; k < AREG_ROWS; k++)
      assert_memory_equal (s->row_hi[k], plain[k], bytes);
  }
  if (__builtin_cpu_supports ("avx512f")) {
    areg_wide_few_exact_512 (&task, &other);
    assert_memory_equal (&exact, &other, sizeof exact);
  }
#endif
  areg_free (&s);
}

static void few_lanes (void **state)
{
  (void) state;
  few_lanes_at (1e-10);
  few_lanes_at (1e-14);
}

/* The leapfrog is its own inverse: rows in two parts lead there and back to 21 digits, which takes every low part of
 * forces, times and places. */
static void few_two_parts (void **state)
{
  (void) state;
  struct areg *s = few_chain (1e-14);
  struct areg_state *st = &s->now;
  double there[2][200];
  const size_t bytes = (size_t) st->s.length * sizeof (double);
  assert_true (fabs (areg_flow_energy_off (st)) < 1e-30);
  for (int k = 3; k < AREG_ROWS; k += 3) {
    areg_few_rows (s, st, 0.2, k, k);
    memcpy (there[0], s->row_hi[k], bytes);
    memcpy (there[1], s->row_lo[k], bytes);
    areg_state_copy (s, &s->saved, st);
    for (int e = Y_LINKS; e < st->s.length; e++) {
      double low;
      st->hi[e] = areg_two_sum (st->hi[e], there[0][e], &low);
      st->lo[e] += low + there[1][e];
    }
    st->s.exact_valid = 0;
    areg_flow_exact (s, st);
    areg_few_rows (s, st, -0.2, k, k);
    for (int e = Y_LINKS; e < st->s.length; e++) /* 1e-31 a sub-step, multiplied 1e8 times in the tight orbit */
      assert_true (fabs ((s->row_hi[k][e] + there[0][e]) + (s->row_lo[k][e] + there[1][e])) < 1e-21);
    areg_state_copy (s, st, &s->saved);
  }
  areg_free (&s);
}

/* The spline's force is the slope of its potential, and both are Kepler's at the support. */
static void spline (void **state)
{
  (void) state;
  for (double r = 0.05; r < 1.3; r += 0.0371) {
    double f, p0, p1, scrap;
    areg_spline (r, 1, &f, &scrap);
    areg_spline (r - 1e-5, 1, &scrap, &p0);
    areg_spline (r + 1e-5, 1, &scrap, &p1);
    assert_true (fabs ((p0 - p1) / 2e-5 - f * r) < 1e-8); /* 1e-10 of truncation, 1e-11 of round-off */
    if (r >= 1)
      assert_true (fabs (f * r * r * r - 1) < 1e-14);
  }
}

/* A tight binary in softened stars, star-star forces mostly predicted: orbits as at a far closer tolerance. */
static void split_stars (void **state)
{
  (void) state;
  struct areg_body b[30], c[30];
  struct areg_statistics count;
  test_cloud (b, 30, 8);
  for (int i = 0; i < 2; i++)
    for (int k = 0; k < 3; k++) {
      b[i].x[k] *= 0.02;
      b[i].v[k] *= sqrt (50.0);
    }
  struct areg *s = test_system (1e-8, 0, 0.5, 0, b, 30), *t = test_system (1e-13, 0, 0.5, 0, b, 30);
  assert_int_equal (areg_advance (s, 2), AREG_OK);
  assert_int_equal (areg_advance (t, 2), AREG_OK);
  areg_bodies (s, b);
  areg_bodies (t, c);
  assert_true (test_distance (b + 2, c + 2, 28) < 1e-5); /* stars: 1e-8 a step, some hundred steps */
  areg_statistics_now (s, &count);
  assert_true (count.energy_error_max < 1e-11);
  assert_true (s->now.s.split);
  areg_free (&s);
  areg_free (&t);
}

/* Three holes fall together under the eyes of two stars: two mergers, the heavier survives, stars go their way. */
static void mergers (void **state)
{
  (void) state;
  struct areg_body b[5] = { test_body (5, 1, 40, 0, 0, 0, 0.02, 0, AREG_HOLE),
                            test_body (3, 1.5, -40, 0, 0, 0, -0.02, 0, AREG_HOLE),
                            test_body (8, 0.5, 0, 150, 0, 0, 0, 0, AREG_HOLE),
                            test_body (1, 1e-9, 0, 0, 3000, 0.01, 0, 0, AREG_STAR),
                            test_body (2, 1e-9, 0, 0, 3000.001, 0.01, 0, 0, AREG_STAR) };
  struct areg *s = test_system (1e-11, 1, 0, AREG_PN_ALL, b, 5);
  const struct areg_merger *m = NULL;
  assert_int_equal (areg_advance (s, 3000), AREG_OK);
  assert_int_equal (areg_mergers (s, &m), 2);
  assert_true (m[0].id_remnant == 3 && m[0].id1 == 3 && m[0].id2 == 5 && m[1].id1 == 3 && m[1].id2 == 8);
  assert_true (m[0].m_remnant < 2.5 && m[0].m_remnant > 2.2 && m[0].separation < 12 * 2 * 2.5);
  assert_int_equal (areg_count (s), 3);
  areg_bodies (s, b);
  assert_true (b[0].id == 3 && b[1].id == 1 && b[2].id == 2);
  assert_true (b[0].m == m[1].m_remnant && fabs (b[1].x[0] - 30) < 1);
  areg_free (&s);
}

/* Post-Newtonian trajectories of two and of four holes in a general frame; references by an independent integrator in
 * extended precision, one digit of which is 1e-13. */
static void pn_trajectory (int n, const double begin[][7], const double end[][3], double t_end, int terms)
{
  struct areg_body b[4];
  struct areg_options o = test_options (1e-13, 30, 0, terms);
  struct areg *s = NULL;
  o.merge_radius = 0;
  for (int i = 0; i < n; i++) {
    const double *y = begin[i];
    b[i] = test_body ((uint64_t) i + 1, y[0], y[1], y[2], y[3], y[4], y[5], y[6], AREG_HOLE);
  }
  assert_int_equal (areg_create (&o, NULL, n, &s), AREG_OK);
  assert_int_equal (areg_load (s, 0, b, n), AREG_OK);
  assert_int_equal (areg_advance (s, t_end), AREG_OK);
  areg_bodies (s, b);
  for (int i = 0; i < n; i++)
    for (int c = 0; c < 3; c++)
      assert_true (fabs (b[i].x[c] - end[i][c]) < 2e-10); /* 1e-13 a step, a hundred steps, growing as t^2 */
  areg_free (&s);
}

static void pn_trajectories (void **state)
{
  (void) state;
  static const double two[2][7] = {
    { 1.0, 0.49996913580246904, 0.0, 0.0, 0.0, 0.2356877108732692, 0.0 },
    { 0.5, -1.0000308641975308, -0.0, -0.0, -0.0, -0.47141907031327834, -0.0 } };
  static const double two_end[2][3] = {
    { 0.47605211266282993, 0.13413963618462843, 0.0 },
    { -0.9522210551581777, -0.26834652517066315, 0.0 } };
  static const double four[4][7] = {
    { 1.0, -2.5, -0.25, 0.125, 0.0625, 0.3125, 0.125 },
    { 0.8, -4.0, 0.0625, 0.0, 0.125, -0.6875, 0.0625 },
    { 0.5, 3.5, 1.25, -0.5, -0.125, 0.4375, -0.25 },
    { 0.3, 5.0, 0.75, 1.0, 0.0625, -0.0625, 0.375 } };
  static const double four_end[4][3] = {
    { 0.4123661222632071, -2.1327649345793516, 1.436929626883111 },
    { 0.5286846992044899, 1.054216347252277, 2.214386359275403 },
    { -2.236363528517501, 3.5378193084286678, -0.5008858153023855 },
    { 0.6881475426701865, -1.93394740234765, 1.5550386598145067 } };
  pn_trajectory (2, two, two_end, 51.30199320647456318, AREG_PN1 | AREG_PN2 | AREG_PN_CROSS);
  pn_trajectory (4, four, four_end, 20, AREG_PN1 | AREG_PN2 | AREG_PN25 | AREG_PN_CROSS);
}

/* A tight pair far from the body that coordinates are relative to: holes 1e-6 apart, a heavier one 1 away. */
static void far_pair (struct areg_body b[3])
{
  const double a = 1e-6, v = 0.5 * sqrt (2 / a) * sqrt (1.5), u = 0.9; /* pericentre of e = 0.5; the pair's way */
  b[0] = test_body (1, 10, 0, 0, 0, 0, -0.2 * u, 0, AREG_HOLE);
  b[1] = test_body (2, 1, 1 + 0.25 * a, 0.25 * a, 0, -v / sqrt (2), u + v / sqrt (2), 0, AREG_HOLE);
  b[2] = test_body (3, 1, 1 - 0.25 * a, -0.25 * a, 0, v / sqrt (2), u - v / sqrt (2), 0, AREG_HOLE);
}

/* As a host that has integers: whole steps of 2^-60, and a fraction of one. */
struct place { int64_t whole[3]; double fraction[3]; };

static void place_move (struct place *p, const double x[3], const double low[3])
{
  for (int k = 0; k < 3; k++) {
    const double whole = nearbyint (x[k] * 0x1p60), rest = (x[k] * 0x1p60 - whole) + low[k] * 0x1p60 + p->fraction[k];
    p->whole[k] += (int64_t) whole + (int64_t) nearbyint (rest);
    p->fraction[k] = rest - nearbyint (rest);
  }
}

static void place_difference (const struct place *a, const struct place *b, double x[3], double low[3])
{
  for (int k = 0; k < 3; k++) {
    const int64_t steps = a->whole[k] - b->whole[k];
    x[k] = (double) steps * 0x1p-60;
    low[k] = ((double) (steps - (int64_t) (double) steps) + (a->fraction[k] - b->fraction[k])) * 0x1p-60;
  }
}

/* Hands the three over to the host and back `n` times in ten orbits; the pair's separation at the end. */
static void handed_over (const struct areg_body begin[3], int n, double t_end, int split, double out[3])
{
  struct areg_body b[3];
  struct place at[3] = { 0 };
  double low[3][3] = { 0 }, hint = 0;
  struct areg *s = test_system (1e-13, 0, 0, 0, begin, 3);
  memcpy (b, begin, sizeof b);
  for (int i = 0; i < 3; i++)
    place_move (&at[i], b[i].x, low[i]);
  for (int step = 0; step < n; step++) {
    const struct place origin = at[0];
    for (int i = 0; i < 3; i++)
      place_difference (&at[i], &origin, b[i].x, low[i]);
    assert_int_equal (areg_load_split (s, 0, b, split ? low : NULL, 3), AREG_OK);
    areg_set_step_hint (s, hint);
    assert_int_equal (areg_advance (s, t_end / n), AREG_OK);
    hint = areg_step_hint (s);
    areg_bodies_split (s, b, low);
    for (int i = 0; i < 3; i++) {
      at[i] = origin;
      place_move (&at[i], b[i].x, split ? low[i] : (double[3]) { 0 });
    }
  }
  double rest[3];
  place_difference (&at[1], &at[2], out, rest);
  areg_free (&s);
}

/* A host loses no digit of such a pair from call to call: a thousand calls end where one does. */
static void hand_over (void **state)
{
  (void) state;
  const double t_end = 10 * 2 * M_PI * sqrt (1e-18 / 2);
  struct areg_body b[3], pair[3];
  double low[3][3], split[3], plain[3], separation = 0, error_split = 0, error_plain = 0, both = 0;
  far_pair (b);
  struct areg *s = test_system (1e-13, 0, 0, 0, b, 3);
  handed_over (b, 1000, t_end, 1, split);
  handed_over (b, 1000, t_end, 0, plain);
  assert_int_equal (areg_advance (s, t_end), AREG_OK);
  assert_int_equal (areg_bodies_relative (s, 99, pair), AREG_BAD_BODY);
  assert_int_equal (areg_bodies_relative (s, 3, pair), AREG_OK);
  areg_bodies_split (s, b, low);
  for (int k = 0; k < 3; k++) {
    const double d = (b[1].x[k] - b[2].x[k]) + (low[1][k] - low[2][k]);
    separation = fmax (separation, fabs (pair[1].x[k]));
    both = fmax (both, fabs (d - pair[1].x[k]));
    error_split = fmax (error_split, fabs (split[k] - pair[1].x[k]));
    error_plain = fmax (error_plain, fabs (plain[k] - pair[1].x[k]));
    assert_true (fabs (pair[2].x[k] - b[2].x[k]) <= 4e-16 && pair[2].v[k] == b[2].v[k]); /* rounding of x of 1 */
    assert_true (fabs (pair[1].v[k] - (b[1].v[k] - b[2].v[k])) <= 4e-16 * 3000); /* rounding of v of 1e3 */
  }
  areg_free (&s);
  if (getenv ("AREG_TEST_FIGURES"))
    print_message ("%g %g %g %g\n", separation, both, error_split, error_plain);
  assert_true (both <= 4e-16 * separation);
  assert_true (error_split < 1e-11 * separation); /* 5e-13 measured: velocities rounded a thousand times */
  assert_true (error_plain > 10 * error_split); /* or the test proves nothing */
}

int main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (eccentric_binary), cmocka_unit_test (pythagorean), cmocka_unit_test (reversible),
    cmocka_unit_test (order_and_units), cmocka_unit_test (boost), cmocka_unit_test (sampling),
    cmocka_unit_test (sampling_at_the_end), cmocka_unit_test (sampling_what_is_not_there),
    cmocka_unit_test (next_to_nothing),
    cmocka_unit_test (refusals), cmocka_unit_test (simple_systems), cmocka_unit_test (no_drift),
    cmocka_unit_test (wide_loops),
    cmocka_unit_test (few_lanes), cmocka_unit_test (few_two_parts), cmocka_unit_test (mergers),
    cmocka_unit_test (pn_trajectories), cmocka_unit_test (spline), cmocka_unit_test (hand_over),
    cmocka_unit_test (split_stars) };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
