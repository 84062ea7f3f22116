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
 * The top of the recursion runs on one thread and leaves jobs, each with its list; then threads take jobs.
 */
#include "gravity/walk.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#include "base/mem.h"
#define HARMONICS_SHIFT
#include "gravity/harmonics.h"

enum
{
  LOCAL_TERMS = 36,
  PENDING = 1024,        /* cells waiting to be judged: seven a level at most */
  BATCH = 1024,          /* sources of one call of a kernel */
  JOBS_PER_THREAD = 64,
  NOT_SELF = INT32_MAX,  /* no sink is among the sources */
  FEW_BODIES = 6         /* leaves with fewer are cheaper body by body than as a multipole */
};

/* ---- acceptance ---- */

/* What becomes of a pair (sink cell, source cell). */
enum verdict { PAIR_ACCEPT, PAIR_OPEN, PAIR_HAND_DOWN };

/* Sink cells with at most so many bodies are not split further. */
static bool cell_is_group (const struct forest *f, const struct cell *a)
{
  return a->n_children == 0 || a->n_bodies <= 2 * f->leaf_size;
}

/* A sink cell as the criterion sees it. */
struct sink_view
{
  const struct cell *cell;
  double radius, h;
  double theta2;   /* squared opening angle if the old |a| is unknown, else 0.64 */
  double allowed2; /* squared allowed error; infinite if unknown */
};

static struct sink_view view_of (const struct criterion *q, const struct cell *a)
{
  const double allowed = q->accuracy * (double) a->old;

  return (struct sink_view) { a, a->radius, a->h, a->old > 0 ? 0.64 : q->opening_angle * q->opening_angle,
                              a->old > 0 ? allowed * allowed : INFINITY };
}

/* x^n, n = 2 to 6. */
static inline double power (double x, int n)
{
  const double x2 = x * x;

  switch (n) {
  case 2: return x2;
  case 3: return x2 * x;
  case 4: return x2 * x2;
  case 5: return x2 * x2 * x;
  default: return x2 * x2 * x2;
  }
}

/* 8 max (ra, rb) / (ra + rb) * m / r^2 * ((ra + rb) / r)^p < allowed, squared. */
static inline bool cells_apart (const struct criterion *q, const struct sink_view *a, const struct cell *b)
{
  const double ra = a->radius, rb = b->radius, s = ra + rb, big = ra > rb ? ra : rb, reach = s + fmax (a->h, b->h);
  double r2 = 0;

  for (int k = 0; k < 3; k++) {
    const double d = difference (a->cell->centre[k], b->centre[k]);
    r2 += d * d;
  }
  if (reach * reach >= r2 || s * s >= a->theta2 * r2)
    return false;
  const double m = 8 * big * (double) b->mass;
  return m * m * power (s * s / r2, q->order - 1) < a->allowed2 * (r2 * r2 * r2);
}

/* The decision of the recursion for sink cell `a`; group: it is not split further. A function of the two cells alone. */
static inline enum verdict pair_verdict (const struct criterion *q, const struct sink_view *a, const struct cell *b,
                                         bool group)
{
  if (cells_apart (q, a, b))
    return PAIR_ACCEPT;
  return b->n_children > 0 && (group || b->radius > a->cell->radius) ? PAIR_OPEN : PAIR_HAND_DOWN;
}

/* For a group: field of `b` by its multipoles at each sink? d2: squared distance of its centre to the box of sinks.
 * m / d^2 * (rb / d)^(p+1) < allowed, squared: one order more than cell-cell, where the force loses one. */
static inline bool group_accepts (const struct criterion *q, const struct sink_view *a, const struct cell *b, double d2)
{
  const double rb = b->radius, m = b->mass, reach = rb + fmax (a->h, b->h);

  if (reach * reach >= d2 || rb * rb >= a->theta2 * d2)
    return false;
  return m * m * power (rb * rb / d2, q->order + 1) < a->allowed2 * (d2 * d2);
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
  double middle[3], half[3]; /* box of the group's sinks about its centre, box units */
  struct direct_source *exact; /* owned */
  int64_t exact_capacity;
  double n_pp, n_pm, n_m2l, n_mac;
  struct probe *probe; /* NULL, or only find out what is lacking */
  bool failed;         /* out of memory */
};

