/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One solve: bodies are brought into the units of the solver and into tree order, each rank getting whole cells of
 * the octree of all bodies; the trees are built; what a rank lacks of the others' trees is fetched; the walk sums;
 * results go home. Small sets are summed directly. Nothing is kept from one solve to the next but the options.
 */
#include "gravity/gravity.h"

#include <math.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "gravity/forest.h"
#include "gravity/kernel.h"
#include "gravity/kernels.h"
#include "gravity/share.h"
#include "gravity/walk.h"

struct gravity
{
  struct gravity_options options;
  struct gravity_cost cost;
  const struct gravity_kernels *kernels;
  struct forest forest; /* owned: only its memory outlives a solve */
  struct pool pool;     /* owned */
};

/* Factors from the units of the solver. */
struct scales
{
  double mass, acceleration, potential;
};

static struct split split_of (const struct gravity_options *o)
{
  return (struct split) { o->split_scale / o->length, o->split_reach * o->split_scale / o->length };
}

/* Cells beyond half a box would be taken from the wrong side: the cut keeps off it. */
#define CUT_MOST 0.45

static enum status split_check (const struct gravity_options *o)
{
  const double cut = split_of (o).cut;

  if (o->split_scale == 0)
    return ST_OK;
  if (!(o->split_scale > 0) || !(o->split_reach >= 1) || o->split_reach > SPLIT_REACH_MAX)
    return status_fail (ST_DATA, "Gravity: the split scale (%g) must not be negative, and Rcut (%g) must lie between "
                        "1 and %g.", o->split_scale, o->split_reach, SPLIT_REACH_MAX);
  if (cut > CUT_MOST)
    return status_fail (ST_DATA, "Gravity: the short-range force reaches %.3g of the box, but at most %g is "
                        "possible: PMGrid must be at least Asmth * Rcut / %g = %.0f.", cut, CUT_MOST, CUT_MOST,
                        ceil (cut / CUT_MOST * (o->mesh > 0 ? o->mesh : 1)));
  return ST_OK;
}

static enum status options_check (const struct gravity_options *o)
{
  if (!(o->G > 0 && isfinite (o->G)) || !(o->length > 0 && isfinite (o->length)))
    return status_fail (ST_DATA, "Gravity: G (%g) and the box length (%g) must be positive.", o->G, o->length);
  if (o->multipole_order < 3 || o->multipole_order > 5)
    return status_fail (ST_DATA, "Gravity: MultipoleOrder is %d; it must be 3, 4 or 5.", o->multipole_order);
  if (!(o->accuracy >= 0) || !(o->opening_angle >= 0) || o->opening_angle > 0.9)
    return status_fail (ST_DATA, "Gravity: the accuracy (%g) must not be negative and the opening angle (%g) must "
                        "lie between 0 and 0.9.", o->accuracy, o->opening_angle);
  if (o->leaf_size < 1 || o->leaf_size > 1024)
    return status_fail (ST_DATA, "Gravity: the leaf size is %d; it must lie between 1 and 1024.", o->leaf_size);
  return split_check (o);
}

enum status gravity_create (const struct gravity_options *options, struct gravity **out)
{
  struct gravity *g = NULL;
  enum status st = options_check (options);

  if (st == ST_OK && !(g = mem_alloc_zero ("gravity", 1, sizeof *g)))
    st = ST_MEMORY;
  if (st == ST_OK) {
    g->options = *options;
    g->kernels = gravity_kernels_best ();
  }
  *out = g;
  return st;
}

void gravity_free (struct gravity **gravity)
{
  if (!*gravity)
    return;
  forest_free (&(*gravity)->forest);
  pool_free (&(*gravity)->pool);
  mem_free (gravity);
}

enum status gravity_set_options (struct gravity *gravity, const struct gravity_options *options)
{
  enum status st = options_check (options);

  if (st == ST_OK)
    gravity->options = *options;
  return st;
}

const struct gravity_cost *gravity_cost (const struct gravity *gravity) { return &gravity->cost; }

