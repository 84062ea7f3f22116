/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The top cells come from global counts alone: a cell is split while it holds more bodies than a share that depends
 * on the number of ranks, but never below the size at which the tree itself would stop. So top cells are cells of the
 * one tree, whatever the number of ranks, and every rank grows just the cells that one rank alone would have grown.
 * Whole top leaves are dealt out in tree order by measured work. Their moments are gathered as they are, and all
 * ranks combine them upwards by the same operations on the same numbers.
 */
#include "gravity/share.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "gravity/import.h"

enum { LEAVES_PER_RANK = 32 };

/* One cell of the top trees while they are cut: its bodies on this rank and in all. */
struct top
{
  int64_t first, last;  /* of this rank's sorted travellers */
  int64_t count;        /* in all */
  int64_t work;         /* in all, leaves only */
  int32_t child, n_children;
  int level;            /* of its last split so far */
  int owner;
};

/* Bodies in the order (tree, key, id): an array and its order. Borrowed but for `arrived`. */
struct queue
{
  struct traveller *traveller;
  struct traveller *arrived; /* owned: those that came from other ranks, or NULL */
  const struct place_in_order *order;
  int64_t n;
};

static inline const struct traveller *queue_at (const struct queue *b, int64_t i)
{
  return b->traveller + b->order[i].index;
}

struct tops
{
  struct top *top; /* owned */
  int32_t n, capacity;
  int32_t *leaf; /* owned: top leaves in tree order */
  int32_t n_leaves;
};

/* ---- trees ---- */

static int compare_numbers (const void *a, const void *b)
{
  const int32_t x = *(const int32_t *) a, y = *(const int32_t *) b;
  return (x > y) - (x < y);
}

static int32_t unique (int32_t *v, int64_t n)
{
  int32_t m = 0;

  qsort (v, n, sizeof *v, compare_numbers);
  for (int64_t i = 0; i < n; i++)
    if (m == 0 || v[m - 1] != v[i])
      v[m++] = v[i];
  return m;
}

/* Collective, agreed. Replaces groups (-1 or a number) by trees: 0 for none, 1, 2, ... in order of the groups. */
static enum status number_trees (struct forest *f, const struct comm *comm, struct traveller *t, int64_t n)
{
  int32_t *mine = mem_alloc ("groups", n, sizeof *mine), *all = NULL;
  int64_t *first = NULL, m = 0;
  enum status st = status_agree (comm, mine ? ST_OK : ST_MEMORY, NULL);

  if (st == ST_OK) {
    for (int64_t i = 0; i < n; i++)
      if (t[i].tree >= 0 && (m == 0 || mine[m - 1] != t[i].tree))
        mine[m++] = t[i].tree;
    m = unique (mine, m);
    st = comm_gather_all (comm, mine, m, sizeof *mine, (void **) &all, &first);
  }
  if (st == ST_OK) {
    const int32_t n_groups = unique (all, first[comm->size]);
    f->n_trees = n_groups + 1;
    for (int64_t i = 0; i < n; i++) {
      const int32_t *const found = bsearch (&t[i].tree, all, n_groups, sizeof *all, compare_numbers);
      t[i].tree = found ? 1 + (int32_t) (found - all) : 0;
    }
  }
  mem_free (&mine);
  mem_free (&all);
  mem_free (&first);
  return st;
}

/* ---- top cells ---- */

static enum status tops_reserve (struct tops *s, int32_t more)
{
  if (s->n + more <= s->capacity)
    return ST_OK;
  if (mem_resize ("top cells", &s->top, 2 * s->capacity + more, sizeof *s->top))
    return ST_MEMORY;
  s->capacity = 2 * s->capacity + more;
  return ST_OK;
}

/* Bounds of the eight digits at a level within a sorted interval. */
static void cut_interval (const struct queue *b, int64_t first, int64_t last, int level, int64_t bound[9])
{
  bound[0] = first;
  bound[8] = last;
  for (int d = 1; d < 8; d++) {
    int64_t lo = bound[d - 1], hi = last;
    while (lo < hi) {
      const int64_t mid = (lo + hi) / 2;
      if (key_digit (key_of (queue_at (b, mid)->position), level) < d)
        lo = mid + 1;
      else
        hi = mid;
    }
    bound[d] = lo;
  }
}

