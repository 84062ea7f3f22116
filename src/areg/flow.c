/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The time-transformed leapfrog.
 *
 * With the logarithmic Hamiltonian (Mikkola & Tanikawa 1999, Preto & Tremaine 1999)
 *     dt = h / (T + B + gamma) while links move,    dt = h / (U + gamma) while they are kicked,
 * B = U - T being the binding energy, the leapfrog follows a two-body orbit exactly but for its phase, whatever the
 * eccentricity, and its error is a series in h^2, which extrapolation.c exploits. gamma is zero for bound systems.
 * B is never reset to U - T: it is what keeps the energy of a tight pair from drifting through round-off.
 *
 * Forces that depend on velocity (Hellstrom & Mikkola 2010) need an auxiliary copy w of the velocities: w is kicked
 * half-way with the forces at v, v all the way with those at w, w the other half with those at the new v. Spins go
 * with velocities. (Kicking w before v and after it in turn is symmetric over two sub-steps and spares a third of the
 * evaluations, but the doubled step in the error series doubled the number of steps.)
 *
 * All is kept as increments from the start of the step in compensated sums.
 */
#include "areg_impl.h"
#include "pn.h"
#include <math.h>
#include <string.h>

/* hi + lo += c rate; out = base + hi. */
AREG_MANY_TARGETS
static void vector_advance (int n, double c, const double *restrict rate, const double *restrict base,
                            double *restrict hi, double *restrict lo, double *restrict out)
{
  for (int i = 0; i < n; i++) {
    const double a = c * rate[i] + lo[i], s = hi[i] + a, t = s - hi[i];
    lo[i] = (hi[i] - (s - t)) + (a - t);
    hi[i] = s;
    out[i] = base[i] + s;
  }
}

int areg_flow_has_pn (const struct areg *g, const struct areg_state *st)
{
  return g->units.c > 0 && g->options.pn_terms != AREG_PN_NONE
         && (st->s.n_holes > 1 || areg_flow_stars_have_pn (g, st));
}

int areg_flow_stars_have_pn (const struct areg *g, const struct areg_state *st)
{
  return g->units.c > 0 && (g->options.pn_terms & AREG_PN_STARS) && st->s.n_holes > 0 && st->s.n > st->s.n_holes;
}

/* sum of m v over whole lanes; the padding has no mass. */
AREG_INLINE double weighted_sum (int n, const double *m, const double *v)
{
  lanes s = { 0 };
  for (int b = 0; b < n; b += AREG_LANES)
    s += lanes_load (m + b) * lanes_load (v + b);
  return lanes_sum (s);
}

/* Takes the velocity of the centre of mass out of body velocities; the kinetic energy. */
AREG_MANY_TARGETS
static double about_centre (const struct areg_state *st, double *bodies, int bs)
{
  const int n = st->s.n;
  lanes sum = { 0 };
  for (int c = 0; c < 3; c++) {
    double *v = bodies + c * bs;
    const double mean = weighted_sum (n, st->m, v) / st->s.mass;
    for (int b = 0; b < n; b++)
      v[b] -= mean;
    for (int b = 0; b < n; b += AREG_LANES) {
      const lanes w = lanes_load (v + b);
      sum += lanes_load (st->m + b) * (w * w);
    }
  }
  return 0.5 * lanes_sum (sum);
}

double areg_flow_velocities (const struct areg *g, const struct areg_state *st, const double *p, double *bodies)
{
  areg_links_walk (st, p, bodies, g->body_stride);
  return about_centre (st, bodies, g->body_stride);
}

/* Beyond the last body: far away, so that pairs with the massless padding are harmless. */
static void padding_fill (struct areg *g, int n)
{
  for (int c = 0; c < 3; c++)
    for (int b = n; b < n + AREG_LANES; b++)
      g->pos[c * g->body_stride + b] = 1e30;
}

/* Positions of bodies at links q into g->pos, and what else the pair sums need. */
static void places (struct areg *g, const struct areg_state *st, const double *q)
{
  areg_links_walk (st, q, g->pos, g->body_stride);
  areg_links_near (st, q, g->near_d);
  padding_fill (g, st->s.n);
}

/* Newtonian accelerations at the places into g->acc, of the pairs of rows first to last. Returns the potential. */
static double newton (struct areg *g, const struct areg_state *st, int first, int last)
{
  const int bs = g->body_stride;
  const struct areg_pairs pairs = {
    .n = st->s.n, .n_holes = st->s.n_holes, .first = first, .last = last, .body_stride = bs, .m = st->m, .mu = st->mu,
    .x = g->pos, .y = g->pos + bs, .z = g->pos + 2 * bs,
    .soft_stars = g->units.soft_stars, .soft_rest = g->units.soft_rest,
    .near_start = st->near_start, .near_j = st->near_j, .near_d = g->near_d };
  return areg_share_forces (g, &pairs);
}