/* Collective. The power of two above the largest mass keeps float masses in range. */
static struct scales scales_of (const struct gravity_options *o, const struct comm *comm,
                                const struct gravity_bodies *bodies)
{
  double most = 0;
  int exponent;

  for (int64_t i = 0; i < bodies->n; i++)
    most = bodies->mass[i] > most ? bodies->mass[i] : most;
  frexp (comm_max_double (comm, most), &exponent);
  const double mass = ldexp (1, exponent);
  return (struct scales) { mass, o->G * mass / (o->length * o->length), -o->G * mass / o->length };
}

static void pack (const struct gravity_options *o, const struct comm *comm, const struct scales *scales,
                  const struct gravity_bodies *in, struct traveller *out)
{
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < in->n; i++) {
    struct traveller *const t = out + i;
    memcpy (t->position, in->position[i], sizeof t->position);
    t->id = in->id[i];
    t->mass = in->mass[i] / scales->mass;
    t->h = (float) (SPLINE_SUPPORT * in->softening[i] / o->length);
    t->old = in->acceleration_old ? (float) (in->acceleration_old[i] / scales->acceleration) : 0;
    t->work = in->work && in->work[i] > 0 ? in->work[i] : 1;
    t->tree = in->group && in->group[i] >= 0 ? in->group[i] : -1;
    t->rank = comm->rank;
    t->index = (int32_t) i;
  }
}

/* A body's sums on the way home. */
struct homing
{
  double acceleration[3], potential;
  float work;
  int32_t index;
};

static inline void hand_over (const struct scales *scales, const struct gravity_result *result, int32_t j,
                              const double acceleration[3], double potential, float work)
{
  for (int k = 0; k < 3 && result->acceleration; k++)
    result->acceleration[j][k] = acceleration[k] * scales->acceleration;
  if (result->potential)
    result->potential[j] = potential * scales->potential;
  if (result->work)
    result->work[j] = work;
}

/* Local: one rank alone has nothing to send. */
static void deliver (const struct scales *scales, const struct forest *f, const struct sums *sums,
                     const struct gravity_result *result)
{
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < f->n_own; i++)
    hand_over (scales, result, f->home[i].index, sums->acceleration[i], sums->potential[i], sums->work[i]);
}

/* Collective, agreed. */
static enum status send_home (const struct comm *comm, const struct scales *scales, const struct forest *f,
                              const struct sums *sums, const struct gravity_result *result)
{
  struct homing *out = mem_alloc ("results", f->n_own, sizeof *out), *arrived = NULL;
  int64_t *first = mem_alloc_zero ("result offsets", comm->size + 2, sizeof *first), *from = NULL;
  enum status st = status_agree (comm, out && first ? ST_OK : ST_MEMORY, NULL);

  if (st == ST_OK) {
    for (int64_t i = 0; i < f->n_own; i++)
      first[f->home[i].rank + 2]++;
    for (int q = 0; q < comm->size; q++)
      first[q + 2] += first[q + 1];
    for (int64_t i = 0; i < f->n_own; i++) {
      struct homing *const h = out + first[f->home[i].rank + 1]++;
      memcpy (h->acceleration, sums->acceleration[i], sizeof h->acceleration);
      h->potential = sums->potential[i];
      h->work = sums->work[i];
      h->index = f->home[i].index;
    }
    st = comm_exchange (comm, out, first, sizeof *out, (void **) &arrived, &from);
  }
  for (int64_t i = 0; st == ST_OK && i < from[comm->size]; i++)
    hand_over (scales, result, arrived[i].index, arrived[i].acceleration, arrived[i].potential, arrived[i].work);
  mem_free (&out);
  mem_free (&first);
  mem_free (&arrived);
  mem_free (&from);
  return st;
}

