/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run from its first instant, or from a checkpoint or snapshot, to TimeMax or an early stop.
 */
#ifndef CATENA_RUN_H
#define CATENA_RUN_H

#include "base/comm.h"
#include "base/status.h"

enum run_start { RUN_NEW, RUN_RESUME, RUN_FROM_SNAPSHOT };

struct run_request
{
  const char *parameter_file;
  enum run_start start;
  int snapshot; /* RUN_FROM_SNAPSHOT */
  int force;    /* RUN_NEW into a directory that holds a run */
};

/* Collective, agreed. ST_OK: reached TimeMax; ST_STOPPED: stopped early with a good checkpoint; else a failure whose
 * sentence is status_message. */
enum status run_simulation (const struct comm *comm, const struct run_request *request);

/* Collective, agreed. Validates parameters and ICs, and prints derived scales, memory and warnings. */
enum status run_check (const struct comm *comm, const char *parameter_file);

/* Collective, agreed. All accelerations and potentials of the ICs once, into OutputDir/forces.hdf5; timing record on
 * stdout. */
enum status run_forces (const struct comm *comm, const char *parameter_file);

#endif
