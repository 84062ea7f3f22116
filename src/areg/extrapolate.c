/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gragg-Bulirsch-Stoer extrapolation with adaptive order and step.
 *
 * Rows of 2, 4, 6, ... sub-steps are extrapolated to sub-steps of zero length by Neville's scheme in h^2. The table
 * holds, for each row, the difference from that row's own increment: differences of neighbouring rows are small and
 * nearly exact, so extrapolation adds no round-off of its own but what the rows bring.
 *
 * Error norm: for every link the last correction of position against the link's length and of velocity against the
 * larger of its speed and the free-fall speed at its length, both the larger of the two ends of the step; the
 * correction of time against the time that link needs to change. Lengths of links, not coordinates: nothing
 * depends on the frame, and a component that passes zero does no harm.
 *
 * Order and step follow Deuflhard (1983) and Hairer, Norsett & Wanner (1993, II.9): the row of least work per unit
 * step is where convergence is awaited; one row early or late is welcome too.
 *
 * The step that errors suggest is the longest; what pairs are about to do may ask for less (foresight.c), and then
 * the order of least work is chosen anew. A step cut short by foresight says nothing about the longer one, which is
 * kept.
 *
 * In a group, the rows that an attempt certainly needs are shared out (share.c), later ones are computed by all. The
 * decisions are those of the serial order of rows, so nothing depends on the group's size.
 */
#include "areg_impl.h"
#include <math.h>
#include <string.h>

/* After a rejection the next steps stay below a ceiling under the refused one. It rises from step to step: fast
 * after a lone rejection, ever more slowly where rejections follow each other, as they do on eccentric orbits whose
 * pericentre refuses what the apocentre suggests. But it does not hold steps below half of what errors allow, which
 * costs more than the rejections it saves. */
static const double ceiling_drop = 0.7, rise_fast = 0.15, rise_slow = 0.01, ceiling_least = 0.5;
enum { RISE_MEMORY = 40 }; /* steps */

/* No step is longer than this times the one before. */
static const double growth = 1.6;

/* How much closer than others links of two holes are held: their energy is restored after each step, but their
 * angular momentum is not, and its errors add up over 1e5 orbits. */
static const double hole_care = 10;

/* The part of the tolerance that a correction may have. Steps that are foreseen end close to what is allowed, where a
 * ceiling used to hold them below: with a half results are as exact as they were. */
static const double allowed_part = 0.5;

static int row_substeps (int k) { return 2 * (k + 1); }

static void row_count (struct areg *g, struct areg_state *st, int k)
{
  const double n = st->s.n, steps = row_substeps (k), holes = st->s.n_holes;
  st->s.count.force_evaluations += row_substeps (k);
  st->s.count.pair_evaluations += steps * n * (n - 1) / 2;
  if (areg_flow_has_pn (g, st))
    st->s.count.pair_evaluations += steps * 20 * holes * (holes - 1) / 2;
  if (areg_flow_stars_have_pn (g, st))
    st->s.count.pair_evaluations += steps * 5 * holes * n;
}

/* A row that failed holds NaN as its time. */
struct rows { struct areg_state *st; double H; };

static void row_compute (struct areg *g, int k, const void *argument)
{
  const struct rows *r = argument;
  if (areg_flow_row (g, r->st, r->H, row_substeps (k), g->row_hi[k], g->row_lo[k]))
    g->row_hi[k][Y_TIME] = NAN;
}

/* Rows `from` to `to` of an attempt; the first ones are shared out. 0, or 1 if the group failed. */
static int rows_compute (struct areg *g, struct areg_state *st, double H, int from, int to)
{
  const struct rows rows = { st, H };
  for (int k = from; k <= to; k++)
    g->row_lo[k] = g->row_hi[k] + st->s.length;
  if (areg_few_fit (g, st)) {
    areg_few_rows (g, st, H, from, to);
    return 0;
  }
  if (g->group.size > 1 && from == 0 && to > 0)
    areg_share_rows (g, st, to + 1, row_compute, &rows);
  else
    for (int k = from; k <= to; k++)
      row_compute (g, k, &rows);
  return g->group_failed;
}

/* Enters elements from to to - 1 of row k into Neville's table: table[k] runs through the columns of this row,
 * leaving each behind in place of the last row's. The last correction goes to g->correction. */
AREG_MANY_TARGETS
static void table_enter_part (struct areg *g, int k, int from, int to)
{
  const double *restrict hi = g->row_hi[k], *restrict before = g->row_hi[k - 1];
  double *restrict now = g->table[k], *restrict correction = g->correction;
  for (int i = 1; i <= k; i++) {
    const double ratio = (double) row_substeps (k) / row_substeps (k - i), f = 1 / (ratio * ratio - 1);
    double *restrict column = g->table[i - 1];
    if (i < k)
      for (int e = from; e < to; e++) {
        const double here = now[e], d = f * ((hi[e] - before[e]) + (here - column[e]));
        column[e] = here;
        now[e] = here + d;
      }
    else
      for (int e = from; e < to; e++) {
        const double here = now[e], d = f * ((hi[e] - before[e]) + (here - column[e]));
        column[e] = here;
        correction[e] = d;
        now[e] = here + d;
      }
  }
}

