/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who computes what: the ranks of a group, and the threads of a rank.
 *
 * Two things are shared out. The rows of an extrapolation do not know of each other: each may go to one rank as a
 * whole, and one exchange an attempt hands them round. But rows may be few, or not divide evenly, and the row with
 * which an attempt may or may not be over must not be begun before that is known. So a row may also be computed by
 * all together: a pass over many pairs falls into eight parts (forces.c), whose sums are exchanged in each sub-step.
 * Which rows go which way is planned so that the ranks are expected to be done soonest: two ranks with rows of 10, 8,
 * 6, 4 and 2 sub-steps take 10 + 4 and 8 + 6, and the shortest together. Threads share parts only.
 *
 * Parts are joined in a fixed binary tree, rows are compared in their serial order: no bit depends on who did what.
 */
#include "areg_impl.h"
#include <math.h>
#include <string.h>

/* Seconds that a pair takes, and an exchange of the sums of n bodies (with what ranks wait for each other): orders of
 * magnitude, which decide who computes, never what. */
static const double pair_time = 1e-9, exchange_time = 1e-5, exchange_time_of_body = 1e-8;

/* Rows dealt out to ranks: who has each, how many sub-steps and rows each rank has. */
struct deal { int owner[AREG_ROWS], held[AREG_ROWS]; double load[AREG_ROWS]; };

static double row_load (int k) { return 2 * (k + 1); }

/* The most rows that one rank takes. */
static int rows_limit (int rows, int size) { return (rows + size - 1) / size + 2; }

static void row_give (struct deal *d, int k, int to)
{
  if (d->owner[k] != AREG_TOGETHER) {
    d->load[d->owner[k]] -= row_load (k);
    d->held[d->owner[k]]--;
  }
  d->owner[k] = to;
  if (to != AREG_TOGETHER) {
    d->load[to] += row_load (k);
    d->held[to]++;
  }
}

static int most_loaded (const struct deal *d, int ranks)
{
  int most = 0;
  for (int r = 1; r < ranks; r++)
    if (d->load[r] > d->load[most])
      most = r;
  return most;
}

/* The rank with most to do gives a row away, or exchanges it for a shorter one: the first such that both end up with
 * less than it had. 0 if there is none. */
static int rows_trade (struct deal *d, int rows, int ranks)
{
  const int a = most_loaded (d, ranks), limit = rows_limit (rows, ranks);
  for (int k = 0; k < rows; k++)
    for (int r = 0; r < ranks && d->owner[k] == a; r++)
      for (int j = -1; j < k && r != a; j++)
        if ((j < 0 ? d->held[r] < limit : d->owner[j] == r)
            && d->load[r] + row_load (k) - (j < 0 ? 0 : row_load (j)) < d->load[a]) {
          row_give (d, k, r);
          if (j >= 0)
            row_give (d, j, a);
          return 1;
        }
  return 0;
}

/* Deals out the rows first <= k < last, the longest first to the rank with the least to do. What all of it takes, in
 * sub-steps, if one of all together takes `together`. */
static double rows_deal (struct deal *d, int rows, int ranks, int first, int last, double together)
{
  double all = 0;
  memset (d, 0, sizeof *d);
  for (int k = rows - 1; k >= 0; k--) {
    int to = 0;
    d->owner[k] = AREG_TOGETHER;
    if (k < first || k >= last) {
      all += together * row_load (k);
      continue;
    }
    for (int r = 1; r < ranks; r++)
      if (d->load[r] < d->load[to])
        to = r;
    row_give (d, k, to);
  }
  while (rows_trade (d, rows, ranks))
    ;
  return all + d->load[most_loaded (d, ranks)];
}

/* Of the plans that deal out all but some of the shortest, or all but some of the longest, the quickest. */
double areg_share_plan (int rows, int size, double together, int *owner)
{
  const int ranks = size < AREG_ROWS ? size : AREG_ROWS;
  struct deal best, other;
  double least = rows_deal (&best, rows, ranks, 0, rows, together);
  for (int q = 1; q <= rows && together < 1; q++)
    for (int long_ones = 0; long_ones < 2; long_ones++) {
      const double time = rows_deal (&other, rows, ranks, long_ones ? 0 : q, long_ones ? rows - q : rows, together);
      if (time < least) {
        least = time;
        best = other;
      }
    }
  memcpy (owner, best.owner, (size_t) rows * sizeof *owner);
  return least;
}

