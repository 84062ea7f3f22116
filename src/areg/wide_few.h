/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of an attempt at a few bodies, all at once: one lane of eight for each row, for one sort of processor
 * (vec.h). Defines AREG_WIDE (areg_wide_few) and, for the state itself, AREG_WIDE (areg_wide_few_exact).
 *
 * With three bodies a sub-step is a chain of a few hundred dependent cycles, and vectors over pairs are nearly empty.
 * Rows are independent of each other. The longest have a lane for themselves, of the others two follow each other in
 * one lane; eight lanes thus hold eleven rows, and an attempt takes the time of its longest row. Lanes never meet, so
 * a row's bits do not depend on which others run.
 *
 * Separations of pairs with one or two links between them come from the links, of others from places.
 *
 * Each sub-step is written twice: with forces in doubles and compensated increments here, and with all of it in two
 * parts in wide_few_two.h.
 */
#include "vec.h"

enum { FEW_PER = AREG_LANES / VEC, FEW_VECTOR = 6 * (AREG_FEW - 1) };

/* Eight lanes of one number. */
struct few_number { vec at[FEW_PER]; };

struct few
{
  const struct areg_few *task;
  /* Positions, velocities: link by link, x y z. `hi` is the increment; `lo` its low part, or that of `now` where all
   * is in two parts. `lo_end`: of the increment. */
  struct few_number hi[FEW_VECTOR], lo[FEW_VECTOR], now[FEW_VECTOR], lo_end[FEW_VECTOR];
  struct few_number time, time_lo, rate, rate_lo; /* T + B + gamma, of fictitious time */
  struct few_number h, steps, step, bad;  /* sub-step in fictitious time, how many, the one under way */
  int row[AREG_LANES], next[AREG_LANES];  /* -1: none */
  int active[FEW_PER], change[FEW_PER];   /* lanes at work; whether one is to begin another row */
};

AREG_INLINE double *few_get (struct few_number *x, int lane) { return (double *) x + lane; }

/* Begins the lane's row. */
static void few_begin (struct few *f, int l, int row)
{
  const struct areg_few *t = f->task;
  f->row[l] = row;
  *few_get (&f->steps, l) = 2 * (row + 1);
  *few_get (&f->h, l) = t->H / (2 * (row + 1));
  *few_get (&f->step, l) = 0;
  f->active[l / VEC]++;
}

/* Puts the lane back to the state. */
static void few_again (struct few *f, int l)
{
  const struct areg_few *t = f->task;
  for (int k = 0; k < 6 * (t->n - 1); k++) {
    *few_get (&f->hi[k], l) = 0;
    *few_get (&f->lo[k], l) = t->two ? t->base_lo[k] : 0;
    *few_get (&f->now[k], l) = t->base[k];
  }
  *few_get (&f->time, l) = *few_get (&f->time_lo, l) = *few_get (&f->bad, l) = 0;
  *few_get (&f->rate, l) = t->rate;
  *few_get (&f->rate_lo, l) = t->rate_lo;
}

/* All lanes at the state, idle: they may be moved on at no harm, by nothing. */
AREG_INLINE void few_start (struct few *f, const struct areg_few *t)
{
  const vec none = vec_all (0);
  f->task = t;
  for (int p = 0; p < FEW_PER; p++) {
    for (int k = 0; k < 6 * (t->n - 1); k++) {
      f->hi[k].at[p] = none;
      f->lo[k].at[p] = vec_all (t->two ? t->base_lo[k] : 0);
      f->now[k].at[p] = vec_all (t->base[k]);
    }
    f->time.at[p] = f->time_lo.at[p] = f->bad.at[p] = f->h.at[p] = none;
    f->steps.at[p] = vec_all (-1);
    f->step.at[p] = vec_all (INFINITY);
    f->active[p] = f->change[p] = 0;
    f->rate.at[p] = vec_all (t->rate);
    f->rate_lo.at[p] = vec_all (t->rate_lo);
  }
}

/* What the lanes of part p have gone, into `hi` and `lo_end`. */
AREG_INLINE void few_increments (struct few *f, int p)
{
  const struct areg_few *t = f->task;
  for (int k = 0; k < 6 * (t->n - 1); k++) {
    struct two by = { f->hi[k].at[p], f->lo[k].at[p] };
    if (t->two) {
      const struct two s = two_sum (f->now[k].at[p], vec_all (-t->base[k]));
      by = two_sum (s.h, s.l + (f->lo[k].at[p] - t->base_lo[k]));
    }
    f->hi[k].at[p] = by.h;
    f->lo_end[k].at[p] = by.l;
  }
}

