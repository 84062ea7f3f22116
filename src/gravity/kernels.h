/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inner loops of gravity, compiled once per instruction set from one text and chosen at run time.
 *
 * In each of them a lane is a sink (or, in cell-cell work, a fixed place of a list), and a sink's sum runs over its
 * sources one by one in list order. So neither the width of the vectors nor how sinks are blocked enters a result.
 */
#ifndef CATENA_GRAVITY_KERNELS_H
#define CATENA_GRAVITY_KERNELS_H

#include <stdint.h>

/* Direct summation in double. A position is high + low, both multiples of 2^-64 of the box that fit a double, so
 * that (high - high') + (low - low') is the exact difference rounded once. Unit of length: the box. */
struct direct_source
{
  double high[3], low[3], mass, h; /* h: support of the spline */
};

enum { DIRECT_BLOCK = 8 };
struct direct_block
{
  double high[3][DIRECT_BLOCK], low[3][DIRECT_BLOCK], h[DIRECT_BLOCK];
  double acceleration[3][DIRECT_BLOCK], potential[DIRECT_BLOCK]; /* added to; potential without its minus sign */
};

struct gravity_kernels
{
  const char *name;
  /* Adds sources [first, last) to the block. Source `self` + k is body k of the block itself: left out. */
  void (*direct) (const struct direct_source *source, int64_t first, int64_t last, int64_t self,
                  struct direct_block *block);
};

/* The widest set that this processor has; CATENA_LANES=4|8|16 in the environment asks for a narrower one. */
const struct gravity_kernels *gravity_kernels_best (void);

/* One per instruction set; NULL members never. */
extern const struct gravity_kernels gravity_kernels_4, gravity_kernels_8, gravity_kernels_16;

#endif
