/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gravity/gravity.h"

#include <math.h>

#include "base/log.h"
#include "base/mem.h"

struct gravity
{
  struct gravity_options options;
  struct gravity_cost cost;
};

static enum status options_check (const struct gravity_options *o)
{
  if (!(o->G > 0 && isfinite (o->G)) || !(o->length > 0 && isfinite (o->length)))
    return status_fail (ST_DATA, "Gravity: G (%g) and the box length (%g) must be positive.", o->G, o->length);
  if (o->multipole_order < 3 || o->multipole_order > 5)
    return status_fail (ST_DATA, "Gravity: MultipoleOrder is %d; it must be 3, 4 or 5.", o->multipole_order);
  if (!(o->accuracy >= 0) || !(o->opening_angle >= 0) || o->opening_angle > 1.5)
    return status_fail (ST_DATA, "Gravity: the accuracy (%g) must not be negative and the opening angle (%g) must lie "
                        "between 0 and 1.5.", o->accuracy, o->opening_angle);
  if (o->leaf_size < 1 || o->leaf_size > 1024)
    return status_fail (ST_DATA, "Gravity: the leaf size is %d; it must lie between 1 and 1024.", o->leaf_size);
  return ST_OK;
}

enum status gravity_create (const struct gravity_options *options, struct gravity **out)
{
  struct gravity *g = NULL;
  enum status st = options_check (options);

  if (st == ST_OK && !(g = mem_alloc_zero ("gravity", 1, sizeof *g)))
    st = ST_MEMORY;
  if (st == ST_OK)
    g->options = *options;
  *out = g;
  return st;
}

void gravity_free (struct gravity **gravity) { mem_free (gravity); }

enum status gravity_set_options (struct gravity *gravity, const struct gravity_options *options)
{
  enum status st = options_check (options);

  if (st == ST_OK)
    gravity->options = *options;
  return st;
}

const struct gravity_cost *gravity_cost (const struct gravity *gravity) { return &gravity->cost; }

enum status gravity_solve (struct gravity *gravity, const struct comm *comm, const struct gravity_bodies *bodies,
                           const struct gravity_result *result)
{
  const double start = log_seconds ();
  enum status st = gravity_direct (&gravity->options, comm, bodies, NULL, 0, result);

  gravity->cost = (struct gravity_cost) { .total_s = log_seconds () - start };
  return st;
}
