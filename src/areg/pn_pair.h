/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the post-Newtonian formulae of a pair are written in: nine scalars, for both bodies at once.
 *
 * Lane 0 sees the pair as body 1 does, lane 1 as body 2 does, with the roles exchanged: p <-> q, a -> -b, b -> -a,
 * A <-> B (doc/theory/pn.md, section 2). So every polynomial is written once and evaluated once for both bodies; the
 * lanes are IEEE doubles that never mix, so the bits are those of two scalar evaluations. Velocities are in units of
 * c and p, q in units of c^2: no power of c is left in a polynomial, and no system of units over- or underflows.
 */
#ifndef AREG_PN_PAIR_H
#define AREG_PN_PAIR_H

#include "pn.h"

#include <math.h>

typedef double lanes __attribute__ ((vector_size (16)));

struct pair
{
  lanes p, q;      /* G m_own / (r c^2), G m_other / (r c^2) */
  lanes a, b;      /* n.v of own and other body; n from the other body to the own one */
  lanes A, B, C;   /* v.v own, v.v other, v.v' */
  lanes w, V;      /* dr/dt, square of the relative velocity */
};

/* The vectors of a pair: unit vector n = (x_i - x_j)/r, relative velocity beta = (v_i - v_j)/c, 1/r. */
struct pair_geometry
{
  double n[3], beta[3], inverse_r;
};

/* A vector N n + W v in the basis of the pair. */
struct nw
{
  lanes N, W;
};

static inline struct nw nw_add (struct nw x, struct nw y) { return (struct nw) { x.N + y.N, x.W + y.W }; }

static inline int pn_pair_index (int i, int j) { return j * (j - 1) / 2 + i; }

/* Pair (i, j), i < j: geometry and scalars. */
static inline void pn_pair_set (const struct pn_system *s, int i, int j, double inverse_c, struct pair_geometry *g,
                                struct pair *pair)
{
  const double *x = s->separation[pn_pair_index (i, j)], *v1 = s->v[i], *v2 = s->v[j];
  const double h = 1.0 / sqrt (x[0] * x[0] + x[1] * x[1] + x[2] * x[2]);
  double a = 0, b = 0, w = 0, A = 0, B = 0, C = 0, V = 0;
  for (int k = 0; k < 3; k++) {
    const double n = x[k] * h, beta1 = v1[k] * inverse_c, beta2 = v2[k] * inverse_c;
    const double beta = (v1[k] - v2[k]) * inverse_c;
    g->n[k] = n;
    g->beta[k] = beta;
    a += n * beta1;
    b += n * beta2;
    w += n * beta;
    A += beta1 * beta1;
    B += beta2 * beta2;
    C += beta1 * beta2;
    V += beta * beta;
  }
  g->inverse_r = h;
  const double u = s->G * h * inverse_c * inverse_c, p = u * s->m[i], q = u * s->m[j];
  *pair = (struct pair) {
    { p, q }, { q, p }, { a, -b }, { b, -a }, { A, B }, { B, A }, { C, C }, { w, w }, { V, V }
  };
}

/* Sum of the chosen orders (enum areg_pn bits 1PN to 3.5PN): a_1 = (c^2/r) (N_0 n + W_0 beta),
 * a_2 = -(c^2/r) (N_1 n + W_1 beta). */
struct nw areg_pn_pair_coefficients (const struct pair *pair, unsigned terms);

/* Conserved energy of the interaction, conservative orders of `terms`, in units of G m1 m2/r: lane 0 + lane 1. */
lanes areg_pn_pair_energy (const struct pair *pair, unsigned terms);
/* Momentum of the interaction in units of G m1 m2/(r c): (N_0 - N_1) n + W_0 beta_1 + W_1 beta_2. */
struct nw areg_pn_pair_momentum (const struct pair *pair, unsigned terms);

/* 1PN of all bodies (Einstein, Infeld, Hoffmann), added to a. */
void areg_pn_eih_accelerations (const struct pn_system *s, double *scratch, double (*a)[3]);
/* The part of the 1PN energy that no sum over pairs contains: products of three different masses. */
double areg_pn_eih_energy_of_triples (const struct pn_system *s, double *scratch);

/* Spin-orbit, spin-spin and quadrupole-monopole terms of pair (i, j): added to a and, unless NULL, spin_rate. */
void areg_pn_spin_accelerations (const struct pn_system *s, int i, int j, const struct pair_geometry *g,
                                 double (*a)[3], double (*spin_rate)[3]);
double areg_pn_spin_energy (const struct pn_system *s, int i, int j, const struct pair_geometry *g);

#endif
