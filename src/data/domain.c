/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cuts are found by bisection on the key itself: all cuts at once, one sum over the ranks per bit, against the
 * sorted local keys and their running weight. It stops as soon as a cut is within 1 % of a rank's share, so a cut is
 * a key with many zero bits at its end: the border of a large cell. No sample, no allocation factor, exact at any
 * clustering down to particles of one key.
 *
 * Weights are integers (work in units of the mean, floored, plus one for the memory), so their sums do not depend on
 * the order of addition. Fields move one at a time, to hold one extra array and not a second set of particles. */
#include "data/domain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/keys.h"

enum { KEY_BITS = 63, WEIGHT_UNIT = 256 };

struct sorted
{
  uint64_t *key;   /* ascending */
  int64_t *before; /* n+1: weight of all earlier ones */
  int64_t *order;  /* old indices in the new order */
};

static void sorted_free (struct sorted *s)
{
  mem_free (&s->key);
  mem_free (&s->before);
  mem_free (&s->order);
}

static double mean_work (const struct comm *comm, const struct particles *p)
{
  double mine = 0;

  for (int64_t i = 0; i < p->n; i++)
    mine += p->work[i] < 1e12f ? p->work[i] : 1e12;
  int64_t total = comm_sum (comm, (int64_t) ceil (mine));
  return total > 0 ? (double) total / (double) (p->n_global > 0 ? p->n_global : 1) : 0;
}

/* Keys, order and running weights of the local particles. */
static enum status sort_local (const struct comm *comm, const struct particles *p, struct sorted *out)
{
  double mean = mean_work (comm, p);
  int64_t n = p->n;
  uint64_t *key = mem_alloc ("domain keys", n, sizeof *key);
  int64_t *scratch = mem_alloc ("domain sort", n, sizeof *scratch);

  *out = (struct sorted){ mem_alloc ("domain keys", n, sizeof *key),
                          mem_alloc ("domain weights", n + 1, sizeof (int64_t)),
                          mem_alloc ("domain order", n, sizeof (int64_t)) };
  enum status st = key && scratch && out->key && out->before && out->order ? ST_OK : ST_MEMORY;
  if (st == ST_OK) {
    for (int64_t i = 0; i < n; i++)
      key[i] = key_hilbert ((const uint64_t *) p->position[i]);
    key_sort (n, key, p->id, out->order, scratch);
    out->before[0] = 0;
    for (int64_t i = 0; i < n; i++) {
      int64_t j = out->order[i];
      double share = mean > 0 ? fmin (p->work[j] / mean, 1e6) : 0;
      out->key[i] = key[j];
      out->before[i + 1] = out->before[i] + WEIGHT_UNIT / 4 + (int64_t) (WEIGHT_UNIT * share);
    }
  }
  mem_free (&key);
  mem_free (&scratch);
  return st;
}

