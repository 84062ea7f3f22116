/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that snapshots, checkpoints and logs are the same on any number of ranks: byte for byte those that one
 * rank writes, and bit for bit the same particles when read; that faults are the same status and sentence
 * everywhere; and that damaged checkpoints are rejected in favour of older ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../io_fixture.h"
#include "base/mem.h"
#include "io/checkpoint.h"
#include "io/diagnostics.h"
#include "io/output.h"
#include "io/snapshot.h"

static struct comm world, self;
static char dir[64];
static struct params params;
static struct box box;
static struct particles mine, whole; /* this rank's piece, and all of the set */
static struct holes holes, holes_again;

/* True on all ranks, or false on all: to be asserted on all. */
static int everywhere (int good) { return !comm_any (&world, !good); }

/* All is well on all ranks; the sentence of the failure otherwise. */
static void expect_well (enum status st)
{
  if (st != ST_OK && world.rank == 0)
    printf ("%s\n", status_message ());
  assert_int_equal (st, ST_OK);
}

static int setup (void **state)
{
  (void) state;
  fixture_directory (&world, dir);
  fixture_params (dir, "", &params);
  fixture_particles (&self, &box, &whole, &holes_again);
  fixture_particles (&world, &box, &mine, &holes);
  return 0;
}

static int teardown (void **state)
{
  (void) state;
  fixture_remove (&world, dir);
  particles_free (&mine);
  particles_free (&whole);
  holes_free (&holes);
  holes_free (&holes_again);
  return mem_used () != 0;
}

/* Where particle `id` is in the whole set. */
static int64_t number_of (uint64_t id) { return (int64_t) (id / 1000000007ULL) - 1; }

/* Rounded once, as the file has it: both boxes have their centre in the origin and a power of two as length. */
static double from_center (const struct box *b, uint64_t position)
{
  return (double) (int64_t) (position ^ (uint64_t) 1 << 63) * (b->length * 0x1p-64);
}

/* All fields that a snapshot holds agree with the set's, coordinates as code lengths to the bit. */
static int same_snapshot (const struct box *b, const struct particles *p, const struct holes *h)
{
  int good = h->n == FIXTURE_HOLES;

  for (int64_t i = 0; i < p->n && good; i++) {
    int64_t g = number_of (p->id[i]);
    good = g >= 0 && g < FIXTURE_N && p->type[i] == whole.type[g] && p->mass[i] == whole.mass[g]
           && memcmp (p->velocity[i], whole.velocity[g], sizeof p->velocity[i]) == 0;
    for (int k = 0; k < 3 && good; k++)
      good = from_center (b, p->position[i][k]) == from_center (&box, whole.position[g][k]);
  }
  for (int k = 0; k < h->n && good; k++)
    good = h->id[k] == holes.id[k] && memcmp (h->spin[k], holes.spin[k], sizeof h->spin[k]) == 0;
  return good;
}

static void test_snapshot_is_that_of_one_rank (void **state)
{
  char name[2][128];

  (void) state;
  snprintf (name[0], 128, "%s/all.hdf5", dir);
  snprintf (name[1], 128, "%s/one.hdf5", dir);
  enum status st = snapshot_write_file (&world, name[0], &params, &box, &mine, &holes, 0.125);
  expect_well (st);
  st = world.rank == 0 ? snapshot_write_file (&self, name[1], &params, &box, &whole, &holes, 0.125) : ST_OK;
  expect_well (status_agree (&world, st, NULL));
  assert_true (everywhere (world.rank != 0 || fixture_same_files (name[0], name[1])));
}

static void read_back (const char *file, int periodic)
{
  struct particles p = { 0 };
  struct holes h = { 0 };
  struct box b;
  double time = 0;

  params.Periodic = periodic;
  enum status st = snapshot_read (&world, &params, file, &b, &p, &h, &time);
  params.Periodic = 0;
  expect_well (st);
  assert_true (everywhere (same_snapshot (&b, &p, &h)));
  assert_int_equal (comm_sum (&world, p.n), FIXTURE_N);
  assert_true (time == 0.125 && b.length == 8 && b.corner[0] == -4); /* the set fills (-2, 2)^3 */
  particles_free (&p);
  holes_free (&h);
}

