/* SPDX-License-Identifier: GPL-3.0-or-later */
/* With a mesh a solve has two parts that know nothing of each other: the tree's short-range forces, and the mesh's
 * long-range ones added to them (mesh.h). Which road a set takes depends on the set alone (choice.h), never on
 * measured times.
 *
 * By trees: bodies are brought into tree order and into the units of the solver, each rank getting whole cells of
 * the octree of all bodies; the trees are built; the walk sums, while what a rank lacks of the others' trees is
 * fetched; results go home. Small sets are summed directly. Nothing is kept from one solve to the next but the
 * options.
 */
#include "gravity/gravity.h"

#include <math.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "gravity/choice.h"
#include "gravity/forest.h"
#include "gravity/import.h"
#include "gravity/kernels.h"
#include "gravity/mesh.h"
#include "gravity/momentum.h"
#include "gravity/share.h"
#include "gravity/trend.h"
#include "gravity/walk.h"

struct gravity
{
  struct gravity_options asked;   /* by the caller */
  struct gravity_options options; /* of this solve: the split is as its mesh has it, or none */
  struct mesh *mesh;              /* owned; NULL without a mesh */
  struct gravity_cost cost;
  const struct gravity_kernels *kernels;
  struct forest forest; /* owned: only its memory outlives a solve */
  struct pool pool;     /* owned */
  struct pool potential; /* owned: its sums, if anybody asked for them */
  struct gravity_result lent; /* of the last solve, in the forest's memory */
  int64_t bytes_held;   /* by this solver, between solves */
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
  if (!(o->split_scale > 0) || !(o->split_reach >= SPLIT_REACH_CLOSE) || o->split_reach > SPLIT_REACH_MAX)
    return status_fail (ST_DATA, "Gravity: the split scale (%g) must not be negative, and Rcut (%g) must lie between "
                        "%g and %g.", o->split_scale, o->split_reach, SPLIT_REACH_CLOSE, SPLIT_REACH_MAX);
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

/* Local. Another mesh if it changes. */
static enum status mesh_renew (struct gravity *g, const struct gravity_options *o)
{
  const double asmth = o->split_scale * o->mesh / o->length;
  const struct mesh_options options = { o->mesh, o->periodic, asmth, o->split_reach };
  struct mesh *mesh = NULL;

  if (g->mesh && o->mesh == g->asked.mesh && o->periodic == g->asked.periodic
      && o->split_reach == g->asked.split_reach
      && fabs (asmth / (g->asked.split_scale * g->asked.mesh / g->asked.length) - 1) < 1e-12)
    return ST_OK; /* a box that has doubled has the same mesh */
  enum status st = o->mesh > 0 ? mesh_create (&options, &mesh) : ST_OK;
  if (st == ST_OK) {
    mesh_free (&g->mesh);
    g->mesh = mesh;
  }
  return st;
}

enum status gravity_create (const struct gravity_options *options, struct gravity **out)
{
  struct gravity *g = NULL;
  enum status st = options_check (options);

  if (st == ST_OK && !(g = mem_alloc_zero ("gravity", 1, sizeof *g)))
    st = ST_MEMORY;
  if (st == ST_OK) {
    g->kernels = gravity_kernels_best ();
    st = gravity_set_options (g, options);
  }
  if (st != ST_OK && g)
    gravity_free (&g);
  *out = g;
  return st;
}

void gravity_free (struct gravity **gravity)
{
  if (!*gravity)
    return;
  forest_free (&(*gravity)->forest);
  lattice_free (&(*gravity)->forest.lattice);
  pool_free (&(*gravity)->pool);
  pool_free (&(*gravity)->potential);
  mesh_free (&(*gravity)->mesh);
  mem_free (gravity);
}

enum status gravity_set_options (struct gravity *gravity, const struct gravity_options *options)
{
  enum status st = options_check (options);

