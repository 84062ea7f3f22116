/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See exact.h. A 53-bit mantissa shifted by up to 31 bits spans three limbs at most. */
#include "base/exact.h"

#include <math.h>
#include <string.h>

enum { BIAS = 1075, MAX_ADDITIONS = 1 << 30 };

void exact_clear (struct exact_sum *sum) { memset (sum, 0, sizeof *sum); }

static void carry (struct exact_sum *sum)
{
  for (int k = 0; k < EXACT_LIMBS - 1; k++) {
    int64_t up = sum->limb[k] >> 32; /* arithmetic shift: floor */
    sum->limb[k] -= up * ((int64_t) 1 << 32);
    sum->limb[k + 1] += up;
  }
  sum->n_added = 0;
}

void exact_add (struct exact_sum *sum, double x)
{
  uint64_t bits;

  memcpy (&bits, &x, sizeof bits);
  int exponent = (int) (bits >> 52 & 0x7ff);
  uint64_t mantissa = bits & 0xfffffffffffffULL;
  if (exponent == 0x7ff) {
    sum->n_bad++;
    return;
  }
  if (exponent > 0)
    mantissa |= 1ULL << 52;
  else
    exponent = 1;
  int limb = exponent >> 5, shift = exponent & 31; /* x = mantissa * 2^(exponent - 1075) */
  unsigned __int128 wide = (unsigned __int128) mantissa << shift;
  int64_t sign = bits >> 63 ? -1 : 1;
  sum->limb[limb] += sign * (int64_t) (uint32_t) wide;
  sum->limb[limb + 1] += sign * (int64_t) (uint32_t) (wide >> 32);
  sum->limb[limb + 2] += sign * (int64_t) (uint32_t) (wide >> 64);
  if (++sum->n_added >= MAX_ADDITIONS)
    carry (sum);
}

void exact_add_product (struct exact_sum *sum, double a, double b)
{
  double p = a * b;

  exact_add (sum, p);
  exact_add (sum, fma (a, b, -p)); /* the rounding error of the product is a double (no underflow) */
}

void exact_merge (struct exact_sum *sum, const struct exact_sum *other)
{
  struct exact_sum o = *other;

  carry (sum);
  carry (&o);
  for (int k = 0; k < EXACT_LIMBS; k++)
    sum->limb[k] += o.limb[k];
  sum->n_bad += o.n_bad;
}

double exact_value (const struct exact_sum *sum)
{
  struct exact_sum s = *sum;
  double value = 0, sign = 1;

  if (s.n_bad > 0)
    return NAN;
  carry (&s);
  if (s.limb[EXACT_LIMBS - 1] < 0) {
    for (int k = 0; k < EXACT_LIMBS; k++)
      s.limb[k] = -s.limb[k];
    carry (&s);
    sign = -1;
  }
  for (int k = 0; k < EXACT_LIMBS; k++) /* small to large; the last three limbs that count decide */
    value += ldexp ((double) s.limb[k], 32 * k - BIAS);
  return sign * value;
}

void exact_reduce (const struct comm *comm, struct exact_sum *sums, int n)
{
  for (int i = 0; i < n; i++)
    carry (&sums[i]);
  comm_sum_array (comm, (int64_t *) sums, n * (int) (sizeof *sums / sizeof (int64_t)));
  for (int i = 0; i < n; i++)
    carry (&sums[i]);
}
