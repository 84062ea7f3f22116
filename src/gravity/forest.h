/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The octrees of one solve: cells, their moments, and the bodies in tree order.
 *
 * There is one tree for the bodies without a group and one for each group, so that leaving out a group's mutual
 * forces is to leave its root out of its own list of sources. A tree is a function of the set of bodies alone: a cell
 * is the smallest key prefix that holds its bodies, and it is split while it holds more than leaf_size of them in the
 * whole system. Units here: length 1 = the box, masses divided by a power of two, G = 1.
 */
#ifndef CATENA_GRAVITY_FOREST_H
#define CATENA_GRAVITY_FOREST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/comm.h"
#include "base/status.h"
#include "gravity/gravity.h"

/* 42 bits of each coordinate, interleaved: 21 levels in each word. Bodies equal in all of them share a leaf. */
enum { KEY_LEVELS = 42 };
struct key
{
  uint64_t high, low;
};

enum cell_flag
{
  CELL_HAS_SINKS = 1, /* some of its bodies are summed on this rank */
  CELL_OWN = 2,       /* it and all below it were grown on this rank */
  CELL_ASKED = 4      /* its children or bodies have been asked for */
};

/* More bodies than this at one point (2^-42 of the box) are refused: their pairs alone would take minutes. */
enum { MOST_AT_ONE_POINT = 131072 };

/* Up to so many bodies a radius is exact, a maximum over bodies; top cells that ranks share have more. */
enum { EXACT_RADIUS = 256 };

struct cell
{
  uint64_t centre[3];    /* centre of mass, rounded to an integer position */
  float radius;          /* no body is further from the centre */
  float mass, h;         /* sum; largest spline support */
  float old;             /* smallest |a| of before, 0 if one is unknown */
  int32_t child, body;   /* index of the first child and of the first body; -1 where they are not on this rank */
  int32_t n_bodies;      /* in the whole system, saturated */
  int32_t owner, remote; /* rank that has the children or bodies, and the cell's index there */
  int16_t exponent;      /* 2^exponent >= radius is the unit of its moments */
  uint8_t n_children;    /* 0: a leaf */
  uint8_t flags;
};

/* One body on its way between ranks, in units of the solve. */
struct traveller
{
  uint64_t position[3], id;
  double mass;
  float h, old, work;
  int32_t tree, rank, index; /* index on its home rank */
};

struct forest
{
  int order, n_coefficients, leaf_size;
  int n_trees;
  int32_t *root;        /* owned: cell of each tree, -1 if it has no bodies */
  struct cell *cell;    /* owned */
  float *moment;        /* owned: 2 n_coefficients a cell: coefficients of cell-cell, then tensors of cell-body work */
  int32_t n_cells, cells_capacity;
  int64_t n_own, n_bodies, bodies_capacity; /* own sinks come first, imported sources follow */
  uint64_t (*position)[3];                  /* owned */
  float (*place)[4];                        /* owned: x, y, z relative to the centre of the body's leaf, mass */
  float *h;                                 /* owned */
  double *mass;                             /* owned */
  struct traveller *own;                    /* owned: n_own, in tree order */
};

struct key key_of (const uint64_t position[3]);
/* Digit of the key at a level (1 is the first split). */
static inline int key_digit (struct key k, int level)
{
  return (int) (level <= 21 ? k.high >> (63 - 3 * level) : k.low >> (126 - 3 * level)) & 7;
}
/* Number of leading levels in which two keys agree. */
int key_common (struct key a, struct key b);

/* Number of raw moments (monomials) to an order, and coefficients of a harmonic source expansion. */
static inline int raw_count (int order) { return (order + 1) * (order + 2) * (order + 3) / 6; }
static inline int coefficient_count (int order) { return (order + 1) * (order + 1) - 3; }

/* The scale of a cell and its inverse. */
static inline double cell_scale (const struct cell *c) { return __builtin_ldexp (1.0, c->exponent); }
/* a - b in units of the box. */
static inline double difference (uint64_t a, uint64_t b) { return (double) (int64_t) (a - b) * 0x1p-64; }

/* Local. Sorts by (tree, key, id), in place. */
enum status travellers_sort (struct traveller *t, int64_t n);

/* Local. Room for n more cells (bodies); ST_MEMORY. */
enum status forest_reserve_cells (struct forest *f, int64_t more);
enum status forest_reserve_bodies (struct forest *f, int64_t more);
/* Local. Takes over the sorted travellers as own bodies. */
enum status forest_adopt (struct forest *f, struct traveller *sorted, int64_t n);
/* Local. Fills the cell in slot `slot` with own bodies [first, last), all of one tree, and appends all below it.
 * raw (raw_count doubles): its moments about its centre, in units of its scale. */
enum status forest_grow (struct forest *f, int32_t slot, int64_t first, int64_t last, double *raw);
/* Local. Fills a cell from its n_children children, which lie together from cell.child on, with raw moments raw_child
 * (raw_count doubles each). */
void forest_combine (struct forest *f, int32_t slot, const double *raw_child, double *raw);
/* Local. The float moments of a cell from its raw ones. */
void forest_store_moments (struct forest *f, int32_t slot, const double *raw);
/* Local. Sets what a body needs to be a source, once its leaf is known. */
void forest_place (struct forest *f, const struct cell *leaf);
void forest_free (struct forest *f);

#endif
