/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that what must not matter does not, in a system in which everything happens: three spinning holes with all
 * post-Newtonian terms, two of which merge with a kick, stars softened among each other, one of them disrupted, one
 * captured. Order of bodies, and units whose ratios are powers of two: the same bits of bodies, records and counts.
 * Other units, other directions of the axes, another origin: what one rounding of the input makes. Another frame's
 * velocity: the same Newtonian orbits, and with post-Newtonian terms those of special relativity.
 */
#include "areg_test.h"

#include <stdio.h>

enum { N = 9, LEFT = 6 };
static const double span = 12, light = 10;

/* The state after the end, with all that is told of the way there. */
struct outcome
{
  struct areg_body b[N]; /* in order of id */
  struct areg_merger m[2];
  struct areg_event e[2];
  struct areg_statistics count;
  int n, n_mergers, n_events;
};

/* Two holes that spiral together, a third one 9 away with a star that falls on it and one that is swallowed by it. */
static void cast (struct areg_body b[N])
{
  b[0] = test_body (20, 1.25, 0.19, 0, 0, 0, 0.70, 0.02, AREG_HOLE);
  b[1] = test_body (12, 0.75, -0.31, 0.01, 0, 0, -1.16, 0, AREG_HOLE);
  b[2] = test_body (31, 0.5, 0, 9, 0, -0.51, 0.02, 0.05, AREG_HOLE);
  b[3] = test_body (3, 1e-4, 0.6, 9, 0.1, -0.56, 0.02, 0.05, AREG_STAR);
  b[4] = test_body (4, 1e-4, 0, 8, 0.01, -0.51, 0.02, 0.05, AREG_STAR);
  b[5] = test_body (6, 1e-4, 4, 1, 0, 0.1, 0.6, 0.1, AREG_STAR);
  b[6] = test_body (7, 2e-4, -3, 2, -1, 0.3, 0.5, -0.4, AREG_STAR);
  b[7] = test_body (8, 1e-4, -2, -3, 1.5, 0.5, -0.4, 0.1, AREG_STAR);
  b[8] = test_body (9, 3e-4, 1, -5, 0.5, -0.6, -0.1, 0.2, AREG_STAR);
  b[3].radius = 0.1 * cbrt (1e-4 / 0.5);
  b[4].radius = 1e-6;
  /* |chi| is 0.7, 0.7, 0.6 */
  const double spin[3][3] = { { 0.03, -0.04, 0.1 }, { 0.02, 0.03, -0.02 }, { 0, 0.01, 0.01 } };
  for (int i = 0; i < 3; i++)
    memcpy (b[i].spin, spin[i], sizeof spin[i]);
}

static struct areg_options rules (int pn)
{
  struct areg_options o = test_options (1e-11, light, 0.1, pn);
  o.kicks = 1;
  o.tidal_factor = 1;
  o.capture_radius = 4;
  return o;
}

static int by_id (const void *a, const void *b)
{
  const struct areg_body *p = a, *q = b;
  return (p->id > q->id) - (p->id < q->id);
}

static void go (const struct areg_options *o, const struct areg_body b[N], const double (*low)[3], double t_end,
                struct outcome *out)
{
  struct areg *s = NULL;
  const struct areg_merger *m;
  const struct areg_event *e;
  memset (out, 0, sizeof *out);
  assert_int_equal (areg_create (o, NULL, N, &s), AREG_OK);
  assert_int_equal (areg_load_split (s, 0, b, low, N), AREG_OK);
  assert_int_equal (areg_advance (s, t_end), AREG_OK);
  out->n = areg_count (s);
  areg_bodies (s, out->b);
  qsort (out->b, (size_t) out->n, sizeof *out->b, by_id);
  out->n_mergers = areg_mergers (s, &m);
  out->n_events = areg_events (s, &e);
  assert_true (out->n_mergers <= 2 && out->n_events <= 2);
  memcpy (out->m, m, (size_t) out->n_mergers * sizeof *m);
  memcpy (out->e, e, (size_t) out->n_events * sizeof *e);
  areg_statistics_now (s, &out->count);
  areg_free (&s);
}

/* Units: x in the given system is `length` x' here, and so on. */
struct scale { double length, velocity, mass; };

static void scale_vector (double *x, double by)
{
  for (int k = 0; k < 3; k++)
    x[k] *= by;
}

static void scale_body (struct areg_body *b, struct scale u)
{
  b->m *= u.mass;
  b->radius *= u.length;
  scale_vector (b->x, u.length);
  scale_vector (b->v, u.velocity);
  scale_vector (b->spin, u.mass * u.length * u.velocity);
}

