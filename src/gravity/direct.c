/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Direct summation in double precision with the exact kernel: the reference of the tests, and the fastest road
 * for the few bodies of the deep time-step levels near black holes.
 *
 * Every rank gets all bodies, sorted by (group, id), so the order of each sum is a function of the set. The members
 * of a group are one interval of that order, and leaving out their mutual forces is to skip an interval: there is
 * no test in the inner loop and nothing to subtract. A rank computes its own bodies if sharing would save less than
 * the message that brings the results home costs; otherwise each rank computes an equal interval of the order.
 * Memory is 100 bytes per body of the whole set on each rank: it does not scale, on purpose.
 */
#include "gravity/gravity.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "gravity/kernel.h"
#include "gravity/kernels.h"

struct direct_body
{
  uint64_t position[3], id;
  double mass, h;
  int32_t group, rank;
  int64_t index; /* on that rank */
};

struct direct_result
{
  int64_t index;
  double acceleration[3], potential;
};

/* What one rank holds while it sums. */
struct direct
{
  const struct gravity_options *options;
  const struct comm *comm;
  const struct gravity_kernels *kernels;
  int64_t n; /* of the whole set */
  struct direct_body *body;     /* owned, sorted by (group, id) */
  struct direct_source *source; /* owned, in the same order */
};

static int compare_bodies (const void *a, const void *b)
{
  const struct direct_body *x = a, *y = b;

  if (x->group != y->group)
    return x->group < y->group ? -1 : 1;
  return (x->id > y->id) - (x->id < y->id);
}

static void pack (const struct direct *d, const struct gravity_bodies *in, struct direct_body *out)
{
  for (int64_t i = 0; i < in->n; i++) {
    memcpy (out[i].position, in->position[i], sizeof out[i].position);
    out[i].id = in->id[i];
    out[i].mass = in->mass[i];
    out[i].h = SPLINE_SUPPORT * in->softening[i] / d->options->length;
    out[i].group = in->group && in->group[i] >= 0 ? in->group[i] : -1;
    out[i].rank = d->comm->rank;
    out[i].index = i;
  }
}

static void direct_release (struct direct *d)
{
  mem_free (&d->body);
  mem_free (&d->source);
}

/* Collective, agreed. All bodies on all ranks, in order. */
static enum status gather (struct direct *d, const struct gravity_bodies *bodies, int64_t **first_of_rank)
{
  struct direct_body *mine = mem_alloc ("direct bodies", bodies->n, sizeof *mine);
  enum status st = status_agree (d->comm, mine ? ST_OK : ST_MEMORY, NULL);

  if (st == ST_OK) {
    pack (d, bodies, mine);
    st = comm_gather_all (d->comm, mine, bodies->n, sizeof *mine, (void **) &d->body, first_of_rank);
  }
  mem_free (&mine);
  if (st != ST_OK)
    return st;
  d->n = (*first_of_rank)[d->comm->size];
  qsort (d->body, d->n, sizeof *d->body, compare_bodies);
  d->source = mem_alloc ("direct sources", d->n, sizeof *d->source);
  st = status_agree (d->comm, d->source ? ST_OK : ST_MEMORY, NULL);
  for (int64_t i = 0; st == ST_OK && i < d->n; i++)
    direct_source_set (d->source + i, d->body[i].position, d->body[i].mass, d->body[i].h);
  return st;
}

/* The interval of sources that bodies of this group do not feel. */
static void interval_of_group (const struct direct *d, int32_t group, int64_t *first, int64_t *last)
{
  struct direct_body key = { .group = group };
  int64_t lo = 0, hi = d->n;

  *first = *last = 0;
  if (group < 0)
    return;
  while (lo < hi) {
    int64_t mid = (lo + hi) / 2;
    if (compare_bodies (d->body + mid, &key) < 0)
      lo = mid + 1;
    else
      hi = mid;
  }
  *first = *last = lo;
  while (*last < d->n && d->body[*last].group == group)
    ++*last;
}

/* Bodies sink[0..m) of one group, m <= DIRECT_BLOCK; consecutive where they are their own sources. */
static void sum_block (const struct direct *d, const int64_t *sink, int m, struct direct_result *out)
{
  struct direct_block b;
  const struct direct_body *body = d->body + sink[0];
  int64_t skip[2];

  memset (&b, 0, sizeof b);
  for (int i = 0; i < DIRECT_BLOCK; i++) {
    const struct direct_source *s = d->source + sink[i < m ? i : 0];
    b.h[i] = s->h;
    for (int k = 0; k < 3; k++) {
      b.high[k][i] = s->high[k];
      b.low[k][i] = s->low[k];
    }
  }
  interval_of_group (d, body->group, skip, skip + 1);
  d->kernels->direct (d->source, 0, skip[0], sink[0], &b);
  d->kernels->direct (d->source, skip[1], d->n, sink[0], &b);
  const double G = d->options->G, length = d->options->length;
  for (int i = 0; i < m; i++) {
    out[i].index = d->body[sink[i]].index;
    out[i].potential = -G / length * b.potential[i];
    for (int k = 0; k < 3; k++)
      out[i].acceleration[k] = G / (length * length) * b.acceleration[k][i];
  }
}

/* out[i] for body sink[i]; `start` holds the first sink of each block. */
static void sum_blocks (const struct direct *d, const int64_t *sink, const int64_t *start, int64_t n_blocks,
                        struct direct_result *out)
{
#pragma omp parallel for schedule(static) if ((double) start[n_blocks] * (double) d->n > 1e5)
  for (int64_t b = 0; b < n_blocks; b++)
    sum_block (d, sink + start[b], (int) (start[b + 1] - start[b]), out + start[b]);
}

