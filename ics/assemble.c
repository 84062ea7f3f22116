/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A system is drawn about the origin and then moved as one rigid thing, SMBH included, so that its centre of mass
 * rests at the origin: shifting stars against their SMBH would put the SMBH beside its cusp.
 *
 * Systems are placed in the order of the recipe. An orbit is that of the new system relative to all before it, for
 * the masses that attract at that distance; old and new then move so that their common centre of mass stays where it
 * was, with whole masses, so that no momentum is left over. */
#include "ics/assemble.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec3.h"
#include "ics/sample.h"

static enum status allocate (const struct recipe *recipe, struct assembly *a)
{
  for (int k = 0; k < recipe->n_systems; k++) {
    a->n_holes += recipe->system[k].hole_mass > 0;
    for (int c = 0; c < recipe->system[k].n_components; c++)
      a->n += recipe->system[k].component[c].number;
  }
  a->n += a->n_holes + recipe->universe.n * recipe->universe.n * recipe->universe.n;
  a->x = mem_alloc_zero ("ics bodies", a->n, sizeof *a->x);
  a->v = mem_alloc_zero ("ics bodies", a->n, sizeof *a->v);
  a->mass = mem_alloc_zero ("ics bodies", a->n, sizeof *a->mass);
  a->type = mem_alloc_zero ("ics bodies", a->n, sizeof *a->type);
  a->spin = mem_alloc_zero ("ics bodies", a->n_holes, sizeof *a->spin);
  return a->x && a->v && a->mass && a->type && a->spin ? ST_OK : ST_MEMORY;
}

/* Calls for every body of a system: its components' range, then its SMBH. */
static int64_t first_of (const struct made *m) { return m->first[0]; }
static int64_t end_of (const struct made *m) { return m->first[MAX_COMPONENTS]; }

static void shift_body (struct assembly *a, int64_t i, const double x[3], const double v[3])
{
  axpy3 (1, x, a->x[i]);
  axpy3 (1, v, a->v[i]);
}

static void shift_system (struct assembly *a, struct made *m, const double x[3], const double v[3])
{
  for (int64_t i = first_of (m); i < end_of (m); i++)
    shift_body (a, i, x, v);
  if (m->hole >= 0)
    shift_body (a, m->hole, x, v);
  axpy3 (1, x, m->position);
  axpy3 (1, v, m->velocity);
}

static void measure_virial (const struct assembly *a, struct made *m)
{
  double kinetic = 0, virial = 0;

  for (int64_t i = first_of (m); i < end_of (m); i++) {
    double r = norm3 (a->x[i]);
    kinetic += 0.5 * a->mass[i] * dot3 (a->v[i], a->v[i]);
    virial += a->mass[i] * m->sphere->G * sphere_total_mass (m->sphere, r) / r;
  }
  m->virial = virial > 0 ? 2 * kinetic / virial : 0;
}

/* Minus the centre of mass and its velocity. */
static void to_rest (struct assembly *a, struct made *m)
{
  double x[3] = { 0 }, v[3] = { 0 };

  for (int64_t i = first_of (m); i < end_of (m); i++) {
    axpy3 (-a->mass[i] / m->mass, a->x[i], x);
    axpy3 (-a->mass[i] / m->mass, a->v[i], v);
  }
  shift_system (a, m, x, v);
  memset (m->position, 0, sizeof m->position);
  memset (m->velocity, 0, sizeof m->velocity);
}

static void add_hole (const struct recipe *recipe, int k, struct assembly *a, int64_t index)
{
  const struct system *s = &recipe->system[k];

  a->made[k].hole = index;
  a->mass[index] = s->hole_mass;
  a->type[index] = 5;
  for (int d = 0; d < 3; d++)
    a->spin[index][d] = s->chi[d] * recipe->units.G * s->hole_mass * s->hole_mass / recipe->units.c;
}

static enum status draw_component (const struct recipe *recipe, int k, int c, struct assembly *a)
{
  const struct system *s = &recipe->system[k];
  struct made *m = &a->made[k];
  struct sampling options = { recipe->seed, k, s->noise == NOISE_MIRROR, s->minimum_semi_major_axis };
  int64_t redrawn = 0;

  for (int64_t i = m->first[c]; i < m->first[c + 1]; i++) {
    a->mass[i] = s->component[c].mass / (double) s->component[c].number;
    a->type[i] = (uint8_t) s->component[c].type;
  }
  enum status st = sphere_sample (m->sphere, c, &options, a->x + m->first[c], a->v + m->first[c], &redrawn);
  m->n_redrawn += redrawn;
  return st;
}

