/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fetches from the other ranks what this rank's walk will ask for: the essential part of their trees.
 */
#ifndef CATENA_GRAVITY_IMPORT_H
#define CATENA_GRAVITY_IMPORT_H

#include "base/comm.h"
#include "gravity/forest.h"
#include "gravity/walk.h"

/* Collective, agreed ST_MEMORY. Appends cells and bodies to the forest until no sink cell of any rank lacks one. */
enum status forest_import (struct forest *f, const struct comm *comm, const struct criterion *q,
                           const struct gravity_kernels *kernels, struct gravity_cost *cost);

#endif
