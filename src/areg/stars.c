/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stars among themselves, off the critical path.
 *
 * Softened star-star forces are smooth and weak, but only a few times differentiable, so that they spoil the
 * extrapolation whose sub-steps they do not need: around a tight binary of holes a step is a fraction of its orbit,
 * a thousandth of theirs. So they are evaluated once a step. Their course over the step ahead is the polynomial
 * through the latest instants (Adams); all sub-steps read it, which costs O(N) instead of O(N^2). At the end of the
 * step they are evaluated where stars have come to, and places and velocities are corrected by the integrals of the
 * difference that the new point makes (Moulton). If that is more than the tolerance allows, the step is taken back
 * and done whole; so steps are whole where stars encounter each other fast, and split where it matters.
 *
 * The total energy is known at both ends, and its constancy is restored as for all steps (advance.c), so that
 * the prediction cannot leave a drift behind.
 */
#include "areg_impl.h"
#include <math.h>
#include <string.h>

/* The error left by the correction is smaller than the correction; this is the part of it that is counted. */
static const double counted_part = 0.1;

int areg_stars_apart (const struct areg *g, const struct areg_state *st)
{
  return g->units.soft_stars > 0 && st->s.n_holes > 0 && st->s.n - st->s.n_holes >= 3;
}

static double *past_level (const struct areg *g, const struct areg_state *st, int k)
{
  return st->past + (st->s.past_head + k) % AREG_PAST * 3 * g->body_stride;
}

static double past_time (const struct areg_state *st, int k)
{
  return st->s.past_time[(st->s.past_head + k) % AREG_PAST];
}

void areg_stars_note (struct areg *g, struct areg_state *st, const double *acc)
{
  const int bs = g->body_stride;
  const double t = st->hi[Y_TIME];
  /* An instant much closer than its forerunners would make the polynomial rough: it takes the last one's place, but
   * never twice running, or a place would be taken for ever. */
  const int crowded = st->s.past_count > 1 && !st->s.past_crowded
                      && fabs (t - past_time (st, 0)) < 0.1 * fabs (past_time (st, 0) - past_time (st, 1));
  const int same = st->s.past_count > 0 && t == past_time (st, 0);
  st->s.past_crowded = crowded;
  if (!crowded && !same) {
    st->s.past_head = (st->s.past_head + AREG_PAST - 1) % AREG_PAST;
    if (st->s.past_count < AREG_PAST)
      st->s.past_count++;
  }
  st->s.past_time[st->s.past_head] = t;
  memcpy (past_level (g, st, 0), acc, 3 * (size_t) bs * sizeof *acc);
}

/* Coefficients of the polynomial of degree d with the given roots (d of them) and leading coefficient 1. */
static void from_roots (const double *root, int d, double c[AREG_PAST + 1])
{
  memset (c, 0, (AREG_PAST + 1) * sizeof *c);
  c[0] = 1;
  for (int k = 0; k < d; k++)
    for (int i = k + 1; i >= 0; i--)
      c[i] = (i > 0 ? c[i - 1] : 0) - root[k] * c[i];
}

int areg_stars_predict (struct areg *g, struct areg_state *st, double sign)
{
  const int bs = g->body_stride, count = st->s.past_count, n = st->s.n;
  if (count < 3 || st->s.split_wait > 0)
    return 0;
  for (int k = 1; k < count; k++) /* the past lies behind */
    if (!(sign * (past_time (st, k - 1) - past_time (st, k)) > 0))
      return 0;
  memset (g->stars_poly, 0, (size_t) AREG_PAST * 3 * bs * sizeof *g->stars_poly);
  for (int k = 0; k < count; k++) { /* Lagrange's polynomial of instant k, by powers */
    double root[AREG_PAST], c[AREG_PAST + 1], scale = 1;
    int d = 0;
    const double here = past_time (st, k) - past_time (st, 0), *a = past_level (g, st, k);
    for (int j = 0; j < count; j++)
      if (j != k) {
        root[d] = past_time (st, j) - past_time (st, 0);
        scale *= here - root[d++];
      }
    from_roots (root, d, c);
    for (int i = 0; i <= d; i++) {
      const double f = c[i] / scale;
      double *p = g->stars_poly + (size_t) i * 3 * bs;
      for (int e = 0; e < 2 * bs + n; e++)
        p[e] += f * a[e];
    }
  }
  return 1;
}

