/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that the SMBH history gives every instant one row and every SMBH at most one row in it, that a resumed
 * run cuts what its checkpoint did not know of, that a damaged file is restored, and that a reader who holds the
 * file neither stops the run nor costs a row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <hdf5.h>
#include <sys/file.h>

#include "../io_fixture.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/bh_history.h"

static struct comm self;
static char dir[64], path[128];
static struct params params;
static struct units units;

static int setup (void **state)
{
  (void) state;
  fixture_directory (&self, dir);
  fixture_params (dir, "KetjuRegionPhysicalRadius 0.03", &params);
  units = params_units (&params);
  snprintf (path, sizeof path, "%s/ketju_bhs.hdf5", dir);
  return 0;
}

static int teardown (void **state)
{
  (void) state;
  fixture_remove (&self, dir);
  return mem_used () != 0;
}

static struct bh_history *open_history (int64_t keep_timesteps, int64_t keep_mergers)
{
  struct bh_history *h;
  enum status st = bh_history_open (&self, &params, &units, keep_timesteps, keep_mergers, &h);

  if (st != ST_OK)
    printf ("%s\n", status_message ());
  assert_int_equal (st, ST_OK);
  return h;
}

/* The SMBH's mass is the instant, so that rows can be told apart. */
static void add (struct bh_history *h, double time, uint64_t id)
{
  struct bh_row row = { .id = id, .position = { time, 1, 2 }, .mass = time, .n_holes_in_region = 1 };

  bh_history_add (h, time, &row, 1);
}

static hid_t table (hid_t file, const char *name)
{
  return H5Lexists (file, name, H5P_DEFAULT) > 0 ? H5Dopen2 (file, name, H5P_DEFAULT) : -1;
}

