/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One buffer per process holds the sentences of its failures. It is the only global of the base layer
 * besides the log: a failure must be sayable from anywhere, also when memory is short, so the buffer
 * is static and text that does not fit is cut rather than lost with an allocation. */
#include "base/status.h"

#include <mpi.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char sentences[16384];

const char *status_words (enum status st)
{
  switch (st) {
  case ST_OK: return "no error";
  case ST_USAGE: return "wrong command line";
  case ST_DATA: return "bad input data";
  case ST_NOINPUT: return "cannot open input";
  case ST_INTERNAL: return "internal error";
  case ST_MEMORY: return "out of memory";
  case ST_CANTCREAT: return "cannot create output";
  case ST_IOERR: return "input/output error";
  case ST_STOPPED: return "stopped early with a good checkpoint";
  }
  return "unknown status";
}

enum status status_fail (enum status st, const char *format, ...)
{
  size_t used = strlen (sentences);
  va_list args;

  if (used > 0 && used + 1 < sizeof sentences) {
    sentences[used++] = '\n';
    sentences[used] = '\0';
  }
  va_start (args, format);
  vsnprintf (sentences + used, sizeof sentences - used, format, args);
  va_end (args);
  return st;
}

const char *status_message (void) { return sentences; }

void status_clear (void) { sentences[0] = '\0'; }

void status_bug (const char *file, int line, const char *condition)
{
  int up = 0, rank = 0;

  MPI_Initialized (&up);
  if (up)
    MPI_Comm_rank (MPI_COMM_WORLD, &rank);
  fprintf (stderr, "catena: internal error on rank %d at %s:%d: '%s' does not hold. Please report it.\n",
           rank, file, line, condition);
  if (up)
    MPI_Abort (MPI_COMM_WORLD, ST_INTERNAL);
  abort ();
}
