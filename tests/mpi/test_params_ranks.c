/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proves that every rank gets the same parameters, or the same status and sentence, though rank 0 alone reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "params/params.h"

static struct comm comm;

/* Collective. Writes `text` to a file of this run, reads it back as parameters. */
static enum status read_as_file (const char *text, struct params *p)
{
  char path[64];
  int64_t pid = comm.rank == 0 ? (int64_t) getpid () : 0;

  comm_broadcast (&comm, &pid, sizeof pid, 0);
  snprintf (path, sizeof path, "params_ranks_%lld.txt", (long long) pid);
  if (comm.rank == 0) {
    FILE *file = fopen (path, "w");
    if (file) {
      fputs (text, file);
      fclose (file);
    }
  }
  status_clear ();
  enum status st = params_read (&comm, path, p);
  if (comm.rank == 0)
    remove (path);
  return st;
}

/* 1 on every rank if it is 1 on all. */
static int everywhere (int mine) { return comm_min (&comm, mine) == 1; }

static void all_ranks_agree (void **state)
{
  static struct params p;
  (void) state;
  enum status st = read_as_file ("InitCondFile a\nOutputDir b\nTimeMax 0.1\nSofteningComovingClass0 0.25\n", &p);
  assert_true (
    everywhere (st == ST_OK && p.TimeMax == 0.1 && strcmp (p.OutputDir, "b") == 0 && p.line[PARAM_ROW_TimeMax] == 3));
  st = read_as_file ("InitCondFile a\nTimeMaxx 1\n", &p);
  assert_true (everywhere (st == ST_DATA && strstr (status_message (), ":2: 'TimeMaxx' is no parameter") != NULL
                           && strstr (status_message (), "OutputDir is missing") != NULL));
  status_clear ();
  st = params_read (&comm, "no/such/file", &p);
  assert_true (everywhere (st == ST_NOINPUT && strstr (status_message (), "no/such/file") != NULL));
}

int main (int argc, char **argv)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (all_ranks_agree) };

  MPI_Init (&argc, &argv);
  comm_create (MPI_COMM_WORLD, &comm);
  int failed = cmocka_run_group_tests (tests, NULL, NULL);
  comm_free (&comm);
  MPI_Finalize ();
  return failed;
}
