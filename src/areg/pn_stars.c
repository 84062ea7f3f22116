/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first post-Newtonian order between holes and everybody, so that stellar orbits precess.
 *
 * It is the Lagrangian of Einstein, Infeld and Hoffmann in which every sum over pairs runs over pairs with at least
 * one hole:
 *
 *   c^2 L_1 = sum m v^4/8 + (1/4) sum_AB (G m_A m_B/r)[6 v_A^2 - 7 v_A.v_B - (n.v_A)(n.v_B)]
 *             - (1/2) sum m_A U_A^2,
 *
 * U_A being the potential of the bodies that make such a pair with A. Taking terms out of a Lagrangian, not out of
 * the equations of motion, leaves energy and momentum conserved to 1PN (doc/theory/pn.md, section 3), whatever the
 * Newtonian force between stars is: it may be softened. The equations are those of pn_eih.c on those pairs, with the
 * whole Newtonian acceleration a_B of the partner; and of a star, whose Newtonian acceleration f by other stars is of
 * no pair here, besides -(v^2/2 + 3 U) f - (v.f) v.
 *
 * What is left out is the 1PN interaction of stars with each other: relative to what is in, the mass of stars over
 * that of holes. In return the cost is that of two rows of forces for each hole, O(N N_holes), instead of O(N^2) at
 * many times the price of Newton's force. The truncation of pn_eih.c (after Will 2014), which keeps the velocity
 * dependent part of star-star terms, is here for comparison; where stars are superparticles and their forces are
 * softened, it would be precise about nothing real.
 */
#include "areg_impl.h"
#include "pn.h"
#include <math.h>
#include <string.h>

enum { L = AREG_LANES };

AREG_INLINE lanes root (lanes x)
{
  double y[L];
  memcpy (y, &x, sizeof y);
  for (int l = 0; l < L; l++)
    y[l] = sqrt (y[l]);
  memcpy (&x, y, sizeof x);
  return x;
}

AREG_INLINE void more (double *p, lanes by) { *(lanes_unaligned *) p += by; }

/* Three components at slot j of an array x | y | z. */
struct triple { lanes x, y, z; };

AREG_INLINE struct triple triple_load (const double *p, int stride)
{
  return (struct triple) { lanes_load (p), lanes_load (p + stride), lanes_load (p + 2 * stride) };
}

AREG_INLINE lanes dot (struct triple a, struct triple b) { return a.x * b.x + a.y * b.y + a.z * b.z; }

AREG_INLINE struct triple everywhere (const double *p, int stride)
{
  const lanes zero = { 0 };
  return (struct triple) { zero + p[0], zero + p[stride], zero + p[2 * stride] };
}

int areg_pn_cloud_scratch_size (int stride) { return 5 * stride; }

/* U of all bodies, and f: what of the Newtonian acceleration of stars is not the holes'. */
AREG_MANY_TARGETS
static void fields (const struct pn_cloud *s, double *U, double *f, double *of_hole)
{
  const int S = s->stride, n = s->n, nh = s->n_holes;
  memset (U, 0, (size_t) S * sizeof *U);
  memcpy (f, s->newton, 3 * (size_t) S * sizeof *f);
  for (int i = 0; i < nh; i++) {
    const double *x = s->separation + 3 * (size_t) i * S;
    lanes sum = { 0 };
    for (int j = 0; j < n; j += L) {
      const struct triple d = triple_load (x + j, S);
      const lanes h = 1 / root (dot (d, d)), uj = s->mu[i] * h, w = uj * (h * h);
      sum += lanes_load (s->mu + j) * h;
      more (U + j, uj);
      more (f + j, -w * d.x);
      more (f + S + j, -w * d.y);
      more (f + 2 * S + j, -w * d.z);
    }
    of_hole[i] = lanes_sum (sum);
  }
  memcpy (U, of_hole, (size_t) nh * sizeof *U); /* what others added to a hole is the potential of holes only */
}

