/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inner loops for processors with AVX2 and FMA. Nothing here runs on others. */
#include "areg_impl.h"
#ifdef AREG_WIDE_X86
#ifdef __clang__
#pragma clang attribute push (__attribute__ ((target ("avx2,fma"))), apply_to = function)
#else
#pragma GCC target ("avx2,fma")
#endif
#define AREG_WIDE_FMA
#define AREG_WIDE(name) name##_fma
#include "wide_pairs.h"
#include "wide_few.h"
#include "wide_tree.h"
#ifdef __clang__
#pragma clang attribute pop
#endif
#endif
