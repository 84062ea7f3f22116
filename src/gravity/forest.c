/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Build in three sweeps: sort by (tree, key, id); split intervals of the sorted order into cells; moments from the
 * leaves up. Bodies of a leaf are summed in key order and children in digit order, so each number is a function of
 * the set of bodies. Levels at which a cell would have a single child are skipped, so the number of cells is bounded
 * by that of bodies however deep the tree; bodies that agree in all 42 levels share one leaf of any size.
 *
 * Raw moments sum m q^k / s^|k| are kept in double during the build only; what stays are the harmonic coefficients in
 * float, scaled by powers of the cell's own size s, so that neither tiny cells nor high orders leave the range.
 */
#define _GNU_SOURCE /* qsort_r */
#include "gravity/forest.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "gravity/kernel.h"
#define HARMONICS_TABLES
#include "gravity/harmonics.inc"

enum { TASK_BODIES = 16384, AHEAD = 24, MANY_CELLS = 1 << 16 };

/* ---- keys and order ---- */

static uint64_t spread (uint64_t x) /* 21 bits, two zeros after each */
{
  x &= 0x1fffff;
  x = (x | x << 32) & 0x1f00000000ffff;
  x = (x | x << 16) & 0x1f0000ff0000ff;
  x = (x | x << 8) & 0x100f00f00f00f00f;
  x = (x | x << 4) & 0x10c30c30c30c30c3;
  return (x | x << 2) & 0x1249249249249249;
}

static uint64_t interleave (const uint64_t p[3], int shift)
{
  return spread (p[0] >> shift) << 2 | spread (p[1] >> shift) << 1 | spread (p[2] >> shift);
}

uint64_t key_high (const uint64_t position[3]) { return interleave (position, 43); }

struct key key_of (const uint64_t position[3])
{
  return (struct key) { interleave (position, 43), interleave (position, 22) };
}

int key_common (struct key a, struct key b)
{
  if (a.high != b.high)
    return (__builtin_clzll (a.high ^ b.high) - 1) / 3;
  if (a.low != b.low)
    return 21 + (__builtin_clzll (a.low ^ b.low) - 1) / 3;
  return KEY_LEVELS;
}

/* Eleven bits of the key, or of the tree's number from bit 64 on. */
static inline unsigned digit_of (const struct place_in_order *p, int shift)
{
  return (unsigned) (shift < 64 ? p->key >> shift : (uint64_t) p->tree >> (shift - 64)) & 2047;
}

enum { DIGITS = 2048, CHUNKS_MAX = 16, CHUNK_LEAST = 32768 };

/* One stable pass, threads working on chunks of the input: the outcome does not depend on how many. A digit that all
 * share needs no moves: returns 0, and the order stays where it is. */
static int radix_pass (const struct place_in_order *in, struct place_in_order *out, int64_t n, int shift)
{
  int64_t count[CHUNKS_MAX][DIGITS], at = 0;
  const int threads = omp_get_max_threads (), most = threads < CHUNKS_MAX ? threads : CHUNKS_MAX;
  const int chunks = n / CHUNK_LEAST < most ? (int) (n / CHUNK_LEAST) + 1 : most;

#pragma omp parallel for schedule(static, 1) if (chunks > 1)
  for (int c = 0; c < chunks; c++) {
    memset (count[c], 0, sizeof count[c]);
    for (int64_t i = n * c / chunks; i < n * (c + 1) / chunks; i++)
      count[c][digit_of (in + i, shift)]++;
  }
  for (int d = 0; d < DIGITS; d++) {
    const int64_t before = at;
    for (int c = 0; c < chunks; c++) {
      const int64_t here = count[c][d];
      count[c][d] = at;
      at += here;
    }
    if (at - before == n)
      return 0;
  }
#pragma omp parallel for schedule(static, 1) if (chunks > 1)
  for (int c = 0; c < chunks; c++)
    for (int64_t i = n * c / chunks; i < n * (c + 1) / chunks; i++)
      out[count[c][digit_of (in + i, shift)]++] = in[i];
  return 1;
}

bool place_before (const struct crowd *crowd, const struct place_in_order *a, const struct place_in_order *b)
{
  if (a->tree != b->tree)
    return a->tree < b->tree;
  if (a->key != b->key)
    return a->key < b->key;
  const uint64_t x = interleave (crowd_position (crowd, a->index), 22);
  const uint64_t y = interleave (crowd_position (crowd, b->index), 22);
  return x != y ? x < y : crowd_id (crowd, a->index) < crowd_id (crowd, b->index);
}

