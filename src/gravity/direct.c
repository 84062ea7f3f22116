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

#include "base/mem.h"
#include "gravity/ewald.h"
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

/* What one rank holds while it sums: one owned block in five arrays. */
struct direct
{
  const struct gravity_options *options;
  const struct comm *comm;
  const struct gravity_kernels *kernels;
  struct split split;     /* units of the box */
  int64_t n;              /* of the whole set */
  int64_t *first_of_rank; /* size+1 */
  struct direct_body *body;     /* sorted by (group, id) */
  struct direct_source *source; /* in the same order */
  struct direct_result *out;    /* of the sinks of this rank */
  int64_t *sink, *start;        /* their places in the order, ascending, and the cuts into blocks */
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
    out[i].h = SPLINE_SUPPORT * body_softening (in, i) / d->options->length;
    out[i].group = in->group && in->group[i] >= 0 ? in->group[i] : -1;
    out[i].rank = d->comm->rank;
    out[i].index = i;
  }
}

static void direct_release (struct direct *d)
{
  mem_free (&d->first_of_rank);
  mem_free (&d->source);
}

/* Local. The block for n bodies; the widest elements come first, so that all are aligned. */
static enum status reserve (struct direct *d, int64_t n)
{
  const size_t each = sizeof *d->source + sizeof *d->body + sizeof *d->out + 2 * sizeof (int64_t);

  d->source = mem_alloc ("direct sum", n + 1, each);
  if (!d->source)
    return ST_MEMORY;
  d->body = (struct direct_body *) (d->source + n);
  d->out = (struct direct_result *) (d->body + n);
  d->sink = (int64_t *) (d->out + n);
  d->start = d->sink + n;
  return ST_OK;
}

/* Collective. Bodies of all ranks behind each other, each rank's own already in its place. */
static void gather_in_place (struct direct *d)
{
  const int size = d->comm->size;
  int count[size], first[size];
  MPI_Datatype type;

  for (int q = 0; q < size; q++) {
    first[q] = (int) d->first_of_rank[q];
    count[q] = (int) (d->first_of_rank[q + 1] - d->first_of_rank[q]);
  }
  MPI_TRY (MPI_Type_contiguous (sizeof *d->body, MPI_BYTE, &type));
  MPI_TRY (MPI_Type_commit (&type));
  MPI_TRY (MPI_Allgatherv (MPI_IN_PLACE, 0, type, d->body, count, first, type, d->comm->mpi));
  MPI_TRY (MPI_Type_free (&type));
}

/* Collective, agreed. All bodies on all ranks, in order. Few collective calls: small sets are all latency. */
static enum status gather (struct direct *d, const struct gravity_bodies *bodies)
{
  const int size = d->comm->size;
  enum status st = d->first_of_rank ? ST_OK : ST_MEMORY;

