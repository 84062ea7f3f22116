/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of bodies for the tests of gravity: counter-based, so that a body is the same wherever it is made. */
#ifndef GRAVITY_FIXTURE_H
#define GRAVITY_FIXTURE_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "gravity/gravity.h"
#include "sample.h"

static const double fixture_length = 512;

struct fixture
{
  int64_t n;
  uint64_t (*position)[3], *id;
  double *mass, *softening, (*acceleration)[3], *potential;
  float *old, *work, (*trend)[4];
  int32_t *group;
};

static const uint64_t fixture_salt = 0x1234567;

static inline double fixture_uniform (uint64_t counter) { return sample_uniform (fixture_salt, counter); }

static inline void fixture_alloc (struct fixture *s, int64_t n)
{
  s->n = n;
  s->position = mem_alloc ("fixture", n, sizeof *s->position);
  s->id = mem_alloc ("fixture", n, sizeof *s->id);
  s->mass = mem_alloc ("fixture", n, sizeof *s->mass);
  s->softening = mem_alloc_zero ("fixture", n, sizeof *s->softening);
  s->acceleration = mem_alloc_zero ("fixture", n, sizeof *s->acceleration);
  s->potential = mem_alloc_zero ("fixture", n, sizeof *s->potential);
  s->old = mem_alloc_zero ("fixture", n, sizeof *s->old);
  s->work = mem_alloc_zero ("fixture", n, sizeof *s->work);
  s->trend = mem_alloc_zero ("fixture", n, sizeof *s->trend);
  s->group = mem_alloc ("fixture", n, sizeof *s->group);
  for (int64_t i = 0; i < n; i++)
    s->group[i] = -1;
}

static inline void fixture_free (struct fixture *s)
{
  mem_free (&s->position);
  mem_free (&s->id);
  mem_free (&s->mass);
  mem_free (&s->softening);
  mem_free (&s->acceleration);
  mem_free (&s->potential);
  mem_free (&s->old);
  mem_free (&s->work);
  mem_free (&s->trend);
  mem_free (&s->group);
}

static inline void fixture_place (struct fixture *s, int64_t i, double x, double y, double z)
{
  sample_place ((const double[3]) { x, y, z }, fixture_length, s->position[i]);
}

/* Body `id` of a Hernquist sphere of mass 1; n in all. */
static inline void fixture_hernquist (struct fixture *s, int64_t i, uint64_t id, int64_t n, double eps)
{
  double x[3];

  s->id[i] = id;
  s->mass[i] = 1.0 / (double) n;
  s->softening[i] = eps;
  sample_hernquist (fixture_salt, id, x);
  sample_place (x, fixture_length, s->position[i]);
}

static inline struct gravity_options fixture_options (void)
{
  return (struct gravity_options) { .G = 1, .length = fixture_length, .multipole_order = 4, .accuracy = 2e-3,
                                    .opening_angle = 0.5, .leaf_size = 16, .direct_below = 0 };
}

static inline struct gravity_bodies fixture_bodies (const struct fixture *s)
{
  return (struct gravity_bodies) { .n = s->n, .position = (const uint64_t (*)[3]) s->position, .mass = s->mass,
                                   .softening = s->softening, .acceleration_old = s->old, .id = s->id,
                                   .group = s->group };
}

static inline enum status fixture_solve (const struct gravity_options *o, const struct comm *comm, struct fixture *s)
{
  const struct gravity_bodies b = fixture_bodies (s);
  const struct gravity_result r = { .acceleration = s->acceleration, .potential = s->potential, .work = s->work,
                                    .trend = s->trend };
  struct gravity *g;
  enum status st = gravity_create (o, &g);

  if (st == ST_OK)
    st = gravity_solve (g, comm, &b, &r);
  gravity_free (&g);
  return st;
}

static inline double fixture_norm (const double a[3]) { return sqrt (a[0] * a[0] + a[1] * a[1] + a[2] * a[2]); }

/* The last accelerations become the old ones. */
static inline void fixture_remember (struct fixture *s)
{
  for (int64_t i = 0; i < s->n; i++)
    s->old[i] = (float) fixture_norm (s->acceleration[i]);
}

static inline int fixture_compare (const void *a, const void *b)
{
  const double x = *(const double *) a, y = *(const double *) b;
  return (x > y) - (x < y);
}

/* The given quantile (1: the largest) of the relative errors against direct sums; the same of the potential. */
static inline void fixture_errors (const struct gravity_options *o, const struct comm *comm, const struct fixture *s,
                                   double quantile, double *force, double *potential)
{
  const struct gravity_bodies b = fixture_bodies (s);
  double (*a)[3] = mem_alloc ("fixture", s->n, sizeof *a), *phi = mem_alloc ("fixture", s->n, sizeof *phi);
  const struct gravity_result r = { .acceleration = a, .potential = phi };
  const int64_t at = (int64_t) (quantile * (double) (s->n - 1));

  if (gravity_direct (o, comm, &b, NULL, 0, &r) != ST_OK)
    abort ();
  for (int64_t i = 0; i < s->n; i++) {
    const double d[3] = { s->acceleration[i][0] - a[i][0], s->acceleration[i][1] - a[i][1],
                          s->acceleration[i][2] - a[i][2] };
    const double size = fixture_norm (a[i]);
    a[i][0] = size > 0 ? fixture_norm (d) / size : fixture_norm (d);
    phi[i] = phi[i] != 0 ? fabs (s->potential[i] / phi[i] - 1) : fabs (s->potential[i]);
  }
  for (int64_t i = 0; i < s->n; i++)
    ((double *) a)[i] = a[i][0];
  qsort (a, s->n, sizeof (double), fixture_compare);
  qsort (phi, s->n, sizeof (double), fixture_compare);
  *force = ((double *) a)[at];
  *potential = phi[at];
  mem_free (&a);
  mem_free (&phi);
}

/* The same below a bound, in a test. */
static inline void fixture_expect (const struct gravity_options *o, const struct comm *comm, struct fixture *s,
                                   double quantile, double bound)
{
  double force, potential;

  assert_int_equal (fixture_solve (o, comm, s), ST_OK);
  fixture_errors (o, comm, s, quantile, &force, &potential);
  if (force >= bound || potential >= bound)
    print_message ("errors of force %g, potential %g; bound %g\n", force, potential, bound);
  assert_true (force < bound && potential < bound);
}

#endif
