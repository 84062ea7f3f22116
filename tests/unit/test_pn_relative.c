/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that two holes of the library, individual bodies in a general frame, move as the relative form of the theory
 * says up to the first order that is left out, along whole orbits: positions, periapsis advance, energy, angular
 * momentum and what of them is radiated.
 */
#include "areg/pn.h"
#include "areg_test.h"
#include "params/pn_terms.h"
#include "pn_relative.h"

#include <stdio.h>

/* ---- the library's pair at rest: its conserved momentum is zero ---- */

static void momentum_of (const struct relative_problem *p, const double x[3], double v[2][3], double P[3])
{
  const double m[2] = { (double) p->m1, (double) p->m2 };
  double scratch[32];
  const struct pn_system s = { .G = (double) p->G, .c = (double) p->c,
                               .terms = p->terms & (AREG_PN1 | AREG_PN2 | AREG_PN3), .n = 2, .m = m,
                               .v = (const double (*)[3]) v, .separation = (const double (*)[3]) x };
  areg_pn_momentum (&s, scratch, P);
}

/* Bodies with the relative state y, moving so that their momentum is zero; with 2.5PN that of the radiation belongs
 * to it: the derivative of nu d (G M/c^5)(4/5 V - 8/5 u) v. */
static void bodies_of (const struct relative_problem *p, const struct relative_state *y, struct areg_body b[2])
{
  const double M = (double) (p->m1 + p->m2), eta = (double) (p->m1 * p->m2) / (M * M);
  const double r = (double) sqrtl (relative_dot (y->x, y->x)), u = (double) p->G * M / r;
  const double V = (double) relative_dot (y->v, y->v), d = (double) (p->m1 - p->m2) / M;
  const double push = p->terms & AREG_PN25 ? -eta * d * u * u * (0.8 * V - 1.6 * u) / pow ((double) p->c, 5) : 0;
  double x[3], v[2][3], P[3];
  for (int k = 0; k < 3; k++) {
    x[k] = (double) y->x[k];
    v[0][k] = (double) (p->m2 / (p->m1 + p->m2) * y->v[k]);
    v[1][k] = v[0][k] - (double) y->v[k];
  }
  for (int round = 0; round < 12; round++) {
    momentum_of (p, x, v, P);
    for (int k = 0; k < 3; k++) {
      v[0][k] -= P[k] / M;
      v[1][k] -= P[k] / M;
    }
  }
  memset (b, 0, 2 * sizeof *b);
  for (int i = 0; i < 2; i++) {
    b[i].id = (uint64_t) i + 1;
    b[i].kind = AREG_HOLE;
    b[i].m = (double) (i ? p->m2 : p->m1);
    for (int k = 0; k < 3; k++) {
      b[i].x[k] = (i ? -(double) p->m1 : (double) p->m2) / M * x[k];
      b[i].v[k] = v[i][k] + push * x[k] / r;
      b[i].spin[k] = (double) y->S[i][k];
    }
  }
}

static struct areg *system_of (const struct relative_problem *p, const struct relative_state *y)
{
  struct areg_body b[2];
  struct areg_options o = test_options (1e-13, (double) p->c, 0,
                                        (int) (p->terms & 31) | (p->terms & RELATIVE_SO ? AREG_PN_SPIN : 0));
  struct areg *s = NULL;
  o.G = (double) p->G;
  o.merge_radius = 0;
  bodies_of (p, y, b);
  assert_int_equal (areg_create (&o, NULL, 2, &s), AREG_OK);
  assert_int_equal (areg_load (s, 0, b, 2), AREG_OK);
  return s;
}

static void relative_now (struct areg *s, struct relative_state *out)
{
  struct areg_body b[2];
  areg_bodies (s, b);
  for (int k = 0; k < 3; k++) {
    out->x[k] = (real) b[0].x[k] - b[1].x[k];
    out->v[k] = (real) b[0].v[k] - b[1].v[k];
    out->S[0][k] = b[0].spin[k];
    out->S[1][k] = b[1].spin[k];
  }
}

