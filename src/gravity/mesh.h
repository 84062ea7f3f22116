/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The long-range part of gravity by particle mesh: of a body of mass m at distance r the potential
 * -G m erf(r / 2 r_s) / r, whose Fourier transform is -4 pi G m exp(-k^2 r_s^2) / k^2. The tree computes the rest.
 *
 * The same bits on any number of ranks and threads, and for any distribution of the bodies.
 */
#ifndef CATENA_GRAVITY_MESH_H
#define CATENA_GRAVITY_MESH_H

#include "base/comm.h"
#include "base/status.h"
#include "gravity/gravity.h"

struct mesh_options
{
  int n;         /* cells along an axis */
  int periodic;  /* 1: they span the box; 0: they are laid over the bodies, and empty space is added */
  double asmth;  /* r_s in cells */
  double reach;  /* of the tree's part, in r_s; for the mean of the potential alone */
};

/* Where the mesh lies, for one set of bodies. */
struct mesh_frame
{
  uint64_t origin[3]; /* first cell, in steps of a position */
  uint64_t steps;     /* edge of a cell in steps of a position; 0: the box's over n */
  double cell;        /* edge of a cell, as a length */
  double split_scale; /* r_s, as a length */
};

struct mesh;

/* Local. *out is the caller's; release with mesh_free. ST_DATA for options out of range, ST_MEMORY. */
enum status mesh_create (const struct mesh_options *options, struct mesh **out);
void mesh_free (struct mesh **mesh);

/* Collective; the same on every rank. length: of the box that positions span. */
struct mesh_frame mesh_frame (const struct mesh *mesh, const struct comm *comm, const struct gravity_bodies *bodies,
                              double length);
/* Collective, agreed ST_MEMORY, ST_DATA, ST_INTERNAL (masses that are not finite). Adds to the result the forces and
 * potentials of all bodies on each other but those inside one group; a periodic box has its images and a uniform
 * background that cancels the mean density, and its potential is zero on average once the tree's part is added. Of
 * `cost`: mesh_s is set, bytes_sent grows. */
enum status mesh_solve (struct mesh *mesh, const struct comm *comm, const struct mesh_frame *frame, double G,
                        const struct gravity_bodies *bodies, const struct gravity_result *result,
                        struct gravity_cost *cost);

#endif
