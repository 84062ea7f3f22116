/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which centres lie within a reach of a position: one hash look-up per position, however many centres.
 */
#ifndef CATENA_CENTRE_GRID_H
#define CATENA_CENTRE_GRID_H

#include <stdint.h>

#include "base/status.h"
#include "data/particles.h"

struct centre_grid
{
  int shift;          /* cell = position >> shift */
  int64_t capacity;   /* power of two */
  struct centre_slot { uint64_t cell[3]; int32_t centre, next; } *slot; /* owned; centre < 0: free */
  int32_t *head;      /* owned; hash -> first slot, -1: none */
  int32_t n_slots;
};

/* Local. Every cell is at least `reach` wide, and each centre is listed in its cell and the 26 about it.
 * ST_MEMORY. */
enum status centre_grid_create (const struct box *box, double reach, const uint64_t (*centre)[3], int n,
                                struct centre_grid *out);
void centre_grid_free (struct centre_grid *grid);

/* Walks the candidates near a position: start with *at = -1; returns the next centre or -1. Every centre within
 * `reach` is among them, and none comes twice. */
int centre_grid_next (const struct centre_grid *grid, const uint64_t position[3], int32_t *at);

#endif
