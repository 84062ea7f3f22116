/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The step of Prim's algorithm (links.c), for one sort of processor (vec.h). Defines AREG_WIDE (areg_wide_nearest).
 *
 * One pass over the bodies outside: distances are compared with the new body of the tree, and the nearest of all is
 * found. Each of eight lanes remembers its own nearest and where, so nothing waits for anything; of equal ones the
 * first in the lane and then the first lane is taken, on any processor.
 */
#include "vec.h"

int AREG_WIDE (areg_wide_nearest) (const struct areg_outside *o, int count, double x, double y, double z,
                                   double last)
{
  enum { PARTS = AREG_LANES / VEC };
  const vec vx = vec_all (x), vy = vec_all (y), vz = vec_all (z), slot = vec_all (last);
  vec least[PARTS], place[PARTS];
  double of_lane[AREG_LANES], place_of[AREG_LANES];
  for (int k = 0; k < PARTS; k++) {
    least[k] = vec_all (INFINITY);
    place[k] = vec_all (-1);
  }
  for (int j = 0; j < count; j += AREG_LANES)
    for (int k = 0; k < PARTS; k++) {
      const int at = j + k * VEC;
      const vec dx = vec_load (o->x + at) - vx, dy = vec_load (o->y + at) - vy, dz = vec_load (o->z + at) - vz;
      const vec d = dx * dx + dy * dy + dz * dz, before = vec_load (o->d2 + at);
      const vec_test closer = vec_below (d, before);
      const vec now = vec_select (closer, d, before);
      vec_store (o->d2 + at, now);
      vec_store (o->near + at, vec_select (closer, slot, vec_load (o->near + at)));
      const vec_test less = vec_below (now, least[k]);
      least[k] = vec_select (less, now, least[k]);
      place[k] = vec_select (less, vec_all (j), place[k]);
    }
  int best = 0;
  for (int k = 0; k < PARTS; k++) {
    vec_store (of_lane + k * VEC, least[k]);
    vec_store (place_of + k * VEC, place[k]);
  }
  for (int l = 1; l < AREG_LANES; l++)
    if (of_lane[l] < of_lane[best])
      best = l;
  return place_of[best] < 0 ? -1 : (int) place_of[best] + best;
}