/* Link rates from body accelerations; those of the centre of mass are given. */
static void link_rates (const struct areg *g, const struct areg_state *st, const double *acc, const double cm[3],
                        double *rate)
{
  const int n = st->s.n, S = st->s.stride, bs = g->body_stride, root = st->s.root;
  const int *parent = st->parent;
  for (int c = 0; c < 3; c++) {
    const double *a = acc + c * bs;
    double *r = rate + c * S;
    for (int b = 0; b < n; b++)
      r[b] = b == root ? cm[c] : a[b] - a[parent[b]];
  }
}

static inline int pn_pair (int i, int j) { return j * (j - 1) / 2 + i; }

/* Separations x_i - x_j of the pairs of holes, near ones along their links. */
static void hole_separations (struct areg *g, const struct areg_state *st)
{
  const int nh = st->s.n_holes, bs = g->body_stride;
  double (*sep)[3] = (double (*)[3]) g->pn_sep;
  for (int j = 1; j < nh; j++)
    for (int i = 0; i < j; i++)
      for (int c = 0; c < 3; c++)
        sep[pn_pair (i, j)][c] = g->pos[c * bs + i] - g->pos[c * bs + j];
  for (int i = 0; i < nh; i++)
    for (int k = st->near_start[i]; k < st->near_start[i + 1]; k++) {
      const int j = st->near_j[k];
      if (j < nh)
        for (int c = 0; c < 3; c++)
          sep[pn_pair (i, j)][c] = -g->near_d[3 * k + c];
    }
}

/* Separations of each hole from all bodies, as pn_cloud wants them. */
static void star_separations (struct areg *g, const struct areg_state *st)
{
  const int nh = st->s.n_holes, bs = g->body_stride, n = st->s.n;
  for (int i = 0; i < nh; i++)
    for (int c = 0; c < 3; c++) {
      double *sep = g->pn_star_sep + (3 * (size_t) i + c) * bs;
      const double *x = g->pos + c * bs, at = x[i];
      for (int j = 0; j < n; j++)
        sep[j] = at - x[j];
      for (int j = n; j < bs; j++)
        sep[j] = 1e200;
      sep[i] = 1e200;
    }
  for (int i = 0; i < nh; i++)
    for (int k = st->near_start[i]; k < st->near_start[i + 1]; k++)
      for (int c = 0; c < 3; c++) {
        const int j = st->near_j[k];
        g->pn_star_sep[(3 * (size_t) i + c) * bs + j] = -g->near_d[3 * k + c];
        if (j < nh)
          g->pn_star_sep[(3 * (size_t) j + c) * bs + i] = g->near_d[3 * k + c];
      }
}

/* The post-Newtonian view of the holes at velocities `vel` (body array), centre of mass moving with `cm`. Velocities
 * are those in the caller's frame: post-Newtonian forces are Lorentz, not Galilei invariant. */
static struct pn_system pn_view (struct areg *g, const struct areg_state *st, const double *vel, const double *y)
{
  const int nh = st->s.n_holes, bs = g->body_stride, S = st->s.stride, root = st->s.root;
  const double *cm = y + Y_LINKS + 3 * S + root, *spin = y + Y_LINKS + 6 * S;
  const int spinning = g->options.pn_terms & AREG_PN_SPIN;
  for (int i = 0; i < nh; i++)
    for (int c = 0; c < 3; c++) {
      g->pn_v[3 * i + c] = vel[c * bs + i] + (cm[c * S] + g->units.com_v[c] / g->units.velocity);
      g->pn_spin[3 * i + c] = spin[3 * i + c];
    }
  return (struct pn_system) { .G = g->units.G, .c = g->units.c, .terms = (unsigned) g->options.pn_terms, .n = nh,
                              .m = st->m, .v = (const double (*)[3]) g->pn_v,
                              .spin = spinning ? (const double (*)[3]) g->pn_spin : NULL,
                              .separation = (const double (*)[3]) g->pn_sep,
                              .radiates = g->options.pn_terms & AREG_PN_PARTNERS ? g->pn_partners : NULL };
}

/* Adds 1PN of holes and stars to the accelerations `total` (Newton's are in g->acc) and to `cm` times mass; the power
 * on the internal motion. */
