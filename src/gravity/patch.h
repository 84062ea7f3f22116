/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The part of a mesh that a rank's bodies touch, in tiles of 8^3 cells, and its way to and from the ranks that hold
 * the mesh in columns (fft.h).
 *
 * Contributions to the mesh are integers, so they may meet in any order.
 */
#ifndef CATENA_GRAVITY_PATCH_H
#define CATENA_GRAVITY_PATCH_H

#include <stdint.h>

#include "base/comm.h"
#include "base/status.h"
#include "gravity/fft.h"

enum { TILE = 8, TILE_CELLS = TILE * TILE * TILE };

/* A stretch of cells along one axis that lies in one tile. */
struct piece
{
  int tile, at; /* the tile's number along this axis; the first cell in it */
  int from, n;  /* the first cell in the window; cells */
};

/* A box of cells, cut at the borders of tiles and wrapped around the mesh. */
enum { PIECES = 8 };
struct window
{
  struct piece piece[3][PIECES];
  int n_pieces[3];
};

/* Local. Cells [first, first + n) along an axis of the window, n at most 24; at + n is the window's extent so far. */
void window_cut (struct window *w, int axis, int n_mesh, int first, int n);

struct patch
{
  int n_mesh, n_tiles_axis; /* cells and tiles along an axis */
  int64_t n, capacity;
  int64_t *tile;            /* owned: number of the tile in each slot */
  int32_t *slot;            /* owned: hash table of slots, -1 where free */
  int64_t table_size;       /* a power of two */
  union
  {
    int64_t (*mass)[TILE_CELLS];     /* owned, once allocated */
    double (*potential)[TILE_CELLS];
  };
};

/* Local. An empty patch of a mesh of n_mesh^3 cells, at least 8. */
void patch_init (struct patch *p, int n_mesh);
void patch_free (struct patch *p);
/* Local. Adds the tiles of the window. ST_MEMORY. */
enum status patch_touch (struct patch *p, const struct window *w);
/* Local. Zeroes for all tiles touched. ST_MEMORY. */
enum status patch_allocate (struct patch *p);

/* Local, many threads at once. cube: cell (x, y, z) of the window at (x * pitch_y + y) * pitch_z + z. */
void patch_add (struct patch *p, const struct window *w, const int64_t *cube, int pitch_y, int pitch_z);
void patch_gather (const struct patch *p, const struct window *w, double *cube, int pitch_y, int pitch_z);

/* Collective, agreed ST_MEMORY. Adds all patches to the columns, which hold integers for now. *bytes_sent grows. */
enum status patch_send (const struct comm *comm, const struct fft *fft, const struct patch *p, int64_t *columns,
                        int64_t *bytes_sent);
/* Collective, agreed ST_MEMORY. Fills the patch from the columns. */
enum status patch_fetch (const struct comm *comm, const struct fft *fft, struct patch *p, const double *columns,
                         int64_t *bytes_sent);

#endif
