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
  const struct areg_few *t = f->task;
  const struct two w = { f->rate.at[p], f->rate_lo.at[p] };
  const struct two dt = two_quotient (h, w), time = { f->time.at[p], f->time_lo.at[p] }, s = two_add (time, dt);
  few_check (f, p, w.h);
  f->time.at[p] = s.h;
  f->time_lo.at[p] = s.l;
  for (int b = 0; b < n; b++)
    for (int c = 0; c < 3 && b != t->root; c++)
      few_add_two (f, 3 * b + c, p, dt, few_now_two (f, 3 * n + 3 * b + c, p));
}

/* Body places or velocities relative to the root from links that begin at `from`. */
AREG_INLINE void few_walk_two (const struct few *f, const int n, int from, int p, struct two x[][3])
{
  const struct areg_few *t = f->task;
  for (int c = 0; c < 3; c++)
    x[t->root][c] = two_of (0, 0);
  for (int k = 1; k < n; k++) {
    const int b = t->walk[k];
    for (int c = 0; c < 3; c++)
      x[b][c] = two_add (x[t->parent[b]][c], few_now_two (f, from + 3 * b + c, p));
  }
}

/* Separation of pair k, or difference of velocity, in the links that begin at `from`. */
AREG_INLINE void few_separation_two (const struct few *f, int k, int from, int p, struct two x[][3], struct two d[3])
{
  const struct few_pair *q = &f->task->pair[k];
  for (int c = 0; c < 3; c++) {
    if (q->a < 0)
      d[c] = two_add (x[q->j][c], two_minus (x[q->i][c]));
    else {
      const struct two a = few_now_two (f, from + 3 * q->a + c, p);
      d[c] = (struct two) { q->sign_a * a.h, q->sign_a * a.l };
      if (q->b >= 0) {
        const struct two b = few_now_two (f, from + 3 * q->b + c, p);
        d[c] = two_add (d[c], (struct two) { q->sign_b * b.h, q->sign_b * b.l });
      }
    }
  }
}

/* `from` + T. */
AREG_INLINE struct two few_kinetic_two (const struct few *f, const int n, int p, struct two from)
{
  const struct areg_few *t = f->task;
  struct two v[AREG_FEW][3], d[3];
  if (t->places)
    few_walk_two (f, n, 3 * n, p, v);
  for (int k = 0; k < n * (n - 1) / 2; k++) {
    const struct few_pair *q = &t->pair[k];
    few_separation_two (f, k, 3 * n, p, v, d);
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
  struct two x[AREG_FEW][3], d[3], g[3];
  if (t->places)
    few_walk_two (f, n, 0, p, x);
  for (int i = 0, k = 0; i < n; i++)
    for (int j = i + 1; j < n; j++, k++) {
      const struct few_pair *q = &t->pair[k];
      few_separation_two (f, k, 0, p, x, d);
      const struct two w = two_inverse_root (two_square (d)), w3 = two_product (two_product (w, w), w);
      for (int c = 0; c < 3; c++)
        g[c] = two_product (w3, d[c]);
      few_pull_two (a[i], g, t->mu[j], i == 0 && j == 1);
      few_pull_two (a[j], g, -t->mu[i], i == 0);
      from = two_add (from, two_product (w, two_of (q->potential, q->potential_lo)));
    }
  return from;
}

AREG_INLINE void few_kick_two (struct few *f, const int n, int p, vec h)
{
  const struct areg_few *t = f->task;
  struct two a[AREG_FEW][3];
  const struct two U = few_forces_two (f, n, p, two_of (t->gamma, 0), a), dt = two_quotient (h, U);
  few_check (f, p, U.h);
  for (int b = 0; b < n; b++)
    for (int c = 0; c < 3 && b != t->root; c++)
      few_add_two (f, 3 * n + 3 * b + c, p, dt, two_add (a[b][c], two_minus (a[t->parent[b]][c])));
}

/* Energies at the state, and the potential's rate. */
static void few_exact_two (struct few *f, struct areg_few_exact *out)
{
  const struct areg_few *t = f->task;
  const int n = t->n;
  struct two a[AREG_FEW][3];
  vec v[AREG_FEW][3];
  const struct two U = few_forces_two (f, n, 0, two_of (0, 0), a), T = few_kinetic_two (f, n, 0, two_of (0, 0));
  few_walk (f, n, 3 * n, 0, v);
  double rate = 0;
  for (int b = 0; b < n && n > 1; b++) /* forces sum up to nothing, so velocities from the root do */
    for (int c = 0; c < 3; c++)
      rate += t->m[b] * a[b][c].h[0] * v[b][c][0];
  *out = (struct areg_few_exact) { .U = U.h[0], .U_lo = U.l[0], .T = T.h[0], .T_lo = T.l[0], .rate = rate };
}
