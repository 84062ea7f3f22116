/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever stands in a command line and a file of bodies, catena-fewbody and libareg come back with a status.
 *
 * An input is a text: its first line, if it begins with '$', is the command line, the rest is the file. It is read,
 * run for a few steps and printed, as the program does it. What is held besides "no crash, no undefined behaviour":
 * - done means that every number of every body is finite, and the time is the end time;
 * - refused means a sentence, and bodies that are the same bytes as before the call;
 * - the dump of a refusal is read again without a complaint, and refused with the same status.
 *
 * Half of the mutations know what a number is: they put another one, a strange one or a copy of a neighbour, in its
 * place, and so come past the reader.
 *
 * `make fuzz` builds this with libFuzzer; `make check` replays the inputs of tests/data/fuzz through replay.c. */
#define _POSIX_C_SOURCE 200809L
#include "fewbody.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_BODIES = 24, MOST_STEPS = 40, MOST_OUTPUTS = 5, MOST_WORDS = 64 };

int LLVMFuzzerTestOneInput (const unsigned char *data, size_t size);

static FILE *nowhere;

#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION /* libFuzzer's build; replay.c has its own clock */
static const int hangs_are_faults = 1;
#else
static const int hangs_are_faults = 0;
#endif

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

/* The input's own copy as text: its command line cut into words, and where the file begins. */
static char *text_cut (char *text, size_t size, char **argv, int *argc)
{
  static char none[1];
  char *line_end = size > 0 && *text == '$' ? memchr (text, '\n', size) : NULL;
  if (line_end)
    *line_end = 0;
  *argc = words_cut (line_end ? text + 1 : none, argv);
  return line_end ? line_end + 1 : text;
}

int LLVMFuzzerTestOneInput (const unsigned char *data, size_t size)
{
  const clock_t began = clock ();
  char *argv[MOST_WORDS + 1], *dump = NULL;
  int argc;
  if (!nowhere)
    nowhere = fopen ("/dev/null", "w");
  char *text = malloc (size + 1);
  must (text && nowhere, "no memory");
  memcpy (text, data, size);
  text[size] = 0;
  char *file = text_cut (text, size, argv, &argc);
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
    /* Steps to the outputs between count too: there the tight bound on steps may be met first. */
    const int spent = status == AREG_TOO_MANY_STEPS && task.outputs > 1;
    must (library_run (&task, &dump) == status || spent, "two runs with two ends");
    if (dump)
      dump_replay (dump, status);
    free (dump);
  }
  fewbody_end (&task);
  free (text);
  if (hangs_are_faults)
    must ((double) (clock () - began) < 5.0 * CLOCKS_PER_SEC, "five seconds of processor time: a hang");
  return 0;
}

#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
size_t LLVMFuzzerMutate (unsigned char *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator (unsigned char *data, size_t size, size_t most, unsigned seed);

static unsigned draw (unsigned *seed, unsigned below)
{
  *seed = *seed * 1664525u + 1013904223u;
  return (*seed >> 8) % below;
}

/* The first word that looks like a number at or behind `from`: where it begins, and its length. */
static size_t word_find (const unsigned char *data, size_t size, size_t from, size_t *length)
{
  size_t at = from;
  while (at < size && !strchr ("0123456789+-.", data[at] ? data[at] : 'x'))
    at++;
  *length = 0;
  while (at + *length < size && strchr ("0123456789+-.eEdinfa", data[at + *length] ? data[at + *length] : 'x'))
    ++*length;
  return at;
}

/* A number in place of another. */
static int number_draw (unsigned *seed, const unsigned char *data, size_t size, char *out, size_t most)
{
  static const char *const strange[] = {
    "0", "-0", "1", "-1", "1e-15", "1e-16", "1e-300", "1e300", "5e-324", "1e-310", "1.7976931348623157e308", "1e154",
    "1e-154", "1e12", "1e-12", "1e5", "1e5", "0.5", "2", "1e-17", "100", "1e30", "1e-30", "nan", "inf", "1e-8" };
  const unsigned kind = draw (seed, 4);
  size_t length, at;
  switch (kind) {
  case 0: return snprintf (out, most, "%s", strange[draw (seed, sizeof strange / sizeof *strange)]);
  case 1: return snprintf (out, most, "%.17g", ldexp (1 + draw (seed, 1000) / 1e3, (int) draw (seed, 2100) - 1070));
  case 2: return snprintf (out, most, "%.3g", draw (seed, 2000) / 500.0 - 2);
  }
  at = word_find (data, size, size > 0 ? draw (seed, (unsigned) size) : 0, &length);
  return length > 0 && length < most ? snprintf (out, most, "%.*s", (int) length, (const char *) data + at)
                                     : snprintf (out, most, "1");
}

size_t LLVMFuzzerCustomMutator (unsigned char *data, size_t size, size_t most, unsigned seed)
{
  char number[64];
  size_t length;
  if (size == 0 || draw (&seed, 2))
    return LLVMFuzzerMutate (data, size, most);
  for (unsigned times = 1 + draw (&seed, 3); times > 0; times--) {
    const size_t at = word_find (data, size, draw (&seed, (unsigned) size), &length);
    const int n = number_draw (&seed, data, size, number, sizeof number);
    if (length == 0 || n <= 0 || (size_t) n >= sizeof number || size - length + (size_t) n > most)
      continue;
    memmove (data + at + n, data + at + length, size - at - length);
    memcpy (data + at, number, (size_t) n);
    size += (size_t) n - length;
  }
  return size;
}
#endif
