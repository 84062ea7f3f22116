/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Choice of the instruction set, once per solver. All give the same bits, so the choice is one of speed alone; a
 * test runs them against each other. */
#include "gravity/kernels.h"

#include <stdlib.h>

int gravity_lanes (void)
{
#if defined(__x86_64__)
  const char *asked = getenv ("CATENA_LANES");
  const int most = asked ? atoi (asked) : 16;

  __builtin_cpu_init ();
  if (most >= 16 && __builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512dq")
      && __builtin_cpu_supports ("avx512vl") && __builtin_cpu_supports ("avx512bw"))
    return 16;
  if (most >= 8 && __builtin_cpu_supports ("avx2"))
    return 8;
#endif
  return 4;
}

const struct gravity_kernels *gravity_kernels_best (void)
{
#if defined(__x86_64__)
  const int lanes = gravity_lanes ();

  if (lanes > 4)
    return lanes == 16 ? &gravity_kernels_16 : &gravity_kernels_8;
#endif
  return &gravity_kernels_4;
}
