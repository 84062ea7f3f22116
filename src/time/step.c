/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See step.h for the scheme. What is worth knowing here:
 *
 * A force is a function of a set of particles, and at one tick the same sets come twice: when steps end and when the
 * next ones begin. So forces are kept per set until the drift and looked up by the set's (count, hash). If membership
 * of a region has changed in between, the pairs concerned are added to or taken from the kept forces by direct
 * summation, for they are few; nothing else of the force changes. Sets, hashes and the choice are global, so every
 * rank decides alike.
 *
 * Steps are chosen from the top: all that may begin a step start at the largest one possible, the force among
 * them tells who needs a smaller one, these form the next set, and so on. A level where nobody stays costs
 * nothing extra, since its force serves the next one. */
#include "time/step.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/exact.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/vec3.h"
#include "data/domain.h"
#include "gravity/kernel.h"

struct force_set
{
  int64_t n, count, hash;         /* local members; of all ranks; sum of mixed ids of all ranks */
  int64_t *index;                 /* owned */
  double (*acceleration)[3];      /* owned */
  float (*trend)[4];              /* owned: of the smooth field (gravity.h) */
};

/* ---- ticks ---- */

/* The largest bin whose steps end, or may begin, at this tick. */
static int due_bin (const struct stepper *s)
{
  int64_t tick = s->timeline->tick;

  return tick == 0 ? TIMELINE_BITS : __builtin_ctzll ((unsigned long long) tick);
}

static double bin_length (const struct stepper *s, int bin)
{
  return ldexp (timeline_tick_length (s->timeline), bin);
}

static double now (const struct stepper *s) { return timeline_now (s->timeline); }

/* Weight of a force in the half-kick that opens a step of this bin now, or that closes one. */
static double opening_weight (const struct stepper *s, int bin)
{
  return cosmology_kick (&s->cosmology, now (s), 0.5 * bin_length (s, bin));
}

static double closing_weight (const struct stepper *s, int bin)
{
  return -cosmology_kick (&s->cosmology, now (s), -0.5 * bin_length (s, bin));
}

static struct epoch epoch_now (const struct stepper *s)
{
  return cosmology_epoch (&s->cosmology, s->params, now (s));
}

/* The largest bin with steps not longer than dt. */
static int bin_of_step (const struct stepper *s, double dt)
{
  double ticks = dt / timeline_tick_length (s->timeline);

  if (!(ticks < 0x1p60))
    return TIMELINE_BITS;
  return ticks < 1 ? 0 : ilogb (ticks);
}

static int highest_due (const struct stepper *s)
{
  int due = due_bin (s);

  for (int b = due; b >= 0; b--)
    if (s->n_in_bin[b] > 0)
      return b;
  return -1;
}

int step_synchronized (const struct stepper *s)
{
  int due = due_bin (s);

  for (int b = due + 1; b < N_BINS; b++)
    if (s->n_in_bin[b] > 0)
      return 0;
  return 1;
}

static int lowest_bin (const struct stepper *s)
{
  for (int b = 0; b < N_BINS; b++)
    if (s->n_in_bin[b] > 0)
      return b;
  return TIMELINE_BITS;
}

double step_length (const struct stepper *s) { return bin_length (s, lowest_bin (s)); }

/* ---- sets and their forces ---- */

static void drop_sets (struct stepper *s)
{
  for (int k = 0; k < s->n_sets; k++) {
    mem_free (&s->set[k].index);
    mem_free (&s->set[k].acceleration);
    mem_free (&s->set[k].trend);
  }
  s->n_sets = 0;
}

static int64_t mixed_id (uint64_t id)
{
  id ^= id >> 31;
  id *= 0x7fb5d329728ea185ULL;
  id ^= id >> 27;
  id *= 0x81dadef4bc2dd44dULL;
  return (int64_t) (id ^ id >> 33);
}

static void identify_set (const struct stepper *s, const int64_t *index, int64_t n, int64_t out[2])
{
  out[0] = n;
  uint64_t hash = 0;
  for (int64_t k = 0; k < n; k++)
    hash += (uint64_t) mixed_id (s->p->id[index[k]]);
  out[1] = (int64_t) hash;
  comm_sum_array (s->comm, out, 2);
}