  if (st == ST_OK)
    st = mesh_renew (gravity, options);
  if (st == ST_OK)
    gravity->asked = gravity->options = *options;
  return st;
}

const struct gravity_cost *gravity_cost (const struct gravity *gravity) { return &gravity->cost; }

const struct gravity_result *gravity_lent (const struct gravity *gravity) { return &gravity->lent; }

void gravity_shrink (struct gravity *gravity)
{
  forest_keep_lent (&gravity->forest);
  lattice_free (&gravity->forest.lattice);
  pool_free (&gravity->pool);
  pool_free (&gravity->potential);
  mesh_free (&gravity->mesh);
}

/* Collective. Units of the solve: the power of two above the largest mass keeps float masses in range. */
static struct crowd crowd_of (const struct gravity_options *o, const struct comm *comm,
                              const struct gravity_bodies *bodies)
{
  double most = 0;
  int exponent;

#pragma omp parallel for schedule(static) reduction(max : most)
  for (int64_t i = 0; i < bodies->n; i++)
    most = bodies->mass[i] > most ? bodies->mass[i] : most;
  frexp (comm_max_double (comm, most), &exponent);
  const double mass = ldexp (1, exponent);
  return (struct crowd) { .bodies = bodies, .mass = mass, .length = o->length, .rank = comm->rank,
                          .acceleration = o->G * mass / (o->length * o->length) };
}

/* Where results go, and in what units. */
struct delivery
{
  const struct comm *comm;
  const struct gravity_result *result;
  double acceleration, potential, gradient; /* units of the solve in those of the caller */
  int64_t bad;                    /* a body of this rank whose sums are not finite, INT64_MAX if there is none */
};

/* A body's sums on the way home. */
struct homing
{
  double acceleration[3], potential;
  float work, trend[4];
  int32_t index;
};

/* False if the sums are not finite. */
static inline bool hand_over (const struct delivery *to, int32_t j, const double acceleration[3], double potential,
                              float work, const float trend[4])
{
  for (int k = 0; k < 4 && to->result->trend; k++)
    to->result->trend[j][k] = (float) (trend[k] * (k == 0 ? to->acceleration : to->gradient));
  for (int k = 0; k < 3 && to->result->acceleration; k++)
    to->result->acceleration[j][k] = acceleration[k] * to->acceleration;
  if (to->result->potential)
    to->result->potential[j] = potential * to->potential;
  if (to->result->work)
    to->result->work[j] = work;
  return isfinite (acceleration[0] + acceleration[1] + acceleration[2] + potential);
}

/* Local. Bodies of this rank that it summed itself. */
static void deliver (struct delivery *to, const struct forest *f, const struct sums *sums)
{
  int64_t bad = INT64_MAX;

#pragma omp parallel for schedule(static) reduction(min : bad)
  for (int64_t i = 0; i < f->n_own; i++) {
    const int32_t j = f->home[i];
    if (!is_guest (f, i)
        && !hand_over (to, j, sums->acceleration[i], sums->potential ? sums->potential[i] : 0,
                       sums->work ? sums->work[i] : 0, f->place[i])
        && j < bad)
      bad = j;
  }
  to->bad = bad;
}

/* Local. The sums of other ranks' bodies, sorted by rank (first: size + 1 offsets, zero before). NULL: no memory. */
static struct homing *pack_homing (const struct comm *comm, const struct forest *f, const struct sums *sums,
                                   int64_t *first)
{
  struct homing *out;

  for (int64_t i = 0; i < f->n_own; i++)
    if (is_guest (f, i))
      first[f->home_rank[i] + 2]++;
  for (int q = 0; q < comm->size; q++)
    first[q + 2] += first[q + 1];
  if (!(out = mem_alloc ("results", first[comm->size + 1], sizeof *out)))
    return NULL;
  for (int64_t i = 0; i < f->n_own; i++) {
    if (!is_guest (f, i))
      continue;
    struct homing *const h = out + first[f->home_rank[i] + 1]++;
    memcpy (h->acceleration, sums->acceleration[i], sizeof h->acceleration);
    h->potential = sums->potential ? sums->potential[i] : 0;
    h->work = sums->work ? sums->work[i] : 0;
    memcpy (h->trend, f->place[i], sizeof h->trend);
    h->index = f->home[i];
  }
  return out;
}

/* Collective, agreed. */
static enum status send_home (struct delivery *to, const struct forest *f, const struct sums *sums,
                              struct gravity_cost *cost)
{
  const struct comm *const comm = to->comm;
  int64_t *first = mem_alloc_zero ("result offsets", comm->size + 2, sizeof *first), *from = NULL;
  struct homing *out = first ? pack_homing (comm, f, sums, first) : NULL, *arrived = NULL;
  enum status st = status_agree (comm, out ? ST_OK : ST_MEMORY, NULL);