static void test_snapshot_round_trip (void **state)
{
  char name[128];

  (void) state;
  snprintf (name, 128, "%s/all", dir); /* without .hdf5 */
  read_back (name, 0);
}

static void test_file_sets (void **state)
{
  static const char *const forms[] = { "snapshot_007", "snapdir_007", "snapdir_007/snapshot_007",
                                       "snapdir_007/snapshot_007.0.hdf5" };
  char name[128];

  (void) state;
  params.NumFilesPerSnapshot = 3;
  expect_well (snapshot_write (&world, &params, &box, &mine, &holes, 0.125, 7));
  params.NumFilesPerSnapshot = 1;
  for (int k = 0; k < 4; k++) {
    snprintf (name, 128, "%s/%s", dir, forms[k]);
    read_back (name, 0);
  }
}

/* Every field of particles.def of this rank's particles, against the set. */
static int same_fields (const struct particles *p, int64_t first)
{
  int good = 1;

#define FIELD1(type, name, words) good = good && memcmp (p->name, whole.name + first, p->n * sizeof *p->name) == 0;
#define FIELD3(type, name, words) FIELD1 (type, name, words)
#include "data/particles.def"
#undef FIELD1
#undef FIELD3
  return good;
}

static int same_holes (const struct holes *h)
{
  return h->n == holes.n && memcmp (h->id, holes.id, h->n * sizeof *h->id) == 0
         && memcmp (h->spin, holes.spin, h->n * sizeof *h->spin) == 0
         && memcmp (h->fraction, holes.fraction, h->n * sizeof *h->fraction) == 0
         && memcmp (h->step_hint, holes.step_hint, h->n * sizeof *h->step_hint) == 0;
}

static int64_t state_step[2];
static double state_time[3];
static const struct checkpoint_item items[] = { { "step", CHECKPOINT_I64, state_step, 2 },
                                                { "time", CHECKPOINT_F64, state_time, 3 } };

static enum status write_checkpoint (const struct comm *comm, const struct particles *p, const char *where,
                                     int64_t step)
{
  state_step[0] = state_step[1] = step;
  state_time[2] = 0.5 * (double) step;
  return checkpoint_write (comm, where, &params, &box, p, &holes, items, 2);
}

/* Reads on `comm` and returns the step found, -status if none; 0 if the contents are wrong. */
static int64_t read_checkpoint (const struct comm *comm, const char *where)
{
  struct particles p = { 0 };
  struct holes h = { 0 };
  struct box b = { .length = 0 };

  state_step[0] = state_step[1] = -1;
  enum status st = checkpoint_read (comm, where, &params, &b, &p, &h, items, 2);
  int64_t first = comm_scan (comm, p.n, NULL);
  int good = st == ST_OK && p.n_global == FIXTURE_N && same_fields (&p, first) && same_holes (&h)
             && b.length == box.length && b.corner[2] == box.corner[2] && state_step[0] == state_step[1]
             && state_time[2] == 0.5 * (double) state_step[0];
  particles_free (&p);
  holes_free (&h);
  good = !comm_any (comm, !good);
  return st != ST_OK ? -(int64_t) st : good ? state_step[0] : 0;
}

static void test_checkpoint_on_other_ranks (void **state)
{
  char one[128], all[128], name[2][160];

  (void) state;
  snprintf (one, 128, "%s/one", dir);
  snprintf (all, 128, "%s/all", dir);
  assert_int_equal (read_checkpoint (&world, all), -ST_NOINPUT);
  status_clear ();
  expect_well (write_checkpoint (&world, &mine, all, 11));
  enum status st = world.rank == 0 ? write_checkpoint (&self, &whole, one, 11) : ST_OK;
  expect_well (status_agree (&world, st, NULL));
  snprintf (name[0], 160, "%s/checkpoint_000000.hdf5", one);
  snprintf (name[1], 160, "%s/checkpoint_000000.hdf5", all);
  assert_true (everywhere (world.rank != 0 || fixture_same_files (name[0], name[1])));
  assert_int_equal (read_checkpoint (&world, all), 11);
  assert_int_equal (read_checkpoint (&world, one), 11);
  assert_true (everywhere (world.rank != 0 || read_checkpoint (&self, all) == 11));
}

