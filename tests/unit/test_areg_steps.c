/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves what a step of areg leaves in the state: an attempt that is taken back leaves no bit; energies that follow
 * the state without being made anew are those of the state; stars' forces that are extrapolated over a step are
 * corrected at its end, and refused where the correction is too large. */
#include "areg_test.h"
#include "areg/areg_impl.h"

/* The system after this many attempts at steps towards t_end; *status is AREG_OK if it was there before. To be
 * freed. */
static struct areg *after_attempts (struct areg_options o, const struct areg_body *b, int n, double t_end,
                                    int attempts, int *status)
{
  struct areg *g = NULL;
  o.max_steps = attempts;
  assert_int_equal (areg_create (&o, NULL, n, &g), AREG_OK);
  assert_int_equal (areg_load (g, 0, b, n), AREG_OK);
  *status = areg_advance_state (g, &g->now, t_end, NULL);
  return g;
}

/* The state vector, but of the energy only all of it: what the time transformation sees of it is chosen with each
 * attempt. */
static int same_vectors (const struct areg_state *a, const struct areg_state *b)
{
  if (a->s.length != b->s.length)
    return 0;
  for (int i = 0; i < a->s.length; i++)
    if (i != Y_BINDING && (a->hi[i] != b->hi[i] || a->lo[i] != b->lo[i]))
      return 0;
  return 1;
}

static int has_low_parts (const struct areg_state *st)
{
  int count = 0;
  for (int i = Y_LINKS; i < st->s.length; i++)
    count += st->lo[i] != 0;
  return count > 3;
}

/* Every attempt that did not count as a step left the state as it was; how many those were. Low parts are there to
 * be lost in all but the first steps. */
static int rejections_without_trace (struct areg_options o, const struct areg_body *b, int n, double t_end)
{
  int count = 0, status;
  struct areg *before = after_attempts (o, b, n, t_end, 4, &status);
  for (int k = 5; status == AREG_TOO_MANY_STEPS && k < 200; k++) {
    struct areg *g = after_attempts (o, b, n, t_end, k, &status);
    if (g->now.s.count.rejected > before->now.s.count.rejected) {
      assert_true (has_low_parts (&before->now));
      assert_true (same_vectors (&before->now, &g->now));
      count++;
    }
    areg_free (&before);
    before = g;
  }
  areg_free (&before);
  return count;
}

/* Two holes that fall through their merger radius; a star that does so past a hole; stars so close to each other that
 * their forces cannot be extrapolated. */
static void test_rejected_steps_leave_no_trace (void **state)
{
  struct areg_body b[12];
  (void) state;
  struct areg_options o = test_options (1e-10, 30, 0, AREG_PN_ALL);
  test_cloud (b, 4, 3);
  b[0].v[1] *= 0.3;
  b[1].v[1] *= 0.3;
  assert_true (rejections_without_trace (o, b, 4, 30) > 4);
  o = test_options (1e-10, 0, 0, 0);
  o.tidal_factor = 1;
  b[0] = test_body (11, 1, 0, 0, 0, 0, 0, 0, AREG_HOLE);
  b[1] = test_body (50, 1e-4, 3, 0.1, 0, 0, 0.02, 0.01, AREG_STAR);
  b[1].radius = 1e-3;
  assert_true (rejections_without_trace (o, b, 2, 30) > 2);
  o = test_options (1e-10, 0, 0.02, 0);
  test_cloud (b, 12, 5);
  for (int i = 3; i < 12; i++)
    for (int c = 0; c < 3; c++) {
      b[i].x[c] = b[2].x[c] + 0.05 * (b[i].x[c] - b[2].x[c]);
      b[i].v[c] = b[2].v[c] + 0.1 * (b[i].v[c] - b[2].v[c]);
    }
  assert_true (rejections_without_trace (o, b, 12, 30) > 1);
}

/* In two parts, energies follow the state when it is put back on its surface, to the second order of what was amiss
 * (1e-16 at most): 1e-28 is that, and ten digits more than low parts left behind would give. */
