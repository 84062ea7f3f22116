/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the program says to people while it runs: rank 0 speaks, to the terminal and to log.txt; another
 * rank speaks only through status_fail. Warnings say what was observed, what was done and what the user
 * may change, and are repeated at 1, 10, 100, ... occurrences only.
 */
#ifndef CATENA_LOG_H
#define CATENA_LOG_H

#include "base/comm.h"
#include "base/status.h"

/* Collective. `path` may be NULL (terminal only); `append` continues an earlier log. Agreed ST_CANTCREAT. */
enum status log_open (const struct comm *comm, const char *path, int append);
void log_close (void);
/* Any rank may call these; only rank 0 prints. A newline is added. */
void log_say (const char *format, ...) __attribute__ ((format (printf, 1, 2)));
/* `key` names the kind of warning and counts it. */
void log_warn (const char *key, const char *format, ...) __attribute__ ((format (printf, 2, 3)));
/* On a terminal: replaces the last progress line; in a pipe: silent, since log.txt has the steps. */
void log_progress (const char *format, ...) __attribute__ ((format (printf, 1, 2)));

/* Monotonic seconds, for work measures and the log only: never enters a number of the physics. */
double log_seconds (void);

#endif