/* The pairs of hole i: adds to others' accelerations (those of holes are rubbish), returns its own in `own`. */
AREG_MANY_TARGETS
static void pairs_of_hole (const struct pn_cloud *s, int i, const double *U, double *a, double own[3])
{
  const int S = s->stride;
  const double *x = s->separation + 3 * (size_t) i * S, Ui = U[i], mui = s->mu[i];
  const struct triple vi = everywhere (s->v + i, S), ai = everywhere (s->newton + i, S);
  const lanes Vi = dot (vi, vi);
  lanes ax = { 0 }, ay = { 0 }, az = { 0 };
  for (int j = 0; j < s->n; j += L) {
    const struct triple d = triple_load (x + j, S), vj = triple_load (s->v + j, S);
    const struct triple aj = triple_load (s->newton + j, S);
    const lanes h = 1 / root (dot (d, d)), Uj = lanes_load (U + j), Vj = dot (vj, vj), vivj = dot (vi, vj);
    const struct triple n = { d.x * h, d.y * h, d.z * h }, v = { vi.x - vj.x, vi.y - vj.y, vi.z - vj.z };
    const lanes nvi = dot (n, vi), nvj = dot (n, vj);
    const lanes Ki = Vi + 2 * Vj - 4 * vivj - 1.5 * nvj * nvj - 4 * Ui - Uj - 0.5 * dot (d, aj);
    const lanes Kj = Vj + 2 * Vi - 4 * vivj - 1.5 * nvi * nvi - 4 * Uj - Ui + 0.5 * dot (d, ai);
    const lanes wi = 4 * nvi - 3 * nvj, wj = 4 * nvj - 3 * nvi, gi = lanes_load (s->mu + j) * h, gj = mui * h;
    ax += gi * (h * (wi * v.x - Ki * n.x) + 3.5 * aj.x);
    ay += gi * (h * (wi * v.y - Ki * n.y) + 3.5 * aj.y);
    az += gi * (h * (wi * v.z - Ki * n.z) + 3.5 * aj.z);
    more (a + j, gj * (h * (wj * v.x + Kj * n.x) + 3.5 * ai.x));
    more (a + S + j, gj * (h * (wj * v.y + Kj * n.y) + 3.5 * ai.y));
    more (a + 2 * S + j, gj * (h * (wj * v.z + Kj * n.z) + 3.5 * ai.z));
  }
  own[0] = lanes_sum (ax);
  own[1] = lanes_sum (ay);
  own[2] = lanes_sum (az);
}

/* What the force of stars on each other has to do with 1PN: it acts on the post-Newtonian momentum of the pairs. */
AREG_MANY_TARGETS
static void stars_among_themselves (const struct pn_cloud *s, const double *U, const double *f, double *a)
{
  const int S = s->stride, first = s->n_holes / L * L;
  for (int j = first; j < s->n; j += L) {
    const struct triple v = triple_load (s->v + j, S), g = triple_load (f + j, S);
    const lanes along = dot (v, g), scale = 0.5 * dot (v, v) + 3 * lanes_load (U + j);
    more (a + j, -scale * g.x - along * v.x);
    more (a + S + j, -scale * g.y - along * v.y);
    more (a + 2 * S + j, -scale * g.z - along * v.z);
  }
}

void areg_pn_cloud_accelerations (const struct pn_cloud *s, double *scratch, double *a)
{
  const int S = s->stride;
  double *U = scratch, *f = scratch + S;
  const double inverse_c2 = 1 / (s->c * s->c);
  memset (a, 0, 3 * (size_t) S * sizeof *a);
  fields (s, U, f, scratch + 4 * S);
  for (int i = 0; i < s->n_holes; i++) {
    double own[3];
    pairs_of_hole (s, i, U, a, own);
    for (int k = 0; k < 3; k++)
      f[k * S + i] = own[k]; /* kept where no star is */
  }
  stars_among_themselves (s, U, f, a);
  for (int k = 0; k < 3; k++) {
    memcpy (a + k * S, f + k * S, (size_t) s->n_holes * sizeof *a);
    for (int b = 0; b < s->n; b++)
      a[k * S + b] *= inverse_c2;
  }
}