static enum status make_system (const struct recipe *recipe, int k, struct assembly *a, int64_t *next, int *next_hole)
{
  const struct system *s = &recipe->system[k];
  struct made *m = &a->made[k];
  enum status st = sphere_create (recipe->units.G, s->hole_mass, s->component, s->n_components, &m->sphere);

  if (st == ST_DATA)
    return status_fail (ST_DATA, "(system '%s')", s->name);
  m->hole = -1;
  m->mass = s->hole_mass;
  m->first[0] = *next;
  for (int c = 0; c < MAX_COMPONENTS; c++) {
    m->first[c + 1] = m->first[c] + (c < s->n_components ? s->component[c].number : 0);
    m->mass += c < s->n_components ? s->component[c].mass : 0;
  }
  *next = end_of (m);
  if (s->hole_mass > 0)
    add_hole (recipe, k, a, (*next_hole)++);
  for (int c = 0; c < s->n_components && st == ST_OK; c++)
    st = draw_component (recipe, k, c, a);
  if (st != ST_OK)
    return st;
  measure_virial (a, m);
  if (s->noise != NOISE_RAW)
    to_rest (a, m);
  return ST_OK;
}

/* Mass of systems 0..k-1, their centre of mass and its velocity, and what they hold within r of their own centres. */
static double group_of (const struct assembly *a, int k, double r, double x[3], double v[3], double *within)
{
  double mass = 0;

  memset (x, 0, 3 * sizeof *x);
  memset (v, 0, 3 * sizeof *v);
  *within = 0;
  for (int j = 0; j < k; j++) {
    mass += a->made[j].mass;
    *within += sphere_total_mass (a->made[j].sphere, r);
    axpy3 (a->made[j].mass, a->made[j].position, x);
    axpy3 (a->made[j].mass, a->made[j].velocity, v);
  }
  for (int d = 0; d < 3; d++) {
    x[d] /= mass;
    v[d] /= mass;
  }
  return mass;
}

static enum status place_on_orbit (const struct recipe *recipe, int k, struct assembly *a)
{
  const struct orbit *orbit = &recipe->system[k].orbit;
  struct made *m = &a->made[k];
  double reach = orbit->mass_within * orbit->separation, centre[3], velocity[3], within, x[3], v[3], old_x[3],
         old_v[3];
  double mass = group_of (a, k, reach, centre, velocity, &within);

  m->orbit_mass = within + sphere_total_mass (m->sphere, reach);
  enum status st = orbit_state (orbit, recipe->units.G * m->orbit_mass, x, v, &m->time_to_pericentre);
  if (st != ST_OK)
    return status_fail (st, "(orbit of system '%s')", recipe->system[k].name);
  double of_old = -m->mass / (mass + m->mass), of_new = mass / (mass + m->mass);
  for (int d = 0; d < 3; d++) {
    old_x[d] = of_old * x[d];
    old_v[d] = of_old * v[d];
    x[d] = centre[d] + of_new * x[d];
    v[d] = velocity[d] + of_new * v[d];
  }
  for (int j = 0; j < k; j++)
    shift_system (a, &a->made[j], old_x, old_v);
  shift_system (a, m, x, v);
  return ST_OK;
}

/* The bodies of a box; their velocities are momenta. */
static enum status make_universe (const struct recipe *recipe, struct assembly *a)
{
  for (int64_t i = 0; i < a->n; i++) {
    a->mass[i] = universe_mass (&recipe->universe, &recipe->units);
    a->type[i] = 1;
  }
  return universe_particles (&recipe->universe, &recipe->units, recipe->seed, a->x, a->v);
}

enum status assembly_make (const struct recipe *recipe, struct assembly *a)
{
  memset (a, 0, sizeof *a);
  a->n_systems = recipe->n_systems;
  enum status st = allocate (recipe, a);
  int64_t next = a->n_holes;
  int next_hole = 0;

  if (st == ST_OK && recipe->universe.n > 0)
    return make_universe (recipe, a);
  for (int k = 0; k < recipe->n_systems && st == ST_OK; k++)
    st = make_system (recipe, k, a, &next, &next_hole);
  for (int k = 0; k < recipe->n_systems && st == ST_OK; k++) {
    if (recipe->system[k].has_orbit)
      st = place_on_orbit (recipe, k, a);
    else
      shift_system (a, &a->made[k], recipe->system[k].position, recipe->system[k].velocity);
  }
  return st;
}

void assembly_free (struct assembly *a)
{
  for (int k = 0; k < a->n_systems; k++)
    sphere_free (&a->made[k].sphere);
  mem_free (&a->x);
  mem_free (&a->v);
  mem_free (&a->mass);
  mem_free (&a->type);
  mem_free (&a->spin);
}
