/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recursion over sink cells. Each inherits from its parent the list of sources that are not settled yet, and settles
 * what it can: a source accepted goes into the sink's local expansion (one cell-cell interaction serves all its
 * bodies), one too near or too large is opened, and the rest is handed down. A group, the smallest sink cell, has two
 * more roads: multipoles of the source at each sink, and single pairs. Then it evaluates the local expansion that
 * came down to it.
 *
 * Acceptance is by error (Dehnen 2014, ComAC 1, 1, eq. 16 and section 2.4): the bound of the truncated terms must
 * stay below alpha times the smallest |a| of the sinks at the last step. It depends on the two cells alone, and lists
 * are in tree order: who computes a sink does not matter.
 *
 * Float offsets relative to the group's centre lose digits for pairs much closer than the group is wide. Where a pair
 * came nearer than 1/64 of the group's scale (and of its own support), that sink is done again in double.
 *
 * The top of the recursion runs on one thread and leaves jobs, each with its list; then threads take jobs. A job is
 * put off if one of its sinks lacks something that is still on its way from another rank: it is not known in part
 * what a sink cell hands down, but other jobs have nothing to do with it.
 */
#include "gravity/walk.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#include "base/mem.h"
#define HARMONICS_SHIFT
#include "gravity/harmonics.inc"

/* The radii of an accepted pair of the short-range kernel, in split scales: what is smooth over them can be expanded
 * (the terms of exp (-x) die out like those of 1/r up to there). */
#define SPLIT_SMOOTH 3.0

enum
{
  LOCAL_TERMS = 56,
  BATCH = 1024,          /* sources of one call of a kernel */
  JOBS_PER_THREAD = 64,
  NOT_SELF = INT32_MAX,  /* no sink is among the sources */
  CUT_FROM = 16,         /* groups with more sinks ask of each body whether it is within the cut */
  FEW_BODIES = 6         /* leaves with fewer are cheaper body by body than as a multipole */
};

/* Sink cells with at most so many bodies are not split further. */
static bool cell_is_group (const struct forest *f, const struct cell *a)
{
  return a->n_children == 0 || a->n_bodies <= 2 * f->leaf_size;
}

/* ---- one thread's means ---- */

struct list
{
  int32_t *item; /* owned */
  int64_t n, capacity;
};

struct walker
{
  const struct forest *f;
  const struct criterion *q;
  const struct gravity_kernels *kernels;
  struct sums *sums;
  struct list handed;      /* a stack of the lists of the sink cells above */
  struct list far, near, leaf; /* of the present sink: cell-cell, cell-body, and leaves */
  struct sink_group group; /* owned arrays, group_capacity */
  int group_capacity;
  struct sink_view view;       /* of the present sink */
  struct list candidates, next; /* sources to be judged, and those to be judged after them */
  uint8_t *verdict;            /* owned, of the candidates */
  int64_t verdicts_capacity;
  struct direct_source *exact; /* owned */
  int64_t exact_capacity;
  bool own;                    /* the group's own bodies are among its sources */
  bool wrap;                   /* sources so large that their bodies are not all in the image of the centre */
  bool short_range;            /* there is a split, */
  struct split_pairs split, split_close; /* in units of the present sink, */
  float middle[3], half[3], cut2;        /* like the box of a group's sinks, and the squared cut with some room */
  double n_pp, n_pm, n_m2l, n_mac;
  struct probe *probe; /* NULL, or only find out what is lacking */
  bool failed;         /* out of memory */
};

/* Room for n more items. */
static bool reserve (struct walker *w, struct list *list, int64_t more)
{
  const int64_t capacity = 2 * list->capacity + more + 1024;

  if (list->n + more <= list->capacity)
    return true;
  if (mem_resize ("walk lists", &list->item, capacity, sizeof *list->item)) {
    w->failed = true;
    return false;
  }
  list->capacity = capacity;
  return true;
}

static void push (struct walker *w, struct list *list, int32_t item)
{
  if (reserve (w, list, 1))
    list->item[list->n++] = item;
}

static void walker_free (struct walker *w)
{
  mem_free (&w->handed.item);
  mem_free (&w->far.item);
  mem_free (&w->near.item);
  mem_free (&w->leaf.item);
  mem_free (&w->group.x);
  mem_free (&w->group.ax);
  mem_free (&w->exact);
  mem_free (&w->candidates.item);
  mem_free (&w->next.item);
  mem_free (&w->verdict);
}

/* Arrays for n sinks, padded; one block of floats and one of doubles. */
static bool group_reserve (struct walker *w, int n)
{
  struct sink_group *const g = &w->group;
  const int padded = (n + 15) / 16 * 16;

  if (padded > w->group_capacity) {
    mem_free (&g->x);
    mem_free (&g->ax);
    w->group_capacity = 0;
    g->x = mem_alloc ("walk group", 6 * (int64_t) padded, sizeof (float));
    g->ax = mem_alloc ("walk group", 4 * (int64_t) padded, sizeof (double));
    if (!g->x || !g->ax) {
      w->failed = true;
      return false;
    }
    w->group_capacity = padded;
    float **const part[5] = { &g->y, &g->z, &g->h, &g->h_inverse, &g->nearest };
    for (int k = 0; k < 5; k++)
      *part[k] = g->x + (k + 1) * (int64_t) padded;
    g->ay = g->ax + padded;
    g->az = g->ax + 2 * (int64_t) padded;
    g->phi = g->ax + 3 * (int64_t) padded;
  }
  g->n = n;
  return true;
}