/* The bodies of a set in the solver's form. */
struct packed
{
  double softening[N_TYPES];
  struct gravity_bodies bodies;
  void *block[7];
  double *potential;
  float *work;
};

static void unpack (struct packed *b)
{
  for (int k = 0; k < 7; k++)
    mem_free (&b->block[k]);
  mem_free (&b->potential);
  mem_free (&b->work);
}

static int is_whole (const struct stepper *s, const struct force_set *f) { return f->count == s->p->n_global; }

/* The particles as they are. */
static void pack_all (const struct stepper *s, struct packed *out)
{
  const struct particles *p = s->p;
  const struct epoch epoch = epoch_now (s);

  *out = (struct packed){ .bodies = { .n = p->n, .position = (const uint64_t (*)[3]) p->position, .mass = p->mass,
                                      .softening = out->softening, .type = p->type, .id = p->id, .group = p->group,
                                      .acceleration_old = p->acceleration_old, .work = p->work } };
  memcpy (out->softening, epoch.softening, sizeof out->softening);
}

static enum status pack (const struct stepper *s, const struct force_set *f, struct packed *out)
{
  const struct particles *p = s->p;
  const struct epoch epoch = epoch_now (s);
  uint64_t (*position)[3] = mem_alloc ("set positions", f->n, sizeof *position);
  double *mass = mem_alloc ("set masses", f->n, sizeof *mass);
  double *eps = mem_alloc ("set softenings", f->n, sizeof *eps);
  float *old = mem_alloc ("set accelerations", f->n, sizeof *old);
  uint64_t *id = mem_alloc ("set ids", f->n, sizeof *id);
  int32_t *group = mem_alloc ("set groups", f->n, sizeof *group);
  float *work = mem_alloc ("set work", f->n, sizeof *work);

  *out = (struct packed){ .bodies = { .n = f->n, .position = (const uint64_t (*)[3]) position, .mass = mass,
                                      .softening = eps, .acceleration_old = old, .id = id, .group = group,
                                      .work = work },
                          .block = { position, mass, eps, old, id, group, work },
                          .potential = mem_alloc ("set potentials", f->n, sizeof (double)),
                          .work = mem_alloc ("set new work", f->n, sizeof (float)) };
  if (!position || !mass || !eps || !old || !id || !group || !work || !out->potential || !out->work)
    return ST_MEMORY;
  for (int64_t k = 0; k < f->n; k++) {
    int64_t i = f->index[k];
    memcpy (position[k], p->position[i], sizeof position[k]);
    mass[k] = p->mass[i];
    eps[k] = epoch.softening[p->type[i]];
    old[k] = p->acceleration_old[i];
    id[k] = p->id[i];
    group[k] = p->group[i];
    work[k] = p->work[i];
  }
  return ST_OK;
}

/* Forces among the set; the whole system's also renew opening criterion, work and (if asked) potentials. */
static enum status compute_set (struct stepper *s, struct force_set *f, int potentials)
{
  struct packed b;
  double start = log_seconds ();
  const int whole = is_whole (s, f);
  enum status st = ST_OK;

  if (whole)
    pack_all (s, &b);
  else
    st = pack (s, f, &b);
  st = status_agree (s->comm, st, NULL);
  if (st == ST_OK) {
    struct gravity_result result = { .acceleration = f->acceleration,
                                     .potential = !potentials ? NULL : whole ? s->p->potential : b.potential,
                                     .work = whole ? s->p->work : b.work,
                                     .trend = f->trend };
    st = gravity_solve (s->gravity, s->comm, &b.bodies, &result);
  }
  for (int64_t k = 0; k < f->n && st == ST_OK && whole; k++)
    s->p->acceleration_old[f->index[k]] = (float) norm3 (f->acceleration[k]);
  unpack (&b);
  s->seconds_gravity += log_seconds () - start;
  return st;
}

/* The force among order[0..n): kept from earlier at this tick, or computed and kept. NULL on failure, agreed in
 * *st. */