static double pn_stars (struct areg *g, const struct areg_state *st, const double *vel, const double *y,
                        double *total, double cm[3])
{
  const int n = st->s.n, bs = g->body_stride, S = st->s.stride;
  const double *mean = y + Y_LINKS + 3 * S + st->s.root;
  double power = 0, *v = g->pn_star_v, *a = v + 3 * bs;
  for (int c = 0; c < 3; c++) {
    const double frame = mean[c * S] + g->units.com_v[c] / g->units.velocity;
    for (int b = 0; b < n; b++)
      v[c * bs + b] = vel[c * bs + b] + frame;
  }
  const struct pn_cloud cloud = { .c = g->units.c, .n = n, .n_holes = st->s.n_holes, .stride = bs, .mu = st->mu,
                                  .v = v, .newton = g->acc, .separation = g->pn_star_sep };
  areg_pn_cloud_accelerations (&cloud, a + 3 * bs, a);
  for (int c = 0; c < 3; c++)
    for (int b = 0; b < n; b++) {
      const double by = a[c * bs + b];
      total[c * bs + b] += by;
      cm[c] += st->m[b] * by;
      power += st->m[b] * vel[c * bs + b] * by;
    }
  return power;
}

/* Link and spin rates at velocities `vel`, Newton (in g->acc) included, into `rate`; returns the power of the
 * velocity-dependent forces on the internal motion. */
static double pn_rates (struct areg *g, const struct areg_state *st, const double *vel, const double *y, double *rate)
{
  const int nh = st->s.n_holes, S = st->s.stride, bs = g->body_stride, stars = areg_flow_stars_have_pn (g, st);
  struct pn_system system = pn_view (g, st, vel, y);
  double (*a)[3] = (double (*)[3]) g->pn_a, *total = g->pn_acc;
  if (stars)
    system.terms &= ~(unsigned) AREG_PN1;
  memset (a, 0, (size_t) nh * sizeof *a);
  memset (g->pn_rate, 0, 3 * (size_t) nh * sizeof (double));
  areg_pn_accelerations (&system, g->pn_scratch, a, system.spin ? (double (*)[3]) g->pn_rate : NULL);
  memcpy (total, g->acc, 3 * (size_t) bs * sizeof *total);
  double power = 0, cm[3] = { 0, 0, 0 };
  for (int c = 0; c < 3; c++)
    for (int i = 0; i < nh; i++) {
      total[c * bs + i] += a[i][c];
      cm[c] += st->m[i] * a[i][c];
      power += st->m[i] * vel[c * bs + i] * a[i][c];
    }
  if (stars)
    power += pn_stars (g, st, vel, y, total, cm);
  for (int c = 0; c < 3; c++)
    cm[c] /= st->s.mass;
  link_rates (g, st, total, cm, rate);
  memcpy (rate + 3 * S, g->pn_rate, 3 * (size_t) nh * sizeof (double));
  return power;
}

/* Marks the pairs of holes of which each is the other's most tightly bound, by energy over reduced mass, at the
 * state: the same throughout a step. Body velocities are in g->vel. */
static void partners_mark (struct areg *g, const struct areg_state *st)
{
  const int nh = st->s.n_holes, bs = g->body_stride;
  int *partner = g->int_scratch;
  places (g, st, areg_q (st, st->hi));
  hole_separations (g, st);
  const double (*sep)[3] = (const double (*)[3]) g->pn_sep;
  for (int i = 0; i < nh; i++) {
    double least = INFINITY;
    for (int j = 0; j < nh; j++) {
      double x2 = 0, v2 = 0;
      if (j == i)
        continue;
      for (int c = 0; c < 3; c++) {
        const double x = sep[i < j ? pn_pair (i, j) : pn_pair (j, i)][c], v = g->vel[c * bs + i] - g->vel[c * bs + j];
        x2 += x * x;
        v2 += v * v;
      }
      const double energy = 0.5 * v2 - (st->mu[i] + st->mu[j]) / sqrt (x2);
      if (energy < least) {
        least = energy;
        partner[i] = j;
      }
    }
  }
  for (int j = 1; j < nh; j++)
    for (int i = 0; i < j; i++)
      g->pn_partners[pn_pair (i, j)] = partner[i] == j && partner[j] == i;
}

/* One row under way. */
struct row
{
  struct areg *g;
  const struct areg_state *st;
  double *hi, *lo;        /* increments */
  double *now;            /* base + increments */
  int pn, spins;          /* velocity-dependent forces; length of the spins */
  int merging;            /* watch out for mergers */
  double kinetic;
  double closest;
};

static void scalar_advance (struct row *r, int at, double by)
{
  double e;
  r->hi[at] = areg_two_sum (r->hi[at], by + r->lo[at], &e);
  r->lo[at] = e;
  r->now[at] = r->st->hi[at] + r->hi[at];
}

