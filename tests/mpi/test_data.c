/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that integer positions lose nothing they should keep, that Hilbert keys are a curve, and that the domain is
 * a sorted partition of the particles, balanced, and the same order on any number of ranks. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <mpi.h>

#include "base/mem.h"
#include "data/domain.h"
#include "data/keys.h"

static struct comm world;

static uint64_t next (uint64_t *state) { return *state = *state * 6364136223846793005ULL + 1442695040888963407ULL; }

/* Two bodies 1e-9 of a step apart, carried together over half the box and back in uneven pieces: the separation is
 * kept to the rounding of the pieces' remainders, 1e-15 of a step each. */
static void test_fractions_survive_travel (void **unused)
{
  const struct box box = { { -50, -50, -50 }, 128, 0 };
  const double x[3] = { 3.3, -7.7, 11.1 }, close[3] = { 1e-9 * box.length * 0x1p-64, 0, 0 };
  uint64_t a[3], b[3];
  double fa[3] = { 0 }, fb[3] = { 0 };

  (void) unused;
  box_to_integer (&box, x, a, fa);
  memcpy (b, a, sizeof b);
  memcpy (fb, fa, sizeof fb);
  box_displace (&box, b, close, fb);
  for (int k = 0; k < 1000; k++) {
    const double way[3] = { 0.013 * sin (k), 0.017 * cos (k), 1e-7 * k };
    box_displace (&box, a, way, fa);
    box_displace (&box, b, way, fb);
  }
  double apart = (double) (int64_t) (b[0] - a[0]) + (fb[0] - fa[0]);
  assert_true (fabs (apart - 1e-9) < 1e-12);
  for (int k = 0; k < 3; k++)
    assert_true (fabs (fa[k]) <= 0.5);
}

/* Consecutive cells of the curve share a face: the definition of the Hilbert order. All cells of a 16^3 corner, found
 * by sorting them by key. */
static void test_hilbert_steps_to_neighbours (void **unused)
{
  enum { SIDE = 16, N = SIDE * SIDE * SIDE };
  static uint64_t cell[N][3], key[N], id[N];
  static int64_t order[N], scratch[N];

  (void) unused;
  for (int i = 0; i < N; i++) {
    cell[i][0] = (uint64_t) (i % SIDE);
    cell[i][1] = (uint64_t) (i / SIDE % SIDE);
    cell[i][2] = (uint64_t) (i / SIDE / SIDE);
    const uint64_t position[3] = { cell[i][0] << 60, cell[i][1] << 60, cell[i][2] << 60 };
    key[i] = key_hilbert (position);
    id[i] = (uint64_t) (N - i);
  }
  key_sort (N, key, id, order, scratch);
  for (int k = 1; k < N; k++) {
    int steps = 0;
    for (int d = 0; d < 3; d++)
      steps += abs ((int) cell[order[k]][d] - (int) cell[order[k - 1]][d]);
    assert_int_equal (steps, 1);
  }
}

/* This rank's share of n particles: clustered, some at one and the same point, all work on a few. */
static void make_particles (struct particles *p, int64_t n)
{
  memset (p, 0, sizeof *p);
  assert_int_equal (particles_reserve (p, n / world.size + 1), ST_OK);
  for (int64_t i = 0; i < n; i++) {
    uint64_t state = (uint64_t) i * 77777;
    uint64_t draw[3] = { next (&state), next (&state), next (&state) };
    if (i % world.size != world.rank)
      continue;
    int64_t k = p->n++;
    for (int d = 0; d < 3; d++)
      p->position[k][d] = i % 5 == 3 ? (uint64_t) 1 << 63 : ((uint64_t) 1 << 62) + (draw[d] >> (1 + i % 11));
    p->id[k] = (uint64_t) (i + 1);
    p->mass[k] = (double) i;
    p->velocity[k][1] = -(double) i;
    p->work[k] = i % 100 == 0 ? 300 : 3;
  }
  p->n_global = n;
}

/* Everything in one list, rank after rank. */
static uint64_t *gather_ids (const struct particles *p, int64_t *n)
{
  void *all = NULL;
  int64_t *first = NULL;

  assert_int_equal (comm_gather_all (&world, p->id, p->n, sizeof *p->id, &all, &first), ST_OK);
  *n = first[world.size];
  mem_free (&first);
  return all;
}

