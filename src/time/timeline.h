/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Integer time. The run is a chain of segments between requested instants (begin, outputs, end); each
 * segment spans exactly 2^TIMELINE_BITS ticks, and every step is a power of two of ticks. So all particles meet at
 * each requested instant, outputs are at exactly the requested times, and positions and velocities of a snapshot
 * belong together, at the price that a step never straddles an output.
 *
 * In comoving runs the time is the scale factor, and ticks are uniform in its logarithm.
 */
#ifndef CATENA_TIMELINE_H
#define CATENA_TIMELINE_H

#include <math.h>
#include <stdint.h>

#include "base/comm.h"
#include "base/status.h"
#include "params/params.h"

enum { TIMELINE_BITS = 60 };

struct timeline
{
  int n_segments;
  int comoving;       /* times are scale factors, tick lengths are of ln a */
  double origin;      /* the first instant of the whole run, also after a resume */
  double *begin;      /* n_segments + 1 instants, strictly ascending; owned */
  int *output;        /* n_segments + 1: number of the snapshot at that instant, -1: none; owned */
  int segment;        /* now */
  int64_t tick;       /* in the segment: 0 <= tick < 2^TIMELINE_BITS; all is done when segment == n_segments */
};

/* Collective, agreed. The segments from `begin` to TimeMax; the instants of outputs are those of the parameters after
 * `begin` (and `begin` itself if one falls on it), TimeBetSnapshot being a factor in comoving runs; snapshots are
 * numbered from `first_number`. ST_DATA, ST_NOINPUT (output list). */
enum status timeline_create (const struct comm *comm, const struct params *params, double begin, int first_number,
                             struct timeline *out);
/* Local. No output at the first instant, which has been written already: later ones are numbered one lower. */
void timeline_omit_first (struct timeline *t);
/* The same for a resumed run, which was in the segment from `begin` to `end` at `tick`, with snapshot `number` due at
 * the end (-1: none): that segment is kept as it was, whatever the parameters now say about later ones. */
enum status timeline_resume (const struct comm *comm, const struct params *params, double origin, double begin,
                             double end, int number, int64_t tick, int first_number, struct timeline *out);
void timeline_free (struct timeline *t);

/* Of time, in comoving runs of ln a. */
static inline double timeline_tick_length (const struct timeline *t)
{
  const double begin = t->begin[t->segment], end = t->begin[t->segment + 1];

  return (t->comoving ? log (end / begin) : end - begin) * 0x1p-60;
}

/* The time a `length` (of time, or of ln a) after `time`. */
static inline double timeline_after (const struct timeline *t, double time, double length)
{
  return t->comoving ? time * exp (length) : time + length;
}

static inline double timeline_time_at (const struct timeline *t, int64_t tick)
{
  if (tick == (int64_t) 1 << TIMELINE_BITS)
    return t->begin[t->segment + 1];
  return timeline_after (t, t->begin[t->segment], (double) tick * timeline_tick_length (t));
}

static inline double timeline_now (const struct timeline *t)
{
  return t->segment == t->n_segments ? t->begin[t->n_segments] : timeline_time_at (t, t->tick);
}

#endif