static void push (struct walker *w, struct list *list, int32_t item)
{
  if (list->n == list->capacity) {
    const int64_t capacity = 2 * list->capacity + 1024;
    if (mem_resize ("walk lists", &list->item, capacity, sizeof *list->item)) {
      w->failed = true;
      return;
    }
    list->capacity = capacity;
  }
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

static void shift_local (int order, const double d[3], const double *from, double *to)
{
  switch (order) {
  case 3: local_shift_3 (d[0], d[1], d[2], from, to); break;
  case 4: local_shift_4 (d[0], d[1], d[2], from, to); break;
  default: local_shift_5 (d[0], d[1], d[2], from, to);
  }
}

/* From units of a scale to those of another: L_n ~ length^-(n+1). */
static void rescale_local (int order, double ratio, double *local)
{
  double factor = ratio;

  for (int n = 0, k = 0; n <= order; n++, factor *= ratio)
    for (; k < (n + 1) * (n + 1); k++)
      local[k] *= factor;
}

static struct cell_source source_of (const struct forest *f, const struct cell *sink, int32_t index, double inverse)
{
  const struct cell *const b = f->cell + index;

  return (struct cell_source) { .x = (float) (difference (b->centre[0], sink->centre[0]) * inverse),
                                .y = (float) (difference (b->centre[1], sink->centre[1]) * inverse),
                                .z = (float) (difference (b->centre[2], sink->centre[2]) * inverse),
                                .scale = (float) (cell_scale (b) * inverse),
                                .moment = f->moment + (int64_t) index * 2 * f->n_coefficients };
}

/* Adds the list of accepted cells to the expansion (units of the box). */
static void add_far_cells (struct walker *w, const struct cell *a, double *local)
{
  struct cell_source source[BATCH];
  double sum[LOCAL_TERMS] = { 0 };
  const int order = w->f->order, terms = (order + 1) * (order + 1);
  const double inverse = 1 / sink_unit (a);

  for (int64_t i = 0; i < w->far.n; i += BATCH) {
    const int m = w->far.n - i < BATCH ? (int) (w->far.n - i) : BATCH;
    for (int k = 0; k < m; k++)
      source[k] = source_of (w->f, a, w->far.item[i + k], inverse);
    w->kernels->cell_cell[order - 3] (source, m, sum);
  }
  rescale_local (order, inverse, sum);
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
  for (int i = 0; i < (g->n + 15) / 16 * 16; i++) {
    const int64_t j = a->body + (i < g->n ? i : 0);
    double d[3];
    for (int k = 0; k < 3; k++) {
      d[k] = difference (w->f->position[j][k], a->centre[k]);
      low[k] = d[k] < low[k] ? d[k] : low[k];
      high[k] = d[k] > high[k] ? d[k] : high[k];
    }
    g->x[i] = (float) (d[0] * inverse);
    g->y[i] = (float) (d[1] * inverse);
    g->z[i] = (float) (d[2] * inverse);
    g->h[i] = (float) (w->f->h[j] * inverse);
    g->h_inverse[i] = g->h[i] > 0 ? 1 / g->h[i] : 1e18f;
    g->nearest[i] = INFINITY;
    g->ax[i] = g->ay[i] = g->az[i] = g->phi[i] = 0;
  }
  for (int k = 0; k < 3; k++) {
    w->middle[k] = 0.5 * (high[k] + low[k]);
    w->half[k] = 0.5 * (high[k] - low[k]);
  }
  return true;
}

/* Squared distance of a cell's centre from the box of the group's sinks. */
static double distance_to_group (const struct walker *w, const struct cell *a, const struct cell *b)
{
  double d2 = 0;

  for (int k = 0; k < 3; k++) {
    const double d = fabs (difference (b->centre[k], a->centre[k]) - w->middle[k]) - w->half[k];
    d2 += d > 0 ? d * d : 0;
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
    w->kernels->cell_body[w->f->order - 3] (source, m, &w->group, 0, w->group.n);
  }
  w->n_pm += (double) w->near.n * w->group.n;
}

/* Float copies of bodies, in units of the group's scale about its centre. */
struct pair_batch
{
  float place[BATCH][4], h[BATCH];
  int n;
  bool soft;
};

static void flush_pairs (struct walker *w, struct pair_batch *batch, int64_t self)
{
  if (batch->n > 0)
    w->kernels->pairs ((const float (*)[4]) batch->place, batch->soft ? batch->h : NULL, batch->n, self, &w->group,
                       0, w->group.n);
  batch->n = 0;
}

static void batch_leaf (struct walker *w, const struct cell *a, const struct cell *b, struct pair_batch *batch,
                        int64_t self)
{
  const float inverse = (float) (1 / sink_unit (a));
  float d[3];

  for (int k = 0; k < 3; k++)
    d[k] = (float) (difference (b->centre[k], a->centre[k]) * (1 / sink_unit (a)));
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
    batch->h[batch->n++] = w->f->h[b->body + j] * inverse;
  }
}

