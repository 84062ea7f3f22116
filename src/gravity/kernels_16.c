/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inner loops for 512-bit vectors (AVX-512): kernels_body.h compiled with 16 lanes. */
#if defined(__x86_64__)
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx512bw"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512bw")
#endif
#define LANES 16
#define KERNELS gravity_kernels_16
#define KERNELS_NAME "512-bit vectors (AVX-512)"
#include "gravity/kernels_body.h"
#ifdef __clang__
#pragma clang attribute pop
#endif
#endif
