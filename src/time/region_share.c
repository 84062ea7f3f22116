/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Regions are dealt out whole, because ranks with regions of their own need not wait for each other. That fails where
 * one region is more work than a rank's share of all: a crowd around the only pair of SMBHs, say, which one rank
 * would integrate while the others wait. Such a region is integrated by a crew, the first ranks, together: all of
 * them hold all members anyway, and areg's results have the same bits on any number of ranks. It can use eight, not
 * more: so many parts do its forces fall into, and rows to extrapolate are hardly more. Below some hundred bodies
 * ranks would wait for messages. */
#include "time/region_share.h"

#include <omp.h>
#include <string.h>

enum { CREW = 8, CROWD = 100 };

/* Steps are some N^2 of work; a call is a little more. */
static double region_work (const struct region *r) { return 100.0 + (double) r->n * r->n; }

/* The largest work first, each to the least loaded rank. */
void region_deal_out (const struct regions *regions, int n_ranks, int *rank_of)
{
  const struct region *r = regions->region;
  double load[n_ranks], all = 0;
  char done[regions->n + 1];

  memset (done, 0, sizeof done);
  for (int q = 0; q < n_ranks; q++)
    load[q] = 0;
  for (int g = 0; g < regions->n; g++)
    all += region_work (&r[g]);
  for (int k = 0; k < regions->n; k++) {
    int largest = -1, least = 0;
    for (int g = 0; g < regions->n; g++)
      if (!done[g] && (largest < 0 || r[g].n > r[largest].n))
        largest = g;
    for (int q = 1; q < n_ranks; q++)
      if (load[q] < load[least])
        least = q;
    done[largest] = 1;
    if (r[largest].n >= CROWD && region_work (&r[largest]) * n_ranks > 1.5 * all)
      rank_of[largest] = REGION_TOGETHER;
    else {
      rank_of[largest] = least;
      load[least] += region_work (&r[largest]);
    }
  }
}

static void over_threads (void *context, int count, void (*task) (void *argument, int i), void *argument)
{
  (void) context;
#pragma omp parallel for schedule(dynamic, 1)
  for (int i = 0; i < count; i++)
    task (argument, i);
}

static int sum_over_ranks (void *context, double *a, int64_t n)
{
  const struct comm *crew = context;

  for (int64_t done = 0, part; done < n; done += part) {
    part = n - done < 1 << 26 ? n - done : 1 << 26;
    MPI_TRY (MPI_Allreduce (MPI_IN_PLACE, a + done, (int) part, MPI_DOUBLE, MPI_SUM, crew->mpi));
  }
  return 0;
}

static int gather_over_ranks (void *context, const double *mine, int64_t n, double *all)
{
  const struct comm *crew = context;

  ASSERT (n <= INT32_MAX);
  MPI_TRY (MPI_Allgather (mine, (int) n, MPI_DOUBLE, all, (int) n, MPI_DOUBLE, crew->mpi));
  return 0;
}

struct areg_group region_group_alone (void)
{
  return (struct areg_group){ .size = 1, .parallel = omp_get_max_threads () > 1 ? over_threads : NULL };
}

void region_crew_create (const struct comm *parent, struct comm *crew)
{
  comm_split (parent, parent->rank < CREW ? 0 : -1, crew);
}

struct areg_group region_group_crew (struct comm *crew)
{
  struct areg_group group = region_group_alone ();

  group.context = crew;
  group.rank = crew->rank;
  group.size = crew->size;
  group.sum = sum_over_ranks;
  group.gather = gather_over_ranks;
  return group;
}
