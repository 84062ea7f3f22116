/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that the mesh gives the same bits on any number of ranks and for any distribution of the bodies over them,
 * of lengths that divide and that do not, with more ranks than planes, periodic and isolated, with groups; and that
 * masses that are not finite are refused on all ranks alike.
 *
 * The oracle is the same solve by every rank alone, with another number of threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <omp.h>

#include "../gravity_fixture.h"
#include "gravity/mesh.h"
#include "many_ranks.h"

static void body (struct fixture *s, int64_t i, uint64_t id, int periodic)
{
  s->id[i] = id;
  s->mass[i] = id % 7 == 0 ? 50 : 1 + fixture_uniform (id);
  s->group[i] = id % 40 == 3 ? 5 : -1;
  for (int k = 0; k < 3; k++) {
    const double x = fixture_uniform (4 * id + (uint64_t) k), small = id % 3 == 0 ? 0.02 * x : x;
    s->position[i][k] = (uint64_t) ((periodic ? small : 0.3 + 0.4 * small) * 0x1p63) * 2;
  }
}

enum deal { IN_TURN, BY_PLACE, ALL_ON_LAST, DEALS };

static int owner_of (enum deal deal, const struct fixture *s, int64_t i)
{
  switch (deal) {
  case IN_TURN: return (int) (s->id[i] % (uint64_t) world.size);
  case BY_PLACE: return (int) ((double) s->position[i][0] * 0x1p-64 * world.size);
  default: return world.size - 1;
  }
}

static enum status solve (const struct mesh_options *o, const struct comm *comm, struct fixture *s)
{
  const struct gravity_bodies bodies = fixture_bodies (s);
  const struct gravity_result result = { .acceleration = s->acceleration, .potential = s->potential };
  struct gravity_cost cost = { 0 };
  struct mesh *mesh;
  enum status st = mesh_create (o, &mesh);

  for (int twice = 0; twice < 2 && st == ST_OK; twice++) { /* what is kept from one solve to the next does no harm */
    memset (s->acceleration, 0, s->n * sizeof *s->acceleration);
    memset (s->potential, 0, s->n * sizeof *s->potential);
    const struct mesh_frame frame = mesh_frame (mesh, comm, &bodies, fixture_length);
    st = mesh_solve (mesh, comm, &frame, 1, &bodies, &result, &cost);
  }
  if (st == ST_OK && comm->size > 1 && s->n > 0 && cost.bytes_sent == 0)
    st = ST_INTERNAL;
  mesh_free (&mesh);
  return st;
}

/* The same, or tree and mesh together. */
static int with_tree;

static enum status solve_all (const struct mesh_options *m, const struct comm *comm, struct fixture *s)
{
  struct gravity_options o = fixture_options ();

  if (!with_tree)
    return solve (m, comm, s);
  o.periodic = m->periodic;
  o.mesh = m->n;
  o.split_scale = m->asmth * o.length / o.mesh;
  o.split_reach = m->reach;
  return fixture_solve (&o, comm, s);
}

static int same_as_alone (const struct mesh_options *o, const struct fixture *alone, enum deal deal)
{
  struct fixture s;
  int64_t mine = 0;
  int same = 1;

  fixture_alloc (&s, alone->n);
  for (uint64_t id = (uint64_t) alone->n; id > 0; id--) {
    body (&s, mine, id, o->periodic);
    mine += owner_of (deal, &s, mine) == world.rank;
  }
  s.n = mine;
  const enum status st = solve_all (o, &world, &s);
  for (int64_t i = 0; i < s.n && st == ST_OK; i++) {
    const int64_t j = (int64_t) s.id[i] - 1;
    same &= !memcmp (s.acceleration[i], alone->acceleration[j], sizeof s.acceleration[i])
            && s.potential[i] == alone->potential[j];
  }
  fixture_free (&s);
  return !comm_any (&world, st != ST_OK || !same);
}

static void compare_with_alone (int n_mesh, int periodic, int64_t n)
{
  const struct mesh_options o = { n_mesh, periodic, 1.25, 6 };
  const int threads = omp_get_max_threads ();
  struct fixture alone;

  fixture_alloc (&alone, n);
  for (int64_t i = 0; i < n; i++)
    body (&alone, i, (uint64_t) i + 1, periodic);
  omp_set_num_threads (threads + 1);
  const enum status st = solve_all (&o, &self, &alone);
  omp_set_num_threads (threads);
  int same = !comm_any (&world, st != ST_OK);
  for (int deal = 0; deal < DEALS; deal++)
    same &= same_as_alone (&o, &alone, (enum deal) deal);
  fixture_free (&alone);
  assert_true (same);
}

static void test_periodic (void **state)
{
  (void) state;
  compare_with_alone (8, 1, 50);
  compare_with_alone (16, 1, 500);
  compare_with_alone (31, 1, 700);
  compare_with_alone (48, 1, 3000);
}

static void test_isolated (void **state)
{
  (void) state;
  compare_with_alone (32, 0, 2000);
  compare_with_alone (33, 0, 300);
}

static void test_with_tree (void **state)
{
  (void) state;
  with_tree = 1;
  compare_with_alone (24, 1, 1500);
  compare_with_alone (32, 0, 1500);
  with_tree = 0;
}

static void test_few (void **state)
{
  (void) state;
  for (int64_t n = 0; n < 3; n++)
    for (int periodic = 0; periodic < 2; periodic++)
      compare_with_alone (32, periodic, n);
}

static void test_agreed_failure (void **state)
{
  const struct mesh_options o = { 16, 1, 1.25, 6 };
  struct fixture s;

  (void) state;
  fixture_alloc (&s, 20);
  for (int64_t i = 0; i < s.n; i++)
    body (&s, i, (uint64_t) (i * world.size + world.rank + 1), 1);
  if (world.rank == world.size - 1)
    s.mass[3] = NAN;
  const enum status st = solve (&o, &world, &s);
  const int good = st == ST_INTERNAL && strstr (status_message (), "no finite sum") != NULL;
  status_clear ();
  fixture_free (&s);
  assert_true (!comm_any (&world, !good));
}

int main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_periodic), cmocka_unit_test (test_isolated),
                                      cmocka_unit_test (test_with_tree), cmocka_unit_test (test_few),
                                      cmocka_unit_test (test_agreed_failure) };

  return cmocka_run_group_tests (tests, setup, teardown);
}
