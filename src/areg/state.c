/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory, and the two doors between the caller's bodies and the state.
 *
 * Units are powers of two near the system's own mass, radius and free-fall speed: conversion is exact in both
 * directions, and what remains of G is folded into G m. The centre of mass is taken out at load, so that neither
 * its place nor its velocity can cost digits or steps; links are formed from the caller's differences before that.
 * Slots are sorted by (kind, id), so that the caller's order has no influence on any bit.
 */
#include "areg_impl.h"
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A piece of the one block, 64-byte aligned; with `base` NULL only counts. */
static void *piece (char *base, size_t *used, size_t bytes)
{
  void *p = base ? base + *used : NULL;
  *used += (bytes + 63) / 64 * 64;
  return p;
}

static void state_place (struct areg_state *st, char *base, size_t *used, size_t n, size_t length, size_t bodies)
{
  const size_t pad = n + 2 * AREG_LANES;
  st->hi = piece (base, used, length * sizeof (double));
  st->lo = piece (base, used, length * sizeof (double));
  st->m = piece (base, used, pad * sizeof (double));
  st->mu = piece (base, used, pad * sizeof (double));
  st->radius = piece (base, used, pad * sizeof (double));
  st->past = piece (base, used, AREG_PAST * bodies);
  st->id = piece (base, used, n * sizeof (uint64_t));
  st->kind = piece (base, used, n * sizeof (int));
  st->index = piece (base, used, n * sizeof (int));
  st->parent = piece (base, used, n * sizeof (int));
  st->walk = piece (base, used, n * sizeof (int));
  st->near_start = piece (base, used, (n + 1) * sizeof (int));
  st->near_j = piece (base, used, 4 * n * sizeof (int));
  st->near_kind = piece (base, used, 4 * n * sizeof (int));
}

static void vectors_place (struct areg *g, char *base, size_t *used, size_t length)
{
  double **const single[] = { &g->work, &g->aux, &g->aux_lo, &g->aux_base, &g->link_rate, &g->correction,
                            &g->backup_hi, &g->backup_lo };
  for (size_t i = 0; i < sizeof single / sizeof *single; i++)
    *single[i] = piece (base, used, length * sizeof (double));
  for (int k = 0; k < AREG_ROWS; k++) {
    g->row_hi[k] = piece (base, used, 2 * length * sizeof (double)); /* row_lo[k] follows, from step to step */
    g->table[k] = piece (base, used, length * sizeof (double));
  }
  g->share = piece (base, used, (size_t) areg_share_size (g->group.size, 2 * (int64_t) length) * sizeof (double));
}

static void scratch_place (struct areg *g, char *base, size_t *used, size_t n)
{
  const size_t bodies = 3 * (size_t) g->body_stride * sizeof (double);
  double **const single[] = { &g->pos, &g->vel, &g->star_acc, &g->pn_acc, &g->aux_vel };
  for (size_t i = 0; i < sizeof single / sizeof *single; i++)
    *single[i] = piece (base, used, bodies);
  g->part_stride = 3 * g->body_stride + AREG_LANES;
  g->acc = piece (base, used, (n > 128 ? AREG_PARTS : 1) * (size_t) g->part_stride * sizeof (double));
  g->stars_poly = piece (base, used, AREG_PAST * bodies);
  g->near_d = piece (base, used, 12 * n * sizeof (double));
  g->int_scratch = piece (base, used, 4 * n * sizeof (int));
  g->bodies_scratch = piece (base, used, n * sizeof (struct areg_body));
  g->low_scratch = piece (base, used, 3 * n * sizeof (double));
  g->star_spin = piece (base, used, 3 * n * sizeof (double));
  g->refused.bodies = piece (base, used, n * sizeof (struct areg_body));
  g->refused.low = piece (base, used, 3 * n * sizeof (double));
  g->mergers = piece (base, used, n * sizeof (struct areg_merger));
  g->events = piece (base, used, n * sizeof (struct areg_event));
}

