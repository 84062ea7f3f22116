/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pull, not push: each rank follows the decisions of its own walk through the remote trees, as far as it has them,
 * and asks the owners for what lies below the cells at which it is stopped. Only the stopped pairs go on in the next
 * round. The walk that follows takes the same decisions on the same cells and so never lacks anything, and what was
 * fetched is exactly what is needed but for one level of foresight. Since decisions depend on cells alone, it does
 * not matter for the result which cells are local.
 *
 * A reply to a cell with children: its children, then the children of each of those. To a leaf: its bodies.
 */
#include "gravity/import.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A body as a source. */
struct source_body
{
  uint64_t position[3];
  double mass;
  float h, fill;
};

/* One round: requests sorted by owner, and what others want of us. Arrays owned. */
struct round
{
  int32_t *wanted;        /* indices at the owners */
  int64_t *first;         /* of each owner in `asked` and `wanted` */
  int32_t *theirs;        /* indices here that the others want */
  int64_t *first_theirs;
  char *cells;            /* replies: cells of cell_bytes each */
  int64_t *first_cells;
  struct source_body *bodies;
  int64_t *first_bodies;
};

static size_t cell_bytes (const struct forest *f)
{
  return sizeof (struct cell) + (size_t) f->n_moments * sizeof (float);
}

static void round_free (struct round *r)
{
  mem_free (&r->wanted);
  mem_free (&r->first);
  mem_free (&r->theirs);
  mem_free (&r->first_theirs);
  mem_free (&r->cells);
  mem_free (&r->first_cells);
  mem_free (&r->bodies);
  mem_free (&r->first_bodies);
}

/* Sorts the cells asked for by owner (stable), and writes what they are called there. Local. */
static enum status address (const struct forest *f, const struct comm *comm, struct probe *p, struct round *r)
{
  int32_t *sorted = mem_alloc ("import requests", p->n_asked, sizeof *sorted);

  r->wanted = mem_alloc ("import requests", p->n_asked, sizeof *r->wanted);
  r->first = mem_alloc_zero ("import offsets", comm->size + 2, sizeof *r->first);
  if (!sorted || !r->wanted || !r->first) {
    mem_free (&sorted);
    return ST_MEMORY;
  }
  for (int64_t i = 0; i < p->n_asked; i++)
    r->first[f->cell[p->asked[i]].owner + 2]++;
  for (int q = 0; q < comm->size; q++)
    r->first[q + 2] += r->first[q + 1];
  for (int64_t i = 0; i < p->n_asked; i++)
    sorted[r->first[f->cell[p->asked[i]].owner + 1]++] = p->asked[i];
  for (int64_t i = 0; i < p->n_asked; i++)
    r->wanted[i] = f->cell[sorted[i]].remote;
  mem_free (&p->asked);
  p->asked = sorted;
  p->asked_capacity = p->n_asked;
  return ST_OK;
}

/* Number of cells in the reply about a cell. */
static int64_t reply_cells (const struct forest *f, int32_t index)
{
  const struct cell *const c = f->cell + index;
  int64_t n = c->n_children;

  for (int i = 0; i < c->n_children; i++)
    n += f->cell[c->child + i].n_children;
  return n;
}

static char *put_children (const struct forest *f, int rank, const struct cell *c, char *to)
{
  for (int i = 0; i < c->n_children; i++, to += cell_bytes (f)) {
    struct cell copy = f->cell[c->child + i];
    copy.owner = rank;
    copy.remote = c->child + i;
    copy.child = copy.body = -1;
    copy.flags = 0;
    memcpy (to, &copy, sizeof copy);
    memcpy (to + sizeof copy, f->moment + (int64_t) (c->child + i) * f->n_moments,
            cell_bytes (f) - sizeof copy);
  }
  return to;
}

/* How many other ranks get something. */
static int64_t receivers (const struct comm *comm, const int64_t *first)
{
  int64_t n = 0;

  for (int q = 0; q < comm->size; q++)
    n += q != comm->rank && first[q + 1] > first[q];
  return n;
}

/* Collective, agreed. Answers the requests of all. */
static enum status reply (const struct forest *f, const struct comm *comm, struct round *r, struct gravity_cost *cost)
{
  const int64_t n = r->first_theirs[comm->size];
  int64_t *first = mem_alloc_zero ("import offsets", 2 * (comm->size + 1), sizeof *first), n_cells = 0, n_bodies = 0;
  int64_t *const first_body = first ? first + comm->size + 1 : NULL;
  enum status st = first ? ST_OK : ST_MEMORY;

