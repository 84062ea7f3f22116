/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a pair came within its reach during a step.
 *
 * The integrator passes the pericentre of an orbit of e = 0.9999 between two kicks and is right about where the orbit
 * goes on; so looking where bodies were at kicks misses close passages. But the pair itself knows: its osculating
 * orbit at the end of the step has a pericentre, and that was passed so long ago. If that lies within the step, and
 * within the reach, the step is taken again in smaller pieces (advance.c) until an end of a step finds the pair
 * just inside. Pairs a tenth outside are looked at too, with steps so short that the osculating pericentre is the
 * true one.
 */
#include "areg_impl.h"
#include <math.h>

/* Pairs farther in than this part of their reach were found too late; those farther out than that by osculating
 * pericentre are of no interest. */
static const double inside = 0.9, margin = 1.1;

static double dot (const double a[3], const double b[3]) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

void areg_separation (const struct areg *g, const struct areg_state *st, int a, int b, double out[3])
{
  const int bs = g->body_stride, S = st->s.stride;
  const double *q = st->hi + Y_LINKS;
  for (int c = 0; c < 3; c++)
    out[c] = st->parent[a] == b ? q[c * S + a] : st->parent[b] == a ? -q[c * S + b]
                                                                   : g->pos[c * bs + a] - g->pos[c * bs + b];
}

/* Time since the last pericentre of a Kepler orbit; infinity if there was none. rv = x.v, E per reduced mass. */
static double since_pericentre (double mu, double r, double rv, double E, double pericentre)
{
  const double a = -0.5 * mu / E;
  if (!(r < 1e-3 * fabs (a))) { /* not nearly parabolic: Kepler's equation, s = e sin of the eccentric anomaly */
    const double A = fabs (a), n = sqrt (mu / A) / A, s = rv / sqrt (mu * A);
    if (E < 0) {
      const double M = atan2 (s, 1 - r / A) - s;
      return (M < 0 ? M + 2 * M_PI : M) / n;
    }
    return rv < 0 ? INFINITY : (s - atanh (s / (1 + r / A))) / n;
  }
  if (rv < 0) /* bound, but the last pericentre is a period ago */
    return E < 0 ? 2 * M_PI * sqrt (a * a * a / mu) : INFINITY;
  const double rise = fmax (0, r - pericentre);
  return sqrt (2 * rise / mu) * (pericentre + rise / 3);
}

/* What the pair with separation x, velocity v and reach did in the last dt. */
static enum areg_encounter pair_encounter (double mu, double reach, const double x[3], const double v[3], double dt)
{
  const double r2 = dot (x, x), v2 = dot (v, v), rv = dot (x, v), r = sqrt (r2), E = 0.5 * v2 - mu / r;
  if (r < reach)
    return r > inside * reach ? ENCOUNTER_MET : ENCOUNTER_PASSED;
  const double l2 = fmax (0, r2 * v2 - rv * rv), e2 = 1 + 2 * E * l2 / (mu * mu);
  const double pericentre = l2 / (mu * (1 + sqrt (fmax (0, e2))));
  if (pericentre >= reach && (pericentre >= margin * reach || dt < 0.1 * pericentre * sqrt (pericentre / mu)))
    return ENCOUNTER_NONE;
  return since_pericentre (mu, r, rv, E, pericentre) < dt ? ENCOUNTER_PASSED : ENCOUNTER_NONE;
}

/* The worst of the pairs of hole a with bodies b0 to b1: a pair that went through outweighs one just met. */
static enum areg_encounter hole_encounters (const struct areg *g, const struct areg_state *st, int a, int b0, int b1,
                                            double dt)
{
  const int bs = g->body_stride;
  enum areg_encounter worst = ENCOUNTER_NONE;
  for (int b = b0; b < b1 && worst != ENCOUNTER_PASSED; b++) {
    const double reach = b < st->s.n_holes ? areg_merge_reach (g, st, a, b) : areg_feed_reach (g, st, a, b);
    double x[3], v[3];
    if (!(reach > 0))
      continue;
    areg_separation (g, st, a, b, x);
    for (int c = 0; c < 3; c++)
      v[c] = g->vel[c * bs + a] - g->vel[c * bs + b];
    const enum areg_encounter now = pair_encounter (st->mu[a] + st->mu[b], reach, x, v, dt);
    if (now != ENCOUNTER_NONE)
      worst = now;
  }
  return worst;
}

/* See areg_encounter: the places are in g->pos. */
static double closest_orbit (const struct areg *g, const struct areg_state *st)
{
  double least = INFINITY, orbit = INFINITY;
  for (int a = 0; a < st->s.n_holes && areg_merge_possible (g, st); a++)
    for (int b = a + 1; b < st->s.n_holes; b++) {
      const double reach = areg_merge_reach (g, st, a, b);
      double x[3];
      areg_separation (g, st, a, b, x);
      if (dot (x, x) < least * (reach * reach)) {
        least = dot (x, x) / (reach * reach);
        orbit = reach * sqrt (reach / (st->mu[a] + st->mu[b]));
      }
    }
  return orbit;
}

enum areg_encounter areg_encounter (struct areg *g, const struct areg_state *st, double dt, double *orbit)
{
  const int bs = g->body_stride, nh = st->s.n_holes, holes = areg_merge_possible (g, st);
  const int stars = areg_feed_possible (g, st);
  enum areg_encounter worst = ENCOUNTER_NONE;
  areg_links_walk (st, st->hi + Y_LINKS, g->pos, bs);
  areg_links_walk (st, st->hi + Y_LINKS + 3 * st->s.stride, g->vel, bs);
  *orbit = closest_orbit (g, st);
  for (int a = 0; a < nh; a++)
    for (int half = 0; half < 2; half++) {
      if (half ? !stars : !holes)
        continue;
      const enum areg_encounter now = half ? hole_encounters (g, st, a, nh, st->s.n, dt)
                                           : hole_encounters (g, st, a, a + 1, nh, dt);
      if (now == ENCOUNTER_PASSED)
        return now;
      if (now == ENCOUNTER_MET)
        worst = now;
    }
  return worst;
}