/* One root per tree that has bodies; root[tree] is set. */
static enum status make_roots (struct forest *f, const struct comm *comm, struct tops *s, const struct queue *b)
{
  int64_t *count = mem_alloc_zero ("top counts", f->n_trees, sizeof *count), at = 0;

  f->root = mem_alloc ("tree roots", f->n_trees, sizeof *f->root);
  const enum status st = status_agree (comm, count && f->root && tops_reserve (s, f->n_trees) == ST_OK ? ST_OK
                                       : ST_MEMORY, NULL);
  if (st == ST_OK) {
    for (int64_t i = 0; i < b->n; i++)
      count[b->order[i].tree]++;
    for (int32_t k = 0; k < f->n_trees; k++) {
      s->top[k] = (struct top) { .first = at, .last = at + count[k] };
      at += count[k];
    }
    comm_sum_array (comm, count, f->n_trees);
    for (int32_t k = 0; k < f->n_trees; k++) {
      f->root[k] = count[k] > 0 ? s->n : -1;
      s->top[k].count = count[k];
      if (count[k] > 0)
        s->top[s->n++] = s->top[k];
    }
  }
  mem_free (&count);
  return st;
}

/* Splits one cell by the global counts of its eight digits, or moves it a level down if only one is filled. */
static void split_top (struct tops *s, int32_t index, const int64_t bound[9], const int64_t count[8])
{
  struct top *const c = s->top + index;
  int filled = 0;

  for (int d = 0; d < 8; d++)
    filled += count[d] > 0;
  c->level++;
  if (filled == 1)
    return;
  c->child = s->n;
  c->n_children = filled;
  for (int d = 0; d < 8; d++)
    if (count[d] > 0)
      s->top[s->n++] = (struct top) { .first = bound[d], .last = bound[d + 1], .count = count[d], .level = c->level };
}

static bool must_split (const struct top *c, int64_t most)
{
  return c->n_children == 0 && c->count > most && c->level < KEY_LEVELS;
}

/* Collective, agreed. One level of splits per round for all cells that hold more than `most`. */
static enum status cut_tops (const struct comm *comm, struct tops *s, const struct queue *b, int64_t most)
{
  for (int32_t from = 0;;) {
    int32_t n_split = 0, k = 0, end = s->n;
    while (from < end && !must_split (s->top + from, most))
      from++;
    for (int32_t i = from; i < end; i++)
      n_split += must_split (s->top + i, most);
    if (n_split == 0)
      return ST_OK;
    int64_t (*bound)[9] = mem_alloc ("top bounds", n_split, sizeof *bound);
    int64_t (*count)[8] = mem_alloc ("top counts", n_split, sizeof *count);
    const enum status st = status_agree (comm, bound && count && tops_reserve (s, 8 * n_split) == ST_OK ? ST_OK
                                         : ST_MEMORY, NULL);
    for (int32_t i = from; i < end && st == ST_OK; i++)
      if (must_split (s->top + i, most)) {
        cut_interval (b, s->top[i].first, s->top[i].last, s->top[i].level + 1, bound[k]);
        for (int d = 0; d < 8; d++)
          count[k][d] = bound[k][d + 1] - bound[k][d];
        k++;
      }
    if (st == ST_OK)
      comm_sum_array (comm, count[0], 8 * n_split);
    for (int32_t i = from, j = 0; i < end && st == ST_OK; i++)
      if (must_split (s->top + i, most)) {
        split_top (s, i, bound[j], count[j]);
        j++;
      }
    mem_free (&bound);
    mem_free (&count);
    if (st != ST_OK)
      return st;
  }
}

static void list_leaves (struct tops *s, int32_t index)
{
  if (s->top[index].n_children == 0)
    s->leaf[s->n_leaves++] = index;
  for (int32_t i = 0; i < s->top[index].n_children; i++)
    list_leaves (s, s->top[index].child + i);
}

