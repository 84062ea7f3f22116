/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The octrees of one solve: cells, their moments, and the bodies in tree order.
 *
 * There is one tree for the bodies without a group and one for each group, so that leaving out a group's mutual
 * forces is to leave its root out of its own list of sources. A tree is a function of the set of bodies alone: a
 * cell is the smallest key prefix that holds its bodies, and it is split while it holds more than leaf_size of
 * them in the whole system, or is larger than a lattice cell of a periodic box. Units here: length 1 = the box,
 * masses divided by a power of two, G = 1.
 */
#ifndef CATENA_GRAVITY_FOREST_H
#define CATENA_GRAVITY_FOREST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/comm.h"
#include "base/log.h"
#include "base/status.h"
#include "gravity/gravity.h"
#include "gravity/lattice.h"

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
  CELL_ASKED = 4,     /* its children or bodies have been asked for */
  CELL_WAITS = 8      /* as a sink it needs something that is on its way (at the last probe) */
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

/* The bodies that a rank has to do with: the caller's own, by index, then guests from other ranks. All borrowed. */
struct crowd
{
  const struct gravity_bodies *bodies;
  const struct traveller *guest;
  double mass, length, acceleration; /* units of the solve in those of the caller */
  int rank;
};

static inline const uint64_t *crowd_position (const struct crowd *c, int64_t i)
{
  return i < c->bodies->n ? c->bodies->position[i] : c->guest[i - c->bodies->n].position;
}
static inline uint64_t crowd_id (const struct crowd *c, int64_t i)
{
  return i < c->bodies->n ? c->bodies->id[i] : c->guest[i - c->bodies->n].id;
}
/* In units of the solve; its tree is left 0 if it is the caller's. */
struct traveller crowd_body (const struct crowd *c, int64_t i);

/* A body of the crowd in the order of (tree, key, id). */
struct place_in_order
{
  uint64_t key; /* high word */
  int32_t index, tree;
};

/* Memory kept from one solve to the next: a block that only grows. Holds the order, and later the sums. */
struct pool
{
  void *block; /* owned */
  int64_t bytes;
  int each;    /* bytes of a body in this solve */
};

/* Room for so many bytes, with the contents of before; NULL if there is no memory. Belongs to the pool. */
void *pool_extend (struct pool *pool, int64_t bytes);
void pool_free (struct pool *pool);

struct forest
{
  int order, leaf_size;
  bool full;            /* moments are full tensors, for the short-range kernel */
  int n_moments;        /* floats of a cell */
  bool periodic;        /* all images by the tree */
  int n_trees;
  int32_t *root;        /* owned: cell of each tree, -1 if it has no bodies */
  struct lattice *lattice; /* of the solver: the far images of a periodic box; forest_free leaves it */
  int32_t (*lattice_cell)[LATTICE_CELLS]; /* owned: the cell of each tree that fills this lattice cell, -1: none */
  struct cell *cell;    /* owned */
  float *moment;        /* owned: n_moments a cell: harmonic ones for cell-cell work, then tensors for cell-body work;
                         * or full tensors and their traces for both */
  int32_t n_cells, cells_capacity;
  int64_t n_own, n_bodies, bodies_capacity; /* own sinks come first, imported sources follow */
  uint64_t (*position)[3];                  /* owned */
  float (*place)[4];                        /* owned: x, y, z relative to the centre of the body's leaf, mass */
  float *h;                                 /* owned */
  double *mass;                             /* owned */
  int32_t *home;                            /* owned: of the own bodies, in tree order, their index on the rank */
  int32_t *home_rank;                       /* owned: that they belong to, -1: this one; NULL: there are no guests */
  float *old;                               /* borrowed while the trees grow: |a| of before of the own bodies */
  int64_t homes_capacity;
  const struct place_in_order *sorted;      /* borrowed while the trees grow: the own bodies, and their keys */
  const struct crowd *crowd;                /* borrowed while the trees grow */
};

