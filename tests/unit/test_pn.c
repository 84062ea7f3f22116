/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that post-Newtonian accelerations, precession, energy and momentum are those of 50-digit arithmetic, and
 * that they hang together: reduction to the relative form, conservation, energy balance with the radiated flux,
 * Peters' decay, torque balance of the spins, independence of names and of the frame of reference.
 */
#include "areg.h"
#include "areg/pn.h"
#include "pn_relative.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAX_BODIES 5
#define MAX_PAIRS (MAX_BODIES * (MAX_BODIES - 1) / 2)
#define ORBITAL (AREG_PN1 | AREG_PN2 | AREG_PN25 | AREG_PN3 | AREG_PN35)
#define CONSERVATIVE (AREG_PN1 | AREG_PN2 | AREG_PN3)

struct state
{
  double G, c, m[MAX_BODIES], x[MAX_BODIES][3], v[MAX_BODIES][3], chi[MAX_BODIES][3], spin[MAX_BODIES][3];
  double separation[MAX_PAIRS][3], scratch[128];
  int n;
};

struct rates
{
  double a[MAX_BODIES][3], spin[MAX_BODIES][3];
};

static double dot (const double a[3], const double b[3]) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

static void cross (const double a[3], const double b[3], double out[3])
{
  out[0] = a[1] * b[2] - a[2] * b[1];
  out[1] = a[2] * b[0] - a[0] * b[2];
  out[2] = a[0] * b[1] - a[1] * b[0];
}

static struct pn_system system_of (struct state *s, unsigned terms)
{
  assert_true (areg_pn_scratch_size (s->n) <= (int) (sizeof s->scratch / sizeof *s->scratch));
  for (int j = 1; j < s->n; j++)
    for (int i = 0; i < j; i++)
      for (int k = 0; k < 3; k++)
        s->separation[j * (j - 1) / 2 + i][k] = s->x[i][k] - s->x[j][k];
  return (struct pn_system) { .G = s->G, .c = s->c, .terms = terms, .n = s->n, .m = s->m,
                              .v = (const double (*)[3]) s->v, .spin = (const double (*)[3]) s->spin,
                              .separation = (const double (*)[3]) s->separation };
}

static struct rates rates_of (struct state *s, unsigned terms)
{
  struct rates r;
  memset (&r, 0, sizeof r);
  const struct pn_system p = system_of (s, terms);
  areg_pn_accelerations (&p, s->scratch, r.a, r.spin);
  return r;
}

static double energy_of (struct state *s, unsigned terms)
{
  const struct pn_system p = system_of (s, terms);
  return areg_pn_energy (&p, s->scratch);
}

static void momentum_of (struct state *s, unsigned terms, double out[3])
{
  const struct pn_system p = system_of (s, terms);
  areg_pn_momentum (&p, s->scratch, out);
}

/* The largest component of the difference, relative to the largest of `want`. */
static double deviation (const double *got, const double *want, int n)
{
  double difference = 0, size = 0;
  for (int k = 0; k < n; k++) {
    difference = fmax (difference, fabs (got[k] - want[k]));
    size = fmax (size, fabs (want[k]));
  }
  return size > 0 ? difference / size : difference;
}

static struct state generic_pair (double c)
{
  return (struct state) { .G = 1.3, .c = c, .n = 2, .m = { 1.0, 0.45 },
                          .x = { { 0.31, -0.42, 0.25 }, { -0.55, 0.61, -0.17 } },
                          .v = { { 0.21, 0.33, -0.12 }, { -0.43, -0.27, 0.38 } } };
}

/* ---- the tables ---- */

static const struct { const char *name; unsigned terms; } order[] = {
  { "1PN", AREG_PN1 }, { "2PN", AREG_PN2 }, { "2.5PN", AREG_PN25 }, { "3PN", AREG_PN3 }, { "3.5PN", AREG_PN35 },
  { "EIH", AREG_PN1 | AREG_PN_CROSS }, { "spin", AREG_PN_SPIN }, { "holes1", 1 << 10 }, { "holes2", 2 << 10 }
};

static unsigned terms_of (const char *name)
{
  for (size_t k = 0; k < sizeof order / sizeof *order; k++)
    if (strcmp (order[k].name, name) == 0)
      return order[k].terms;
  fail_msg ("unknown order %s", name);
  return 0;
}

static int numbers (const char *text, double *out)
{
  int n = 0;
  for (char *end; n < 10; n++, text = end) {
    out[n] = strtod (text, &end);
    if (end == text)
      break;
  }
  return n;
}

