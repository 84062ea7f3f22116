/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The top cells come from global counts alone: a cell is split while it holds more bodies than a share that depends
 * on the number of ranks, but never below the size at which the tree itself would stop. So top cells are cells of the
 * one tree, whatever the number of ranks, and every rank grows just the cells that one rank alone would have grown.
 * Whole top leaves are dealt out along the Hilbert curve by measured work; bodies that are there already stay. Their
 * moments are gathered as they are, and all ranks combine them upwards by the same operations on the same numbers.
 */
#include "gravity/share.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "data/keys.h"

enum { LEAVES = 16384, LEAVES_LEAST = 8, LEAVES_MOST = 128 }; /* top leaves: in all, and of one rank */

/* One cell of the top trees while they are cut: its bodies on this rank and in all. */
struct top
{
  int64_t first, last;  /* of this rank's sorted travellers */
  int64_t count;        /* in all */
  int64_t work;         /* in all, leaves only */
  int32_t child, n_children;
  int level;            /* of its last split so far */
  int owner;
  uint64_t corner[3];   /* the lowest of its coordinates */
};

/* Bodies in the order (tree, key, id). */
struct queue
{
  struct crowd *crowd;          /* borrowed */
  struct traveller *guest;      /* owned */
  struct place_in_order *order; /* borrowed */
  int64_t n;
};

struct tops
{
  struct top *top; /* owned */
  int32_t n, capacity;
  int32_t *leaf; /* owned: top leaves in tree order */
  int32_t n_leaves;
  int64_t bodies_staying, bodies_coming;
  int64_t most;  /* a cell with more bodies is split */
  bool periodic;
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

  if (n > 0)
    qsort (v, n, sizeof *v, compare_numbers);
  for (int64_t i = 0; i < n; i++)
    if (m == 0 || v[m - 1] != v[i])
      v[m++] = v[i];
  return m;
}

enum status share_number_trees (const struct comm *comm, const int32_t *group, int64_t n, struct groups *out)
{
  int32_t *mine = NULL, *all = NULL;
  int64_t *first = NULL, m = 0, capacity = 0;
  enum status st = ST_OK;

  *out = (struct groups) { 0 };
  for (int64_t i = 0; group && i < n && st == ST_OK; i++)
    if (group[i] >= 0 && (m == 0 || mine[m - 1] != group[i])) {
      if (m == capacity && mem_resize ("groups", &mine, capacity = 2 * capacity + 64, sizeof *mine))
        st = ST_MEMORY;
      else
        mine[m++] = group[i];
    }
  st = status_agree (comm, st, NULL);
  if (st == ST_OK) {
    m = unique (mine, m);
    st = comm_gather_all (comm, mine, m, sizeof *mine, (void **) &all, &first);
  }
  if (st == ST_OK)
    *out = (struct groups) { all, unique (all, first[comm->size]) };
  mem_free (&mine);
  mem_free (&first);
  return st;
}

int32_t share_tree_of (const struct groups *g, int32_t group)
{
  const int32_t *const found = group < 0 || g->n == 0 ? NULL
                               : bsearch (&group, g->number, g->n, sizeof *g->number, compare_numbers);

  return found ? 1 + (int32_t) (found - g->number) : 0;
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
      if (key_digit (key_of (crowd_position (b->crowd, b->order[mid].index)), level) < d)
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
    count[0] = b->n;
    for (int64_t i = 0; i < b->n && f->n_trees > 1; i++) {
      count[0]--;
      count[b->order[i].tree]++;
    }
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
  const int32_t child = s->n;
  int filled = 0;

  c->level++;
  for (int d = 0; d < 8; d++)
    if (count[d] > 0) {
      struct top *const t = s->top + child + filled++;
      *t = (struct top) { .first = bound[d], .last = bound[d + 1], .count = count[d], .level = c->level };
      for (int k = 0; k < 3; k++)
        t->corner[k] = c->corner[k] | (uint64_t) (d >> (2 - k) & 1) << (64 - c->level);
    }
  if (filled == 1)
    *c = s->top[child];
  else {
    c->child = child;
    c->n_children = filled;
    s->n += filled;
  }
}

/* In a periodic box every cell down to the lattice is split, however few its bodies. */
static bool must_split (const struct tops *s, const struct top *c)
{
  return c->n_children == 0 && c->level < KEY_LEVELS
         && (c->count > s->most || (s->periodic && c->level < LATTICE_LEVEL));
}

