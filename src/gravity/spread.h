/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inner loops of the particle mesh: bodies of one block of 8^3 cells to and from cubes in cache.
 *
 * A body in cell a (of the block, along each axis) puts its mass into cells a + REACH ... a + REACH + ORDER - 1 and
 * feels the potential of cells a ... a + WIDTH - 1. Where the mesh begins is of no consequence: nothing is centred.
 */
#ifndef CATENA_GRAVITY_SPREAD_H
#define CATENA_GRAVITY_SPREAD_H

#include <stdint.h>

#include "gravity/patch.h"

enum { ORDER = 6, REACH = 5, WIDTH = ORDER + 2 * REACH };
/* Cells along an axis of a cube of the potential, and of one of masses or forces, which begins REACH later; rows of z
 * are padded, since they are read ROW numbers at a time. */
enum { ROW = 8, CUBE = TILE + WIDTH - 1, CUBE_Z = 26, INNER = TILE + ORDER - 1, INNER_Z = 16 };

/* A block's potential, and its forces and potential as bodies read them. What padding holds must be finite. */
struct field
{
  double potential[CUBE][CUBE][CUBE_Z];
  double inner[4][INNER][INNER][INNER_Z]; /* x, y, z, potential */
};

/* Where a body is in its block: cell and fraction of a cell. */
struct spot
{
  double fraction[3];
  int cell[3];
};

struct spread_kernels
{
  /* Adds a mass below 2^50 to a cube of INNER x INNER x INNER_Z, each cell's part rounded to an integer. */
  void (*put) (const struct spot *s, double mass, int64_t *cube);
  /* Fills inner from the potential for nx x ny rows: force_i = -sum_j c_j (phi_(i+j) - phi_(i-j)). */
  void (*differentiate) (const double c[REACH], int nx, int ny, struct field *f);
  /* Force and potential at a body. */
  void (*read) (const struct field *f, const struct spot *s, double out[4]);
};

/* Local. The fastest that this machine has; all give the same bits. */
const struct spread_kernels *spread_kernels_best (void);

#endif
