/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Set-up of a unit test that needs a communicator: MPI on one rank, and nothing left in memory at the end. */
#ifndef ONE_RANK_H
#define ONE_RANK_H

#include <mpi.h>

#include "base/comm.h"
#include "base/mem.h"

static struct comm comm;

static int setup (void **state)
{
  (void) state;
  MPI_Init (NULL, NULL);
  comm_create (MPI_COMM_WORLD, &comm);
  return 0;
}

static int teardown (void **state)
{
  (void) state;
  comm_free (&comm);
  assert_int_equal (mem_used (), 0);
  MPI_Finalize ();
  return 0;
}

#endif
