/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws particles from a sphere's distribution functions. Each particle is a function of (seed, system, component,
 * particle) alone.
 */
#ifndef CATENA_SAMPLE_H
#define CATENA_SAMPLE_H

#include "ics/counter.h"
#include "ics/eddington.h"

struct sampling
{
  uint64_t seed;
  int system;
  int mirror; /* particles come in pairs (x, v), (-x, -v): centre of mass and momentum vanish exactly */
  double minimum_semi_major_axis; /* stars bound to the SMBH more tightly are drawn anew; 0: none are */
};

/* Local, threaded. Fills x and v of component c (component[c].number elements) about the origin at rest.
 * *n_redrawn counts the draws that were too tightly bound to the SMBH. ST_MEMORY, or ST_DATA if hardly any draw is
 * loose. */
enum status sphere_sample (const struct sphere *s, int c, const struct sampling *options, double (*x)[3],
                           double (*v)[3], int64_t *n_redrawn);

/* Semi-major axis about a point mass; negative if unbound. */
double semi_major_axis (double gm, const double x[3], const double v[3]);

#endif