static void all_place (struct areg *g, char *base, size_t *used)
{
  const size_t n = (size_t) g->capacity, S = (size_t) areg_round_lanes (g->capacity);
  const size_t length = Y_LINKS + 6 * S + (size_t) areg_round_lanes (3 * g->capacity);
  struct areg_state *const states[] = { &g->now, &g->saved, &g->start, &g->probe };
  for (int i = 0; i < 4; i++)
    state_place (states[i], base, used, n, length, 3 * (size_t) g->body_stride * sizeof (double));
  vectors_place (g, base, used, length);
  scratch_place (g, base, used, n);
}

int areg_state_allocate (struct areg *g)
{
  size_t bytes = 0, used = 0;
  g->body_stride = areg_round_lanes (g->capacity) + 2 * AREG_LANES;
  all_place (g, NULL, &bytes);
  g->block = calloc (1, bytes + 64); /* zeros that cost nothing until they are touched: capacity may be generous */
  if (!g->block)
    return 1;
  all_place (g, (char *) g->block + (64 - (uintptr_t) g->block % 64), &used);
  return 0;
}

void areg_state_copy (const struct areg *g, struct areg_state *to, const struct areg_state *from)
{
  const size_t n = (size_t) from->s.n, length = (size_t) from->s.length;
  const size_t padded = n + AREG_LANES;
  to->s = from->s;
  if (from->s.past_count > 0)
    memcpy (to->past, from->past, AREG_PAST * 3 * (size_t) g->body_stride * sizeof (double));
  memcpy (to->hi, from->hi, length * sizeof (double));
  memcpy (to->lo, from->lo, length * sizeof (double));
  memcpy (to->m, from->m, padded * sizeof (double));
  memcpy (to->mu, from->mu, padded * sizeof (double));
  memcpy (to->radius, from->radius, n * sizeof (double));
  memcpy (to->id, from->id, n * sizeof (uint64_t));
  memcpy (to->kind, from->kind, n * sizeof (int));
  memcpy (to->index, from->index, n * sizeof (int));
  memcpy (to->parent, from->parent, n * sizeof (int));
  memcpy (to->walk, from->walk, n * sizeof (int));
  memcpy (to->near_start, from->near_start, (n + 1) * sizeof (int));
  memcpy (to->near_j, from->near_j, (size_t) from->near_start[n] * sizeof (int));
  memcpy (to->near_kind, from->near_kind, (size_t) from->near_start[n] * sizeof (int));
}

void areg_state_layout (struct areg_state *st)
{
  st->s.stride = areg_round_lanes (st->s.n);
  st->s.length = Y_LINKS + 6 * st->s.stride + areg_round_lanes (3 * st->s.n_holes);
}

void areg_state_mass (struct areg_state *st)
{
  st->s.mass = 0;
  for (int b = 0; b < st->s.n; b++)
    st->s.mass += st->m[b];
}

double areg_state_time (const struct areg *g, const struct areg_state *st)
{
  return g->units.t_load + g->units.time * (st->hi[Y_TIME] + st->lo[Y_TIME]);
}

static double power_of_two (double x)
{
  if (!(x > 0) || !isfinite (x))
    return 1;
  int e;
  frexp (x, &e);
  return ldexp (1, e < DBL_MAX_EXP ? e : DBL_MAX_EXP - 1);
}

static int body_refuse (struct areg *g, const struct areg_body *b, const char *what)
{
  snprintf (g->message, sizeof g->message, "body %llu %s", (unsigned long long) b->id, what);
  return AREG_BAD_BODY;
}

static int finite_3 (const double v[3]) { return isfinite (v[0]) && isfinite (v[1]) && isfinite (v[2]); }

/* |chi| > 1; in long double, where neither squares of masses nor products with c leave the range. */
static int spins_too_fast (const struct areg_options *o, const struct areg_body *b)
{
  const long double S = hypot (hypot (b->spin[0], b->spin[1]), b->spin[2]), most = (long double) o->G * b->m * b->m;
  return o->c > 0 && b->kind == AREG_HOLE && S * o->c > most * (1 + 1e-9L);
}