/* Enters row k into the table, whose column i of the latest row is g->table[i]; by pieces that stay in the first
 * cache for all columns. */
static void table_enter (struct areg *g, int length, int k)
{
  enum { PIECE = 512 };
  memcpy (g->table[k], g->row_lo[k], (size_t) length * sizeof (double));
  for (int from = 0; from < length && k > 0; from += PIECE)
    table_enter_part (g, k, from, from + PIECE < length ? from + PIECE : length);
}

static double square_of (const double *v, int stride)
{
  return v[0] * v[0] + v[stride] * v[stride] + v[2 * stride] * v[2 * stride];
}

static double larger (double a, double b) { return a > b ? a : b; }

/* Squared length of the vector at `at` (components `stride` apart) at the end of the step. */
static double square_after (const struct areg_state *st, const double *hi, const double *d, int at, int stride)
{
  double v[3];
  for (int c = 0; c < 3; c++)
    v[c] = st->hi[at + c * stride] + (hi[at + c * stride] + d[at + c * stride]);
  return square_of (v, 1);
}

/* The error of row k as a multiple of the tolerance. */
static double error_norm (const struct areg *g, const struct areg_state *st, int k)
{
  const int n = st->s.n, S = st->s.stride;
  const double *hi = g->row_hi[k], *d = g->table[k], *e = g->correction;
  const double dt = fabs (e[Y_TIME]);
  double worst = 0, bad = hi[Y_TIME];
  for (int b = 0; b < n; b++) {
    const int q = Y_LINKS + b, p = q + 3 * S;
    if (b == st->s.root)
      continue;
    const double soft = areg_links_soft (g, st, b);
    const double x2 = square_after (st, hi, d, q, S), v2 = square_after (st, hi, d, p, S);
    const double L2 = larger (larger (square_of (st->hi + q, S), x2), soft * soft), length = sqrt (L2);
    const double fall2 = (st->mu[b] + st->mu[st->parent[b]]) / length;
    const double W2 = larger (larger (square_of (st->hi + p, S), v2), fall2);
    const double ex = sqrt (square_of (e + q, S) / L2), ev = sqrt (square_of (e + p, S) / W2);
    const double et = dt * sqrt (v2 / L2);
    const double care = st->kind[b] == AREG_HOLE && st->kind[st->parent[b]] == AREG_HOLE ? hole_care : 1;
    bad += ex + ev + et;
    worst = larger (worst, care * larger (et, larger (ex, ev)));
  }
  if (areg_flow_has_pn (g, st))
    worst = larger (worst, 30 * fabs (e[Y_BINDING]) / (fabs (st->hi[Y_BINDING]) + 1e-4 * st->s.potential));
  for (int i = 0; i < st->s.n_holes && areg_flow_has_pn (g, st); i++) {
    const int at = Y_LINKS + 6 * S + 3 * i;
    const double s2 = square_of (st->hi + at, 1);
    if (s2 > 0)
      worst = larger (worst, sqrt (square_of (e + at, 1) / s2));
  }
  const double allowed = (areg_few_fit (g, st) ? 1 : allowed_part) * g->options.tolerance;
  return isfinite (bad) ? worst / allowed : INFINITY;
}

/* The accepted row becomes the state. */
static void row_adopt (const struct areg *g, struct areg_state *st, int k)
{
  const double *hi = g->row_hi[k], *d = g->table[k];
  for (int i = 0; i < st->s.length; i++) {
    double e1, e2;
    const double s = areg_two_sum (st->hi[i], hi[i], &e1);
    st->hi[i] = areg_two_sum (s, e1 + (st->lo[i] + d[i]), &e2);
    st->lo[i] = e2;
  }
  st->s.closest = hi[Y_CLOSEST];
  st->hi[Y_CLOSEST] = st->lo[Y_CLOSEST] = 0;
  st->s.exact_valid = st->s.stars_valid = st->s.rejected = 0;
  st->s.links_age++;
}

static void ceiling_heed (struct areg_state *st, double H)
{
  if (++st->s.since_rejection > RISE_MEMORY)
    st->s.rise = rise_fast;
  if (st->s.ceiling > 0) {
    st->s.ceiling = larger (st->s.ceiling, ceiling_least * st->s.step);
    if (st->s.step > st->s.ceiling)
      st->s.step = st->s.ceiling;
    st->s.ceiling *= 1 + st->s.rise;
  }
  if (st->s.step > growth * fabs (H))
    st->s.step = growth * fabs (H);
}

