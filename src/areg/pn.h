/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Post-Newtonian accelerations, spin precession and conserved energy among the holes of a system.
 *
 * General frame (individual bodies, any inertial frame), modified harmonic coordinates through 3.5PN; derivations in
 * doc/theory/pn.md. Any units. Pure functions of their arguments; nothing is allocated, nothing can fail. No two
 * holes may be at one point.
 */
#ifndef AREG_PN_H
#define AREG_PN_H

/* n holes. Pair (i,j), i < j, stands at index j(j-1)/2 + i; `separation` holds x_i - x_j of each pair, given by the
 * caller (from its links) so that a tight pair keeps all digits. Positions themselves are not needed. */
struct pn_system
{
  double G, c;
  unsigned terms;                    /* enum areg_pn bits */
  int n;
  const double *m;                   /* n */
  const double (*v)[3];              /* n */
  const double (*spin)[3];           /* n; may be NULL without AREG_PN_SPIN */
  const double (*separation)[3];     /* n(n-1)/2 */
  const unsigned char *radiates;     /* n(n-1)/2: whether 2.5PN and 3.5PN act in a pair; NULL: in all */
};

/* Doubles of scratch that any function here needs for n bodies. */
int areg_pn_scratch_size (int n);

/* Adds the post-Newtonian part (without Newton) to a[n][3], and dS/dt to spin_rate[n][3] (may be NULL). The centre
 * of mass is accelerated too: integrate it, sum m a is not zero. */
void areg_pn_accelerations (const struct pn_system *s, double *scratch, double (*a)[3], double (*spin_rate)[3]);

/* 1PN of holes and stars together, added to a[n][3]: bodies 0 .. n_holes-1 of s are holes, the others stars. All
 * terms but those that the masses of three stars make (pn_eih.c); without `star_pairs` no term of a pair of stars,
 * which is right where their Newtonian force is softened. It contains the 1PN of the holes: for those call
 * areg_pn_accelerations without AREG_PN1 beside it. Of s->terms nothing is asked. Cost n^2. */
void areg_pn_star_accelerations (const struct pn_system *s, int n_holes, int star_pairs, double *scratch,
                                 double (*a)[3]);

/* Holes and stars as the integrator holds them: arrays x | y | z, each part `stride` long, a multiple of eight and at
 * least n rounded up to one; beyond n all is finite and mu zero. Holes come first. */
struct pn_cloud
{
  double c;
  int n, n_holes, stride;
  const double *mu;          /* G m */
  const double *v, *newton;  /* velocities, whole Newtonian accelerations */
  const double *separation;  /* of each hole i from all bodies j: x_i - x_j at (3 i + k) stride + j; from itself and
                              * beyond n: 1e200, whose square overflows, so that all it adds is exactly zero */
};

/* Doubles of scratch for areg_pn_cloud_accelerations. */
int areg_pn_cloud_scratch_size (int stride);

/* 1PN of all pairs with at least one hole, into a (x | y | z): pn_stars.c. It contains that of the holes, three
 * bodies included: call areg_pn_accelerations for those without AREG_PN1 beside it. Cost O(n n_holes). */
void areg_pn_cloud_accelerations (const struct pn_cloud *s, double *scratch, double *a);

/* Conservative post-Newtonian energy of the chosen terms, without the Newtonian part: 1PN of all holes,
 * 2PN and 3PN pair by pair, spin terms. */
double areg_pn_energy (const struct pn_system *s, double *scratch);
/* The momentum of the chosen conservative terms, m v included; constant up to the first order left out, which for
 * unequal masses drives it along the apsis: 1PN alone is not for long inspirals. */
void areg_pn_momentum (const struct pn_system *s, double *scratch, double out[3]);

#endif
