/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mergers: two holes (or a hole and a star, feed.c) become one, and the tree closes over the gap.
 *
 * The tree is first rebuilt from the surviving hole, so that the other one is an ordinary branch: its children are
 * tied to its parent, links adding up exactly, and it is taken out. What the remnant moves in place and velocity is
 * then taken from its own links. Tight pairs elsewhere keep every digit. The energy error made so far is carried in
 * work_offset, and the books are opened anew.
 */
#include "areg_impl.h"
#include "remnant.h"
#include <math.h>
#include <string.h>

int areg_merge_possible (const struct areg *g, const struct areg_state *st)
{
  return g->units.c > 0 && g->options.merge_radius > 0 && st->s.n_holes > 1;
}

double areg_merge_reach (const struct areg *g, const struct areg_state *st, int a, int b)
{
  return g->options.merge_radius * 2 * (st->mu[a] + st->mu[b]) / (g->units.c * g->units.c);
}

/* Closest so far of the pairs of hole a with bodies from b0 to b1, in units of their reach. */
static double pairs_search (struct areg *g, const struct areg_state *st, int a, int b0, int b1, double least, int *pa,
                            int *pb, double separation[3])
{
  for (int b = b0; b < b1; b++) {
    const double reach = b < st->s.n_holes ? areg_merge_reach (g, st, a, b) : areg_feed_reach (g, st, a, b);
    double d[3];
    if (!(reach > 0))
      continue;
    areg_separation (g, st, a, b, d);
    const double r = sqrt (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) / reach;
    if (r < 1 && r < least) {
      least = r;
      *pa = a;
      *pb = b;
      memcpy (separation, d, sizeof d);
    }
  }
  return least;
}

/* The closest pair inside its reach; 0 if none. Separation x_a - x_b. */
static int pair_find (struct areg *g, const struct areg_state *st, int *pa, int *pb, double separation[3])
{
  double least = INFINITY;
  areg_links_walk (st, st->hi + Y_LINKS, g->pos, g->body_stride);
  for (int a = 0; a < st->s.n_holes; a++) {
    if (areg_merge_possible (g, st))
      least = pairs_search (g, st, a, a + 1, st->s.n_holes, least, pa, pb, separation);
    if (areg_feed_possible (g, st))
      least = pairs_search (g, st, a, st->s.n_holes, st->s.n, least, pa, pb, separation);
  }
  return isfinite (least);
}

/* The record. Places are counted from the pair's own centre of mass, so that the remnant's keeps its digits, and
 * moved to the caller's frame afterwards; velocities are the caller's, as post-Newtonian forces see them, since the
 * momentum that these conserve is that of no other frame. */
static void record_make (struct areg *g, const struct areg_state *st, double t, int a, int b, const double d[3],
                         struct areg_merger *record, double dx[3], double dv[3])
{
  struct areg_body body[2];
  double separation[3], place[3];
  const double ma = st->m[a], mb = st->m[b];
  areg_state_spread (g, st, t);
  areg_state_body (g, st, a, &body[0]);
  areg_state_body (g, st, b, &body[1]);
  for (int c = 0; c < 3; c++) {
    place[c] = body[0].x[c];
    separation[c] = d[c] * g->units.length;
    body[0].x[c] = separation[c] * (mb / (ma + mb));
    body[1].x[c] = -separation[c] * (ma / (ma + mb));
  }
  areg_remnant_of_merger (&g->options, t, &body[0], &body[1], separation, record);
  for (int c = 0; c < 3; c++) {
    const double moved = record->x[c] - body[0].x[c];
    dx[c] = moved / g->units.length;
    dv[c] = (record->v[c] - body[0].v[c]) / g->units.velocity;
    record->x[c] = place[c] + moved;
  }
}

/* Ties the children of slot b to its parent and forgets b. */
static void branch_close (struct areg_state *st, int b)
{
  const int n = st->s.n, S = st->s.stride, p = st->parent[b];
  for (int j = 0; j < n; j++)
    if (st->parent[j] == b) {
      st->parent[j] = p;
      for (int c = 0; c < 6; c++) {
        const int to = Y_LINKS + c * S + j, from = Y_LINKS + c * S + b;
        double e;
        st->hi[to] = areg_two_sum (st->hi[to], st->hi[from], &e);
        st->lo[to] += e + st->lo[from];
      }
    }
}

/* Moves the root by (dx, dv) as seen by everybody else. */
static void root_move (struct areg_state *st, const double dx[3], const double dv[3])
{
  const int S = st->s.stride;
  for (int j = 0; j < st->s.n; j++)
    if (st->parent[j] == st->s.root)
      for (int c = 0; c < 6; c++) {
        const int at = Y_LINKS + c * S + j;
        double e;
        st->hi[at] = areg_two_sum (st->hi[at], -(c < 3 ? dx[c] : dv[c - 3]), &e);
        st->lo[at] += e;
      }
}

static int shifted (int slot, int gone) { return slot > gone ? slot - 1 : slot; }

