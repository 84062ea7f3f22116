/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shares the work of one solve among the ranks.
 *
 * Each rank gets whole top cells: cells of the octree of all bodies, known to every rank. Whatever else a rank's
 * sinks need of other ranks' trees is fetched later (import.h).
 */
#ifndef CATENA_GRAVITY_SHARE_H
#define CATENA_GRAVITY_SHARE_H

#include "base/comm.h"
#include "gravity/forest.h"

/* The groups that have bodies anywhere, ascending: group number[k] has tree 1 + k. */
struct groups
{
  int32_t *number; /* owned */
  int32_t n;
};

/* Collective, agreed ST_MEMORY. group: of this rank's n bodies, -1 for none; NULL: no body has one. The list, the
 * same on all ranks, is the caller's. */
enum status share_number_trees (const struct comm *comm, const int32_t *group, int64_t n, struct groups *out);
/* Local. 0 for bodies without a group. */
int32_t share_tree_of (const struct groups *groups, int32_t group);

/* Bytes per body of the pool's block: first the order and |a| of before, then the accelerations and the work if
 * it is wanted. */
enum { BODY_WORKSPACE = 24, WORK_WORKSPACE = 4 };

/* Collective, agreed ST_MEMORY, ST_DATA. Afterwards the forest, whose n_trees is set, holds this rank's bodies and
 * the top cells of all. The crowd has the caller's bodies and no guests, before and after. */
enum status forest_share (struct forest *f, struct pool *pool, const struct comm *comm, struct crowd *crowd,
                          const struct groups *groups, struct gravity_cost *cost);

#endif
