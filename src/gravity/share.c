/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gravity/share.h"

#include <string.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"

enum status forest_share (struct forest *f, const struct comm *comm, const struct criterion *q,
                          struct traveller *t, int64_t n, struct gravity_cost *cost)
{
  const double start = log_seconds ();
  (void) q; (void) comm;
  for (int64_t i = 0; i < n; i++) t[i].tree = 0;
  double t0 = log_seconds ();
  enum status st = travellers_sort (t, n);
  double t1 = log_seconds ();
  double raw[64];
  forest_adopt (f, t, n);
  f->n_trees = 1;
  f->root = mem_alloc ("roots", 1, 4);
  f->root[0] = 0;
  forest_reserve_cells (f, n / 8 + 1);
  f->n_cells = 1;
  double t2 = log_seconds ();
  st = forest_grow (f, 0, 0, n, raw);
  double t3 = log_seconds ();
  if (getenv("V")) fprintf (stderr, "pack->%g sort %g adopt %g grow %g\n", t0 - start, t1 - t0, t2 - t1, t3 - t2);
  cost->build_s = log_seconds () - start;
  return st;
}
