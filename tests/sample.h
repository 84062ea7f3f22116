/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bodies for tests and benchmarks, made by counter: a body is the same wherever it is made. */
#ifndef CATENA_SAMPLE_H
#define CATENA_SAMPLE_H

#include <math.h>
#include <stdint.h>

#include "../ics/counter.h"

/* Number `counter` of the series `salt`, in [0, 1). */
static inline double sample_uniform (uint64_t salt, uint64_t counter)
{
  return (double) (counter_mix (counter * 0x9e3779b97f4a7c15u + salt) >> 11) * 0x1p-53;
}

/* Body `id` of an isotropic Hernquist sphere of scale 1, cut at 100. */
static inline void sample_hernquist (uint64_t salt, uint64_t id, double x[3])
{
  const double cut = 100, q = sqrt (sample_uniform (salt, 3 * id)) * cut / (1 + cut), r = q / (1 - q);
  const double z = 2 * sample_uniform (salt, 3 * id + 1) - 1, s = sqrt (1 - z * z);
  const double phi = 2 * M_PI * sample_uniform (salt, 3 * id + 2);

  x[0] = r * s * cos (phi);
  x[1] = r * s * sin (phi);
  x[2] = r * z;
}

/* As an integer position in a box of `length` about the origin. */
static inline void sample_place (const double x[3], double length, uint64_t position[3])
{
  for (int k = 0; k < 3; k++)
    position[k] = (uint64_t) (int64_t) (x[k] / length * 0x1p64) + (UINT64_C (1) << 63);
}

#endif