  if (st == ST_OK) {
    cost->bytes_sent += first[comm->size] * (int64_t) sizeof *out;
    st = comm_exchange (comm, out, first, sizeof *out, (void **) &arrived, &from);
  }
  for (int64_t i = 0; st == ST_OK && i < from[comm->size]; i++)
    if (!hand_over (to, arrived[i].index, arrived[i].acceleration, arrived[i].potential, arrived[i].work,
                    arrived[i].trend)
        && arrived[i].index < to->bad)
      to->bad = arrived[i].index;
  mem_free (&out);
  mem_free (&first);
  mem_free (&arrived);
  mem_free (&from);
  return st;
}

/* Local. A sum that is not finite is a bug or a body that should not be: named by its ID. */
static enum status check_delivery (const struct delivery *to, const struct gravity_bodies *bodies)
{
  if (to->bad == INT64_MAX)
    return ST_OK;
  if (bodies->taken) /* and what it has may be gone */
    return status_fail (ST_INTERNAL, "Gravity: the acceleration of particle %llu is not finite. Check its mass, "
                        "softening and position.", (unsigned long long) bodies->id[to->bad]);
  return status_fail (ST_INTERNAL, "Gravity: the acceleration of particle %llu is not finite (mass %g, softening "
                      "%g). Check its mass, softening and position.", (unsigned long long) bodies->id[to->bad],
                      bodies->mass[to->bad], body_softening (bodies, to->bad));
}

/* Collective, agreed. */
static enum status deliver_all (const struct gravity *g, const struct crowd *crowd, const struct comm *comm,
                                const struct sums *sums, const struct gravity_result *result,
                                struct gravity_cost *cost)
{
  struct delivery to = { .comm = comm, .result = result, .acceleration = crowd->acceleration,
                         .potential = -crowd->acceleration * crowd->length,
                         .gradient = crowd->acceleration / crowd->length };
  enum status st = ST_OK;

  deliver (&to, &g->forest, sums);
  if (comm->size > 1)
    st = send_home (&to, &g->forest, sums, cost);
  return st == ST_OK ? status_agree (comm, check_delivery (&to, crowd->bodies), NULL) : st;
}

/* Local. Room for the sums, in the place of the order, which is not needed any more. */
static enum status sums_place (struct gravity *g, struct sums *sums)
{
  const int64_t n = g->forest.n_own;

  sums->acceleration = pool_extend (&g->pool, n * g->pool.each);
  if (!sums->acceleration)
    return ST_MEMORY;
  sums->work = g->pool.each > BODY_WORKSPACE ? (float *) (sums->acceleration + n) : NULL;
  if (!sums->accelerations_alone)
    sums->potential = pool_extend (&g->potential, n * (int64_t) sizeof (double));
  return sums->accelerations_alone || sums->potential ? ST_OK : ST_MEMORY;
}

/* Collective, agreed. On several ranks the walk sums what lacks nothing while the rest is on its way. */
static enum status fetch_and_walk (struct gravity *g, const struct comm *comm, const struct criterion *q,
                                   struct sums *sums)
{
  struct forest *const f = &g->forest;
  struct import *import = NULL;
  struct walk *walk = NULL;
  enum status st = status_agree (comm, sums_place (g, sums), NULL);

  if (st == ST_OK && comm->size > 1)
    st = import_begin (f, comm, q, g->kernels, &g->cost, &import);
  if (st != ST_OK)
    return st;
  double clock = log_seconds ();
  const bool begun = walk_begin (f, q, g->kernels, import != NULL, sums, &g->cost, &walk) == ST_OK;
  while (begun && !walk_go_on (walk, import ? import_listen : NULL, import)) {
    phase_end (&g->cost, PHASE_WALK, &clock);
    import_step (import);
    clock = log_seconds ();
  }
  phase_end (&g->cost, PHASE_WALK, &clock);
  if (import)
    st = import_end (&import);
  clock = log_seconds ();
  const enum status walked = walk_end (&walk, st == ST_OK);
  phase_end (&g->cost, PHASE_WALK, &clock);
  return st == ST_OK ? status_agree (comm, walked, NULL) : st;
}

/* Collective, agreed. All up to the walk. */
static enum status prepare (struct gravity *g, struct crowd *crowd, const struct comm *comm,
                            const struct criterion *q)
{
  double clock = log_seconds ();
  struct forest *const f = &g->forest;
  struct groups groups = { 0 };
  enum status st = share_number_trees (comm, crowd->bodies->group, crowd->bodies->n, &groups);

  forest_clear (f);
  f->order = q->order;
  f->leaf_size = g->options.leaf_size;
  f->full = q->split.scale > 0;
  f->periodic = g->options.periodic && !f->full;
  if (f->n_moments != moment_count (f->order, f->full)) /* other moments than the memory was made for */
    forest_free (f);
  f->n_moments = moment_count (f->order, f->full);
  f->n_trees = 1 + groups.n;
  phase_end (&g->cost, PHASE_PACK, &clock);
  if (st == ST_OK)
    st = forest_share (f, &g->pool, comm, crowd, &groups, &g->cost);
  mem_free (&groups.number);
  return st;
}

/* In a periodic box forces are what is left of larger ones that cancel, and errors do not cancel with them. Half the
 * tolerance makes it mean there what it means in isolation, a 99 % error of about half of it, and costs 4 % with a
 * mesh. Without one, where more cancels, one order more goes with it: in a random box of 1e5 bodies the two cost what
 * order and tolerance as asked for would, with a third of the errors. */
static struct criterion criterion_of (const struct gravity_options *o)
{
  struct criterion q = { o->multipole_order, o->accuracy, o->opening_angle, split_of (o) };