static struct rates rates_by_name (struct state *s, unsigned terms)
{
  if (terms < 1 << 10)
    return rates_of (s, terms);
  struct rates r;
  memset (&r, 0, sizeof r);
  const struct pn_system p = system_of (s, 0);
  areg_pn_star_accelerations (&p, (int) (terms >> 10), 1, s->scratch, r.a);
  return r;
}

static void relative_acceleration (const struct state *s, int first, int last, double out[3]);

/* One line of values against the code: the largest deviation. Acceleration and precession lines name their body. */
static double line_deviation (struct state *s, const char *what, unsigned terms, const double *value, int n_values)
{
  double got[3] = { 0 }, Newton[3] = { 0 };
  if (strcmp (what, "energy") == 0) {
    got[0] = energy_of (s, terms);
    assert_int_equal (n_values, 1);
    return deviation (got, value, 1);
  }
  if (strcmp (what, "momentum") == 0) {
    momentum_of (s, terms, got);
    momentum_of (s, 0, Newton);
    /* the table holds the small part: judge by the whole */
    double size = sqrt (dot (Newton, Newton)), difference = 0;
    for (int i = 0; i < s->n; i++)
      size += s->m[i] * sqrt (dot (s->v[i], s->v[i]));
    for (int k = 0; k < 3; k++)
      difference = fmax (difference, fabs (got[k] - Newton[k] - value[k]));
    return difference / size;
  }
  if (strcmp (what, "relative") == 0) {
    /* the formulae that the code is held against: in the frame of the centre of mass (test_reduction_of_table) */
    const int k = terms == AREG_PN1 ? 0 : terms == AREG_PN2 ? 1 : terms == AREG_PN25 ? 2 : terms == AREG_PN3 ? 3 : 4;
    relative_acceleration (s, k, k, got);
    return deviation (got, value, 3);
  }
  const struct rates r = rates_by_name (s, terms);
  const int body = (int) value[0];
  assert_int_equal (n_values, 4);
  return deviation (strcmp (what, "precession") == 0 ? r.spin[body] : r.a[body], value + 1, 3);
}

static FILE *data_open (const char *name)
{
  const char *top = getenv ("top_srcdir");
  char path[4096];
  snprintf (path, sizeof path, "%s/tests/data/%s", top ? top : ".", name);
  FILE *f = fopen (path, "r");
  if (f == NULL)
    fail_msg ("cannot open %s: run from the top of the source, or set top_srcdir", path);
  return f;
}

static void read_body (struct state *s, const char *text)
{
  double z[10];
  assert_true (s->n < MAX_BODIES);
  assert_int_equal (numbers (text, z), 10);
  s->m[s->n] = z[0];
  memcpy (s->x[s->n], z + 1, sizeof s->x[0]);
  memcpy (s->v[s->n], z + 4, sizeof s->v[0]);
  for (int k = 0; k < 3; k++)
    s->spin[s->n][k] = z[7 + k] * s->G * z[0] * z[0] / s->c;
  s->n++;
}

/* Every line of the table. 1e-13: two hundred roundings, a few times what is measured; the cancellation of the
 * 3.5PN polynomials in a frame at c/5 costs 4e-14. */
static void test_tables (void **unused)
{
  (void) unused;
  FILE *f = data_open ("pn.txt");
  char line[1024], what[32], name[64];
  struct state s;
  int checked = 0;
  memset (&s, 0, sizeof s);
  while (fgets (line, sizeof line, f)) {
    int at = 0;
    double value[10];
    if (line[0] == '#' || sscanf (line, "%31s %n", what, &at) != 1)
      continue;
    if (strcmp (what, "body") == 0)
      read_body (&s, line + at);
    else if (strcmp (what, "state") == 0) {
      int n;
      memset (&s, 0, sizeof s);
      assert_int_equal (sscanf (line + at, "%63s %d %lf %lf", name, &n, &s.G, &s.c), 4);
    } else {
      char kind[16];
      int more = 0;
      assert_int_equal (sscanf (line + at, "%15s %n", kind, &more), 1);
      const int n = numbers (line + at + more, value);
      const double d = line_deviation (&s, what, terms_of (kind), value, n);
      if (d > 1e-13)
        fail_msg ("%s: %s %s off by %g", name, what, kind, d);
      checked++;
    }
  }
  fclose (f);
  assert_true (checked > 200);
}

/* ---- the relative two-body form ---- */

struct relative
{
  double x[3], v[3], n[3], r, w, V, u, M, eta, mu;
};

