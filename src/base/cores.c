/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OpenMP's own default is one thread for each core a process may run on, and launchers bind ranks to cores or do not.
 * Without binding, two ranks on two cores would run four threads that wait for each other by spinning: measured, 15
 * times slower than two. So ranks of one machine compare the sets of cores that they may use. */
#define _GNU_SOURCE
#include "base/cores.h"

#include <omp.h>
#include <sched.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"

static int overlap (const cpu_set_t *a, const cpu_set_t *b)
{
  cpu_set_t both;

  CPU_AND (&both, a, b);
  return CPU_COUNT (&both) > 0;
}

/* Ranks of this machine, this one included, that may run on one of its cores. */
static int count_sharers (const struct comm *comm, const cpu_set_t *mine)
{
  MPI_Comm machine;
  int size, n = 0;

  MPI_TRY (MPI_Comm_split_type (comm->mpi, MPI_COMM_TYPE_SHARED, comm->rank, MPI_INFO_NULL, &machine));
  MPI_TRY (MPI_Comm_size (machine, &size));
  cpu_set_t *all = mem_alloc ("core sets", size, sizeof *all);
  ASSERT (all);
  MPI_TRY (MPI_Allgather (mine, sizeof *mine, MPI_BYTE, all, sizeof *mine, MPI_BYTE, machine));
  for (int q = 0; q < size; q++)
    n += overlap (mine, &all[q]);
  mem_free (&all);
  MPI_TRY (MPI_Comm_free (&machine));
  return n > 0 ? n : 1;
}

void cores_share (const struct comm *comm)
{
  cpu_set_t mine;
  const char *wish = getenv ("OMP_NUM_THREADS");

  CPU_ZERO (&mine);
  if (sched_getaffinity (0, sizeof mine, &mine) != 0)
    CPU_ZERO (&mine);
  int sharers = count_sharers (comm, &mine), cores = CPU_COUNT (&mine), share = cores / sharers;
  int chosen = wish && *wish, threads = chosen ? omp_get_max_threads () : share > 1 ? share : 1;
  if (!chosen)
    omp_set_num_threads (threads);
  bool crowded = comm_any (comm, cores > 0 && threads > 1 && sharers * threads > cores);
  if (crowded && comm->rank == 0)
    log_warn ("cores", "OMP_NUM_THREADS asks for more threads than there are cores for the ranks of a machine; "
                       "threads that wait then take time from those that work. Lower it, or leave it unset.");
}