static int compare_places (const void *a, const void *b, void *crowd)
{
  return place_before (crowd, b, a) - place_before (crowd, a, b);
}

static bool same_run (const struct place_in_order *a, const struct place_in_order *b)
{
  return a->key == b->key && a->tree == b->tree;
}

/* Runs of one tree and one high key, which are short unless bodies coincide. */
static void sort_runs (struct place_in_order *a, int64_t n, const struct crowd *crowd)
{
  for (int64_t i = 0, j; i < n; i = j) {
    for (j = i + 1; j < n && same_run (a + i, a + j); j++)
      ;
    if (j - i > 1)
      qsort_r (a + i, j - i, sizeof *a, compare_places, (void *) crowd);
  }
}

/* In chunks that no run straddles. */
static void sort_all_runs (struct place_in_order *a, int64_t n, const struct crowd *crowd)
{
  const int64_t chunks = n / CHUNK_LEAST + 1;

#pragma omp parallel for schedule(dynamic, 1)
  for (int64_t c = 0; c < chunks; c++) {
    int64_t first = n * c / chunks, last = n * (c + 1) / chunks;
    while (first > 0 && first < n && same_run (a + first - 1, a + first))
      first++;
    while (last > 0 && last < n && same_run (a + last - 1, a + last))
      last++;
    if (first < last)
      sort_runs (a + first, last - first, crowd);
  }
}

_Static_assert (sizeof (struct place_in_order) == sizeof (float[4]), "the sort borrows the memory of the places");

void places_sort (struct forest *f, const struct crowd *crowd, struct place_in_order *place, int64_t n)
{
  static const int shifts[8] = { 0, 11, 22, 33, 44, 55, 64, 75 };
  const int passes = f->n_trees > DIGITS ? 8 : f->n_trees > 1 ? 7 : 6;
  struct place_in_order *a = place, *b = (struct place_in_order *) (void *) f->place;

  for (int pass = 0; pass < passes; pass++)
    if (radix_pass (a, b, n, shifts[pass])) {
      struct place_in_order *const other = a;
      a = b;
      b = other;
    }
  if (a != place)
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < n; i++)
      place[i] = a[i];
  sort_all_runs (place, n, crowd);
}

static inline float support_of (const struct crowd *c, int64_t i)
{
  return (float) (SPLINE_SUPPORT * body_softening (c->bodies, i) / c->length);
}

static inline float old_of (const struct crowd *c, int64_t i)
{
  return c->bodies->acceleration_old ? (float) (c->bodies->acceleration_old[i] / c->acceleration) : 0;
}

struct traveller crowd_body (const struct crowd *c, int64_t i)
{
  const struct gravity_bodies *const in = c->bodies;

  if (i >= in->n)
    return c->guest[i - in->n];
  struct traveller t = { .id = in->id[i], .mass = in->mass[i] / c->mass, .rank = c->rank, .index = (int32_t) i };
  memcpy (t.position, in->position[i], sizeof t.position);
  t.h = support_of (c, i);
  t.old = old_of (c, i);
  t.work = in->work && in->work[i] > 0 ? in->work[i] : 1;
  return t;
}


/* ---- room ---- */

void *pool_extend (struct pool *pool, int64_t bytes)
{
  if (bytes > pool->bytes || !pool->block) {
    if (mem_resize ("gravity order and sums", &pool->block, bytes, 1))
      return NULL;
    pool->bytes = bytes;
  }
  return pool->block;
}

void pool_free (struct pool *pool)
{
  mem_free (&pool->block);
  pool->bytes = 0;
}

enum status forest_reserve_cells (struct forest *f, int64_t more)
{
  int64_t capacity = f->cells_capacity;

  if (f->n_cells + more <= capacity)
    return ST_OK;
  /* Many cells make blocks that grow without a copy (mem.c): then less is held in stock. */
  capacity = f->n_cells + more + f->n_cells / (f->n_cells < MANY_CELLS ? 8 : 64) + 64;
  if (f->n_cells == 0) { /* nothing to keep */
    mem_free (&f->cell);
    mem_free (&f->moment);
    f->cells_capacity = 0;
  }
  if (capacity > CELLS_MOST && f->n_cells + more <= CELLS_MOST)
    capacity = CELLS_MOST;
  if (capacity > CELLS_MOST
      || mem_resize ("tree cells", &f->cell, capacity, sizeof *f->cell)
      || mem_resize ("tree moments", &f->moment, capacity, f->n_moments * sizeof *f->moment))
    return ST_MEMORY;
  f->cells_capacity = (int32_t) capacity;
  return ST_OK;
}