/* Largest difference of a coordinate. */
static double apart (const struct relative_state *a, const struct relative_state *b)
{
  real d = 0;
  for (int k = 0; k < 3; k++)
    d = fmaxl (d, fmaxl (fabsl (a->x[k] - b->x[k]), fabsl (a->v[k] - b->v[k])));
  return (double) d;
}

/* How far the library is from the relative form after t, and how long its spins are off at most. */
static double distance_from_relative (const struct relative_problem *p, const struct relative_state *start, double t)
{
  struct relative_state want = *start, got;
  struct areg *s = system_of (p, start);
  relative_advance (p, &want, t);
  assert_int_equal (areg_advance (s, t), AREG_OK);
  relative_now (s, &got);
  areg_free (&s);
  for (int i = 0; i < 2; i++) {
    const real before = relative_dot (start->S[i], start->S[i]), after = relative_dot (got.S[i], got.S[i]);
    assert_true (fabsl (after - before) <= 1e-11L * before); /* 1e-13 a step, some tens of them, twice */
  }
  return apart (&want, &got);
}

/* ---- the table of trajectories ---- */

static void vectors_read (FILE *f, const char *word, struct relative_state *y)
{
  char got[16];
  real *z = y->x;
  assert_int_equal (fscanf (f, " %15s", got), 1);
  assert_string_equal (got, word);
  for (int e = 0; e < RELATIVE_N; e++)
    assert_int_equal (fscanf (f, " %Lf", z + e), 1);
}

/* Whether both forms are the same: masses equal (every term that the motion of the centre of mass makes has the
 * factor m1 - m2), or no terms at all. */
static int equal_forms (const struct relative_problem *p) { return p->m1 == p->m2 || p->terms == 0; }

/* The first power of 1/c that is left out. */
static int order_left_out (unsigned terms) { return terms & AREG_PN3 ? 8 : terms & AREG_PN2 ? 6 : 4; }

/* Every trajectory of the table. This test's own integrator meets its end to 1e-12 (what rounding of y0 and the
 * table's own error leave), the library the integrator to 1e-9 where the forms are equal, else up to the next order:
 * the difference falls by 2^order when c doubles. 20 %: the order after that at these c. */
static void trajectories (void **state)
{
  (void) state;
  const char *top = getenv ("top_srcdir");
  char path[4096], name[64];
  snprintf (path, sizeof path, "%s/tests/data/relative.txt", top ? top : ".");
  FILE *f = fopen (path, "r");
  if (f == NULL)
    fail_msg ("cannot open %s: run from the top of the source, or set top_srcdir", path);
  struct relative_problem p = { .G = 1 };
  real t;
  int count = 0;
  assert_int_equal (fscanf (f, "%*[^\n]"), 0);
  for (; fscanf (f, " trajectory %63s %Lf %Lf %Lf %u %Lf", name, &p.m1, &p.m2, &p.c, &p.terms, &t) == 6; count++) {
    struct relative_state start, end, here;
    vectors_read (f, "start", &start);
    vectors_read (f, "end", &end);
    here = start;
    relative_advance (&p, &here, t);
    print_message ("%s: own integrator %.1e, ", name, apart (&here, &end));
    assert_true (apart (&here, &end) < 1e-12);
    if (p.terms & RELATIVE_SO)
      p.terms |= RELATIVE_SS; /* the library has all spin terms or none */
    if (equal_forms (&p)) {
      const double d = distance_from_relative (&p, &start, (double) t);
      print_message ("library %.1e\n", d);
      assert_true (d < 1e-9);
      continue;
    }
    const double near = distance_from_relative (&p, &start, (double) t), expected = pow (2, order_left_out (p.terms));
    p.c *= 2;
    for (int e = 0; e < 6; e++)
      start.S[e / 3][e % 3] /= 2; /* spins of the same chi */
    const double far = distance_from_relative (&p, &start, (double) t);
    print_message ("library %.1e, %.1f times less for twice c\n", near, near / far);
    assert_true (fabs (near / far / expected - 1) < 0.2);
  }
  fclose (f);
  assert_int_equal (count, 5);
}

/* ---- energy and angular momentum along the flow ---- */

