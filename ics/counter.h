/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random numbers as a function of what they are for: a stream is keyed by (seed, system, component, particle), and
 * its k-th number is a hash of key and k. So a particle does not depend on who else was drawn, on threads or on
 * order. The hash is the finaliser of splitmix64 (Steele, Lea & Flood 2014), a bijection that mixes all 64 bits.
 */
#ifndef CATENA_COUNTER_H
#define CATENA_COUNTER_H

#include <math.h>
#include <stdint.h>

struct stream { uint64_t key, drawn; };

static inline uint64_t counter_mix (uint64_t x)
{
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

static inline struct stream stream_of (uint64_t seed, uint64_t system, uint64_t component, uint64_t particle)
{
  const uint64_t golden = 0x9e3779b97f4a7c15u;
  uint64_t key = counter_mix (seed + golden);

  key = counter_mix (key ^ (system + 1) * golden);
  key = counter_mix (key ^ (component + 1) * golden);
  key = counter_mix (key ^ (particle + 1) * golden);
  return (struct stream) { key, 0 };
}

/* Uniform in the open interval (0, 1). */
static inline double stream_uniform (struct stream *s)
{
  uint64_t x = counter_mix (s->key ^ counter_mix (++s->drawn * 0x9e3779b97f4a7c15u));

  return ((double) (x >> 11) + 0.5) * 0x1p-53;
}

/* Isotropic vector of length r. */
static inline void stream_direction (struct stream *s, double r, double out[3])
{
  double z = 2 * stream_uniform (s) - 1, phi = 2 * M_PI * stream_uniform (s), rho = sqrt (fmax (0, 1 - z * z));

  out[0] = r * rho * cos (phi);
  out[1] = r * rho * sin (phi);
  out[2] = r * z;
}

#endif