static struct force_set *set_force (struct stepper *s, int64_t n, int potentials, enum status *st)
{
  int64_t name[2];
  struct force_set *f = &s->set[s->n_sets];

  identify_set (s, s->order, n, name);
  for (int k = 0; k < s->n_sets && !potentials; k++)
    if (s->set[k].count == name[0] && s->set[k].hash == name[1])
      return &s->set[k];
  ASSERT (s->n_sets < 2 * N_BINS);
  *f = (struct force_set){ n, name[0], name[1], mem_alloc ("set members", n, sizeof *f->index),
                           mem_alloc ("set forces", n, sizeof *f->acceleration),
                           mem_alloc ("set trends", n, sizeof *f->trend) };
  s->n_sets++;
  *st = status_agree (s->comm, f->index && f->acceleration && f->trend ? ST_OK : ST_MEMORY, NULL);
  if (*st == ST_OK) {
    for (int64_t k = 0; k < n; k++)
      f->index[k] = is_whole (s, f) ? k : s->order[k]; /* the whole system is not copied: it comes as it lies */
    *st = compute_set (s, f, potentials);
  }
  return *st == ST_OK ? f : NULL;
}

static void kick_set (struct stepper *s, const struct force_set *f, double weight)
{
  for (int64_t k = 0; k < f->n; k++)
    axpy3 (weight, f->acceleration[k], s->p->velocity[f->index[k]]);
}

/* ---- order by bin ---- */

/* Counts the bins of order[0..n), which hold all of the bins up to `highest` and no other; the rest is unchanged. */
static void count_bins (struct stepper *s, int64_t n, int highest)
{
  int64_t count[N_BINS] = { 0 };

  for (int64_t k = 0; k < n; k++)
    count[s->p->bin[s->order[k]]]++;
  s->first_of_bin[0] = 0;
  for (int b = 0; b <= highest; b++)
    s->first_of_bin[b + 1] = s->first_of_bin[b] + count[b];
  comm_sum_array (s->comm, count, highest + 1);
  memcpy (s->n_in_bin, count, (size_t) (highest + 1) * sizeof *count);
}

enum status step_resort (struct stepper *s)
{
  int64_t at[N_BINS];
  enum status st = ST_OK;

  drop_sets (s);
  if (s->p->n > s->order_capacity || !s->order) {
    int64_t capacity = s->p->n + s->p->n / 4 + 16;
    if (mem_resize ("order by bin", &s->order, capacity, sizeof *s->order))
      st = ST_MEMORY;
    else
      s->order_capacity = capacity;
  }
  st = status_agree (s->comm, st, NULL);
  if (st != ST_OK)
    return st;
  for (int64_t i = 0; i < s->p->n; i++)
    s->order[i] = i;
  count_bins (s, s->p->n, N_BINS - 1);
  memcpy (at, s->first_of_bin, sizeof at);
  for (int64_t i = 0; i < s->p->n; i++)
    s->order[at[s->p->bin[i]]++] = i;
  return ST_OK;
}

/* Among order[0..n), those with bin <= limit come first; returns how many. */
static int64_t split_order (struct stepper *s, int64_t n, int limit)
{
  int64_t low = 0, high = n;

  while (low < high)
    if (s->p->bin[s->order[low]] <= limit)
      low++;
    else {
      int64_t i = s->order[--high];
      s->order[high] = s->order[low];
      s->order[low] = i;
    }
  return low;
}

/* ---- tidy ---- */

/* The longest way of any particle in the largest step that the parameters allow, and room for whole regions. */
static double longest_way (const struct stepper *s)
{
  const struct timeline *t = s->timeline;
  int segment = t->segment < t->n_segments ? t->segment : t->n_segments - 1;
  double dt = t->begin[segment + 1] - t->begin[segment], v = 0;

  if (s->params->MaxSizeTimestep > 0 && s->params->MaxSizeTimestep < dt)
    dt = s->params->MaxSizeTimestep;
  for (int64_t i = 0; i < s->p->n; i++)
    v = fmax (v, norm3 (s->p->velocity[i]));
  double way = comm_max_double (s->comm, v) * dt;
  return s->holes->n > 0 ? fmax (way, params_region_radius (s->params)) : way;
}

