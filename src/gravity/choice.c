/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a mesh pays. Measured times must not decide that, or bits would hang on them; so here is a model.
 *
 * The walk accepts a cell of size l at distance r if the field that it gets wrong, about G rho l^3 l^p / r^(p+2), is
 * below alpha |a|. So cells grow with distance as l^(p+3) = (alpha |a| / G rho) r^(p+2), and up to the distance at
 * which such a cell is a leaf (l = L) bodies are summed one by one:
 *     R^(p+2) = L^(p+3) G rho / (alpha |a|).
 * What lies beyond costs less and less, since whole cells of sinks see it at once: a solve costs what lies within
 * about R. The mesh spares what of it lies beyond the cut, at a distance c: 4 ns for each of (4 pi / 3) n R^3
 * bodies, times exp (-(c / R)^2). rho and n are means, which is right for the bodies between the clumps; those in
 * clumps have so large |a| that R vanishes, and nothing is spared them. The dearer kernels of a cut force and
 * bringing a body to the mesh and back cost 0.4 us a body, the mesh itself 40 ns a cell.
 *
 * The three times are fitted to 29 boxes, even and clustered, of 5e4 to 1e6 bodies with meshes of 32 to 128, one
 * core, p = 5 (doc/mesh.md). Only where both roads cost about the same does it matter what they are exactly.
 */
#include "gravity/choice.h"

#include <math.h>

#include "base/exact.h"

static const double pair_time = 4e-9, body_time = 0.4e-6, cell_time = 40e-9;
enum { SAMPLE = 8192 }; /* bodies, at least, of larger sets */

/* What all bodies have in common; lengths in boxes. */
struct scene
{
  double n, p, leaf, cut;
  double opening; /* of the geometric criterion, for bodies whose |a| is not known */
  double pull;    /* |a| times this is alpha |a| / G rho */
};

/* Seconds that the trees take for what the mesh would spare a body. */
static double spared (const struct scene *s, double a)
{
  const double R = a > 0 ? pow (pow (s->leaf, s->p + 3) / (s->pull * a), 1 / (s->p + 2)) : s->leaf / s->opening;
  const double q = s->cut / R;

  return 4 * M_PI / 3 * s->n * pow (fmin (R, 0.5), 3) * pair_time * exp (-q * q);
}

/* A part of the n bodies, whatever their places. */
static bool sampled (uint64_t id, int64_t n)
{
  int halvings = 0;

  while (n >> halvings >= 2 * SAMPLE)
    halvings++;
  return halvings == 0 || id * UINT64_C (0x9e3779b97f4a7c15) >> (64 - halvings) == 0;
}

/* Collective. */
static double mass_of (const struct comm *comm, const struct gravity_bodies *bodies)
{
  struct exact_sum sum;

  exact_clear (&sum);
  for (int64_t i = 0; i < bodies->n; i++)
    exact_add (&sum, bodies->mass[i]);
  exact_reduce (comm, &sum, 1);
  return exact_value (&sum);
}

/* Collective. */
static double mean_spared (const struct scene *s, const struct comm *comm, const struct gravity_bodies *bodies,
                           int64_t n)
{
  struct exact_sum sum;
  int64_t count = 0;

  exact_clear (&sum);
  for (int64_t i = 0; i < bodies->n; i++)
    if (sampled (bodies->id[i], n)) {
      exact_add (&sum, spared (s, bodies->acceleration_old ? (double) bodies->acceleration_old[i] : 0));
      count++;
    }
  exact_reduce (comm, &sum, 1);
  count = comm_sum (comm, count);
  return count > 0 ? exact_value (&sum) / (double) count : 0;
}

double choice_gain (const struct gravity_options *o, const struct comm *comm, const struct gravity_bodies *bodies)
{
  const int64_t n = comm_sum (comm, bodies->n);
  const double cells = pow (o->mesh, 3), mass = mass_of (comm, bodies);
  const struct scene s = { .n = (double) n, .p = o->multipole_order + 1, /* as without a mesh (gravity.c) */
                           .leaf = cbrt ((double) o->leaf_size / (double) n), .opening = o->opening_angle,
                           .cut = o->split_reach * o->split_scale / o->length,
                           .pull = o->accuracy * o->length * o->length / (o->G * mass) };

  return s.n * (mean_spared (&s, comm, bodies, n) - body_time) - cell_time * cells;
}

bool choice_mesh (const struct gravity_options *o, const struct comm *comm, const struct gravity_bodies *bodies,
                  int64_t n)
{
  if (o->mesh == 0)
    return false;
  if (o->mesh_from != GRAVITY_CHEAPER)
    return n >= o->mesh_from;
  return o->periodic && n > 0 && choice_gain (o, comm, bodies) > 0;
}
