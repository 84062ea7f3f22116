/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long a step may be for what pairs are about to do.
 *
 * Errors tell of the step that was, and a star that will pass its hole a hundred times closer than it is now has
 * not told of it. But the pair knows: on its osculating orbit, separation vanishes at complex times, a pericentre's
 * time plus and minus i w, where
 *     w / p^(3/2) mu^(-1/2) = (artanh d - d) / d^3 (ellipse), 1/3 (parabola), (d - arctan d) / d^3 (hyperbola),
 * p being the semi-latus rectum and d^2 = |1 - e^2|: Kepler's equation at the anomaly at which r = 0. The error of an
 * extrapolated step dt hangs on dt over the distance of that singularity and on hardly anything else. Ellipses from
 * e = 0.4 on, parabolas and hyperbolas, integrated by the leapfrog and extrapolated to column k (2 to 7), all err by
 *     0.2 / (1 + e) (R / 7.6)^(2 k),    R = dt / sqrt (w^2 + (1.3 s)^2),
 * within a factor of three to ten over twelve decades, s being how far in time the pericentre lies outside the step,
 * 1 / (1 + e) how much of the motion the pair's force is to blame for. Rounder orbits err as if w were 0.6 over their
 * frequency.
 *
 * Fictitious time runs the slower the more potential the pair itself adds to that of all others. If at pericentre it
 * adds x times that, then w counts (1 + x) sqrt (1 + x / 2) times (measured from x = 0.3 to 1e4): so pairs that lead
 * the potential, which the leapfrog follows by itself, are no hindrance, and head-on falls are none.
 *
 * Looked at are the pairs of all bodies with holes, and stars with their neighbours in the tree. Softened
 * pairs that get inside their softening have no singularity. What is not foreseen (third bodies, resonances, the
 * phase of a tight pair) the errors tell as before.
 */
#include "areg_impl.h"
#include <math.h>

/* The numbers of the law above, and which part of the tolerance to aim at: a row more mends what is wrong. */
static const double blame = 0.2, scale = 7.6, outside = 1.3, widest = 0.6, aimed = 0.15;

/* Of r^2 v^2: a smaller square of the angular momentum is as good as none. */
static const double round_off = 1e-13;

/* What is asked: steps of the orders first to last. Pairs that leave order `target` the time `most` do not matter. */
struct look
{
  const struct areg_state *st;
  double sign, most, potential, allowed; /* direction of time; U; log of the error aimed at, over `blame` */
  double horizon;                        /* of a pair's dynamical time, how much the order `target` is sure of */
  int first, last;
  double *longest;
};

/* The singularities of an orbit: half their distance in time, and the times to the pericentres ahead and behind. */
struct course { double e, pericentre, width, ahead, behind; };

static double clear (double x) { return x > 0 ? x : 0; }

/* r is small against the semi-major axis. */
static void course_parabola (struct course *c, double mu, double r, double rv, double p)
{
  const double q = 0.5 * p, rise = clear (r - q), t = sqrt (2 * rise / mu) * (q + rise / 3);
  c->width = p * sqrt (p / mu) / 3;
  c->ahead = rv > 0 ? -t : t;
}

static void course_ellipse (struct course *c, double mu, double r, double rv, double A, double d)
{
  const double n = sqrt (mu / A) / A, s = rv / sqrt (mu * A), M = atan2 (s, 1 - r / A) - s;
  const double w = d < 0.1 ? d * d * d * (1.0 / 3 + 0.2 * d * d) : d < 1 ? atanh (d) - d : widest;
  c->width = (w < widest ? w : widest) / n;
  c->ahead = (M > 0 ? 2 * M_PI - M : -M) / n;
  c->behind = c->ahead - 2 * M_PI / n;
}

static void course_hyperbola (struct course *c, double mu, double r, double rv, double A, double d)
{
  const double n = sqrt (mu / A) / A, s = rv / sqrt (mu * A);
  c->width = (d < 0.1 ? d * d * d * (1.0 / 3 - 0.2 * d * d) : d - atan (d)) / n;
  c->ahead = (atanh (s / (1 + r / A)) - s) / n;
}

static struct course course_of (double mu, double r2, double v2, double rv)
{
  const double l2 = r2 * v2 - rv * rv, p = l2 > round_off * r2 * v2 ? l2 / mu : 0;
  const double r = sqrt (r2), alpha = v2 - 2 * mu / r, d2 = alpha * p / mu;
  struct course c = { .e = sqrt (clear (1 + d2)), .behind = -INFINITY };
  c.pericentre = p / (1 + c.e);
  if (fabs (alpha) * r < 1e-3 * mu)
    course_parabola (&c, mu, r, rv, p);
  else if (alpha < 0)
    course_ellipse (&c, mu, r, rv, -mu / alpha, sqrt (clear (-d2)));
  else
    course_hyperbola (&c, mu, r, rv, mu / alpha, sqrt (d2));
  return c;
}

