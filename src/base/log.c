/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See log.h. The state is one static struct: there is one log as there is one terminal. */
#include "base/log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MAX_KINDS = 64 };

static struct
{
  FILE *file;
  int speaks;  /* this process is rank 0 */
  int watched; /* by somebody at a terminal: 1 yes, -1 no, 0 not yet known */
  int progress_shown;
  struct { char key[32]; long count; } kind[MAX_KINDS];
  int n_kinds;
} the_log = { .speaks = 1 };

enum status log_open (const struct comm *comm, const char *path, int append)
{
  enum status st = ST_OK;

  the_log.speaks = comm->rank == 0;
  if (path && the_log.speaks && !(the_log.file = fopen (path, append ? "a" : "w")))
    st = status_fail (ST_CANTCREAT, "Cannot write the log %s. Check the directory and its permissions.", path);
  return status_agree (comm, st, NULL);
}

void log_close (void)
{
  if (the_log.file)
    fclose (the_log.file);
  the_log.file = NULL;
}

static void clear_progress (void)
{
  if (the_log.progress_shown)
    fputs ("\r\033[K", stdout);
  the_log.progress_shown = 0;
}

static void say (FILE *to, const char *format, va_list args)
{
  va_list copy;

  if (to == stdout || to == stderr)
    clear_progress ();
  va_copy (copy, args);
  vfprintf (to, format, copy);
  va_end (copy);
  fputc ('\n', to);
  fflush (to);
}

void log_say (const char *format, ...)
{
  va_list args;

  if (!the_log.speaks)
    return;
  va_start (args, format);
  say (stdout, format, args);
  if (the_log.file)
    say (the_log.file, format, args);
  va_end (args);
}

/* True at the 1st, 10th, 100th ... time of its kind. */
static int due (const char *key)
{
  int k = 0;
  long power = 1;

  while (k < the_log.n_kinds && strcmp (the_log.kind[k].key, key) != 0)
    k++;
  if (k == the_log.n_kinds) {
    if (k == MAX_KINDS)
      return 0;
    snprintf (the_log.kind[the_log.n_kinds++].key, sizeof the_log.kind[0].key, "%s", key);
  }
  long count = ++the_log.kind[k].count;
  while (power < count)
    power *= 10;
  return power == count;
}

void log_warn (const char *key, const char *format, ...)
{
  char text[2048];
  va_list args;

  if (!the_log.speaks || !due (key))
    return;
  va_start (args, format);
  vsnprintf (text, sizeof text, format, args);
  va_end (args);
  log_say ("warning (%s): %s", key, text);
}

/* mpirun gives rank 0 a terminal of its own even where mpirun's output goes to a file, so the launcher's output
 * is asked too, where the system lets us. */
static int is_watched (void)
{
  const char *kind = getenv ("TERM");
  char path[64];

  if (!isatty (STDOUT_FILENO) || !kind || strcmp (kind, "dumb") == 0)
    return 0;
  snprintf (path, sizeof path, "/proc/%ld/fd/1", (long)getppid ());
  int launcher = open (path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (launcher < 0)
    return access (path, F_OK) != 0; /* there, but it cannot be written like a terminal */
  int watched = isatty (launcher);
  close (launcher);
  return watched;
}

void log_progress (const char *format, ...)
{
  va_list args;

  if (!the_log.speaks)
    return;
  if (the_log.watched == 0)
    the_log.watched = is_watched () ? 1 : -1;
  if (the_log.watched < 0)
    return;
  clear_progress ();
  va_start (args, format);
  vprintf (format, args);
  va_end (args);
  fflush (stdout);
  the_log.progress_shown = 1;
}

double log_seconds (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}