static void ceiling_lower (struct areg_state *st, double H)
{
  st->s.rise = st->s.since_rejection > RISE_MEMORY || !(st->s.rise > 0) ? rise_fast
               : st->s.rise > 2 * rise_slow ? 0.5 * st->s.rise : rise_slow;
  st->s.since_rejection = 0;
  st->s.ceiling = ceiling_drop * fabs (H);
}

/* What is known of the orders tried in one attempt. */
struct attempt
{
  double step[AREG_ROWS], work[AREG_ROWS]; /* best step of each row, work per unit of it */
  double beside; /* rows are computed at once, and this much, in sub-steps, goes with them; 0: one after another */
};

/* Measured with three bodies, in doubles and in two parts: a tenth more or less is all that other choices make. */
static const double few_beside = 2, few_beside_two = 4;

/* Sub-steps in a row up to row k, and what comes with them. */
static double row_cost (const struct attempt *a, int k)
{
  return a->beside > 0 ? row_substeps (k) + a->beside : (k + 1.0) * (k + 2.0) + 1;
}

static void attempt_note (struct attempt *a, double H, int k, double error)
{
  const double power = 1.0 / (2 * k + 1), least = pow (0.02, power);
  double factor = 1 / least;
  if (error > 0) {
    factor = isfinite (error) ? 0.94 * pow (0.65 / error, power) : 0.02;
    factor = factor < least / 4 ? least / 4 : factor > 1 / least ? 1 / least : factor;
  }
  a->step[k] = fabs (H) * factor;
  a->work[k] = row_cost (a, k) / a->step[k];
}

/* The lowest order worth aiming at: after rejections errors of a step far too long suggest any. */
static int order_least (const struct areg *g)
{
  const double t = g->options.tolerance;
  return t > 3e-8 ? 2 : t > 3e-11 ? 3 : t > 3e-14 ? 4 : 5;
}

/* Order and step after success at row k with target t; `before`: the attempt follows a rejection. */
static void next_after_success (struct areg_state *st, const struct attempt *a, int k, int before, double H)
{
  const int t = st->s.order, top = AREG_ROWS - 2;
  const double *w = a->work;
  int best;
  if (k == 1)
    best = 2;
  else if (k <= t) {
    best = k;
    if (w[k - 1] < 0.8 * w[k])
      best = k - 1;
    else if (w[k] < 0.9 * w[k - 1])
      best = k + 1 < top ? k + 1 : top;
  } else {
    best = k - 1;
    if (k > 2 && w[k - 2] < 0.8 * w[k - 1])
      best = k - 2;
    if (w[k] < 0.9 * w[best])
      best = k < top ? k : top;
  }
  if (before) {
    st->s.order = best < k ? best : k;
    st->s.step = a->step[st->s.order] < fabs (H) ? a->step[st->s.order] : fabs (H);
    return;
  }
  if (best <= k)
    st->s.step = a->step[best];
  else if (k < t && w[k] < 0.9 * w[k - 1])
    st->s.step = a->step[k] * row_cost (a, best + 1) / row_cost (a, k);
  else
    st->s.step = a->step[k] * row_cost (a, best) / row_cost (a, k);
  st->s.order = best;
}

static void next_after_failure (struct areg_state *st, const struct attempt *a, int k, double H)
{
  st->s.rejected = 1;
  ceiling_lower (st, H);
  if (k < 1) { /* a row failed outright */
    st->s.step = 0.25 * fabs (H);
    return;
  }
  if (k < st->s.order)
    st->s.order = k;
  if (st->s.order > 1 && a->work[st->s.order - 1] < 0.8 * a->work[st->s.order])
    st->s.order--;
  st->s.step = a->step[st->s.order] < 0.7 * fabs (H) ? a->step[st->s.order] : 0.7 * fabs (H);
}

static struct attempt attempt_begin (const struct areg *g, const struct areg_state *st)
{
  return (struct attempt) { .beside = areg_few_two (g, st) ? few_beside_two : areg_few_fit (g, st) ? few_beside : 0 };
}

/* The step of the order of least work, each as long as foresight allows and not above `most`, that of order t. */
static double step_foreseen (const struct areg *g, struct areg_state *st, double most, int t)
{
  const struct attempt a = attempt_begin (g, st);
  double step = most, least = INFINITY;
  for (int k = order_least (g); k <= AREG_ROWS - 2; k++) {
    const double missing = k < t ? 1 - (double) k / t : 0; /* rows err by equal powers of the tolerance */
    const double H = fmin (most * pow (g->options.tolerance, missing / (2 * k + 1)), g->foreseen[k]);
    if (row_cost (&a, k) < least * H) {
      least = row_cost (&a, k) / H;
      step = H;
      st->s.aim = k;
    }
  }
  return step;
}