/* Unit of length of the float work for a sink cell: its scale, but not so small that distances to other cells, and
 * powers of them, would leave the range of a float. */
static inline double sink_unit (const struct cell *a)
{
  return power_of_two (a->exponent > -24 ? a->exponent : -24);
}

/* ---- local expansions ---- */

static int local_count (const struct walker *w)
{
  return w->short_range ? raw_count (w->f->order) : (w->f->order + 1) * (w->f->order + 1);
}

static void shift_local (const struct walker *w, const double d[3], const double *from, double *to)
{
  switch (w->f->order + (w->short_range ? 3 : 0)) {
  case 3: local_shift_3 (d[0], d[1], d[2], from, to); break;
  case 4: local_shift_4 (d[0], d[1], d[2], from, to); break;
  case 5: local_shift_5 (d[0], d[1], d[2], from, to); break;
  case 6: local_shift_full_3 (d[0], d[1], d[2], from, to); break;
  case 7: local_shift_full_4 (d[0], d[1], d[2], from, to); break;
  default: local_shift_full_5 (d[0], d[1], d[2], from, to);
  }
}

/* From units of a scale to those of another: L_n ~ length^-(n+1). */
static void rescale_local (const struct walker *w, double ratio, double *local)
{
  double factor = ratio;

  for (int n = 0, k = 0; n <= w->f->order; n++, factor *= ratio)
    for (const int end = w->short_range ? raw_count (n) : (n + 1) * (n + 1); k < end; k++)
      local[k] *= factor;
}

/* Displacement of an image of a cell from the sinks' centre. */
static void displacement (const struct cell *sink, const struct cell *b, int image, double d[3])
{
  const struct image of = image_of (image);

  for (int k = 0; k < 3; k++)
    d[k] = difference (b->centre[k], sink->centre[k] + of.origin[k]) + of.shift[k];
}

static struct cell_source source_of (const struct forest *f, const struct cell *sink, int32_t item, double inverse)
{
  const int32_t index = item_cell (item);
  const struct cell *const b = f->cell + index;
  double d[3];

  displacement (sink, b, item_image (item), d);
  return (struct cell_source) { .x = (float) (d[0] * inverse), .y = (float) (d[1] * inverse),
                                .z = (float) (d[2] * inverse), .scale = (float) (cell_scale (b) * inverse),
                                .moment = f->moment + (int64_t) index * f->n_moments };
}

/* Adds the list of accepted cells to the expansion (units of the box). */
static void add_far_cells (struct walker *w, const struct cell *a, double *local)
{
  struct cell_source source[BATCH];
  double sum[LOCAL_TERMS] = { 0 };
  const int order = w->f->order, terms = local_count (w);
  const double inverse = 1 / sink_unit (a);

  for (int64_t i = 0; i < w->far.n; i += BATCH) {
    const int m = w->far.n - i < BATCH ? (int) (w->far.n - i) : BATCH;
    for (int k = 0; k < m; k++)
      source[k] = source_of (w->f, a, w->far.item[i + k], inverse);
    if (w->short_range)
      w->kernels->cell_cell_short[order - 3] (source, m, &w->split, sum);
    else
      w->kernels->cell_cell[order - 3] (source, m, sum);
  }
  rescale_local (w, inverse, sum);
  for (int k = 0; k < terms; k++)
    local[k] += sum[k];
  w->n_m2l += (double) w->far.n;
}

/* ---- groups ---- */

static bool group_load (struct walker *w, const struct cell *a)
{
  struct sink_group *const g = &w->group;
  const double scale = sink_unit (a), inverse = 1 / scale;
  double low[3] = { 1, 1, 1 }, high[3] = { -1, -1, -1 };

  if (!group_reserve (w, a->n_bodies))
    return false;
  for (int i = 0; i < (w->probe ? g->n : (g->n + 15) / 16 * 16); i++) {
    const int64_t j = a->body + (i < g->n ? i : 0);
    double d[3];
    for (int k = 0; k < 3; k++) {
      d[k] = difference (w->f->position[j][k], a->centre[k]);
      low[k] = d[k] < low[k] ? d[k] : low[k];
      high[k] = d[k] > high[k] ? d[k] : high[k];
    }
    if (w->probe)
      continue; /* only the box is asked for */
    g->x[i] = (float) (d[0] * inverse);
    g->y[i] = (float) (d[1] * inverse);
    g->z[i] = (float) (d[2] * inverse);
    g->h[i] = (float) (w->f->h[j] * inverse);
    g->h_inverse[i] = g->h[i] > 0 ? 1 / g->h[i] : 1e18f;
    g->nearest[i] = INFINITY;
    g->ax[i] = g->ay[i] = g->az[i] = g->phi[i] = 0;
  }
  for (int k = 0; k < 3; k++) {
    w->view.middle[k] = 0.5 * (high[k] + low[k]);
    w->view.half[k] = 0.5 * (high[k] - low[k]);
  }
  return true;
}

/* Squared distance of a cell's centre, displaced by d, from the box of the group's sinks. */
static double distance_to_group (const struct walker *w, const double d[3])
{
  double d2 = 0;

  for (int k = 0; k < 3; k++) {
    const double out = fabs (d[k] - w->view.middle[k]) - w->view.half[k];
    d2 += out > 0 ? out * out : 0;
  }
  return d2;
}