/* E_k and J_k per reduced mass, c = 1 (J times x cross v); 0 to 3PN. */
static void conserved (real u, real V, real w, real eta, real E[4], real J[4])
{
  const real e2 = eta * eta, e3 = e2 * eta, W = w * w, pi2 = 9.8696044010893586188344909998761511L;
  E[0] = V / 2 - u;
  E[1] = 3 / 8.L * (1 - 3 * eta) * V * V + u / 2 * ((3 + eta) * V + eta * W) + u * u / 2;
  E[2] = 5 / 16.L * (1 - 7 * eta + 13 * e2) * V * V * V + (21 - 23 * eta - 27 * e2) / 8 * u * V * V
         + eta / 4 * (1 - 15 * eta) * u * V * W - 3 / 8.L * eta * (1 - 3 * eta) * u * W * W
         + (14 - 55 * eta + 4 * e2) / 8 * u * u * V + (4 + 69 * eta + 12 * e2) / 8 * u * u * W
         - (2 + 15 * eta) / 4 * u * u * u;
  E[3] = 7 / 128.L * (5 - 59 * eta + 238 * e2 - 323 * e3) * V * V * V * V
         + (55 - 215 * eta + 116 * e2 + 325 * e3) / 16 * u * V * V * V
         - 3 / 16.L * eta * (7 + 25 * eta - 125 * e2) * u * V * V * W
         - 3 / 16.L * eta * (3 - 28 * eta + 55 * e2) * u * V * W * W
         + 5 / 16.L * eta * (1 - 5 * eta + 5 * e2) * u * W * W * W
         + (135 - 194 * eta + 406 * e2 - 108 * e3) / 16 * u * u * V * V
         + (12 + 248 * eta - 815 * e2 - 324 * e3) / 16 * u * u * V * W
         - eta / 48 * (731 - 492 * eta - 288 * e2) * u * u * W * W
         + (1.25L + (41 / 64.L * pi2 - 6747 / 280.L) * eta - 5.25L * e2 + 0.5L * e3) * u * u * u * V
         + (1.5L + (2321 / 280.L - 123 / 64.L * pi2) * eta + 12.75L * e2 + 3.5L * e3) * u * u * u * W
         + (3 / 8.L + 18469 / 840.L * eta) * u * u * u * u;
  J[0] = 1;
  J[1] = (1 - 3 * eta) / 2 * V + (3 + eta) * u;
  J[2] = 3 / 8.L * (1 - 7 * eta + 13 * e2) * V * V + (7 - 10 * eta - 9 * e2) / 2 * u * V
         - eta / 2 * (2 + 5 * eta) * u * W + (14 - 41 * eta + 4 * e2) / 4 * u * u;
  J[3] = (5 - 59 * eta + 238 * e2 - 323 * e3) / 16 * V * V * V
         + (33 - 142 * eta + 106 * e2 + 195 * e3) / 8 * u * V * V - eta / 4 * (12 - 7 * eta - 75 * e2) * u * V * W
         + 3 / 8.L * eta * (2 - 2 * eta - 11 * e2) * u * W * W
         + (135 - 322 * eta + 315 * e2 - 108 * e3) / 12 * u * u * V
         + (12 - 287 * eta - 951 * e2 - 324 * e3) / 24 * u * u * W
         + (2.5L + (41 / 32.L * pi2 - 5199 / 280.L) * eta - 7 * e2 + e3) * u * u * u;
}

/* Total derivatives that make the balance of J hold at each instant, times x cross v; 2.5 and 3.5PN. */
static void schott_J (real u, real V, real w, real eta, real out[2])
{
  const real w3 = w * w * w;
  out[0] = -1.6L * eta * u * u * w;
  out[1] = eta * (-64 / 3.L * u * u * w * V + 136 / 105.L * u * u * u * w + 878 / 35.L * u * u * w3)
           + eta * eta * (88 / 105.L * u * u * w * V + 1352 / 105.L * u * u * u * w - 144 / 35.L * u * u * w3);
}