/* Local, the same on all ranks. There are 2^64 places along the box: one that a single body stretches may leave too
 * few of them to the others, who would all end in one. A thousandth of a softening length is no force's concern. */
static enum status judge_grain (const struct stepper *s)
{
  const struct epoch epoch = epoch_now (s);
  const double grain = s->box->length * 0x1p-64;
  double least = INFINITY;

  for (int t = 0; t < N_TYPES; t++)
    if (epoch.softening[t] > 0 && epoch.softening[t] < least)
      least = epoch.softening[t];
  return grain <= 1e-3 * least ? ST_OK
         : status_fail (ST_DATA, "Positions of bodies in a box of %g are known to %g, more than a thousandth of the "
                        "shortest softening length, %g. Leave out who is so far away, or so fast.",
                        s->box->length, grain, least);
}

static enum status renew_box (struct stepper *s)
{
  struct gravity_options options = s->gravity_options;

  const int doubled = box_contain (s->comm, s->box, s->p, s->holes, longest_way (s));
  enum status st = judge_grain (s);
  if (doubled == 0 || st != ST_OK)
    return st;
  if (s->started)
    log_say ("box doubled to %g about its centre: a particle has left its middle half", s->box->length);
  options.split_scale *= s->box->length / options.length; /* the mesh keeps its number of cells */
  options.length = s->box->length;
  s->gravity_options = options;
  return status_agree (s->comm, gravity_set_options (s->gravity, &options), NULL);
}

enum status step_tidy (struct stepper *s)
{
  int synchronized = step_synchronized (s), regions_meet = s->region_bin >= 0 && s->region_bin <= due_bin (s);
  double start = log_seconds ();
  enum status st = ST_OK;

  if (s->any_gone && (regions_meet || synchronized)) {
    particles_remove_gone (s->p, s->comm);
    s->any_gone = 0;
  } else if (!synchronized)
    return ST_OK;
  if (synchronized) {
    st = renew_box (s);
    if (st == ST_OK)
      st = domain_decompose (s->comm, s->p);
  }
  if (st == ST_OK)
    st = step_resort (s);
  if (st == ST_OK && s->started)
    st = regions_relist (&s->regions, s->comm, s->p, s->holes);
  s->seconds_domain += log_seconds () - start;
  return st;
}

/* ---- close ---- */

/* The first force of a run: opening criterion first without, then with old accelerations; no kick. */
static enum status first_force (struct stepper *s)
{
  const struct epoch epoch = epoch_now (s);
  enum status st = regions_find (&s->regions, s->comm, s->params, &epoch, s->box, s->p, s->holes, s->order, s->p->n);

  if (st == ST_OK)
    set_force (s, s->p->n, 0, &st);
  drop_sets (s);
  if (st == ST_OK)
    set_force (s, s->p->n, 1, &st);
  return st;
}

static enum status close_kicks (struct stepper *s, int potentials)
{
  enum status st = ST_OK;
  int top = highest_due (s);

  for (int b = 0; b <= top && st == ST_OK; b++) {
    int above = b + 1;
    if (s->n_in_bin[b] == 0)
      continue;
    while (above <= top && s->n_in_bin[above] == 0)
      above++;
    const struct force_set *f = set_force (s, s->first_of_bin[b + 1], potentials && b == top, &st);
    if (f)
      kick_set (s, f, closing_weight (s, b) - (above <= top ? closing_weight (s, above) : 0));
  }
  return st;
}

enum status step_close (struct stepper *s, int potentials)
{
  enum status st = s->started ? close_kicks (s, potentials && step_synchronized (s)) : first_force (s);

  if (st == ST_OK && (potentials || !s->started) && step_synchronized (s) && s->regions.n > 0) {
    st = regions_gather (&s->regions, s->comm, s->p, s->holes);
    const struct epoch epoch = epoch_now (s);
    if (st == ST_OK)
      regions_add_potential (&s->regions, s->params, &epoch, s->units, s->box, s->comm->rank, s->p);
  }
  s->started = 1;
  return st;
}

