/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first post-Newtonian order of any number of bodies: the Einstein-Infeld-Hoffmann equations.
 *
 *   c^2 a_A = sum_B (G m_B/r) { - K n/r + [n.(4 v_A - 3 v_B)] (v_A - v_B)/r + (7/2) a_B },
 *   K = v_A^2 + 2 v_B^2 - 4 v_A.v_B - (3/2) (n.v_B)^2 - 4 U_A - U_B - (1/2) (x_A - x_B).a_B,
 *
 * n from B to A, U the Newtonian potential (positive) and a_B the Newtonian acceleration of a body by all others.
 * With U and a_B summed first, the terms of three bodies hide in them and the cost is that of a pair sum, not N^3.
 * For two bodies this is the 1PN line of pn_pair.c (doc/theory/pn.md, section 3).
 *
 * With stars beside the holes the terms of order G^2 m m' of three stars are left out (after Will 2014: few heavy
 * bodies, many light ones): in a pair of stars U and a_B are then those that the holes cause. What is left out scales
 * as the square of the stars' mass and touches no hole.
 */
#include "pn_pair.h"

struct fields
{
  const double *inverse_r;    /* of each pair */
  double *U;                  /* n */
  double (*a)[3];             /* n, Newtonian */
};

int areg_pn_scratch_size (int n) { return n * (n - 1) / 2 + 8 * n; }

/* Fields at all bodies of the first n_sources bodies, held in `memory` (4 n). */
static struct fields newtonian_fields (const struct pn_system *s, int n_sources, const double *inverse_r,
                                       double *memory)
{
  const struct fields f = { inverse_r, memory, (double (*)[3]) (memory + s->n) };
  for (int k = 0; k < 4 * s->n; k++)
    memory[k] = 0;
  for (int j = 1; j < s->n; j++)
    for (int i = 0; i < j && i < n_sources; i++) {
      const int pair = pn_pair_index (i, j);
      const double *x = s->separation[pair], h = inverse_r[pair], h2 = h * h;
      const double ui = j < n_sources ? s->G * s->m[j] * h : 0, uj = s->G * s->m[i] * h;
      f.U[i] += ui;
      f.U[j] += uj;
      for (int k = 0; k < 3; k++) {
        f.a[i][k] -= ui * h2 * x[k];
        f.a[j][k] += uj * h2 * x[k];
      }
    }
  return f;
}

static void inverse_distances (const struct pn_system *s, double *out)
{
  for (int pair = 0; pair < s->n * (s->n - 1) / 2; pair++) {
    const double *x = s->separation[pair];
    out[pair] = 1.0 / sqrt (x[0] * x[0] + x[1] * x[1] + x[2] * x[2]);
  }
}

/* Both accelerations of pair (i, j), as the fields f say. */
static void add_pair (const struct pn_system *s, struct fields f, int i, int j, double inverse_c2, double (*a)[3])
{
  const int pair = pn_pair_index (i, j);
  const double *x = s->separation[pair], *vi = s->v[i], *vj = s->v[j], *ai = f.a[i], *aj = f.a[j];
  const double h = f.inverse_r[pair];
  double Vi = 0, Vj = 0, vivj = 0, nvi = 0, nvj = 0, xai = 0, xaj = 0;
  for (int k = 0; k < 3; k++) {
    Vi += vi[k] * vi[k];
    Vj += vj[k] * vj[k];
    vivj += vi[k] * vj[k];
    nvi += x[k] * h * vi[k];
    nvj += x[k] * h * vj[k];
    xai += x[k] * ai[k];
    xaj += x[k] * aj[k];
  }
  const double Ki = Vi + 2 * Vj - 4 * vivj - 1.5 * nvj * nvj - 4 * f.U[i] - f.U[j] - 0.5 * xaj;
  const double Kj = Vj + 2 * Vi - 4 * vivj - 1.5 * nvi * nvi - 4 * f.U[j] - f.U[i] + 0.5 * xai;
  const double wi = 4 * nvi - 3 * nvj, wj = 4 * nvj - 3 * nvi; /* n.(4 v_A - 3 v_B), n from j to i in both */
  const double gi = inverse_c2 * s->G * s->m[j] * h, gj = inverse_c2 * s->G * s->m[i] * h;
  for (int k = 0; k < 3; k++) {
    const double n = x[k] * h, v = vi[k] - vj[k];
    a[i][k] += gi * (h * (wi * v - Ki * n) + 3.5 * aj[k]);
    a[j][k] += gj * (h * (wj * v + Kj * n) + 3.5 * ai[k]);
  }
}

void areg_pn_eih_accelerations (const struct pn_system *s, double *scratch, double (*a)[3])
{
  areg_pn_star_accelerations (s, s->n, 1, scratch, a);
}

void areg_pn_star_accelerations (const struct pn_system *s, int n_holes, int star_pairs, double *scratch,
                                 double (*a)[3])
{
  double *memory = scratch + s->n * (s->n - 1) / 2;
  const double inverse_c2 = 1.0 / (s->c * s->c);
  inverse_distances (s, scratch);
  const struct fields all = newtonian_fields (s, s->n, scratch, memory);
  for (int j = 1; j < s->n; j++)
    for (int i = 0; i < j && i < n_holes; i++)
      add_pair (s, all, i, j, inverse_c2, a);
  if (!star_pairs || n_holes + 1 >= s->n)
    return;
  const struct fields of_holes = newtonian_fields (s, n_holes, scratch, memory + 4 * s->n);
  for (int j = n_holes + 1; j < s->n; j++)
    for (int i = n_holes; i < j; i++)
      add_pair (s, of_holes, i, j, inverse_c2, a);
}

/* (1/2) sum_A m_A (U_A^2 - sum_B U_AB^2)/c^2 */
double areg_pn_eih_energy_of_triples (const struct pn_system *s, double *scratch)
{
  inverse_distances (s, scratch);
  const struct fields f = newtonian_fields (s, s->n, scratch, scratch + s->n * (s->n - 1) / 2);
  double sum = 0;
  for (int i = 0; i < s->n; i++)
    sum += s->m[i] * f.U[i] * f.U[i];
  for (int j = 1; j < s->n; j++)
    for (int i = 0; i < j; i++) {
      const double u = s->G * f.inverse_r[pn_pair_index (i, j)];
      sum -= u * u * s->m[i] * s->m[j] * (s->m[i] + s->m[j]);
    }
  return 0.5 * sum / (s->c * s->c);
}
