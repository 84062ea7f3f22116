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
  float *work; /* NULL: not wanted */
  bool accelerations_alone; /* the potentials are not wanted: NULL */
};

/* A sink cell that waits for what lies below a source. */
struct waiting
{
  int32_t sink, source;
};

/* What a walk would lack. Arrays owned (probe_free). */
struct probe
{
  struct waiting *waiting;
  int32_t *asked; /* cells whose children (or bodies, if a leaf) are not here */
  int32_t *sink;  /* sink cells that lack something themselves; they are marked CELL_WAITS */
  int64_t n_waiting, waiting_capacity, n_asked, asked_capacity, n_sinks, sinks_capacity;
};
void probe_free (struct probe *p);

/* Local. Follows the decisions of the walk for the pairs given (all pairs of trees, if n < 0) through what lies
 * outside this rank's own cells, and appends to `out` what is not here, each cell once. ST_MEMORY. */
enum status forest_probe (const struct forest *f, const struct criterion *q, const struct gravity_kernels *kernels,
                          const struct waiting *pairs, int64_t n, struct probe *out);

/* A walk in its course. It is cut into pieces, sink cells with what they inherit: first those are summed below which
 * no cell is marked CELL_WAITS, then, when everything is here, the others. */
struct walk;

/* Local. The top of the walk, down to the pieces. One rank with one thread needs no pieces and is done with it.
 * Everything but the forest's imported cells and bodies must stay as it is until the end. ST_MEMORY. */
enum status walk_begin (const struct forest *f, const struct criterion *q, const struct gravity_kernels *kernels,
                        bool pieces, struct sums *sums, struct gravity_cost *cost, struct walk **out);
/* Local. Sums pieces that lack nothing; true when there are no more of them. `stop` (may be NULL) is asked by the
 * calling thread between two of its pieces; if it says so, all threads leave after the piece they are at. */
bool walk_go_on (struct walk *walk, bool (*stop) (void *), void *context);
/* Local. If wanted, nothing being on its way any more, sums what is left. Frees the walk, which may be what a failed
 * beginning left. ST_MEMORY of any part of it. */
enum status walk_end (struct walk **walk, bool finish);

#endif
