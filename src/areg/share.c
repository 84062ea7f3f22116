/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who computes what: the ranks of a group, and the threads of a rank.
 *
 * Two things are shared out. The rows of an extrapolation do not know of each other: each goes to one rank as a
 * whole, the longest first to the rank with the least to do, and one exchange an attempt hands them round. That is
 * the cheaper way, but it leaves ranks idle where rows are few, and the row with which an attempt may or may not be
 * over must not be begun before that is known. So single rows, and all forces between steps, are shared inside: a
 * pass over many pairs falls into eight parts (forces.c), whose sums are exchanged. Threads share parts only.
 *
 * Parts are joined in a fixed binary tree, rows are compared in their serial order: no bit depends on who did what.
 */
#include "areg_impl.h"
#include <math.h>
#include <string.h>

/* Which rank computes row k of the first `rows`. */
static int row_owner (int rows, int k, int size)
{
  double load[AREG_ROWS] = { 0 };
  if (size > AREG_ROWS)
    size = AREG_ROWS;
  for (int j = rows - 1; j >= 0; j--) {
    int owner = 0;
    for (int r = 1; r < size; r++)
      if (load[r] < load[owner])
        owner = r;
    if (j == k)
      return owner;
    load[owner] += j + 1;
  }
  return 0;
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
  int most = 1;
  if (size < 2)
    return 0;
  for (int rows = 1; rows <= AREG_ROWS; rows++) {
    int held[AREG_ROWS] = { 0 };
    for (int k = 0; k < rows; k++) {
      const int count = ++held[row_owner (rows, k, size)];
      most = count > most ? count : most;
    }
  }
  return (int64_t) (size + 1) * most * n;
}

int areg_share_rows (struct areg *g, int rows, int64_t n, areg_row_task *task, const void *argument)
{
  int owner[AREG_ROWS];
  for (int k = 0; k < rows; k++) {
    owner[k] = row_owner (rows, k, g->group.size);
    if (owner[k] == g->group.rank)
      task (g, k, argument);
  }
  return blocks_exchange (g, rows, owner, g->row_hi, n);
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
