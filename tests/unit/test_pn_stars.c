/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves the 1PN terms between holes and stars: they are those of Einstein, Infeld and Hoffmann up to the stars' own,
 * conserve energy and momentum to their order, make orbits precess as they must, and hang together with what else the
 * integrator does.
 */
#include "areg/pn.h"
#include "areg_test.h"

#include <stdio.h>

enum { N = 6, HOLES = 2, STRIDE = 16 };

struct cloud
{
  double c, softening, m[N], x[N][3], v[N][3];
  int n, n_holes;
};

/* Two holes and four stars whose masses are in proportion to `star`. */
static struct cloud cloud_of (double c, double star)
{
  return (struct cloud) { .c = c, .softening = 0.3, .n = N, .n_holes = HOLES,
                          .m = { 1, 0.6, 0.3 * star, 0.2 * star, 0.5 * star, 0.4 * star },
                          .x = { { 0.5, 0, 0.1 }, { -0.8, 0.2, 0 }, { 0.9, 1.1, -0.3 }, { 1.2, 0.8, 0.1 },
                                 { -0.7, -1.3, 0.5 }, { 0.1, -1.6, 0.4 } },
                          .v = { { 0.1, 0.4, -0.1 }, { -0.2, -0.6, 0.1 }, { -0.7, 0.3, 0.2 }, { -0.4, 0.5, 0.3 },
                                 { 0.6, -0.2, 0.3 }, { 0.7, 0.1, -0.2 } } };
}

