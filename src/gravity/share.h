/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shares the work of one solve among the ranks.
 *
 * Each rank gets an interval of the order (tree, key, id) that is made of whole top cells: cells of the octree of all
 * bodies, known to every rank. Whatever else a rank's sinks need of the other ranks' trees is fetched before the walk.
 */
#ifndef CATENA_GRAVITY_SHARE_H
#define CATENA_GRAVITY_SHARE_H

#include "base/comm.h"
#include "gravity/forest.h"
#include "gravity/walk.h"

/* Collective, agreed ST_MEMORY, ST_DATA. Takes the travellers over (frees them); afterwards the forest holds this
 * rank's bodies and all sources that its walk will ask for. */
enum status forest_share (struct forest *f, const struct comm *comm, const struct criterion *q,
                          struct traveller *travellers, int64_t n, struct gravity_cost *cost);

#endif