/* AREG_OK, or the first wrong body is named. */
static int bodies_check (struct areg *g, const struct areg_body *bodies, const double (*x_low)[3], int n)
{
  for (int i = 0; i < n; i++) {
    const struct areg_body *b = &bodies[i];
    const char *what
      = !finite_3 (b->x) || !finite_3 (b->v) || !finite_3 (b->spin) || (x_low && !finite_3 (x_low[i]))
          ? "has a coordinate, velocity or spin that is not finite"
        : !(b->m > 0) || !isfinite (b->m) ? "has a mass that is not above zero and finite"
        : b->kind != AREG_STAR && b->kind != AREG_HOLE ? "is neither star nor hole"
        : !(b->radius >= 0) || !isfinite (b->radius) ? "has a radius that is negative or not finite"
        : spins_too_fast (&g->options, b) ? "spins faster than a black hole can (|chi| > 1)" : NULL;
    if (what)
      return body_refuse (g, b, what);
  }
  return AREG_OK;
}

struct sort_key { int kind, index; uint64_t id; };

static int sort_compare (const void *pa, const void *pb)
{
  const struct sort_key *a = pa, *b = pb;
  if (a->kind != b->kind)
    return a->kind == AREG_HOLE ? -1 : 1;
  if (a->id != b->id)
    return a->id < b->id ? -1 : 1;
  return a->index < b->index ? -1 : 1;
}

/* Slots by (holes first, id) into st->index. Heap sort: in place, no memory, no bad case. */
static void slots_sort (const struct areg_body *bodies, int n, int *index)
{
#define KEY(i) (struct sort_key) { bodies[i].kind, i, bodies[i].id }
  for (int i = 0; i < n; i++)
    index[i] = i;
  for (int start = n / 2 - 1, end = n; end > 1;) {
    int at;
    if (start >= 0)
      at = start--;
    else {
      end--;
      const int swap = index[end];
      index[end] = index[0];
      index[0] = swap;
      at = 0;
    }
    for (int child = 2 * at + 1; child < end; child = 2 * at + 1) {
      struct sort_key kc = KEY (index[child]);
      if (child + 1 < end) {
        const struct sort_key kd = KEY (index[child + 1]);
        if (sort_compare (&kc, &kd) < 0) {
          kc = kd;
          child++;
        }
      }
      const struct sort_key ka = KEY (index[at]);
      if (sort_compare (&ka, &kc) >= 0)
        break;
      const int swap = index[at];
      index[at] = index[child];
      index[child] = swap;
      at = child;
    }
  }
#undef KEY
}

/* An id that comes twice: holes and stars are each in order of id. The body's index, or -1. */
static int twin_find (const struct areg_state *st, const struct areg_body *bodies)
{
  const int n = st->s.n, nh = st->s.n_holes, *at = st->index;
  for (int h = 0, s = nh; h < nh || s < n;) {
    const uint64_t id = h < nh ? bodies[at[h]].id : 0, other = s < n ? bodies[at[s]].id : 0;
    const int take_hole = h < nh && (s == n || id <= other), here = take_hole ? h : s;
    if (h < nh && s < n && id == other)
      return at[here];
    if (here != 0 && here != nh && bodies[at[here]].id == bodies[at[here - 1]].id)
      return at[here];
    h += take_hole;
    s += !take_hole;
  }
  return -1;
}

/* Centre of mass in the caller's units, relative to the heaviest body `ref` to keep digits; radius about it. Masses
 * and lengths are scaled by powers of two, which rounds nothing and keeps products and squares in range. */
static void centre_of_mass (struct areg *g, const struct areg_state *st, const struct areg_body *bodies, int ref,
                            double *mass, double *radius)
{
  const int n = st->s.n;
  double total = 0, square = 0, far = 0, x[3] = { 0, 0, 0 }, v[3] = { 0, 0, 0 };
  for (int s = 0; s < n; s++)
    for (int k = 0; k < 3; k++)
      far = fmax (far, fabs (bodies[s].x[k] - bodies[ref].x[k]));
  const double unit = power_of_two (bodies[ref].m), length = power_of_two (far);
  for (int s = 0; s < n; s++) {
    const struct areg_body *b = &bodies[st->index[s]];
    const double m = b->m / unit;
    total += m;
    for (int k = 0; k < 3; k++) {
      const double d = (b->x[k] - bodies[ref].x[k]) / length;
      x[k] += m * d;
      v[k] += m * (b->v[k] - bodies[ref].v[k]);
      square += m * d * d;
    }
  }
  for (int k = 0; k < 3; k++) {
    g->units.com_x[k] = bodies[ref].x[k] + x[k] / total * length;
    g->units.com_v[k] = bodies[ref].v[k] + v[k] / total;
  }
  *mass = total * unit;
  *radius = sqrt (square / total) * length;
}