static struct relative relative_of (const struct state *s)
{
  struct relative q;
  q.M = s->m[0] + s->m[1];
  q.mu = s->m[0] * s->m[1] / q.M;
  q.eta = q.mu / q.M;
  for (int k = 0; k < 3; k++) {
    q.x[k] = s->x[0][k] - s->x[1][k];
    q.v[k] = s->v[0][k] - s->v[1][k];
  }
  q.r = sqrt (dot (q.x, q.x));
  for (int k = 0; k < 3; k++)
    q.n[k] = q.x[k] / q.r;
  q.w = dot (q.n, q.v);
  q.V = dot (q.v, q.v);
  q.u = s->G * q.M / q.r;
  return q;
}

/* Orders `first` to `last` (1PN to 3.5PN: 0 to 4) of the relative acceleration, by the formulae of pn_relative.h; a
 * negative c turns the sign of the odd ones. */
static void relative_acceleration (const struct state *s, int first, int last, double out[3])
{
  const struct relative_problem p = { .G = s->G, .c = s->c, .m1 = s->m[0], .m2 = s->m[1] };
  real x[3], v[3], a[3] = { 0, 0, 0 };
  for (int k = 0; k < 3; k++) {
    x[k] = (real) s->x[0][k] - s->x[1][k];
    v[k] = (real) s->v[0][k] - s->v[1][k];
  }
  for (int k = first; k <= last; k++)
    relative_order_add (&p, k, x, v, a);
  for (int k = 0; k < 3; k++)
    out[k] = (double) a[k];
}

/* Moves the pair into the frame where its conserved momentum is zero, 2.5PN part included: that is the derivative of
 * nu d (G M/c^5) (4/5 V - 8/5 u) v, doc/theory/pn.md. */
static void boost_to_rest (struct state *s)
{
  const struct relative q = relative_of (s);
  const double d = (s->m[0] - s->m[1]) / q.M;
  const double push = -q.eta * d * q.u * q.u * (0.8 * q.V - 1.6 * q.u) / pow (s->c, 5);
  for (int round = 0; round < 12; round++) {
    double P[3];
    momentum_of (s, CONSERVATIVE, P);
    for (int i = 0; i < 2; i++)
      for (int k = 0; k < 3; k++)
        s->v[i][k] -= P[k] / q.M;
  }
  for (int i = 0; i < 2; i++)
    for (int k = 0; k < 3; k++)
      s->v[i][k] += push * q.n[k];
}

static struct state reduced; /* of the states of the table, one after the other */

static void reduction_residual (double c, double out[3])
{
  struct state s = reduced;
  double want[3];
  s.c = c;
  boost_to_rest (&s);
  const struct rates r = rates_of (&s, ORBITAL);
  relative_acceleration (&s, 0, 4, want);
  for (int k = 0; k < 3; k++)
    out[k] = r.a[0][k] - r.a[1][k] - want[k];
}

/* Even and odd part in 1/c of a residual. */
static void parts (void (*residual) (double, double[3]), double c, double *even, double *odd)
{
  double plus[3], minus[3], e[3], o[3];
  residual (c, plus);
  residual (-c, minus);
  for (int k = 0; k < 3; k++) {
    e[k] = 0.5 * (plus[k] + minus[k]);
    o[k] = 0.5 * (plus[k] - minus[k]);
  }
  *even = sqrt (dot (e, e));
  *odd = sqrt (dot (o, o));
}

/* How the residuals of `reduced` fall when c doubles, from where the larger of v^2 and G M/r is c^2/`slow`. */
static void reduction_ratios (double slow, double *even_ratio, double *odd_ratio)
{
  const struct relative q = relative_of (&reduced);
  const double c = sqrt (slow * fmax (q.V, q.u));
  double even[2], odd[2];
  parts (reduction_residual, c, &even[0], &odd[0]);
  parts (reduction_residual, 2 * c, &even[1], &odd[1]);
  *even_ratio = even[1] > 0 ? even[0] / even[1] : 0;
  *odd_ratio = odd[1] > 0 ? odd[0] / odd[1] : 0;
}

/* In the centre-of-mass frame the two accelerations differ by the relative form up to 4PN (c^-8) and 4.5PN (c^-9):
 * each doubling of c divides the residual by 2^8 and 2^9. 3 %: the next order at c = 24 against speeds of 1. */
