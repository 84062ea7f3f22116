/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From one time to another.
 *
 * Time is a coordinate, so its end cannot be hit in one go. The last step is cut to where a Taylor series of the
 * potential expects the end; what then remains is a step of its own, forwards or back, quadratically smaller each
 * time, and cheap, because a small step converges in its first rows. The step that would have been taken is kept for
 * the next call.
 *
 * Samples are taken on a copy of the state at the beginning of the step that spans them, so that the system itself
 * never knows that it was watched.
 */
#include "areg_impl.h"
#include <float.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

/* So little, in units of about a free-fall time, is no time: products of steps would leave the range of doubles. */
static const double no_time = 1e-250;

/* Time between trees: a tree costs about one force evaluation, a step some fifty. */
static int links_interval (int n) { return n <= 16 ? 1 : 3; }

/* First guess of a step, in time: a third of the shortest free-fall time of links and around holes. */
static double step_guess (struct areg *g, const struct areg_state *st)
{
  const int n = st->s.n, S = st->s.stride, bs = g->body_stride;
  const double *q = st->hi + Y_LINKS;
  double least = INFINITY;
  areg_links_walk (st, q, g->pos, bs);
  for (int b = 0; b < n; b++) {
    if (b != st->s.root) {
      const double soft = areg_links_soft (g, st, b);
      const double r2 = q[b] * q[b] + q[b + S] * q[b + S] + q[b + 2 * S] * q[b + 2 * S] + 0.1 * soft * soft;
      least = fmin (least, r2 * sqrt (r2) / (st->mu[b] + st->mu[st->parent[b]]));
    }
    for (int h = 0; h < st->s.n_holes; h++)
      if (h != b) {
        double r2 = 0;
        for (int c = 0; c < 3; c++) {
          const double d = g->pos[c * bs + b] - g->pos[c * bs + h];
          r2 += d * d;
        }
        least = fmin (least, r2 * sqrt (r2) / (st->mu[b] + st->mu[h]));
      }
  }
  return 0.3 * sqrt (least);
}

/* A constant in the time transformation where the potential is a trifle beside the motion. */
static void gamma_choose (struct areg_state *st)
{
  const double U = st->s.potential + st->s.potential_stars;
  st->s.gamma = U < 1e-3 * st->s.kinetic ? 1e-3 * st->s.kinetic : 0;
}

static void links_scale (struct areg_state *st, int from, double by)
{
  const int S = st->s.stride, root = st->s.root;
  for (int c = 0; c < 3; c++)
    for (int b = 0; b < st->s.n; b++)
      if (b != root) {
        const int at = from + c * S + b;
        double e;
        st->hi[at] = areg_two_sum (st->hi[at], by * st->hi[at], &e);
        st->lo[at] += e;
      }
}

/* Without softening the potential goes as one over all lengths. */
static int scale_free (const struct areg *g, const struct areg_state *st)
{
  return !(g->units.soft_rest > 0) && !(g->units.soft_stars > 0 && st->s.n - st->s.n_holes > 1);
}

/* hi + lo += by */
static void energy_add (double *hi, double *lo, double by) { *hi = areg_two_sum (*hi, by + *lo, lo); }

/* Puts the state back on its energy surface, by the least relative change of links and velocities. Where that is
 * small and nothing is softened, energies follow without a pass over all pairs: potential over (1 + l), kinetic
 * energy times (1 + k)^2. But what a call ends with is measured. */
static void energy_restore (struct areg *g, struct areg_state *st, int at_end)
{
  areg_flow_exact (g, st);
  const int two = areg_few_two (g, st);
  const double T = st->s.kinetic, U = st->s.potential + st->s.potential_stars, off = areg_flow_energy_off (st);
  if (!(fabs (off) > (two ? 0x1p-70 : 8 * DBL_EPSILON) * (T + U)))
    return;
  const double f = -off / (U * U + 4 * T * T), l = f * U, k = 2 * f * T;
  if (areg_stars_apart (g, st))
    st->s.potential_stars += areg_stars_stretch (g, st, l);
  links_scale (st, Y_LINKS, l);
  links_scale (st, Y_LINKS + 3 * st->s.stride, k);
  if (!at_end && scale_free (g, st) && fabs (off) < 1e-8 * (T + U)) {
    energy_add (&st->s.kinetic, &st->s.kinetic_lo, k * (2 + k) * T);
    energy_add (&st->s.potential, &st->s.potential_lo, -l / (1 + l) * U);
  } else
    st->s.exact_valid = 0;
}

