/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A vector of eight doubles is one register, two or four, as the machine has them; the text is one. */
#include "gravity/spread.h"

#include <string.h>

#include "gravity/kernels.h"

#define NAME(x) x ## _plain
#define VECTOR vector_plain
#define WHOLE whole_plain
#include "gravity/spread_body.h"

#if defined(__x86_64__)
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2")
#endif
#define NAME(x) x ## _avx2
#define VECTOR vector_avx2
#define WHOLE whole_avx2
#include "gravity/spread_body.h"
#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx512bw"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512bw")
#endif
#define NAME(x) x ## _avx512
#define VECTOR vector_avx512
#define WHOLE whole_avx512
#include "gravity/spread_body.h"
#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif

const struct spread_kernels *spread_kernels_best (void)
{
#if defined(__x86_64__)
  const int lanes = gravity_lanes ();

  if (lanes > 4)
    return lanes == 16 ? &kernels_avx512 : &kernels_avx2;
#endif
  return &kernels_plain;
}