/* Cuts the ascending list into runs of consecutive bodies of one group, at most DIRECT_BLOCK long. */
static int64_t cut_blocks (const struct direct *d, const int64_t *sink, int64_t n, int64_t *start)
{
  int64_t n_blocks = 0;

  for (int64_t i = 0; i < n; i++)
    if (i == 0 || sink[i] != sink[i - 1] + 1 || i - start[n_blocks - 1] == DIRECT_BLOCK
        || d->body[sink[i]].group != d->body[sink[i - 1]].group)
      start[n_blocks++] = i;
  start[n_blocks] = n;
  return n_blocks;
}

/* Local. Sums for the ascending list of sinks. */
static enum status sum_sinks (const struct direct *d, const int64_t *sink, int64_t n, struct direct_result *out)
{
  int64_t *start = mem_alloc ("direct blocks", n + 1, sizeof *start);

  if (!start)
    return ST_MEMORY;
  sum_blocks (d, sink, start, cut_blocks (d, sink, n, start), out);
  mem_free (&start);
  return ST_OK;
}

static void hand_over (const struct direct *d, const struct direct_result *from, int64_t n,
                       const struct gravity_result *result)
{
  for (int64_t i = 0; i < n; i++) {
    if (result->acceleration)
      memcpy (result->acceleration[from[i].index], from[i].acceleration, sizeof from[i].acceleration);
    if (result->potential)
      result->potential[from[i].index] = from[i].potential;
    if (result->work)
      result->work[from[i].index] = (float) d->n;
  }
}

/* Collective, agreed. Sends each result to the rank of its body and hands over what arrives. */
static enum status send_home (const struct direct *d, const int64_t *sink, int64_t n, const struct direct_result *out,
                              const struct gravity_result *result)
{
  struct direct_result *sorted = mem_alloc ("direct results", n, sizeof *sorted), *arrived = NULL;
  int64_t *first = mem_alloc_zero ("direct offsets", d->comm->size + 2, sizeof *first), *from = NULL;
  enum status st = status_agree (d->comm, sorted && first ? ST_OK : ST_MEMORY, NULL);

  if (st == ST_OK) {
    for (int64_t i = 0; i < n; i++)
      first[d->body[sink[i]].rank + 2]++;
    for (int q = 0; q < d->comm->size; q++)
      first[q + 2] += first[q + 1];
    for (int64_t i = 0; i < n; i++)
      sorted[first[d->body[sink[i]].rank + 1]++] = out[i];
    st = comm_exchange (d->comm, sorted, first, sizeof *sorted, (void **) &arrived, &from);
  }
  if (st == ST_OK)
    hand_over (d, arrived, from[d->comm->size], result);
  mem_free (&sorted);
  mem_free (&first);
  mem_free (&arrived);
  mem_free (&from);
  return st;
}

/* Which bodies of the order this rank sums: those of its own rank (all, or the targets), or an equal share. */
static int64_t choose_sinks (const struct direct *d, bool share, const char *wanted, int64_t *sink)
{
  const int rank = d->comm->rank, size = d->comm->size;
  int64_t n = 0;

  for (int64_t i = 0; i < d->n; i++)
    if (share ? i >= d->n * rank / size && i < d->n * (rank + 1) / size
              : d->body[i].rank == rank && (!wanted || wanted[d->body[i].index]))
      sink[n++] = i;
  return n;
}

/* Sharing evens the load at the price of one exchange of about 20 microseconds; a pair takes about 1 ns. */
static bool worth_sharing (const struct direct *d, const int64_t *first_of_rank)
{
  int64_t most = 0;

  for (int q = 0; q < d->comm->size; q++)
    if (first_of_rank[q + 1] - first_of_rank[q] > most)
      most = first_of_rank[q + 1] - first_of_rank[q];
  return (double) d->n * ((double) most - (double) d->n / d->comm->size) > 2e4;
}

/* Collective, agreed. After the gather: sums and delivers. */
static enum status sum_and_deliver (const struct direct *d, bool share, const char *wanted,
                                    const struct gravity_result *result)
{
  int64_t *sink = mem_alloc ("direct sinks", d->n, sizeof *sink);
  struct direct_result *out = mem_alloc ("direct sums", d->n, sizeof *out);
  enum status st = sink && out ? ST_OK : ST_MEMORY;
  int64_t n = 0;

  if (st == ST_OK) {
    n = choose_sinks (d, share, wanted, sink);
    st = sum_sinks (d, sink, n, out);
  }
  st = status_agree (d->comm, st, NULL);
  if (st == ST_OK && share)
    st = send_home (d, sink, n, out, result);
  else if (st == ST_OK)
    hand_over (d, out, n, result);
  mem_free (&sink);
  mem_free (&out);
  return st;
}

enum status gravity_direct (const struct gravity_options *options, const struct comm *comm,
                            const struct gravity_bodies *bodies, const int64_t *targets, int64_t n_targets,
                            const struct gravity_result *result)
{
  struct direct d = { .options = options, .comm = comm, .kernels = gravity_kernels_best () };
  const bool all = !comm_any (comm, targets != NULL);
  char *wanted = all ? NULL : mem_alloc_zero ("direct targets", bodies->n, 1);
  int64_t *first_of_rank = NULL;
  enum status st = status_agree (comm, all || wanted ? ST_OK : ST_MEMORY, NULL);

  if (st == ST_OK)
    st = gather (&d, bodies, &first_of_rank);
  if (st == ST_OK) {
    for (int64_t i = 0; !all && i < (targets ? n_targets : bodies->n); i++)
      wanted[targets ? targets[i] : i] = 1;
    st = sum_and_deliver (&d, all && worth_sharing (&d, first_of_rank), wanted, result);
  }
  direct_release (&d);
  mem_free (&wanted);
  mem_free (&first_of_rank);
  return st;
}