static void add_near_cells (struct walker *w, const struct cell *a)
{
  struct cell_source source[BATCH];
  const double inverse = 1 / sink_unit (a);

  for (int64_t i = 0; i < w->near.n; i += BATCH) {
    const int m = w->near.n - i < BATCH ? (int) (w->near.n - i) : BATCH;
    for (int k = 0; k < m; k++)
      source[k] = source_of (w->f, a, w->near.item[i + k], inverse);
    if (w->short_range)
      w->kernels->cell_body_short[w->f->order - 3] (source, m, &w->split, &w->group, 0, w->group.n);
    else
      w->kernels->cell_body[w->f->order - 3] (source, m, &w->group, 0, w->group.n);
  }
  w->n_pm += (double) w->near.n * w->group.n;
}

/* Float copies of bodies, in units of the group's scale about its centre. */
struct pair_batch
{
  float place[BATCH][4], h[BATCH];
  int n;
  bool soft, close; /* softened; all within 1.5 r_s */
};

static void flush_pairs (struct walker *w, struct pair_batch *batch, int64_t self)
{
  if (batch->n > 0)
    w->kernels->pairs ((const float (*)[4]) batch->place, batch->soft ? batch->h : NULL, batch->n, self,
                       !w->short_range ? NULL : batch->close ? &w->split_close : &w->split, &w->group, 0, w->group.n);
  batch->n = 0;
}

/* Is a body within the cut of the box of sinks? Where not, a leaf that the cut runs through costs no pairs for it. */
static inline bool is_within (const struct walker *w, const float place[4])
{
  float d2 = 0;

  for (int k = 0; k < 3; k++) {
    const float d = fabsf (place[k] - w->middle[k]) - w->half[k];
    d2 += d > 0 ? d * d : 0;
  }
  return d2 <= w->cut2;
}

static bool cut_runs_through (const struct walker *w, const struct cell *b, const double way[3])
{
  const double inner = w->view.cut - (double) b->radius;

  return w->short_range && (inner < 0 || distance_to_group (w, way) > inner * inner);
}

static void batch_leaf (struct walker *w, const struct cell *a, const struct cell *b, const double way[3],
                        struct pair_batch *batch, int64_t self)
{
  const float inverse = (float) (1 / sink_unit (a));
  const bool through = self == NOT_SELF && w->group.n > CUT_FROM && cut_runs_through (w, b, way);
  float d[3];

  for (int k = 0; k < 3; k++)
    d[k] = (float) (way[k] * (1 / sink_unit (a)));
  for (int64_t j = 0; j < b->n_bodies; j++) {
    if (batch->n == BATCH) {
      flush_pairs (w, batch, self);
      self -= self == NOT_SELF ? 0 : BATCH;
    }
    float *const to = batch->place[batch->n];
    const float *const from = w->f->place[b->body + j];
    for (int k = 0; k < 3; k++)
      to[k] = from[k] * inverse + d[k];
    to[3] = from[3];
    batch->h[batch->n] = w->f->h[b->body + j] * inverse;
    batch->n += !through || is_within (w, to);
  }
}

/* A leaf of the group itself, not an image of it? */
static bool is_own (const struct walker *w, const struct cell *a, int32_t item)
{
  const struct cell *const b = w->f->cell + item_cell (item);

  return item_image (item) == 0 && b->body >= a->body && b->body < a->body + a->n_bodies;
}

/* Are all pairs with this leaf deep inside the split scale? */
static bool is_close (const struct walker *w, const struct cell *a, const struct cell *b)
{
  const double most = SPLIT_REACH_CLOSE * w->q->split.scale - (double) a->radius - (double) b->radius;
  double d2 = 0;

  for (int k = 0; k < 3 && most > 0; k++) {
    const double d = difference (b->centre[k], a->centre[k]);
    d2 += d * d;
  }
  return most > 0 && d2 < most * most;
}

/* Single pairs: own leaves one by one, since they know which sink is which source; others in batches. */
static void add_leaves (struct walker *w, const struct cell *a)
{
  struct pair_batch batch[4];

  for (int k = 0; k < 4; k++) {
    batch[k].n = 0;
    batch[k].soft = k % 2;
    batch[k].close = k / 2;
  }
  w->own = w->wrap = false;
  for (int64_t i = 0; i < w->leaf.n; i++) {
    const struct cell *const b = w->f->cell + item_cell (w->leaf.item[i]);
    double d[3];
    displacement (a, b, item_image (w->leaf.item[i]), d);
    w->n_pp += (double) b->n_bodies * w->group.n;
    w->wrap |= w->short_range && (double) a->radius + (double) b->radius + w->q->split.cut > 0.5;
    if (is_own (w, a, w->leaf.item[i])) {
      w->own = true;
      struct pair_batch *const soft = batch + (is_close (w, a, b) ? 3 : 1);
      flush_pairs (w, soft, NOT_SELF);
      const int64_t left = (int64_t) b->n_bodies % BATCH ? b->n_bodies % BATCH : BATCH;
      batch_leaf (w, a, b, d, soft, a->body - b->body);
      flush_pairs (w, soft, a->body - b->body - (b->n_bodies - left));
      continue;
    }
    const double reach = (double) b->radius + (a->h > b->h ? a->h : b->h), d2 = distance_to_group (w, d);
    batch_leaf (w, a, b, d, batch + (d2 > reach * reach ? 0 : 1) + (is_close (w, a, b) ? 2 : 0), NOT_SELF);
  }
  for (int k = 0; k < 4; k++)
    flush_pairs (w, batch + k, NOT_SELF);
}