/* Takes body b out of all slots. */
static void slot_remove (struct areg *g, struct areg_state *st, int b)
{
  const int n = st->s.n, S = st->s.stride, nh = st->s.n_holes;
  double *hi = g->work, *lo = g->aux;
  memcpy (hi, st->hi, (size_t) st->s.length * sizeof *hi);
  memcpy (lo, st->lo, (size_t) st->s.length * sizeof *lo);
  st->s.n--;
  st->s.n_holes -= b < nh;
  areg_state_layout (st);
  const int T = st->s.stride;
  memset (st->hi + Y_LINKS, 0, (size_t) (st->s.length - Y_LINKS) * sizeof *hi);
  memset (st->lo + Y_LINKS, 0, (size_t) (st->s.length - Y_LINKS) * sizeof *lo);
  int k = 0;
  for (int i = 0; i < n; i++) /* the walk, b left out */
    if (st->walk[i] != b)
      st->walk[k++] = shifted (st->walk[i], b);
  for (int j = 0; j < n; j++) {
    const int to = shifted (j, b);
    if (j == b)
      continue;
    for (int c = 0; c < 6; c++) {
      st->hi[Y_LINKS + c * T + to] = hi[Y_LINKS + c * S + j];
      st->lo[Y_LINKS + c * T + to] = lo[Y_LINKS + c * S + j];
    }
    for (int c = 0; c < 3 && j < nh; c++) {
      st->hi[Y_LINKS + 6 * T + 3 * to + c] = hi[Y_LINKS + 6 * S + 3 * j + c];
      st->lo[Y_LINKS + 6 * T + 3 * to + c] = lo[Y_LINKS + 6 * S + 3 * j + c];
    }
    st->m[to] = st->m[j];
    st->mu[to] = st->mu[j];
    st->radius[to] = st->radius[j];
    st->id[to] = st->id[j];
    st->kind[to] = st->kind[j];
    st->index[to] = st->index[j];
    st->parent[to] = st->parent[j] < 0 ? -1 : shifted (st->parent[j], b);
  }
  st->m[n - 1] = st->mu[n - 1] = 0;
  areg_state_mass (st);
  st->s.root = shifted (st->s.root, b);
}

/* Mass-weighted mean of the links' body positions and velocities: where the centre of mass is from the root. */
static void mean_from_root (struct areg *g, const struct areg_state *st, double mean[6])
{
  const int bs = g->body_stride;
  double mass = 0;
  for (int b = 0; b < st->s.n; b++)
    mass += st->m[b];
  for (int half = 0; half < 2; half++) {
    areg_links_walk (st, half ? areg_p (st, st->hi) : areg_q (st, st->hi), g->pos, bs);
    for (int c = 0; c < 3; c++) {
      mean[3 * half + c] = 0;
      for (int b = 0; b < st->s.n; b++)
        mean[3 * half + c] += st->m[b] * g->pos[c * bs + b];
      mean[3 * half + c] /= mass;
    }
  }
}

double areg_merge_join (struct areg *g, struct areg_state *st, int a, int b, double mass, const double spin[3],
                        const double dx[3], const double dv[3])
{
  double before[6], after[6];
  const double energy = st->s.kinetic - st->s.potential - st->s.potential_stars;
  st->s.work_offset += energy + st->hi[Y_TOTAL];
  areg_links_build (g, st, a);
  mean_from_root (g, st, before);
  branch_close (st, b);
  st->parent[b] = -2; /* out of the tree before the root moves */
  root_move (st, dx, dv);
  for (int c = 0; c < 3; c++) {
    const int at = Y_LINKS + 6 * st->s.stride + 3 * a + c;
    st->hi[at] = spin[c];
    st->lo[at] = 0;
  }
  st->m[a] = mass;
  st->mu[a] = g->units.G * mass;
  slot_remove (g, st, b);
  mean_from_root (g, st, after);
  for (int c = 0; c < 6; c++) /* the root is at +dx of where it was; the centre of mass follows */
    st->hi[Y_LINKS + c * st->s.stride + st->s.root] += (c < 3 ? dx[c] : dv[c - 3]) + after[c] - before[c];
  areg_links_build (g, st, areg_links_root (st));
  st->s.exact_valid = st->s.stars_valid = st->s.past_count = 0;
  areg_flow_exact (g, st);
  areg_flow_energy_set (st);
  st->s.step = 0;
  st->s.hunt = 0;
  return -st->hi[Y_TOTAL] - energy;
}

static void pair_merge (struct areg *g, struct areg_state *st, int a, int b, const double d[3])
{
  struct areg_merger *record = &g->mergers[st->s.n_mergers++];
  double dx[3], dv[3], spin[3], chosen[3] = { d[0], d[1], d[2] };
  const int heavier = st->m[a] > st->m[b] || (st->m[a] == st->m[b] && st->id[a] < st->id[b]);
  if (!heavier) {
    const int swap = a;
    a = b;
    b = swap;
    for (int c = 0; c < 3; c++)
      chosen[c] = -chosen[c];
  }
  record_make (g, st, areg_state_time (g, st), a, b, chosen, record, dx, dv);
  const double spin_unit = g->units.mass * g->units.length * g->units.velocity;
  for (int c = 0; c < 3; c++)
    spin[c] = record->spin_remnant[c] / spin_unit;
  areg_merge_join (g, st, a, b, record->m_remnant / g->units.mass, spin, dx, dv);
}

/* A remnant is made of formulas, which do not know velocities far above c. */
static int remnant_finite (const struct areg_state *st)
{
  double sum = st->hi[Y_TOTAL];
  for (int c = 0; c < 6; c++)
    sum += st->hi[Y_LINKS + c * st->s.stride + st->s.root];
  return isfinite (sum);
}

int areg_merge_close (struct areg *g, struct areg_state *st)
{
  int a = 0, b = 0;
  double separation[3] = { 0, 0, 0 };
  while ((areg_merge_possible (g, st) || areg_feed_possible (g, st)) && pair_find (g, st, &a, &b, separation)) {
    areg_flow_exact (g, st);
    if (b < st->s.n_holes)
      pair_merge (g, st, a, b, separation);
    else
      areg_feed (g, st, a, b, separation);
    if (!remnant_finite (st))
      return AREG_NO_CONVERGENCE;
  }
  return AREG_OK;
}
