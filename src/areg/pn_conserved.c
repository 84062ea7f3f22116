/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Energy and momentum of two bodies that the conservative post-Newtonian orders conserve, in a general frame.
 *
 * They were found as the unique polynomials whose time derivative along the equations of pn_pair.c vanishes up to
 * the next order (doc/theory/pn.md, section 6). The energy is symmetric under the exchange of the bodies, so each
 * lane holds half of it: terms that the exchange turns into themselves stand here with half their coefficient, of
 * the others one of the two. The same for the momentum along n, which is antisymmetric. Kinetic parts of single
 * bodies are in pn.c.
 */
#include "pn_pair.h"

#include "areg.h"

#define PI2 9.869604401089358618834490999876151135 /* pi squared */

static lanes energy_1 (const struct pair *s)
{
  return 3.0 / 2 * s->A - 1.0 / 4 * s->a * s->b - 7.0 / 4 * s->C + 1.0 / 2 * s->p;
}

static lanes energy_2 (const struct pair *s)
{
  const lanes p = s->p, q = s->q, a = s->a, b = s->b, A = s->A, B = s->B, C = s->C;
  const lanes E_0 = a * (a * (b * (3.0 / 8 * a + 3.0 / 16 * b) - 13.0 / 8 * B + 13.0 / 8 * C) + b * (3.0 / 4 * C
      - 9.0 / 8 * A)) + A * (21.0 / 8 * A + 31.0 / 16 * B - 55.0 / 8 * C) + 17.0 / 8 * C * C;
  const lanes E_p = a * (29.0 / 4 * a - 13.0 / 4 * b) + 1.0 / 2 * b * b - 3.0 / 2 * A + 7.0 / 4 * B;
  const double E_pp = -1.0 / 2;
  const double E_pq = -19.0 / 8;
  return E_0 + p * (E_p + p * E_pp + q * E_pq);
}

static lanes energy_3 (const struct pair *s)
{
  const lanes p = s->p, q = s->q, a = s->a, b = s->b, A = s->A, B = s->B, C = s->C;
  const lanes E_0 = a * (a * (a * (b * (19.0 / 16 * A - a * (5.0 / 16 * a + 5.0 / 16 * b) - 5.0 / 32 * b * b
      + 3.0 / 4 * B - C) + a * (19.0 / 16 * B - 19.0 / 16 * C)) + C * (45.0 / 16 * A - 15.0 / 32 * b * b
      + 11.0 / 4 * B - 3.0 / 4 * C) + A * (15.0 / 16 * b * b - 45.0 / 16 * B) - 2.0 * B * B)
      + b * (A * (5.0 / 4 * C - 21.0 / 16 * A - 23.0 / 32 * B) + 5.0 / 16 * C * C)) + A * (A * (55.0 / 16 * A
      + 79.0 / 16 * B - 139.0 / 16 * C) + C * (41.0 / 8 * C - 161.0 / 32 * B)) + 1.0 / 16 * C * C * C;
  const lanes E_p = a * (a * (a * (75.0 / 8 * b - 49.0 / 8 * a) - 187.0 / 8 * b * b + 49.0 / 8 * A + 49.0 / 4 * B
      - 15.0 / 2 * C) + b * (247.0 / 24 * b * b + 81.0 / 8 * A - 27.0 / 2 * B - 3.0 / 2 * C)) + A * (11.0 / 2 * A
      - 21.0 / 4 * b * b + 55.0 / 4 * B - 27.0 * C) + B * (3.0 / 4 * b * b + 135.0 / 16 * B - 28.0 * C)
      + C * (21.0 / 4 * b * b + 55.0 / 2 * C);
  const lanes E_pp = a * (25867.0 / 840 * b - 38467.0 / 840 * a) + 3.0 / 2 * b * b + 24187.0 / 2520 * A
      + 5.0 / 4 * B - 27967.0 / 2520 * C;
  const lanes E_pq = a * (547.0 / 12 * a - 3115.0 / 48 * b) - 575.0 / 18 * A + 4429.0 / 144 * C
      + 41.0 / 64 * PI2 * (a * (3.0 * b - 3.0 * a) + A - C);
  const double E_ppp = 3.0 / 8;
  const double E_ppq = 9707.0 / 420;
  return E_0 + p * (E_p + p * (E_pp + p * E_ppp + q * E_ppq) + q * E_pq);
}