static void energy_note (struct areg *g, struct areg_state *st, int at_end)
{
  energy_restore (g, st, at_end);
  areg_flow_exact (g, st);
  const double off = areg_flow_energy_off (st) + st->s.work_offset;
  st->s.count.energy_error = fabs (off) / st->s.energy_scale;
  if (st->s.count.energy_error > st->s.count.energy_error_max)
    st->s.count.energy_error_max = st->s.count.energy_error;
}

/* A lone body moves on a straight line, to internal time `end`. */
static void coast (struct areg_state *st, double end)
{
  const int S = st->s.stride, root = st->s.root;
  const double by = (end - st->hi[Y_TIME]) - st->lo[Y_TIME];
  for (int c = 0; c < 3; c++)
    st->hi[Y_LINKS + c * S + root] += by * st->hi[Y_LINKS + (3 + c) * S + root];
  st->hi[Y_TIME] = end;
  st->lo[Y_TIME] = 0;
}

static double remaining (const struct areg_state *st, double end)
{
  return (end - st->hi[Y_TIME]) - st->lo[Y_TIME];
}

/* Calls the sampler for all its times in (time of g->start, up to `limit`], on a copy. Times that are not of this
 * call, nor of any, are passed over. */
static int samples_take (struct areg *g, struct areg_sampler *a, double limit)
{
  int copied = 0;
  const double now = g->units.t_now, end = g->units.t_wanted, sign = end < now ? -1 : 1;
  for (; a->next < a->n_times; a->next++) {
    const double t = a->times[a->next];
    if (!(sign * t > sign * now && sign * t <= sign * end))
      continue;
    if (sign * t > sign * limit)
      break;
    if (!copied)
      areg_state_copy (g, &g->probe, &g->start);
    copied = 1;
    const int status = areg_advance_state (g, &g->probe, t, NULL);
    if (status != AREG_OK)
      return status;
    areg_state_bodies (g, &g->probe, t, a->bodies);
    if (a->sample (a->context, t, a->bodies, g->probe.s.n)) {
      a->next = a->n_times;
      break;
    }
  }
  return AREG_OK;
}

/* The next attempt leaves star-star forces to their polynomials, or does not; the books follow. */
static void split_choose (struct areg *g, struct areg_state *st, double sign)
{
  st->s.split = areg_stars_apart (g, st) && areg_stars_predict (g, st, sign);
  st->hi[Y_BINDING] = st->hi[Y_TOTAL] - (st->s.split ? st->s.potential_stars : 0);
  st->lo[Y_BINDING] = st->lo[Y_TOTAL];
  memcpy (g->backup_hi, st->hi, (size_t) st->s.length * sizeof (double));
  memcpy (g->backup_lo, st->lo, (size_t) st->s.length * sizeof (double));
}

/* The state as it was before the last accepted step. */
static void step_undo (struct areg *g, struct areg_state *st)
{
  memcpy (st->hi, g->backup_hi, (size_t) st->s.length * sizeof (double));
  memcpy (st->lo, g->backup_lo, (size_t) st->s.length * sizeof (double));
  st->s.exact_valid = st->s.stars_valid = st->s.past_count = 0;
  st->s.links_age--;
  areg_flow_exact (g, st);
}

/* A step on which a pair came within its reach is taken again in quarters until the step is a thousandth of what
 * it was and ends with the pair just inside, if there is such an end: so mergers happen at their radius, and no
 * pericentre is stepped over. The kicks of a whole step know separations to a percent only, and a pericentre
 * creeps in by less than that in an orbit; so where holes came nearly so close, steps are shortened to a sixtieth
 * of an orbit first, when kicks know 1e-5, and the pericentre that merges is the first one inside. */
static enum areg_step merger_hunt (struct areg *g, struct areg_state *st, double H)
{
  enum { MEET = 5, MOST = 12 };               /* quarterings */
  const double nearly = 1.1, fine = 0.1;      /* 5 % farther out, of squares; 2 pi is an orbit at the reach */
  const double dt = (st->hi[Y_TIME] - g->backup_hi[Y_TIME]) + (st->lo[Y_TIME] - g->backup_lo[Y_TIME]);
  double orbit;
  const enum areg_encounter met = areg_encounter (g, st, dt, &orbit);
  const int inside = st->s.closest <= 1 || met != ENCOUNTER_NONE, close = inside || st->s.closest <= nearly;
  if (!st->s.hunt && !close)
    return STEP_ACCEPTED;
  st->s.hunt_clean = close ? 0 : st->s.hunt_clean + 1;
  if (inside ? st->s.hunt < MEET || (met != ENCOUNTER_MET && st->s.hunt < MOST) : close && dt > fine * orbit) {
    st->s.hunt++;
    step_undo (g, st);
    st->s.step = 0.25 * fabs (H);
    return STEP_REJECTED;
  }
  if (!inside) /* not yet: no faster than this, or back to what is fine enough */
    st->s.step = close && dt < 0.2 * fine * orbit ? fmin (st->s.step, 4 * fabs (H)) : fabs (H);
  if (st->s.hunt_clean > 16)
    st->s.hunt = 0;
  return STEP_ACCEPTED;
}