/* One member of a table, as doubles; returns the number of rows, -1 if there is no table. */
static int read_member (const char *name, const char *member, double *out)
{
  hid_t file = H5Fopen (path, H5F_ACC_RDONLY, H5P_DEFAULT), set = table (file, name);
  hsize_t n = 0;

  assert_true (file >= 0);
  if (set >= 0) {
    hid_t space = H5Dget_space (set), type = H5Tcreate (H5T_COMPOUND, sizeof (double));
    H5Sget_simple_extent_dims (space, &n, NULL);
    H5Tinsert (type, member, 0, H5T_NATIVE_DOUBLE);
    assert_true (n == 0 || H5Dread (set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0);
    H5Tclose (type);
    H5Sclose (space);
    H5Dclose (set);
  }
  H5Fclose (file);
  return set < 0 ? -1 : (int) n;
}

static void expect_times (const double *times, int n)
{
  double found[64];

  assert_int_equal (read_member ("timesteps", "physical_time", found), n);
  assert_memory_equal (found, times, n * sizeof (double));
}

/* Rows of an SMBH; each must point to the instant at which it was made. */
static void expect_series (const char *name, int n)
{
  double times[64], mass[64], index[64];

  read_member ("timesteps", "physical_time", times);
  assert_int_equal (read_member (name, "mass", mass), n);
  read_member (name, "timestep_index", index);
  for (int k = 0; k < n; k++)
    assert_true (times[(int) index[k]] == mass[k] && (k == 0 || mass[k] > mass[k - 1]));
}

/* Two regions are sampled one after the other, the second more finely; the last instant comes again in the next
   batch. */
static void test_one_row_for_an_instant (void **state)
{
  struct bh_history *h = open_history (-1, -1);

  (void) state;
  add (h, 0, 7);
  add (h, 2, 7);
  for (int k = 0; k <= 4; k++)
    add (h, 0.5 * k, 18446744073709551615ULL); /* more digits than KETJU's buffer takes */
  add (h, 2, 7);
  assert_int_equal (bh_history_timesteps (h), 5);
  assert_int_equal (bh_history_flush (h), ST_OK);
  add (h, 2, 7);
  add (h, 2, 9);
  add (h, 3, 9);
  assert_int_equal (bh_history_timesteps (h), 6);
  assert_int_equal (bh_history_close (&h), ST_OK);
  expect_times ((double[]){ 0, 0.5, 1, 1.5, 2, 3 }, 6);
  expect_series ("BHs/7", 2);
  expect_series ("BHs/18446744073709551615", 5);
  expect_series ("BHs/9", 2);
}

static void test_resume_cuts (void **state)
{
  struct bh_history *h = open_history (-1, -1);
  struct areg_merger merger = { .t = 2.5, .id1 = 7, .id2 = 8, .id_remnant = 7, .m1 = 2, .m2 = 1, .m_remnant = 2.9 };

  (void) state;
  for (int k = 0; k < 3; k++) {
    add (h, k, 7);
    add (h, k, 8);
  }
  assert_int_equal (bh_history_secure (h), ST_OK);
  int64_t steps = bh_history_timesteps (h), mergers = bh_history_mergers (h); /* the checkpoint */
  bh_history_merger (h, &merger);
  for (int k = 3; k < 40; k++)
    add (h, k, k < 10 ? 7 : 11);
  assert_int_equal (bh_history_close (&h), ST_OK); /* crash, resume */
  h = open_history (steps, mergers);
  assert_true (bh_history_timesteps (h) == 3 && bh_history_mergers (h) == 0);
  add (h, 2, 8); /* the instant of the checkpoint once more: there already */
  add (h, 3, 7);
  bh_history_merger (h, &merger);
  assert_int_equal (bh_history_close (&h), ST_OK);
  expect_times ((double[]){ 0, 1, 2, 3 }, 4);
  expect_series ("BHs/7", 4);
  expect_series ("BHs/8", 3);
  expect_series ("BHs/11", -1); /* its first row was behind the checkpoint */
  double mass[4];
  assert_int_equal (read_member ("mergers", "m_remnant", mass), 1);
  assert_true (mass[0] == 2.9);
}

/* A start from the snapshot of time 2.5 keeps what is not after it. */
static void test_start_from_snapshot (void **state)
{
  struct bh_history *h;
  struct areg_merger merger = { .id1 = 7, .id2 = 8, .id_remnant = 7 };
  int64_t steps, mergers;

  (void) state;
  unlink (path);
  assert_int_equal (bh_history_until (&self, &params, 2.5, &steps, &mergers), ST_OK);
  assert_true (steps == -1 && mergers == -1);
  h = open_history (steps, mergers);
  for (int k = 0; k < 5; k++) {
    add (h, k, 7);
    merger.t = k + 0.5;
    bh_history_merger (h, &merger);
  }
  assert_int_equal (bh_history_close (&h), ST_OK);
  assert_int_equal (bh_history_until (&self, &params, 2.5, &steps, &mergers), ST_OK);
  assert_true (steps == 3 && mergers == 3);
  h = open_history (steps, mergers);
  assert_int_equal (bh_history_close (&h), ST_OK);
  expect_times ((double[]) { 0, 1, 2 }, 3);
  assert_int_equal (bh_history_until (&self, &params, -1, &steps, &mergers), ST_OK);
  assert_true (steps == 0 && mergers == 0);
}

static void test_damaged_file_is_restored (void **state)
{
  struct bh_history *h = open_history (-1, -1);

  (void) state;
  for (int k = 0; k < 3; k++)
    add (h, k, 7);
  assert_int_equal (bh_history_secure (h), ST_OK);
  add (h, 3, 7);
  assert_int_equal (bh_history_close (&h), ST_OK);
  assert_int_equal (truncate (path, fixture_size (path) / 2), 0);
  h = open_history (3, 0);
  assert_int_equal (bh_history_close (&h), ST_OK);
  expect_times ((double[]){ 0, 1, 2 }, 3);
  expect_series ("BHs/7", 3);
  assert_int_equal (bh_history_open (&self, &params, &units, 9, 0, &h), ST_IOERR); /* more than anybody has */
  assert_null (h);
  status_clear ();
}

/* A reader's lock is a shared flock, as HDF5 takes it. */
static void test_reader_delays_but_loses_nothing (void **state)
{
  struct bh_history *h = open_history (-1, -1);
  int reader = open (path, O_RDONLY);

  (void) state;
  assert_int_equal (flock (reader, LOCK_SH | LOCK_NB), 0);
  add (h, 1, 7);
  assert_int_equal (bh_history_flush (h), ST_OK);
  flock (reader, LOCK_UN);
  expect_times (NULL, 0);
  assert_int_equal (flock (reader, LOCK_SH | LOCK_NB), 0);
  add (h, 2, 7);
  assert_int_equal (bh_history_secure (h), ST_OK); /* loses patience */
  flock (reader, LOCK_UN);
  expect_times ((double[]){ 1, 2 }, 2);
  close (reader);
  assert_int_equal (bh_history_close (&h), ST_OK);
  expect_series ("BHs/7", 2);
}

int main (int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_one_row_for_an_instant),
    cmocka_unit_test (test_resume_cuts),
    cmocka_unit_test (test_start_from_snapshot),
    cmocka_unit_test (test_damaged_file_is_restored),
    cmocka_unit_test (test_reader_delays_but_loses_nothing),
  };

  MPI_Init (&argc, &argv);
  comm_create (MPI_COMM_WORLD, &self);
  int failed = cmocka_run_group_tests (tests, setup, teardown);
  comm_free (&self);
  MPI_Finalize ();
  return failed;
}
