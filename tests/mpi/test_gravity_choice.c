/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that the road of a solve is chosen as choice.c says: what the mesh spares follows its law in the cut, in |a|
 * and in the units; evenly spread bodies take the mesh, clumped ones do not, and forces are those of the road chosen;
 * and all that on any number of ranks alike. The oracle is every rank alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../gravity_fixture.h"
#include "gravity/choice.h"
#include "many_ranks.h"

static struct gravity_options options_with (int mesh)
{
  struct gravity_options o = fixture_options ();

  o.periodic = 1;
  o.mesh = mesh;
  o.split_scale = 1.25 * o.length / mesh;
  o.split_reach = 6;
  o.mesh_from = GRAVITY_CHEAPER;
  return o;
}

/* Bodies id = first, first + step, ... <= n of an even box, or all in one clump of a thousandth of it. */
static void make (struct fixture *s, int64_t n, int clump, int first, int step)
{
  int64_t at = 0;

  fixture_alloc (s, n);
  for (int64_t id = first; id <= n; id += step, at++) {
    s->id[at] = (uint64_t) id;
    s->mass[at] = 1.0 / (double) n;
    s->softening[at] = 1e-3;
    for (uint64_t k = 0; k < 3; k++)
      s->position[at][k] = (uint64_t) (fixture_uniform (3 * (uint64_t) id + k) * (clump ? 0x1p54 : 0x1p64));
  }
  s->n = at;
}

/* What the mesh spares a set whose |a| is a everywhere, but for its own costs. */
static double spared (const struct gravity_options *o, struct fixture *s, double a)
{
  const struct gravity_bodies b = fixture_bodies (s);
  double gain[2];

  for (int k = 0; k < 2; k++) {
    for (int64_t i = 0; i < s->n; i++)
      s->old[i] = k ? INFINITY : (float) a;
    gain[k] = choice_gain (o, &self, &b);
  }
  assert_true (gain[1] < 0); /* all costs and no use */
  return gain[0] - gain[1];
}

/* A law to rounding: gains are differences of numbers a thousand times as large at most, |a| is a float whose powers
 * of two are exact. */
static void expect_law (double x, double law) { assert_true (fabs (x / law - 1) < 1e-11); }

static void test_law (void **state)
{
  struct gravity_options o = options_with (64), other;
  struct fixture s;
  double of_cut[3];

  (void) state;
  make (&s, 40000, 0, 1, 1);
  const double a = 4 * pow (40000, -1.0 / 3) / (o.length * o.length); /* about that of chance in an even box */
  for (int k = 0; k < 3; k++) {
    other = o;
    other.split_reach = sqrt (4 * (k + 1));
    of_cut[k] = spared (&other, &s, a);
  }
  expect_law (log (of_cut[0] / of_cut[2]), 2 * log (of_cut[0] / of_cut[1]));
  other.split_reach = 1e-9; /* the whole reach is spared: R^3, R = |a|^(-1/7) for p = 5 */
  expect_law (spared (&other, &s, a) / spared (&other, &s, 128 * a), 8);
  const double here = spared (&o, &s, a);
  other = o;
  other.length *= 16;
  other.split_scale *= 16;
  other.G *= 0.5;
  for (int64_t i = 0; i < s.n; i++)
    s.mass[i] *= 8;
  expect_law (spared (&other, &s, 8 * 0.5 / 256 * a), here);
  fixture_free (&s);
}

/* The mesh's own cost is so much a cell, and no body's old acceleration need be known. */
static void test_cells (void **state)
{
  double gain[3];
  struct fixture s;

  (void) state;
  make (&s, 2000, 0, 1, 1);
  for (int64_t i = 0; i < s.n; i++)
    s.old[i] = INFINITY;
  for (int k = 0; k < 3; k++) {
    const struct gravity_options o = options_with (32 << k);
    const struct gravity_bodies b = fixture_bodies (&s);
    gain[k] = choice_gain (&o, &self, &b);
  }
  expect_law ((gain[2] - gain[1]) / (gain[1] - gain[0]), 8);
  memset (s.old, 0, s.n * sizeof *s.old);
  struct gravity_bodies b = fixture_bodies (&s);
  const struct gravity_options o = options_with (32);
  gain[0] = choice_gain (&o, &self, &b);
  b.acceleration_old = NULL;
  assert_true (isfinite (gain[0]) && choice_gain (&o, &self, &b) == gain[0]);
  fixture_free (&s);
}

static enum status solve_by (struct gravity_options o, const struct comm *comm, struct fixture *s, int64_t from)
{
  o.mesh_from = from;
  return fixture_solve (&o, comm, s);
}

/* The forces of this rank's part of s, by the road that is chosen by all ranks together, are those of `road`. */
static int same_as_road (const struct gravity_options *o, const struct fixture *road, int64_t n, int clump)
{
  struct fixture s;
  int same = 1;

  make (&s, n, clump, 1 + world.rank, world.size);
  for (int64_t i = 0; i < s.n; i++)
    s.old[i] = road->old[s.id[i] - 1];
  const struct gravity_bodies mine = fixture_bodies (&s), all = fixture_bodies (road);
  same &= choice_gain (o, &world, &mine) == choice_gain (o, &self, &all);
  const enum status st = fixture_solve (o, &world, &s);
  for (int64_t i = 0; i < s.n && st == ST_OK; i++)
    same &= !memcmp (s.acceleration[i], road->acceleration[s.id[i] - 1], sizeof s.acceleration[i]);
  fixture_free (&s);
  return !comm_any (&world, st != ST_OK || !same);
}

static void test_road (void **state)
{
  enum { N = 20000 };
  const struct gravity_options o = options_with (48);

  (void) state;
  for (int clump = 0; clump < 2; clump++) {
    struct fixture alone;
    enum status st;

    make (&alone, N, clump, 1, 1);
    st = solve_by (o, &self, &alone, INT64_MAX);
    fixture_remember (&alone);
    const struct gravity_bodies b = fixture_bodies (&alone);
    const int right = choice_mesh (&o, &self, &b, N) == !clump;
    if (st == ST_OK)
      st = solve_by (o, &self, &alone, clump ? INT64_MAX : 0);
    const int good = !comm_any (&world, st != ST_OK || !right);
    const int same = good && same_as_road (&o, &alone, N, clump);
    fixture_free (&alone);
    assert_true (good && same);
  }
}

/* An isolated set never takes the mesh by itself, and a set of nobody harms nobody. */
static void test_never (void **state)
{
  struct gravity_options o = options_with (32);
  struct fixture s;

  (void) state;
  make (&s, 2000, 0, 1, 1);
  struct gravity_bodies b = fixture_bodies (&s);
  o.periodic = 0;
  assert_false (choice_mesh (&o, &self, &b, b.n));
  o.mesh_from = 2000;
  assert_true (choice_mesh (&o, &self, &b, b.n));
  o.mesh = 0;
  assert_false (choice_mesh (&o, &self, &b, b.n));
  o = options_with (32);
  b.n = 0;
  assert_false (choice_mesh (&o, &self, &b, 0));
  fixture_free (&s);
}

int main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_law), cmocka_unit_test (test_cells),
                                      cmocka_unit_test (test_road), cmocka_unit_test (test_never) };

  return cmocka_run_group_tests (tests, setup, teardown);
}