/* The spline's support in internal units; 0 where it is so small that its cube would leave the range. */
static double support (double epsilon, double length)
{
  const double h = 2.8 * epsilon / length;
  return h < 1e-60 ? 0 : h;
}

/* 0 if one of the units, or of what is made of them, leaves the range of doubles. */
static int units_choose (struct areg *g, double mass, double radius)
{
  struct areg_units *u = &g->units;
  u->mass = power_of_two (mass);
  u->length = power_of_two (radius);
  u->velocity = power_of_two (sqrt (g->options.G * (u->mass / u->length) * (mass / u->mass)));
  u->time = u->length / u->velocity;
  u->G = g->options.G / u->velocity * (u->mass / u->length) / u->velocity;
  u->c = g->options.c / u->velocity;
  u->soft_stars = support (g->options.star_star_softening, u->length);
  u->soft_rest = support (g->options.softening, u->length);
  const double made[] = { u->mass, u->length, u->velocity, u->time, u->G, u->mass * u->length * u->velocity,
                          u->mass * u->velocity * u->velocity };
  for (size_t i = 0; i < sizeof made / sizeof *made; i++)
    if (!isnormal (made[i]) || !isfinite (1 / made[i]))
      return 0;
  return isfinite (u->c) && isfinite (u->soft_stars) && isfinite (u->soft_rest) && finite_3 (u->com_x)
         && finite_3 (u->com_v);
}

/* The bodies as a star-shaped tree around the heaviest one, which links_build turns into the real one. */
static void links_first (struct areg *g, struct areg_state *st, const struct areg_body *bodies,
                         const double (*x_low)[3], int root)
{
  const int n = st->s.n, S = st->s.stride;
  const struct areg_body *r = &bodies[st->index[root]];
  const double spin_unit = g->units.mass * g->units.length * g->units.velocity;
  int k = 1;
  st->s.root = root;
  st->walk[0] = root;
  for (int s = 0; s < n; s++) {
    const struct areg_body *b = &bodies[st->index[s]];
    st->parent[s] = s == root ? -1 : root;
    if (s != root)
      st->walk[k++] = s;
    for (int c = 0; c < 3; c++) {
      const int q = Y_LINKS + c * S + s, p = q + 3 * S;
      double e, f;
      const double low = x_low ? x_low[st->index[s]][c] - x_low[st->index[root]][c] : 0;
      const double sum = areg_two_sum (b->x[c], -r->x[c], &e), dx = areg_two_sum (sum, e + low, &e);
      const double dv = areg_two_sum (b->v[c], -r->v[c], &f);
      st->hi[q] = s == root ? 0 : dx / g->units.length;
      st->lo[q] = s == root ? 0 : e / g->units.length;
      st->hi[p] = s == root ? 0 : dv / g->units.velocity;
      st->lo[p] = s == root ? 0 : f / g->units.velocity;
      if (s < st->s.n_holes)
        st->hi[Y_LINKS + 6 * S + 3 * s + c] = b->spin[c] / spin_unit;
    }
  }
}

static void slots_fill (struct areg *g, struct areg_state *st, const struct areg_body *bodies)
{
  const int n = st->s.n;
  for (int s = 0; s < n; s++) {
    const struct areg_body *b = &bodies[st->index[s]];
    st->id[s] = b->id;
    st->kind[s] = b->kind;
    st->m[s] = b->m / g->units.mass;
    st->mu[s] = g->units.G * st->m[s];
    st->radius[s] = b->radius / g->units.length;
  }
  areg_state_mass (st);
  for (int s = n; s < n + AREG_LANES; s++)
    st->m[s] = st->mu[s] = 0;
}

