/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inner loops for 128-bit vectors: kernels_body.h compiled with 4 lanes. */
#define LANES 4
#define KERNELS gravity_kernels_4
#define KERNELS_NAME "128-bit vectors"
#include "gravity/kernels_body.h"
