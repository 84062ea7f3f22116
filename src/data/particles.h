/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The particles of one rank, as a structure of arrays, and the SMBH table that all ranks share.
 *
 * Positions are 64-bit integers: x = corner + length * position / 2^64 in each dimension. The precision is
 * uniform, a periodic wrap is exact, differences are exact, and the leading bits are the key of the octree.
 * SMBHs are few, so what only they have lies in a table that every rank holds in full, sorted by ID:
 * among it `fraction`, the part of the position below one integer step, so that a hand-over to and
 * from the regularised integrator loses no digit of a tight binary.
 */
#ifndef CATENA_PARTICLES_H
#define CATENA_PARTICLES_H

#include <stdint.h>

#include "base/comm.h"
#include "base/status.h"

enum { N_TYPES = 6, TYPE_GAS = 0, TYPE_HALO = 1, TYPE_DISK = 2, TYPE_BULGE = 3, TYPE_STAR = 4, TYPE_HOLE = 5 };

/* The cube that the integers span. Isolated runs double it when something leaves it. */
struct box
{
  double corner[3], length; /* code length; length is 2^k times the first one */
  int periodic;
};

struct particles
{
  int64_t n, capacity; /* on this rank; owned arrays of `capacity` elements follow */
  int64_t n_global;
#define FIELD1(type, name, words) type *name;
#define FIELD3(type, name, words) type (*name)[3];
#include "data/particles.def"
#undef FIELD1
#undef FIELD3
};

enum particle_flag
{
  PARTICLE_GONE = 1, /* merged: leaves the arrays when its step ends */
  PARTICLE_HALO = 2  /* near a regularised region: takes a step no longer than the region's */
};

/* What only SMBHs have; the same on all ranks, sorted by id. */
struct holes
{
  int n, capacity;
  uint64_t *id;
  double (*spin)[3];     /* angular momentum, code units */
  double (*fraction)[3]; /* of one integer position step, |fraction| <= 1 */
  double *step_hint;     /* of the regularised integrator, kept at the heaviest hole of each region; 0: none */
};

/* Local. Makes room for n particles; keeps contents. ST_MEMORY leaves the arrays as they were. */
enum status particles_reserve (struct particles *p, int64_t n);
void particles_free (struct particles *p);
/* Local. Copies particle `from` over particle `to`. */
void particles_copy (struct particles *p, int64_t to, int64_t from);
/* Collective. Drops particles flagged PARTICLE_GONE, keeping the order, and recounts n_global. */
void particles_remove_gone (struct particles *p, const struct comm *comm);

/* Local. */
enum status holes_reserve (struct holes *h, int n);
void holes_free (struct holes *h);
/* Index of the SMBH with this id, -1 if there is none. */
int holes_find (const struct holes *h, uint64_t id);
/* Local. Removes one entry. */
void holes_remove (struct holes *h, int index);

/* The integer position of x; the caller has seen to it that x lies in the box (isolated) or wraps (periodic).
 * `fraction` (may be NULL) receives what is left, in integer steps. */
void box_to_integer (const struct box *box, const double x[3], uint64_t out[3], double fraction[3]);
void box_to_length (const struct box *box, const uint64_t position[3], double out[3]);
/* Nearest-image difference a - b in code length: exact integers, then one rounding. Isolated boxes use it
 * too: there no two particles are further apart than half the box (box_contain sees to it). */
static inline double box_difference (const struct box *box, uint64_t a, uint64_t b)
{
  return (double) (int64_t) (a - b) * (box->length * 0x1p-64);
}
/* Local. Adds a displacement (code length) to an integer position, rounded to the nearest step; what is left goes to
 * `fraction` (may be NULL). */
void box_displace (const struct box *box, uint64_t position[3], const double displacement[3], double fraction[3]);
/* Collective, isolated boxes. Doubles the box about its centre until every particle lies in the middle half of it and
 * `reach`, the longest way of any particle in one step, is at most an eighth of it: no drift can wrap then. Integers
 * are rescaled (one bit lost per doubling). Returns how many times it doubled. */
int box_contain (const struct comm *comm, struct box *box, struct particles *p, struct holes *h, double reach);

#endif
