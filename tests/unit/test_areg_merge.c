/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that when a body is taken out of the tree nobody else moves: all differences of others keep the digits of
 * both their parts, the remnant moves as it is told, the centre of mass follows, and the books balance. Every hole
 * with every other body, wherever they stand in the tree.
 */
#include "areg_test.h"
#include "areg/areg_impl.h"

#include <stdio.h>

enum { N = 10, HOLES = 5 };
typedef long double real;

/* What a state says of a body. */
struct seen
{
  real x[3], v[3], spin[3]; /* x and v relative to the root */
  double m, mu, radius;
  uint64_t id;
  int kind, index;
};

struct sight { struct seen body[N]; real com[6], mean[6]; int n; };

static real link_of (const struct areg_state *st, int b, int c)
{
  const int at = Y_LINKS + c * st->s.stride + b;
  return (real) st->hi[at] + st->lo[at];
}

static void look (const struct areg_state *st, struct sight *out)
{
  real mass = 0;
  memset (out, 0, sizeof *out);
  out->n = st->s.n;
  for (int k = 0; k < st->s.n; k++) {
    const int b = st->walk[k], p = st->parent[b];
    struct seen *s = &out->body[b];
    for (int c = 0; c < 3; c++) {
      s->x[c] = p < 0 ? 0 : out->body[p].x[c] + link_of (st, b, c);
      s->v[c] = p < 0 ? 0 : out->body[p].v[c] + link_of (st, b, c + 3);
      const int at = Y_LINKS + 6 * st->s.stride + 3 * b + c;
      s->spin[c] = b < st->s.n_holes ? (real) st->hi[at] + st->lo[at] : 0;
    }
    s->m = st->m[b];
    s->mu = st->mu[b];
    s->radius = st->radius[b];
    s->id = st->id[b];
    s->kind = st->kind[b];
    s->index = st->index[b];
    mass += s->m;
  }
  for (int c = 0; c < 6; c++) {
    out->com[c] = link_of (st, st->s.root, c);
    for (int b = 0; b < st->s.n; b++)
      out->mean[c] += out->body[b].m * (c < 3 ? out->body[b].x[c] : out->body[b].v[c - 3]) / mass;
  }
}

/* Place (c < 3) or velocity of a body as the centre of mass's straight path sees it. */
static real place (const struct sight *s, const struct seen *b, int c)
{
  return s->com[c] + ((c < 3 ? b->x[c] : b->v[c - 3]) - s->mean[c]);
}

/* Newtonian, about the centre of mass. */
static real energy_of (const struct sight *s)
{
  real E = 0;
  for (int i = 0; i < s->n; i++) {
    const struct seen *a = &s->body[i];
    for (int c = 0; c < 3; c++)
      E += 0.5L * a->m * (a->v[c] - s->mean[c + 3]) * (a->v[c] - s->mean[c + 3]);
    for (int j = 0; j < i; j++) {
      const struct seen *b = &s->body[j];
      real r2 = 0;
      for (int c = 0; c < 3; c++)
        r2 += (a->x[c] - b->x[c]) * (a->x[c] - b->x[c]);
      E -= a->mu * b->m / sqrtl (r2);
    }
  }
  return E;
}

static const struct seen *find (const struct sight *s, uint64_t id)
{
  for (int b = 0; b < s->n; b++)
    if (s->body[b].id == id)
      return &s->body[b];
  return NULL;
}

static void same_body (const struct seen *p, const struct seen *q)
{
  assert_true (p->m == q->m && p->mu == q->mu && p->radius == q->radius && p->kind == q->kind
               && p->index == q->index);
  for (int c = 0; c < 3; c++)
    assert_true (p->spin[c] == q->spin[c]);
}

/* `after` is `before` without `gone`, `stays` moved by d. */
static void compare (const struct sight *before, const struct sight *after, uint64_t stays, uint64_t gone,
                     const double d[6])
{
  assert_true (after->n == before->n - 1 && !find (after, gone) && find (after, stays));
  for (int i = 0; i < after->n; i++) {
    const struct seen *p = &after->body[i], *was = find (before, p->id);
    assert_non_null (was);
    if (p->id != stays)
      same_body (p, was);
    for (int c = 0; c < 6; c++) {
      const real by = p->id == stays ? d[c] : 0;
      /* the centre of mass, of order one, is rounded several times */
      assert_true (fabsl (place (after, p, c) - place (before, was, c) - by) < 2e-15L);
    }
    for (int j = 0; j < i; j++) { /* differences of others keep what only their low parts hold */
      const struct seen *q = &after->body[j], *other = find (before, q->id);
      if (p->id == stays || q->id == stays)
        continue;
      for (int c = 0; c < 6; c++) {
        const real now = c < 3 ? p->x[c] - q->x[c] : p->v[c - 3] - q->v[c - 3];
        const real then = c < 3 ? was->x[c] - other->x[c] : was->v[c - 3] - other->v[c - 3];
        assert_true (fabsl (now - then) < 0x1p-61L); /* of long doubles of order one; low parts are of 2^-56 */
      }
    }
  }
}