static void bodies_free (struct forest *f)
{
  mem_free (&f->position);
  mem_free (&f->place);
  mem_free (&f->h);
  mem_free (&f->mass);
  f->bodies_capacity = 0;
}

_Static_assert (sizeof (uint64_t[3]) == sizeof (double[3]), "positions make room for accelerations");

void forest_lend (struct forest *f, struct gravity_result *result)
{
  result->acceleration = (double (*)[3]) (void *) f->position;
  result->potential = result->lend == LEND_ALL ? f->mass : NULL;
}

enum status forest_reserve_bodies (struct forest *f, int64_t more)
{
  int64_t capacity = f->bodies_capacity;

  if (f->n_bodies + more <= capacity)
    return ST_OK;
  capacity = f->n_bodies + more + (f->n_bodies > f->n_own ? (f->n_bodies + more) / 64 : 0);
  if (f->n_bodies == 0)
    bodies_free (f);
  if (mem_resize ("tree positions", &f->position, capacity, sizeof *f->position)
      || mem_resize ("tree places", &f->place, capacity, sizeof *f->place)
      || mem_resize ("tree supports", &f->h, capacity, sizeof *f->h)
      || mem_resize ("tree masses", &f->mass, capacity, sizeof *f->mass))
    return ST_MEMORY;
  f->bodies_capacity = capacity;
  return ST_OK;
}

void forest_clear (struct forest *f)
{
  mem_free (&f->root);
  mem_free (&f->lattice_cell);
  f->n_trees = f->n_cells = 0;
  f->n_own = f->n_bodies = 0;
}

/* Of a body of the caller only what is needed is touched: each array is one more miss of the cache. */
static void adopt_body (struct forest *f, const struct crowd *c, int64_t i, int32_t from)
{
  const struct gravity_bodies *const in = c->bodies;

  if (from >= in->n) {
    const struct traveller *const t = c->guest + (from - in->n);
    memcpy (f->position[i], t->position, sizeof f->position[i]);
    f->h[i] = t->h;
    f->mass[i] = t->mass;
    f->home[i] = t->index;
    f->home_rank[i] = t->rank;
    f->old[i] = t->old;
    return;
  }
  memcpy (f->position[i], in->position[from], sizeof f->position[i]);
  f->h[i] = support_of (c, from);
  f->mass[i] = in->mass[from] / c->mass;
  f->home[i] = from;
  if (f->home_rank)
    f->home_rank[i] = -1;
  f->old[i] = old_of (c, from);
}

/* Bodies are wanted in an order that the caller's arrays need not have: the memory is told in time. */
static inline void prefetch_body (const struct gravity_bodies *b, int64_t i)
{
  if (i >= b->n)
    return;
  __builtin_prefetch (b->position + i);
  __builtin_prefetch (b->mass + i);
  if (b->type)
    __builtin_prefetch (b->type + i);
  else
    __builtin_prefetch (b->softening + i);
  if (b->acceleration_old)
    __builtin_prefetch (b->acceleration_old + i);
}

static enum status homes_reserve (struct forest *f, int64_t n, bool guests)
{
  if (n > f->homes_capacity || !f->home || guests != (f->home_rank != NULL)) {
    mem_free (&f->home);
    mem_free (&f->home_rank);
    f->homes_capacity = 0;
    f->home = mem_alloc ("tree homes", n, sizeof *f->home);
    f->home_rank = guests ? mem_alloc ("tree home ranks", n, sizeof *f->home_rank) : NULL;
    if (!f->home || (guests && !f->home_rank))
      return ST_MEMORY;
    f->homes_capacity = n;
  }
  return ST_OK;
}