/* How many of the ascending keys lie below `limit`. */
static int64_t keys_below (const uint64_t *key, int64_t n, uint64_t limit)
{
  int64_t low = 0, high = n;

  while (low < high) {
    int64_t middle = low + (high - low) / 2;
    if (key[middle] < limit)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* cut[q], q = 1 .. size-1: rank q begins at the first key >= cut[q]. */
static void find_cuts (const struct comm *comm, const struct sorted *s, int64_t n, uint64_t *cut, int64_t *weight)
{
  int size = comm->size;
  int64_t total = comm_sum (comm, s->before[n]);
  int64_t slack = total / size / 100;
  char *settled = (char *) (weight + size);

  memset (settled, 0, size);
  for (int q = 0; q < size; q++)
    cut[q] = 0;
  for (int bit = KEY_BITS - 1; bit >= 0; bit--) {
    for (int q = 0; q < size; q++)
      weight[q] = s->before[keys_below (s->key, n, cut[q] | (uint64_t) 1 << bit)];
    comm_sum_array (comm, weight, size);
    for (int q = 1; q < size; q++) {
      int64_t target = (int64_t) ((double) total * q / size);
      if (settled[q])
        continue;
      if (weight[q] <= target + slack)
        cut[q] |= (uint64_t) 1 << bit;
      settled[q] = llabs (weight[q] - target) <= slack;
    }
  }
}

static enum status move_field (const struct comm *comm, void **field, size_t size, int64_t capacity, int64_t n,
                               const int64_t *order, const int64_t *first)
{
  char *packed = mem_alloc ("domain send", n, size);
  void *received = NULL;
  int64_t *from = NULL;
  enum status st = packed ? ST_OK : ST_MEMORY;

  if (packed)
    for (int64_t i = 0; i < n; i++)
      memcpy (packed + i * size, (char *) *field + order[i] * size, size);
  st = status_agree (comm, st, NULL);
  if (st == ST_OK)
    st = comm_exchange (comm, packed, first, size, &received, &from);
  mem_free (&packed);
  if (st == ST_OK) {
    ASSERT (from[comm->size] <= capacity);
    memcpy (*field, received, from[comm->size] * size);
  }
  mem_free (&received);
  mem_free (&from);
  return st;
}

static enum status move_all (const struct comm *comm, struct particles *p, const int64_t *order, const int64_t *first)
{
  int64_t n = p->n, *count = mem_alloc ("domain counts", comm->size, sizeof *count);
  enum status st = status_agree (comm, count ? ST_OK : ST_MEMORY, NULL);

  if (st == ST_OK) {
    for (int q = 0; q < comm->size; q++)
      count[q] = first[q + 1] - first[q];
    comm_sum_array (comm, count, comm->size);
    p->n = count[comm->rank];
    st = status_agree (comm, particles_reserve (p, p->n > n ? p->n : n), NULL);
  }
  mem_free (&count);
#define FIELD1(type, name, words)                                                                  \
  if (st == ST_OK)                                                                                 \
    st = move_field (comm, (void **) &p->name, sizeof *p->name, p->capacity, n, order, first);
#define FIELD3(type, name, words) FIELD1 (type, name, words)
#include "data/particles.def"
#undef FIELD1
#undef FIELD3
  return st;
}

static enum status sort_in_place (const struct comm *comm, struct particles *p)
{
  struct sorted s;
  enum status st = sort_local (comm, p, &s);

  st = status_agree (comm, st, NULL);
#define FIELD1(type, name, words)                                                                  \
  if (st == ST_OK) {                                                                               \
    char *sorted_field = mem_alloc ("domain reorder", p->n, sizeof *p->name);                      \
    if (!sorted_field)                                                                             \
      st = ST_MEMORY;                                                                              \
    for (int64_t i = 0; sorted_field && i < p->n; i++)                                             \
      memcpy (sorted_field + i * sizeof *p->name, p->name + s.order[i], sizeof *p->name);          \
    if (sorted_field)                                                                              \
      memcpy (p->name, sorted_field, p->n * sizeof *p->name);                                      \
    mem_free (&sorted_field);                                                                      \
  }
#define FIELD3(type, name, words) FIELD1 (type, name, words)
#include "data/particles.def"
#undef FIELD1
#undef FIELD3
  sorted_free (&s);
  return status_agree (comm, st, NULL);
}

enum status domain_decompose (const struct comm *comm, struct particles *p)
{
  int size = comm->size;
  struct sorted s;
  uint64_t *cut = mem_alloc ("domain cuts", size, sizeof *cut);
  int64_t *weight = mem_alloc ("domain cut weights", 2 * size, sizeof *weight);
  int64_t *first = mem_alloc ("domain offsets", size + 1, sizeof *first);
  enum status st = sort_local (comm, p, &s);

  st = status_agree (comm, cut && weight && first ? st : ST_MEMORY, NULL);
  if (st == ST_OK) {
    find_cuts (comm, &s, p->n, cut, weight);
    for (int q = 0; q < size; q++)
      first[q] = q == 0 ? 0 : keys_below (s.key, p->n, cut[q]);
    first[size] = p->n;
    st = move_all (comm, p, s.order, first);
  }
  sorted_free (&s);
  mem_free (&cut);
  mem_free (&weight);
  mem_free (&first);
  return st == ST_OK ? sort_in_place (comm, p) : st;
}