/* After success: takes in what stars did to each other, or takes the step back. */
static enum areg_step split_finish (struct areg *g, struct areg_state *st)
{
  if (!st->s.split) {
    if (st->s.split_wait > 0)
      st->s.split_wait--;
    return STEP_ACCEPTED;
  }
  const double dt = (st->hi[Y_TIME] - g->backup_hi[Y_TIME]) + (st->lo[Y_TIME] - g->backup_lo[Y_TIME]);
  if (areg_stars_correct (g, st, dt)) {
    st->s.split_penalty = 8;
    return STEP_ACCEPTED;
  }
  step_undo (g, st);
  st->s.split_penalty = st->s.split_penalty < 4 ? 8 : st->s.split_penalty < 32 ? 2 * st->s.split_penalty : 32;
  st->s.split_wait = st->s.split_penalty;
  return STEP_REJECTED;
}

/* One accepted step towards `end` (internal), whatever number of attempts it takes. `cuts` counts cut steps. */
static int step_towards (struct areg *g, struct areg_state *st, double end, int *cuts, int64_t *attempts)
{
  const double rest = remaining (st, end), sign = rest < 0 ? -1 : 1;
  areg_flow_exact (g, st);
  gamma_choose (st);
  for (int tries = 0; tries < 100; tries++) {
    split_choose (g, st, sign);
    if (!(st->s.step > 0))
      st->s.step = step_guess (g, st) * areg_flow_time_rate (st);
    const double cut = areg_flow_step_of (st, rest) * (*cuts > 8 ? 0.5 : 1); /* the series may not lead there */
    const double whole = areg_extrapolate_plan (g, st, sign);
    const int truncated = cut <= whole;
    const double H = copysign (truncated ? cut : whole, rest);
    if (++*attempts > g->options.max_steps)
      return AREG_TOO_MANY_STEPS;
    if (!(fabs (H) > 0) || !isfinite (H))
      return AREG_NO_CONVERGENCE;
    enum areg_step result = areg_extrapolate_step (g, st, H, truncated);
    if (result == STEP_ACCEPTED)
      result = split_finish (g, st);
    if (result == STEP_ACCEPTED && rest > 0 && st == &g->now
        && (areg_merge_possible (g, st) || areg_feed_possible (g, st)))
      result = merger_hunt (g, st, H);
    if (result == STEP_GROUP_FAILED || g->group_failed)
      return AREG_GROUP_FAILED;
    if (result == STEP_ACCEPTED) {
      st->s.count.steps++;
      *cuts += truncated;
      return AREG_OK;
    }
    st->s.count.rejected++;
  }
  return AREG_NO_CONVERGENCE;
}

/* What follows an accepted step: books, samples, mergers, links. */
static int step_finish (struct areg *g, struct areg_state *st, double t_end, double left, double slack,
                        struct areg_sampler *sampler)
{
  energy_note (g, st, fabs (left) <= slack);
  if (sampler) {
    const int status = samples_take (g, sampler, left <= slack ? t_end : areg_state_time (g, st));
    if (status != AREG_OK)
      return status;
  }
  if (left >= -slack && st == &g->now && areg_state_time (g, st) > g->units.t_now
      && areg_merge_close (g, st) != AREG_OK)
    return AREG_NO_CONVERGENCE;
  if (st->s.links_age >= links_interval (st->s.n))
    areg_links_build (g, st, areg_links_root (st));
  return AREG_OK;
}

int areg_advance_state (struct areg *g, struct areg_state *st, double t_end, struct areg_sampler *sampler)
{
  const double end = (t_end - g->units.t_load) / g->units.time, span = fabs (remaining (st, end));
  const double sign = remaining (st, end) < 0 ? -1 : 1;
  const double slack = fmax (fmax (g->options.end_time_tolerance * span, no_time),
                             2 * DBL_EPSILON * fmax (fabs (end), span));
  int64_t attempts = 0;
  int cuts = 0;
  while (fabs (remaining (st, end)) > slack) {
    if (sampler)
      areg_state_copy (g, &g->start, st);
    if (st->s.n == 1) {
      coast (st, end);
      return sampler ? samples_take (g, sampler, t_end) : AREG_OK;
    }
    int status = step_towards (g, st, end, &cuts, &attempts);
    if (status == AREG_OK)
      status = step_finish (g, st, t_end, sign * remaining (st, end), slack, sampler);
    if (status != AREG_OK)
      return status;
  }
  return AREG_OK;
}
