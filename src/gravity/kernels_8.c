/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inner loops for 256-bit vectors (AVX2): kernels_body.h compiled with 8 lanes. */
#if defined(__x86_64__)
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC target("avx2")
#endif
#define LANES 8
#define KERNELS gravity_kernels_8
#define KERNELS_NAME "256-bit vectors (AVX2)"
#include "gravity/kernels_body.h"
#ifdef __clang__
#pragma clang attribute pop
#endif
#endif