/* In lists a cell and the image of it that is meant (lattice.h) share a word. */
enum { IMAGE_SHIFT = 26, CELLS_MOST = 1 << IMAGE_SHIFT };
static inline int32_t item_cell (int32_t item) { return item & (CELLS_MOST - 1); }
static inline int item_image (int32_t item) { return item >> IMAGE_SHIFT; }

/* Does this own body belong to another rank? */
static inline bool is_guest (const struct forest *f, int64_t i) { return f->home_rank && f->home_rank[i] >= 0; }

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
/* Floats of a cell: two harmonic sets; or of each order but 1 a full tensor and its traces, padded to fours. */
enum { MOMENTS_MAX = 80 };
static inline int moment_count (int order, bool full)
{
  static const int all[6] = { 0, 0, 0, 24, 44, MOMENTS_MAX };
  return full ? all[order] : 2 * coefficient_count (order);
}

/* 2^e for a normal double. */
static inline double power_of_two (int e)
{
  const union { uint64_t bits; double value; } u = { .bits = (uint64_t) (e + 1023) << 52 };
  return u.value;
}
static inline double cell_scale (const struct cell *c) { return power_of_two (c->exponent); }
/* a - b in units of the box. */
static inline double difference (uint64_t a, uint64_t b) { return (double) (int64_t) (a - b) * 0x1p-64; }

/* Local. Seconds since *since go to the phase's account, and *since is now. */
static inline void phase_end (struct gravity_cost *cost, enum gravity_phase phase, double *since)
{
  const double now = log_seconds ();

  cost->phase_s[phase] += now - *since;
  *since = now;
}

/* High word of a key. */
uint64_t key_high (const uint64_t position[3]);
/* Local. Sorts n places by (tree, key, id). The forest, which holds nothing yet, must have room for n bodies
 * (forest_reserve_bodies): it lends the memory of its places. */
void places_sort (struct forest *f, const struct crowd *crowd, struct place_in_order *place, int64_t n);
/* Local. The order of two places. */
bool place_before (const struct crowd *crowd, const struct place_in_order *a, const struct place_in_order *b);

/* Local. Room for n more cells (bodies); ST_MEMORY. */
enum status forest_reserve_cells (struct forest *f, int64_t more);
enum status forest_reserve_bodies (struct forest *f, int64_t more);
/* Local. Empties the forest for a new solve, keeping its memory. */
void forest_clear (struct forest *f);
/* Local. n bodies of the crowd become own bodies, in order; old (n floats) is lent for their |a| of before until the
 * trees have grown. ST_MEMORY. */
enum status forest_adopt (struct forest *f, const struct crowd *crowd, const struct place_in_order *order, float *old,
                          int64_t n);
/* Local. When the sums are complete the memory of positions and masses, which are lost, serves for the results. */
void forest_lend (struct forest *f, struct gravity_result *result);
/* Local. Releases all but that memory. */
void forest_keep_lent (struct forest *f);
/* Local. The cell in slot `slot` gets own bodies [first, last), all of one tree, and all cells below it are appended;
 * ST_MEMORY, ST_DATA. */
enum status forest_split (struct forest *f, int32_t slot, int64_t first, int64_t last);
/* Local. Moments of a split cell and of all below it, by tasks of the threads that are there. raw (raw_count
 * doubles): its moments about its centre, in units of its scale. */
void forest_fill (struct forest *f, int32_t slot, double *raw);
/* Local. Fills a cell from its n_children children, which lie together from cell.child on, with raw moments raw_child
 * (raw_count doubles each). */
void forest_combine (struct forest *f, int32_t slot, const double *raw_child, double *raw);
/* Local. The float moments of a cell from its raw ones. */
void forest_store_moments (struct forest *f, int32_t slot, const double *raw);
/* Local. Sets what a body needs to be a source, once its leaf is known. */
void forest_place (struct forest *f, const struct cell *leaf);
void forest_free (struct forest *f);

#endif
