/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Post-Newtonian accelerations of two bodies in a general frame, order by order.
 *
 * The equations are those of two point masses in harmonic coordinates, individual bodies in any frame, through 3.5PN
 * (Blanchet's Living Review, section on the equations of motion), with the logarithms of 3PN removed by a shift
 * of the worldlines ("modified harmonic"). doc/theory/pn.md lists the checks that prove the coefficients.
 *
 * Every order is a polynomial N in front of n and one, W, in front of the relative velocity. They are sorted here
 * by the powers of the masses: N_ppq is what stands before p^2 q. Each is in Horner form, p and q come last.
 * Fractions are printed as they stand in the literature; the compiler folds them. Every term holds a q, the
 * potential of the other body: a test particle does not move its partner.
 *
 * What it does not do: terms of three bodies (pn_eih.c has those of 1PN), spins (pn_spin.c).
 */
#include "pn_pair.h"

#include "areg.h"

#define PI2 9.869604401089358618834490999876151135 /* pi squared */

/* 1PN, c^-2. */
static struct nw order_1 (const struct pair *s)
{
  const lanes p = s->p, q = s->q, a = s->a, b = s->b, A = s->A, B = s->B, C = s->C;
  const lanes N_q = 3.0 / 2 * b * b - A - 2.0 * B + 4.0 * C;
  const double N_pq = 5.0;
  const double N_qq = 4.0;
  const lanes W_q = 4.0 * a - 3.0 * b;
  return (struct nw) {
    q * (N_q + p * N_pq + q * N_qq),
    q * W_q
  };
}

/* 2PN, c^-4. */
static struct nw order_2 (const struct pair *s)
{
  const lanes p = s->p, q = s->q, a = s->a, b = s->b, A = s->A, B = s->B, C = s->C;
  const lanes N_q = b * b * (3.0 / 2 * A - 15.0 / 8 * b * b + 9.0 / 2 * B - 6.0 * C) + B * (4.0 * C - 2.0 * B)
      - 2.0 * C * C;
  const lanes N_pq = a * (39.0 / 2 * a - 39.0 * b) + 17.0 / 2 * b * b - 15.0 / 4 * A + 5.0 / 4 * B - 5.0 / 2 * C;
  const lanes N_qq = a * (2.0 * a - 4.0 * b) - 6.0 * b * b + 4.0 * B - 8.0 * C;
  const double N_ppq = -57.0 / 4;
  const double N_pqq = -69.0 / 2;
  const double N_qqq = -9.0;
  const lanes W_q = b * (b * (9.0 / 2 * b - 6.0 * a) + A - 5.0 * B + 4.0 * C) + a * (4.0 * B - 4.0 * C);
  const lanes W_pq = 55.0 / 4 * b - 63.0 / 4 * a;
  const lanes W_qq = -2.0 * a - 2.0 * b;
  return (struct nw) {
    q * (N_q + p * (N_pq + p * N_ppq + q * N_pqq) + q * (N_qq + q * N_qqq)),
    q * (W_q + p * W_pq + q * W_qq)
  };
}

/* 2.5PN, c^-5: radiation reaction. */
static struct nw order_25 (const struct pair *s)
{
  const lanes p = s->p, q = s->q, w = s->w, V = s->V;
  const lanes N_pq = 12.0 / 5 * w * V;
  const lanes N_ppq = -24.0 / 5 * w;
  const lanes N_pqq = 208.0 / 15 * w;
  const lanes W_pq = -4.0 / 5 * V;
  const double W_ppq = 8.0 / 5;
  const double W_pqq = -32.0 / 5;
  return (struct nw) {
    q * (p * (N_pq + p * N_ppq + q * N_pqq)),
    q * (p * (W_pq + p * W_ppq + q * W_pqq))
  };
}

/* 3PN in modified harmonic coordinates, c^-6. */
static struct nw order_3 (const struct pair *s)
{
  const lanes p = s->p, q = s->q, a = s->a, b = s->b, w = s->w, V = s->V, A = s->A, B = s->B, C = s->C;
  const lanes N_q = b * b * (b * b * (35.0 / 16 * b * b - 15.0 / 8 * A - 15.0 / 2 * B + 15.0 / 2 * C)
      + B * (3.0 / 2 * A + 15.0 / 2 * B - 12.0 * C) + 3.0 * C * C) + B * (B * (4.0 * C - 2.0 * B) - 2.0 * C * C);
  const lanes N_pq = a * (a * (a * (171.0 / 2 * b - 171.0 / 8 * a) - 723.0 / 4 * b * b + 229.0 / 4 * A
      + 229.0 / 4 * B - 229.0 / 2 * C) + b * (383.0 / 2 * b * b - 205.0 / 2 * A - 283.0 / 2 * B + 244.0 * C))
      + b * b * (191.0 / 4 * A - 455.0 / 8 * b * b + 259.0 / 4 * B - 225.0 / 2 * C) + A * (91.0 / 2 * C
      - 91.0 / 8 * A - 91.0 / 4 * B) + B * (43.0 * C - 81.0 / 8 * B) - 177.0 / 4 * C * C;
  const lanes N_qq = b * (b * (a * (12.0 * b - 6.0 * a) + 6.0 * b * b - 12.0 * B + 12.0 * C) + a * (4.0 * C
      - 4.0 * B)) + B * (4.0 * B - 8.0 * C) + 4.0 * C * C;
  const lanes N_ppq = a * (19097.0 / 42 * b - 36031.0 / 168 * a) - 8005.0 / 42 * b * b + 42037.0 / 840 * A
      + 30067.0 / 840 * B - 30067.0 / 420 * C;
  const lanes N_pqq = a * (415.0 / 8 * a - 375.0 / 4 * b) + 1113.0 / 8 * b * b + 18.0 * A - 33.0 / 2 * B
      + 33.0 * C + 123.0 / 64 * PI2 * (V - 5.0 * w * w);
  const lanes N_qqq = a * (2.0 * b - a) + 43.0 / 2 * b * b - 9.0 * B + 18.0 * C;
  const double N_pppq = 6053.0 / 1260;
  const double N_ppqq = 547.0 / 3 - 41.0 / 16 * PI2;
  const double N_pqqq = 110741.0 / 630 - 41.0 / 16 * PI2;
  const double N_qqqq = 16.0;
  const lanes W_q = b * (b * (b * (b * (15.0 / 2 * a - 45.0 / 8 * b) - 3.0 / 2 * A + 12.0 * B - 6.0 * C)
      + a * (6.0 * C - 12.0 * B)) + B * (A - 7.0 * B + 8.0 * C) - 2.0 * C * C) + a * B * (4.0 * B - 4.0 * C);
  const lanes W_pq = a * (a * (565.0 / 4 * b - 243.0 / 4 * a) - 269.0 / 4 * b * b + 207.0 / 8 * A + 81.0 / 8 * B
      - 36.0 * C) + b * (83.0 / 8 * B - 95.0 / 12 * b * b - 137.0 / 8 * A + 27.0 / 4 * C);
  const lanes W_qq = b * (a * (8.0 * b - 2.0 * a) + 2.0 * b * b - 4.0 * B + 4.0 * C) + a * (2.0 * C - 2.0 * B);
  const lanes W_ppq = 25237.0 / 420 * a - 30067.0 / 420 * b;
  const lanes W_pqq = 479.0 / 8 * b - 307.0 / 8 * a + 123.0 / 32 * PI2 * w;
  const lanes W_qqq = 4.0 * a + 5.0 * b;
  return (struct nw) {
    q * (N_q + p * (N_pq + p * (N_ppq + p * N_pppq + q * N_ppqq) + q * (N_pqq + q * N_pqqq))
         + q * (N_qq + q * (N_qqq + q * N_qqqq))),
    q * (W_q + p * (W_pq + p * W_ppq + q * W_pqq) + q * (W_qq + q * W_qqq))
  };
}

/* 3.5PN, c^-7: radiation reaction at its first correction. */
static struct nw order_35 (const struct pair *s)
{
  const lanes p = s->p, q = s->q, a = s->a, b = s->b, w = s->w, V = s->V, A = s->A, B = s->B, C = s->C;
  const lanes N_pq = a * (V * (a * (60.0 * a - 180.0 * b) + 174.0 * b * b) + B * (984.0 / 35 * C - 534.0 / 35 * A
      - 204.0 / 35 * B) + C * (1068.0 / 35 * A - 1068.0 / 35 * C)) + b * (B * (90.0 / 7 * A + 24.0 / 7 * B
      - 732.0 / 35 * C) + C * (180.0 / 7 * C - 984.0 / 35 * A) - 54.0 * b * b * V) - w * (56.0 * w * w * w * w
      + 246.0 / 35 * A * A);
  const lanes N_ppq = a * (a * (48.0 * a - 696.0 / 5 * b) + 744.0 / 5 * b * b - 4888.0 / 105 * A - 1028.0 / 21 * B
      + 2056.0 / 21 * C) + b * (5056.0 / 105 * A - 288.0 / 5 * b * b + 5812.0 / 105 * B - 2224.0 / 21 * C);
  const lanes N_pqq = a * (a * (1746.0 / 5 * b - 582.0 / 5 * a) - 1954.0 / 5 * b * b + 1432.0 / 35 * B
      - 2864.0 / 35 * C) + b * (158.0 * b * b - 5752.0 / 105 * B + 10048.0 / 105 * C) + 3568.0 / 105 * w * A;
  const lanes N_pppq = 3992.0 / 105 * a - 4328.0 / 105 * b;
  const lanes N_ppqq = 2872.0 / 21 * b - 13576.0 / 105 * a;
  const lanes N_pqqq = -3172.0 / 21 * w;
  const lanes W_pq = V * (a * (684.0 / 5 * b - 348.0 / 5 * a) - 66.0 * b * b) + A * (334.0 / 35 * A
      + 654.0 / 35 * B - 1336.0 / 35 * C) + B * (292.0 / 35 * B - 1252.0 / 35 * C) + 60.0 * w * w * w * w
      + 1308.0 / 35 * C * C;
  const lanes W_ppq = a * (52.0 / 15 * a - 56.0 / 15 * b) - 44.0 / 15 * b * b - 132.0 / 35 * A - 48.0 / 35 * B
      + 152.0 / 35 * C;
  const lanes W_pqq = a * (454.0 / 15 * a - 372.0 / 5 * b) + 854.0 / 15 * b * b - 152.0 / 21 * A
      - 1768.0 / 105 * B + 2864.0 / 105 * C;
  const double W_pppq = -184.0 / 21;
  const double W_ppqq = 6224.0 / 105;
  const double W_pqqq = 6388.0 / 105;
  return (struct nw) {
    q * (p * (N_pq + p * (N_ppq + p * N_pppq + q * N_ppqq) + q * (N_pqq + q * N_pqqq))),
    q * (p * (W_pq + p * (W_ppq + p * W_pppq + q * W_ppqq) + q * (W_pqq + q * W_pqqq)))
  };
}

struct nw areg_pn_pair_coefficients (const struct pair *pair, unsigned terms)
{
  struct nw sum = { { 0, 0 }, { 0, 0 } };
  if (terms & AREG_PN1)
    sum = nw_add (sum, order_1 (pair));
  if (terms & AREG_PN2)
    sum = nw_add (sum, order_2 (pair));
  if (terms & AREG_PN25)
    sum = nw_add (sum, order_25 (pair));
  if (terms & AREG_PN3)
    sum = nw_add (sum, order_3 (pair));
  if (terms & AREG_PN35)
    sum = nw_add (sum, order_35 (pair));
  return sum;
}