  if (st == ST_OK) {
    for (int q = 0; q < size; q++)
      d->first_of_rank[q + 1] += d->first_of_rank[q];
    d->n = d->first_of_rank[size];
    st = d->n < INT32_MAX ? reserve (d, d->n)
         : status_fail (ST_DATA, "Direct summation of %lld bodies is beyond reason. Use the tree.", (long long) d->n);
  }
  st = status_agree (d->comm, st, NULL);
  if (st != ST_OK)
    return st;
  pack (d, bodies, d->body + d->first_of_rank[d->comm->rank]);
  if (size > 1)
    gather_in_place (d);
  qsort (d->body, d->n, sizeof *d->body, compare_bodies);
  for (int64_t i = 0; i < d->n; i++)
    direct_source_set (d->source + i, d->body[i].position, d->body[i].mass, d->body[i].h);
  return ST_OK;
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

/* only_images: those of the sinks' own group in a periodic box, which is spared its mutual forces alone. */
static void sum_interval (const struct direct *d, int64_t first, int64_t last, int64_t self, bool only_images,
                          struct direct_block *b)
{
  if (d->split.scale > 0)
    d->kernels->direct_short (d->source, first, last, self, &d->split, b);
  else if (d->options->periodic)
    ewald_direct (d->source, first, last, self, only_images, b);
  else
    d->kernels->direct (d->source, first, last, self, b);
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
  sum_interval (d, 0, skip[0], sink[0], false, &b);
  if (d->options->periodic && !(d->split.scale > 0))
    sum_interval (d, skip[0], skip[1], sink[0], true, &b);
  sum_interval (d, skip[1], d->n, sink[0], false, &b);
  const double G = d->options->G, length = d->options->length;
  for (int i = 0; i < m; i++) {
    out[i].index = d->body[sink[i]].index;
    out[i].potential = -G / length * b.potential[i];
    for (int k = 0; k < 3; k++)
      out[i].acceleration[k] = G / (length * length) * b.acceleration[k][i];
  }
}

/* Cuts the ascending list into runs of consecutive bodies of one group, at most DIRECT_BLOCK long. */
static int64_t cut_blocks (const struct direct *d, int64_t n)
{
  const int64_t *const sink = d->sink;
  int64_t *const start = d->start, n_blocks = 0;

  for (int64_t i = 0; i < n; i++)
    if (i == 0 || sink[i] != sink[i - 1] + 1 || i - start[n_blocks - 1] == DIRECT_BLOCK
        || d->body[sink[i]].group != d->body[sink[i - 1]].group)
      start[n_blocks++] = i;
  start[n_blocks] = n;
  return n_blocks;
}

/* d->out[i] for body d->sink[i]. */
static void sum_sinks (const struct direct *d, int64_t n)
{
  const int64_t n_blocks = cut_blocks (d, n);

#pragma omp parallel for schedule(static) if ((double) n * (double) d->n > 1e5)
  for (int64_t b = 0; b < n_blocks; b++)
    sum_block (d, d->sink + d->start[b], (int) (d->start[b + 1] - d->start[b]), d->out + d->start[b]);
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
static enum status send_home (const struct direct *d, int64_t n, const struct gravity_result *result)
{
  struct direct_result *sorted = mem_alloc ("direct results", n, sizeof *sorted), *arrived = NULL;
  int64_t *first = mem_alloc_zero ("direct offsets", d->comm->size + 2, sizeof *first), *from = NULL;
  enum status st = status_agree (d->comm, sorted && first ? ST_OK : ST_MEMORY, NULL);

  if (st == ST_OK) {
    for (int64_t i = 0; i < n; i++)
      first[d->body[d->sink[i]].rank + 2]++;
    for (int q = 0; q < d->comm->size; q++)
      first[q + 2] += first[q + 1];
    for (int64_t i = 0; i < n; i++)
      sorted[first[d->body[d->sink[i]].rank + 1]++] = d->out[i];
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
static int64_t choose_sinks (const struct direct *d, bool share, const char *wanted)
{
  const int rank = d->comm->rank, size = d->comm->size;
  int64_t n = 0;

  for (int64_t i = 0; i < d->n; i++)
    if (share ? i >= d->n * rank / size && i < d->n * (rank + 1) / size
              : d->body[i].rank == rank && (!wanted || wanted[d->body[i].index]))
      d->sink[n++] = i;
  return n;
}

/* Sharing evens the load at the price of one exchange of about 20 microseconds; a pair takes about 1 ns. */
static bool worth_sharing (const struct direct *d)
{
  int64_t most = 0;

  for (int q = 0; q < d->comm->size; q++)
    if (d->first_of_rank[q + 1] - d->first_of_rank[q] > most)
      most = d->first_of_rank[q + 1] - d->first_of_rank[q];
  return (double) d->n * ((double) most - (double) d->n / d->comm->size) > 2e4;
}

/* What a rank tells the others first. */
struct opening
{
  int64_t n, has_targets;
};

/* Collective. Counts of all ranks (in first_of_rank[1..]); true if all bodies are targets everywhere. */
static bool open_sum (struct direct *d, int64_t n, bool has_targets)
{
  struct opening mine = { n, has_targets }, all[d->comm->size];
  bool everything = true;

  MPI_TRY (MPI_Allgather (&mine, sizeof mine, MPI_BYTE, all, sizeof mine, MPI_BYTE, d->comm->mpi));
  for (int q = 0; q < d->comm->size; q++) {
    if (d->first_of_rank)
      d->first_of_rank[q + 1] = all[q].n;
    everything &= !all[q].has_targets;
  }
  return everything;
}

enum status gravity_direct (const struct gravity_options *options, const struct comm *comm,
                            const struct gravity_bodies *bodies, const int64_t *targets, int64_t n_targets,
                            const struct gravity_result *result)
{
  struct direct d = { .options = options, .comm = comm, .kernels = gravity_kernels_best () };
  char *wanted = targets ? mem_alloc_zero ("direct targets", bodies->n, 1) : NULL;

  if (options->mesh == 0 && options->split_scale > 0)
    d.split = (struct split) { options->split_scale / options->length,
                               options->split_reach * options->split_scale / options->length };
  if (!targets || wanted)
    d.first_of_rank = mem_alloc_zero ("direct offsets", comm->size + 1, sizeof *d.first_of_rank);
  if (options->periodic)
    ewald_prepare ();
  const bool all = open_sum (&d, bodies->n, targets != NULL);
  enum status st = gather (&d, bodies);
  if (st == ST_OK) {
    const bool share = all && worth_sharing (&d);
    for (int64_t i = 0; i < n_targets && targets; i++)
      wanted[targets[i]] = 1;
    const int64_t n = choose_sinks (&d, share, wanted);
    sum_sinks (&d, n);
    if (share)
      st = send_home (&d, n, result);
    else
      hand_over (&d, d.out, n, result);
  }
  direct_release (&d);
  mem_free (&wanted);
  return st;
}
