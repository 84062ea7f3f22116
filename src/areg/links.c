/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The minimum spanning tree, and coordinates along its links.
 *
 * Close pairs must not lose digits to their distance from the origin. In the minimum spanning tree (Rantala et al.
 * 2020) every body is tied to its nearest kin, so that tight pairs are links and their separation is a coordinate of
 * its own. Prim's algorithm, O(N^2) without sorting, is one pass over the pairs: less than one force evaluation.
 *
 * A new tree takes over the old links where they survive, to the bit; other links are sums along the old tree, both
 * parts of the two-part numbers taken along, so that changing trees is free of loss.
 *
 * The pair sums use positions relative to the root, which is enough for all pairs except those that are much closer
 * to each other than to the root. These near pairs, tied by one link or two, are listed here; their separations come
 * from the links.
 */
#include "areg_impl.h"
#include <math.h>
#include <string.h>

/* Pairs closer than this fraction of their distance from the root are summed along links: 5 bits at stake. */
static const double near_fraction = 0.03;

int areg_links_root (const struct areg_state *st)
{
  int root = 0;
  for (int b = 1; b < st->s.n; b++)
    if (st->m[b] > st->m[root])
      root = b;
  return root;
}

double areg_links_soft (const struct areg *g, const struct areg_state *st, int b)
{
  return st->kind[b] == AREG_STAR && st->kind[st->parent[b]] == AREG_STAR ? g->units.soft_stars : g->units.soft_rest;
}

void areg_links_walk (const struct areg_state *st, const double *links, double *bodies, int body_stride)
{
  const int n = st->s.n, S = st->s.stride, root = st->s.root;
  const double *x = links, *y = links + S, *z = links + 2 * S;
  double *bx = bodies, *by = bodies + body_stride, *bz = bodies + 2 * body_stride;
  bx[root] = by[root] = bz[root] = 0;
  for (int k = 1; k < n; k++) {
    const int b = st->walk[k], p = st->parent[b];
    bx[b] = bx[p] + x[b];
    by[b] = by[p] + y[b];
    bz[b] = bz[p] + z[b];
  }
}

void areg_links_walk_split (const struct areg_state *st, const double *links, const double *links_lo, double *hi,
                            double *lo, int body_stride)
{
  const int n = st->s.n, S = st->s.stride, bs = body_stride;
  for (int c = 0; c < 3; c++) {
    hi[c * bs + st->s.root] = lo[c * bs + st->s.root] = 0;
    for (int k = 1; k < n; k++) {
      const int b = st->walk[k], to = c * bs + b, from = c * bs + st->parent[b];
      double e;
      const double sum = areg_two_sum (hi[from], links[c * S + b], &e);
      hi[to] = areg_two_sum (sum, e + lo[from] + links_lo[c * S + b], &lo[to]);
    }
  }
}