/* AREG_OK, or a body of which the units would make nothing, or too much, is named. */
static int units_check (struct areg *g, const struct areg_state *st, const struct areg_body *bodies)
{
  for (int s = 0; s < st->s.n; s++)
    if (st->m[s] * g->units.mass != bodies[st->index[s]].m
        || (s < st->s.n_holes && !finite_3 (st->hi + Y_LINKS + 6 * st->s.stride + 3 * s)))
      return body_refuse (g, &bodies[st->index[s]], "is too light, or spins too fast, for double precision");
  return AREG_OK;
}

static double link_square (const struct areg_state *st, int b)
{
  const double *q = st->hi + Y_LINKS + b;
  const int S = st->s.stride;
  return q[0] * q[0] + q[S] * q[S] + q[2 * S] * q[2 * S];
}

int areg_state_load (struct areg *g, struct areg_state *st, double t, const struct areg_body *bodies,
                     const double (*x_low)[3], int n)
{
  if (bodies_check (g, bodies, x_low, n) != AREG_OK)
    return AREG_BAD_BODY;
  memset (&st->s, 0, sizeof st->s);
  st->s.n = n;
  slots_sort (bodies, n, st->index);
  for (int s = 0; s < n; s++)
    st->s.n_holes += bodies[s].kind == AREG_HOLE;
  const int twin = twin_find (st, bodies);
  if (twin >= 0)
    return body_refuse (g, &bodies[twin], "comes twice: ids must differ");
  areg_state_layout (st);
  memset (st->hi, 0, (size_t) st->s.length * sizeof (double));
  memset (st->lo, 0, (size_t) st->s.length * sizeof (double));
  int heaviest = 0;
  for (int s = 1; s < n; s++)
    if (bodies[st->index[s]].m > bodies[st->index[heaviest]].m)
      heaviest = s;
  double mass, radius;
  centre_of_mass (g, st, bodies, st->index[heaviest], &mass, &radius);
  if (!units_choose (g, mass, radius))
    return body_refuse (g, &bodies[st->index[heaviest]], "and the others are too large, heavy or fast, or too little "
                        "so, for double precision");
  g->units.t_load = g->units.t_now = g->units.t_wanted = t;
  slots_fill (g, st, bodies);
  links_first (g, st, bodies, x_low, heaviest);
  if (units_check (g, st, bodies) != AREG_OK)
    return AREG_BAD_BODY;
  st->near_start[n] = 0;
  areg_links_build (g, st, heaviest);
  areg_flow_exact (g, st);
  if (g->group_failed)
    return AREG_GROUP_FAILED;
  areg_flow_energy_set (st);
  st->s.energy_scale = fabs (st->hi[Y_BINDING]);
  const double U = st->s.potential + st->s.potential_stars;
  if (!(st->s.energy_scale > 0))
    st->s.energy_scale = U > 0 ? U : 1;
  st->s.count.energy_start = -st->hi[Y_BINDING] * g->units.mass * g->units.velocity * g->units.velocity;
  for (int b = 0; b < n; b++)
    if (b != st->s.root && !(link_square (st, b) > 0))
      return body_refuse (g, &bodies[st->index[b]], "is where another body is, or too close to it for double "
                          "precision");
  return isfinite (U) && isfinite (st->s.kinetic) && isfinite (st->s.rate)
           ? AREG_OK : body_refuse (g, bodies, "or another one is too far away, too close or too fast for double "
                                    "precision");
}

void areg_state_spread (struct areg *g, const struct areg_state *st, double t)
{
  const int n = st->s.n, S = st->s.stride, bs = g->body_stride, root = st->s.root;
  double mass = 0;
  areg_links_walk (st, areg_q (st, st->hi), g->pos, bs);
  areg_links_walk (st, areg_p (st, st->hi), g->vel, bs);
  for (int b = 0; b < n; b++)
    mass += st->m[b];
  for (int c = 0; c < 3; c++) {
    double x = 0, v = 0;
    for (int b = 0; b < n; b++) {
      x += st->m[b] * g->pos[c * bs + b];
      v += st->m[b] * g->vel[c * bs + b];
    }
    const int q = Y_LINKS + c * S + root, p = q + 3 * S;
    g->mean_x[c] = g->units.com_x[c] + g->units.com_v[c] * (t - g->units.t_load)
                   + g->units.length * (st->hi[q] - x / mass);
    g->mean_v[c] = g->units.com_v[c] + g->units.velocity * (st->hi[p] - v / mass);
  }
}