/* ---- open ---- */

#define FORESIGHT 0.25 /* the most that the smooth |a| is taken to change by in half a step */
#define MARGIN 1.25    /* the smooth |a| counts so many times: 4 % more kicks, a third less scatter of energy */

/* |a| that decides on a particle's step. Where it shares a smooth field with its neighbours, that is the field's in
 * the middle of the step: noise, and a lag behind the motion, make energy drift (doc/gravity.md). Otherwise, and in
 * regions and their halos, it is its own. `way`: half a step's way per velocity. */
static double deciding_acceleration (const struct stepper *s, int64_t i, const double acceleration[3],
                                     const float trend[4], double way)
{
  const double *const v = s->p->velocity[i];

  if (trend[0] == 0 || s->p->group[i] >= 0 || s->p->flags[i] & PARTICLE_HALO)
    return norm3 (acceleration);
  const double ahead = way * (v[0] * trend[1] + v[1] * trend[2] + v[2] * trend[3]) / trend[0];
  return MARGIN * trend[0] * (1 + fmax (-FORESIGHT, fmin (ahead, FORESIGHT)));
}

/* The step that a particle wants, from its force among the set and its own softening, both physical; a body must not
 * cross a tenth of the box either, however weak its force. */
static double wanted_step (const struct stepper *s, const struct epoch *e, int64_t i, double acceleration)
{
  const double a = e->scale, force = acceleration / (a * a), v = norm3 (s->p->velocity[i]) / (a * a);
  const double eps = e->softening[s->p->type[i]] * a;
  double dt = force > 0 ? sqrt (2 * s->params->ErrTolIntAccuracy * eps / force) : INFINITY;

  return e->pace * fmin (dt, v > 0 ? 0.1 * s->box->length / v : INFINITY);
}

/* Below MinSizeTimestep, or below a tick: who asks for less cannot have it. */
static double shortest_step (const struct stepper *s)
{
  return fmax (s->params->MinSizeTimestep, timeline_tick_length (s->timeline));
}

static enum status refuse_step (const struct stepper *s, const char *who, uint64_t id, double dt)
{
  const double least = shortest_step (s);

  return status_fail (ST_DATA, "%s %llu needs steps of %g at time %g; %s is %g. Softening or ErrTolIntAccuracy may "
                      "be too small, or what is near it too dense.", who, (unsigned long long) id, dt, now (s),
                      least == s->params->MinSizeTimestep ? "MinSizeTimestep" : "the shortest that this run can tell",
                      least);
}

/* What changed membership adds to the forces on the particles of this rank, ascending local index. */
struct change { int64_t local; double force[3]; };
struct changes { struct change *list; int n; };

static void note_change (void *context, int64_t local, const double force[3])
{
  struct changes *c = context;

  c->list[c->n++] = (struct change){ local, { force[0], force[1], force[2] } };
}

static int by_local (const void *a, const void *b)
{
  const struct change *p = a, *q = b;

  return (p->local > q->local) - (p->local < q->local);
}

/* Adds the changes to every kept force. A set of a level below the regions' contains no member but those that leave
 * it now, and is then another set, never looked up again: what is added to it does no harm. */
static void apply_changes (struct stepper *s, const struct changes *c)
{
  for (int j = 0; j < s->n_sets && c->n > 0; j++)
    for (int64_t k = 0; k < s->set[j].n; k++) {
      const struct change key = { .local = s->set[j].index[k] };
      if (!(s->p->flags[key.local] & PARTICLE_HALO) && s->p->group[key.local] < 0)
        continue; /* who left a region is still in its halo: steps are short against its width */
      const struct change *hit = bsearch (&key, c->list, (size_t) c->n, sizeof *c->list, by_local);
      if (hit)
        axpy3 (1, hit->force, s->set[j].acceleration[k]);
    }
}

