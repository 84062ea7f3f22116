/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The post-Newtonian forces among the holes: who feels which term.
 *
 * 1PN with AREG_PN_CROSS is the sum over all bodies of Einstein, Infeld and Hoffmann; for two holes, or
 * without AREG_PN_CROSS, it goes pair by pair. 2PN to 3.5PN and the spins always go pair by pair: the terms of
 * three bodies at 2PN are of the relative size (G M/r c^2)(G M_3/R c^2). All of it is in a general frame, so the
 * centre of mass of the holes moves: sum m v is not conserved, areg_pn_momentum is. Never 1PN of all bodies with
 * relative forms of higher orders: those contain a part of it already (doc/theory/pn.md, section 5).
 */
#include "pn_pair.h"

#include "areg.h"

#include <stddef.h>

#define ORBITAL (AREG_PN1 | AREG_PN2 | AREG_PN25 | AREG_PN3 | AREG_PN35)
#define RADIATION (AREG_PN25 | AREG_PN35)

static void add_orbital (const struct pn_system *s, int i, int j, const struct pair_geometry *g,
                         const struct pair *pair, unsigned terms, double (*a)[3])
{
  const struct nw sum = areg_pn_pair_coefficients (pair, terms);
  const double scale = s->c * s->c * g->inverse_r;
  const lanes N = scale * sum.N, W = scale * sum.W;
  for (int k = 0; k < 3; k++) {
    a[i][k] += N[0] * g->n[k] + W[0] * g->beta[k];
    a[j][k] -= N[1] * g->n[k] + W[1] * g->beta[k];
  }
}

void areg_pn_accelerations (const struct pn_system *s, double *scratch, double (*a)[3], double (*spin_rate)[3])
{
  const int cross_terms = s->n > 2 && (s->terms & AREG_PN1) && (s->terms & AREG_PN_CROSS);
  const int spins = (s->terms & AREG_PN_SPIN) && s->spin != NULL;
  const unsigned orders = s->terms & (cross_terms ? ORBITAL & ~AREG_PN1 : ORBITAL);
  const double inverse_c = 1.0 / s->c;
  if (cross_terms)
    areg_pn_eih_accelerations (s, scratch, a);
  for (int j = 1; j < s->n; j++)
    for (int i = 0; i < j; i++) {
      struct pair_geometry geometry;
      struct pair pair;
      const int silent = s->radiates && !s->radiates[pn_pair_index (i, j)];
      pn_pair_set (s, i, j, inverse_c, &geometry, &pair);
      if (orders)
        add_orbital (s, i, j, &geometry, &pair, silent ? orders & ~(unsigned) RADIATION : orders, a);
      if (spins)
        areg_pn_spin_accelerations (s, i, j, &geometry, a, spin_rate);
    }
}

/* Of one body, beyond m v^2/2, in units of m c^2: the expansion of 1/sqrt(1 - v^2/c^2). */
static double kinetic_energy (double v2, unsigned terms)
{
  return v2 * v2
         * ((terms & AREG_PN1 ? 3.0 / 8 : 0) + (terms & AREG_PN2 ? 5.0 / 16 * v2 : 0)
            + (terms & AREG_PN3 ? 35.0 / 128 * v2 * v2 : 0));
}

/* The same of the momentum, in units of m v. */
static double kinetic_momentum (double v2, unsigned terms)
{
  return v2
         * ((terms & AREG_PN1 ? 1.0 / 2 : 0) + (terms & AREG_PN2 ? 3.0 / 8 * v2 : 0)
            + (terms & AREG_PN3 ? 5.0 / 16 * v2 * v2 : 0));
}

static double square (const double v[3]) { return v[0] * v[0] + v[1] * v[1] + v[2] * v[2]; }

double areg_pn_energy (const struct pn_system *s, double *scratch)
{
  const double inverse_c = 1.0 / s->c;
  double sum = 0;
  for (int i = 0; i < s->n; i++)
    sum += s->m[i] * kinetic_energy (square (s->v[i]) * inverse_c * inverse_c, s->terms);
  sum *= s->c * s->c;
  for (int j = 1; j < s->n; j++)
    for (int i = 0; i < j; i++) {
      struct pair_geometry g;
      struct pair pair;
      pn_pair_set (s, i, j, inverse_c, &g, &pair);
      const lanes e = areg_pn_pair_energy (&pair, s->terms);
      sum += s->G * s->m[i] * s->m[j] * g.inverse_r * (e[0] + e[1]);
      if ((s->terms & AREG_PN_SPIN) && s->spin != NULL)
        sum += areg_pn_spin_energy (s, i, j, &g);
    }
  if (s->n > 2 && (s->terms & AREG_PN1) && (s->terms & AREG_PN_CROSS))
    sum += areg_pn_eih_energy_of_triples (s, scratch);
  return sum;
}

void areg_pn_momentum (const struct pn_system *s, double *scratch, double out[3])
{
  const double inverse_c = 1.0 / s->c;
  (void) scratch; /* 1PN of many bodies adds no momentum beyond that of the pairs */
  out[0] = out[1] = out[2] = 0;
  for (int i = 0; i < s->n; i++) {
    const double v2 = square (s->v[i]) * inverse_c * inverse_c;
    for (int k = 0; k < 3; k++)
      out[k] += s->m[i] * s->v[i][k] * (1.0 + kinetic_momentum (v2, s->terms));
  }
  for (int j = 1; j < s->n; j++)
    for (int i = 0; i < j; i++) {
      struct pair_geometry g;
      struct pair pair;
      pn_pair_set (s, i, j, inverse_c, &g, &pair);
      const struct nw f = areg_pn_pair_momentum (&pair, s->terms);
      const double scale = s->G * s->m[i] * s->m[j] * g.inverse_r * inverse_c;
      for (int k = 0; k < 3; k++)
        out[k] += scale * ((f.N[0] - f.N[1]) * g.n[k] + inverse_c * (f.W[0] * s->v[i][k] + f.W[1] * s->v[j][k]));
    }
}
