/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever stands in a command line and a file of bodies, catena-fewbody and libareg come back with a status.
 *
 * An input is a text: its first line, if it begins with '$', is the command line, the rest is the file. It is read,
 * run for a few steps and printed, as the program does it. What is held besides "no crash, no undefined behaviour":
 * - done means that every number of every body is finite, and the time is the end time;
 * - refused means a sentence, and bodies that are the same bytes as before the call;
 * - the dump of a refusal is read again without a complaint, and refused with the same status.
 *
 * `make fuzz` builds this with libFuzzer; `make check` replays the inputs of tests/data/fuzz through replay.c. */
#define _POSIX_C_SOURCE 200809L
#include "fewbody.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BODIES = 24, MOST_STEPS = 40, MOST_OUTPUTS = 5, MOST_WORDS = 64 };

int LLVMFuzzerTestOneInput (const unsigned char *data, size_t size);

static FILE *nowhere;

static void must (int holds, const char *what)
{
  if (holds)
    return;
  fprintf (stderr, "fuzz_fewbody: %s\n", what);
  abort ();
}

/* Cuts a line into words behind the program's name. */
static int words_cut (char *line, char **argv)
{
  int argc = 0;
  char *save;
  argv[argc++] = "catena-fewbody";
  for (char *w = strtok_r (line, " \t\r", &save); w && argc < MOST_WORDS; w = strtok_r (NULL, " \t\r", &save))
    argv[argc++] = w;
  argv[argc] = NULL;
  return argc;
}

/* A task from words and text: 0 or an exit code. */
static int task_read (struct fewbody *task, int argc, char **argv, const char *text, size_t size)
{
  fewbody_begin (task);
  int code = fewbody_command (task, argc, argv, nowhere);
  if (code)
    return code;
  FILE *in = size > 0 ? fmemopen ((void *) text, size, "r") : fopen ("/dev/null", "r");
  must (in != NULL, "no stream in memory");
  code = fewbody_read (task, in);
  fclose (in);
  return code ? code : fewbody_settle (task, argc, argv);
}

/* Only so much as a fuzzer can wait for. */
static void task_bound (struct fewbody *task)
{
  if (task->n > MOST_BODIES)
    task->n = MOST_BODIES;
  if (task->options.max_steps > MOST_STEPS)
    task->options.max_steps = MOST_STEPS;
  if (task->outputs > MOST_OUTPUTS)
    task->outputs = MOST_OUTPUTS;
}

static int all_finite (const struct areg_body *b, int n)
{
  for (int i = 0; i < n; i++) {
    if (!isfinite (b[i].m))
      return 0;
    for (int c = 0; c < 3; c++)
      if (!isfinite (b[i].x[c]) || !isfinite (b[i].v[c]) || !isfinite (b[i].spin[c]))
        return 0;
  }
  return 1;
}

/* The library called by hand: an areg_status; a dump if it refused. */
static int library_run (const struct fewbody *task, char **dump)
{
  struct areg *system = NULL;
  struct areg_body before[MOST_BODIES], after[MOST_BODIES];
  memset (before, 0, sizeof before);
  memset (after, 0, sizeof after);
  int status = areg_create (&task->options, NULL, task->n, &system);
  if (status != AREG_OK)
    return status;
  status = areg_load_split (system, task->t_start, task->bodies, (const double (*)[3]) task->x_low, task->n);
  if (status == AREG_OK) {
    areg_set_step_hint (system, task->step_hint);
    areg_bodies (system, before);
    must (all_finite (before, areg_count (system)), "loaded, and not finite");
    status = areg_advance (system, task->t_end);
    areg_bodies (system, after);
    if (status == AREG_OK) {
      must (all_finite (after, areg_count (system)), "done, and not finite");
      must (areg_time (system) == task->t_end, "done, and not at its end");
    } else {
      must (areg_count (system) == task->n && areg_time (system) == task->t_start, "refused, and changed");
      must (!memcmp (before, after, sizeof before), "refused, and bodies changed");
    }
  }
  must ((status == AREG_OK) == (*areg_last_message (system) == 0), "a message without refusal, or the reverse");
  if (status != AREG_OK) {
    const int64_t length = areg_dump (system, NULL, 0);
    *dump = malloc ((size_t) length + 1);
    must (*dump && areg_dump (system, *dump, length + 1) == length, "two dumps of two lengths");
  }
  areg_free (&system);
  return status;
}

/* The dump of a refusal, run again, is refused alike. A refusal for want of steps or convergence hangs on history:
 * there some refusal will do. */
static void dump_replay (const char *dump, int status)
{
  char *argv[] = { "catena-fewbody", "--replay", "dump", NULL }, *again = NULL;
  struct fewbody task;
  const int code = task_read (&task, 3, argv, dump, strlen (dump));
  must (code == 0, "a dump that cannot be read");
  task_bound (&task);
  const int replayed = library_run (&task, &again);
  if (status == AREG_BAD_BODY || status == AREG_BAD_TIME)
    must (replayed == status, "a dump with another end");
  free (again);
  fewbody_end (&task);
}

int LLVMFuzzerTestOneInput (const unsigned char *data, size_t size)
{
  char *argv[MOST_WORDS + 1], *dump = NULL;
  if (!nowhere)
    nowhere = fopen ("/dev/null", "w");
  char *text = malloc (size + 1), *file = text;
  must (text && nowhere, "no memory");
  memcpy (text, data, size);
  text[size] = 0;
  char none[1] = "";
  int argc = words_cut (none, argv);
  char *line_end = size > 0 && *text == '$' ? memchr (text, '\n', size) : NULL;
  if (line_end) {
    *line_end = 0;
    file = line_end + 1;
    argc = words_cut (text + 1, argv);
  }
  struct fewbody task;
  int code = task_read (&task, argc, argv, file, size - (size_t) (file - text));
  must (code <= 0 || strlen (task.message) > 10, "refused without a word");
  if (code == 0) {
    task_bound (&task);
    const int status = fewbody_run (&task, nowhere, &dump);
    must (status == AREG_OK || strlen (task.message) > 10, "refused without a word");
    must ((dump != NULL) == (status != AREG_OK), "no dump, or one too many");
    free (dump);
    dump = NULL;
    must (library_run (&task, &dump) == status, "two runs with two ends");
    if (dump)
      dump_replay (dump, status);
    free (dump);
  }
  fewbody_end (&task);
  free (text);
  return 0;
}