/* ---- sinks with very near neighbours, in double ---- */

/* A body as the group sees it: about its centre, in the middle of the box, so that no difference wraps. */
static void exact_set (const struct walker *w, const struct cell *a, int64_t j, int image, struct direct_source *s)
{
  const struct image of = image_of (image);
  uint64_t position[3];

  for (int k = 0; k < 3; k++)
    position[k] = w->f->position[j][k] - a->centre[k] - of.origin[k] + (UINT64_C (1) << 63);
  direct_source_set (s, position, w->f->mass[j], w->f->h[j]);
  for (int k = 0; k < 3; k++)
    s->high[k] += of.shift[k];
}

static int64_t exact_bodies (struct walker *w, const struct cell *a, int image, int64_t n, int64_t first,
                             int64_t last)
{
  for (int64_t j = first; j < last; j++)
    exact_set (w, a, j, image, w->exact + n++);
  return n;
}

/* The group's own bodies, then those of the other leaves. */
static int64_t load_exact (struct walker *w, const struct cell *a)
{
  int64_t n = 0;

  for (int64_t i = 0; i < w->leaf.n; i++)
    n += w->f->cell[item_cell (w->leaf.item[i])].n_bodies;
  if (n > w->exact_capacity) {
    mem_free (&w->exact);
    w->exact_capacity = 0;
    if (!(w->exact = mem_alloc ("walk exact", 2 * n, sizeof *w->exact))) {
      w->failed = true;
      return 0;
    }
    w->exact_capacity = 2 * n;
  }
  n = w->own ? exact_bodies (w, a, 0, 0, a->body, a->body + a->n_bodies) : 0;
  for (int64_t i = 0; i < w->leaf.n; i++) {
    const struct cell *const b = w->f->cell + item_cell (w->leaf.item[i]);
    if (!is_own (w, a, w->leaf.item[i]))
      n = exact_bodies (w, a, item_image (w->leaf.item[i]), n, b->body, b->body + b->n_bodies);
  }
  return n;
}

/* Eight consecutive sinks from `i` on: all their pairs again. Own bodies come first in the list, so that sink k is
 * source k. Only sinks that were too near to something take the new sums. */
static void redo_sinks (struct walker *w, const struct cell *a, int64_t n, int i, double close2)
{
  struct direct_block block;
  struct sink_group *const g = &w->group;

  memset (&block, 0, sizeof block);
  for (int lane = 0; lane < DIRECT_BLOCK; lane++) {
    const int64_t j = a->body + i + (i + lane < g->n ? lane : 0);
    struct direct_source s;
    exact_set (w, a, j, 0, &s);
    block.h[lane] = s.h;
    for (int k = 0; k < 3; k++) {
      block.high[k][lane] = s.high[k];
      block.low[k][lane] = s.low[k];
    }
  }
  if (w->short_range)
    w->kernels->direct_short (w->exact, 0, n, w->own ? i : NOT_SELF, &w->q->split, &block);
  else
    w->kernels->direct (w->exact, 0, n, w->own ? i : NOT_SELF, &block);
  for (int lane = 0; lane < DIRECT_BLOCK && i + lane < g->n; lane++)
    if (g->nearest[i + lane] <= close2) {
      g->ax[i + lane] = block.acceleration[0][lane];
      g->ay[i + lane] = block.acceleration[1][lane];
      g->az[i + lane] = block.acceleration[2][lane];
      g->phi[i + lane] = block.potential[lane];
    }
}

/* Turns the pair sums from units of the group's scale to those of the box, replacing what float could not resolve. */
static void settle_pairs (struct walker *w, const struct cell *a)
{
  struct sink_group *const g = &w->group;
  const double inverse = 1 / sink_unit (a), close = w->wrap ? INFINITY : a->radius * inverse / 64;
  int64_t n = 0;

  for (int i = 0; i < g->n; i++) {
    g->ax[i] *= inverse * inverse;
    g->ay[i] *= inverse * inverse;
    g->az[i] *= inverse * inverse;
    g->phi[i] *= inverse;
  }
  for (int i = 0; i < g->n; i += DIRECT_BLOCK) {
    bool any = false;
    for (int k = i; k < i + DIRECT_BLOCK && k < g->n; k++)
      any |= g->nearest[k] <= close * close;
    if (!any)
      continue;
    if (n == 0)
      n = load_exact (w, a);
    if (n > 0)
      redo_sinks (w, a, n, i, close * close);
  }
}

/* What a sink of the group costs, in pairs of one lane: for the balance of ranks. Measured with AVX-512; what a short
 * group wastes of its last vector is part of it. */
static float work_of_sink (const struct walker *w)
{
  enum { NEAR = 9, FAR = 90, LEAF = 250, SINK = 280 };
  const int n = w->group.n;
  double pairs = 0;

  for (int64_t i = 0; i < w->leaf.n; i++)
    pairs += w->f->cell[item_cell (w->leaf.item[i])].n_bodies;
  const double lanes = (double) ((n + 15) / 16 * 16) * (pairs + NEAR * (double) w->near.n);
  return (float) (SINK + (lanes + FAR * (double) w->far.n + LEAF * (double) w->leaf.n) / n);
}

