/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fetches from the other ranks what this rank's walk will ask for, the essential part of their trees, while the walk
 * sums what lacks nothing:
 *
 *     import_begin (..., &import);                  ask for what is needed
 *     while (!walk_go_on (walk, import_listen, import))
 *       import_step (import);                       take what has come, and ask for what is needed then
 *     import_end (&import);                         wait for the rest
 */
#ifndef CATENA_GRAVITY_IMPORT_H
#define CATENA_GRAVITY_IMPORT_H

#include "base/comm.h"
#include "gravity/forest.h"
#include "gravity/walk.h"

struct import;

/* Collective, agreed ST_MEMORY (nothing is under way then). Afterwards each sink cell that still lacks something is
 * marked CELL_WAITS. All arguments are borrowed until the end. */
enum status import_begin (struct forest *f, const struct comm *comm, const struct criterion *q,
                          const struct gravity_kernels *kernels, struct gravity_cost *cost, struct import **out);
/* Local; for the thread that began. Answers what others ask and keeps what they send; the forest stays as it is. True
 * if import_step has something to do. The import is passed as void *, so that a walk can ask. */
bool import_listen (void *import);
/* Local; no walk may be at work. Appends cells and bodies to the forest, and asks for what is lacking next. */
void import_step (struct import *import);
/* Collective, agreed ST_MEMORY, to be called after a beginning that was ST_OK. Now no sink cell of any rank lacks
 * anything. */
enum status import_end (struct import **import);

#endif