/* Angular momentum radiated per time, per mu and times x cross v. */
static real torque (real GM, real u, real V, real w, real eta, real c)
{
  const real W = w * w;
  const real more = (307 / 84.L - 137 / 21.L * eta) * V * V - (37 / 7.L - 277 / 14.L * eta) * V * W
                    + (95 / 28.L - 90 / 7.L * eta) * W * W - (58 / 21.L + 95 / 21.L * eta) * u * V
                    + (62 / 7.L + 197 / 42.L * eta) * u * W - (745 / 42.L - eta / 21) * u * u;
  return 1.6L * eta / powl (c, 5) * u * u * u / GM * (2 * V - 3 * W + 2 * u + more / (c * c));
}

/* J/mu along z, through the orders of `terms`, of the relative state (planar). */
static real J_of (const struct relative_problem *p, const real x[3], const real v[3])
{
  static const unsigned bit[4] = { 0, AREG_PN1, AREG_PN2, AREG_PN3 };
  const real M = p->m1 + p->m2, r = sqrtl (relative_dot (x, x)), eta = p->m1 * p->m2 / (M * M), h = 1 / (p->c * p->c);
  real E[4], J[4], S[2], sum = 0, power = 1;
  conserved (p->G * M / r, relative_dot (v, v), relative_dot (x, v) / r, eta, E, J);
  schott_J (p->G * M / r, relative_dot (v, v), relative_dot (x, v) / r, eta, S);
  for (int k = 0; k < 4; k++, power *= h)
    sum += k == 0 || (p->terms & bit[k]) ? J[k] * power : 0;
  sum += p->terms & AREG_PN25 ? S[0] * h * h / p->c : 0;
  sum += p->terms & AREG_PN35 ? S[1] * h * h * h / p->c : 0;
  return sum * (x[0] * v[1] - x[1] * v[0]);
}

/* dJ/dt + torque of the library's forces at a generic state; c < 0 turns the sign of odd orders. */
static double J_residual (unsigned terms, double c)
{
  static const double weight[5] = { 0, 4. / 5, -1. / 5, 4. / 105, -1. / 280 };
  const struct relative_problem p = { .G = 1.3L, .c = c, .m1 = 1, .m2 = 0.45L, .terms = terms };
  const struct relative_state y = { .x = { 0.86L, -0.83L, 0 }, .v = { 0.64L, 0.6L, 0 } };
  struct areg_body b[2];
  double a[2][3] = { { 0 } }, x[1][3], v[2][3], scratch[32], out = 0;
  const double m[2] = { 1, 0.45 }, h = 2e-3;
  bodies_of (&p, &y, b);
  for (int k = 0; k < 3; k++) {
    x[0][k] = (double) y.x[k];
    v[0][k] = b[0].v[k];
    v[1][k] = b[1].v[k];
  }
  const struct pn_system s = { .G = 1.3, .c = c, .terms = terms, .n = 2, .m = m, .v = (const double (*)[3]) v,
                               .separation = (const double (*)[3]) x };
  areg_pn_accelerations (&s, scratch, a, NULL);
  const real M = p.m1 + p.m2, r = sqrtl (relative_dot (y.x, y.x));
  for (int step = -4; step <= 4; step++) {
    real at[3], to[3];
    for (int k = 0; k < 3; k++) {
      const real pull = -p.G * M / (r * r * r) * y.x[k] + a[0][k] - a[1][k];
      at[k] = y.x[k] + step * h * y.v[k];
      to[k] = y.v[k] + step * h * pull;
    }
    out += step ? (step > 0 ? 1 : -1) * weight[abs (step)] * (double) J_of (&p, at, to) / h : 0;
  }
  if (terms & AREG_PN25)
    out += (double) (torque (p.G * M, p.G * M / r, relative_dot (y.v, y.v), relative_dot (y.x, y.v) / r,
                             p.m1 * p.m2 / (M * M), p.c) * (y.x[0] * y.v[1] - y.x[1] * y.v[0]));
  return out;
}

/* Angular momentum is conserved through each order to the next; with radiation its balance with the flux holds at
 * each instant, through 3.5PN: the conservative rest falls as c^-8, the dissipative one as c^-9. Tolerances: the
 * order after that at these c; c no larger, or rounding shows. */
