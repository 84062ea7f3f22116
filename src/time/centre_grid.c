/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A hash table of cells rather than a grid of them, since centres are few and the box is wide. A cell is an exact
 * right shift of the integer position, so neighbours are exact too; at the box's edge they wrap, which is right for
 * periodic boxes and never happens in isolated ones (particles keep to the middle half). */
#include "time/centre_grid.h"

#include <math.h>

#include "base/mem.h"

static uint64_t hash_cell (const uint64_t cell[3])
{
  uint64_t h = cell[0] * 0x9e3779b97f4a7c15ULL ^ cell[1] * 0xc2b2ae3d27d4eb4fULL ^ cell[2] * 0x165667b19e3779f9ULL;

  h ^= h >> 29;
  h *= 0xbf58476d1ce4e5b9ULL;
  return h ^ h >> 32;
}

static uint64_t cell_mask (const struct centre_grid *g) { return g->shift == 0 ? ~0ULL : ~0ULL >> g->shift; }

enum status centre_grid_create (const struct box *box, double reach, const uint64_t (*centre)[3], int n,
                                struct centre_grid *out)
{
  double steps = ceil (reach / box->length * 0x1p64);

  *out = (struct centre_grid){ 0 };
  while (out->shift < 62 && ldexp (1, out->shift) < steps)
    out->shift++;
  for (out->capacity = 64; out->capacity < 54 * (int64_t) n; out->capacity *= 2)
    ;
  out->slot = mem_alloc ("centre cells", 27 * (int64_t) n, sizeof *out->slot);
  out->head = mem_alloc ("centre hash", out->capacity, sizeof *out->head);
  if (!out->slot || !out->head) {
    centre_grid_free (out);
    return ST_MEMORY;
  }
  for (int64_t k = 0; k < out->capacity; k++)
    out->head[k] = -1;
  for (int c = 0; c < n; c++)
    for (int neighbour = 0; neighbour < 27; neighbour++) {
      struct centre_slot *s = &out->slot[out->n_slots];
      const int step[3] = { neighbour % 3 - 1, neighbour / 3 % 3 - 1, neighbour / 9 - 1 };
      for (int k = 0; k < 3; k++)
        s->cell[k] = ((centre[c][k] >> out->shift) + (uint64_t) (int64_t) step[k]) & cell_mask (out);
      int32_t *head = &out->head[hash_cell (s->cell) & (uint64_t) (out->capacity - 1)];
      s->centre = c;
      s->next = *head;
      *head = out->n_slots++;
    }
  return ST_OK;
}

void centre_grid_free (struct centre_grid *grid)
{
  mem_free (&grid->slot);
  mem_free (&grid->head);
}

int centre_grid_next (const struct centre_grid *g, const uint64_t position[3], int32_t *at)
{
  const uint64_t cell[3] = { position[0] >> g->shift, position[1] >> g->shift, position[2] >> g->shift };
  int32_t s = *at < 0 ? g->head[hash_cell (cell) & (uint64_t) (g->capacity - 1)] : g->slot[*at].next;

  for (; s >= 0; s = g->slot[s].next)
    if (g->slot[s].cell[0] == cell[0] && g->slot[s].cell[1] == cell[1] && g->slot[s].cell[2] == cell[2]) {
      *at = s;
      return g->slot[s].centre;
    }
  return -1;
}