/* Single pairs: own leaves one by one, since they know which sink is which source; others in two batches. */
static void add_leaves (struct walker *w, const struct cell *a)
{
  struct pair_batch hard = { .soft = false }, soft = { .soft = true };

  hard.n = soft.n = 0;
  for (int64_t i = 0; i < w->leaf.n; i++) {
    const struct cell *const b = w->f->cell + w->leaf.item[i];
    w->n_pp += (double) b->n_bodies * w->group.n;
    if (b->body >= a->body && b->body < a->body + a->n_bodies) {
      flush_pairs (w, &soft, NOT_SELF);
      const int64_t left = (int64_t) b->n_bodies % BATCH ? b->n_bodies % BATCH : BATCH;
      batch_leaf (w, a, b, &soft, a->body - b->body);
      flush_pairs (w, &soft, a->body - b->body - (b->n_bodies - left));
      continue;
    }
    const double reach = (double) b->radius + (a->h > b->h ? a->h : b->h), d2 = distance_to_group (w, a, b);
    batch_leaf (w, a, b, d2 > reach * reach ? &hard : &soft, NOT_SELF);
  }
  flush_pairs (w, &hard, NOT_SELF);
  flush_pairs (w, &soft, NOT_SELF);
}

/* ---- sinks with very near neighbours, in double ---- */

static int64_t load_exact (struct walker *w, const struct cell *a, int64_t *first_own)
{
  int64_t n = 0;

  for (int64_t i = 0; i < w->leaf.n; i++)
    n += w->f->cell[w->leaf.item[i]].n_bodies;
  if (n > w->exact_capacity) {
    mem_free (&w->exact);
    w->exact_capacity = 0;
    if (!(w->exact = mem_alloc ("walk exact", 2 * n, sizeof *w->exact))) {
      w->failed = true;
      return 0;
    }
    w->exact_capacity = 2 * n;
  }
  n = 0;
  *first_own = -1;
  for (int64_t i = 0; i < w->leaf.n; i++) {
    const struct cell *const b = w->f->cell + w->leaf.item[i];
    if (b->body == a->body)
      *first_own = n;
    for (int64_t j = b->body; j < b->body + b->n_bodies; j++)
      direct_source_set (w->exact + n++, w->f->position[j], w->f->mass[j], w->f->h[j]);
  }
  return n;
}

/* Eight consecutive sinks from `i` on: all their pairs again. Own leaves follow each other in the list, so that the
 * sinks are consecutive sources too. Only sinks that were too near to something take the new sums. */
static void redo_sinks (struct walker *w, int64_t n, int64_t own, int i, double close2)
{
  struct direct_block block;
  struct sink_group *const g = &w->group;

  memset (&block, 0, sizeof block);
  for (int lane = 0; lane < DIRECT_BLOCK; lane++) {
    const struct direct_source *const s = w->exact + own + (i + lane < g->n ? lane : 0);
    block.h[lane] = s->h;
    for (int k = 0; k < 3; k++) {
      block.high[k][lane] = s->high[k];
      block.low[k][lane] = s->low[k];
    }
  }
  w->kernels->direct (w->exact, 0, n, own, &block);
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
  const double inverse = 1 / sink_unit (a), close = a->radius * inverse / 64;
  int64_t n = 0, first_own = -1;

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
      n = load_exact (w, a, &first_own);
    if (n > 0 && first_own >= 0)
      redo_sinks (w, n, first_own + i, i, close * close);
  }
}