static void test_energies_follow_in_two_parts (void **state)
{
  struct areg_body b[3];
  const struct areg_options o = test_options (1e-14, 0, 0, 0);
  int status = AREG_TOO_MANY_STEPS;
  double worst = 0;
  (void) state;
  test_cloud (b, 3, 3);
  for (int k = 3; k < 60; k += 2) {
    struct areg *g = after_attempts (o, b, 3, 1e3, k, &status);
    struct areg_scalars *s = &g->now.s, followed = *s;
    assert_int_equal (status, AREG_TOO_MANY_STEPS);
    assert_true (areg_few_two (g, &g->now) && s->exact_valid);
    s->exact_valid = 0;
    areg_flow_exact (g, &g->now);
    const double dT = (s->kinetic - followed.kinetic) + (s->kinetic_lo - followed.kinetic_lo);
    const double dU = (s->potential - followed.potential) + (s->potential_lo - followed.potential_lo);
    worst = fmax (worst, fmax (fabs (dT) / s->kinetic, fabs (dU) / s->potential));
    areg_free (&g);
  }
  assert_true (worst < 1e-28);
}

/* The energy error that is told is that of the state, anew. */
static void test_energy_error_is_told (void **state)
{
  struct areg_body b[4];
  const struct areg_options o = test_options (1e-6, 0, 0, 0);
  double largest = 0;
  int status, told = 0;
  (void) state;
  test_cloud (b, 4, 3);
  for (int k = 1; k < 60; k++) {
    struct areg *g = after_attempts (o, b, 4, 1e3, k, &status);
    struct areg_state *st = &g->now;
    const struct areg_statistics *c = &st->s.count;
    st->s.exact_valid = 0;
    areg_flow_exact (g, st);
    const double error = fabs (areg_flow_energy_off (st) + st->s.work_offset) / st->s.energy_scale;
    largest = fmax (largest, c->energy_error);
    assert_true (c->steps == 0 || fabs (c->energy_error - error) < 2e-15);
    assert_true (c->energy_error_max == largest);
    told += c->energy_error > 0;
    areg_free (&g);
  }
  assert_true (told > 30);
}

/* ---- stars' forces over a step ---- */

enum { N = 40 };
struct places { double x[3 * N], v[3 * N]; }; /* from the root, by slot */

static struct places places_of (struct areg *g, const struct areg_state *st)
{
  const int bs = g->body_stride;
  struct places p;
  areg_links_walk (st, st->hi + Y_LINKS, g->pos, bs);
  areg_links_walk (st, st->hi + Y_LINKS + 3 * st->s.stride, g->vel, bs);
  for (int i = 0; i < 3 * N; i++) {
    p.x[i] = g->pos[i % 3 * bs + i / 3];
    p.v[i] = g->vel[i % 3 * bs + i / 3];
  }
  return p;
}

static double length3 (const double *a, const double *b)
{
  double s = 0;
  for (int c = 0; c < 3; c++)
    s += (a[c] - (b ? b[c] : 0)) * (a[c] - (b ? b[c] : 0));
  return sqrt (s);
}

/* Forty bodies whose stars weigh enough to feel each other, some steps on, and a split step just done but not yet
 * corrected: tolerance 1e-12, so that the extrapolated forces are all of the error. g->start is the state before. */
static struct areg *split_step (double *dt)
{
  struct areg_body b[N];
  struct areg_options o = test_options (1e-12, 0, 1, 0);
  struct areg *g = NULL;
  test_cloud (b, N, 5);
  for (int i = 2; i < N; i++)
    b[i].m = 1e-2;
  assert_int_equal (areg_create (&o, NULL, N, &g), AREG_OK);
  assert_int_equal (areg_load (g, 0, b, N), AREG_OK);
  g->options.tolerance = 1e-5;
  g->options.max_steps = 30;
  assert_int_equal (areg_advance_state (g, &g->now, 1e3, NULL), AREG_TOO_MANY_STEPS);
  g->options.max_steps = 100000;
  g->options.tolerance = 1e-12;
  struct areg_state *st = &g->now;
  areg_flow_exact (g, st);
  st->s.split_wait = 0;
  areg_state_copy (g, &g->start, st);
  assert_true (areg_stars_predict (g, st, 1));
  st->s.split = 1;
  st->hi[Y_BINDING] = st->hi[Y_TOTAL] - st->s.potential_stars;
  st->s.order = 8;
  const double before = st->hi[Y_TIME];
  int tries = 0;
  while (areg_extrapolate_step (g, st, areg_extrapolate_plan (g, st, 1), 0) != STEP_ACCEPTED)
    assert_true (tries++ < 20);
  *dt = st->hi[Y_TIME] - before;
  return g;
}

/* Against the same time with all forces in every sub-step: the correction raises the order of forces by one, which
 * brings places of stars five times closer here, and velocities eight times. Of wrong sign, it would double
 * errors. */
