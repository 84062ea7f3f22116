/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Periodic boxes by trees: near images in the walk, all others in one sum over a coarse lattice.
 *
 * The lattice is the second level of the octree: 4^3 cells. Between two of them, d = 0 to 3 cells apart (sink to
 * source, modulo 4) in each dimension, the images within 3/4 of the box, measured between the cells' middles, are
 * sources of the walk like any other. What remains,
 *   F (z) = psi (z) - sum of 1/|z+n| over those images            (psi: ewald.h),
 * is smooth: its nearest singularity is a whole box away, a lattice cell reaches sqrt(3)/8. Its field is expanded
 * once about the middle of each lattice cell, to order 6 from all moments of order m <= p, and evaluated there.
 * The Laplacian 4 pi of F is exactly that of (2 pi / 3) |z - z0|^2, z0 the lattice offset; summed over all sources it
 * is a parabola that needs the total mass, dipole and second moment only, and the expansion is harmonic without it.
 *
 * An image is a digit for each dimension: 0 stands for the nearest one, of cells that touch or are one; 1 and 2 for
 * one that lies at least two cells to the right or left, whose distance is therefore between 1/4 and 1 there.
 */
#ifndef CATENA_GRAVITY_LATTICE_H
#define CATENA_GRAVITY_LATTICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

enum { LATTICE_LEVEL = 2, LATTICE_SIDE = 4, LATTICE_CELLS = 64, IMAGES = 27 };
enum { LATTICE_TERMS = 49, LATTICE_MOMENTS = 36 }; /* of the field, of order 6; of sources, of order 5 at most */

struct lattice
{
  int order;                                   /* that `matrix` is made for */
  double *matrix;                              /* owned: (p+1)^2 rows of LATTICE_TERMS for each of 64 offsets */
  double mass, dipole[3], spread;              /* of all sources, each about the middle of its cell */
  double local[LATTICE_CELLS][LATTICE_TERMS];  /* field of F about the middles, potential without its minus sign */
  double moment[LATTICE_CELLS][LATTICE_MOMENTS]; /* sum m (-q)^k / k!, folded to the independent components */
};

/* Displacements of an image: b - a is (int64_t) (b - a - origin) 2^-64 + shift. */
struct image
{
  uint64_t origin[3];
  double shift[3];
};

static inline struct image image_of (int code)
{
  struct image i = { { 0 }, { 0 } };

  for (int k = 2; k >= 0 && code > 0; k--, code /= 3) {
    const int sign = (code % 3 == 1) - (code % 3 == 2);
    i.origin[k] = (uint64_t) sign * (UINT64_C (5) << 61);
    i.shift[k] = sign * 0.625;
  }
  return i;
}

/* Number of the lattice cell around a position, and back to its middle. */
static inline int lattice_of (const uint64_t position[3])
{
  return (int) (position[0] >> 62 << 4 | position[1] >> 62 << 2 | position[2] >> 62);
}
static inline void lattice_middle (int number, uint64_t middle[3])
{
  for (int k = 2; k >= 0; k--, number /= LATTICE_SIDE)
    middle[k] = ((uint64_t) (number % LATTICE_SIDE) << 62) + ((uint64_t) 1 << 61);
}

/* Offset of source cell from sink cell, 0 to 3 in each dimension, as the number of a lattice cell. */
int lattice_offset (int sink, int source);
/* The images of a source at this offset that the walk sees; how many. */
int lattice_images (int offset, int code[IMAGES]);

/* Local. Empties the sums and prepares for order p; *lattice is made if NULL. ST_MEMORY. */
enum status lattice_open (struct lattice **lattice, int order);
/* Local. Adds moments sum m q^k / s^|k| (all monomials to the order, as forest.c has them) about `centre`. */
void lattice_add (struct lattice *l, int number, const uint64_t centre[3], double scale, const double *raw);
/* Local. Fills `local` of the cells wanted. */
void lattice_solve (struct lattice *l, const bool wanted[LATTICE_CELLS]);
/* Local. Adds what the far images and the background do to n bodies of one lattice cell; potential (or NULL)
 * without its minus sign. */
void lattice_field (const struct lattice *l, const uint64_t (*position)[3], int64_t n, double (*acceleration)[3],
                    double *potential);
void lattice_free (struct lattice **lattice);

#endif
