/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shares the work of one solve among the ranks.
 *
 * Each rank gets an interval of the order (tree, key, id) that is made of whole top cells: cells of the octree of all
 * bodies, known to every rank. Whatever else a rank's sinks need of other ranks' trees is fetched before the walk.
 */
#ifndef CATENA_GRAVITY_SHARE_H
#define CATENA_GRAVITY_SHARE_H

#include "base/comm.h"
#include "gravity/forest.h"
#include "gravity/walk.h"

/* Collective, agreed ST_MEMORY, ST_DATA. Afterwards the forest holds this rank's bodies and all sources that its walk
 * will ask for. The travellers' trees are renumbered; they are not needed any more. */
enum status forest_share (struct forest *f, struct pool *pool, const struct comm *comm, const struct criterion *q,
                          const struct gravity_kernels *kernels, struct traveller *travellers, int64_t n,
                          struct gravity_cost *cost);

#endif