static void angular_momentum (void **state)
{
  (void) state;
  static const unsigned terms[3] = { AREG_PN1, AREG_PN1 | AREG_PN2, AREG_PN1 | AREG_PN2 | AREG_PN3 };
  static const double c[3] = { 24, 24, 14 }, expected[3] = { 16, 64, 256 };
  for (int k = 0; k < 3; k++) {
    const double ratio = J_residual (terms[k], c[k]) / J_residual (terms[k], 2 * c[k]);
    print_message ("dJ/dt through %dPN: x %.2f for twice c\n", k + 1, ratio);
    assert_true (fabs (ratio / expected[k] - 1) < 0.1);
  }
  double even[2], odd[2];
  for (int k = 0; k < 2; k++) {
    const double at = k ? 14 : 7, plus = J_residual (31, at), minus = J_residual (31, -at);
    even[k] = 0.5 * (plus + minus);
    odd[k] = 0.5 * (plus - minus);
  }
  print_message ("balance of J: even x %.1f, odd x %.1f\n", even[0] / even[1], odd[0] / odd[1]);
  assert_true (fabs (even[0] / even[1] / 256 - 1) < 0.2 && fabs (odd[0] / odd[1] / 512 - 1) < 0.2);
}

/* ---- periapsis advance ---- */

/* Brings the system to a periapsis near now: zero of x.v by Newton's method. The angle there. */
static double to_periapsis (struct areg *s, real GM)
{
  struct relative_state y;
  for (int round = 0; round < 6; round++) {
    relative_now (s, &y);
    const real r = sqrtl (relative_dot (y.x, y.x)), xv = relative_dot (y.x, y.v);
    const real rate = relative_dot (y.v, y.v) - GM / r;
    if (fabsl (xv) < 1e-15L * r * r)
      break;
    assert_int_equal (areg_advance (s, areg_time (s) - (double) (xv / rate)), AREG_OK);
  }
  return atan2 ((double) y.x[1], (double) y.x[0]);
}

/* K = Phi/2 pi through the orders of `terms`, from E and h = J/(mu G M) (Damour, Jaranowski & Schaefer 2000). */
static double advance_expected (const struct relative_problem *p, const struct relative_state *y, int orders)
{
  const real M = p->m1 + p->m2, r = sqrtl (relative_dot (y->x, y->x)), eta = p->m1 * p->m2 / (M * M);
  const real eps = 1 / (p->c * p->c), pi2 = 9.8696044010893586188344909998761511L;
  real E[4], J[4], e = 0, j = 0, power = 1;
  conserved (p->G * M / r, relative_dot (y->v, y->v), relative_dot (y->x, y->v) / r, eta, E, J);
  for (int k = 0; k <= orders; k++, power *= eps) {
    e += E[k] * power;
    j += J[k] * power;
  }
  const real h = j * (y->x[0] * y->v[1] - y->x[1] * y->v[0]) / (p->G * M), h2 = h * h;
  real sum = 1;
  if (orders >= 2)
    sum += eps * (1.25L * (7 - 2 * eta) / h2 + 0.5L * (5 - 2 * eta) * e);
  if (orders >= 3)
    sum += eps * eps * (2.5L * (38.5L + (41 / 64.L * pi2 - 125 / 3.L) * eta + 1.75L * eta * eta) / (h2 * h2)
                        + (52.5L + (41 / 64.L * pi2 - 218 / 3.L) * eta + 7.5L * eta * eta) * e / h2
                        + 0.25L * (5 - 5 * eta + 4 * eta * eta) * e * e);
  return (double) (1 + 3 * eps / h2 * sum);
}

/* Measured over five radial periods. */
static double advance_residual (unsigned terms, int orders, double c)
{
  const struct relative_problem p = { .G = 1, .c = c, .m1 = 0.7L, .m2 = 0.3L, .terms = terms };
  const struct relative_state y = { .x = { 0.5L, 0, 0 }, .v = { 0, 1.7320508075688772L, 0 } }; /* e = 0.5, a = 1 */
  struct areg *s = system_of (&p, &y);
  const double first = to_periapsis (s, 1);
  double last = first, total = 0;
  for (int k = 0; k < 5; k++) {
    struct relative_state now;
    double step = 4; /* past the apoapsis, then on until the holes recede again */
    do {
      assert_int_equal (areg_advance (s, areg_time (s) + step), AREG_OK);
      relative_now (s, &now);
      step = 0.05;
    } while (relative_dot (now.x, now.v) < 0);
    last = to_periapsis (s, 1);
  }
  total = last - first + (last < first ? 2 * M_PI : 0);
  areg_free (&s);
  return total / (2 * M_PI * 5) - (advance_expected (&p, &y, orders) - 1);
}