/* Once and twice integrated from 0 to dt: the polynomial that vanishes at the past instants and is 1 at dt. */
static void new_point_integrals (const struct areg_state *st, double dt, double *once, double *twice)
{
  double root[AREG_PAST] = { 0 }, c[AREG_PAST + 1], value = 0, p = 1;
  const int count = st->s.past_count;
  for (int j = 0; j < count; j++)
    root[j] = past_time (st, j) - past_time (st, 0);
  from_roots (root, count, c);
  *once = *twice = 0;
  for (int i = 0; i <= count; i++, p *= dt) {
    value += c[i] * p;
    *once += c[i] * p * dt / (i + 1);
    *twice += c[i] * p * dt * dt / ((i + 1) * (i + 2));
  }
  *once /= value;
  *twice /= value;
}

/* Adds `by` times the link differences of the body array d to the links that begin at `from`. */
static void links_correct (struct areg *g, struct areg_state *st, const double *d, double by, int from)
{
  const int n = st->s.n, S = st->s.stride, bs = g->body_stride;
  for (int b = 0; b < n; b++)
    for (int c = 0; c < 3 && b != st->s.root; c++) {
      double e;
      const int at = from + c * S + b;
      st->hi[at] = areg_two_sum (st->hi[at], by * (d[c * bs + b] - d[c * bs + st->parent[b]]), &e);
      st->lo[at] += e;
    }
}

/* The largest correction d times (once, twice) of a star: of velocity against its speed, of place against its
 * distance from the root. Bodies, not links: no two stars are ever tight here. */
static double correction_norm (const struct areg *g, const struct areg_state *st, const double *d, double once,
                               double twice)
{
  const int bs = g->body_stride;
  double worst = 0;
  for (int b = st->s.n_holes; b < st->s.n; b++) {
    double d2 = 0, v2 = 0, x2 = 0;
    for (int c = 0; c < 3; c++) {
      d2 += d[c * bs + b] * d[c * bs + b];
      v2 += g->vel[c * bs + b] * g->vel[c * bs + b];
      x2 += g->pos[c * bs + b] * g->pos[c * bs + b];
    }
    v2 = fmax (v2, st->mu[st->s.root] / sqrt (x2));
    worst = fmax (worst, d2 * fmax (once * once / v2, twice * twice / x2));
  }
  return sqrt (worst);
}

int areg_stars_correct (struct areg *g, struct areg_state *st, double dt)
{
  const int bs = g->body_stride, n = st->s.n, first = st->s.n_holes;
  double once, twice, change = 0, *wrong = g->star_acc;
  new_point_integrals (st, dt, &once, &twice);
  memset (wrong, 0, 3 * (size_t) bs * sizeof *wrong);
  for (int c = 0; c < 3; c++)
    for (int b = c * bs + first; b < c * bs + n; b++) {
      const double *p = g->stars_poly + b;
      wrong[b] = -(p[0] + dt * (p[3 * bs] + dt * (p[6 * bs] + dt * p[9 * bs])));
    }
  areg_flow_exact (g, st); /* notes the new accelerations as level 0 */
  const double *now = past_level (g, st, 0);
  for (int c = 0; c < 3; c++)
    for (int b = c * bs + first; b < c * bs + n; b++) {
      wrong[b] += now[b];
      change += st->m[b - c * bs] * now[b] * wrong[b];
    }
  if (!(counted_part * correction_norm (g, st, wrong, once, twice) <= g->options.tolerance))
    return 0;
  links_correct (g, st, wrong, twice, Y_LINKS);
  links_correct (g, st, wrong, once, Y_LINKS + 3 * st->s.stride);
  st->s.potential_stars += twice * change;
  st->s.exact_valid = 0;
  return 1;
}

double areg_stars_stretch (struct areg *g, const struct areg_state *st, double by)
{
  const int bs = g->body_stride, n = st->s.n;
  const double *a = past_level (g, st, 0);
  double change = 0;
  areg_links_walk (st, areg_q (st, st->hi), g->pos, bs);
  for (int c = 0; c < 3; c++)
    for (int b = st->s.n_holes; b < n; b++)
      change += st->m[b] * a[c * bs + b] * g->pos[c * bs + b];
  return by * change;
}