static void group_deliver (struct walker *w, const struct cell *a, const double *pairs)
{
  const struct sink_group *const g = &w->group;
  const double inverse = 1 / sink_unit (a);
  const int n = (g->n + 15) / 16 * 16;
  const float work = w->sums->work ? work_of_sink (w) : 0;

  for (int i = 0; i < g->n; i++) {
    const int64_t j = a->body + i;
    w->sums->acceleration[j][0] = pairs[i] + g->ax[i] * inverse * inverse;
    w->sums->acceleration[j][1] = pairs[n + i] + g->ay[i] * inverse * inverse;
    w->sums->acceleration[j][2] = pairs[2 * n + i] + g->az[i] * inverse * inverse;
    if (w->sums->potential)
      w->sums->potential[j] = pairs[3 * n + i] + g->phi[i] * inverse;
    if (w->sums->work)
      w->sums->work[j] = work;
  }
  if (w->f->periodic)
    lattice_field (w->f->lattice, (const uint64_t (*)[3]) w->f->position + a->body, g->n,
                   w->sums->acceleration + a->body,
                   w->sums->potential ? w->sums->potential + a->body : NULL);
}

/* All of a group's sums: pairs first, since a sink may be done again; then the expansions. */
static void group_sum (struct walker *w, const struct cell *a, double *local)
{
  struct sink_group *const g = &w->group;
  const int n = (g->n + 15) / 16 * 16;
  double few[4 * 128], *pairs = 4 * n <= (int) (sizeof few / sizeof *few) ? few
                                : mem_alloc ("walk group", 4 * (int64_t) n, sizeof *pairs);

  if (!pairs) {
    w->failed = true;
    return;
  }
  add_leaves (w, a);
  settle_pairs (w, a);
  double *const part[4] = { g->ax, g->ay, g->az, g->phi };
  for (int k = 0; k < 4; k++) {
    memcpy (pairs + (int64_t) k * n, part[k], n * sizeof *pairs);
    memset (part[k], 0, n * sizeof *pairs);
  }
  add_near_cells (w, a);
  rescale_local (w, sink_unit (a), local);
  if (w->short_range)
    w->kernels->local_body_full[w->f->order - 3] (local, g);
  else
    w->kernels->local_body[w->f->order - 3] (local, g);
  group_deliver (w, a, pairs);
  if (pairs != few)
    mem_free (&pairs);
}

/* ---- the recursion ---- */

/* One more place at the end of a probe's array. */
static bool probe_reserve (struct walker *w, void **array, int64_t n, int64_t *capacity, size_t size)
{
  if (n < *capacity)
    return true;
  if (mem_resize_block ("probe", array, 2 * *capacity + 256, size)) {
    w->failed = true;
    return false;
  }
  *capacity = 2 * *capacity + 256;
  return true;
}

/* Probing: the walk would look below this source, which is not here. */
static void ask (struct walker *w, int32_t sink, int32_t item, bool wait)
{
  const int32_t source = item_cell (item);
  struct probe *const p = w->probe;
  struct cell *const a = w->f->cell + sink, *const b = w->f->cell + source;

  if (!probe_reserve (w, (void **) &p->asked, p->n_asked, &p->asked_capacity, sizeof *p->asked)
      || !probe_reserve (w, (void **) &p->sink, p->n_sinks, &p->sinks_capacity, sizeof *p->sink)
      || !probe_reserve (w, (void **) &p->waiting, p->n_waiting, &p->waiting_capacity, sizeof *p->waiting))
    return;
  if (!(b->flags & CELL_ASKED))
    p->asked[p->n_asked++] = source;
  b->flags |= CELL_ASKED;
  if (!(a->flags & CELL_WAITS))
    p->sink[p->n_sinks++] = sink;
  a->flags |= CELL_WAITS;
  if (wait)
    p->waiting[p->n_waiting++] = (struct waiting) { sink, item };
}

void probe_free (struct probe *p)
{
  mem_free (&p->waiting);
  mem_free (&p->asked);
  mem_free (&p->sink);
  *p = (struct probe) { 0 };
}

/* The sink as images of this number see it. */
static void view_sink (struct walker *w, const struct cell *a, bool group, int image)
{
  const struct image of = image_of (image);
  struct sink_view *const v = &w->view; /* the box of a group is there already */
  const double allowed = w->q->accuracy * (double) a->old, theta = w->q->opening_angle;

  for (int k = 0; k < 3; k++) {
    v->centre[k] = a->centre[k] + of.origin[k];
    v->shift[k] = of.shift[k];
  }
  v->radius = a->radius;
  v->h = a->h;
  v->theta2 = a->old > 0 ? 0.64 : theta * theta;
  v->allowed2 = a->old > 0 ? allowed * allowed : INFINITY;
  v->group = group;
  v->cut = v->most2 = INFINITY;
  if (w->short_range) {
    const double most = fmin (SPLIT_SMOOTH * w->q->split.scale, 0.5 - w->q->split.cut);
    v->cut = w->q->split.cut;
    v->most2 = most > 0 ? most * most : 0;
  }
}

/* Probing: candidates that are this rank's own are none of its business. */
static void drop_own (struct walker *w)
{
  struct list *const c = &w->candidates;
  int64_t n = 0;

  for (int64_t i = 0; i < c->n; i++)
    if (!(w->f->cell[c->item[i]].flags & CELL_OWN))
      c->item[n++] = c->item[i];
  c->n = n;
}

