/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inner loops for any processor: quick where the compiler's target has fused multiplication, else emulated. */
#include "areg_impl.h"
#define AREG_WIDE(name) name##_plain
#include "wide_pairs.h"
#include "wide_few.h"
#include "wide_tree.h"