static void scale_merger (struct areg_merger *m, struct scale u)
{
  const double spin = u.mass * u.length * u.velocity;
  m->t *= u.length / u.velocity;
  m->m1 *= u.mass;
  m->m2 *= u.mass;
  m->m_remnant *= u.mass;
  scale_vector (m->spin1, spin);
  scale_vector (m->spin2, spin);
  scale_vector (m->spin_remnant, spin);
  scale_vector (m->x, u.length);
  scale_vector (m->v, u.velocity);
  m->separation *= u.length;
  m->relative_speed *= u.velocity;
  m->semi_major_axis *= u.length;
  scale_vector (m->kick, u.velocity);
  m->kick_speed *= u.velocity;
}

static void scale_event (struct areg_event *e, struct scale u)
{
  e->t *= u.length / u.velocity;
  e->m_hole *= u.mass;
  e->m_star *= u.mass;
  e->m_accreted *= u.mass;
  scale_vector (e->x, u.length);
  scale_vector (e->v, u.velocity);
  e->radius *= u.length;
  e->separation *= u.length;
  e->relative_speed *= u.velocity;
  e->semi_major_axis *= u.length;
  e->pericentre *= u.length;
  e->energy_change *= u.mass * u.velocity * u.velocity;
}

static void scale_outcome (struct outcome *o, struct scale u)
{
  for (int i = 0; i < o->n; i++)
    scale_body (&o->b[i], u);
  for (int i = 0; i < o->n_mergers; i++)
    scale_merger (&o->m[i], u);
  for (int i = 0; i < o->n_events; i++)
    scale_event (&o->e[i], u);
  o->count.energy_start *= u.mass * u.velocity * u.velocity;
}

/* The same run in other units, its outcome back in ours. */
static void go_in (struct scale u, const struct areg_body *b, struct outcome *out)
{
  struct areg_body c[N];
  struct areg_options o = rules (AREG_PN_ALL);
  o.G = u.velocity * u.velocity * u.length / u.mass;
  o.c *= u.velocity;
  o.star_star_softening *= u.length;
  for (int i = 0; i < N; i++) {
    c[i] = b[i];
    scale_body (&c[i], u);
  }
  go (&o, c, NULL, span * (u.length / u.velocity), out);
  scale_outcome (out, (struct scale) { 1 / u.length, 1 / u.velocity, 1 / u.mass });
}

static void same_bits (const struct outcome *a, const struct outcome *b)
{
  assert_true (a->n == b->n && a->n_mergers == b->n_mergers && a->n_events == b->n_events);
  assert_memory_equal (a->b, b->b, sizeof a->b);
  assert_memory_equal (a->m, b->m, sizeof a->m);
  assert_memory_equal (a->e, b->e, sizeof a->e);
  assert_memory_equal (&a->count, &b->count, sizeof a->count);
}

static double vector_distance (const double *a, const double *b)
{
  double d = 0;
  for (int k = 0; k < 3; k++)
    d = fmax (d, fabs (a[k] - b[k]));
  return d;
}

/* Largest difference of anything, all of which is of order one or less. */
static double distance (const struct outcome *a, const struct outcome *b)
{
  double d = 0;
  assert_true (a->n == b->n && a->n_mergers == b->n_mergers && a->n_events == b->n_events);
  for (int i = 0; i < a->n; i++) {
    const struct areg_body *p = &a->b[i], *q = &b->b[i];
    assert_true (p->id == q->id && p->kind == q->kind);
    d = fmax (d, fmax (vector_distance (p->x, q->x), vector_distance (p->v, q->v)));
    d = fmax (d, fmax (vector_distance (p->spin, q->spin), fabs (p->m - q->m)));
  }
  for (int i = 0; i < a->n_mergers; i++) {
    const struct areg_merger *p = &a->m[i], *q = &b->m[i];
    assert_true (p->id1 == q->id1 && p->id2 == q->id2);
    d = fmax (d, fmax (fabs (p->t - q->t), vector_distance (p->x, q->x)));
    d = fmax (d, fmax (vector_distance (p->kick, q->kick), vector_distance (p->spin_remnant, q->spin_remnant)));
    d = fmax (d, fmax (fabs (p->chi_effective - q->chi_effective), vector_distance (p->normal, q->normal)));
    d = fmax (d, fmax (fabs (p->chi_remnant - q->chi_remnant), fabs (p->m_remnant - q->m_remnant)));
  }
  for (int i = 0; i < a->n_events; i++) {
    const struct areg_event *p = &a->e[i], *q = &b->e[i];
    assert_true (p->id_star == q->id_star && p->kind == q->kind);
    d = fmax (d, fmax (fabs (p->t - q->t), vector_distance (p->x, q->x)));
    d = fmax (d, fmax (fabs (p->pericentre - q->pericentre), fabs (p->energy_change - q->energy_change)));
  }
  return d;
}