static int outside_nearest (const struct areg_outside *o, int count, double x, double y, double z, double last)
{
#ifdef AREG_WIDE_X86
  if (__builtin_cpu_supports ("avx512f"))
    return areg_wide_nearest_512 (o, count, x, y, z, last);
  if (__builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma"))
    return areg_wide_nearest_fma (o, count, x, y, z, last);
#endif
  return areg_wide_nearest_plain (o, count, x, y, z, last);
}

/* Prim: the tree grows by the nearest body outside. */
static void tree_grow (struct areg *g, const struct areg_state *st, int root, int *parent, int *walk)
{
  const int n = st->s.n, bs = g->body_stride;
  const double *x = g->pos, *y = g->pos + bs, *z = g->pos + 2 * bs;
  const struct areg_outside o = { g->aux_vel, g->aux_vel + bs, g->aux_vel + 2 * bs, g->star_acc, g->star_acc + bs,
                             g->star_acc + 2 * bs };
  double *const all[] = { o.x, o.y, o.z, o.d2, o.near, o.slot };
  int count = 0, last = root;
  for (int b = 0; b < n; b++)
    if (b != root) {
      o.x[count] = x[b];
      o.y[count] = y[b];
      o.z[count] = z[b];
      o.slot[count++] = b;
    }
  for (int k = 0; k < count + AREG_LANES; k++) {
    o.d2[k] = INFINITY;
    o.near[k] = root;
    if (k >= count)
      o.x[k] = o.y[k] = o.z[k] = NAN; /* never near */
  }
  parent[root] = -1;
  walk[0] = root;
  for (int k = 1; k < n; k++) {
    int best = outside_nearest (&o, count, x[last], y[last], z[last], last);
    if (best < 0) /* only NaN is left: tie to the root, and let the step fail */
      best = 0;
    last = (int) o.slot[best];
    parent[last] = (int) o.near[best];
    walk[k] = last;
    count--;
    for (int i = 0; i < 6; i++)
      all[i][best] = all[i][count];
    o.x[count] = NAN;
    o.d2[count] = INFINITY;
  }
  memset (g->aux_vel, 0, 3 * (size_t) bs * sizeof (double)); /* others sum over whole lanes: no NaN there */
}

/* Adds sign times the six link components of slot b to sum + rest. */
static void path_add (const struct areg_state *st, const double *hi, const double *lo, int b, double sign,
                      double sum[6], double rest[6])
{
  const int S = st->s.stride;
  for (int c = 0; c < 6; c++) {
    double e;
    sum[c] = areg_two_sum (sum[c], sign * hi[Y_LINKS + c * S + b], &e);
    rest[c] += e + sign * lo[Y_LINKS + c * S + b];
  }
}

/* The vector from slot a to slot b along the old tree. */
static void path_sum (const struct areg_state *st, const double *hi, const double *lo, const int *parent,
                      const int *depth, int a, int b, double sum[6], double rest[6])
{
  for (int c = 0; c < 6; c++)
    sum[c] = rest[c] = 0;
  while (a != b)
    if (depth[b] >= depth[a]) {
      path_add (st, hi, lo, b, 1, sum, rest);
      b = parent[b];
    } else {
      path_add (st, hi, lo, a, -1, sum, rest);
      a = parent[a];
    }
}

/* Expresses the state in the new tree. */
static void links_retie (struct areg *g, struct areg_state *st, int root, const int *parent, const int *walk,
                         int *depth)
{
  const int n = st->s.n, S = st->s.stride, old_root = st->s.root;
  double *hi = g->work, *lo = g->aux;
  memcpy (hi, st->hi, (size_t) st->s.length * sizeof *hi);
  memcpy (lo, st->lo, (size_t) st->s.length * sizeof *lo);
  depth[old_root] = 0;
  for (int k = 1; k < n; k++)
    depth[st->walk[k]] = depth[st->parent[st->walk[k]]] + 1;
  for (int b = 0; b < n; b++) {
    if (b != root && parent[b] == st->parent[b])
      continue;
    double sum[6], rest[6];
    if (b == root)
      for (int c = 0; c < 6; c++) {
        sum[c] = hi[Y_LINKS + c * S + old_root];
        rest[c] = lo[Y_LINKS + c * S + old_root];
      }
    else
      path_sum (st, hi, lo, st->parent, depth, parent[b], b, sum, rest);
    for (int c = 0; c < 6; c++)
      st->hi[Y_LINKS + c * S + b] = areg_two_sum (sum[c], rest[c], &st->lo[Y_LINKS + c * S + b]);
  }
  memcpy (st->parent, parent, (size_t) n * sizeof *parent);
  memcpy (st->walk, walk, (size_t) n * sizeof *walk);
  st->s.root = root;
}

static int pair_is_near (const double *pos, int bs, int i, int j)
{
  double d2 = 0, ri = 0, rj = 0;
  for (int c = 0; c < 3; c++) {
    const double xi = pos[c * bs + i], xj = pos[c * bs + j];
    d2 += (xi - xj) * (xi - xj);
    ri += xi * xi;
    rj += xj * xj;
  }
  return d2 < near_fraction * near_fraction * (ri > rj ? ri : rj);
}

/* Enters j among the near pairs of i, which begin at `first`, in order of j, if it is one of them. */
static void near_enter (struct areg_state *st, const double *pos, int bs, int i, int j, int kind, int first,
                        int *count, int limit)
{
  if (j <= i || *count >= limit || !pair_is_near (pos, bs, i, j))
    return;
  int at = (*count)++;
  for (; at > first && st->near_j[at - 1] > j; at--) {
    st->near_j[at] = st->near_j[at - 1];
    st->near_kind[at] = st->near_kind[at - 1];
  }
  st->near_j[at] = j;
  st->near_kind[at] = kind;
}

/* The near pairs of each slot i with j > i, tied by one or two links, at most `limit` in all. */
static void near_list (struct areg_state *st, const double *pos, int bs, int *child, int *next, int limit)
{
  const int n = st->s.n;
  const int *parent = st->parent;
  int count = 0;
  for (int b = 0; b < n; b++)
    child[b] = -1;
  for (int b = 0; b < n; b++)
    if (parent[b] >= 0) {
      next[b] = child[parent[b]];
      child[parent[b]] = b;
    }
  for (int i = 0; i < n; i++) {
    const int first = count, pi = parent[i], gi = pi >= 0 ? parent[pi] : -1;
    st->near_start[i] = first;
    near_enter (st, pos, bs, i, pi, NEAR_I_CHILD, first, &count, limit);
    near_enter (st, pos, bs, i, gi, NEAR_I_GRANDCHILD, first, &count, limit);
    for (int b = child[i]; b >= 0; b = next[b]) {
      near_enter (st, pos, bs, i, b, NEAR_J_CHILD, first, &count, limit);
      for (int c = child[b]; c >= 0; c = next[c])
        near_enter (st, pos, bs, i, c, NEAR_J_GRANDCHILD, first, &count, limit);
    }
    for (int b = pi >= 0 ? child[pi] : -1; b >= 0; b = next[b])
      near_enter (st, pos, bs, i, b, NEAR_SIBLINGS, first, &count, limit);
  }
  st->near_start[n] = count;
}

void areg_links_near (const struct areg_state *st, const double *q, double *near_d)
{
  const int n = st->s.n, S = st->s.stride;
  const int *parent = st->parent;
  for (int i = 0; i < n; i++)
    for (int k = st->near_start[i]; k < st->near_start[i + 1]; k++) {
      const int j = st->near_j[k];
      for (int c = 0; c < 3; c++) {
        const double *x = q + c * S;
        double d = 0;
        switch (st->near_kind[k]) {
        case NEAR_J_CHILD: d = x[j]; break;
        case NEAR_I_CHILD: d = -x[i]; break;
        case NEAR_J_GRANDCHILD: d = x[j] + x[parent[j]]; break;
        case NEAR_I_GRANDCHILD: d = -(x[i] + x[parent[i]]); break;
        case NEAR_SIBLINGS: d = x[j] - x[i]; break;
        }
        near_d[3 * k + c] = d;
      }
    }
}

void areg_links_build (struct areg *g, struct areg_state *st, int root)
{
  const int bs = g->body_stride;
  int *parent = g->int_scratch, *walk = parent + g->capacity, *depth = walk + g->capacity;
  areg_links_walk (st, areg_q (st, st->hi), g->pos, bs);
  tree_grow (g, st, root, parent, walk);
  links_retie (g, st, root, parent, walk, depth);
  areg_links_walk (st, areg_q (st, st->hi), g->pos, bs);
  near_list (st, g->pos, bs, parent, walk, 4 * g->capacity); /* both were taken over */
  st->s.links_age = 0;
  st->s.count.tree_builds++;
}
