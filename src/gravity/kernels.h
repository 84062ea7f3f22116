/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inner loops of gravity, compiled once per instruction set from one text and chosen at run time.
 *
 * In each of them a lane is a sink (or, in cell-cell work, a fixed place of a list), and a sink's sum runs over its
 * sources one by one in list order. So neither the width of the vectors nor how sinks are blocked enters a result.
 */
#ifndef CATENA_GRAVITY_KERNELS_H
#define CATENA_GRAVITY_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#include "gravity/forest.h"
#include "gravity/split.h"

/* Direct summation in double. A position is high + low, both multiples of 2^-64 of the box that fit a double, so
 * that (high - high') + (low - low') is the exact difference rounded once. Unit of length: the box. */
struct direct_source
{
  double high[3], low[3], mass, h; /* h: support of the spline */
};

static inline void direct_source_set (struct direct_source *s, const uint64_t position[3], double mass, double h)
{
  s->mass = mass;
  s->h = h;
  for (int k = 0; k < 3; k++) {
    s->high[k] = (double) (position[k] >> 22) * 0x1p-42;
    s->low[k] = (double) (position[k] & 0x3fffff) * 0x1p-64;
  }
}

enum { DIRECT_BLOCK = 8 };
struct direct_block
{
  double high[3][DIRECT_BLOCK], low[3][DIRECT_BLOCK], h[DIRECT_BLOCK];
  double acceleration[3][DIRECT_BLOCK], potential[DIRECT_BLOCK]; /* added to; potential without its minus sign */
};

/* The sinks of one leaf group, relative to its centre in units of its scale, and their sums. Arrays are padded to a
 * multiple of 16 with copies of the first sink; h_inverse is 1e18 where h = 0. */
struct sink_group
{
  int n;
  float *x, *y, *z, *h, *h_inverse;
  float *nearest;             /* smallest max (r, h)^2 of the pairs in float so far */
  double *ax, *ay, *az, *phi; /* added to; potential without its minus sign */
};

/* A cell as a source: centre relative to that of the sinks and scale, both in units of the sinks' scale. */
struct cell_source
{
  float x, y, z, scale;
  const float *moment;
};

/* A sink cell as the acceptance criterion sees it. Units of the box. */
struct sink_view
{
  uint64_t centre[3];        /* displaced by the image's origin */
  double shift[3];           /* of the image: to be added to differences */
  double radius, h;
  double theta2;             /* squared opening angle if an old |a| is unknown, else the most ever accepted */
  double allowed2;           /* squared allowed error of one interaction; infinite if unknown */
  bool group;                /* not split further: the box of its sinks follows */
  double middle[3], half[3]; /* about the centre */
  double cut;                /* sources wholly further from all sinks are dropped; infinite: none */
  double most2;              /* squared, of the radii of an accepted pair: where its kernel changes */
};

/* What becomes of a source cell for a sink cell. */
enum verdict
{
  PAIR_FAR,  /* into the local expansion */
  PAIR_NEAR, /* multipoles at each sink of a group */
  PAIR_OPEN, /* its children are judged instead */
  PAIR_KEEP, /* handed down to the children of the sink; for a group: a leaf, body by body */
  PAIR_DROP  /* beyond the cut */
};

struct gravity_kernels
{
  const char *name;
  /* Verdicts on n cells of the list; n_bodies < few are not worth multipoles. */
  void (*judge[3]) (const struct sink_view *sink, const struct cell *cell, const int32_t *list, int64_t n, int few,
                    uint8_t *verdict);
  /* Sinks [first, last) from n bodies (x, y, z, mass), softened if h is given; source `self` + k is sink k.
   * Unsoftened pairs must lie outside every support. With `split`: their short-range part. */
  void (*pairs) (const float (*source)[4], const float *h, int64_t n, int64_t self, const struct split_pairs *split,
                 struct sink_group *group, int first, int last);
  /* Sinks [first, last) from n cells; index: order - 3. */
  void (*cell_body[3]) (const struct cell_source *source, int64_t n, struct sink_group *group, int first, int last);
  /* Local expansion of order p about the sinks' centre from n cells: (p+1)^2 numbers, added in units of the scale. */
  void (*cell_cell[3]) (const struct cell_source *source, int64_t n, double *local);
  /* Sinks of the group from a local expansion in units of the scale. */
  void (*local_body[3]) (const double *local, struct sink_group *group);
  /* The same three for the short-range part, whose moments and expansions hold full tensors: (p+1)(p+2)(p+3)/6
   * numbers of an expansion. */
  void (*cell_body_short[3]) (const struct cell_source *source, int64_t n, const struct split_pairs *split,
                              struct sink_group *group, int first, int last);
  void (*cell_cell_short[3]) (const struct cell_source *source, int64_t n, const struct split_pairs *split,
                              double *local);
  void (*local_body_full[3]) (const double *local, struct sink_group *group);
  /* Adds sources [first, last) to the block. Source `self` + k is body k of the block itself: left out. */
  void (*direct) (const struct direct_source *source, int64_t first, int64_t last, int64_t self,
                  struct direct_block *block);
  /* The short-range part of the same, of the nearest image of each source, in units of the box. */
  void (*direct_short) (const struct direct_source *source, int64_t first, int64_t last, int64_t self,
                        const struct split *split, struct direct_block *block);
};

/* Floats in the widest vectors that this processor has: 4, 8 (AVX2) or 16 (AVX-512); CATENA_LANES in the environment
 * asks for narrower ones. */
int gravity_lanes (void);
const struct gravity_kernels *gravity_kernels_best (void);

/* One per instruction set; NULL members never. */
extern const struct gravity_kernels gravity_kernels_4, gravity_kernels_8, gravity_kernels_16;

#endif