static void test_reduction (void **unused)
{
  (void) unused;
  double even, odd;
  reduced = generic_pair (1);
  reduction_ratios (500, &even, &odd);
  print_message ("reduction to the relative form: even x %.1f, odd x %.1f\n", even, odd);
  assert_true (fabs (even / 256 - 1) < 0.03 && fabs (odd / 512 - 1) < 0.03);
}

/* The same for every two-body state of the table, whose relative accelerations, order by order, are those of
 * pn_relative.h (test_tables). Equal masses leave no residual but rounding: of 1e-16 of Newton's. c is small so that
 * rounding is too; 30 %: the next order there. States on a line or a circle have no odd, or no even part. */
static void test_reduction_of_table (void **unused)
{
  (void) unused;
  FILE *f = data_open ("pn.txt");
  char line[1024], name[64] = "";
  int n = 0, states = 0;
  reduced.n = 0;
  while (fgets (line, sizeof line, f)) {
    if (strncmp (line, "state ", 6) == 0) {
      memset (&reduced, 0, sizeof reduced);
      assert_int_equal (sscanf (line, "state %63s %d %lf %lf", name, &n, &reduced.G, &reduced.c), 4);
    }
    if (strncmp (line, "body ", 5) == 0 && n == 2)
      read_body (&reduced, line + 5);
    if (reduced.n < 2)
      continue;
    double even, odd, residual[3];
    const struct relative q = relative_of (&reduced);
    if (reduced.m[0] == reduced.m[1]) {
      reduction_residual (reduced.c, residual);
      assert_true (sqrt (dot (residual, residual)) < 1e-15 * q.u / q.r);
    } else {
      reduction_ratios (60, &even, &odd);
      print_message ("%s: even x %.1f, odd x %.1f\n", name, even, odd);
      assert_true (even == 0 || fabs (even / 256 - 1) < 0.3);
      assert_true (odd == 0 || fabs (odd / 512 - 1) < 0.3);
      assert_true (even > 0 || odd > 0);
    }
    reduced.n = 0;
    n = 0;
    states++;
  }
  fclose (f);
  assert_true (states >= 13);
}

/* ---- conservation and balance: derivatives along the flow by eighth-order differences ---- */

static void newton_add (const struct state *s, double a[][3])
{
  for (int i = 0; i < s->n; i++)
    for (int j = 0; j < s->n; j++)
      if (i != j) {
        double d[3];
        for (int k = 0; k < 3; k++)
          d[k] = s->x[j][k] - s->x[i][k];
        const double h = 1 / sqrt (dot (d, d)), f = s->G * s->m[j] * h * h * h;
        for (int k = 0; k < 3; k++)
          a[i][k] += f * d[k];
      }
}

static double newton_energy (const struct state *s)
{
  double E = 0;
  for (int i = 0; i < s->n; i++) {
    E += 0.5 * s->m[i] * dot (s->v[i], s->v[i]);
    for (int j = 0; j < i; j++) {
      double d[3];
      for (int k = 0; k < 3; k++)
        d[k] = s->x[j][k] - s->x[i][k];
      E -= s->G * s->m[i] * s->m[j] / sqrt (dot (d, d));
    }
  }
  return E;
}

/* E_25 and E_35 of a pair: the total derivatives that make the energy balance hold at each instant. */
static double schott_energy (const struct state *s)
{
  const struct relative q = relative_of (s);
  const double u = q.u, V = q.V, w = q.w, eta = q.eta, u2 = u * u, w3 = w * w * w;
  const double e35
    = eta * (-542. / 35 * u2 * w * V * V - 316. / 35 * u2 * u * w * V + 154. / 5 * u2 * w3 * V
             + 32. / 105 * u2 * u2 * w - 4. / 21 * u2 * u * w3 - 16 * u2 * w3 * w * w)
      + eta * eta * (-48. / 5 * u2 * w * V * V + 736. / 35 * u2 * u * w * V + 12. / 5 * u2 * w3 * V
                     - 128. / 105 * u2 * u2 * w - 1936. / 105 * u2 * u * w3);
  return q.mu * (1.6 * eta * u2 * w * V / pow (s->c, 5) + e35 / pow (s->c, 7));
}

/* Energy, momentum (3) and Schott energy; their derivative along the line of states (v, a) is taken below. */
static void invariants (struct state *s, unsigned terms, double out[5])
{
  out[0] = newton_energy (s) + energy_of (s, terms);
  momentum_of (s, terms, out + 1);
  out[4] = s->n == 2 ? schott_energy (s) : 0;
}

