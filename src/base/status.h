/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of failures and what the shell sees of them.
 *
 * A function that can fail returns an `enum status`. A local function never communicates: it returns
 * its own trouble and leaves its object as it was. A collective function ends with `status_agree`
 * (comm.h), so that every rank returns the same status. `message` texts for people are kept beside
 * the status (`status_fail`), one per rank, and printed once by main.
 */
#ifndef CATENA_STATUS_H
#define CATENA_STATUS_H

/* In order of severity: agreement takes the largest. Values are the exit codes of <sysexits.h>. */
enum status
{
  ST_OK = 0,
  ST_USAGE = 64,     /* command line */
  ST_DATA = 65,      /* bad parameter file, initial conditions or snapshot */
  ST_NOINPUT = 66,   /* cannot open input */
  ST_INTERNAL = 70,  /* a bug, or a computation that failed */
  ST_MEMORY = 71,    /* the system refused memory */
  ST_CANTCREAT = 73, /* cannot create output */
  ST_IOERR = 74,     /* cannot write or read on */
  ST_STOPPED = 75    /* stopped early with a good checkpoint: submit again */
};

/* Words for a status, never NULL. */
const char *status_words (enum status st);

/* Local. Records the sentence (what, where, what to change) for this rank's first failure and returns
 * `st`, so that `return status_fail (ST_DATA, "...")` reads as one act. Later sentences of the same
 * rank are appended on lines of their own, so that several faults can be reported together. */
enum status status_fail (enum status st, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

/* Local. What this rank has recorded since the last clear; "" if nothing. */
const char *status_message (void);
void status_clear (void);

/* A broken invariant: a bug, never a user's fault. Says where, and ends all ranks with ST_INTERNAL. */
#define ASSERT(condition)                                                                          \
  do {                                                                                             \
    if (!(condition))                                                                              \
      status_bug (__FILE__, __LINE__, #condition);                                                 \
  } while (0)
void status_bug (const char *file, int line, const char *condition) __attribute__ ((noreturn));

#endif