/* block[k], n doubles that owner[k] has, reaches everybody else's block[k]. 0, or 1 if the group failed. */
static int blocks_exchange (struct areg *g, int count, const int *owner, double *const *block, int64_t n)
{
  const int size = g->group.size, rank = g->group.rank;
  int held[AREG_ROWS] = { 0 }, place[AREG_ROWS], most = 1;
  for (int k = 0; k < count; k++) {
    place[k] = held[owner[k]]++;
    most = held[owner[k]] > most ? held[owner[k]] : most;
  }
  double *const everything = g->share, *const mine = everything + (int64_t) size * most * n;
  const int64_t slice = most * n;
  if (g->group.gather) {
    for (int k = 0; k < count; k++)
      if (owner[k] == rank)
        memcpy (mine + place[k] * n, block[k], (size_t) n * sizeof *mine);
    g->group_failed |= g->group.gather (g->group.context, mine, slice, everything);
  } else {
    memset (everything, 0, (size_t) (count * n) * sizeof *everything);
    for (int k = 0; k < count; k++)
      if (owner[k] == rank)
        memcpy (everything + k * n, block[k], (size_t) n * sizeof *everything);
    g->group_failed |= g->group.sum (g->group.context, everything, count * n);
  }
  for (int k = 0; k < count && !g->group_failed; k++)
    if (owner[k] != rank)
      memcpy (block[k], everything + (g->group.gather ? owner[k] * slice + place[k] * n : k * n),
              (size_t) n * sizeof *everything);
  return g->group_failed;
}

int64_t areg_share_size (int size, int64_t n)
{
  return size < 2 ? 0 : (size + 1) * n * rows_limit (AREG_ROWS, size < AREG_ROWS ? size : AREG_ROWS);
}

double areg_share_together (const struct areg *g, const struct areg_state *st)
{
  const struct areg_pairs p = { .n = st->s.n, .last = st->s.split ? st->s.n_holes : st->s.n };
  const int parts = areg_pairs_parts (&p), size = g->group.size < parts ? g->group.size : parts;
  const double alone = pair_time * 0.5 * p.last * (2.0 * p.n - p.last);
  return parts < 2 ? 1 : (double) ((parts + size - 1) / size) / parts
                           + (exchange_time + exchange_time_of_body * p.n) / alone;
}

int areg_share_rows (struct areg *g, const struct areg_state *st, int rows, areg_row_task *task, const void *argument)
{
  int owner[AREG_ROWS], dealt = 0;
  double *block[AREG_ROWS];
  areg_share_plan (rows, g->group.size, areg_share_together (g, st), owner);
  for (int k = 0; k < rows && !g->group_failed; k++)
    if (owner[k] == AREG_TOGETHER)
      task (g, k, argument);
  g->alone = 1;
  for (int k = 0; k < rows && !g->group_failed; k++)
    if (owner[k] == g->group.rank)
      task (g, k, argument);
  g->alone = 0;
  for (int k = 0; k < rows; k++)
    if (owner[k] != AREG_TOGETHER) {
      owner[dealt] = owner[k];
      block[dealt++] = g->row_hi[k];
    }
  return g->group_failed || (dealt > 0 && blocks_exchange (g, dealt, owner, block, 2 * (int64_t) st->s.length));
}

/* One pass over pairs under way. */
struct pass { const struct areg_pairs *pairs; double *parts; int64_t stride; int first; };

static void part_task (void *argument, int i)
{
  const struct pass *w = argument;
  areg_pairs_part (w->pairs, w->first + i, w->parts + (w->first + i) * w->stride);
}

/* Joins `count` blocks of `leaf` parts, of which each has its sum in its first, from part `first` on. */
static void parts_join (const struct pass *w, int first, int count, int leaf)
{
  if (count > 1)
    areg_pairs_join (w->pairs, w->parts + first * w->stride, leaf * w->stride, count);
}

/* Exchanges what ranks have joined: blocks of `leaf` parts. */
static int parts_exchange (struct areg *g, const struct pass *w, int size, int leaf)
{
  int owner[AREG_PARTS];
  double *block[AREG_PARTS];
  const int count = AREG_PARTS / leaf;
  for (int r = 0; r < size; r++)
    for (int k = AREG_PARTS * r / size; k < AREG_PARTS * (r + 1) / size; k++)
      owner[k / leaf] = r;
  for (int k = 0; k < count; k++)
    block[k] = w->parts + (int64_t) k * leaf * w->stride;
  return blocks_exchange (g, count, owner, block, w->stride);
}

double areg_share_forces (struct areg *g, const struct areg_pairs *p)
{
  struct pass w = { .pairs = p, .parts = g->acc, .stride = g->part_stride };
  const int parts = areg_pairs_parts (p), size = g->alone ? 1 : g->group.size < parts ? g->group.size : parts;
  const int rank = size > 1 ? g->group.rank : 0, leaf = parts % size == 0 ? parts / size : 1;
  w.first = rank < size ? parts * rank / size : parts;
  const int count = (rank < size ? parts * (rank + 1) / size : parts) - w.first;
  if (parts > 1 && g->group.parallel)
    g->group.parallel (g->group.context, count, part_task, &w);
  else
    for (int k = 0; k < count; k++)
      part_task (&w, k);
  for (int k = w.first; k < w.first + count; k += leaf)
    parts_join (&w, k, leaf, 1);
  if (size > 1 && parts_exchange (g, &w, size, leaf))
    return NAN;
  parts_join (&w, 0, parts / leaf, leaf);
  return g->acc[3 * g->body_stride];
}