/* d/dt of the invariants under Newton and `forces`. */
static void drift (struct state *s, unsigned forces, unsigned terms, double out[5])
{
  static const double weight[5] = { 0, 4. / 5, -1. / 5, 4. / 105, -1. / 280 };
  const double h = 2e-3;
  struct rates r = rates_of (s, forces);
  newton_add (s, r.a);
  memset (out, 0, 5 * sizeof *out);
  for (int step = -4; step <= 4; step++) {
    struct state at = *s;
    double value[5];
    for (int i = 0; i < s->n; i++)
      for (int k = 0; k < 3; k++) {
        at.x[i][k] += step * h * s->v[i][k];
        at.v[i][k] += step * h * r.a[i][k];
      }
    invariants (&at, terms, value);
    for (int k = 0; k < 5 && step; k++)
      out[k] += (step > 0 ? 1 : -1) * weight[abs (step)] * value[k] / h;
  }
}

static double conservation_ratio (struct state (*make) (double c), unsigned terms, double c, double *momentum_ratio)
{
  double a[5], b[5];
  struct state coarse = make (c), fine = make (2 * c);
  drift (&coarse, terms, terms, a);
  drift (&fine, terms, terms, b);
  *momentum_ratio = sqrt (dot (a + 1, a + 1) / dot (b + 1, b + 1));
  return a[0] / b[0];
}

/* Through nPN energy and momentum drift at (n+1)PN only. Tolerances: the order after
 * that, which is (speeds/c)^2 times some ten; at 3PN c is small to stay above rounding. */
static void test_conservation (void **unused)
{
  (void) unused;
  static const unsigned terms[3] = { AREG_PN1, AREG_PN1 | AREG_PN2, CONSERVATIVE };
  static const double c[3] = { 24, 24, 14 }, expected[3] = { 16, 64, 256 }, tolerance[3] = { 0.02, 0.05, 0.1 };
  for (int k = 0; k < 3; k++) {
    double P;
    const double E = conservation_ratio (generic_pair, terms[k], c[k], &P);
    print_message ("conservation through %dPN: dE/dt x %.2f, dP/dt x %.2f for twice c\n", k + 1, E, P);
    assert_true (fabs (E / expected[k] - 1) < tolerance[k]);
    assert_true (fabs (P / expected[k] - 1) < tolerance[k]);
  }
}

static struct state four_bodies (double c)
{
  return (struct state) {
    .G = 0.9, .c = c, .n = 4, .m = { 1.0, 0.8, 0.5, 0.3 },
    .x = { { -1.5, -0.25, 0.125 }, { -2.2, 0.6, 0 }, { 1.5, 1.25, -0.5 }, { 2, -0.75, 1 } },
    .v = { { 0.06, 0.31, 0.12 }, { 0.12, -0.69, 0.06 }, { -0.1, 0.4, -0.2 }, { 0.1, 0, 0.4 } }
  };
}

/* The same of four bodies at 1PN; without the terms of three bodies the energy drifts at 1PN itself, which is what
 * those terms are for. */
static void test_conservation_of_many (void **unused)
{
  (void) unused;
  double P;
  double E = conservation_ratio (four_bodies, AREG_PN1 | AREG_PN_CROSS, 24, &P);
  assert_true (fabs (E / 16 - 1) < 0.02 && fabs (P / 16 - 1) < 0.02);
  E = conservation_ratio (four_bodies, AREG_PN1, 24, &P);
  assert_true (fabs (E) < 5 && fabs (P) < 5);
}

/* Energy radiated per time, quadrupole and its 1PN correction. */
static double flux (const struct state *s)
{
  const struct relative q = relative_of (s);
  const double u = q.u, V = q.V, W = q.w * q.w, eta = q.eta;
  const double correction = (785 - 852 * eta) * V * V - 2 * (1487 - 1392 * eta) * V * W
                            + 3 * (687 - 620 * eta) * W * W - 160 * (17 - eta) * u * V
                            + 8 * (367 - 15 * eta) * u * W + 16 * (1 - 4 * eta) * u * u;
  return q.mu * 8. / 15 * eta / pow (s->c, 5) * u * u * u * u / (s->G * q.M)
         * (12 * V - 11 * W + correction / (28 * s->c * s->c));
}

static void balance_residual (double c, double out[3])
{
  struct state s = generic_pair (c);
  double change[5];
  boost_to_rest (&s);
  drift (&s, ORBITAL, CONSERVATIVE, change);
  out[0] = change[0] + change[4] + flux (&s);
  out[1] = out[2] = 0;
}