static int drift (struct row *r, double h)
{
  const int S = r->st->s.stride;
  const double w = r->kinetic + r->now[Y_BINDING] + r->st->s.gamma;
  if (!(w > 0) || !isfinite (w))
    return 1;
  const double dt = h / w;
  scalar_advance (r, Y_TIME, dt);
  vector_advance (3 * S, dt, r->now + Y_LINKS + 3 * S, r->st->hi + Y_LINKS, r->hi + Y_LINKS, r->lo + Y_LINKS,
                  r->now + Y_LINKS);
  return 0;
}

/* Kicks v with the forces at w. */
static void kick_v (struct row *r, double dt)
{
  struct areg *g = r->g;
  const int S = r->st->s.stride, from = Y_LINKS + 3 * S;
  areg_flow_velocities (g, r->st, g->aux + from, g->aux_vel);
  const double power = pn_rates (g, r->st, g->aux_vel, g->aux, g->link_rate);
  vector_advance (3 * S + r->spins, dt, g->link_rate, r->st->hi + from, r->hi + from, r->lo + from, r->now + from);
  scalar_advance (r, Y_BINDING, -dt * power);
  scalar_advance (r, Y_TOTAL, -dt * power);
}

/* Kicks w with the forces at v, whose body velocities are in g->vel. */
static void kick_w (struct row *r, double dt)
{
  struct areg *g = r->g;
  const int S = r->st->s.stride, from = Y_LINKS + 3 * S;
  pn_rates (g, r->st, g->vel, r->now, g->link_rate);
  vector_advance (3 * S + r->spins, dt, g->link_rate, r->st->hi + from, g->aux_base + from, g->aux_lo + from,
                  g->aux + from);
}

/* Adds the star-star accelerations expected at a time since the step began; they stay in g->star_acc. */
static void stars_add (struct areg *g, const struct areg_state *st, double t)
{
  const int n = st->s.n, bs = g->body_stride, first = st->s.n_holes;
  const double *restrict p0 = g->stars_poly, *restrict p1 = p0 + 3 * bs, *restrict p2 = p1 + 3 * bs,
               *restrict p3 = p2 + 3 * bs;
  for (int c = 0; c < 3; c++)
    for (int b = c * bs + first; b < c * bs + n; b++) {
      const double a = p0[b] + t * (p1[b] + t * (p2[b] + t * p3[b]));
      g->star_acc[b] = a;
      g->acc[b] += a;
    }
}

/* The power of those accelerations on the body velocities in g->vel. */
static double stars_power (const struct areg *g, const struct areg_state *st)
{
  const int n = st->s.n, bs = g->body_stride, first = st->s.n_holes;
  double power = 0;
  for (int b = first; b < n; b++) {
    double p = 0;
    for (int c = 0; c < 3; c++)
      p += g->star_acc[c * bs + b] * g->vel[c * bs + b];
    power += st->m[b] * p;
  }
  return power;
}

/* How close holes have come, in units of their merger radius. */
static void closest_note (struct row *r)
{
  const struct areg *g = r->g;
  const double (*sep)[3] = (const double (*)[3]) g->pn_sep;
  for (int j = 1; j < r->st->s.n_holes; j++)
    for (int i = 0; i < j; i++) {
      const double *d = sep[pn_pair (i, j)], reach = areg_merge_reach (g, r->st, i, j);
      const double q = (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) / (reach * reach);
      if (q < r->closest)
        r->closest = q;
    }
}

static int kick (struct row *r, double h)
{
  struct areg *g = r->g;
  const int S = r->st->s.stride, from = Y_LINKS + 3 * S;
  places (g, r->st, r->now + Y_LINKS);
  const double U = newton (g, r->st, 0, r->st->s.split ? r->st->s.n_holes : r->st->s.n), w = U + r->st->s.gamma;
  if (!(w > 0) || !isfinite (w))
    return 1;
  const double dt = h / w;
  double power = 0;
  if (r->st->s.split) {
    stars_add (g, r->st, r->hi[Y_TIME]);
    power = stars_power (g, r->st);
  }
  if (r->pn || r->merging)
    hole_separations (g, r->st);
  if (r->pn && areg_flow_stars_have_pn (g, r->st))
    star_separations (g, r->st);
  if (r->merging)
    closest_note (r);
  if (r->pn) {
    kick_w (r, 0.5 * dt);
    kick_v (r, dt);
  } else {
    const double cm[3] = { 0, 0, 0 };
    link_rates (g, r->st, g->acc, cm, g->link_rate);
    vector_advance (3 * S, dt, g->link_rate, r->st->hi + from, r->hi + from, r->lo + from, r->now + from);
  }
  r->kinetic = areg_flow_velocities (g, r->st, r->now + from, g->vel);
  if (r->st->s.split)
    scalar_advance (r, Y_BINDING, -0.5 * dt * (power + stars_power (g, r->st)));
  if (r->pn)
    kick_w (r, 0.5 * dt);
  return 0;
}