static bool reserve_verdicts (struct walker *w, bool group)
{
  const int64_t n = w->candidates.n;

  if (n > w->verdicts_capacity) {
    if (mem_resize ("walk verdicts", &w->verdict, 2 * n + 1024, 1)) {
      w->failed = true;
      return false;
    }
    w->verdicts_capacity = 2 * n + 1024;
  }
  return reserve (w, &w->far, n) && reserve (w, &w->near, n) && reserve (w, group ? &w->leaf : &w->handed, n)
         && reserve (w, &w->next, 8 * n);
}

/* Sorts the judged candidates, images of one number, into the lists; without branches, since verdicts are
 * unpredictable. Opened cells are collected at the front of the candidates. */
static int64_t sort_candidates (struct walker *w, struct list *keep, int image)
{
  const int32_t tag = image << IMAGE_SHIFT;
  int32_t *const item = w->candidates.item, *const far = w->far.item, *const near = w->near.item;
  int64_t n_far = w->far.n, n_near = w->near.n, n_keep = keep->n, n_open = 0;

  for (int64_t i = 0; i < w->candidates.n; i++) {
    const int32_t index = item[i];
    const int v = w->verdict[i];
    far[n_far] = index | tag;
    n_far += v == PAIR_FAR;
    near[n_near] = index | tag;
    n_near += v == PAIR_NEAR;
    keep->item[n_keep] = index | tag;
    n_keep += v == PAIR_KEEP;
    item[n_open] = index;
    n_open += v == PAIR_OPEN;
  }
  w->far.n = n_far;
  w->near.n = n_near;
  keep->n = n_keep;
  return n_open;
}

/* The children of the opened cells are the next candidates. */
static void open_cells (struct walker *w, int32_t sink, int64_t n_open, int image)
{
  int32_t *const to = w->next.item;
  int64_t n = 0;

  for (int64_t i = 0; i < n_open; i++) {
    const struct cell *const b = w->f->cell + w->candidates.item[i];
    if (w->probe && b->child < 0) {
      ask (w, sink, w->candidates.item[i] | image << IMAGE_SHIFT, true);
      continue;
    }
    for (int k = 0; k < 8; k++)
      to[n + k] = b->child + k;
    n += b->n_children;
  }
  w->next.n = n;
}

/* Judges the sources handed.item[first, last), images of one number, and all below them that must be looked at, in
 * rounds. */
static void judge_images (struct walker *w, int32_t sink, bool group, int image, int64_t first, int64_t last)
{
  struct list *const keep = group ? &w->leaf : &w->handed;

  w->candidates.n = 0;
  if (!reserve (w, &w->candidates, last - first))
    return;
  for (int64_t i = 0; i < last - first; i++)
    w->candidates.item[i] = item_cell (w->handed.item[first + i]);
  w->candidates.n = last - first;
  view_sink (w, w->f->cell + sink, group, image);
  for (;;) {
    if (w->probe)
      drop_own (w);
    if (w->candidates.n == 0 || !reserve_verdicts (w, group))
      return;
    w->n_mac += (double) w->candidates.n;
    w->kernels->judge[w->f->order - 3] (&w->view, w->f->cell, w->candidates.item, w->candidates.n, FEW_BODIES,
                                        w->verdict);
    open_cells (w, sink, sort_candidates (w, keep, image), image);
    const struct list opened = w->next;
    w->next = w->candidates;
    w->next.n = 0;
    w->candidates = opened;
  }
}

/* Runs of images of one number: in isolated boxes a single one. */
static void judge (struct walker *w, int32_t sink, bool group, int64_t first, int64_t last)
{
  for (int64_t i = first, j; i < last && !w->failed; i = j) {
    const int image = item_image (w->handed.item[i]);
    for (j = i + 1; j < last && item_image (w->handed.item[j]) == image; j++)
      ;
    judge_images (w, sink, group, image, i, j);
  }
}

/* A sink cell whose lists are still to be made, with its own copies of what it inherits. */
struct job
{
  int32_t cell;
  bool later; /* it lacks something that is on its way */
  int64_t first, n; /* of its list in `handed` of the jobs */
  double local[LOCAL_TERMS];
};

struct jobs
{
  struct job *job; /* owned */
  int64_t n, capacity;
  struct list handed;
  int64_t most_bodies; /* a sink cell with no more becomes a job */
  bool all_here;       /* nothing is on its way any more: what is left is summed */
};

/* `local`: that of the parent, about parent_centre; sources: handed.item[first, last). */
static void descend (struct walker *w, struct jobs *jobs, int32_t sink, const uint64_t parent_centre[3],
                     const double *parent_local, int64_t first, int64_t last);

/* Does the walk below this sink cell meet anything that is not here? */
static bool waits_within (const struct forest *f, int32_t sink)
{
  const struct cell *const a = f->cell + sink;
  bool waits = a->flags & CELL_WAITS;

  for (int i = 0; i < a->n_children && !waits && !cell_is_group (f, a); i++)
    waits = (f->cell[a->child + i].flags & CELL_HAS_SINKS) && waits_within (f, a->child + i);
  return waits;
}

static void add_job (struct walker *w, struct jobs *jobs, int32_t sink, const double *local, int64_t first,
                     int64_t last)
{
  if (jobs->n == jobs->capacity) {
    const int64_t capacity = 2 * jobs->capacity + 256;
    if (mem_resize ("walk jobs", &jobs->job, capacity, sizeof *jobs->job)) {
      w->failed = true;
      return;
    }
    jobs->capacity = capacity;
  }
  struct job *const job = jobs->job + jobs->n++;
  job->cell = sink;
  job->later = jobs->all_here || waits_within (w->f, sink);
  job->first = jobs->handed.n;
  job->n = last - first;
  memcpy (job->local, local, sizeof job->local);
  for (int64_t i = first; i < last; i++)
    push (w, &jobs->handed, w->handed.item[i]);
}