/* dE/dt = -F at each instant: the conservative residual falls as c^-8, the dissipative one as c^-9. */
static void test_balance (void **unused)
{
  (void) unused;
  double even[2], odd[2];
  parts (balance_residual, 6, &even[0], &odd[0]);
  parts (balance_residual, 12, &even[1], &odd[1]);
  print_message ("energy balance: even x %.1f, odd x %.1f\n", even[0] / even[1], odd[0] / odd[1]);
  assert_true (fabs (even[0] / even[1] / 256 - 1) < 0.2);
  assert_true (fabs (odd[0] / odd[1] / 512 - 1) < 0.2);
}

/* 2.5PN work and torque over one Kepler orbit are those of Peters (1964): an identity. The trapezoidal rule in the
 * eccentric anomaly converges geometrically; 1e-12: rounding of the sum of 256 terms that cancel at e = 0.7. */
static void test_peters (void **unused)
{
  (void) unused;
  const double a = 1.7, pi = 3.14159265358979323846;
  for (double e = 0; e < 0.75; e += 0.35) {
    struct state s = { .G = 1.3, .c = 9, .n = 2, .m = { 1.0, 0.45 } };
    const double M = s.m[0] + s.m[1], GM = s.G * M, rate = sqrt (GM / (a * a * a)), b = sqrt (1 - e * e);
    double power = 0, torque = 0;
    enum { POINTS = 256 };
    for (int k = 0; k < POINTS; k++) {
      const double E = 2 * pi * k / POINTS, stretch = 1 - e * cos (E);
      const double x[2] = { a * (cos (E) - e), a * b * sin (E) };
      const double v[2] = { -a * rate * sin (E) / stretch, a * b * rate * cos (E) / stretch };
      for (int q = 0; q < 2; q++) {
        s.x[0][q] = s.m[1] / M * x[q];
        s.x[1][q] = -s.m[0] / M * x[q];
        s.v[0][q] = s.m[1] / M * v[q];
        s.v[1][q] = -s.m[0] / M * v[q];
      }
      const struct rates r = rates_of (&s, AREG_PN25);
      for (int i = 0; i < 2; i++) {
        power += stretch / POINTS * s.m[i] * dot (r.a[i], s.v[i]);
        torque += stretch / POINTS * s.m[i] * (s.x[i][0] * r.a[i][1] - s.x[i][1] * r.a[i][0]);
      }
    }
    const double m2 = s.m[0] * s.m[0] * s.m[1] * s.m[1], G3 = s.G * s.G * s.G, f = 1 - e * e;
    const double E_dot = -6.4 * G3 * s.G * m2 * M / (pow (s.c, 5) * pow (a, 5) * pow (f, 3.5))
                         * (1 + 73. / 24 * e * e + 37. / 96 * e * e * e * e);
    const double L_dot = -6.4 * G3 * sqrt (s.G * M) * m2 / (pow (s.c, 5) * pow (a, 3.5) * f * f)
                         * (1 + 7. / 8 * e * e);
    assert_true (fabs (power / E_dot - 1) < 1e-12);
    assert_true (fabs (torque / L_dot - 1) < 1e-12);
  }
}

/* ---- spins ---- */

static struct state spinning_pair (void)
{
  struct state s = generic_pair (11);
  const double spin[2][3] = { { 0.04, -0.07, 0.02 }, { -0.01, 0.005, 0.015 } };
  memcpy (s.spin, spin, sizeof spin);
  return s;
}

/* Spins turn and never grow; sum m v is left alone; at rest (no spin-orbit terms) torque and precession balance. */
static void test_spins (void **unused)
{
  (void) unused;
  struct state s = spinning_pair ();
  struct rates r = rates_of (&s, AREG_PN_SPIN);
  for (int i = 0; i < 2; i++)
    assert_true (fabs (dot (r.spin[i], s.spin[i]))
                 <= 1e-15 * sqrt (dot (r.spin[i], r.spin[i]) * dot (s.spin[i], s.spin[i])));
  for (int k = 0; k < 3; k++)
    assert_true (fabs (s.m[0] * r.a[0][k] + s.m[1] * r.a[1][k]) < 1e-15 * fabs (s.m[0] * r.a[0][k]) + 1e-20);
  memset (s.v, 0, sizeof s.v);
  r = rates_of (&s, AREG_PN_SPIN);
  double sum[3] = { 0 }, size = 0;
  for (int i = 0; i < 2; i++) {
    double torque[3];
    cross (s.x[i], r.a[i], torque);
    for (int k = 0; k < 3; k++) {
      sum[k] += s.m[i] * torque[k] + r.spin[i][k];
      size += fabs (r.spin[i][k]);
    }
  }
  assert_true (size > 0 && sqrt (dot (sum, sum)) < 1e-15 * size);
}

