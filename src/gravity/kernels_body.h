/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of the inner loops, included by kernels_4.c, kernels_8.c and kernels_16.c with LANES and KERNELS set.
 *
 * Sources are read as scalars that fill a vector (a load with broadcast); sinks lie in the lanes. Compared with
 * sources in the lanes this wastes lanes of incomplete groups but needs no final sum over lanes, no transposed
 * copy of the sources, and leaves the order of a sum to the list alone.
 */
#include "gravity/kernel.h"
#include "gravity/kernels.h"
#include "gravity/lanes.h"

enum { HALF = LANES / 2 }; /* doubles in a vector */

struct direct_lanes
{
  vd high[3], low[3], h, a[3], p;
};

/* Rare enough to stay out of line: lanes of `soft` get the spline instead. */
static inline void direct_soften (vl soft, vd r, vd h, vd *force, vd *potential)
{
  vd u = r / h, hi = 1.0 / h, iu = h / r;
  vl inner = u < 0.5;
  vd f = select_double (inner, SPLINE_FORCE_INNER (double, u), SPLINE_FORCE_OUTER (double, u, iu));
  vd p = select_double (inner, SPLINE_POTENTIAL_INNER (double, u), SPLINE_POTENTIAL_OUTER (double, u, iu));

  *force = select_double (soft, hi * hi * hi * f, *force);
  *potential = select_double (soft, hi * p, *potential);
}

static inline void direct_pair (const struct direct_source *s, int64_t own, struct direct_lanes *b)
{
  vd d[3], h = select_double (b->h > s->h, b->h, s->h - (vd) {});

  for (int k = 0; k < 3; k++)
    d[k] = (s->high[k] - b->high[k]) + (s->low[k] - b->low[k]);
  vd r2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
  vd r = sqrt_double (r2), potential = 1.0 / r, force = potential / r2;
  vl apart = r2 > 0.0, soft = r < h;

  force = (vd) ((vl) force & apart);
  potential = (vd) ((vl) potential & apart);
  if (any_lane ((vi) soft))
    direct_soften (soft, r, h, &force, &potential);
  if (own >= 0 && own < HALF) {
    potential[own] = 0;
    force[own] = 0;
  }
  b->p += s->mass * potential;
  force *= s->mass;
  for (int k = 0; k < 3; k++)
    b->a[k] += force * d[k];
}

static void direct_lanes (const struct direct_source *source, int64_t first, int64_t last, int64_t self,
                          struct direct_block *block, int lane)
{
  struct direct_lanes b = { .h = *(vd *) &block->h[lane], .p = *(vd *) &block->potential[lane] };
  const int64_t own = self + lane, a = own < first ? first : own < last ? own : last;
  const int64_t c = own + HALF < a ? a : own + HALF < last ? own + HALF : last;

  for (int k = 0; k < 3; k++) {
    b.high[k] = *(vd *) &block->high[k][lane];
    b.low[k] = *(vd *) &block->low[k][lane];
    b.a[k] = *(vd *) &block->acceleration[k][lane];
  }
  for (int64_t j = first; j < a; j++)
    direct_pair (source + j, -1, &b);
  for (int64_t j = a; j < c; j++)
    direct_pair (source + j, j - own, &b);
  for (int64_t j = c; j < last; j++)
    direct_pair (source + j, -1, &b);
  *(vd *) &block->potential[lane] = b.p;
  for (int k = 0; k < 3; k++)
    *(vd *) &block->acceleration[k][lane] = b.a[k];
}

static void direct (const struct direct_source *source, int64_t first, int64_t last, int64_t self,
                    struct direct_block *block)
{
  for (int lane = 0; lane < DIRECT_BLOCK; lane += HALF)
    direct_lanes (source, first, last, self, block, lane);
}

const struct gravity_kernels KERNELS = { .name = KERNELS_NAME, .direct = direct };