static void test_stars_are_corrected (void **state)
{
  double dt, before[2] = { 0 }, after[2] = { 0 };
  struct areg *g = split_step (&dt);
  (void) state;
  const struct places raw = places_of (g, &g->now);
  g->options.tolerance = 1;
  assert_true (areg_stars_correct (g, &g->now, dt));
  const struct places done = places_of (g, &g->now);
  g->options.tolerance = 1e-13;
  g->start.s.split_wait = 1 << 20;
  assert_int_equal (areg_advance_state (g, &g->start, areg_state_time (g, &g->now), NULL), AREG_OK);
  const struct places right = places_of (g, &g->start);
  for (int i = 6; i < 3 * N; i += 3) {
    before[0] = fmax (before[0], length3 (raw.x + i, right.x + i));
    before[1] = fmax (before[1], length3 (raw.v + i, right.v + i));
    after[0] = fmax (after[0], length3 (done.x + i, right.x + i));
    after[1] = fmax (after[1], length3 (done.v + i, right.v + i));
  }
  assert_true (after[0] < 0.3 * before[0]);
  assert_true (after[1] < 0.2 * before[1]);
  areg_free (&g);
}

/* Potential of stars that follows corrections and stretching, against one made anew. */
static void test_potential_of_stars_follows (void **state)
{
  double dt;
  struct areg *g = split_step (&dt);
  struct areg_state *st = &g->now;
  (void) state;
  areg_flow_exact (g, st);
  const double raw = st->s.potential_stars, by = 1e-6;
  g->options.tolerance = 1;
  assert_true (areg_stars_correct (g, st, dt));
  const double followed = st->s.potential_stars;
  st->s.exact_valid = st->s.stars_valid = 0;
  areg_flow_exact (g, st);
  const double anew = st->s.potential_stars, change = areg_stars_stretch (g, st, by);
  assert_true (fabs (followed - anew) < 0.01 * fabs (raw - anew)); /* of second order: 1e-5 of it here */
  for (int i = Y_LINKS; i < Y_LINKS + 3 * st->s.stride; i++)
    st->hi[i] *= 1 + by;
  st->s.exact_valid = st->s.stars_valid = 0;
  areg_flow_exact (g, st);
  assert_true (fabs (st->s.potential_stars - anew - change) < 1e-5 * fabs (change)); /* the second order is 1e-6 */
  areg_free (&g);
}

/* Refused where a tenth of the largest relative correction of a star, of place or of velocity, is above the
 * tolerance; then nothing is changed. */
static void test_large_corrections_are_refused (void **state)
{
  double dt, largest = 0;
  struct areg *g = split_step (&dt);
  (void) state;
  const struct places raw = places_of (g, &g->now);
  areg_state_copy (g, &g->probe, &g->now);
  g->options.tolerance = 1;
  assert_true (areg_stars_correct (g, &g->probe, dt));
  const struct places done = places_of (g, &g->probe);
  areg_flow_velocities (g, &g->now, areg_p (&g->now, g->now.hi), g->vel);
  for (int i = 6; i < 3 * N; i += 3) {
    double v2 = 0;
    for (int c = 0; c < 3; c++)
      v2 += g->vel[c * g->body_stride + i / 3] * g->vel[c * g->body_stride + i / 3];
    const double r = length3 (raw.x + i, NULL), fall = sqrt (g->now.mu[g->now.s.root] / r);
    largest = fmax (largest, length3 (raw.x + i, done.x + i) / r);
    largest = fmax (largest, length3 (raw.v + i, done.v + i) / fmax (fall, sqrt (v2)));
  }
  for (int pass = 0; pass < 2; pass++) {
    areg_state_copy (g, &g->probe, &g->now);
    g->options.tolerance = 0.1 * largest * (pass ? 1 + 1e-6 : 1 - 1e-6);
    assert_int_equal (areg_stars_correct (g, &g->probe, dt), pass);
    assert_int_equal (same_vectors (&g->probe, &g->now), !pass);
  }
  areg_free (&g);
}

int main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_rejected_steps_leave_no_trace),
    cmocka_unit_test (test_energies_follow_in_two_parts),
    cmocka_unit_test (test_energy_error_is_told),
    cmocka_unit_test (test_stars_are_corrected),
    cmocka_unit_test (test_potential_of_stars_follows),
    cmocka_unit_test (test_large_corrections_are_refused),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