/* Collective, agreed. Deals the leaves out in tree order, each to the rank in whose share its middle is. */
static enum status assign_leaves (const struct forest *f, const struct comm *comm, struct tops *s,
                                  const struct queue *b)
{
  int64_t *work = mem_alloc_zero ("top work", s->n, sizeof *work), total = 0, before = 0;

  s->leaf = mem_alloc ("top leaves", s->n, sizeof *s->leaf);
  const enum status st = status_agree (comm, work && s->leaf ? ST_OK : ST_MEMORY, NULL);
  if (st == ST_OK) {
    for (int32_t k = 0; k < f->n_trees; k++)
      if (f->root[k] >= 0)
        list_leaves (s, f->root[k]);
    for (int32_t i = 0; i < s->n_leaves && comm->size > 1; i++) {
      const struct top *const c = s->top + s->leaf[i];
      for (int64_t j = c->first; j < c->last; j++)
        work[i] += 1 + (int64_t) fminf (queue_at (b, j)->work, 1e9f);
    }
    comm_sum_array (comm, work, s->n_leaves);
    for (int32_t i = 0; i < s->n_leaves; i++)
      total += work[i];
    for (int32_t i = 0; i < s->n_leaves; before += work[i++]) {
      const double middle = ((double) before + 0.5 * (double) work[i]) / (double) (total > 0 ? total : 1);
      const int owner = (int) (middle * comm->size);
      s->top[s->leaf[i]].owner = owner < comm->size ? owner : comm->size - 1;
    }
  }
  mem_free (&work);
  return st;
}

/* Collective, agreed. Afterwards the queue holds all bodies of this rank's leaves. */
static enum status move_bodies (const struct comm *comm, const struct tops *s, struct pool *pool, struct queue *b,
                                struct gravity_cost *cost)
{
  int64_t *first = mem_alloc_zero ("share offsets", comm->size + 1, sizeof *first), *from = NULL;
  struct traveller *out = mem_alloc ("share bodies", b->n, sizeof *out);
  enum status st = status_agree (comm, first && out ? ST_OK : ST_MEMORY, NULL);

  if (st == ST_OK) {
    for (int64_t i = 0; i < b->n; i++)
      out[i] = *queue_at (b, i);
    for (int32_t i = 0; i < s->n_leaves; i++)
      first[s->top[s->leaf[i]].owner + 1] += s->top[s->leaf[i]].last - s->top[s->leaf[i]].first;
    for (int q = 0; q < comm->size; q++)
      first[q + 1] += first[q];
    cost->bytes_sent += (b->n - first[comm->rank + 1] + first[comm->rank]) * (int64_t) sizeof *out;
    st = comm_exchange (comm, out, first, sizeof *out, (void **) &b->arrived, &from);
  }
  mem_free (&out);
  if (st == ST_OK) {
    b->n = from[comm->size];
    b->traveller = b->arrived;
    b->order = travellers_order (pool, b->traveller, b->n);
    st = status_agree (comm, b->order ? ST_OK : ST_MEMORY, NULL);
  }
  mem_free (&first);
  mem_free (&from);
  return st;
}

/* ---- growing ---- */

/* A top leaf as its owner tells it to all. */
struct leaf_report
{
  struct cell cell;
  int32_t index;
  double raw[56]; /* MONOMIALS_MAX */
};

static void open_top (struct forest *f, const struct top *c, int32_t index)
{
  struct cell *const cell = f->cell + index;

  memset (cell, 0, sizeof *cell);
  cell->child = c->n_children > 0 ? c->child : -1;
  cell->body = -1;
  cell->n_children = (uint8_t) c->n_children;
  cell->n_bodies = c->count < INT32_MAX ? (int32_t) c->count : INT32_MAX;
  cell->owner = c->owner;
  cell->remote = index;
}

/* Local. The cells of this rank's leaves; reports of them. */
static enum status grow_leaves (struct forest *f, int rank, const struct tops *s, struct leaf_report *report,
                                int32_t *n_reports)
{
  int64_t at = 0;
  enum status st = forest_reserve_cells (f, s->n + f->n_own / 10);

  if (st != ST_OK)
    return st;
  f->n_cells = s->n;
  for (int32_t i = 0; i < s->n; i++)
    open_top (f, s->top + i, i);
  for (int32_t i = 0; i < s->n_leaves && st == ST_OK; i++) {
    const struct top *const c = s->top + s->leaf[i];
    if (c->owner != rank)
      continue;
    struct leaf_report *const r = report + (*n_reports)++;
    memset (r, 0, sizeof *r);
    st = forest_grow (f, s->leaf[i], at, at + c->count, r->raw);
    f->cell[s->leaf[i]].owner = rank;
    r->cell = f->cell[s->leaf[i]];
    r->index = s->leaf[i];
    at += c->count;
  }
  return st;
}