void areg_state_body (const struct areg *g, const struct areg_state *st, int b, struct areg_body *out)
{
  const int S = st->s.stride, bs = g->body_stride;
  const double spin_unit = g->units.mass * g->units.length * g->units.velocity;
  memset (out, 0, sizeof *out); /* the gaps between members too: hosts compare bytes */
  out->m = st->m[b] * g->units.mass;
  out->id = st->id[b];
  out->kind = st->kind[b];
  out->radius = st->radius[b] * g->units.length;
  for (int c = 0; c < 3; c++) {
    out->x[c] = g->mean_x[c] + g->units.length * g->pos[c * bs + b];
    out->v[c] = g->mean_v[c] + g->units.velocity * g->vel[c * bs + b];
    out->spin[c] = b < st->s.n_holes ? spin_unit * st->hi[Y_LINKS + 6 * S + 3 * b + c]
                                     : g->star_spin[st->index[b]][c];
  }
}

/* The slots of bodies still there in the caller's order, in `slots`, which may be g->int_scratch. */
static void slots_in_order (const struct areg *g, const struct areg_state *st, int *slots)
{
  int *const slot_of = g->int_scratch + g->capacity;
  for (int i = 0; i < g->capacity; i++)
    slot_of[i] = -1;
  for (int b = 0; b < st->s.n; b++)
    slot_of[st->index[b]] = b;
  for (int i = 0, k = 0; i < g->capacity; i++)
    if (slot_of[i] >= 0)
      slots[k++] = slot_of[i];
}

void areg_state_bodies (struct areg *g, const struct areg_state *st, double t, struct areg_body *out)
{
  areg_state_spread (g, st, t);
  slots_in_order (g, st, g->int_scratch);
  for (int k = 0; k < st->s.n; k++)
    areg_state_body (g, st, g->int_scratch[k], &out[k]);
}

void areg_state_bodies_split (struct areg *g, const struct areg_state *st, double t, struct areg_body *out,
                              double (*x_low)[3])
{
  const int bs = g->body_stride;
  double *const hi = g->acc, *const lo = g->aux_vel;
  areg_state_bodies (g, st, t, out);
  areg_links_walk_split (st, st->hi + Y_LINKS, st->lo + Y_LINKS, hi, lo, bs);
  for (int k = 0; k < st->s.n; k++)
    for (int c = 0; c < 3; c++) {
      const int at = c * bs + g->int_scratch[k];
      double e;
      const double sum = areg_two_sum (g->mean_x[c], g->units.length * hi[at], &e);
      out[k].x[c] = areg_two_sum (sum, e + g->units.length * lo[at], &x_low[k][c]);
    }
}

void areg_state_bodies_relative (struct areg *g, const struct areg_state *st, double t, int origin,
                                 struct areg_body *out)
{
  const int bs = g->body_stride, S = st->s.stride;
  double *const hi = g->acc, *const lo = g->aux_vel;
  areg_state_bodies (g, st, t, out);
  for (int half = 0; half < 2; half++) {
    const double unit = half ? g->units.velocity : g->units.length;
    areg_links_walk_split (st, st->hi + Y_LINKS + 3 * S * half, st->lo + Y_LINKS + 3 * S * half, hi, lo, bs);
    for (int k = 0; k < st->s.n; k++)
      for (int c = 0; c < 3 && g->int_scratch[k] != origin; c++) {
        const int at = c * bs + g->int_scratch[k], from = c * bs + origin;
        double e;
        const double d = areg_two_sum (hi[at], -hi[from], &e);
        (half ? out[k].v : out[k].x)[c] = unit * (d + (e + (lo[at] - lo[from])));
      }
  }
}