/* Newtonian energy with that of the spins; total angular momentum about the centre of mass: orbit, spins, and the
 * part J_SO = (eta/c^2) {u n x [n x (2 S + xi)] - v x (v x xi)/2} that the covariant condition asks for. */
static void spin_invariants (struct state *s, double out[4])
{
  const struct relative q = relative_of (s);
  double xi[3], sum[3], L[3], inner[3], nn[3], vv[3];
  for (int k = 0; k < 3; k++) {
    xi[k] = s->m[1] / s->m[0] * s->spin[0][k] + s->m[0] / s->m[1] * s->spin[1][k];
    sum[k] = 2 * (s->spin[0][k] + s->spin[1][k]) + xi[k];
  }
  cross (q.x, q.v, L);
  cross (q.n, sum, inner);
  cross (q.n, inner, nn);
  cross (q.v, xi, inner);
  cross (q.v, inner, vv);
  out[0] = newton_energy (s) + energy_of (s, AREG_PN_SPIN);
  for (int k = 0; k < 3; k++)
    out[1 + k] = q.mu * L[k] + s->spin[0][k] + s->spin[1][k]
                 + q.eta / (s->c * s->c) * (q.u * nn[k] - 0.5 * vv[k]);
}

/* Their derivative along the flow of Newton and spins: that of energy, and the length of that of J. */
static void spin_drift (double c, double *energy, double *J)
{
  struct state s = spinning_pair ();
  static const double weight[5] = { 0, 4. / 5, -1. / 5, 4. / 105, -1. / 280 };
  const double h = 2e-3;
  double rate[4] = { 0 };
  s.c = c;
  struct rates r = rates_of (&s, AREG_PN_SPIN);
  newton_add (&s, r.a);
  for (int step = -4; step <= 4; step++) {
    struct state at = s;
    double value[4];
    for (int i = 0; i < 2; i++)
      for (int k = 0; k < 3; k++) {
        at.x[i][k] += step * h * s.v[i][k];
        at.v[i][k] += step * h * r.a[i][k];
        at.spin[i][k] += step * h * r.spin[i][k];
      }
    spin_invariants (&at, value);
    for (int k = 0; k < 4 && step; k++)
      rate[k] += (step > 0 ? 1 : -1) * weight[abs (step)] * value[k] / h;
  }
  *energy = fabs (rate[0]);
  *J = sqrt (dot (rate + 1, rate + 1));
}

/* Spin-orbit, spin-spin, quadrupole-monopole terms and precession together keep energy and total angular momentum to
 * their order: what is left is the square of the terms, 16 times less for twice c. 2 %: rounding of differences. */
static void test_spin_conservation (void **unused)
{
  (void) unused;
  double E[2], J[2];
  spin_drift (5, &E[0], &J[0]);
  spin_drift (10, &E[1], &J[1]);
  print_message ("spins: dE/dt %.1e x %.2f, dJ/dt %.1e x %.2f for twice c\n", E[0], E[0] / E[1], J[0],
                 J[0] / J[1]);
  assert_true (fabs (E[0] / E[1] / 16 - 1) < 0.02 && fabs (J[0] / J[1] / 16 - 1) < 0.02);
}

/* A gyroscope on a circular orbit turns at (3/2) (G M/(c^2 r)) of the orbital rate (de Sitter). */
static void test_geodetic (void **unused)
{
  (void) unused;
  const double r = 3, c = 20, m = 1e-9, rate = sqrt (1 / (r * r * r));
  struct state s = { .G = 1, .c = c, .n = 2, .m = { 1, m }, .x = { { 0, 0, 0 }, { r, 0, 0 } },
                     .v = { { 0, 0, 0 }, { 0, r * rate, 0 } }, .spin = { { 0 }, { m * m, 0, 0 } } };
  const struct rates q = rates_of (&s, AREG_PN_SPIN);
  assert_true (fabs (q.spin[1][1] / (m * m) / (1.5 / (c * c * r) * rate) - 1) < 1e-8); /* corrections of order m */
}

/* ---- bookkeeping ---- */

/* With two bodies the many-body equations are the 1PN line; without cross terms many bodies are a sum of pairs; a far
 * third body leaves of the cross terms what its potential gives, nothing in the limit. */
