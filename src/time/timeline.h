/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Integer time. The run is a chain of segments between requested instants (begin, outputs, end); each
 * segment spans exactly 2^TIMELINE_BITS ticks, and every step is a power of two of ticks. So all particles meet at each
 * requested instant, outputs are at exactly the requested times, and positions and velocities of a snapshot belong
 * together, at the price that a step never straddles an output.
 */
#ifndef CATENA_TIMELINE_H
#define CATENA_TIMELINE_H

#include <stdint.h>

#include "base/status.h"

enum { TIMELINE_BITS = 60 };

struct timeline
{
  int n_segments;
  double *begin;      /* n_segments + 1 instants, strictly ascending; owned */
  int *output;        /* n_segments + 1: number of the snapshot at that instant, -1: none; owned */
  int segment;        /* now */
  int64_t tick;       /* in the segment: 0 <= tick < 2^TIMELINE_BITS; all is done when segment == n_segments */
};

static inline double timeline_tick_length (const struct timeline *t)
{
  return (t->begin[t->segment + 1] - t->begin[t->segment]) * 0x1p-60;
}

static inline double timeline_time_at (const struct timeline *t, int64_t tick)
{
  if (tick == (int64_t) 1 << TIMELINE_BITS)
    return t->begin[t->segment + 1];
  return t->begin[t->segment] + (double) tick * timeline_tick_length (t);
}

static inline double timeline_now (const struct timeline *t)
{
  return t->segment == t->n_segments ? t->begin[t->n_segments] : timeline_time_at (t, t->tick);
}

#endif