/* Regions anew, the kept forces corrected for the pairs that have changed sides, and the step of the regions. */
static enum status renew_regions (struct stepper *s, int64_t n_active, int top)
{
  const struct epoch epoch = epoch_now (s);
  int n_old = s->regions.n_members;
  struct region_member *old = mem_alloc ("old members", n_old, sizeof *old);
  struct changes changes = { 0 };
  enum status st = status_agree (s->comm, old ? ST_OK : ST_MEMORY, NULL);

  if (st == ST_OK) {
    if (n_old > 0)
      memcpy (old, s->regions.member, n_old * sizeof *old);
    st = regions_find (&s->regions, s->comm, s->params, &epoch, s->box, s->p, s->holes, s->order, n_active);
  }
  if (st == ST_OK) {
    changes.list = mem_alloc ("force changes", n_old + s->regions.n_members, sizeof *changes.list);
    st = status_agree (s->comm, changes.list ? ST_OK : ST_MEMORY, NULL);
  }
  if (st == ST_OK) {
    regions_force_change (old, n_old, s->regions.member, s->regions.n_members, &epoch, s->units, s->box,
                          s->comm->rank, note_change, &changes);
    qsort (changes.list, (size_t) changes.n, sizeof *changes.list, by_local);
    apply_changes (s, &changes);
    const double dt = regions_step (&s->regions, s->params, &epoch, s->units, s->box);
    const int bin = bin_of_step (s, dt);
    if (dt < shortest_step (s)) /* the same on all ranks */
      st = refuse_step (s, "a region, perhaps that of SMBH", s->regions.region[0].id, dt);
    s->region_bin = s->regions.n == 0 ? -1 : bin < top ? bin : top;
  }
  mem_free (&changes.list);
  mem_free (&old);
  return st;
}

enum { REFUSED = N_BINS }; /* in place of a bin */

/* Who of order[0..n), now at bin b, needs a smaller step; they get the largest bin that any of them asks for. Returns
 * the number of those of this rank, *next the bin (the same on all ranks; -1: nobody; REFUSED: somebody cannot have
 * what it asks for, which is in *st where it is). */
static int64_t descend (struct stepper *s, const struct force_set *f, int b, int *next, enum status *st)
{
  struct particles *p = s->p;
  const struct epoch epoch = epoch_now (s);
  const double least = shortest_step (s), way = cosmology_drift (&s->cosmology, now (s), 0.5 * bin_length (s, b));
  int64_t highest = -1;

  for (int64_t k = 0; k < f->n; k++) {
    int64_t i = f->index[k];
    double dt = wanted_step (s, &epoch, i, deciding_acceleration (s, i, f->acceleration[k], f->trend[k], way));
    int bin = bin_of_step (s, dt);
    if (dt < least && p->group[i] < 0 && *st == ST_OK) {
      *st = refuse_step (s, "body", p->id[i], dt);
      highest = REFUSED;
    }
    if (p->group[i] >= 0)
      bin = (int) s->region_bin;
    else if (p->flags[i] & PARTICLE_HALO && bin > s->region_bin)
      bin = (int) s->region_bin;
    p->bin[i] = (int8_t) (bin < b ? bin : b);
    if (bin < b && bin > highest)
      highest = bin;
  }
  *next = (int) comm_max (s->comm, highest);
  if (*next == REFUSED)
    return 0;
  int64_t n_below = split_order (s, f->n, b - 1);
  for (int64_t k = 0; k < n_below; k++)
    p->bin[s->order[k]] = (int8_t) *next;
  return n_below;
}

static enum status choose_steps (struct stepper *s, int64_t n, int top)
{
  enum status st = ST_OK;
  double outer = 0; /* half-kick of the level above that kicks at this tick */

  for (int b = top; b >= 0 && st == ST_OK;) {
    int next;
    const struct force_set *f = set_force (s, n, 0, &st);
    if (!f)
      break;
    int64_t n_below = descend (s, f, b, &next, &st);
    if (next == REFUSED)
      return status_agree (s->comm, st, NULL);
    int64_t n_stay = comm_sum (s->comm, n - n_below);
    if (n_stay > 0) {
      double weight = opening_weight (s, b);
      kick_set (s, f, weight - outer);
      outer = weight;
    }
    n = n_below;
    b = next;
  }
  return st;
}

