/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves the rules of the output directory, that a full disk costs an exit code and no file, that what was there
 * before stays, that the SMBH history keeps its rows until there is room, and that logs of a resumed run have no
 * line twice.
 *
 * The full disk is a limit on the size of files (setrlimit): a write beyond it fails like one on a full disk, and
 * needs no rights.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <signal.h>
#include <sys/resource.h>

#include "../io_fixture.h"
#include "base/mem.h"
#include "io/bh_history.h"
#include "io/checkpoint.h"
#include "io/diagnostics.h"
#include "io/output.h"
#include "io/snapshot.h"

static struct comm self;
static char dir[64];
static struct params params;
static struct units units;
static struct box box;
static struct particles p;
static struct holes h;

static int setup (void **state)
{
  (void) state;
  signal (SIGXFSZ, SIG_IGN);
  fixture_directory (&self, dir);
  fixture_params (dir, "KetjuRegionPhysicalRadius 0.03", &params);
  units = params_units (&params);
  fixture_particles (&self, &box, &p, &h);
  return 0;
}

static int teardown (void **state)
{
  (void) state;
  fixture_remove (&self, dir);
  particles_free (&p);
  holes_free (&h);
  return mem_used () != 0;
}

static void limit_files (rlim_t bytes)
{
  struct rlimit limit;

  getrlimit (RLIMIT_FSIZE, &limit);
  limit.rlim_cur = bytes;
  assert_int_equal (setrlimit (RLIMIT_FSIZE, &limit), 0);
}

static void touch (const char *name)
{
  char path[256];

  snprintf (path, sizeof path, "%s/%s", dir, name);
  FILE *f = fopen (path, "w");
  assert_non_null (f);
  fputs ("x\n", f);
  fclose (f);
}

static int is_there (const char *name)
{
  char path[256];

  snprintf (path, sizeof path, "%s/%s", dir, name);
  return access (path, F_OK) == 0;
}

static void test_output_directory (void **state)
{
  char deep[128];

  (void) state;
  snprintf (deep, sizeof deep, "%s/a/b", dir);
  assert_int_equal (output_prepare (&self, deep, OUTPUT_NEW), ST_OK);
  touch ("notes.txt");
  touch ("ics.hdf5");
  assert_int_equal (output_prepare (&self, dir, OUTPUT_NEW), ST_OK); /* no run of ours */
  snprintf (deep, sizeof deep, "%s/notes.txt", dir);
  assert_int_equal (output_prepare (&self, deep, OUTPUT_NEW), ST_CANTCREAT);
  status_clear ();
  snprintf (deep, sizeof deep, "%s/restartfiles", dir);
  assert_int_equal (output_directory (deep), ST_OK);
  touch ("snapshot_000.hdf5");
  touch ("snapshot_001.hdf5.tmp");
  touch ("restartfiles/checkpoint_000001.hdf5");
  touch ("energy.txt");
  touch ("cpu.csv");
  touch ("log.txt");
  touch ("region-7.areg");
  assert_int_equal (output_prepare (&self, dir, OUTPUT_NEW), ST_CANTCREAT);
  assert_non_null (strstr (status_message (), "already holds a run"));
  assert_non_null (strstr (status_message (), "snapshot_000.hdf5"));
  assert_non_null (strstr (status_message (), "--force"));
  status_clear ();
  assert_int_equal (output_prepare (&self, dir, OUTPUT_RESUME), ST_OK);
  assert_true (is_there ("snapshot_000.hdf5") && is_there ("restartfiles/checkpoint_000001.hdf5"));
  assert_int_equal (output_take_back (dir), ST_OK);
  assert_false (is_there ("snapshot_000.hdf5") || is_there ("restartfiles") || is_there ("energy.txt")
                || is_there ("cpu.csv"));
  assert_true (is_there ("log.txt") && is_there ("region-7.areg") && is_there ("notes.txt") && is_there ("ics.hdf5"));
  assert_int_equal (output_prepare (&self, dir, OUTPUT_NEW), ST_OK);
  touch ("energy.txt");
  touch ("regions.csv");
  assert_false (is_there ("snapshot_001.hdf5.tmp"));
  assert_int_equal (output_prepare (&self, dir, OUTPUT_FORCE), ST_OK);
  assert_false (is_there ("snapshot_000.hdf5") || is_there ("restartfiles") || is_there ("energy.txt")
                || is_there ("cpu.csv"));
  assert_false (is_there ("regions.csv") || is_there ("log.txt") || is_there ("region-7.areg"));
  assert_true (is_there ("notes.txt") && is_there ("ics.hdf5"));
}

static void test_full_disk_leaves_no_snapshot (void **state)
{
  (void) state;
  limit_files (40000); /* the snapshot needs 95 kB */
  enum status st = snapshot_write (&self, &params, &box, &p, &h, 0, 5);
  limit_files (RLIM_INFINITY);
  assert_int_equal (st, ST_IOERR);
  assert_non_null (strstr (status_message (), "snapshot_005.hdf5"));
  assert_false (is_there ("snapshot_005.hdf5") || is_there ("snapshot_005.hdf5.tmp"));
  status_clear ();
}

