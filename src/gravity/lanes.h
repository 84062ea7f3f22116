/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Vectors of LANES floats or LANES/2 doubles, for the files that define LANES before including this.
 *
 * Everything here is IEEE addition, subtraction, multiplication, division, square root, comparison and integer
 * arithmetic, element by element: the same bits on every processor and for every width. The processor's
 * approximate reciprocals are not used, since vendors differ in them; rsqrt_lanes starts from the exponent trick
 * on the integer image of the float instead and takes two Newton steps. It is faster than square root and division.
 */
#ifndef CATENA_GRAVITY_LANES_H
#define CATENA_GRAVITY_LANES_H

#include <math.h>
#include <stdint.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

typedef float vf __attribute__ ((vector_size (4 * LANES), aligned (4), may_alias));
typedef int32_t vi __attribute__ ((vector_size (4 * LANES), aligned (4), may_alias));
typedef double vd __attribute__ ((vector_size (4 * LANES), aligned (8), may_alias));
typedef int64_t vl __attribute__ ((vector_size (4 * LANES), aligned (8), may_alias));

static inline vf select_lanes (vi mask, vf yes, vf no) { return (vf) (((vi) yes & mask) | ((vi) no & ~mask)); }
static inline vd select_double (vl mask, vd yes, vd no) { return (vd) (((vl) yes & mask) | ((vl) no & ~mask)); }

/* a > b ? a : b and a < b ? a : b, which is what the processor's instructions do, NaN included. */
static inline vf max_lanes (vf a, vf b)
{
#if LANES == 16
  return (vf) _mm512_max_ps ((__m512) a, (__m512) b);
#elif LANES == 8
  return (vf) _mm256_max_ps ((__m256) a, (__m256) b);
#elif defined(__x86_64__)
  return (vf) _mm_max_ps ((__m128) a, (__m128) b);
#else
  return select_lanes (a > b, a, b);
#endif
}

static inline vf min_lanes (vf a, vf b)
{
#if LANES == 16
  return (vf) _mm512_min_ps ((__m512) a, (__m512) b);
#elif LANES == 8
  return (vf) _mm256_min_ps ((__m256) a, (__m256) b);
#elif defined(__x86_64__)
  return (vf) _mm_min_ps ((__m128) a, (__m128) b);
#else
  return select_lanes (a < b, a, b);
#endif
}

static inline int any_lane (vi mask)
{
#if LANES == 16
  return _mm512_test_epi32_mask ((__m512i) mask, (__m512i) mask) != 0;
#elif LANES == 8
  return _mm256_movemask_ps ((__m256) mask) != 0;
#elif defined(__x86_64__)
  return _mm_movemask_ps ((__m128) mask) != 0;
#else
  int any = 0;
  for (int k = 0; k < LANES; k++)
    any |= mask[k];
  return any != 0;
#endif
}

static inline vd sqrt_double (vd x)
{
#if LANES == 16
  return (vd) _mm512_sqrt_pd ((__m512d) x);
#elif LANES == 8
  return (vd) _mm256_sqrt_pd ((__m256d) x);
#elif defined(__x86_64__)
  return (vd) _mm_sqrt_pd ((__m128d) x);
#else
  for (int k = 0; k < LANES / 2; k++)
    x[k] = sqrt (x[k]);
  return x;
#endif
}

/* 1/sqrt(x) for normal x > 0; about 1e19 at x = 0. Relative error below 7.1e-7, 1e-7 on average: the constants make
 * the largest error of the second step smallest (found by search). */
static inline vf rsqrt_lanes (vf x)
{
  const vf half = 0.5f * x;
  vf y = (vf) (0x5f376800 - ((vi) x >> 1));

  y = y * (1.5008799f - half * y * y);
  return y * (1.5000006f - half * y * y);
}

#endif