/* Hands the lane's row over as a vector of the state. */
static void few_end (struct few *f, int l)
{
  const struct areg_few *t = f->task;
  double *hi = t->row_hi[f->row[l]], *lo = t->row_lo[f->row[l]];
  memset (hi, 0, (size_t) t->length * sizeof *hi);
  memset (lo, 0, (size_t) t->length * sizeof *lo);
  for (int b = 1, k = 0; b < t->n; b++)
    for (int c = 0; c < 3; c++, k++) {
      const int q = Y_LINKS + c * t->stride + t->slot[b], p = q + 3 * t->stride;
      hi[q] = t->sign[b] * *few_get (&f->hi[k], l);
      lo[q] = t->sign[b] * *few_get (&f->lo_end[k], l);
      hi[p] = t->sign[b] * *few_get (&f->hi[3 * (t->n - 1) + k], l);
      lo[p] = t->sign[b] * *few_get (&f->lo_end[3 * (t->n - 1) + k], l);
    }
  hi[Y_TIME] = *few_get (&f->bad, l) > 0 ? NAN : *few_get (&f->time, l);
  lo[Y_TIME] = *few_get (&f->time_lo, l);
  for (int c = 0; c < 3; c++) /* nothing but time moves the centre of mass */
    hi[Y_LINKS + c * t->stride + t->root] = t->mean_v[c] * hi[Y_TIME];
  hi[Y_CLOSEST] = 1e300;
  f->row[l] = -1;
}

/* hi + lo += by; now = base + hi, in part p. */
AREG_INLINE void few_add (struct few *f, int k, int p, vec by)
{
  const struct two s = two_sum (f->hi[k].at[p], by + f->lo[k].at[p]);
  f->lo[k].at[p] = s.l;
  f->hi[k].at[p] = s.h;
  f->now[k].at[p] = s.h + f->task->base[k];
}

/* Marks lanes where the time's rate w is none. */
AREG_INLINE void few_check (struct few *f, int p, vec w)
{
  f->bad.at[p] = vec_choose ((w > 0) & (w < INFINITY), f->bad.at[p], vec_all (1));
}

AREG_INLINE void few_drift (struct few *f, const int n, int p, vec h)
{
  const vec w = f->rate.at[p], dt = h / w;
  const struct two s = two_sum (f->time.at[p], dt + f->time_lo.at[p]);
  few_check (f, p, w);
  f->time_lo.at[p] = s.l;
  f->time.at[p] = s.h;
  for (int k = 0; k < 3 * (n - 1); k++)
    few_add (f, k, p, dt * f->now[3 * (n - 1) + k].at[p]);
}

/* Of two and three it is known to the compiler. */
AREG_INLINE int few_parent (const struct areg_few *t, const int n, int b) { return n <= 3 ? 0 : t->parent[b]; }

/* Body places or velocities relative to the first body from links that begin at `from`. */
AREG_INLINE void few_walk (const struct few *f, const int n, int from, int p, vec x[][3])
{
  for (int c = 0; c < 3; c++)
    x[0][c] = vec_all (0);
  for (int b = 1; b < n; b++)
    for (int c = 0; c < 3; c++) {
      const vec link = f->now[from + 3 * (b - 1) + c].at[p];
      const int parent = few_parent (f->task, n, b);
      x[b][c] = parent == 0 ? link : x[parent][c] + link;
    }
}

AREG_INLINE void few_rate (struct few *f, const int n, int p)
{
  const struct areg_few *t = f->task;
  vec v[AREG_FEW][3], twice = vec_all (0);
  few_walk (f, n, 3 * (n - 1), p, v);
  for (int c = 0; c < 3; c++) {
    vec mean = vec_all (0);
    for (int b = 0; b < n; b++)
      mean = vec_fused (v[b][c], vec_all (t->share[b]), mean);
    for (int b = 0; b < n; b++) {
      const vec w = v[b][c] - mean;
      twice = vec_fused (w * t->m[b], w, twice);
    }
  }
  f->rate.at[p] = 0.5 * twice + t->rest;
}

/* Separation of pair k. */
AREG_INLINE void few_separation (const struct few *f, const int n, int k, int p, vec x[][3], vec d[3])
{
  const struct few_pair *q = &f->task->pair[k];
  for (int c = 0; c < 3; c++) {
    if (n <= 3)
      d[c] = k < 2 ? f->now[3 * k + c].at[p] : f->now[3 + c].at[p] - f->now[c].at[p];
    else if (q->a < 0)
      d[c] = x[q->j][c] - x[q->i][c];
    else {
      d[c] = f->now[3 * q->a + c].at[p];
      if (q->b >= 0)
        d[c] += q->sign_b * f->now[3 * q->b + c].at[p];
    }
  }
}