double areg_extrapolate_plan (struct areg *g, struct areg_state *st, double sign)
{
  const double most = st->s.step, rate = areg_flow_time_rate (st);
  if (st->s.order < 1 || st->s.order > AREG_ROWS - 2)
    st->s.order = 6;
  if (st->s.order < order_least (g))
    st->s.order = order_least (g);
  const int t = st->s.aim = st->s.order, first = order_least (g) - 1;
  st->s.foreseen = 0;
  if (areg_few_fit (g, st))
    return most;
  areg_foresee (g, st, sign, 2 * most / rate, t, t, t, g->foreseen);
  const double dt = g->foreseen[t];
  if (!(areg_flow_step_of (st, sign * dt) < most))
    return most;
  st->s.foreseen = 1;
  areg_foresee (g, st, sign, 2 * dt, t, first, AREG_ROWS - 1, g->foreseen);
  for (int k = first; k < AREG_ROWS; k++)
    g->foreseen[k] = areg_flow_step_of (st, sign * g->foreseen[k]);
  return step_foreseen (g, st, most, t);
}

/* No hope of convergence at the target or one row later. */
static int hopeless (int k, int target, double error)
{
  if (k == target - 1)
    return error > pow ((double) row_substeps (target) * row_substeps (target + 1) / 4.0, 2);
  return k == target && error > pow (row_substeps (k + 1) / 2.0, 2);
}

/* The row before the one with which a step H, cut short, is expected to converge: if rows of the whole step err by
 * equal powers of the tolerance, up to the target. */
static int rows_of_cut (const struct areg *g, const struct areg_state *st, double H, int target)
{
  const double whole = st->s.foreseen ? fmin (g->foreseen[target], st->s.step) : st->s.step;
  const double cut = log (fabs (H) / whole), digits = log (g->options.tolerance);
  int k = 1;
  while (k < target && (2 * k + 1) * cut > (1 - (double) k / target) * digits)
    k++;
  return k > 2 ? k - 1 : 1;
}

/* Row k is needed: the last of the rows that are best computed with it. All that are needed in any case, where they
 * cost no more together (few bodies) or are shared out; a step cut short may well be over after two. Where a row of
 * all together would take a twentieth longer than its share, rows that are needed most likely are dealt out with the
 * others: of a step cut short those expected, of one as long as foresight allows the target row, with which nine in
 * ten converge. */
static int batch_last (const struct areg *g, const struct areg_state *st, double H, int k, int target, int truncated)
{
  if (areg_few_fit (g, st))
    return truncated && k == 0 ? 1 : k < target ? target : k;
  if (g->group.size == 1 || k > 0)
    return k;
  const int dealt = areg_share_together (g, st) * g->group.size > 1.05;
  if (truncated)
    return dealt ? rows_of_cut (g, st, H, target) : 1;
  return dealt && st->s.foreseen ? target : target - 1;
}

/* Row k ended the attempt. What was foreseen is no news, unless errors are worse than that. */
static void attempt_succeed (const struct areg *g, struct areg_state *st, const struct attempt *a, int k, double H,
                             int truncated)
{
  const int before = st->s.rejected;
  row_adopt (g, st, k);
  if (truncated || (st->s.foreseen && (a->step[k] >= 0.8 * g->foreseen[k] || a->step[k] > st->s.step)))
    return;
  st->s.order = st->s.aim;
  next_after_success (st, a, k, before, H);
  ceiling_heed (st, H);
}

static enum areg_step attempt_fail (struct areg_state *st, const struct attempt *a, int k, double H)
{
  st->s.order = st->s.aim;
  next_after_failure (st, a, k, H);
  return STEP_REJECTED;
}

enum areg_step areg_extrapolate_step (struct areg *g, struct areg_state *st, double H, int truncated)
{
  const int target = st->s.aim;
  struct attempt a = attempt_begin (g, st);
  int done = -1;
  areg_flow_exact (g, st);
  for (int k = 0; k <= target + 1; k++) {
    if (k > done) {
      done = batch_last (g, st, H, k, target, truncated);
      if (rows_compute (g, st, H, k, done))
        return STEP_GROUP_FAILED;
    }
    row_count (g, st, k);
    if (isnan (g->row_hi[k][Y_TIME]))
      return attempt_fail (st, &a, 0, H);
    table_enter (g, st->s.length, k);
    if (k < 1 || (!truncated && k < target - 2)) /* nobody will ask for its error */
      continue;
    const double error = error_norm (g, st, k);
    attempt_note (&a, H, k, error);
    if (error <= 1 && (truncated || k >= target - 1)) {
      attempt_succeed (g, st, &a, k, H, truncated);
      return STEP_ACCEPTED;
    }
    if (hopeless (k, target, error) || k == target + 1)
      return attempt_fail (st, &a, k, H);
  }
  return STEP_REJECTED;
}