/* The last two are kept; damage sends the reader to the older one, damage of both is told. */
static void test_damaged_checkpoints (void **state)
{
  char where[128], name[3][160];

  (void) state;
  snprintf (where, 128, "%s/damage", dir);
  for (int k = 0; k < 3; k++) {
    snprintf (name[k], 160, "%s/checkpoint_%06d.hdf5", where, k);
    expect_well (write_checkpoint (&world, &mine, where, 21 + k));
  }
  assert_true (everywhere (world.rank != 0 || (fixture_size (name[0]) < 0 && fixture_size (name[1]) > 0)));
  assert_int_equal (read_checkpoint (&world, where), 23);
  if (world.rank == 0)
    fixture_flip (name[2], fixture_size (name[2]) / 2, 0x10); /* in the particle data */
  MPI_Barrier (world.mpi);
  assert_int_equal (read_checkpoint (&world, where), 22);
  if (world.rank == 0 && truncate (name[1], fixture_size (name[1]) - 1) != 0)
    abort ();
  MPI_Barrier (world.mpi);
  assert_int_equal (read_checkpoint (&world, where), -ST_DATA);
  assert_true (everywhere (strstr (status_message (), "checkpoint_000002.hdf5")
                           && strstr (status_message (), "checkpoint_000001.hdf5")));
  status_clear ();
  expect_well (write_checkpoint (&world, &mine, where, 24)); /* and the run goes on */
  assert_int_equal (read_checkpoint (&world, where), 24);
}

/* A NaN here, an ID twice on different ranks, a mass of zero: all told at once, to everybody. */
static void test_faults_are_told_together (void **state)
{
  char name[128];
  struct particles p = { 0 };
  struct holes h = { 0 };
  struct box b;
  double time, kept_v = 0, kept_mass = 0;
  uint64_t kept_id = 0;

  (void) state;
  snprintf (name, 128, "%s/bad.hdf5", dir);
  if (world.rank == world.size - 1) {
    kept_v = mine.velocity[1][2];
    kept_mass = mine.mass[2];
    kept_id = mine.id[3];
    mine.velocity[1][2] = NAN;
    mine.mass[2] = 0;
    mine.id[3] = whole.id[0];
  }
  expect_well (snapshot_write_file (&world, name, &params, &box, &mine, &holes, 0));
  if (world.rank == world.size - 1) {
    mine.velocity[1][2] = kept_v;
    mine.mass[2] = kept_mass;
    mine.id[3] = kept_id;
  }
  assert_int_equal (snapshot_read (&world, &params, name, &b, &p, &h, &time), ST_DATA);
  const char *said = status_message ();
  assert_true (everywhere (strstr (said, "1 particle has a NaN or infinite velocity")
                           && strstr (said, "1 particle "
                                            "has a mass "
                                            "not above zero")
                           && strstr (said, "1 ID is given more than once: 1000000007")));
  status_clear ();
  assert_int_equal (snapshot_read (&world, &params, "no_such_file", &b, &p, &h, &time), ST_NOINPUT);
  assert_true (everywhere (strstr (status_message (), "no_such_file.hdf5") != NULL));
  status_clear ();
  particles_free (&p);
  holes_free (&h);
}

static void test_conserved_sums (void **state)
{
  struct conserved all, one;

  (void) state;
  conserved_now (&world, &box, &mine, NULL, &all);
  conserved_now (&self, &box, &whole, NULL, &one);
  assert_true (everywhere (memcmp (&all, &one, sizeof all) == 0));
  assert_true (all.kinetic > 0 && all.potential < 0 && all.energy == all.kinetic + all.potential);
}

int main (int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_snapshot_is_that_of_one_rank),
    cmocka_unit_test (test_snapshot_round_trip),
    cmocka_unit_test (test_file_sets),
    cmocka_unit_test (test_checkpoint_on_other_ranks),
    cmocka_unit_test (test_damaged_checkpoints),
    cmocka_unit_test (test_faults_are_told_together),
    cmocka_unit_test (test_conserved_sums),
  };

  MPI_Init (&argc, &argv);
  comm_create (MPI_COMM_WORLD, &world);
  comm_create (MPI_COMM_SELF, &self);
  int failed = cmocka_run_group_tests (tests, setup, teardown);
  comm_free (&world);
  comm_free (&self);
  MPI_Finalize ();
  return failed;
}