AREG_INLINE void few_kick (struct few *f, const int n, int p, vec h)
{
  const struct areg_few *t = f->task;
  vec a[AREG_FEW][3], x[AREG_FEW][3], U = vec_all (t->gamma);
  for (int b = 0; b < n; b++)
    a[b][0] = a[b][1] = a[b][2] = vec_all (0);
  if (n > 3 && t->places)
    few_walk (f, n, 0, p, x);
  for (int i = 0, k = 0; i < n; i++)
    for (int j = i + 1; j < n; j++, k++) {
      vec d[3];
      few_separation (f, n, k, p, x, d);
      const vec w = vec_inverse_root (vec_fused (d[2], d[2], vec_fused (d[1], d[1], d[0] * d[0]))), w3 = w * w * w;
      const vec fj = w3 * t->mu[j], fi = w3 * -t->mu[i];
      for (int c = 0; c < 3; c++) {
        a[i][c] = vec_fused (fj, d[c], a[i][c]);
        a[j][c] = vec_fused (fi, d[c], a[j][c]);
      }
      U = vec_fused (w, vec_all (t->mu[i] * t->m[j]), U);
    }
  const vec dt = h / U;
  few_check (f, p, U);
  for (int b = 1, k = 3 * (n - 1); b < n; b++)
    for (int c = 0; c < 3; c++, k++)
      few_add (f, k, p, dt * (a[b][c] - a[few_parent (t, n, b)][c]));
}

#include "wide_few_two.h"

/* Lanes of part p whose row is done stay where they are from now on, by steps of no length; how many. */
static int few_stop (struct few *f, int p)
{
  int count = 0;
  for (int l = p * VEC; l < (p + 1) * VEC; l++)
    if (*few_get (&f->step, l) == *few_get (&f->steps, l)) {
      *few_get (&f->h, l) = 0;
      *few_get (&f->steps, l) = -1;
      *few_get (&f->step, l) = INFINITY;
      f->change[p] |= f->next[l] >= 0;
      f->active[p]--;
      count++;
    }
  return count;
}

/* Lanes that stopped begin what waits for them. */
static void few_change (struct few *f, int p)
{
  few_increments (f, p);
  for (int l = p * VEC; l < (p + 1) * VEC; l++)
    if (*few_get (&f->steps, l) < 0 && f->next[l] >= 0) {
      few_end (f, l);
      few_again (f, l);
      few_begin (f, l, f->next[l]);
      f->next[l] = -1;
    }
  f->change[p] = 0;
}

/* Half a drift, kick, drift, ... kick, half a drift: each lane where it is, until all `rows` are done. */
AREG_INLINE void few_run (struct few *f, const int n, const int two, int rows)
{
  for (;;) {
    for (int p = 0; p < FEW_PER; p++) {
      if (f->active[p] == 0)
        continue;
      const vec h = f->h.at[p], step = f->step.at[p];
      const vec_mask last = step == f->steps.at[p];
      const vec h_drift = vec_choose (last | (step == 0), 0.5 * h, h);
      if (two)
        few_drift_two (f, n, p, h_drift);
      else
        few_drift (f, n, p, h_drift);
      if (vec_any (last))
        rows -= few_stop (f, p);
    }
    if (rows == 0)
      return;
    for (int p = 0; p < FEW_PER; p++) {
      if (f->active[p] == 0 && !f->change[p])
        continue;
      if (two) {
        few_kick_two (f, n, p, f->h.at[p]);
        few_rate_two (f, n, p);
      } else {
        few_kick (f, n, p, f->h.at[p]);
        few_rate (f, n, p);
      }
      f->step.at[p] += 1;
      if (f->change[p])
        few_change (f, p);
    }
  }
}

void AREG_WIDE (areg_wide_few) (const struct areg_few *task)
{
  struct few f;
  few_start (&f, task);
  for (int l = 0; l < AREG_LANES; l++) {
    const int row = task->last - l, second = task->last - 2 * AREG_LANES + 1 + l;
    f.row[l] = -1;
    f.next[l] = second >= task->first ? second : -1;
    if (row >= task->first)
      few_begin (&f, l, row);
  }
  const int rows = task->last - task->first + 1;
  if (task->n == 2)
    task->two ? few_run (&f, 2, 1, rows) : few_run (&f, 2, 0, rows);
  else if (task->n == 3)
    task->two ? few_run (&f, 3, 1, rows) : few_run (&f, 3, 0, rows);
  else
    task->two ? few_run (&f, task->n, 1, rows) : few_run (&f, task->n, 0, rows);
  for (int p = 0; p < FEW_PER; p++)
    few_increments (&f, p);
  for (int l = 0; l < AREG_LANES; l++)
    if (f.row[l] >= 0)
      few_end (&f, l);
}

void AREG_WIDE (areg_wide_few_exact) (const struct areg_few *task, struct areg_few_exact *out)
{
  struct few f;
  few_start (&f, task);
  few_exact_two (&f, out);
}