/* Through each order the advance is that of the theory up to the next: 2^4, 2^6, 2^8 for twice c. 20 %: the order
 * after that. */
static void periapsis (void **state)
{
  (void) state;
  static const unsigned terms[3] = { AREG_PN1, AREG_PN1 | AREG_PN2, AREG_PN1 | AREG_PN2 | AREG_PN3 };
  static const double c[3] = { 40, 30, 16 }, expected[3] = { 16, 64, 256 };
  for (int k = 0; k < 3; k++) {
    const double near = advance_residual (terms[k], k + 1, c[k]), far = advance_residual (terms[k], k + 1, 2 * c[k]);
    print_message ("periapsis advance through %dPN: rest %.2e, x %.2f for twice c\n", k + 1, near, near / far);
    assert_true (fabs (near / far / expected[k] - 1) < 0.2);
  }
}

/* ---- switches ---- */

/* Every set of terms, as KETJU's words name them: equal holes that spin move by these terms and no others. 1e-10: an
 * orbit at 1e-13 a step; the smallest term, 3.5PN, moves them by 1e-6. */
static void switches (void **state)
{
  (void) state;
  static const char letters[] = "24567sc";
  const struct relative_state start = { .x = { 1, 0, 0.1L }, .v = { 0.1L, 1.3L, 0 },
                                        .S = { { 0.04L, 0, 0.05L }, { -0.03L, 0.06L, 0 } } };
  double least = 1;
  static struct relative_state of[129];
  for (unsigned set = 0; set < 129; set++) {
    char words[16] = "";
    unsigned terms;
    for (int k = 0, n = 0; k < 7; k++)
      if (set & (1u << k))
        words[n++] = letters[k];
    const char *said = set == 0 ? "none" : set == 127 ? "all" : set == 128 ? "no_spin" : words;
    assert_int_equal (pn_terms_parse (said, &terms), 0);
    assert_int_equal (terms, set == 128 ? AREG_PN_NO_SPIN : (int) set);
    const struct relative_problem p = { .G = 1, .c = 12, .m1 = 1, .m2 = 1,
                                        .terms = (terms & 31) | (terms & AREG_PN_SPIN ? RELATIVE_SPINS : 0) };
    struct relative_state want = start, *got = &of[set];
    struct areg_body b[2];
    struct areg_options o = test_options (1e-13, 12, 0, (int) terms);
    struct areg *s = NULL;
    o.merge_radius = 0;
    bodies_of (&p, &start, b);
    assert_int_equal (areg_create (&o, NULL, 2, &s), AREG_OK);
    assert_int_equal (areg_load (s, 0, b, 2), AREG_OK);
    assert_int_equal (areg_advance (s, 3), AREG_OK);
    relative_now (s, got);
    areg_free (&s);
    relative_advance (&p, &want, 3);
    assert_true (apart (got, &want) < 1e-10);
    for (int i = 0; i < 2; i++)
      for (int k = 0; k < 3; k++)
        assert_true (fabsl (got->S[i][k] - want.S[i][k]) < 1e-12L
                     && ((terms & AREG_PN_SPIN) || got->S[i][k] == (real) (double) start.S[i][k]));
    for (unsigned bit = 1; bit < 64; bit *= 2)
      if (set < 64 && (set & bit))
        least = fmin (least, apart (got, &of[set ^ bit]));
  }
  print_message ("129 sets of terms; one term more or less moves the holes by %.1e at least\n", least);
  assert_true (least > 1e-7);
}

int main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (trajectories), cmocka_unit_test (switches),
                                      cmocka_unit_test (angular_momentum), cmocka_unit_test (periapsis) };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