/* Collective. The step in which the rms motion of a type of dark matter, the least of types 1 to 3, is
 * MaxRMSDisplacementFac of its mean spacing or of the mesh's split: forces change little in it, also where the
 * softening would let a cold particle take a longer one (Springel 2005, section 4.2). Comoving runs; stars and SMBHs
 * live in bound systems, where the softening decides. */
static double displacement_step (const struct stepper *s)
{
  const double a = now (s), density = cosmology_mean_density (&s->cosmology, s->units->G);
  const double split = s->params->PMGrid > 0 ? s->params->Asmth * s->box->length / s->params->PMGrid : INFINITY;
  struct exact_sum squares[N_TYPES];
  int64_t count[N_TYPES] = { 0 };
  double lightest[N_TYPES], step = INFINITY;

  for (int t = 0; t < N_TYPES; t++) {
    exact_clear (&squares[t]);
    lightest[t] = INFINITY;
  }
  for (int64_t i = 0; i < s->p->n; i++) {
    int t = s->p->type[i];
    exact_add (&squares[t], dot3 (s->p->velocity[i], s->p->velocity[i]));
    lightest[t] = fmin (lightest[t], s->p->mass[i]);
    count[t]++;
  }
  exact_reduce (s->comm, squares, N_TYPES);
  comm_sum_array (s->comm, count, N_TYPES);
  for (int t = TYPE_HALO; t <= TYPE_BULGE; t++) {
    double way = fmin (cbrt (comm_min_double (s->comm, lightest[t]) / density), split);
    double p = count[t] > 0 ? sqrt (exact_value (&squares[t]) / (double) count[t]) : 0;
    if (p > 0)
      step = fmin (step, s->params->MaxRMSDisplacementFac * way * a * a * cosmology_hubble (&s->cosmology, a) / p);
  }
  return step;
}

enum status step_open (struct stepper *s)
{
  int due = due_bin (s);
  double longest = s->params->MaxSizeTimestep > 0 ? s->params->MaxSizeTimestep : INFINITY;
  int64_t n_active = s->first_of_bin[due + 1];
  enum status st = ST_OK;

  if (s->cosmology.comoving && step_synchronized (s))
    s->longest_step = displacement_step (s);
  if (s->cosmology.comoving)
    longest = fmin (longest, s->longest_step);
  if (longest < timeline_tick_length (s->timeline))
    return status_fail (ST_DATA, "steps of at most %g, as MaxSizeTimestep (in comoving runs also "
                        "MaxRMSDisplacementFac) has it, are below the shortest that this run can tell, %g.", longest,
                        timeline_tick_length (s->timeline));
  int top = bin_of_step (s, longest);
  top = top < due ? top : due;
  s->n_active = comm_sum (s->comm, n_active);
  if (s->region_bin < 0 ? step_synchronized (s) : s->region_bin <= due)
    st = renew_regions (s, n_active, top);
  if (st == ST_OK)
    st = choose_steps (s, n_active, top);
  drop_sets (s);
  if (st == ST_OK)
    count_bins (s, n_active, due);
  return st;
}

/* ---- drift ---- */

static void drift_free (struct stepper *s, int due)
{
  double drift[N_BINS];

  for (int b = 0; b <= due; b++)
    drift[b] = s->n_in_bin[b] > 0 ? cosmology_drift (&s->cosmology, now (s), bin_length (s, b)) : 0;
  for (int64_t k = 0; k < s->first_of_bin[due + 1]; k++) {
    int64_t i = s->order[k];
    double dt = drift[s->p->bin[i]];
    const double way[3] = { s->p->velocity[i][0] * dt, s->p->velocity[i][1] * dt, s->p->velocity[i][2] * dt };
    if (s->p->group[i] < 0)
      box_displace (s->box, s->p->position[i], way, NULL);
  }
}

/* Potential at x of all particles outside region `group`, by direct summation: mergers are rare. In a periodic box
 * that of their nearest images: what the others add is the same everywhere near enough for this account. */