/* Local. Leaves of other ranks from their reports, then all cells above, children first. */
static void combine_tops (struct forest *f, int rank, const struct tops *s, const struct leaf_report *report,
                          int64_t n_reports, double *raw)
{
  const int n_raw = raw_count (f->order);

  for (int64_t i = 0; i < n_reports; i++) {
    const int32_t index = report[i].index;
    memcpy (raw + (int64_t) index * n_raw, report[i].raw, n_raw * sizeof *raw);
    if (report[i].cell.owner == rank)
      continue;
    f->cell[index] = report[i].cell;
    f->cell[index].child = f->cell[index].body = -1;
    f->cell[index].flags = 0;
    forest_store_moments (f, index, report[i].raw);
  }
  for (int32_t i = s->n - 1; i >= 0; i--) {
    const struct top *const c = s->top + i;
    for (int32_t k = 0; k < c->n_children; k++)
      f->cell[i].flags |= f->cell[c->child + k].flags & CELL_HAS_SINKS;
    if (c->n_children > 0)
      forest_combine (f, i, raw + (int64_t) c->child * n_raw, raw + (int64_t) i * n_raw);
  }
}

/* Collective, agreed. */
static enum status grow (struct forest *f, const struct comm *comm, const struct tops *s)
{
  struct leaf_report *mine = mem_alloc ("top reports", s->n_leaves, sizeof *mine), *all = NULL;
  double *raw = mem_alloc ("top moments", (int64_t) s->n * raw_count (f->order), sizeof *raw);
  int64_t *first = NULL;
  int32_t n = 0;
  enum status st = mine && raw ? ST_OK : ST_MEMORY;

  if (st == ST_OK)
    st = grow_leaves (f, comm->rank, s, mine, &n);
  st = status_agree (comm, st, NULL);
  if (st == ST_OK)
    st = comm_gather_all (comm, mine, n, sizeof *mine, (void **) &all, &first);
  if (st == ST_OK)
    combine_tops (f, comm->rank, s, all, first[comm->size], raw);
  mem_free (&mine);
  mem_free (&all);
  mem_free (&raw);
  mem_free (&first);
  return st;
}

/* The most bodies of a top leaf. One rank needs no top cells but the roots. */
static int64_t share_size (const struct forest *f, const struct comm *comm, int64_t n_global)
{
  const int64_t least = 2 * f->leaf_size > EXACT_RADIUS ? 2 * f->leaf_size : EXACT_RADIUS;
  const int64_t share = n_global / ((int64_t) comm->size * LEAVES_PER_RANK);

  return comm->size == 1 ? INT64_MAX : share > least ? share : least;
}

/* Collective, agreed. Everything up to the bodies being where they are summed. */
static enum status share_bodies (struct forest *f, struct pool *pool, const struct comm *comm, struct tops *tops,
                                 struct queue *b, struct gravity_cost *cost)
{
  enum status st = number_trees (f, comm, b->traveller, b->n);

  if (st == ST_OK) {
    b->order = travellers_order (pool, b->traveller, b->n);
    st = status_agree (comm, b->order ? ST_OK : ST_MEMORY, NULL);
  }
  if (st == ST_OK)
    st = make_roots (f, comm, tops, b);
  if (st == ST_OK)
    st = cut_tops (comm, tops, b, share_size (f, comm, comm_sum (comm, b->n)));
  if (st == ST_OK)
    st = assign_leaves (f, comm, tops, b);
  if (st == ST_OK && comm->size > 1)
    st = move_bodies (comm, tops, pool, b, cost);
  return st;
}

enum status forest_share (struct forest *f, struct pool *pool, const struct comm *comm, const struct criterion *q,
                          const struct gravity_kernels *kernels, struct traveller *travellers, int64_t n,
                          struct gravity_cost *cost)
{
  const double start = log_seconds ();
  struct tops tops = { 0 };
  struct queue bodies = { .traveller = travellers, .n = n };
  enum status st = share_bodies (f, pool, comm, &tops, &bodies, cost);

  if (st == ST_OK)
    st = status_agree (comm, forest_adopt (f, bodies.traveller, bodies.order, bodies.n), NULL);
  mem_free (&bodies.arrived);
  if (st == ST_OK)
    st = grow (f, comm, &tops);
  mem_free (&tops.top);
  mem_free (&tops.leaf);
  const double built = log_seconds ();
  cost->build_s += built - start;
  if (st == ST_OK && comm->size > 1)
    st = forest_import (f, comm, q, kernels, cost);
  cost->communication_s += log_seconds () - built;
  return st;
}
