/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who integrates which region: one rank each, or several ranks together, and the threads of each.
 */
#ifndef CATENA_REGION_SHARE_H
#define CATENA_REGION_SHARE_H

#include "areg.h"
#include "base/comm.h"
#include "time/region.h"

enum { REGION_TOGETHER = -1 };

/* rank_of[g] of each region: a rank, or REGION_TOGETHER. Local, the same on all ranks. */
void region_deal_out (const struct regions *regions, int n_ranks, int *rank_of);

/* A group of one rank, with its threads. */
struct areg_group region_group_alone (void);

/* Collective over `parent`. The first ranks of it, as many as do better than fewer; size 0 on the others. Free with
 * comm_free. */
void region_crew_create (const struct comm *parent, struct comm *crew);
/* The crew as a group, with the threads of its ranks. The crew must outlive it. */
struct areg_group region_group_crew (struct comm *crew);

#endif