static struct outcome plain; /* of the cast as it stands */
static double rounding;       /* what a rounding of its numbers grows to */

/* What a rounding of the input grows to: the largest of some runs with every number moved by as much. */
static double rounding_grown (void)
{
  double worst = 0;
  uint64_t seed = 4;
  for (int trial = 0; trial < 6; trial++) {
    struct areg_body b[N];
    struct outcome out;
    const struct areg_options o = rules (AREG_PN_ALL);
    cast (b);
    for (int i = 0; i < N; i++)
      for (int k = 0; k < 3; k++) {
        b[i].x[k] *= 1 + 0x1p-52 * (2 * test_random (&seed) - 1);
        b[i].v[k] *= 1 + 0x1p-52 * (2 * test_random (&seed) - 1);
        b[i].spin[k] *= 1 + 0x1p-52 * (2 * test_random (&seed) - 1);
      }
    go (&o, b, NULL, span, &out);
    worst = fmax (worst, distance (&plain, &out));
  }
  return worst;
}

static int setup (void **state)
{
  (void) state;
  struct areg_body b[N];
  const struct areg_options o = rules (AREG_PN_ALL);
  cast (b);
  go (&o, b, NULL, span, &plain);
  for (int i = 0; i < plain.n_mergers; i++)
    print_message ("merger at %g, kick %g\n", plain.m[i].t, plain.m[i].kick_speed);
  for (int i = 0; i < plain.n_events; i++)
    print_message ("event %d at %g\n", plain.e[i].kind, plain.e[i].t);
  rounding = rounding_grown ();
  print_message ("a rounding grows to %.1e\n", rounding);
  return plain.n != LEFT || plain.n_mergers != 1 || plain.n_events != 2 || !(plain.m[0].kick_speed > 1e-4)
         || plain.e[0].kind == plain.e[1].kind
         || rounding > 1e-6;
}

/* Every cyclic and some other orders of the bodies, and any of them twice. */
static void order_of_bodies (void **state)
{
  (void) state;
  const struct areg_options o = rules (AREG_PN_ALL);
  for (int k = 0; k < 2 * N; k++) {
    struct areg_body b[N], c[N];
    struct outcome out;
    cast (b);
    for (int i = 0; i < N; i++)
      c[k < N ? (i + k) % N : (N - 1) - (2 * i + k) % N] = b[i]; /* 2 and 9 have no factor in common */
    go (&o, c, NULL, span, &out);
    same_bits (&plain, &out);
  }
}

/* Factors of two, odd and even powers of them, small and large: not a bit differs when they are taken back. */
static void units_of_two (void **state)
{
  (void) state;
  static const int power[][3] = { { 1, 0, 0 },    { 0, 1, 0 },       { 0, 0, 1 },         { -1, -1, -1 },
                                  { 61, 13, 33 }, { -61, -30, 90 },  { 200, 100, -150 } };
  for (size_t k = 0; k < sizeof power / sizeof *power; k++) {
    struct areg_body b[N];
    struct outcome out;
    cast (b);
    go_in ((struct scale) { ldexp (1, power[k][0]), ldexp (1, power[k][1]), ldexp (1, power[k][2]) }, b, &out);
    same_bits (&plain, &out);
  }
}

/* Metres and kilograms for parsecs and solar masses; and units near one. Numbers are rounded on the way, which moves
 * step sizes, and with them the instants at which mergers are noticed. */
static void other_units (void **state)
{
  (void) state;
  static const struct scale unit[]
    = { { 3.0856776e16, 977.8, 1.98892e30 }, { 1.3, 1, 1 }, { 1, 0.7, 1 }, { 1, 1, 2.9 } };
  for (size_t k = 0; k < sizeof unit / sizeof *unit; k++) {
    struct areg_body b[N];
    struct outcome out;
    cast (b);
    go_in (unit[k], b, &out);
    print_message ("units: off %.1e, a rounding grows to %.1e\n", distance (&plain, &out), rounding);
    assert_true (distance (&plain, &out) < 5 * rounding);
  }
}

static void turn_vector (double x[3])
{
  const double first = x[0];
  x[0] = x[1];
  x[1] = x[2];
  x[2] = first;
}

