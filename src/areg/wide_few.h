/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of an attempt at a few bodies, all at once: one lane of eight for each row, for one sort of processor
 * (vec.h). Defines AREG_WIDE (areg_wide_few).
 *
 * With three bodies a sub-step is a chain of a few hundred dependent cycles, and vectors over pairs are nearly empty.
 * Rows are independent of each other. The longest have a lane for themselves, of the others two follow each other in
 * one lane; eight lanes thus hold eleven rows, and an attempt takes the time of its longest row. Lanes never meet, so
 * a row's bits do not depend on which others run.
 *
 * Separations of pairs with one or two links between them come from the links, of others from places.
 */
#include "vec.h"

enum { FEW_PER = AREG_LANES / VEC, FEW_VECTOR = 6 * AREG_FEW };

/* Eight lanes of one number. */
struct few_number { vec at[FEW_PER]; };

/* Each lane's row on its way: which, the sub-step of it, its length in fictitious time. */
struct few_lane { int row, next, step; };

struct few
{
  const struct areg_few *task;
  struct few_number hi[FEW_VECTOR], lo[FEW_VECTOR], now[FEW_VECTOR]; /* positions, velocities: link by link, x y z */
  struct few_number time, time_lo, kinetic;
  double h[AREG_LANES], h_drift[AREG_LANES], h_kick[AREG_LANES], bad[AREG_LANES];
  struct few_lane lane[AREG_LANES];
};

AREG_INLINE double *few_get (struct few_number *x, int lane) { return (double *) x + lane; }

/* Begins the lane's next row; none: it idles at no cost to others. */
static void few_begin (struct few *f, int l)
{
  const struct areg_few *t = f->task;
  struct few_lane *lane = &f->lane[l];
  lane->row = lane->next;
  lane->next = -1;
  lane->step = 0;
  f->h[l] = lane->row < 0 ? 0 : t->H / (2 * (lane->row + 1));
  for (int k = 0; k < 6 * t->n; k++) {
    *few_get (&f->hi[k], l) = *few_get (&f->lo[k], l) = 0;
    *few_get (&f->now[k], l) = t->base[k];
  }
  *few_get (&f->time, l) = *few_get (&f->time_lo, l) = 0;
  *few_get (&f->kinetic, l) = t->kinetic;
  f->bad[l] = 0;
}

/* Hands the lane's row over as a vector of the state. */
static void few_end (struct few *f, int l)
{
  const struct areg_few *t = f->task;
  double *hi = t->row_hi[f->lane[l].row], *lo = t->row_lo[f->lane[l].row];
  memset (hi, 0, (size_t) t->length * sizeof *hi);
  memset (lo, 0, (size_t) t->length * sizeof *lo);
  for (int c = 0; c < 6; c++)
    for (int b = 0; b < t->n; b++) {
      hi[Y_LINKS + c * t->stride + b] = *few_get (&f->hi[(c < 3 ? 0 : 3 * t->n) + 3 * b + c % 3], l);
      lo[Y_LINKS + c * t->stride + b] = *few_get (&f->lo[(c < 3 ? 0 : 3 * t->n) + 3 * b + c % 3], l);
    }
  hi[Y_TIME] = f->bad[l] > 0 ? NAN : *few_get (&f->time, l);
  lo[Y_TIME] = *few_get (&f->time_lo, l);
  for (int c = 0; c < 3; c++) /* nothing but time moves the centre of mass */
    hi[Y_LINKS + c * t->stride + t->root] = t->base[3 * t->n + 3 * t->root + c] * hi[Y_TIME];
  hi[Y_CLOSEST] = 1e300;
}

/* hi + lo += by; now = base + hi, in part p. */
AREG_INLINE void few_add (struct few *f, int k, int p, vec by)
{
  const vec hi = f->hi[k].at[p], a = by + f->lo[k].at[p], s = hi + a, t = s - hi;
  f->lo[k].at[p] = (hi - (s - t)) + (a - t);
  f->hi[k].at[p] = s;
  f->now[k].at[p] = s + f->task->base[k];
}

AREG_INLINE vec few_time (struct few *f, const double *h, vec w, int p)
{
  const vec_mask good = (w > 0) & (w < INFINITY);
  double *bad = f->bad + p * VEC;
  vec_store (bad, vec_choose (good, vec_load (bad), vec_all (1)));
  return vec_load (h + p * VEC) / w;
}

AREG_INLINE void few_drift (struct few *f, const int n, int p)
{
  const struct areg_few *t = f->task;
  const vec dt = few_time (f, f->h_drift, f->kinetic.at[p] + (t->binding + t->gamma), p);
  const vec a = dt + f->time_lo.at[p], s = f->time.at[p] + a, e = s - f->time.at[p];
  f->time_lo.at[p] = (f->time.at[p] - (s - e)) + (a - e);
  f->time.at[p] = s;
  for (int b = 0; b < n; b++)
    for (int c = 0; c < 3 && b != t->root; c++)
      few_add (f, 3 * b + c, p, dt * f->now[3 * n + 3 * b + c].at[p]);
}