enum status forest_adopt (struct forest *f, const struct crowd *crowd, const struct place_in_order *order, float *old,
                          int64_t n)
{
  const enum status st = forest_reserve_bodies (f, n);

  if (st != ST_OK)
    return st;
  if (homes_reserve (f, n, crowd->guest != NULL) != ST_OK)
    return ST_MEMORY;
  f->n_own = f->n_bodies = n;
  f->sorted = order;
  f->old = old;
  f->crowd = crowd;
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < n; i++) {
    prefetch_body (crowd->bodies, order[i + AHEAD < n ? i + AHEAD : i].index);
    adopt_body (f, crowd, i, order[i].index);
  }
  return ST_OK;
}

void forest_free (struct forest *f)
{
  mem_free (&f->root);
  mem_free (&f->lattice_cell);
  mem_free (&f->cell);
  mem_free (&f->moment);
  mem_free (&f->home);
  mem_free (&f->home_rank);
  bodies_free (f);
  f->cells_capacity = 0;
  f->homes_capacity = 0;
}

void forest_keep_lent (struct forest *f)
{
  struct forest lent = { .position = f->position, .mass = f->mass, .lattice = f->lattice };

  f->position = NULL;
  f->mass = NULL;
  forest_free (f);
  *f = lent;
}

/* ---- cells ---- */

/* Digit of an own body's key; the high word is at hand. */
static inline int body_digit (const struct forest *f, int64_t i, int level)
{
  return level <= 21 ? (int) (f->sorted[i].key >> (63 - 3 * level)) & 7 : key_digit (key_of (f->position[i]), level);
}

static int common_levels (const struct forest *f, int64_t a, int64_t b)
{
  const uint64_t differ = f->sorted[a].key ^ f->sorted[b].key;

  return differ ? (__builtin_clzll (differ) - 1) / 3 : key_common (key_of (f->position[a]), key_of (f->position[b]));
}

/* First body of [first, last) whose digit at this level is at least `digit`. */
static int64_t first_of_digit (const struct forest *f, int64_t first, int64_t last, int level, int digit)
{
  while (first < last) {
    const int64_t mid = (first + last) / 2;
    if (body_digit (f, mid, level) < digit)
      first = mid + 1;
    else
      last = mid;
  }
  return first;
}

static void cell_open (struct forest *f, int32_t slot, int64_t first, int64_t last)
{
  struct cell *c = f->cell + slot;

  memset (c, 0, sizeof *c);
  c->child = -1;
  c->body = (int32_t) first;
  c->n_bodies = (int32_t) (last - first);
  c->remote = slot;
  c->flags = CELL_HAS_SINKS | CELL_OWN;
}

/* Cells of [first, last) below `slot`, which is opened; depth first, children side by side. */
enum status forest_split (struct forest *f, int32_t slot, int64_t first, int64_t last)
{
  const int level = common_levels (f, first, last - 1) + 1;
  int64_t bound[9] = { first, [8] = last };
  int n_children = 0;

  cell_open (f, slot, first, last);
  if (level > KEY_LEVELS && last - first > MOST_AT_ONE_POINT)
    return status_fail (ST_DATA, "Gravity: %lld particles lie at one point (particle %llu is one of them); at most "
                        "%d can. Spread them, or use a smaller box: its grid is finer.", (long long) (last - first),
                        (unsigned long long) crowd_id (f->crowd, f->sorted[first].index), MOST_AT_ONE_POINT);
  if (last - first <= f->leaf_size || level > KEY_LEVELS)
    return ST_OK;
  for (int d = 1; d < 8; d++)
    bound[d] = first_of_digit (f, bound[d - 1], last, level, d);
  for (int d = 0; d < 8; d++)
    n_children += bound[d + 1] > bound[d];
  enum status st = forest_reserve_cells (f, n_children);
  int32_t child = f->n_cells;
  if (st == ST_OK) {
    f->cell[slot].child = child;
    f->cell[slot].n_children = (uint8_t) n_children;
    f->n_cells += n_children;
  }
  for (int d = 0; d < 8 && st == ST_OK; d++)
    if (bound[d + 1] > bound[d])
      st = forest_split (f, child++, bound[d], bound[d + 1]);
  return st;
}

/* ---- moments ---- */

/* powers[k] = q^k for all monomials to the order. */
static inline void monomials (const double q[3], int n, double *powers)
{
  powers[0] = 1;
  for (int o = 0, k = 1, from = 0; k < n; o++) { /* from: first monomial of order o; o+1 is made of it */
    const int width = (o + 1) * (o + 2) / 2, next = k;
    for (int i = 0; i < width; i++)
      powers[k++] = powers[from + i] * q[0];
    for (int i = width - (o + 1); i < width; i++)
      powers[k++] = powers[from + i] * q[1];
    powers[k++] = powers[from + width - 1] * q[2];
    from = next;
  }
}