static void cast (uint64_t seed, struct areg_body b[N])
{
  for (int i = 0; i < N; i++) {
    double r[9];
    for (int k = 0; k < 9; k++)
      r[k] = 2 * test_random (&seed) - 1;
    b[i] = test_body ((uint64_t) ((7 * i) % N + 1), 0.2 + test_random (&seed), r[0], r[1], r[2], r[3], r[4], r[5],
                      i < HOLES ? AREG_HOLE : AREG_STAR);
    for (int k = 0; k < 3 && i < HOLES; k++)
      b[i].spin[k] = 0.01 * r[6 + k];
    b[i].radius = i < HOLES ? 0 : 0.01 * i;
  }
}

/* Low parts that no computation has made: 2^-56 of the links and spins. */
static void low_parts_fill (struct areg_state *st)
{
  uint64_t seed = 9;
  for (int b = 0; b < st->s.n; b++) {
    if (b != st->s.root)
      for (int c = 0; c < 6; c++) {
        const int at = Y_LINKS + c * st->s.stride + b;
        st->lo[at] = st->hi[at] * 0x1p-55 * (test_random (&seed) - 0.5);
      }
    for (int c = 0; c < 3 && b < st->s.n_holes; c++) {
      const int at = Y_LINKS + 6 * st->s.stride + 3 * b + c;
      st->lo[at] = st->hi[at] * 0x1p-55 * (test_random (&seed) - 0.5);
    }
  }
}

static void join (uint64_t seed, int a, int b)
{
  static const double spin[3] = { 0.25, -0.5, 0.125 };
  struct areg_body bodies[N];
  struct sight before, after;
  double d[6];
  cast (seed, bodies);
  struct areg *s = test_system (1e-10, 0, 0, 0, bodies, N);
  struct areg_state *st = &s->now;
  low_parts_fill (st);
  areg_flow_exact (s, st);
  st->hi[Y_TOTAL] += 0.25; /* books that are off by so much stay off by so much */
  look (st, &before);
  for (int c = 0; c < 6; c++)
    d[c] = 0.1 * (c + 1) - 0.3;
  const uint64_t stays = st->id[a], gone = st->id[b];
  const double mass = 0.75 * (st->m[a] + st->m[b]), G = s->units.G;
  const double change = areg_merge_join (s, st, a, b, mass, spin, d, d + 3);
  look (st, &after);
  compare (&before, &after, stays, gone, d);
  const struct seen *left = find (&after, stays);
  assert_true (left->m == mass && left->mu == G * mass && left->kind == AREG_HOLE);
  for (int c = 0; c < 3; c++)
    assert_true (left->spin[c] == spin[c]);
  const real E = energy_of (&after), was = energy_of (&before);
  assert_true (fabsl (change - (E - was)) < 1e-13L * (fabsl (E) + fabsl (was))); /* round-off of 45 pairs */
  assert_true (fabsl (st->hi[Y_TOTAL] + E) < 1e-13L * fabsl (E));
  assert_true (fabs (st->s.work_offset - 0.25) < 1e-12);
  assert_true (st->s.n == N - 1 && st->s.n_holes == HOLES - (b < HOLES));
  real mass_left = 0;
  for (int i = 0; i < st->s.n; i++)
    mass_left += st->m[i];
  assert_true (fabsl (mass_left - st->s.mass) < 1e-15L * mass_left * N && st->m[N - 1] == 0 && st->mu[N - 1] == 0);
  areg_free (&s);
}

static void anybody (void **state)
{
  (void) state;
  for (uint64_t seed = 1; seed <= 3; seed++)
    for (int a = 0; a < HOLES; a++)
      for (int b = 0; b < N; b++)
        if (b != a)
          join (seed, a, b);
}

/* After it the system goes on, as one of these bodies that is loaded anew. */
static void goes_on (void **state)
{
  (void) state;
  struct areg_body b[N], left[N];
  const double still[3] = { 0 };
  cast (4, b);
  struct areg *s = test_system (1e-13, 0, 0, 0, b, N);
  areg_merge_join (s, &s->now, 1, 7, s->now.m[1] + s->now.m[7], still, still, still);
  areg_bodies (s, b);
  struct areg *t = test_system (1e-13, 0, 0, 0, b, N - 1);
  assert_int_equal (areg_advance (s, 0.3), AREG_OK);
  assert_int_equal (areg_advance (t, 0.3), AREG_OK);
  areg_bodies (s, b);
  areg_bodies (t, left);
  assert_true (test_distance (b, left, N - 1) < 1e-10); /* 1e-13 a step, some steps, growth of encounters */
  for (int i = 0; i < N - 1; i++)
    assert_true (b[i].id == left[i].id && b[i].kind == left[i].kind && b[i].radius == left[i].radius);
  areg_free (&s);
  areg_free (&t);
}

int main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (anybody), cmocka_unit_test (goes_on) };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