int areg_flow_row (struct areg *g, const struct areg_state *st, double H, int n, double *row_hi, double *row_lo)
{
  const size_t bytes = (size_t) st->s.length * sizeof (double);
  struct row r = { .g = g, .st = st, .hi = row_hi, .lo = row_lo, .now = g->work, .kinetic = st->s.kinetic };
  r.pn = areg_flow_has_pn (g, st);
  r.merging = areg_merge_possible (g, st);
  r.closest = 1e300;
  r.spins = (g->options.pn_terms & AREG_PN_SPIN) ? 3 * st->s.n_holes : 0;
  memset (row_hi, 0, bytes);
  memset (row_lo, 0, bytes);
  memcpy (r.now, st->hi, bytes);
  if (r.pn) {
    memset (g->aux_base, 0, bytes);
    memset (g->aux_lo, 0, bytes);
    memcpy (g->aux, st->hi, bytes);
  }
  if (r.pn || st->s.split)
    areg_flow_velocities (g, st, areg_p (st, st->hi), g->vel);
  if (r.pn && (g->options.pn_terms & AREG_PN_PARTNERS))
    partners_mark (g, st);
  const double h = H / n;
  int bad = drift (&r, 0.5 * h);
  for (int i = 0; i < n && !bad; i++) {
    bad = kick (&r, h);
    if (!bad)
      bad = drift (&r, i + 1 < n ? h : 0.5 * h);
  }
  row_hi[Y_CLOSEST] = r.closest;
  return bad;
}

void areg_flow_exact (struct areg *g, struct areg_state *st)
{
  const int bs = g->body_stride, n = st->s.n, apart = areg_stars_apart (g, st);
  if (st->s.exact_valid)
    return;
  st->s.exact_valid = 1;
  st->s.count.force_evaluations++;
  st->s.potential_lo = st->s.kinetic_lo = 0;
  if (areg_few_two (g, st)) {
    areg_few_exact (g, st);
    st->s.potential_stars = 0;
    st->s.stars_valid = 1;
    return;
  }
  places (g, st, areg_q (st, st->hi));
  if (apart && !st->s.stars_valid) {
    st->s.potential_stars = newton (g, st, st->s.n_holes, n);
    areg_stars_note (g, st, g->acc);
  }
  if (!apart)
    st->s.potential_stars = 0;
  st->s.stars_valid = 1;
  st->s.potential = newton (g, st, 0, apart ? st->s.n_holes : n);
  st->s.kinetic = areg_flow_velocities (g, st, areg_p (st, st->hi), g->vel);
  double rate = 0;
  for (int c = 0; c < 3; c++)
    for (int b = 0; b < n; b++)
      rate += st->m[b] * g->acc[c * bs + b] * g->vel[c * bs + b];
  st->s.rate = rate;
}

double areg_flow_time_rate (const struct areg_state *st)
{
  return st->s.potential + (st->s.split ? 0 : st->s.potential_stars) + st->s.gamma;
}

double areg_flow_step_of (const struct areg_state *st, double dt)
{
  const double w = areg_flow_time_rate (st), change = 0.5 * st->s.rate * dt / w;
  return w * fabs (dt) * (change > -0.5 ? fmin (1 + change, 2) : 0.5);
}

double areg_flow_energy_off (const struct areg_state *st)
{
  double e1, e2;
  const double U = st->s.potential + st->s.potential_stars;
  const double off = areg_two_sum (areg_two_sum (st->s.kinetic, -U, &e1), st->hi[Y_TOTAL], &e2);
  return off + ((e1 + e2) + (st->s.kinetic_lo - st->s.potential_lo + st->lo[Y_TOTAL]));
}

void areg_flow_energy_set (struct areg_state *st)
{
  double e;
  const double B = areg_two_sum (st->s.potential + st->s.potential_stars, -st->s.kinetic, &e);
  st->hi[Y_TOTAL] = areg_two_sum (B, e + (st->s.potential_lo - st->s.kinetic_lo), &st->lo[Y_TOTAL]);
  st->hi[Y_BINDING] = st->hi[Y_TOTAL];
  st->lo[Y_BINDING] = st->lo[Y_TOTAL];
}
