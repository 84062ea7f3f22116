/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The walk: accelerations of a rank's own bodies from a forest of which this rank holds all that it needs.
 */
#ifndef CATENA_GRAVITY_WALK_H
#define CATENA_GRAVITY_WALK_H

#include "base/status.h"
#include "gravity/forest.h"
#include "gravity/gravity.h"
#include "gravity/kernels.h"

/* The acceptance of one solve, in its units. */
struct criterion
{
  int order;
  double accuracy;      /* alpha: allowed error of one interaction over |a| of before */
  double opening_angle; /* where |a| is unknown */
};

/* What becomes of a pair (sink cell, source cell). */
enum verdict { PAIR_ACCEPT, PAIR_OPEN, PAIR_HAND_DOWN };

/* The decision of the recursion for sink cell `a`; group: it is not split further. A function of the two cells alone. */
enum verdict pair_verdict (const struct criterion *q, const struct cell *a, const struct cell *b, bool group);
/* Sink cells with at most so many bodies are not split further. */
bool cell_is_group (const struct forest *f, const struct cell *a);
/* For a group: field of `b` by its multipoles at each sink? d2: squared distance of its centre to the box of sinks. */
bool group_accepts (const struct criterion *q, const struct cell *a, const struct cell *b, double d2);

/* Per own body, in tree order. */
struct sums
{
  double (*acceleration)[3], *potential; /* potential without its minus sign */
  float *work;
};

/* Local. Fills `sums` and adds to the counts of `cost`. ST_MEMORY. */
enum status forest_walk (const struct forest *f, const struct criterion *q, const struct gravity_kernels *kernels,
                         struct sums *sums, struct gravity_cost *cost);

#endif
