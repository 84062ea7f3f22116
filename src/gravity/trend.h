/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The smooth part of the field about each body: a straight line through the accelerations of its neighbourhood.
 */
#ifndef CATENA_GRAVITY_TREND_H
#define CATENA_GRAVITY_TREND_H

#include "gravity/forest.h"
#include "gravity/walk.h"

/* Local. Of each own body, in the place of f->place, which is lost: |a| of the straight line at the body, and the
 * gradient of that |a|, in units of the solve. All 0 where the line says nothing about the body: too few neighbours,
 * or its own acceleration is another. Once the walk has ended; positions and cells must still be there. The same
 * bits on any number of ranks and threads. */
void trend_fit (struct forest *f, const struct sums *sums);

#endif
