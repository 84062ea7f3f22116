/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sub-steps of a few bodies in numbers of two parts (vec.h): places, velocities, forces, time steps.
 *
 * Extrapolation from rows of 2, 4, ... 2k sub-steps multiplies what the rows bring by up to some hundreds, so that
 * doubles leave 1e-15 of a step's length, however small the step is. In two parts that is gone, at two to three times
 * the work: positions after a hundred periods of the figure-eight are then a hundred times better, and a sequence of
 * close encounters of three bodies, which multiplies errors by 1e11, is followed.
 *
 * The state is kept as it is, not as increments. Kinetic energy is a sum over pairs here, which needs no mean.
 */

/* now + lo += dt rate. */
AREG_INLINE void few_add_two (struct few *f, int k, int p, struct two dt, struct two rate)
{
  const struct two now = { f->now[k].at[p], f->lo[k].at[p] }, s = two_add (now, two_product (dt, rate));
  f->now[k].at[p] = s.h;
  f->lo[k].at[p] = s.l;
}

AREG_INLINE struct two few_now_two (const struct few *f, int k, int p)
{
  return (struct two) { f->now[k].at[p], f->lo[k].at[p] };
}

AREG_INLINE void few_drift_two (struct few *f, const int n, int p, vec h)
{
  const struct two w = { f->rate.at[p], f->rate_lo.at[p] };
  const struct two dt = two_quotient (h, w), time = { f->time.at[p], f->time_lo.at[p] }, s = two_add (time, dt);
  few_check (f, p, w.h);
  f->time.at[p] = s.h;
  f->time_lo.at[p] = s.l;
  for (int k = 0; k < 3 * (n - 1); k++)
    few_add_two (f, k, p, dt, few_now_two (f, 3 * (n - 1) + k, p));
}

/* Body places or velocities relative to the first body from links that begin at `from`. */
AREG_INLINE void few_walk_two (const struct few *f, const int n, int from, int p, struct two x[][3])
{
  for (int c = 0; c < 3; c++)
    x[0][c] = two_of (0, 0);
  for (int b = 1; b < n; b++)
    for (int c = 0; c < 3; c++) {
      const struct two link = few_now_two (f, from + 3 * (b - 1) + c, p);
      const int parent = few_parent (f->task, n, b);
      x[b][c] = parent == 0 ? link : two_add (x[parent][c], link);
    }
}

/* Separation of pair k, or difference of velocity, in the links that begin at `from`. */
AREG_INLINE void few_separation_two (const struct few *f, const int n, int k, int from, int p, struct two x[][3],
                                     struct two d[3])
{
  const struct few_pair *q = &f->task->pair[k];
  for (int c = 0; c < 3; c++) {
    if (n <= 3 && k < 2)
      d[c] = few_now_two (f, from + 3 * k + c, p);
    else if (n <= 3)
      d[c] = two_add (few_now_two (f, from + 3 + c, p), two_minus (few_now_two (f, from + c, p)));
    else if (q->a < 0)
      d[c] = two_add (x[q->j][c], two_minus (x[q->i][c]));
    else {
      d[c] = few_now_two (f, from + 3 * q->a + c, p);
      if (q->b >= 0)
        d[c] = two_add (d[c], two_times (few_now_two (f, from + 3 * q->b + c, p), vec_all (q->sign_b)));
    }
  }
}

/* `from` + T. */
AREG_INLINE struct two few_kinetic_two (const struct few *f, const int n, int p, struct two from)
{
  const struct areg_few *t = f->task;
  struct two v[AREG_FEW][3], d[3];
  if (n > 3 && t->places)
    few_walk_two (f, n, 3 * (n - 1), p, v);
  for (int k = 0; k < n * (n - 1) / 2; k++) {
    const struct few_pair *q = &t->pair[k];
    few_separation_two (f, n, k, 3 * (n - 1), p, v, d);
    from = two_add (from, two_product (two_square (d), two_of (q->kinetic, q->kinetic_lo)));
  }
  return from;
}

AREG_INLINE void few_rate_two (struct few *f, const int n, int p)
{
  const struct two rate = few_kinetic_two (f, n, p, two_of (f->task->rest, f->task->rest_lo));
  f->rate.at[p] = rate.h;
  f->rate_lo.at[p] = rate.l;
}

/* Adds the pair's share to a[3], or begins with it: a sum that begins with zero costs as much as any other. */
AREG_INLINE void few_pull_two (struct two a[3], const struct two g[3], double mu, int begin)
{
  for (int c = 0; c < 3; c++) {
    const struct two by = two_times (g[c], vec_all (mu));
    a[c] = begin ? by : two_add (a[c], by);
  }
}

/* Accelerations of the bodies; returns `from` + U. */
AREG_INLINE struct two few_forces_two (const struct few *f, const int n, int p, struct two from, struct two a[][3])
{
  const struct areg_few *t = f->task;
  struct two x[AREG_FEW][3], d[AREG_FEW * (AREG_FEW - 1) / 2][3], w[AREG_FEW * (AREG_FEW - 1) / 2], g[3];
  if (n > 3 && t->places)
    few_walk_two (f, n, 0, p, x);
  for (int k = 0; k < n * (n - 1) / 2; k++) {
    few_separation_two (f, n, k, 0, p, x, d[k]);
    w[k] = two_square (d[k]);
  }
  for (int k = 0; k < n * (n - 1) / 2; k++)
    w[k] = two_inverse_root (w[k]);
  for (int i = 0, k = 0; i < n; i++)
    for (int j = i + 1; j < n; j++, k++) {
      const struct few_pair *q = &t->pair[k];
      const struct two w3 = two_product (two_product (w[k], w[k]), w[k]);
      for (int c = 0; c < 3; c++)
        g[c] = two_product (w3, d[k][c]);
      few_pull_two (a[i], g, t->mu[j], i == 0 && j == 1);
      few_pull_two (a[j], g, -t->mu[i], i == 0);
      from = two_add (from, two_product (w[k], two_of (q->potential, q->potential_lo)));
    }
  return from;
}

AREG_INLINE void few_kick_two (struct few *f, const int n, int p, vec h)
{
  const struct areg_few *t = f->task;
  struct two a[AREG_FEW][3];
  const struct two U = few_forces_two (f, n, p, two_of (t->gamma, 0), a), dt = two_quotient (h, U);
  few_check (f, p, U.h);
  for (int b = 1, k = 3 * (n - 1); b < n; b++)
    for (int c = 0; c < 3; c++, k++)
      few_add_two (f, k, p, dt, two_add (a[b][c], two_minus (a[few_parent (t, n, b)][c])));
}

/* Energies at the state, and the potential's rate. */
static void few_exact_two (struct few *f, struct areg_few_exact *out)
{
  const struct areg_few *t = f->task;
  const int n = t->n;
  struct two a[AREG_FEW][3];
  vec v[AREG_FEW][3];
  const struct two U = few_forces_two (f, n, 0, two_of (0, 0), a), T = few_kinetic_two (f, n, 0, two_of (0, 0));
  few_walk (f, n, 3 * (n - 1), 0, v);
  double rate = 0;
  for (int b = 0; b < n && n > 1; b++) /* forces sum up to nothing, so velocities from the first do */
    for (int c = 0; c < 3; c++)
      rate += t->m[b] * a[b][c].h[0] * v[b][c][0];
  *out = (struct areg_few_exact) { .U = U.h[0], .U_lo = U.l[0], .T = T.h[0], .T_lo = T.l[0], .rate = rate };
}