static void group_deliver (struct walker *w, const struct cell *a, const double *pairs, double share)
{
  const struct sink_group *const g = &w->group;
  const double inverse = 1 / sink_unit (a);
  const int n = (g->n + 15) / 16 * 16;
  double n_pairs = 0;

  for (int64_t i = 0; i < w->leaf.n; i++)
    n_pairs += w->f->cell[w->leaf.item[i]].n_bodies;
  for (int i = 0; i < g->n; i++) {
    const int64_t j = a->body + i;
    w->sums->acceleration[j][0] = pairs[i] + g->ax[i] * inverse * inverse;
    w->sums->acceleration[j][1] = pairs[n + i] + g->ay[i] * inverse * inverse;
    w->sums->acceleration[j][2] = pairs[2 * n + i] + g->az[i] * inverse * inverse;
    w->sums->potential[j] = pairs[3 * n + i] + g->phi[i] * inverse;
    w->sums->work[j] = (float) (n_pairs + 6 * (double) w->near.n + share);
  }
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
  rescale_local (w->f->order, sink_unit (a), local);
  w->kernels->local_body[w->f->order - 3] (local, g);
  group_deliver (w, a, pairs, 20 * (double) w->far.n / g->n);
  if (pairs != few)
    mem_free (&pairs);
}

/* ---- the recursion ---- */

/* Probing: the walk would look below this source, which is not here. */
static void ask (struct walker *w, int32_t sink, int32_t source, bool wait)
{
  struct probe *const p = w->probe;
  struct cell *const b = w->f->cell + source;

  if (!(b->flags & CELL_ASKED)) {
    if (p->n_asked == p->asked_capacity) {
      if (mem_resize ("probe", &p->asked, 2 * p->asked_capacity + 256, sizeof *p->asked)) {
        w->failed = true;
        return;
      }
      p->asked_capacity = 2 * p->asked_capacity + 256;
    }
    p->asked[p->n_asked++] = source;
    b->flags |= CELL_ASKED;
  }
  if (wait && p->n_waiting == p->waiting_capacity) {
    if (mem_resize ("probe", &p->waiting, 2 * p->waiting_capacity + 256, sizeof *p->waiting)) {
      w->failed = true;
      return;
    }
    p->waiting_capacity = 2 * p->waiting_capacity + 256;
  }
  if (wait)
    p->waiting[p->n_waiting++] = (struct waiting) { sink, source };
}

/* Judges a source and all below it that must be looked at for the sink cell. */
static void judge (struct walker *w, int32_t sink, bool group, int32_t source)
{
  const struct cell *const a = w->f->cell + sink;
  const struct sink_view view = view_of (w->q, a);
  int32_t pending[PENDING];
  int n = 0;

  pending[n++] = source;
  while (n > 0) {
    const int32_t index = pending[--n];
    const struct cell *const b = w->f->cell + index;
    if (w->probe && b->flags & CELL_OWN)
      continue;
    w->n_mac++;
    const enum verdict v = pair_verdict (w->q, &view, b, group);
    if (v == PAIR_ACCEPT)
      push (w, &w->far, index);
    else if (group && b->n_bodies >= FEW_BODIES && group_accepts (w->q, &view, b, distance_to_group (w, a, b)))
      push (w, &w->near, index);
    else if (v == PAIR_OPEN && b->child < 0)
      ask (w, sink, index, true);
    else if (v == PAIR_OPEN)
      for (int i = b->n_children - 1; i >= 0; i--)
        pending[n++] = b->child + i;
    else if (group && b->body < 0)
      ask (w, sink, index, false);
    else
      push (w, group ? &w->leaf : &w->handed, index);
  }
}

/* A sink cell whose lists are still to be made, with its own copies of what it inherits. */
struct job
{
  int32_t cell;
  int64_t first, n; /* of its list in `handed` of the jobs */
  double local[LOCAL_TERMS];
};