/* Local. A sum that is not finite is a bug or a body that should not be: named by its ID. */
static enum status sums_check (const struct forest *f, const struct sums *sums)
{
  for (int64_t i = 0; i < f->n_own; i++) {
    const double *const a = sums->acceleration[i];
    if (!isfinite (a[0] + a[1] + a[2] + sums->potential[i]))
      return status_fail (ST_INTERNAL, "Gravity: the acceleration of particle %llu is not finite (mass %g in units "
                          "of the largest, softening support %g of the box). Check its mass, softening and position.",
                          (unsigned long long) f->home[i].id, f->mass[i], (double) f->h[i]);
  }
  return ST_OK;
}

/* What the solver holds at the end of the walk, when it holds most. */
static int64_t bytes_held (const struct gravity *g)
{
  const struct forest *const f = &g->forest;
  const size_t cell = sizeof *f->cell + (size_t) f->n_moments * sizeof *f->moment;
  const size_t body = sizeof *f->position + sizeof *f->place + sizeof *f->h + sizeof *f->mass;
  int64_t bytes = f->cells_capacity * (int64_t) cell + f->bodies_capacity * (int64_t) body
                  + f->homes_capacity * (int64_t) sizeof *f->home;

  for (int k = 0; k < POOL_SLOTS; k++)
    bytes += g->pool.bytes[k];
  return bytes;
}

/* Local. The sums take the place of the travellers, which have arrived. */
static enum status walk (struct gravity *g, const struct criterion *q, struct sums *sums)
{
  const int64_t n = g->forest.n_own;
  const double start = log_seconds ();

  sums->acceleration = pool_take (&g->pool, POOL_TRAVELLERS, n, 4 * sizeof (double) + sizeof (float));
  if (!sums->acceleration)
    return ST_MEMORY;
  sums->potential = (double *) (sums->acceleration + n);
  sums->work = (float *) (sums->potential + n);
  enum status st = forest_walk (&g->forest, q, g->kernels, sums, &g->cost);
  if (st == ST_OK)
    st = sums_check (&g->forest, sums);
  g->cost.walk_s += log_seconds () - start;
  return st;
}

/* Collective, agreed. */
static enum status solve_by_trees (struct gravity *g, const struct comm *comm, const struct gravity_bodies *bodies,
                                   const struct gravity_result *result)
{
  const struct scales scales = scales_of (&g->options, comm, bodies);
  const struct criterion q = { g->options.multipole_order, g->options.accuracy, g->options.opening_angle,
                               split_of (&g->options) };
  struct forest *const f = &g->forest;
  struct sums sums = { 0 };
  struct traveller *t = pool_take (&g->pool, POOL_TRAVELLERS, bodies->n, sizeof *t);
  enum status st = status_agree (comm, t ? ST_OK : ST_MEMORY, NULL);

  forest_clear (f);
  f->order = g->options.multipole_order;
  f->leaf_size = g->options.leaf_size;
  f->full = q.split.scale > 0;
  if (f->n_moments != moment_count (f->order, f->full)) /* other moments than the memory was made for */
    forest_free (f);
  f->n_moments = moment_count (f->order, f->full);
  if (st == ST_OK) {
    pack (&g->options, comm, &scales, bodies, t);
    st = forest_share (f, &g->pool, comm, &q, g->kernels, t, bodies->n, &g->cost);
  }
  if (st == ST_OK)
    st = status_agree (comm, walk (g, &q, &sums), NULL);
  g->cost.bytes_peak = bytes_held (g);
  if (st == ST_OK && comm->size == 1)
    deliver (&scales, f, &sums, result);
  else if (st == ST_OK)
    st = send_home (comm, &scales, f, &sums, result);
  return st;
}

enum status gravity_solve (struct gravity *gravity, const struct comm *comm, const struct gravity_bodies *bodies,
                           const struct gravity_result *result)
{
  const double start = log_seconds ();
  enum status st;

  gravity->cost = (struct gravity_cost) { 0 };
  if (comm_sum (comm, bodies->n) < gravity->options.direct_below
      || (gravity->options.periodic && !(gravity->options.split_scale > 0)))
    st = gravity_direct (&gravity->options, comm, bodies, NULL, 0, result);
  else
    st = solve_by_trees (gravity, comm, bodies, result);
  gravity->cost.total_s = log_seconds () - start;
  return st;
}