static void split_for_sink (struct walker *w, const struct cell *a)
{
  const bool potential = w->probe || !w->sums->accelerations_alone;

  w->split = split_for_pairs (&w->q->split, sink_unit (a), false, potential);
  w->split_close = split_for_pairs (&w->q->split, sink_unit (a), true, potential);
  w->cut2 = 1.00001f * w->split.cut2;
  for (int k = 0; k < 3; k++) {
    w->middle[k] = (float) (w->view.middle[k] / sink_unit (a));
    w->half[k] = (float) (w->view.half[k] / sink_unit (a));
  }
}

/* The sink cell with the expansion that came down to it, about its own centre. */
static void settle (struct walker *w, struct jobs *jobs, int32_t sink, double *local, int64_t first, int64_t last)
{
  const struct cell *const a = w->f->cell + sink;
  const bool group = cell_is_group (w->f, a);

  w->far.n = w->near.n = w->leaf.n = 0;
  if (group && !group_load (w, a))
    return;
  if (w->short_range)
    split_for_sink (w, a);
  judge (w, sink, group, first, last);
  for (int64_t i = 0; w->probe && i < w->leaf.n; i++)
    if (w->f->cell[item_cell (w->leaf.item[i])].body < 0)
      ask (w, sink, w->leaf.item[i], false);
  if (!w->probe)
    add_far_cells (w, a, local);
  if (!w->probe && group)
    group_sum (w, a, local);
  const int64_t end = w->handed.n;
  const bool done = group || (w->probe && end == last); /* nothing of other ranks is left to be looked at below */
  for (int i = 0; i < a->n_children && !done && !w->failed; i++)
    if (w->f->cell[a->child + i].flags & CELL_HAS_SINKS)
      descend (w, jobs, a->child + i, a->centre, local, last, end);
  w->handed.n = last;
}

static void descend (struct walker *w, struct jobs *jobs, int32_t sink, const uint64_t parent_centre[3],
                     const double *parent_local, int64_t first, int64_t last)
{
  const struct cell *const a = w->f->cell + sink;
  double local[LOCAL_TERMS] = { 0 }, d[3];

  for (int k = 0; k < 3; k++)
    d[k] = difference (a->centre[k], parent_centre[k]);
  if (!w->probe)
    shift_local (w, d, parent_local, local);
  if (jobs && (a->n_bodies <= jobs->most_bodies || (!jobs->all_here && (a->flags & CELL_WAITS))))
    add_job (w, jobs, sink, local, first, last);
  else
    settle (w, jobs, sink, local, first, last);
}

/* The images that a lattice cell of tree t sees, those of one number side by side. Of its own group it does not see
 * the nearest ones. */
static void push_images (struct walker *w, int t, int number)
{
  const struct forest *const f = w->f;
  int code[LATTICE_CELLS][IMAGES], n_codes[LATTICE_CELLS];

  for (int b = 0; b < LATTICE_CELLS; b++)
    n_codes[b] = lattice_images (lattice_offset (number, b), code[b]);
  for (int image = 0; image < IMAGES; image++)
    for (int b = 0; b < LATTICE_CELLS; b++)
      for (int k = 0; k < n_codes[b]; k++)
        for (int s = 0; s < f->n_trees && code[b][k] == image; s++)
          if (f->lattice_cell[s][b] >= 0 && (s != t || t == 0 || image > 0))
            push (w, &w->handed, f->lattice_cell[s][b] | image << IMAGE_SHIFT);
}

/* Periodic: each lattice cell of each tree as a sink; the field of images further away comes at the end. */
static void start_lattice (struct walker *w, struct jobs *jobs)
{
  const struct forest *const f = w->f;
  const double nothing[LOCAL_TERMS] = { 0 };

  for (int t = 0; t < f->n_trees; t++)
    for (int k = 0; k < LATTICE_CELLS && !w->failed; k++) {
      const int32_t sink = f->lattice_cell[t][k];
      if (sink < 0 || !(f->cell[sink].flags & CELL_HAS_SINKS))
        continue;
      w->handed.n = 0;
      push_images (w, t, k);
      descend (w, jobs, sink, f->cell[sink].centre, nothing, 0, w->handed.n);
    }
}

/* Isolated: each tree as a sink against all trees but, for a group's, itself. */
static void start (struct walker *w, struct jobs *jobs)
{
  const struct forest *const f = w->f;
  const double nothing[LOCAL_TERMS] = { 0 };

  if (f->periodic) {
    start_lattice (w, jobs);
    return;
  }
  for (int t = 0; t < f->n_trees && !w->failed; t++) {
    if (f->root[t] < 0 || !(f->cell[f->root[t]].flags & CELL_HAS_SINKS))
      continue;
    w->handed.n = 0;
    for (int s = 0; s < f->n_trees; s++)
      if (f->root[s] >= 0 && (s != t || t == 0))
        push (w, &w->handed, f->root[s]);
    descend (w, jobs, f->root[t], f->cell[f->root[t]].centre, nothing, 0, w->handed.n);
  }
}