/* Collective, agreed. One level of splits per round for all cells that are too large. */
static enum status cut_tops (const struct comm *comm, struct tops *s, const struct queue *b)
{
  for (int32_t from = 0;;) {
    int32_t n_split = 0, k = 0, end = s->n;
    while (from < end && !must_split (s, s->top + from))
      from++;
    for (int32_t i = from; i < end; i++)
      n_split += must_split (s, s->top + i);
    if (n_split == 0)
      return ST_OK;
    int64_t (*bound)[9] = mem_alloc ("top bounds", n_split, sizeof *bound);
    int64_t (*count)[8] = mem_alloc ("top counts", n_split, sizeof *count);
    const enum status st = status_agree (comm, bound && count && tops_reserve (s, 8 * n_split) == ST_OK ? ST_OK
                                         : ST_MEMORY, NULL);
    for (int32_t i = from; i < end && st == ST_OK; i++)
      if (must_split (s, s->top + i)) {
        cut_interval (b, s->top[i].first, s->top[i].last, s->top[i].level + 1, bound[k]);
        for (int d = 0; d < 8; d++)
          count[k][d] = bound[k][d + 1] - bound[k][d];
        k++;
      }
    if (st == ST_OK)
      comm_sum_array (comm, count[0], 8 * n_split);
    for (int32_t i = from, j = 0; i < end && st == ST_OK; i++)
      if (must_split (s, s->top + i)) {
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

/* A top leaf's place along the Hilbert curve. */
struct place_on_curve
{
  uint64_t key;
  int32_t leaf;
};

static int compare_on_curve (const void *a, const void *b)
{
  const struct place_on_curve *const x = a, *const y = b;

  return x->key != y->key ? (x->key < y->key ? -1 : 1) : (x->leaf > y->leaf) - (x->leaf < y->leaf);
}

static float work_of (const struct gravity_bodies *bodies, int64_t i)
{
  return bodies->work && bodies->work[i] > 0 ? bodies->work[i] : 1;
}

/* Work of each top leaf in all. */
static void sum_work (const struct comm *comm, const struct tops *s, const struct queue *b, int64_t *work)
{
#pragma omp parallel for schedule(dynamic, 4)
  for (int32_t i = 0; i < s->n_leaves; i++) {
    const struct top *const c = s->top + s->leaf[i];
    for (int64_t j = c->first; j < c->last; j++)
      work[i] += 1 + (int64_t) fminf (work_of (b->crowd->bodies, b->order[j].index), 1e9f);
  }
  comm_sum_array (comm, work, s->n_leaves);
}

/* Collective, agreed. Deals the leaves out along the Hilbert curve, each to the rank in whose share its middle is: so
 * the shares are compact, and much the same as those of the domains from which the bodies come. */
static enum status assign_leaves (const struct forest *f, const struct comm *comm, struct tops *s,
                                  const struct queue *b)
{
  int64_t *work = mem_alloc_zero ("top work", s->n, sizeof *work), total = 0, before = 0;
  struct place_on_curve *curve = mem_alloc ("top curve", s->n, sizeof *curve);

  s->leaf = mem_alloc ("top leaves", s->n, sizeof *s->leaf);
  const enum status st = status_agree (comm, work && curve && s->leaf ? ST_OK : ST_MEMORY, NULL);
  for (int32_t k = 0; k < f->n_trees && st == ST_OK; k++)
    if (f->root[k] >= 0)
      list_leaves (s, f->root[k]);
  if (st == ST_OK && comm->size > 1) {
    sum_work (comm, s, b, work);
    for (int32_t i = 0; i < s->n_leaves; i++) {
      curve[i] = (struct place_on_curve) { key_hilbert (s->top[s->leaf[i]].corner), i };
      total += work[i];
    }
    qsort (curve, s->n_leaves, sizeof *curve, compare_on_curve);
    for (int32_t i = 0; i < s->n_leaves; before += work[curve[i++].leaf]) {
      const double middle = ((double) before + 0.5 * (double) work[curve[i].leaf]) / (double) (total > 0 ? total : 1);
      const int owner = (int) (middle * comm->size);
      s->top[s->leaf[curve[i].leaf]].owner = owner < comm->size ? owner : comm->size - 1;
    }
  }
  mem_free (&work);
  mem_free (&curve);
  return st;
}

/* ---- bodies on their way ---- */

/* Local. The bodies that leave, sorted by the rank they go to (first: size + 1 offsets, zero before). NULL: no
 * memory. */
static struct traveller *pack_leaving (const struct comm *comm, struct tops *s, const struct queue *b, int64_t *first)
{
  struct traveller *out;

  for (int32_t i = 0; i < s->n_leaves; i++) {
    const struct top *const c = s->top + s->leaf[i];
    if (c->owner != comm->rank)
      first[c->owner + 2] += c->last - c->first;
  }
  for (int q = 0; q < comm->size; q++)
    first[q + 2] += first[q + 1];
  const int64_t n = first[comm->size + 1];
  s->bodies_staying = b->n - n;
  if (!(out = mem_alloc ("share bodies", n, sizeof *out)))
    return NULL;
  for (int32_t i = 0; i < s->n_leaves; i++) {
    const struct top *const c = s->top + s->leaf[i];
    for (int64_t j = c->first; j < c->last && c->owner != comm->rank; j++) {
      struct traveller *const t = out + first[c->owner + 1]++;
      *t = crowd_body (b->crowd, b->order[j].index);
      t->tree = b->order[j].tree;
    }
  }
  return out;
}

/* Local. The order of those who stay, without gaps. */
static void close_gaps (int rank, const struct tops *s, struct queue *b)
{
  int64_t n = 0;

  for (int32_t i = 0; i < s->n_leaves; i++) {
    const struct top *const c = s->top + s->leaf[i];
    for (int64_t j = c->first; j < c->last && c->owner == rank; j++)
      b->order[n++] = b->order[j];
  }
}

/* Local. Two orders become one, in the place of the first, which has room; from the end, so that nothing is lost. */
static void merge_orders (const struct crowd *crowd, struct place_in_order *a, int64_t n_a,
                          const struct place_in_order *b, int64_t n_b)
{
  while (n_b > 0)
    if (n_a > 0 && place_before (crowd, b + n_b - 1, a + n_a - 1)) {
      a[n_a + n_b - 1] = a[n_a - 1];
      n_a--;
    } else {
      a[n_a + n_b - 1] = b[n_b - 1];
      n_b--;
    }
}

/* Local. Those who stay and the guests become one queue. The empty forest lends its memory: positions for the order
 * of the guests, places to sort it. */
static enum status join (struct forest *f, struct pool *pool, int rank, const struct tops *s, struct queue *b)
{
  const int64_t m = s->bodies_coming, n = s->bodies_staying + m;

  if (forest_reserve_bodies (f, n) != ST_OK || !(b->order = pool_extend (pool, n * pool->each)))
    return ST_MEMORY;
  struct place_in_order *const coming = (struct place_in_order *) (void *) f->position;
  close_gaps (rank, s, b);
  b->crowd->guest = b->guest;
  for (int64_t i = 0; i < m; i++)
    coming[i] = (struct place_in_order) { key_high (b->guest[i].position), (int32_t) (b->crowd->bodies->n + i),
                                          b->guest[i].tree };
  places_sort (f, b->crowd, coming, m);
  merge_orders (b->crowd, b->order, s->bodies_staying, coming, m);
  b->n = n;
  return ST_OK;
}

/* Collective, agreed. Afterwards the queue holds all bodies of this rank's leaves. */
static enum status move_bodies (struct forest *f, struct pool *pool, const struct comm *comm, struct tops *s,
                                struct queue *b, struct gravity_cost *cost)
{
  int64_t *first = mem_alloc_zero ("share offsets", comm->size + 2, sizeof *first), *from = NULL;
  struct traveller *out = first ? pack_leaving (comm, s, b, first) : NULL;
  enum status st = status_agree (comm, out ? ST_OK : ST_MEMORY, NULL);

  if (st == ST_OK)
    st = comm_exchange (comm, out, first, sizeof *out, (void **) &b->guest, &from);
  mem_free (&out);
  if (st == ST_OK) {
    cost->bytes_sent += first[comm->size] * (int64_t) sizeof *out;
    s->bodies_coming = from[comm->size];
    st = status_agree (comm, join (f, pool, comm->rank, s, b), NULL);
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

/* Local. The cells of this rank's leaves; reports of them, without moments. */
static enum status split_leaves (struct forest *f, int rank, const struct tops *s, struct leaf_report *report,
                                 int32_t *n_reports)
{
  int64_t at = 0;
  /* 3.9 cells per leaf_size bodies in a cuspy sphere, 2.1 in a random box: rarely does the array have to grow */
  enum status st = forest_reserve_cells (f, s->n + 4 * f->n_own / f->leaf_size);

  if (st != ST_OK)
    return st;
  f->n_cells = s->n;
  for (int32_t i = 0; i < s->n; i++)
    open_top (f, s->top + i, i);
  for (int32_t i = 0; i < s->n_leaves && st == ST_OK; i++) {
    const struct top *const c = s->top + s->leaf[i];
    if (c->owner != rank)
      continue;
    st = forest_split (f, s->leaf[i], at, at + c->count);
    f->cell[s->leaf[i]].owner = rank;
    report[(*n_reports)++].index = s->leaf[i];
    at += c->count;
  }
  return st;
}

static void fill_leaves (struct forest *f, struct leaf_report *report, int32_t n)
{
#pragma omp parallel if (f->n_own > 4096)
#pragma omp single
  for (int32_t i = 0; i < n; i++) {
    struct leaf_report *const r = report + i;
#pragma omp task firstprivate (r)
    {
      memset (r->raw, 0, sizeof r->raw);
      forest_fill (f, r->index, r->raw);
      r->cell = f->cell[r->index];
    }
  }
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

/* ---- the lattice of a periodic box ---- */

/* Enters the cells at or first below the lattice's level. A split cell is one level above that of its split. */
static void list_lattice_cells (const struct tops *s, int32_t index, int32_t cell[LATTICE_CELLS])
{
  const struct top *const c = s->top + index;

  if (c->level - (c->n_children > 0) >= LATTICE_LEVEL)
    cell[lattice_of (c->corner)] = index;
  else
    for (int32_t i = 0; i < c->n_children; i++)
      list_lattice_cells (s, c->child + i, cell);
}

/* A group leaves out the nearest images of its own bodies, which is clear cell by cell only if it is not too wide. */
static enum status groups_fit (const struct forest *f)
{
  for (int t = 1; t < f->n_trees; t++)
    for (int a = 0; a < LATTICE_CELLS; a++)
      for (int b = 0; b < a; b++) {
        const int d = lattice_offset (a, b);
        if (f->lattice_cell[t][a] >= 0 && f->lattice_cell[t][b] >= 0
            && (d >> 4 == 2 || (d >> 2 & 3) == 2 || (d & 3) == 2))
          return status_fail (ST_DATA, "Gravity: a region is wider than a quarter of the periodic box.");
      }
  return ST_OK;
}

/* Local, the same everywhere. The trees' lattice cells, and the field of all images that the walk does not see. */
static enum status fill_lattice (struct forest *f, const struct tops *s, const double *raw)
{
  bool wanted[LATTICE_CELLS] = { false };
  enum status st = lattice_open (&f->lattice, f->order);

  if (st == ST_OK && !(f->lattice_cell = mem_alloc ("lattice cells", f->n_trees, sizeof *f->lattice_cell)))
    st = ST_MEMORY;
  if (st != ST_OK)
    return st;
  for (int t = 0; t < f->n_trees; t++) {
    for (int k = 0; k < LATTICE_CELLS; k++)
      f->lattice_cell[t][k] = -1;
    if (f->root[t] >= 0)
      list_lattice_cells (s, f->root[t], f->lattice_cell[t]);
    for (int k = 0; k < LATTICE_CELLS; k++) {
      const int32_t index = f->lattice_cell[t][k];
      if (index < 0)
        continue;
      wanted[k] |= f->cell[index].flags & CELL_HAS_SINKS;
      lattice_add (f->lattice, k, f->cell[index].centre, cell_scale (f->cell + index),
                   raw + (int64_t) index * raw_count (f->order));
    }
  }
  st = groups_fit (f);
  if (st == ST_OK)
    lattice_solve (f->lattice, wanted);
  return st;
}

/* Collective, agreed. */
static enum status grow (struct forest *f, const struct comm *comm, const struct tops *s, struct gravity_cost *cost)
{
  double clock = log_seconds ();
  struct leaf_report *mine = mem_alloc ("top reports", s->n_leaves, sizeof *mine), *all = NULL;
  double *raw = mem_alloc ("top moments", (int64_t) s->n * raw_count (f->order), sizeof *raw);
  int64_t *first = NULL;
  int32_t n = 0;
  enum status st = mine && raw ? ST_OK : ST_MEMORY;

  if (st == ST_OK)
    st = split_leaves (f, comm->rank, s, mine, &n);
  phase_end (cost, PHASE_CELLS, &clock);
  st = status_agree (comm, st, NULL);
  if (st == ST_OK) {
    fill_leaves (f, mine, n);
    st = comm_gather_all (comm, mine, n, sizeof *mine, (void **) &all, &first);
  }
  if (st == ST_OK)
    combine_tops (f, comm->rank, s, all, first[comm->size], raw);
  if (st == ST_OK && f->periodic)
    st = status_agree (comm, fill_lattice (f, s, raw), NULL);
  phase_end (cost, PHASE_MOMENTS, &clock);
  mem_free (&mine);
  mem_free (&all);
  mem_free (&raw);
  mem_free (&first);
  return st;
}

/* The most bodies of a top leaf. One rank needs no top cells but the roots. Few ranks can afford many leaves each,
 * and so an even balance; many must not, since every rank knows the leaves of all. */
static int64_t share_size (const struct forest *f, const struct comm *comm, int64_t n_global)
{
  const int64_t least = 2 * f->leaf_size > EXACT_RADIUS ? 2 * f->leaf_size : EXACT_RADIUS;
  const int64_t each = LEAVES / comm->size < LEAVES_LEAST ? LEAVES_LEAST
                       : LEAVES / comm->size > LEAVES_MOST ? LEAVES_MOST : LEAVES / comm->size;
  const int64_t share = n_global / (comm->size * each);

  return comm->size == 1 ? INT64_MAX : share > least ? share : least;
}

/* Local. The caller's bodies in order. */
static enum status sort_bodies (struct forest *f, struct pool *pool, const struct groups *groups, struct queue *b)
{
  const struct gravity_bodies *const in = b->crowd->bodies;

  b->n = in->n;
  b->order = pool_extend (pool, b->n * pool->each);
  if (!b->order || forest_reserve_bodies (f, b->n) != ST_OK)
    return ST_MEMORY;
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < b->n; i++)
    b->order[i] = (struct place_in_order) { key_high (in->position[i]), (int32_t) i,
                                            in->group ? share_tree_of (groups, in->group[i]) : 0 };
  places_sort (f, b->crowd, b->order, b->n);
  return ST_OK;
}

/* Collective, agreed. Everything up to the bodies being where they are summed. */
static enum status share_bodies (struct forest *f, struct pool *pool, const struct comm *comm,
                                 const struct groups *groups, struct tops *tops, struct queue *b,
                                 struct gravity_cost *cost)
{
  double clock = log_seconds ();
  enum status st = sort_bodies (f, pool, groups, b);

  phase_end (cost, PHASE_SORT, &clock);
  st = status_agree (comm, st, NULL);
  if (st == ST_OK)
    st = make_roots (f, comm, tops, b);
  if (st == ST_OK) {
    tops->most = share_size (f, comm, comm_sum (comm, b->n));
    tops->periodic = f->periodic;
    st = cut_tops (comm, tops, b);
  }
  if (st == ST_OK)
    st = assign_leaves (f, comm, tops, b);
  if (st == ST_OK && comm->size > 1)
    st = move_bodies (f, pool, comm, tops, b, cost);
  if (st == ST_OK)
    st = status_agree (comm, forest_adopt (f, b->crowd, b->order, (float *) (b->order + b->n), b->n), NULL);
  phase_end (cost, PHASE_SHARE, &clock);
  return st;
}

enum status forest_share (struct forest *f, struct pool *pool, const struct comm *comm, struct crowd *crowd,
                          const struct groups *groups, struct gravity_cost *cost)
{
  const double start = log_seconds ();
  struct tops tops = { 0 };
  struct queue bodies = { .crowd = crowd };
  enum status st = share_bodies (f, pool, comm, groups, &tops, &bodies, cost);

  if (st == ST_OK)
    st = grow (f, comm, &tops, cost);
  mem_free (&tops.top);
  mem_free (&tops.leaf);
  mem_free (&bodies.guest);
  crowd->guest = NULL;
  f->sorted = NULL;
  f->old = NULL;
  f->crowd = NULL;
  cost->build_s += log_seconds () - start;
  return st;
}