/* The longest dt = R sqrt (w^2 + (1.3 s)^2), with the pericentre a time `at` ahead. */
static double step_longest (double R, double w, double at)
{
  const double Rw2 = R * R * w * w, c = outside * outside * R * R;
  if (at <= 0)
    return sqrt (Rw2 + c * at * at);
  return Rw2 >= at * at ? R * w : (Rw2 + c * at * at) / (c * at + sqrt (c * at * at + (1 - c) * Rw2));
}

/* Slots i < j. */
static void pair_look (struct areg *g, const struct look *l, int i, int j)
{
  const struct areg_state *st = l->st;
  const int bs = g->body_stride;
  double x[3], r2 = 0, v2 = 0, rv = 0;
  areg_separation (g, st, j, i, x);
  for (int c = 0; c < 3; c++) {
    const double v = l->sign * (g->vel[c * bs + j] - g->vel[c * bs + i]);
    r2 += x[c] * x[c];
    v2 += v * v;
    rv += x[c] * v;
  }
  const struct course c = course_of (st->mu[i] + st->mu[j], r2, v2, rv);
  const double own = st->m[i] * st->mu[j], others = fmax (l->potential - own / sqrt (r2), 1e-12 * l->potential);
  const double lead = own / (c.pericentre * others), width = c.width * (1 + lead) * sqrt (1 + 0.5 * lead);
  if (c.pericentre < (i < st->s.n_holes ? g->units.soft_rest : g->units.soft_stars) || !isfinite (width))
    return;
  const double weak = log (1 + c.e);
  for (int k = l->first; k <= l->last; k++) {
    const double R = scale * exp ((l->allowed + weak) / (2 * k));
    const double dt = fmin (step_longest (R, width, c.ahead), step_longest (R, width, c.behind));
    l->longest[k] = fmin (l->longest[k], dt);
  }
}

/* Of body i and those from `first` to `last`: positive for those that may matter, whose dynamical time
 * 1 / sqrt (v^2 / r^2 + 2 mu / r^3) is within the horizon. */
AREG_MANY_TARGETS
static void pairs_sieve (const double *x, const double *v, int bs, const double *mu, int i, int first, int last,
                         double most, double horizon, double *out)
{
  const double xi = x[i], yi = x[bs + i], zi = x[2 * bs + i], ui = v[i], vi = v[bs + i], wi = v[2 * bs + i];
  const double m2 = most * most, h2 = horizon * horizon, mui = mu[i];
  for (int j = first; j < last; j++) {
    const double dx = x[j] - xi, dy = x[bs + j] - yi, dz = x[2 * bs + j] - zi;
    const double du = v[j] - ui, dv = v[bs + j] - vi, dw = v[2 * bs + j] - wi;
    const double r2 = dx * dx + dy * dy + dz * dz, v2 = du * du + dv * dv + dw * dw;
    out[j] = m2 * (v2 + 2 * (mui + mu[j]) / sqrt (r2)) - h2 * r2;
  }
}

static void pairs_look (struct areg *g, const struct look *l)
{
  const struct areg_state *st = l->st;
  const int n = st->s.n, nh = st->s.n_holes, bs = g->body_stride;
  double *matters = g->star_acc;
  for (int i = 0; i < nh; i++) {
    pairs_sieve (g->pos, g->vel, bs, st->mu, i, i + 1, n, l->most, l->horizon, matters);
    for (int j = i + 1; j < n; j++)
      if (matters[j] > 0)
        pair_look (g, l, i, j);
  }
  for (int b = nh; b < n && !st->s.split; b++) {
    const int p = st->parent[b];
    if (p < nh)
      continue;
    pairs_sieve (g->pos, g->vel, bs, st->mu, p, b, b + 1, l->most, l->horizon, matters);
    if (matters[b] > 0)
      pair_look (g, l, p < b ? p : b, p < b ? b : p);
  }
}

void areg_foresee (struct areg *g, const struct areg_state *st, double sign, double most, int target, int first,
                   int last, double *longest)
{
  struct look l = { .st = st, .sign = sign, .most = most, .first = first, .last = last, .longest = longest };
  l.potential = st->s.potential + (st->s.split ? 0 : st->s.potential_stars);
  l.allowed = log (aimed * g->options.tolerance / blame);
  /* A pericentre is at least 0.94 of the dynamical time away, and a step that ends before it takes this part. */
  const double c = outside * scale * exp (l.allowed / (2 * target));
  l.horizon = 0.9 * c / (1 + c);
  for (int k = first; k <= last; k++)
    longest[k] = INFINITY;
  areg_links_walk (st, st->hi + Y_LINKS, g->pos, g->body_stride);
  areg_links_walk (st, st->hi + Y_LINKS + 3 * st->s.stride, g->vel, g->body_stride);
  pairs_look (g, &l);
}