/* `deeper`: it is cut into smaller jobs, NULL: it is summed. */
static void run_job (struct walker *w, const struct jobs *jobs, int64_t index, struct jobs *deeper)
{
  const struct job job = jobs->job[index]; /* a copy: the array may grow */
  double local[LOCAL_TERMS];

  memcpy (local, job.local, sizeof local);
  w->handed.n = 0;
  for (int64_t i = 0; i < job.n; i++)
    push (w, &w->handed, jobs->handed.item[job.first + i]);
  if (!w->failed)
    settle (w, deeper, job.cell, local, 0, job.n);
}

static void add_counts (struct gravity_cost *cost, const struct walker *w)
{
  cost->n_pp += w->n_pp;
  cost->n_pm += w->n_pm;
  cost->n_m2l += w->n_m2l;
  cost->n_mac += w->n_mac;
}

struct walk
{
  struct walker start; /* what all threads' walkers are at first */
  struct gravity_cost *cost; /* borrowed */
  struct jobs jobs;
  int64_t next; /* job to be looked at */
  bool failed;
};

enum status walk_begin (const struct forest *f, const struct criterion *q, const struct gravity_kernels *kernels,
                        bool pieces, struct sums *sums, struct gravity_cost *cost, struct walk **out)
{
  const int n_threads = omp_get_max_threads ();
  struct walk *const walk = mem_alloc_zero ("walk", 1, sizeof *walk);

  if (!(*out = walk))
    return ST_MEMORY;
  pieces |= n_threads > 1;
  walk->start = (struct walker) { .f = f, .q = q, .kernels = kernels, .sums = sums, .short_range = f->full };
  walk->cost = cost;
  walk->jobs.most_bodies = 1 + f->n_own / (JOBS_PER_THREAD * n_threads);
  struct walker top = walk->start;
  start (&top, pieces ? &walk->jobs : NULL);
  walk->failed = top.failed;
  add_counts (cost, &top);
  walker_free (&top);
  return walk->failed ? ST_MEMORY : ST_OK;
}

/* The next job of the first or the second part; the number of jobs if there is none. Threads share the counter. */
static int64_t next_job (struct walk *walk, bool later)
{
  int64_t i;

  do {
#pragma omp atomic capture
    i = walk->next++;
  } while (i < walk->jobs.n && walk->jobs.job[i].later != later);
  return i;
}

/* Runs jobs, by all threads, until none of this part is left or `stop` says so. */
static void run_jobs (struct walk *walk, bool later, bool (*stop) (void *), void *context)
{
  bool stopped = false, failed = walk->failed;

#pragma omp parallel if (walk->jobs.n > 1) reduction(|| : failed)
  {
    struct walker w = walk->start;
    for (bool leave = failed; !leave; leave |= w.failed) {
      const int64_t i = next_job (walk, later);
      if (i >= walk->jobs.n)
        break;
      run_job (&w, &walk->jobs, i, NULL);
      if (stop && omp_get_thread_num () == 0 && stop (context))
#pragma omp atomic write
        stopped = true;
#pragma omp atomic read
      leave = stopped;
    }
#pragma omp critical
    add_counts (walk->cost, &w);
    failed |= w.failed;
    walker_free (&w);
  }
  walk->failed = failed;
}

bool walk_go_on (struct walk *walk, bool (*stop) (void *), void *context)
{
  run_jobs (walk, false, stop, context);
  return walk->failed || walk->next >= walk->jobs.n;
}

/* Jobs that were put off above the size of a job are cut now. */
static void cut_large_jobs (struct walk *walk)
{
  struct walker w = walk->start;

  walk->jobs.all_here = true;
  for (int64_t i = 0, n = walk->jobs.n; i < n && !w.failed; i++)
    if (walk->jobs.job[i].later && w.f->cell[walk->jobs.job[i].cell].n_bodies > walk->jobs.most_bodies) {
      walk->jobs.job[i].later = false; /* its children are */
      run_job (&w, &walk->jobs, i, &walk->jobs);
    }
  add_counts (walk->cost, &w);
  walk->failed |= w.failed;
  walker_free (&w);
}

enum status walk_end (struct walk **walk, bool finish)
{
  struct walk *const w = *walk;

  if (!w)
    return ST_MEMORY;
  if (finish && !w->failed) {
    cut_large_jobs (w);
    w->next = 0;
    run_jobs (w, true, NULL, NULL);
  }
  const enum status st = w->failed ? ST_MEMORY : ST_OK;
  mem_free (&w->jobs.job);
  mem_free (&w->jobs.handed.item);
  mem_free (walk);
  return st;
}

enum status forest_probe (const struct forest *f, const struct criterion *q, const struct gravity_kernels *kernels,
                          const struct waiting *pairs, int64_t n, struct probe *out)
{
  struct walker w = { .f = f, .q = q, .kernels = kernels, .probe = out, .short_range = f->full };
  double local[LOCAL_TERMS] = { 0 };

  if (n < 0)
    start (&w, NULL);
  for (int64_t i = 0, j; i < n && !w.failed; i = j) {
    w.handed.n = 0;
    for (j = i; j < n && pairs[j].sink == pairs[i].sink; j++)
      push (&w, &w.handed, pairs[j].source);
    if (!w.failed)
      settle (&w, NULL, pairs[i].sink, local, 0, w.handed.n);
  }
  walker_free (&w);
  return w.failed ? ST_MEMORY : ST_OK;
}