static void turn (struct outcome *o)
{
  for (int i = 0; i < o->n; i++) {
    turn_vector (o->b[i].x);
    turn_vector (o->b[i].v);
    turn_vector (o->b[i].spin);
  }
  for (int i = 0; i < o->n_mergers; i++) {
    turn_vector (o->m[i].x);
    turn_vector (o->m[i].kick);
    turn_vector (o->m[i].normal);
    turn_vector (o->m[i].spin_remnant);
  }
  for (int i = 0; i < o->n_events; i++)
    turn_vector (o->e[i].x);
}

/* Axes renamed: sums of three squares are added up in another order. */
static void turned_axes (void **state)
{
  (void) state;
  const struct areg_options o = rules (AREG_PN_ALL);
  struct outcome out;
  struct areg_body b[N];
  cast (b);
  for (int i = 0; i < N; i++) {
    turn_vector (b[i].x);
    turn_vector (b[i].v);
    turn_vector (b[i].spin);
  }
  go (&o, b, NULL, span, &out);
  for (int twice = 0; twice < 2; twice++) /* three times is none */
    turn (&out);
  print_message ("axes: off %.1e\n", distance (&plain, &out));
  assert_true (distance (&plain, &out) < 5 * rounding);
}

static void add (double x[3], const double d[3], double by)
{
  for (int k = 0; k < 3; k++)
    x[k] += by * d[k];
}

/* Takes a shift and a velocity of the frame out. */
static void frame_back (struct outcome *o, const double d[3], const double v[3])
{
  for (int i = 0; i < o->n; i++) {
    add (o->b[i].x, d, -1);
    add (o->b[i].x, v, -span);
    add (o->b[i].v, v, -1);
  }
  for (int i = 0; i < o->n_mergers; i++) {
    add (o->m[i].x, d, -1);
    add (o->m[i].x, v, -o->m[i].t);
  }
  for (int i = 0; i < o->n_events; i++) {
    add (o->e[i].x, d, -1);
    add (o->e[i].x, v, -o->e[i].t);
  }
}

/* Another origin, far away: positions in two parts lose nothing but the rounding of what is told. */
static void shifted_origin (void **state)
{
  (void) state;
  static const double d[3] = { 1024, -2048, 512 }, still[3];
  const struct areg_options o = rules (AREG_PN_ALL);
  struct outcome out;
  struct areg_body b[N];
  double low[N][3];
  cast (b);
  for (int i = 0; i < N; i++)
    for (int k = 0; k < 3; k++) {
      const double x = b[i].x[k];
      b[i].x[k] += d[k];
      low[i][k] = x - (b[i].x[k] - d[k]); /* exact, as d is a power of two and larger */
    }
  go (&o, b, low, span, &out);
  frame_back (&out, d, still);
  print_message ("origin: off %.1e\n", distance (&plain, &out));
  assert_true (distance (&plain, &out) < 5 * rounding + 0x1p-41); /* half of the last digit of 2048 */
}

/* Another frame's velocity, a hundred times that of the orbits: Newtonian motion, mergers and ends of stars are the
 * same. Velocities lose seven digits to the frame's. */
static void boosted_newton (void **state)
{
  (void) state;
  static const double d[3] = { 0, 0, 0 }, v[3] = { 128, -64, 32 };
  const struct areg_options o = rules (AREG_PN_NONE);
  struct outcome rest, moving;
  struct areg_body b[N];
  cast (b);
  for (int i = 0; i < N; i++)
    for (int k = 0; k < 3; k++)
      b[i].v[k] = (b[i].v[k] + v[k]) - v[k]; /* what the moving frame can tell */
  go (&o, b, NULL, span, &rest);
  for (int i = 0; i < N; i++)
    add (b[i].v, v, 1);
  go (&o, b, NULL, span, &moving);
  frame_back (&moving, d, v);
  print_message ("Newton in a moving frame: off %.1e\n", distance (&rest, &moving));
  assert_true (rest.n_mergers == 1 && rest.n_events == 2);
  assert_true (distance (&rest, &moving) < 5 * rounding + 0x1p-41); /* positions of 1500 at the end */
  assert_true (fabs (rest.count.energy_start / moving.count.energy_start - 1) < 1e-14);
}

/* ---- special relativity ---- */

enum { MOST = 3 };
struct orbits { int n, terms; double c; struct areg_body b[MOST]; };

/* Body i of a resting system at its own time t. */
static struct areg_body body_at (const struct orbits *o, int i, double t)
{
  struct areg_body b[MOST];
  struct areg_options rule = test_options (1e-13, o->c, 0, o->terms);
  struct areg *s = NULL;
  rule.merge_radius = 0;
  assert_int_equal (areg_create (&rule, NULL, o->n, &s), AREG_OK);
  assert_int_equal (areg_load (s, 0, o->b, o->n), AREG_OK);
  assert_int_equal (areg_advance (s, t), AREG_OK);
  areg_bodies (s, b);
  areg_free (&s);
  return b[i];
}

