/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first post-Newtonian order of any number of bodies: the Einstein-Infeld-Hoffmann equations.
 *
 *   c^2 a_A = sum_B (G m_B/r) { - K n/r + [n.(4 v_A - 3 v_B)] (v_A - v_B)/r + (7/2) a_B },
 *   K = v_A^2 + 2 v_B^2 - 4 v_A.v_B - (3/2) (n.v_B)^2 - 4 U_A - U_B - (1/2) (x_A - x_B).a_B,
 *
 * n from B to A, U the Newtonian potential (positive) and a_B the Newtonian acceleration of a body by all others.
 * With U and a_B summed first, the terms of three bodies hide in them and the cost is that of a pair sum, not N^3.
 * For two bodies this is the 1PN line of pn_pair.c (doc/theory/pn.md, section 3).
 */
#include "pn_pair.h"

struct fields
{
  double *inverse_r;    /* of each pair */
  double *U;            /* n */
  double (*a)[3];       /* n, Newtonian */
};

static struct fields fields_in (double *scratch, int n)
{
  double *U = scratch + n * (n - 1) / 2;
  return (struct fields) { scratch, U, (double (*)[3]) (U + n) };
}

int pn_scratch_size (int n) { return n * (n - 1) / 2 + 4 * n; }

static void newtonian_fields (const struct pn_system *s, struct fields f)
{
  for (int i = 0; i < s->n; i++)
    f.U[i] = f.a[i][0] = f.a[i][1] = f.a[i][2] = 0;
  for (int j = 1; j < s->n; j++)
    for (int i = 0; i < j; i++) {
      const int pair = pn_pair_index (i, j);
      const double *x = s->separation[pair];
      const double h = 1.0 / sqrt (x[0] * x[0] + x[1] * x[1] + x[2] * x[2]);
      const double ui = s->G * s->m[j] * h, uj = s->G * s->m[i] * h, h2 = h * h;
      f.inverse_r[pair] = h;
      f.U[i] += ui;
      f.U[j] += uj;
      for (int k = 0; k < 3; k++) {
        f.a[i][k] -= ui * h2 * x[k];
        f.a[j][k] += uj * h2 * x[k];
      }
    }
}

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

void pn_eih_accelerations (const struct pn_system *s, double *scratch, double (*a)[3])
{
  const struct fields f = fields_in (scratch, s->n);
  const double inverse_c2 = 1.0 / (s->c * s->c);
  newtonian_fields (s, f);
  for (int j = 1; j < s->n; j++)
    for (int i = 0; i < j; i++)
      add_pair (s, f, i, j, inverse_c2, a);
}

/* (1/2) sum_A m_A (U_A^2 - sum_B U_AB^2)/c^2 */
double pn_eih_energy_of_triples (const struct pn_system *s, double *scratch)
{
  const struct fields f = fields_in (scratch, s->n);
  newtonian_fields (s, f);
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