static void test_cross_terms (void **unused)
{
  (void) unused;
  struct state s = generic_pair (10);
  struct rates direct, pair = rates_of (&s, AREG_PN1);
  memset (&direct, 0, sizeof direct);
  const struct pn_system p = system_of (&s, 0);
  areg_pn_star_accelerations (&p, 1, 0, s.scratch, direct.a);
  assert_true (deviation (direct.a[0], pair.a[0], 6) < 1e-14);

  struct state many = four_bodies (10);
  struct rates sum, whole = rates_of (&many, ORBITAL | AREG_PN_SPIN);
  memset (&sum, 0, sizeof sum);
  for (int j = 1; j < 4; j++)
    for (int i = 0; i < j; i++) {
      struct state two = { .G = many.G, .c = many.c, .n = 2, .m = { many.m[i], many.m[j] } };
      memcpy (two.x[0], many.x[i], sizeof two.x[0]);
      memcpy (two.x[1], many.x[j], sizeof two.x[1]);
      memcpy (two.v[0], many.v[i], sizeof two.v[0]);
      memcpy (two.v[1], many.v[j], sizeof two.v[1]);
      const struct rates r = rates_of (&two, ORBITAL | AREG_PN_SPIN);
      for (int k = 0; k < 3; k++) {
        sum.a[i][k] += r.a[0][k];
        sum.a[j][k] += r.a[1][k];
      }
    }
  assert_true (deviation (sum.a[0], whole.a[0], 12) < 1e-14);
}

/* Exchanging names changes nothing but the order: all terms, four spinning bodies. */
static void test_names (void **unused)
{
  (void) unused;
  static const int order_of[4] = { 2, 0, 3, 1 };
  struct state s = four_bodies (7), t;
  for (int i = 0; i < 4; i++)
    for (int k = 0; k < 3; k++)
      s.spin[i][k] = 0.01 * (i + 1) * (k - 1.3) * (i % 2 ? -1 : 1);
  t = s;
  for (int i = 0; i < 4; i++) {
    t.m[i] = s.m[order_of[i]];
    memcpy (t.x[i], s.x[order_of[i]], sizeof t.x[i]);
    memcpy (t.v[i], s.v[order_of[i]], sizeof t.v[i]);
    memcpy (t.spin[i], s.spin[order_of[i]], sizeof t.spin[i]);
  }
  const struct rates r = rates_of (&s, AREG_PN_ALL), q = rates_of (&t, AREG_PN_ALL);
  for (int i = 0; i < 4; i++) {
    assert_true (deviation (q.a[i], r.a[order_of[i]], 3) < 1e-13);
    assert_true (deviation (q.spin[i], r.spin[order_of[i]], 3) < 1e-13);
  }
  assert_true (fabs (energy_of (&t, AREG_PN_ALL) / energy_of (&s, AREG_PN_ALL) - 1) < 1e-13);
}

/* In other units the numbers are the same, to the bit when units are powers of two with an even ratio. */
static void test_units (void **unused)
{
  (void) unused;
  struct state s = spinning_pair (), t = s;
  const double length = 0x1p-40, mass = 0x1p30, speed = 0x1p12;
  t.c *= speed;
  t.G *= length * speed * speed / mass;
  for (int i = 0; i < 2; i++) {
    t.m[i] *= mass;
    for (int k = 0; k < 3; k++) {
      t.x[i][k] *= length;
      t.v[i][k] *= speed;
      t.spin[i][k] *= mass * length * speed;
    }
  }
  const struct rates r = rates_of (&s, AREG_PN_ALL), q = rates_of (&t, AREG_PN_ALL);
  for (int i = 0; i < 2; i++)
    for (int k = 0; k < 3; k++) {
      assert_true (q.a[i][k] == r.a[i][k] * (speed * speed / length));
      assert_true (q.spin[i][k] == r.spin[i][k] * (mass * speed * speed));
    }
}

int main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_tables),       cmocka_unit_test (test_reduction),
    cmocka_unit_test (test_reduction_of_table),
    cmocka_unit_test (test_conservation), cmocka_unit_test (test_conservation_of_many),
    cmocka_unit_test (test_balance),      cmocka_unit_test (test_peters),
    cmocka_unit_test (test_spins),        cmocka_unit_test (test_geodetic),
    cmocka_unit_test (test_spin_conservation),
    cmocka_unit_test (test_cross_terms),  cmocka_unit_test (test_names),
    cmocka_unit_test (test_units),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