static void separation_of (const struct cloud *s, int i, int j, double d[3], double *r)
{
  for (int k = 0; k < 3; k++)
    d[k] = s->x[i][k] - s->x[j][k];
  *r = sqrt (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
}

static int marked (const struct cloud *s, int i, int j) { return i != j && (i < s->n_holes || j < s->n_holes); }

/* G = 1. Newton, star-star forces softened after Plummer: any force will do. */
static void newton_of (const struct cloud *s, double a[N][3])
{
  memset (a, 0, sizeof (double[N][3]));
  for (int i = 0; i < s->n; i++)
    for (int j = 0; j < s->n; j++)
      if (i != j) {
        double d[3], r;
        separation_of (s, i, j, d, &r);
        const double r2 = r * r + (marked (s, i, j) ? 0 : s->softening * s->softening);
        const double f = s->m[j] / (r2 * sqrt (r2));
        for (int k = 0; k < 3; k++)
          a[i][k] -= f * d[k];
      }
}

/* Of areg_pn_cloud_accelerations. */
static void stars_of (const struct cloud *s, double out[N][3])
{
  double mu[STRIDE] = { 0 }, v[3 * STRIDE] = { 0 }, newton[3 * STRIDE] = { 0 }, a[3 * STRIDE], scratch[5 * STRIDE];
  double sep[3 * N * STRIDE], acc[N][3];
  newton_of (s, acc);
  for (int e = 0; e < 3 * N * STRIDE; e++)
    sep[e] = 1e200;
  for (int i = 0; i < s->n; i++) {
    mu[i] = s->m[i];
    for (int k = 0; k < 3; k++) {
      v[k * STRIDE + i] = s->v[i][k];
      newton[k * STRIDE + i] = acc[i][k];
      for (int j = 0; j < s->n && i < s->n_holes; j++)
        if (j != i)
          sep[(3 * i + k) * STRIDE + j] = s->x[i][k] - s->x[j][k];
    }
  }
  assert_true (areg_pn_cloud_scratch_size (STRIDE) <= 5 * STRIDE);
  const struct pn_cloud cloud = { .c = s->c, .n = s->n, .n_holes = s->n_holes, .stride = STRIDE, .mu = mu, .v = v,
                                  .newton = newton, .separation = sep };
  areg_pn_cloud_accelerations (&cloud, scratch, a);
  for (int i = 0; i < s->n; i++)
    for (int k = 0; k < 3; k++)
      out[i][k] = a[k * STRIDE + i];
}

/* All terms of Einstein, Infeld and Hoffmann. */
static void whole_of (const struct cloud *s, double out[N][3])
{
  double sep[N * (N - 1) / 2][3], scratch[128], r;
  for (int j = 1; j < s->n; j++)
    for (int i = 0; i < j; i++)
      separation_of (s, i, j, sep[j * (j - 1) / 2 + i], &r);
  const struct pn_system system = { .G = 1, .c = s->c, .n = s->n, .m = s->m, .v = s->v,
                                    .separation = (const double (*)[3]) sep };
  assert_true (areg_pn_scratch_size (s->n) <= 128);
  memset (out, 0, sizeof (double[N][3]));
  areg_pn_star_accelerations (&system, s->n, 1, scratch, out);
}

/* The largest difference of bodies first to last, relative to the largest acceleration of those. */
static double difference (double a[N][3], double b[N][3], int first, int last)
{
  double worst = 0, size = 0;
  for (int i = first; i < last; i++)
    for (int k = 0; k < 3; k++) {
      worst = fmax (worst, fabs (a[i][k] - b[i][k]));
      size = fmax (size, fabs (b[i][k]));
    }
  return worst / size;
}

/* One star: nothing is left out. Many of mass m: what is left out is of order m for stars, m^2 for holes. */
static void against_whole (void **state)
{
  (void) state;
  double a[N][3], b[N][3], stars[2], holes[2];
  struct cloud s = cloud_of (10, 0.7);
  for (s.n = 2; s.n <= 3; s.n++) {
    stars_of (&s, a);
    whole_of (&s, b);
    assert_true (difference (a, b, 0, s.n) < 1e-14); /* the same formulae, summed in another order */
  }
  for (int k = 0; k < 2; k++) {
    s = cloud_of (10, k ? 1e-4 : 2e-4);
    s.softening = 0;
    stars_of (&s, a);
    whole_of (&s, b);
    stars[k] = difference (a, b, HOLES, N);
    holes[k] = difference (a, b, 0, HOLES);
  }
  print_message ("left out: stars %.1e x %.3f, holes %.1e x %.3f for half the mass\n", stars[0], stars[0] / stars[1],
                 holes[0], holes[0] / holes[1]);
  assert_true (stars[0] > 0 && fabs (stars[0] / stars[1] - 2) < 0.01);
  assert_true (holes[0] > 0 && fabs (holes[0] / holes[1] - 4) < 0.01);
}

/* Energy, momentum of the restricted Lagrangian, written down here from it. */
static void invariants (const struct cloud *s, double out[4])
{
  const double h = 1 / (s->c * s->c);
  double U[N] = { 0 };
  memset (out, 0, 4 * sizeof *out);
  for (int i = 0; i < s->n; i++)
    for (int j = 0; j < s->n; j++) {
      double d[3], r, vi2 = 0, vij = 0, ni = 0, nj = 0;
      if (i == j)
        continue;
      separation_of (s, i, j, d, &r);
      if (!marked (s, i, j)) {
        out[0] -= 0.5 * s->m[i] * s->m[j] / sqrt (r * r + s->softening * s->softening);
        continue;
      }
      for (int k = 0; k < 3; k++) {
        vi2 += s->v[i][k] * s->v[i][k];
        vij += s->v[i][k] * s->v[j][k];
        ni += d[k] / r * s->v[i][k];
        nj += d[k] / r * s->v[j][k];
      }
      const double u = s->m[i] * s->m[j] / r;
      U[i] += s->m[j] / r;
      out[0] += u * (-0.5 + 0.25 * h * (6 * vi2 - 7 * vij - ni * nj));
      for (int k = 0; k < 3; k++)
        out[1 + k] += 0.5 * h * u * (6 * s->v[i][k] - 7 * s->v[j][k] - nj * d[k] / r);
    }
  for (int i = 0; i < s->n; i++) {
    const double v2 = s->v[i][0] * s->v[i][0] + s->v[i][1] * s->v[i][1] + s->v[i][2] * s->v[i][2];
    out[0] += s->m[i] * (0.5 * v2 + h * (0.375 * v2 * v2 + 0.5 * U[i] * U[i]));
    for (int k = 0; k < 3; k++)
      out[1 + k] += s->m[i] * s->v[i][k] * (1 + 0.5 * h * v2);
  }
}

/* Their derivatives along the flow, by differences of eighth order. */
static void drift (const struct cloud *s, double out[4])
{
  static const double weight[5] = { 0, 4. / 5, -1. / 5, 4. / 105, -1. / 280 };
  const double h = 2e-3;
  double a[N][3], newton[N][3];
  newton_of (s, newton);
  stars_of (s, a);
  memset (out, 0, 4 * sizeof *out);
  for (int step = -4; step <= 4; step++) {
    struct cloud at = *s;
    double value[4];
    for (int i = 0; i < s->n; i++)
      for (int k = 0; k < 3; k++) {
        at.x[i][k] += step * h * s->v[i][k];
        at.v[i][k] += step * h * (newton[i][k] + a[i][k]);
      }
    invariants (&at, value);
    for (int k = 0; k < 4 && step; k++)
      out[k] += (step > 0 ? 1 : -1) * weight[abs (step)] * value[k] / h;
  }
}

/* Energy and momentum drift at 2PN only: 16 times less for twice c. Stars are heavy here and softened among
 * themselves: nothing is small but 1/c^2. */
static void conservation (void **state)
{
  (void) state;
  double coarse[4], fine[4];
  const struct cloud one = cloud_of (15, 1), two = cloud_of (30, 1);
  drift (&one, coarse);
  drift (&two, fine);
  const double P = sqrt ((coarse[1] * coarse[1] + coarse[2] * coarse[2] + coarse[3] * coarse[3])
                         / (fine[1] * fine[1] + fine[2] * fine[2] + fine[3] * fine[3]));
  print_message ("drift for twice c: energy x %.2f, momentum x %.2f\n", coarse[0] / fine[0], P);
  assert_true (fabs (coarse[0] / fine[0] / 16 - 1) < 0.02 && fabs (P / 16 - 1) < 0.02); /* next order: (v/c)^2 */
}

/* ---- orbits, through the library ---- */

/* A hole of 1 and a star of m on an orbit of a = 1 and e, at apocentre on the x axis. */
static void orbit (struct areg_body b[2], double m, double e)
{
  const double r = 1 + e, v = sqrt ((1 + m) * (1 - e) / (1 + e)), f = m / (1 + m);
  b[0] = test_body (1, 1, -f * r, 0, 0, 0, -f * v, 0, AREG_HOLE);
  b[1] = test_body (2, m, (1 - f) * r, 0, 0, 0, (1 - f) * v, 0, AREG_STAR);
}

struct apsis { double last_r, last_t, last_phi, before_r, before_t, before_phi, t[2], phi[2]; int count; };

/* Notes time and direction of apocentres: the parabola through three samples. */
static int apsis_note (void *context, double t, const struct areg_body *b, int n)
{
  struct apsis *a = context;
  (void) n;
  const double x = b[1].x[0] - b[0].x[0], y = b[1].x[1] - b[0].x[1], r = hypot (x, y);
  double phi = atan2 (y, x);
  if (a->last_r > r && a->last_r >= a->before_r && a->before_r > 0) {
    const double d = t - a->last_t, p = (a->before_r - r) / (2 * (a->before_r - 2 * a->last_r + r));
    const int k = a->count ? 1 : 0;
    a->t[k] = a->last_t + p * d;
    a->phi[k] = a->last_phi + p * 0.5 * (phi - a->before_phi) + p * p * 0.5 * (phi - 2 * a->last_phi + a->before_phi);
    a->count++;
  }
  a->before_r = a->last_r;
  a->before_phi = a->last_phi;
  a->before_t = a->last_t;
  a->last_r = r;
  a->last_phi = phi;
  a->last_t = t;
  return 0;
}

/* Advance of the apsis in one orbit, from the first to the last apocentre in 10.7 periods. */
static double advance_of (double c, double m, double e)
{
  enum { SAMPLES = 8000 };
  static double times[SAMPLES];
  struct areg_body b[2];
  struct apsis a = { 0 };
  orbit (b, m, e);
  for (int k = 0; k < SAMPLES; k++)
    times[k] = 10.7 * 2 * M_PI / sqrt (1 + m) * (k + 1) / SAMPLES;
  struct areg *s = test_system (1e-12, c, 0, AREG_PN1 | AREG_PN_STARS, b, 2);
  assert_int_equal (areg_advance_sampled (s, times[SAMPLES - 1], times, SAMPLES, apsis_note, &a), AREG_OK);
  areg_free (&s);
  assert_int_equal (a.count, 10);
  return (a.phi[1] - a.phi[0]) / 9;
}

/* The star's orbit turns by 6 pi G M/(c^2 a (1 - e^2)); what it turns more falls as the next order, 16 times for
 * twice c. Both masses count in the sum only. 5 %: the order after that. */
static void precession (void **state)
{
  (void) state;
  for (int k = 0; k < 2; k++) {
    const double m = k ? 0.3 : 1e-6, e = 0.6;
    double rest[2];
    for (int i = 0; i < 2; i++) {
      const double c = i ? 160 : 80, first = 6 * M_PI * (1 + m) / (c * c * (1 - e * e));
      const double got = advance_of (c, m, e);
      rest[i] = got - first;
      print_message ("m %g, c %g: advance %.8g of %.8g\n", m, c, got, first);
      assert_true (fabs (rest[i]) < 20 / (c * c) * first);
    }
    assert_true (fabs (rest[0] / rest[1] / 16 - 1) < 0.05);
  }
}

/* Without the bit stars are Newton's; the bit needs 1PN. */
static void switches (void **state)
{
  (void) state;
  struct areg_body b[2], end[2];
  struct areg_options o = test_options (1e-10, 50, 0, AREG_PN_STARS);
  struct areg *s = NULL;
  assert_int_equal (areg_create (&o, NULL, 2, &s), AREG_BAD_OPTION);
  orbit (b, 1e-6, 0.6);
  s = test_system (1e-12, 50, 0, AREG_PN_ALL, b, 2);
  assert_int_equal (areg_advance (s, 2 * M_PI / sqrt (1 + 1e-6)), AREG_OK);
  areg_bodies (s, end);
  assert_true (test_distance (b, end, 2) < 1e-10);
  areg_free (&s);
}

/* A hole and a star in a frame that moves are two holes with 1PN in that frame, to rounding: velocities are the
 * caller's. And they are not what they are at rest. */
static void moving_frame (void **state)
{
  (void) state;
  struct areg_body b[2], end[3][2];
  for (int k = 0; k < 3; k++) {
    orbit (b, 0.3, 0.6);
    b[1].kind = k == 1 ? AREG_HOLE : AREG_STAR;
    for (int i = 0; i < 2 && k < 2; i++)
      b[i].v[0] += 2;
    struct areg_options o = test_options (1e-13, 30, 0, AREG_PN1 | (k == 1 ? 0 : AREG_PN_STARS));
    struct areg *s = NULL;
    o.merge_radius = 0;
    assert_int_equal (areg_create (&o, NULL, 2, &s), AREG_OK);
    assert_int_equal (areg_load (s, 0, b, 2), AREG_OK);
    assert_int_equal (areg_advance (s, 6), AREG_OK);
    areg_bodies (s, end[k]);
    for (int i = 0; i < 2 && k < 2; i++)
      end[k][i].x[0] -= 12;
    areg_free (&s);
  }
  assert_true (test_distance (end[0], end[1], 2) < 1e-10); /* 1e-13 a step */
  assert_true (test_distance (end[0], end[2], 2) > 1e-4);
}

/* A binary of holes in heavy softened stars, star-star forces predicted: as at a closer tolerance with whole steps;
 * the books balance; and order of bodies and units of the caller change no bit. */
static void in_company (void **state)
{
  (void) state;
  struct areg_body b[24], c[24], e[24], d[24];
  struct areg_statistics count;
  const int terms = AREG_PN_NO_SPIN | AREG_PN_STARS;
  test_cloud (b, 24, 5);
  for (int i = 2; i < 24; i++)
    b[i].m = 1e-3;
  for (int i = 0; i < 24; i++) {
    c[(7 * i + 3) % 24] = e[i] = b[i];
    e[i].m *= 8; /* length 4, velocity 1/2, mass 8: G = 1/8, time 8, c = 15 */
    for (int k = 0; k < 3; k++) {
      e[i].x[k] *= 4;
      e[i].v[k] *= 0.5;
    }
  }
  struct areg *s = test_system (1e-9, 30, 0.3, terms, b, 24), *t = test_system (1e-9, 30, 0.3, terms, c, 24);
  struct areg *fine = test_system (1e-13, 30, 0.3, terms, b, 24), *u = NULL;
  struct areg_options o = test_options (1e-9, 15, 1.2, terms);
  o.G = 0.125;
  assert_int_equal (areg_create (&o, NULL, 24, &u), AREG_OK);
  assert_int_equal (areg_load (u, 0, e, 24), AREG_OK);
  assert_int_equal (areg_advance (s, 6), AREG_OK);
  assert_int_equal (areg_advance (t, 6), AREG_OK);
  assert_int_equal (areg_advance (fine, 6), AREG_OK);
  assert_int_equal (areg_advance (u, 48), AREG_OK);
  areg_statistics_now (s, &count);
  areg_bodies (s, b);
  areg_bodies (t, c);
  areg_bodies (u, e);
  areg_bodies (fine, d);
  print_message ("stars in company: off %.1e, energy %.1e\n", test_distance (b, d, 24), count.energy_error_max);
  assert_true (test_distance (b, d, 24) < 1e-6); /* 1e-9 a step, a hundred steps, some growth; measured 1e-8 */
  assert_true (count.energy_error_max < 1e-12);
  for (int i = 0; i < 24; i++) {
    assert_memory_equal (&b[i], &c[(7 * i + 3) % 24], sizeof *b);
    for (int k = 0; k < 3; k++)
      assert_true (e[i].x[k] == 4 * b[i].x[k] && e[i].v[k] == 0.5 * b[i].v[k]);
  }
  areg_free (&s);
  areg_free (&t);
  areg_free (&u);
  areg_free (&fine);
}

int main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (against_whole), cmocka_unit_test (conservation),
                                      cmocka_unit_test (precession), cmocka_unit_test (switches),
                                      cmocka_unit_test (moving_frame), cmocka_unit_test (in_company) };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