/* Scale that holds a radius; a point gets one too small to matter. */
static int16_t exponent_of (float radius)
{
  int e;

  if (radius <= 0)
    return -100;
  frexpf (radius, &e);
  return (int16_t) (e < -100 ? -100 : e);
}

static void set_radius (struct forest *f, struct cell *c, int64_t first, int64_t last)
{
  double most = 0;

  for (int64_t i = first; i < last; i++) {
    double r2 = 0;
    for (int k = 0; k < 3; k++) {
      const double d = difference (f->position[i][k], c->centre[k]);
      r2 += d * d;
    }
    most = r2 > most ? r2 : most;
  }
  c->radius = (float) (sqrt (most) * (1 + 0x1p-20));
  c->exponent = exponent_of (c->radius);
}

/* Positions are averaged relative to a body of the cell, where nothing overflows and little rounds. */
static void leaf_centre (struct forest *f, struct cell *c)
{
  const uint64_t *const origin = f->position[c->body];
  double mass = 0, sum[3] = { 0 }, weight = 0, middle[3] = { 0 };

  for (int64_t i = c->body; i < c->body + c->n_bodies; i++) {
    mass += f->mass[i];
    weight += 1;
    for (int k = 0; k < 3; k++) {
      const double d = (double) (int64_t) (f->position[i][k] - origin[k]);
      sum[k] += f->mass[i] * d;
      middle[k] += d;
    }
  }
  for (int k = 0; k < 3; k++)
    c->centre[k] = origin[k] + (uint64_t) (int64_t) (mass > 0 ? sum[k] / mass : middle[k] / weight);
  c->mass = (float) mass;
}

/* The smallest |a| of before, but a single cancellation does not force the whole tree open: at least a quarter of the
 * second smallest. */
static float leaf_old (const struct forest *f, const struct cell *c)
{
  float least = INFINITY, second = INFINITY;

  for (int64_t i = c->body; i < c->body + c->n_bodies; i++) {
    const float a = f->old[i];
    if (!(a > 0))
      return 0;
    if (a < least) {
      second = least;
      least = a;
    } else if (a < second)
      second = a;
  }
  return c->n_bodies > 1 && least < 0.25f * second ? 0.25f * second : least;
}

static void store_full (const struct forest *f, const double *raw, float *out)
{
  const int n_raw = raw_count (f->order);
  double sum[MOMENTS_MAX] = { 0 };

  for (int i = 0; i < TRACE_TERMS; i++)
    if (trace_term[i].from < n_raw)
      sum[trace_term[i].to] += trace_term[i].weight * raw[trace_term[i].from];
  for (int i = 0; i < f->n_moments; i++)
    out[i] = (float) sum[i];
}

void forest_store_moments (struct forest *f, int32_t slot, const double *raw)
{
  double coefficient[COEFFICIENTS_MAX] = { 0 }, tensor[COEFFICIENTS_MAX] = { 0 };
  const int n_raw = raw_count (f->order), n = coefficient_count (f->order);
  float *const out = f->moment + (int64_t) slot * f->n_moments;

  if (f->full) {
    store_full (f, raw, out);
    return;
  }

  for (int i = 0; i < FOLD_TERMS && fold_term[i].to < n; i++)
    if (fold_term[i].from < n_raw)
      coefficient[fold_term[i].to] += fold_term[i].weight * raw[fold_term[i].from];
  for (int i = 0; i < TENSOR_TERMS && tensor_term[i].to < n; i++)
    tensor[tensor_term[i].to] += tensor_term[i].weight * coefficient[tensor_term[i].from];
  for (int i = 0; i < n; i++) {
    out[i] = (float) coefficient[i];
    out[n + i] = (float) tensor[i];
  }
}

void forest_place (struct forest *f, const struct cell *leaf)
{
  for (int64_t i = leaf->body; i < leaf->body + leaf->n_bodies; i++) {
    for (int k = 0; k < 3; k++)
      f->place[i][k] = (float) difference (f->position[i][k], leaf->centre[k]);
    f->place[i][3] = (float) f->mass[i];
  }
}

