/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Newtonian accelerations and potential of all pairs.
 *
 * Each pair is met once, in the row of its lower slot; rows run in eight fixed lanes (wide_pairs.h), so that AVX-512,
 * AVX2 and plain builds of the same loop give the same bits. Reciprocal roots are made of additions and
 * multiplications alone: a first guess from the exponent, then one step of fifth and one of third order, all fused.
 * That is as accurate as a division and a root (below one unit in the last place), twice as fast, because nothing
 * waits for the divider, and the same everywhere, which the processors' own approximations are not. Processors
 * without fused multiplication emulate it, slowly.
 *
 * Arrays are padded with massless bodies far away, which add exact zeros. Holes come first in the slots, so a row
 * belongs to one class of softening.
 *
 * A pass with many pairs is cut into eight parts of about equal work, each with sums of its own, added up in a fixed
 * tree at the end: who computes which part (share.c) has no influence on any bit.
 */
#include "areg_impl.h"
#include <math.h>

/* GADGET's spline kernel: force over r, and potential, times 1/h^3 and 1/h (PHYSICS of Springel et al. 2001). */
void areg_spline (double r, double h, double *force, double *potential)
{
  const double u = r / h, h3 = 1 / (h * h * h);
  if (u >= 1) {
    *force = 1 / (r * r * r);
    *potential = 1 / r;
  } else if (u < 0.5) {
    *force = h3 * (32.0 / 3 + u * u * (32 * u - 38.4));
    *potential = (2.8 - u * u * (16.0 / 3 + u * u * (6.4 * u - 9.6))) / h;
  } else {
    *force = h3 * (64.0 / 3 - 48 * u + 38.4 * u * u - 32.0 / 3 * u * u * u - 1 / (15 * u * u * u));
    *potential = (3.2 - 1 / (15 * u) - u * u * (32.0 / 3 + u * (-16 + u * (9.6 - 32.0 / 15 * u)))) / h;
  }
}

static void rows_add (const struct areg_pairs *p, int first, int last, double *acc)
{
#ifdef AREG_WIDE_X86
  if (__builtin_cpu_supports ("avx512f"))
    areg_wide_rows_512 (p, first, last, acc);
  else if (__builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma"))
    areg_wide_rows_fma (p, first, last, acc);
  else
#endif
    areg_wide_rows_plain (p, first, last, acc);
}

static double pairs_of_rows (const struct areg_pairs *p, int first, int last)
{
  return 0.5 * ((double) last - first) * (2.0 * p->n - 1 - first - last);
}

/* A row takes as long as so many pairs more: its ends are not whole blocks, and it is begun and summed up. */
static const double row_pairs = 24;

/* Of the rows from `first` to the last body's. */
static double work_of_rows (const struct areg_pairs *p, int first)
{
  return pairs_of_rows (p, first, p->n) + row_pairs * (p->n - first);
}

int areg_pairs_parts (const struct areg_pairs *p)
{
  return pairs_of_rows (p, p->first, p->last) < 30000 || p->last - p->first < 2 * AREG_PARTS ? 1 : AREG_PARTS;
}

/* The first row of a part: as much work before it as behind in proportion. */
static int part_first (const struct areg_pairs *p, int part, int parts)
{
  if (part == 0)
    return p->first;
  if (part == parts)
    return p->last;
  const double share = (double) part / parts, c = row_pairs - 0.5;
  const double left = (1 - share) * work_of_rows (p, p->first) + share * work_of_rows (p, p->last);
  return p->n - (int) (sqrt (c * c + 2 * left) - c);
}

void areg_pairs_part (const struct areg_pairs *p, int part, double *acc)
{
  const int parts = areg_pairs_parts (p);
  rows_add (p, part_first (p, part, parts), part_first (p, part + 1, parts), acc);
}

AREG_INLINE lanes join_2 (const double *a, int64_t s) { return lanes_load (a) + lanes_load (a + s); }
AREG_INLINE lanes join_4 (const double *a, int64_t s) { return join_2 (a, s) + join_2 (a + 2 * s, s); }
AREG_INLINE lanes join_8 (const double *a, int64_t s) { return join_4 (a, s) + join_4 (a + 4 * s, s); }

AREG_MANY_TARGETS
void areg_pairs_join (const struct areg_pairs *p, double *a, int64_t stride, int count)
{
  const int bs = p->body_stride, n = p->n;
  for (int c = 0; c < 3; c++)
    for (int i = c * bs; i < c * bs + n; i += AREG_LANES) {
      const lanes sum = count == 2 ? join_2 (a + i, stride) : count == 4 ? join_4 (a + i, stride)
                        : join_8 (a + i, stride);
      *(lanes_unaligned *) (a + i) = sum;
    }
  for (int step = 1; step < count; step *= 2)
    for (int k = 0; k < count; k += 2 * step)
      a[3 * bs + k * stride] += a[3 * bs + (k + step) * stride];
}