struct jobs
{
  struct job *job; /* owned */
  int64_t n, capacity;
  struct list handed;
  int64_t most_bodies; /* a sink cell with no more becomes a job */
};

/* `local`: that of the parent, about parent_centre; sources: handed.item[first, last). */
static void descend (struct walker *w, struct jobs *jobs, int32_t sink, const uint64_t parent_centre[3],
                     const double *parent_local, int64_t first, int64_t last);

static void add_job (struct walker *w, struct jobs *jobs, int32_t sink, const double *local, int64_t first, int64_t last)
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
  job->first = jobs->handed.n;
  job->n = last - first;
  memcpy (job->local, local, sizeof job->local);
  for (int64_t i = first; i < last; i++)
    push (w, &jobs->handed, w->handed.item[i]);
}

/* The sink cell with the expansion that came down to it, about its own centre. */
static void settle (struct walker *w, struct jobs *jobs, int32_t sink, double *local, int64_t first, int64_t last)
{
  const struct cell *const a = w->f->cell + sink;
  const bool group = cell_is_group (w->f, a);

  w->far.n = w->near.n = w->leaf.n = 0;
  if (group && !group_load (w, a))
    return;
  for (int64_t i = first; i < last; i++)
    judge (w, sink, group, w->handed.item[i]);
  if (!w->probe)
    add_far_cells (w, a, local);
  if (!w->probe && group)
    group_sum (w, a, local);
  const int64_t end = w->handed.n;
  for (int i = 0; i < a->n_children && !group && !w->failed; i++)
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
  shift_local (w->f->order, d, parent_local, local);
  if (jobs && a->n_bodies <= jobs->most_bodies)
    add_job (w, jobs, sink, local, first, last);
  else
    settle (w, jobs, sink, local, first, last);
}

/* Each tree as a sink against all trees but, for a group's, itself. */
static void start (struct walker *w, struct jobs *jobs)
{
  const struct forest *const f = w->f;
  const double nothing[LOCAL_TERMS] = { 0 };

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

static void run_job (struct walker *w, const struct jobs *jobs, const struct job *job)
{
  double local[LOCAL_TERMS];

  memcpy (local, job->local, sizeof local);
  w->handed.n = 0;
  for (int64_t i = 0; i < job->n; i++)
    push (w, &w->handed, jobs->handed.item[job->first + i]);
  if (!w->failed)
    settle (w, NULL, job->cell, local, 0, job->n);
}

static void add_counts (struct gravity_cost *cost, const struct walker *w)
{
  cost->n_pp += w->n_pp;
  cost->n_pm += w->n_pm;
  cost->n_m2l += w->n_m2l;
  cost->n_mac += w->n_mac;
}

enum status forest_walk (const struct forest *f, const struct criterion *q, const struct gravity_kernels *kernels,
                         struct sums *sums, struct gravity_cost *cost)
{
  const int n_threads = omp_get_max_threads ();
  struct walker first = { .f = f, .q = q, .kernels = kernels, .sums = sums };
  struct jobs jobs = { .most_bodies = n_threads == 1 ? 0 : 1 + f->n_own / (JOBS_PER_THREAD * n_threads) };
  bool failed = false;

  start (&first, n_threads == 1 ? NULL : &jobs);
  failed = first.failed;
  add_counts (cost, &first);
  walker_free (&first);
#pragma omp parallel if (jobs.n > 1) num_threads (n_threads) reduction(|| : failed)
  {
    struct walker w = { .f = f, .q = q, .kernels = kernels, .sums = sums, .failed = failed };
#pragma omp for schedule(dynamic, 1)
    for (int64_t i = 0; i < jobs.n; i++)
      if (!w.failed)
        run_job (&w, &jobs, jobs.job + i);
#pragma omp critical
    add_counts (cost, &w);
    failed = w.failed;
    walker_free (&w);
  }
  mem_free (&jobs.job);
  mem_free (&jobs.handed.item);
  return failed ? ST_MEMORY : ST_OK;
}

enum status forest_probe (const struct forest *f, const struct criterion *q, const struct waiting *pairs, int64_t n,
                          struct probe *out)
{
  struct walker w = { .f = f, .q = q, .probe = out };
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