  for (int q = 0; q < comm->size && st == ST_OK; q++) {
    for (int64_t i = r->first_theirs[q]; i < r->first_theirs[q + 1]; i++) {
      n_cells += reply_cells (f, r->theirs[i]);
      n_bodies += f->cell[r->theirs[i]].n_children == 0 ? f->cell[r->theirs[i]].n_bodies : 0;
    }
    first[q + 1] = n_cells;
    first_body[q + 1] = n_bodies;
  }
  char *cells = mem_alloc ("import replies", n_cells, cell_bytes (f)), *to = cells;
  struct source_body *bodies = mem_alloc ("import replies", n_bodies, sizeof *bodies), *b = bodies;
  st = status_agree (comm, st == ST_OK && cells && bodies ? ST_OK : ST_MEMORY, NULL);
  for (int64_t i = 0; i < n && st == ST_OK; i++) {
    const struct cell *const c = f->cell + r->theirs[i];
    to = put_children (f, comm->rank, c, to);
    for (int k = 0; k < c->n_children; k++)
      to = put_children (f, comm->rank, f->cell + c->child + k, to);
    for (int64_t j = c->body; c->n_children == 0 && j < c->body + c->n_bodies; j++, b++) {
      *b = (struct source_body) { .mass = f->mass[j], .h = f->h[j] };
      memcpy (b->position, f->position[j], sizeof b->position);
    }
  }
  if (st == ST_OK)
    cost->messages_sent += receivers (comm, first) + receivers (comm, first_body);
  cost->bytes_sent += n_cells * (int64_t) cell_bytes (f) + n_bodies * (int64_t) sizeof *bodies;
  if (st == ST_OK)
    st = comm_exchange (comm, cells, first, cell_bytes (f), (void **) &r->cells, &r->first_cells);
  if (st == ST_OK)
    st = comm_exchange (comm, bodies, first_body, sizeof *bodies, (void **) &r->bodies, &r->first_bodies);
  mem_free (&first);
  mem_free (&cells);
  mem_free (&bodies);
  return st;
}

/* Appends the children of a cell from a reply; room is there. */
static const char *take_children (struct forest *f, int32_t index, const char *from)
{
  const int n = f->cell[index].n_children;

  if (n > 0)
    f->cell[index].child = f->n_cells;
  for (int i = 0; i < n; i++, from += cell_bytes (f)) {
    memcpy (f->cell + f->n_cells, from, sizeof (struct cell));
    memcpy (f->moment + (int64_t) f->n_cells * f->n_moments, from + sizeof (struct cell),
            cell_bytes (f) - sizeof (struct cell));
    f->n_cells++;
  }
  return from;
}

static void take_bodies (struct forest *f, struct cell *leaf, const struct source_body *from)
{
  leaf->body = (int32_t) f->n_bodies;
  for (int i = 0; i < leaf->n_bodies; i++, f->n_bodies++) {
    memcpy (f->position[f->n_bodies], from[i].position, sizeof from[i].position);
    f->mass[f->n_bodies] = from[i].mass;
    f->h[f->n_bodies] = from[i].h;
  }
  forest_place (f, leaf);
}

/* Local. Joins the replies, in the order of the requests, to the forest. */
static enum status take (struct forest *f, const struct comm *comm, const struct probe *p, const struct round *r)
{
  const char *cells = r->cells;
  const struct source_body *bodies = r->bodies;

  if (forest_reserve_cells (f, r->first_cells[comm->size]) != ST_OK
      || forest_reserve_bodies (f, r->first_bodies[comm->size]) != ST_OK)
    return ST_MEMORY;
  for (int64_t i = 0; i < p->n_asked; i++) {
    const int32_t index = p->asked[i];
    const int n = f->cell[index].n_children;
    cells = take_children (f, index, cells);
    for (int k = 0; k < n; k++)
      cells = take_children (f, f->cell[index].child + k, cells);
    if (n == 0) {
      take_bodies (f, f->cell + index, bodies);
      bodies += f->cell[index].n_bodies;
    }
  }
  return ST_OK;
}

/* Collective, agreed. */
static enum status fetch (struct forest *f, const struct comm *comm, struct probe *p, struct gravity_cost *cost)
{
  struct round r = { 0 };
  enum status st = status_agree (comm, address (f, comm, p, &r), NULL);

  if (st == ST_OK)
    cost->messages_sent += receivers (comm, r.first);
  if (st == ST_OK)
    st = comm_exchange (comm, r.wanted, r.first, sizeof *r.wanted, (void **) &r.theirs, &r.first_theirs);
  if (st == ST_OK)
    st = reply (f, comm, &r, cost);
  if (st == ST_OK)
    st = status_agree (comm, take (f, comm, p, &r), NULL);
  cost->bytes_sent += p->n_asked * (int64_t) sizeof *r.wanted;
  round_free (&r);
  return st;
}

enum status forest_import (struct forest *f, const struct comm *comm, const struct criterion *q,
                           const struct gravity_kernels *kernels, struct gravity_cost *cost)
{
  struct waiting *pairs = NULL;
  int64_t n = -1; /* first all pairs, then those that wait */

  for (double clock = log_seconds ();;) {
    struct probe p = { 0 };
    enum status st = forest_probe (f, q, kernels, pairs, n, &p);
    phase_end (cost, PHASE_PROBE, &clock);
    st = status_agree (comm, st, NULL);
    const bool more = st == ST_OK && comm_any (comm, p.n_asked > 0);
    if (more)
      st = fetch (f, comm, &p, cost);
    cost->n_rounds++;
    phase_end (cost, PHASE_FETCH, &clock);
    mem_free (&pairs);
    mem_free (&p.asked);
    pairs = p.waiting;
    n = p.n_waiting;
    if (!more || st != ST_OK) {
      mem_free (&pairs);
      return st;
    }
  }
}