/* Body places or velocities relative to the root from links that begin at `from`. */
AREG_INLINE void few_walk (const struct few *f, const int n, int from, int p, vec x[][3])
{
  const struct areg_few *t = f->task;
  for (int c = 0; c < 3; c++)
    x[t->root][c] = vec_all (0);
  for (int k = 1; k < n; k++) {
    const int b = t->walk[k];
    for (int c = 0; c < 3; c++)
      x[b][c] = x[t->parent[b]][c] + f->now[from + 3 * b + c].at[p];
  }
}

AREG_INLINE void few_kinetic (struct few *f, const int n, int p)
{
  const struct areg_few *t = f->task;
  vec v[AREG_FEW][3], twice = vec_all (0);
  few_walk (f, n, 3 * n, p, v);
  for (int c = 0; c < 3; c++) {
    vec mean = vec_all (0);
    for (int b = 0; b < n; b++)
      mean = vec_fused (v[b][c], vec_all (t->share[b]), mean);
    for (int b = 0; b < n; b++) {
      const vec w = v[b][c] - mean;
      twice = vec_fused (w * t->m[b], w, twice);
    }
  }
  f->kinetic.at[p] = 0.5 * twice;
}

/* Separation of pair k. */
AREG_INLINE void few_separation (const struct few *f, int k, int p, vec x[][3], vec d[3])
{
  const struct few_pair *q = &f->task->pair[k];
  for (int c = 0; c < 3; c++) {
    if (q->a < 0)
      d[c] = x[q->j][c] - x[q->i][c];
    else {
      d[c] = q->sign_a * f->now[3 * q->a + c].at[p];
      if (q->b >= 0)
        d[c] += q->sign_b * f->now[3 * q->b + c].at[p];
    }
  }
}

AREG_INLINE void few_kick (struct few *f, const int n, int p)
{
  const struct areg_few *t = f->task;
  vec a[AREG_FEW][3], x[AREG_FEW][3], U = vec_all (t->gamma);
  for (int b = 0; b < n; b++)
    a[b][0] = a[b][1] = a[b][2] = vec_all (0);
  if (t->places)
    few_walk (f, n, 0, p, x);
  for (int k = 0; k < n * (n - 1) / 2; k++) {
    const struct few_pair *q = &t->pair[k];
    vec d[3];
    few_separation (f, k, p, x, d);
    const vec w = vec_inverse_root (vec_fused (d[2], d[2], vec_fused (d[1], d[1], d[0] * d[0]))), w3 = w * w * w;
    const vec fj = w3 * t->mu[q->j], fi = w3 * -t->mu[q->i];
    for (int c = 0; c < 3; c++) {
      a[q->i][c] = vec_fused (fj, d[c], a[q->i][c]);
      a[q->j][c] = vec_fused (fi, d[c], a[q->j][c]);
    }
    U = vec_fused (w, vec_all (t->mu[q->i] * t->m[q->j]), U);
  }
  const vec dt = few_time (f, f->h_kick, U, p);
  for (int b = 0; b < n; b++)
    for (int c = 0; c < 3 && b != t->root; c++)
      few_add (f, 3 * n + 3 * b + c, p, dt * (a[b][c] - a[t->parent[b]][c]));
}

/* Half a drift, kick, drift, ... kick, half a drift, and a kick of no length: each lane where it is. */
static void few_lengths (struct few *f)
{
  for (int l = 0; l < AREG_LANES; l++) {
    const struct few_lane *lane = &f->lane[l];
    const int steps = 2 * (lane->row + 1);
    f->h_drift[l] = lane->step == 0 || lane->step == steps ? 0.5 * f->h[l] : f->h[l];
    f->h_kick[l] = lane->step == steps ? 0 : f->h[l];
  }
}

/* Moves all lanes on; whether any is at work still. */
static int few_step_on (struct few *f)
{
  int busy = 0;
  for (int l = 0; l < AREG_LANES; l++) {
    struct few_lane *lane = &f->lane[l];
    if (lane->row >= 0 && lane->step++ == 2 * (lane->row + 1)) {
      few_end (f, l);
      few_begin (f, l);
    }
    busy |= lane->row >= 0;
  }
  return busy;
}

AREG_INLINE void few_run (struct few *f, const int n)
{
  do {
    few_lengths (f);
    for (int p = 0; p < FEW_PER; p++) {
      few_drift (f, n, p);
      few_kick (f, n, p);
      few_kinetic (f, n, p);
    }
  } while (few_step_on (f));
}

void AREG_WIDE (areg_wide_few) (const struct areg_few *task)
{
  struct few f;
  f.task = task;
  for (int l = 0; l < AREG_LANES; l++)
    f.lane[l].next = task->last - l >= task->first ? task->last - l : -1;
  for (int l = 0; l < AREG_LANES; l++) {
    const int second = task->last - 2 * AREG_LANES + 1 + l;
    few_begin (&f, l);
    f.lane[l].next = second >= task->first ? second : -1;
  }
  if (task->n == 2)
    few_run (&f, 2);
  else if (task->n == 3)
    few_run (&f, 3);
  else
    few_run (&f, task->n);
}