  if (o->periodic) {
    q.accuracy *= 0.5;
    if (!(q.split.scale > 0) && q.order < 5)
      q.order++;
  }
  return q;
}

static bool potential_wanted (const struct gravity_result *r)
{
  return r->lend ? r->lend == LEND_ALL : r->potential != NULL;
}

/* Collective, agreed. */
static enum status solve_by_trees (struct gravity *g, const struct comm *comm, const struct gravity_bodies *bodies,
                                   struct gravity_result *result)
{
  struct crowd crowd = crowd_of (&g->options, comm, bodies);
  const struct criterion q = criterion_of (&g->options);
  struct sums sums = { .accelerations_alone = !comm_any (comm, potential_wanted (result)) };
  enum status st;

  g->pool.each = BODY_WORKSPACE + (result->work || (comm->size > 1 && !result->lend) ? WORK_WORKSPACE : 0);
  st = prepare (g, &crowd, comm, &q);
  if (st == ST_OK && bodies->taken && !g->mesh)
    bodies->taken (bodies->context);
  if (st == ST_OK)
    st = fetch_and_walk (g, comm, &q, &sums);
  double clock = log_seconds ();
  if (st == ST_OK)
    g->cost.net_force = momentum_balance (comm, &g->forest, &sums);
  phase_end (&g->cost, PHASE_BALANCE, &clock);
  if (st == ST_OK && result->trend)
    trend_fit (&g->forest, &sums);
  if (result->lend)
    forest_lend (&g->forest, result);
  if (st == ST_OK)
    st = deliver_all (g, &crowd, comm, &sums, result, &g->cost);
  phase_end (&g->cost, PHASE_DELIVER, &clock);
  return st;
}

const char *const gravity_phase_name[N_PHASES] = { "pack", "sort", "share", "cells", "moments", "probe", "fetch",
                                                   "wait", "walk", "balance", "deliver" };

/* Collective, agreed. Short-range forces by trees, long-range ones by the mesh. */
static enum status solve_by_mesh (struct gravity *g, const struct comm *comm, const struct gravity_bodies *bodies,
                                  struct gravity_result *result)
{
  const struct mesh_frame frame = mesh_frame (g->mesh, comm, bodies, g->asked.length);

  g->options.split_scale = frame.split_scale;
  result->trend = NULL; /* of the short-range part alone it would mislead */
  enum status st = solve_by_trees (g, comm, bodies, result);
  if (st == ST_OK)
    st = mesh_solve (g->mesh, comm, &frame, g->asked.G, bodies, result, &g->cost);
  return st;
}

enum status gravity_solve (struct gravity *gravity, const struct comm *comm, const struct gravity_bodies *bodies,
                           const struct gravity_result *result)
{
  const double start = log_seconds ();
  const int64_t others = mem_mark () - gravity->bytes_held;
  const int64_t n = comm_sum (comm, bodies->n);
  struct gravity_result here = *result;
  enum status st;

  gravity->cost = (struct gravity_cost) { 0 };
  gravity->options = gravity->asked;
  if (here.trend && bodies->n > 0)
    memset (here.trend, 0, (size_t) bodies->n * sizeof *here.trend);
  forest_clear (&gravity->forest);
  if (n < gravity->options.direct_below) {
    st = here.lend ? status_agree (comm, forest_reserve_bodies (&gravity->forest, bodies->n), NULL) : ST_OK;
    if (here.lend)
      forest_lend (&gravity->forest, &here);
    if (st == ST_OK)
      st = gravity_direct (&gravity->options, comm, bodies, NULL, 0, &here);
  }
  else if (choice_mesh (&gravity->options, comm, bodies, n))
    st = solve_by_mesh (gravity, comm, bodies, &here);
  else {
    if (gravity->options.mesh > 0)
      gravity->options.split_scale = 0;
    st = solve_by_trees (gravity, comm, bodies, &here);
  }
  gravity->lent = (struct gravity_result) { .acceleration = here.lend ? here.acceleration : NULL,
                                            .potential = here.lend ? here.potential : NULL };
  gravity->cost.walk_s = gravity->cost.phase_s[PHASE_WALK];
  gravity->cost.communication_s = gravity->cost.phase_s[PHASE_PROBE] + gravity->cost.phase_s[PHASE_FETCH]
                                  + gravity->cost.phase_s[PHASE_WAIT];
  gravity->cost.bytes_peak = mem_peak_since_mark () - others;
  gravity->bytes_held = mem_used () - others;
  gravity->cost.total_s = log_seconds () - start;
  return st;
}
