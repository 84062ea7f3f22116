/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Set-up of a test on several ranks: all of them, and each alone; and nothing left in memory at the end. */
#ifndef MANY_RANKS_H
#define MANY_RANKS_H

#include <mpi.h>

#include "base/comm.h"
#include "base/mem.h"

static struct comm world, self;

static int setup (void **state)
{
  (void) state;
  MPI_Init (NULL, NULL);
  comm_create (MPI_COMM_WORLD, &world);
  comm_create (MPI_COMM_SELF, &self);
  return 0;
}

static int teardown (void **state)
{
  (void) state;
  const int64_t used = comm_max (&world, mem_used ());
  comm_free (&world);
  comm_free (&self);
  assert_int_equal (used, 0);
  MPI_Finalize ();
  return 0;
}

#endif