static void leaf_fill (struct forest *f, int32_t slot, double *raw)
{
  struct cell *const c = f->cell + slot;
  const int n_raw = raw_count (f->order);
  double powers[MONOMIALS_MAX];

  leaf_centre (f, c);
  set_radius (f, c, c->body, c->body + c->n_bodies);
  c->old = leaf_old (f, c);
  memset (raw, 0, n_raw * sizeof *raw);
  const double inverse = 1 / cell_scale (c);
  for (int64_t i = c->body; i < c->body + c->n_bodies; i++) {
    double q[3];
    c->h = f->h[i] > c->h ? f->h[i] : c->h;
    for (int k = 0; k < 3; k++)
      q[k] = difference (f->position[i][k], c->centre[k]) * inverse;
    monomials (q, n_raw, powers);
    for (int k = 0; k < n_raw; k++)
      raw[k] += f->mass[i] * powers[k];
  }
  forest_place (f, c);
  forest_store_moments (f, slot, raw);
}

/* raw += the child's moments about the parent's centre. */
static void shift_raw (int order, const double *child, double ratio, const double d[3], double *raw)
{
  const int n_raw = raw_count (order);
  double powers[MONOMIALS_MAX], scaled[MONOMIALS_MAX], factor = 1;

  monomials (d, n_raw, powers);
  for (int o = 0, k = 0; o <= order; o++, factor *= ratio)
    for (; k < raw_count (o); k++)
      scaled[k] = child[k] * factor;
  for (int i = 0; i < SHIFT_TERMS && shift_term[i].to < n_raw; i++)
    raw[shift_term[i].to] += (double) shift_term[i].weight * scaled[shift_term[i].from] * powers[shift_term[i].power];
}

/* Mass, centre, support, old acceleration from the children. */
static void combine_sums (const struct cell *child, struct cell *c)
{
  double mass = 0, sum[3] = { 0 };

  c->h = 0;
  c->old = INFINITY;
  for (int i = 0; i < c->n_children; i++) {
    mass += child[i].mass;
    c->h = child[i].h > c->h ? child[i].h : c->h;
    c->old = child[i].old < c->old ? child[i].old : c->old;
    for (int k = 0; k < 3; k++)
      sum[k] += (double) child[i].mass * (double) (int64_t) (child[i].centre[k] - child[0].centre[k]);
  }
  for (int k = 0; k < 3; k++)
    c->centre[k] = child[0].centre[k] + (uint64_t) (int64_t) (mass > 0 ? sum[k] / mass : 0);
  c->mass = (float) mass;
}

void forest_combine (struct forest *f, int32_t slot, const double *raw_child, double *raw)
{
  struct cell *const c = f->cell + slot;
  const struct cell *const child = f->cell + c->child;
  const int n_raw = raw_count (f->order);
  double d[8][3], radius = 0;

  combine_sums (child, c);
  for (int i = 0; i < c->n_children; i++) {
    double r2 = 0;
    for (int k = 0; k < 3; k++) {
      d[i][k] = difference (child[i].centre[k], c->centre[k]);
      r2 += d[i][k] * d[i][k];
    }
    radius = fmax (radius, sqrt (r2) + child[i].radius);
  }
  if (c->n_bodies <= EXACT_RADIUS && c->body >= 0)
    set_radius (f, c, c->body, c->body + c->n_bodies);
  else {
    c->radius = (float) (radius * (1 + 0x1p-20));
    c->exponent = exponent_of (c->radius);
  }
  const double inverse = 1 / cell_scale (c);
  memset (raw, 0, n_raw * sizeof *raw);
  for (int i = 0; i < c->n_children; i++) {
    for (int k = 0; k < 3; k++)
      d[i][k] *= inverse;
    shift_raw (f->order, raw_child + (int64_t) i * n_raw, cell_scale (child + i) * inverse, d[i], raw);
  }
  forest_store_moments (f, slot, raw);
}

void forest_fill (struct forest *f, int32_t slot, double *raw)
{
  const struct cell *const c = f->cell + slot;
  double raw_child[8 * MONOMIALS_MAX];

  if (c->n_children == 0) {
    leaf_fill (f, slot, raw);
    return;
  }
  for (int i = 0; i < c->n_children; i++) {
#pragma omp task if (c->n_bodies > TASK_BODIES) shared (raw_child)
    forest_fill (f, c->child + i, raw_child + (int64_t) i * raw_count (f->order));
  }
#pragma omp taskwait
  forest_combine (f, slot, raw_child, raw);
}
