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
  struct split split;   /* scale > 0: the short-range part alone, of the nearest images */
};

/* Per own body, in tree order. */
struct sums
{
  double (*acceleration)[3], *potential; /* potential without its minus sign */
  float *work;
  bool accelerations_alone; /* the potentials are not wanted, and left undefined */
};

/* A sink cell that waits for what lies below a source. */
struct waiting
{
  int32_t sink, source;
};

/* What a walk would lack. Both arrays owned (mem_free). */
struct probe
{
  struct waiting *waiting;
  int32_t *asked; /* cells whose children (or bodies, if a leaf) are not here */
  int64_t n_waiting, waiting_capacity, n_asked, asked_capacity;
};

/* Local. Follows the decisions of the walk for the pairs given (all pairs of trees, if n < 0) through what lies
 * outside this rank's own cells, and appends to `out` what is not here, each cell once. ST_MEMORY. */
enum status forest_probe (const struct forest *f, const struct criterion *q, const struct gravity_kernels *kernels,
                          const struct waiting *pairs, int64_t n, struct probe *out);

/* Local. Fills `sums` and adds to the counts of `cost`. ST_MEMORY. */
enum status forest_walk (const struct forest *f, const struct criterion *q, const struct gravity_kernels *kernels,
                         struct sums *sums, struct gravity_cost *cost);

#endif