static void test_domain (void **unused)
{
  enum { N = 20000 };
  struct particles p;
  int64_t n_all, wrong = 0, torn = 0;
  double work = 0;

  (void) unused;
  make_particles (&p, N);
  assert_int_equal (domain_decompose (&world, &p), ST_OK);
  uint64_t *ids = gather_ids (&p, &n_all);
  char *seen = calloc (N + 1, 1);
  for (int64_t k = 0; k < n_all; k++)
    wrong += ids[k] < 1 || ids[k] > N || seen[ids[k]]++;
  for (int64_t i = 0; i < p.n; i++) {
    torn += p.mass[i] != (double) (p.id[i] - 1) || p.velocity[i][1] != -p.mass[i];
    if (i > 0) {
      uint64_t before = key_hilbert ((const uint64_t *) p.position[i - 1]),
        now = key_hilbert ((const uint64_t *) p.position[i]);
      torn += before > now || (before == now && p.id[i - 1] >= p.id[i]);
    }
    work += p.work[i];
  }
  /* Shares are equal in weight, of which work is four fifths: a rank whose particles are few and dear may have 5/4 of
   * the mean work, to 2 %. A fifth of all particles has one key and cannot be cut: a tenth of all work on top. */
  double most = comm_max_double (&world, work), all_work = N * (0.99 * 3 + 0.01 * 300);
  int64_t unsorted = comm_sum (&world, torn);
  mem_free (&ids);
  free (seen);
  particles_free (&p);
  assert_int_equal (n_all, N);
  assert_int_equal (wrong, 0);
  assert_int_equal (unsorted, 0);
  assert_true (most <= all_work * (1.27 / world.size + 0.11));
}

/* The order of all particles over the ranks does not depend on how many there are. */
static void test_order_is_global (void **unused)
{
  enum { N = 3000 };
  struct comm all = world, alone;
  struct particles p;
  int64_t n_many, n_one, differ = 0;

  (void) unused;
  make_particles (&p, N);
  assert_int_equal (domain_decompose (&world, &p), ST_OK);
  uint64_t *many = gather_ids (&p, &n_many);
  particles_free (&p);
  comm_split (&all, all.rank, &alone);
  world = alone;
  make_particles (&p, N);
  enum status st = domain_decompose (&world, &p);
  uint64_t *one = gather_ids (&p, &n_one);
  particles_free (&p);
  world = all;
  for (int64_t k = 0; k < N; k++)
    differ += one[k] != many[k];
  mem_free (&one);
  mem_free (&many);
  comm_free (&alone);
  assert_int_equal (st, ST_OK);
  assert_int_equal (comm_sum (&world, differ), 0);
}

/* Doubling keeps every body where it is, to the last bit of the fraction for SMBHs. */
static void test_box_doubles (void **unused)
{
  struct box box = { { 0, 0, 0 }, 1, 0 };
  struct particles p = { 0 };
  struct holes h = { 0 };
  double before[3], after[3];

  (void) unused;
  assert_int_equal (particles_reserve (&p, 1), ST_OK);
  assert_int_equal (holes_reserve (&h, 1), ST_OK);
  h.n = 1;
  h.id[0] = 9;
  h.fraction[0][0] = 0.25;
  h.fraction[0][1] = h.fraction[0][2] = h.step_hint[0] = 0;
  p.n = world.rank == world.size - 1; /* held by one rank; all keep the table */
  p.id[0] = 9;
  p.type[0] = TYPE_HOLE;
  p.position[0][0] = 1001;
  p.position[0][1] = p.position[0][2] = (uint64_t) 1 << 63;
  box_to_length (&box, (const uint64_t *) p.position[0], before);
  int doubled = box_contain (&world, &box, &p, &h, 0.25);
  box_to_length (&box, (const uint64_t *) p.position[0], after);
  double fraction = h.fraction[0][0];
  int moved = p.n > 0 && fabs (after[0] - before[0]) > 1e-15;
  int64_t moved_any = comm_max (&world, moved);
  particles_free (&p);
  holes_free (&h);
  assert_int_equal (doubled, 1);
  assert_int_equal (moved_any, 0);
  assert_true (fraction == 0.625); /* (0.25 + the odd bit of 1001) / 2 */
  assert_true (box.length == 2 && box.corner[0] == -0.5);
}

int main (int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_fractions_survive_travel), cmocka_unit_test (test_hilbert_steps_to_neighbours),
    cmocka_unit_test (test_domain),                   cmocka_unit_test (test_order_is_global),
    cmocka_unit_test (test_box_doubles),
  };

  MPI_Init (&argc, &argv);
  comm_create (MPI_COMM_WORLD, &world);
  int failed = cmocka_run_group_tests (tests, NULL, NULL);
  comm_free (&world);
  MPI_Finalize ();
  return failed;
}
