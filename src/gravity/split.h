/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The split of a pair between mesh and tree. With u = r / (2 r_s) the mesh has -erf (u) / r of a unit mass and the
 * tree the rest, -erfc (u) / r, which is dropped beyond the cut R_cut (Bagla 2002, J. Astrophys. Astron. 23, 185).
 * A softened pair has the same long-range part, so that mesh and tree add up to the spline inside the support too.
 *
 * In x = u^2 the long-range part is smooth down to r = 0:
 *   erf (u) / r = i P (x),  force / r = i^3 Q (x),  i = 1 / (2 r_s);
 * polynomials of P and Q up to x = 9 are in split.inc, and shorter ones up to x = 0.5625 for what lies deep inside,
 * where most pairs of a dense clump do.
 */
#ifndef CATENA_GRAVITY_SPLIT_H
#define CATENA_GRAVITY_SPLIT_H

#include <stdbool.h>

#include "gravity/split.inc"

#define SPLIT_REACH_MAX 6.0   /* largest R_cut / r_s, where P and Q end */
#define SPLIT_REACH_CLOSE 1.5 /* the same of the short polynomials, and the smallest R_cut / r_s */

enum { SPLIT_FLOATS = 11, SPLIT_CLOSE = 4, SPLIT_DOUBLES = 28, SPLIT_EXPS = 8 };

/* In some unit of length; scale 0: there is no split, all forces are Newtonian. */
struct split
{
  double scale, cut; /* r_s, R_cut */
};

/* The same for float pairs: all, or those within 1.5 r_s. */
struct split_pairs
{
  int terms;           /* SPLIT_FLOATS, or SPLIT_CLOSE if all pairs are close */
  bool potential;      /* wanted, or accelerations alone */
  float inverse, cut2; /* i, R_cut^2 */
  float slope;         /* of t = slope r^2 - 1 */
  float p[SPLIT_FLOATS], q[SPLIT_FLOATS]; /* coefficients of t^k with i and i^3 */
};

static inline struct split_pairs split_for_pairs (const struct split *s, double unit, bool close, bool potential)
{
  const double i = 0.5 * unit / s->scale;
  const float *const p = close ? split_p_close : split_p_float, *const q = close ? split_q_close : split_q_float;
  struct split_pairs out = { .terms = close ? SPLIT_CLOSE : SPLIT_FLOATS, .potential = potential,
                             .inverse = (float) i, .cut2 = (float) (s->cut / unit * (s->cut / unit)),
                             .slope = (float) (i * i * (close ? 2 / 0.5625 : 2.0 / 9)) };

  for (int k = 0; k < out.terms; k++) {
    out.p[k] = (float) (i * (double) p[k]);
    out.q[k] = (float) (i * i * i * (double) q[k]);
  }
  return out;
}

#endif
