/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inner loops for processors with AVX-512. Nothing here runs on others. */
#include "areg_impl.h"
#ifdef AREG_WIDE_X86
#ifdef __clang__
#pragma clang attribute push (__attribute__ ((target ("avx512f"))), apply_to = function)
#else
#pragma GCC target ("avx512f")
#endif
#define AREG_WIDE_512
#define AREG_WIDE(name) name##_512
#include "wide_pairs.h"
#include "wide_few.h"
#include "wide_tree.h"
#ifdef __clang__
#pragma clang attribute pop
#endif
#endif
