/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact sums of doubles, the same in any order and on any number of ranks and threads.
 *
 * A double is an integer times a power of two, so a fixed-point number wide enough for every double
 * holds sums without rounding (Kulisch). Here it is 68 limbs of 32 bits kept in signed 64-bit words, so
 * that up to 2^30 additions need no carry, and two accumulators add limb by limb: an MPI integer sum.
 */
#ifndef CATENA_EXACT_H
#define CATENA_EXACT_H

#include <stdint.h>

#include "base/comm.h"

enum { EXACT_LIMBS = 68 };

struct exact_sum
{
  int64_t limb[EXACT_LIMBS]; /* value = sum of limb[k] * 2^(32 k - 1075) */
  int64_t n_added;           /* since the last carry */
  int64_t n_bad;             /* infinities and NaN met: the sum is then NaN */
};

void exact_clear (struct exact_sum *sum);
void exact_add (struct exact_sum *sum, double x);
/* Adds the product a*b without rounding it first. */
void exact_add_product (struct exact_sum *sum, double a, double b);
void exact_merge (struct exact_sum *sum, const struct exact_sum *other);
/* The sum rounded to a double (error below one unit in the last place). */
double exact_value (const struct exact_sum *sum);
/* Collective. n accumulators become their sums over all ranks. */
void exact_reduce (const struct comm *comm, struct exact_sum *sums, int n);

#endif