/* The system as a frame sees it at its time 0 in which it flies along x with V: each body at a time of its own. */
static struct orbits seen_moving (const struct orbits *rest, double V)
{
  const double c2 = rest->c * rest->c, gamma = 1 / sqrt (1 - V * V / c2);
  struct orbits out = *rest;
  for (int i = 0; i < rest->n; i++) {
    struct areg_body b = rest->b[i];
    for (int turns = 0; turns < 6; turns++) /* t = -V x (t) / c^2; each turn wins a factor of c^2 / (V v) */
      b = body_at (rest, i, -V * b.x[0] / c2);
    const double f = 1 + V * b.v[0] / c2;
    out.b[i].x[0] = b.x[0] / gamma;
    out.b[i].v[0] = (b.v[0] + V) / f;
    for (int k = 1; k < 3; k++) {
      out.b[i].x[k] = b.x[k];
      out.b[i].v[k] = b.v[k] / (gamma * f);
    }
  }
  return out;
}

/* How far the bodies are from where a Lorentz transformation (or, in its place, Galilei's) of the resting system puts
 * them at the time T of the moving one. */
static double relativity_broken (const struct orbits *rest, double V, double T, double *galilei)
{
  const double c2 = rest->c * rest->c, gamma = 1 / sqrt (1 - V * V / c2);
  const struct orbits moving = seen_moving (rest, V);
  double worst = 0;
  *galilei = 0;
  for (int i = 0; i < rest->n; i++) {
    const struct areg_body b = body_at (&moving, i, T), same = body_at (rest, i, T);
    const struct areg_body own = body_at (rest, i, gamma * (T - V * b.x[0] / c2));
    const double x[3] = { gamma * (b.x[0] - V * T), b.x[1], b.x[2] }, y[3] = { b.x[0] - V * T, b.x[1], b.x[2] };
    worst = fmax (worst, vector_distance (x, own.x));
    *galilei = fmax (*galilei, vector_distance (y, same.x));
  }
  return worst;
}

/* Post-Newtonian orbits in a moving frame: they keep to special relativity, but for the first order left out. Orbits
 * at 1 and a frame at 1 of c = 30, ten units of time: an order is worth a factor of v^2/c^2 = 1e-3 to 4e-3 times its
 * coefficients, which for 2PN are large. With three bodies 2PN lacks their cross terms, and wins less. */
static void boosted_relativity (void **state)
{
  (void) state;
  enum { ORDERS = 5 };
  static const int terms[ORDERS] = { AREG_PN_NONE, AREG_PN1 | AREG_PN_CROSS, AREG_PN1 | AREG_PN2 | AREG_PN_CROSS,
                                     AREG_PN1 | AREG_PN2 | AREG_PN3 | AREG_PN_CROSS, AREG_PN_NO_SPIN };
  struct orbits o = { .n = 2, .c = 30 };
  o.b[0] = test_body (1, 1, 0.3, 0, 0, 0, 0.35, 0.1, AREG_HOLE);
  o.b[1] = test_body (2, 0.5, -0.6, 0, 0, 0, -0.7, -0.2, AREG_HOLE);
  o.b[2] = test_body (3, 0.4, 0, 5, 1, -0.5, 0, 0, AREG_HOLE);
  for (o.n = 2; o.n <= MOST; o.n++) {
    double off[ORDERS], galilei = 0;
    for (int k = 0; k < ORDERS; k++) {
      o.terms = terms[k];
      off[k] = relativity_broken (&o, 1, 10, &galilei);
      print_message ("%d bodies, terms %d: off %.1e, by Galilei %.1e\n", o.n, o.terms, off[k], galilei);
    }
    assert_true (galilei > 1e-3 && off[0] > 1e-2); /* or there is nothing to see */
    assert_true (off[1] < off[0] / 100);
    assert_true (off[2] < off[1] / 5);
    if (o.n == 2)
      assert_true (off[3] < off[2] / 25 && off[4] < 2 * off[3]);
  }
}

int main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (order_of_bodies),  cmocka_unit_test (units_of_two),
                                      cmocka_unit_test (other_units),      cmocka_unit_test (turned_axes),
                                      cmocka_unit_test (shifted_origin),   cmocka_unit_test (boosted_newton),
                                      cmocka_unit_test (boosted_relativity) };
  return cmocka_run_group_tests (tests, setup, NULL);
}