lanes areg_pn_pair_energy (const struct pair *pair, unsigned terms)
{
  lanes sum = { 0, 0 };
  if (terms & AREG_PN1)
    sum += energy_1 (pair);
  if (terms & AREG_PN2)
    sum += energy_2 (pair);
  if (terms & AREG_PN3)
    sum += energy_3 (pair);
  return sum;
}

static struct nw momentum_1 (const struct pair *s)
{
  return (struct nw) { -1.0 / 2 * s->a, { -1.0 / 2, -1.0 / 2 } };
}

static struct nw momentum_2 (const struct pair *s)
{
  const lanes p = s->p, q = s->q, a = s->a, b = s->b, A = s->A, B = s->B, C = s->C;
  const lanes N_0 = a * (a * (3.0 / 8 * a + 3.0 / 8 * b) - 9.0 / 8 * A - 7.0 / 8 * B + 7.0 / 4 * C);
  const lanes N_p = 29.0 / 4 * a - 9.0 / 4 * b;
  const lanes W_0 = a * (13.0 / 8 * a - 1.0 / 4 * b) - 13.0 / 8 * b * b + 5.0 / 8 * A + 7.0 / 8 * B - 7.0 / 4 * C;
  const double W_p = -3.0;
  const double W_q = 7.0 / 2;
  return (struct nw) { N_0 + p * N_p, W_0 + p * W_p + q * W_q };
}

static struct nw momentum_3 (const struct pair *s)
{
  const lanes p = s->p, q = s->q, a = s->a, b = s->b, A = s->A, B = s->B, C = s->C;
  const lanes N_0 = a * (a * (a * (19.0 / 16 * A - a * (5.0 / 16 * a + 5.0 / 16 * b) - 5.0 / 16 * b * b
      + 5.0 / 8 * B - 5.0 / 4 * C) + b * (15.0 / 16 * A + 3.0 / 4 * B - 9.0 / 8 * C)) + A * (15.0 / 8 * C
      - 21.0 / 16 * A - 15.0 / 16 * B) + B * (C - 11.0 / 16 * B) - 1.0 / 8 * C * C);
  const lanes N_p = a * (a * (59.0 / 8 * b - 45.0 / 8 * a) - 179.0 / 8 * b * b + 135.0 / 8 * A + 53.0 / 4 * B
      - 53.0 / 2 * C) + b * (247.0 / 24 * b * b - 87.0 / 8 * A - 12.0 * B + 87.0 / 4 * C);
  const lanes N_pp = 28387.0 / 840 * b - 40357.0 / 840 * a;
  const lanes N_pq = -175.0 / 8 * a;
  const lanes W_0 = a * (a * (a * (1.0 / 4 * b - 19.0 / 16 * a) + 3.0 / 16 * b * b + 45.0 / 16 * A + 3.0 / 8 * B
      - 3.0 / 4 * C) + b * (1.0 / 8 * b * b - 5.0 / 8 * A - 1.0 / 2 * B + 3.0 / 4 * C))
      + b * b * (19.0 / 16 * b * b - 2.0 * A - 45.0 / 16 * B + 19.0 / 8 * C) + A * (23.0 / 16 * A + 31.0 / 16 * B
      - 31.0 / 8 * C) + B * (19.0 / 16 * B - 3.0 * C) + 17.0 / 8 * C * C;
  const lanes W_p = a * (22.0 * b - 39.0 / 4 * a) - 21.0 / 4 * b * b - 2.0 * A - 1.0 / 2 * B + C;
  const lanes W_q = a * (23.0 / 4 * a - 101.0 / 4 * b) + 17.0 * b * b + 9.0 / 4 * A + 1.0 / 2 * B - C;
  const double W_pp = 20407.0 / 2520;
  const double W_pq = -19.0 / 8;
  const double W_qq = -21667.0 / 2520;
  return (struct nw) {
    N_0 + p * (N_p + p * N_pp + q * N_pq),
    W_0 + p * (W_p + p * W_pp + q * W_pq) + q * (W_q + q * W_qq)
  };
}

struct nw areg_pn_pair_momentum (const struct pair *pair, unsigned terms)
{
  struct nw sum = { { 0, 0 }, { 0, 0 } };
  if (terms & AREG_PN1)
    sum = nw_add (sum, momentum_1 (pair));
  if (terms & AREG_PN2)
    sum = nw_add (sum, momentum_2 (pair));
  if (terms & AREG_PN3)
    sum = nw_add (sum, momentum_3 (pair));
  return sum;
}