static double potential_outside (const struct stepper *s, const double x[3], int32_t group)
{
  const struct particles *p = s->p;
  const struct epoch epoch = epoch_now (s);
  const double *const eps = epoch.softening;
  struct exact_sum sum;

  exact_clear (&sum);
  for (int64_t i = 0; i < p->n; i++) {
    double at[3], d[3], force, potential;
    if (p->group[i] == group)
      continue;
    box_to_length (s->box, (const uint64_t *) p->position[i], at);
    sub3 (at, x, d);
    for (int k = 0; k < 3 && s->box->periodic; k++)
      d[k] -= s->box->length * nearbyint (d[k] / s->box->length);
    pair_softened (dot3 (d, d), SPLINE_SUPPORT * fmax (eps[TYPE_HOLE], eps[p->type[i]]), &force, &potential);
    exact_add_product (&sum, -s->units->G * p->mass[i], potential);
  }
  exact_reduce (s->comm, &sum, 1);
  return exact_value (&sum);
}

static int32_t group_of (const struct regions *r, uint64_t id)
{
  for (int i = 0; i < r->n_members; i++)
    if (r->member[i].id == id)
      return r->member[i].group;
  return -1;
}

/* Mass that left as gravitational waves, or as stellar debris, took its potential energy in the rest of the system
 * with it; what it had inside its region is in the regions' own account. Positions are within a step of the merger's
 * time, which is enough for a mass of some per cent. */
static void account_for_lost_mass (struct stepper *s)
{
  for (int64_t k = 0; k < s->regions.n_mergers; k++) {
    const struct areg_merger *m = &s->regions.merger[k];
    s->energy_radiated += (m->m1 + m->m2 - m->m_remnant)
                          * potential_outside (s, m->x, group_of (&s->regions, m->id_remnant));
  }
  for (int64_t k = 0; k < s->regions.n_events; k++) {
    const struct areg_event *e = &s->regions.event[k];
    if (e->m_star > e->m_accreted)
      s->energy_radiated += (e->m_star - e->m_accreted)
                            * potential_outside (s, e->x, group_of (&s->regions, e->id_hole));
  }
}

enum status step_drift (struct stepper *s, double sample_interval)
{
  int due = due_bin (s);
  double time = timeline_now (s->timeline), start = log_seconds ();
  enum status st = ST_OK;

  drift_free (s, due);
  s->regions.n_samples = s->regions.n_mergers = s->regions.n_events = 0;
  if (s->region_bin >= 0 && s->region_bin <= due) {
    st = regions_flow (&s->regions, s->comm, s->params, &s->cosmology, s->units, s->box, s->p, s->holes, time,
                       bin_length (s, (int) s->region_bin), s->timeline->origin, sample_interval);
    s->energy_radiated -= s->regions.energy_change;
    account_for_lost_mass (s);
    s->any_gone |= s->regions.n_mergers > 0 || s->regions.n_events > 0;
  }
  s->timeline->tick += (int64_t) 1 << lowest_bin (s);
  s->n_steps++;
  s->seconds_regions += log_seconds () - start;
  return st;
}

/* ---- life ---- */

enum status step_create (const struct comm *comm, const struct params *params, const struct units *units,
                         struct box *box, struct particles *p, struct holes *holes, struct timeline *timeline,
                         const struct gravity_options *gravity_options, struct stepper *out)
{
  *out = (struct stepper){ .comm = comm, .params = params, .units = units, .box = box, .p = p, .holes = holes,
                           .timeline = timeline, .gravity_options = *gravity_options, .region_bin = -1,
                           .cosmology = cosmology_of (params) };
  out->set = mem_alloc_zero ("force sets", 2 * N_BINS + 1, sizeof *out->set);
  enum status st = gravity_create (gravity_options, &out->gravity);
  return status_agree (comm, out->set ? st : ST_MEMORY, NULL);
}

void step_free (struct stepper *s)
{
  if (s->set)
    drop_sets (s);
  gravity_free (&s->gravity);
  mem_free (&s->set);
  mem_free (&s->order);
  regions_free (&s->regions);
}
