/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Vectors of doubles as wide as the processor's: 8, or 4 with AREG_WIDE_FMA. Included by the wide_*.c alone, each of
 * which compiles the same code for one sort of processor; the same operations in the same order give the same bits
 * on all. What is fused is said so: nothing is left to the compiler's taste.
 */
#ifndef AREG_VEC_H
#define AREG_VEC_H

#include "areg_impl.h"
#include <math.h>
#include <string.h>
#if defined(AREG_WIDE_512) || defined(AREG_WIDE_FMA)
#include <immintrin.h>
#endif

#ifdef AREG_WIDE_FMA
enum { VEC = 4 };
#else
enum { VEC = 8 };
#endif
typedef double vec __attribute__ ((vector_size (8 * VEC)));
typedef double vec_unaligned __attribute__ ((vector_size (8 * VEC), aligned (8), may_alias));
typedef int64_t vec_mask __attribute__ ((vector_size (8 * VEC)));
typedef uint64_t vec_bits __attribute__ ((vector_size (8 * VEC)));

AREG_INLINE vec vec_load (const double *p) { return *(const vec_unaligned *) p; }
AREG_INLINE void vec_store (double *p, vec x) { *(vec_unaligned *) p = x; }
AREG_INLINE vec vec_all (double x) { return (vec) { 0 } + x; }

/* a b + c, rounded once. */
AREG_INLINE vec vec_fused (vec a, vec b, vec c)
{
#if defined(AREG_WIDE_512)
  return (vec) _mm512_fmadd_pd ((__m512d) a, (__m512d) b, (__m512d) c);
#elif defined(AREG_WIDE_FMA)
  return (vec) _mm256_fmadd_pd ((__m256d) a, (__m256d) b, (__m256d) c);
#else
  double x[VEC], y[VEC], z[VEC];
  memcpy (x, &a, sizeof x);
  memcpy (y, &b, sizeof y);
  memcpy (z, &c, sizeof z);
  for (int l = 0; l < VEC; l++)
    z[l] = fma (x[l], y[l], z[l]);
  memcpy (&c, z, sizeof z);
  return c;
#endif
}

AREG_INLINE vec vec_choose (vec_mask mask, vec yes, vec no)
{
  return (vec) ((mask & (vec_mask) yes) | (~mask & (vec_mask) no));
}

AREG_INLINE int vec_any (vec_mask mask)
{
#if defined(AREG_WIDE_512)
  return _mm512_test_epi64_mask ((__m512i) mask, (__m512i) mask) != 0;
#elif defined(AREG_WIDE_FMA)
  return _mm256_movemask_pd ((__m256d) mask) != 0;
#else
  int64_t any = 0;
  for (int l = 0; l < VEC; l++)
    any |= mask[l];
  return any != 0;
#endif
}

/* Comparison and choice in the processor's own form of masks, which gcc makes of the general one only partly. */
#if defined(AREG_WIDE_512)
typedef __mmask8 vec_test;
AREG_INLINE vec_test vec_below (vec a, vec b) { return _mm512_cmp_pd_mask ((__m512d) a, (__m512d) b, _CMP_LT_OQ); }
AREG_INLINE vec vec_select (vec_test test, vec yes, vec no)
{
  return (vec) _mm512_mask_blend_pd (test, (__m512d) no, (__m512d) yes);
}
#else
typedef vec_mask vec_test;
AREG_INLINE vec_test vec_below (vec a, vec b) { return a < b; }
AREG_INLINE vec vec_select (vec_test test, vec yes, vec no)
{
#if defined(AREG_WIDE_FMA)
  return (vec) _mm256_blendv_pd ((__m256d) no, (__m256d) yes, (__m256d) test);
#else
  return vec_choose (test, yes, no);
#endif
}
#endif

/* at, at + 1, ... */
AREG_INLINE vec_mask vec_slots (int at)
{
  vec_mask s = { 0 };
  for (int l = 0; l < VEC; l++)
    s[l] = at + l;
  return s;
}

/* 1/sqrt (x) of normal x > 0. The guess errs by 3.5 %: 1 - x y^2 is at most 0.07, then 8e-7, then below round-off. */
AREG_INLINE vec vec_inverse_root (vec x)
{
  vec y = (vec) (0x5fe6eb50c7b537a9 - ((vec_bits) x >> 1));
  const vec one = vec_all (1);
  vec h = vec_fused (-(x * y), y, one);
  vec p = vec_fused (vec_all (35.0 / 128), h, vec_all (5.0 / 16));
  p = vec_fused (vec_fused (p, h, vec_all (3.0 / 8)), h, vec_all (0.5));
  y = vec_fused (y, h * p, y);
  h = vec_fused (-(x * y), y, one);
  return vec_fused (y, h * vec_fused (vec_all (3.0 / 8), h, vec_all (0.5)), y);
}

/* Numbers in two parts, h + l: |l| is a few units in the last place of h, more after cancellation. Sums and products
 * err by some 1e-31 of what was put together; low parts are not normalised, which nothing here needs (Lange & Rump
 * 2020, pair arithmetic). */
struct two { vec h, l; };

AREG_INLINE struct two two_of (double h, double l) { return (struct two) { vec_all (h), vec_all (l) }; }

/* a + b, exactly. */
AREG_INLINE struct two two_sum (vec a, vec b)
{
  const vec s = a + b, t = s - a;
  return (struct two) { s, (a - (s - t)) + (b - t) };
}

AREG_INLINE struct two two_add (struct two a, struct two b)
{
  const struct two s = two_sum (a.h, b.h);
  return (struct two) { s.h, s.l + (a.l + b.l) };
}

AREG_INLINE struct two two_minus (struct two a) { return (struct two) { -a.h, -a.l }; }

AREG_INLINE struct two two_times (struct two a, vec b)
{
  const vec p = a.h * b;
  return (struct two) { p, vec_fused (a.l, b, vec_fused (a.h, b, -p)) };
}

AREG_INLINE struct two two_product (struct two a, struct two b)
{
  const vec p = a.h * b.h;
  return (struct two) { p, vec_fused (a.l, b.h, vec_fused (a.h, b.l, vec_fused (a.h, b.h, -p))) };
}

AREG_INLINE struct two two_square (const struct two d[3])
{
  const struct two x = two_product (d[0], d[0]), y = two_product (d[1], d[1]), z = two_product (d[2], d[2]);
  return two_add (two_add (x, y), z);
}

/* h / a for a single h. */
AREG_INLINE struct two two_quotient (vec h, struct two a)
{
  const vec inverse = 1 / a.h, q = h * inverse, rest = vec_fused (-q, a.l, vec_fused (-q, a.h, h));
  return (struct two) { q, rest * inverse };
}

/* 1/sqrt (a), a step of Newton's from that in one part. */
AREG_INLINE struct two two_inverse_root (struct two a)
{
  const vec y = vec_inverse_root (a.h), s = y * y, t = a.h * s, s_low = vec_fused (y, y, -s);
  const vec rest = vec_fused (-a.l, s, vec_fused (-a.h, s_low, (1 - t) - vec_fused (a.h, s, -t)));
  return (struct two) { y, 0.5 * y * rest };
}

#endif
