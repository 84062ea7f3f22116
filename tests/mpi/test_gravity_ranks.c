/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that accelerations, their trends and potentials are the same bits on any number of ranks and for any
 * distribution of the bodies over them, by tree and by direct sum, with groups; that failures are agreed; and that
 * nothing leaks.
 *
 * The oracle is the same solve by every rank alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../gravity_fixture.h"
#include "many_ranks.h"

static int scattered; /* bodies of a periodic box */

/* Every second body anywhere, groups across the corner of the box, the others around its border. */
static void scatter (struct fixture *s, int64_t i, uint64_t id)
{
  for (uint64_t k = 0; k < 3; k++) {
    const double u = fixture_uniform (5 * id + k);
    if (s->group[i] >= 0)
      s->position[i][k] = (uint64_t) (int64_t) ((u - 0.5) * 0x1p61);
    else if (id % 2)
      s->position[i][k] = (uint64_t) (u * 0x1p64);
    else
      s->position[i][k] += UINT64_C (0x7fe0000000000000) * k;
  }
}

static void body (struct fixture *s, int64_t i, uint64_t id, int64_t n)
{
  fixture_hernquist (s, i, id, n, id % 10 == 0 ? 0.05 : 1e-3);
  if (id % 50 == 1) /* a dense clump that makes the tree deep and uneven */
    fixture_place (s, i, 2 + 1e-9 * fixture_uniform (id + 1), 2 + 1e-9 * fixture_uniform (id + 2), 2);
  s->mass[i] *= 1 + (double) (id % 3);
  s->group[i] = id % 97 == 0 ? 8 : id % 89 == 0 ? 2 : -1;
  s->old[i] = id % 4 == 0 ? 0 : 0.1f;
  if (scattered)
    scatter (s, i, id);
}

enum deal { IN_TURN, SHUFFLED, ALL_ON_LAST, DEALS };

static int owner_of (enum deal deal, uint64_t id)
{
  switch (deal) {
  case IN_TURN: return (int) (id % (uint64_t) world.size);
  case SHUFFLED: return (int) (fixture_uniform (id * 31) * world.size);
  default: return world.size - 1;
  }
}

/* Solves on all ranks and compares this rank's bodies with the oracle. */
static int same_as_alone (const struct gravity_options *o, const struct fixture *alone, int64_t n, enum deal deal)
{
  struct fixture s;
  int64_t mine = 0;
  int same = 1;

  fixture_alloc (&s, n);
  for (uint64_t id = (uint64_t) n; id > 0; id--)
    if (owner_of (deal, id) == world.rank)
      body (&s, mine++, id, n);
  s.n = mine;
  const enum status st = fixture_solve (o, &world, &s);
  for (int64_t i = 0; i < s.n && st == ST_OK; i++) {
    const int64_t j = (int64_t) s.id[i] - 1;
    same &= !memcmp (s.acceleration[i], alone->acceleration[j], sizeof s.acceleration[i])
            && !memcmp (s.trend[i], alone->trend[j], sizeof s.trend[i])
            && s.potential[i] == alone->potential[j] && s.work[i] > 0;
  }
  fixture_free (&s);
  return !comm_any (&world, st != ST_OK || !same);
}

static void compare_with_alone (const struct gravity_options *o, int64_t n)
{
  struct fixture alone;

  fixture_alloc (&alone, n);
  for (int64_t i = 0; i < n; i++)
    body (&alone, i, (uint64_t) i + 1, n);
  const enum status st = fixture_solve (o, &self, &alone);
  int same = !comm_any (&world, st != ST_OK);
  for (int deal = 0; deal < DEALS; deal++)
    same &= same_as_alone (o, &alone, n, (enum deal) deal);
  fixture_free (&alone);
  assert_true (same);
}

static void test_tree (void **state)
{
  struct gravity_options o = fixture_options ();

  (void) state;
  for (o.multipole_order = 3; o.multipole_order <= 5; o.multipole_order++)
    compare_with_alone (&o, 4000);
  o = fixture_options ();
  o.leaf_size = 1;
  compare_with_alone (&o, 1500);
  o.leaf_size = 200;
  compare_with_alone (&o, 1500);
}

/* The tree's half of TreePM, which wraps: the sphere's halo is cut off, its clump is deep inside the split scale. */
static void test_short_range (void **state)
{
  struct gravity_options o = fixture_options ();

  (void) state;
  o.split_scale = 4;
  o.split_reach = 6;
  compare_with_alone (&o, 4000);
  o.split_scale = 36;
  compare_with_alone (&o, 1500);
  compare_with_alone (&o, 40);
}

static void test_periodic (void **state)
{
  struct gravity_options o = fixture_options ();

  (void) state;
  scattered = o.periodic = 1;
  for (o.multipole_order = 3; o.multipole_order <= 4; o.multipole_order++)
    compare_with_alone (&o, 2000);
  o = fixture_options ();
  o.periodic = 1;
  o.leaf_size = 200;
  compare_with_alone (&o, 1500);
  for (int64_t n = 0; n < 4; n++)
    compare_with_alone (&o, n);
  compare_with_alone (&o, 40);
  scattered = 0;
}

static void test_few (void **state)
{
  struct gravity_options o = fixture_options ();

  (void) state;
  for (int64_t n = 0; n < 4; n++)
    compare_with_alone (&o, n);
  compare_with_alone (&o, 40);
  o.direct_below = 5000;
  for (int64_t n = 0; n < 4; n++)
    compare_with_alone (&o, n);
  compare_with_alone (&o, 60);
  compare_with_alone (&o, 700);
  o.periodic = 1;
  compare_with_alone (&o, 60);
  compare_with_alone (&o, 400);
}

/* One rank holds a mass that is not a number: the same status and sentence everywhere. */
static void test_agreed_failure (void **state)
{
  const struct gravity_options o = fixture_options ();
  const int64_t n = 500;
  struct fixture s;

  (void) state;
  fixture_alloc (&s, n);
  for (int64_t i = 0; i < n; i++)
    body (&s, i, (uint64_t) (i * world.size + world.rank + 1), n * world.size);
  if (world.rank == world.size - 1)
    s.mass[n / 2] = NAN;
  const enum status st = fixture_solve (&o, &world, &s);
  const int good = st == ST_INTERNAL && strstr (status_message (), "not finite") != NULL;
  status_clear ();
  fixture_free (&s);
  assert_true (!comm_any (&world, !good));
}

int main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_tree), cmocka_unit_test (test_periodic),
                                      cmocka_unit_test (test_few), cmocka_unit_test (test_short_range),
                                      cmocka_unit_test (test_agreed_failure) };

  return cmocka_run_group_tests (tests, setup, teardown);
}