static void test_full_disk_keeps_checkpoints (void **state)
{
  int64_t step = 17;
  const struct checkpoint_item item = { "step", CHECKPOINT_I64, &step, 1 };
  char where[128];
  struct particles again = { 0 };
  struct holes holes = { 0 };
  struct box found;

  (void) state;
  snprintf (where, sizeof where, "%s/restartfiles", dir);
  assert_int_equal (checkpoint_write (&self, where, &params, &box, &p, &h, &item, 1), ST_OK);
  step = 18;
  limit_files (40000);
  assert_int_equal (checkpoint_write (&self, where, &params, &box, &p, &h, &item, 1), ST_IOERR);
  limit_files (RLIM_INFINITY);
  status_clear ();
  assert_int_equal (checkpoint_read (&self, where, &params, &found, &again, &holes, &item, 1), ST_OK);
  assert_true (step == 17 && again.n == FIXTURE_N);
  particles_free (&again);
  holes_free (&holes);
}

static void test_full_disk_keeps_rows (void **state)
{
  struct bh_history *history;

  (void) state;
  assert_int_equal (bh_history_open (&self, &params, &units, -1, -1, &history), ST_OK);
  for (int k = 0; k < 2000; k++)
    bh_history_add (history, k, &(struct bh_row){ .id = 7, .mass = k }, 1);
  limit_files (100000); /* the rows need 288 kB */
  assert_int_equal (bh_history_flush (history), ST_IOERR);
  limit_files (RLIM_INFINITY);
  status_clear ();
  assert_int_equal (bh_history_flush (history), ST_OK);
  assert_int_equal (bh_history_timesteps (history), 2000);
  assert_int_equal (bh_history_close (&history), ST_OK);
  assert_int_equal (bh_history_open (&self, &params, &units, 2000, 0, &history), ST_OK);
  assert_int_equal (bh_history_close (&history), ST_OK);
}

static int lines_of (const char *name)
{
  char path[256];
  int c, n = 0;

  snprintf (path, sizeof path, "%s/%s", dir, name);
  FILE *f = fopen (path, "r");
  assert_non_null (f);
  while ((c = fgetc (f)) != EOF)
    n += c == '\n';
  fclose (f);
  return n;
}

static void log_steps (struct diagnostics *d, int from, int end)
{
  const char *const names[] = { "gravity" };
  struct conserved sums;

  for (int k = from; k < end; k++) {
    diagnostics_step (d, &(struct step_row){ .step = k, .time = k, .energy_error = NAN });
    diagnostics_cpu (d, k, k, names, &(double){ 1 }, 1);
    diagnostics_energy (d, k, &box, &p, NULL, &sums);
  }
}

static void test_logs_of_a_resumed_run (void **state)
{
  struct diagnostics *d;
  int64_t lengths[DIAGNOSTIC_FILES];

  (void) state;
  assert_int_equal (diagnostics_open (&self, &params, &units, NULL, &d), ST_OK);
  log_steps (d, 0, 5);
  assert_int_equal (diagnostics_lengths (d, lengths), ST_OK); /* the checkpoint */
  log_steps (d, 5, 9);
  assert_int_equal (diagnostics_close (&d), ST_OK); /* crash */
  assert_int_equal (diagnostics_open (&self, &params, &units, lengths, &d), ST_OK);
  log_steps (d, 5, 6);
  assert_int_equal (diagnostics_close (&d), ST_OK);
  assert_int_equal (lines_of ("info.txt"), 6);
  diagnostics_until (&self, &params, 3, 3, lengths); /* a start from the snapshot of time 3 */
  assert_int_equal (diagnostics_open (&self, &params, &units, lengths, &d), ST_OK);
  log_steps (d, 3, 6);
  assert_int_equal (diagnostics_close (&d), ST_OK);
  assert_int_equal (lines_of ("info.txt"), 6);
  assert_int_equal (lines_of ("energy.txt"), 6);
  assert_int_equal (lines_of ("conservation.csv"), 7); /* with names */
  assert_int_equal (lines_of ("cpu.csv"), 7);
}

int main (int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_output_directory),
    cmocka_unit_test (test_full_disk_leaves_no_snapshot),
    cmocka_unit_test (test_full_disk_keeps_checkpoints),
    cmocka_unit_test (test_full_disk_keeps_rows),
    cmocka_unit_test (test_logs_of_a_resumed_run),
  };

  MPI_Init (&argc, &argv);
  comm_create (MPI_COMM_WORLD, &self);
  int failed = cmocka_run_group_tests (tests, setup, teardown);
  comm_free (&self);
  MPI_Finalize ();
  return failed;
}
