/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is in a region. All ranks learn all centres (SMBHs above KetjuMinimumBHMass; they are few) and unite those
 * closer than 2R in the same way; then every rank finds its own particles near a centre through a hash of cells, and
 * the members, again few, are gathered. Nothing here depends on which rank holds what: centres are ordered by ID,
 * groups by the ID of their heaviest SMBH, members by (group, ID). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec3.h"
#include "time/centre_grid.h"
#include "time/region.h"

struct centre
{
  uint64_t id, position[3];
  double mass;
  int32_t group; /* first: index of a centre of the same union; later: its region */
};

static double separation (const struct box *box, const uint64_t a[3], const uint64_t b[3])
{
  const double d[3] = { box_difference (box, a[0], b[0]), box_difference (box, a[1], b[1]),
                        box_difference (box, a[2], b[2]) };

  return norm3 (d);
}

static int by_id (const void *a, const void *b)
{
  const struct centre *p = a, *q = b;

  return (p->id > q->id) - (p->id < q->id);
}

static int by_group_and_id (const void *a, const void *b)
{
  const struct region_member *p = a, *q = b;

  if (p->group != q->group)
    return p->group < q->group ? -1 : 1;
  return (p->id > q->id) - (p->id < q->id);
}

static int is_centre (const struct params *params, const struct particles *p, int64_t i)
{
  return params->KetjuOn && p->type[i] == TYPE_HOLE && p->mass[i] >= params->KetjuMinimumBHMass;
}

/* All centres, on all ranks, by ID. */
static enum status gather_centres (const struct comm *comm, const struct params *params, const struct particles *p,
                                   const int64_t *index, int64_t n, struct centre **out, int *n_out)
{
  int64_t n_mine = 0, *first = NULL;
  struct centre *mine;
  void *all = NULL;

  for (int64_t k = 0; k < n; k++)
    n_mine += is_centre (params, p, index[k]);
  mine = mem_alloc ("own centres", n_mine, sizeof *mine);
  enum status st = status_agree (comm, mine ? ST_OK : ST_MEMORY, NULL);
  if (st != ST_OK) {
    mem_free (&mine);
    return st;
  }
  n_mine = 0;
  for (int64_t k = 0; k < n; k++) {
    int64_t i = index[k];
    if (is_centre (params, p, i)) {
      struct centre c = { p->id[i], { p->position[i][0], p->position[i][1], p->position[i][2] }, p->mass[i], 0 };
      mine[n_mine++] = c;
    }
  }
  st = comm_gather_all (comm, mine, n_mine, sizeof *mine, &all, &first);
  mem_free (&mine);
  if (st != ST_OK)
    return st;
  *n_out = (int) first[comm->size];
  *out = all;
  mem_free (&first);
  qsort (*out, *n_out, sizeof **out, by_id);
  return ST_OK;
}

/* Gives centres closer than 2R one label, transitively; labels are the lowest index in the union. */
static void unite_centres (const struct box *box, double radius, struct centre *c, int n)
{
  int changed = 1;

  for (int i = 0; i < n; i++)
    c[i].group = i;
  while (changed) {
    changed = 0;
    for (int j = 1; j < n; j++)
      for (int i = 0; i < j; i++)
        if (c[i].group != c[j].group && separation (box, c[i].position, c[j].position) < 2 * radius) {
          int low = c[i].group < c[j].group ? c[i].group : c[j].group;
          c[i].group = c[j].group = low;
          changed = 1;
        }
  }
}

static int by_region_id (const void *a, const void *b)
{
  const struct region *p = a, *q = b;

  return (p->id > q->id) - (p->id < q->id);
}

/* One region per union, ordered by the ID of its heaviest centre; labels become region indices. */
static void name_regions (struct regions *r, const struct params *params, struct centre *c, int n)
{
  int32_t old[n + 1];

  r->n = 0;
  for (int u = 0; u < n; u++) {
    int heaviest = -1, count = 0;
    for (int i = u; i < n; i++)
      if (c[i].group == u) {
        count++;
        if (heaviest < 0 || c[i].mass > c[heaviest].mass)
          heaviest = i;
      }
    if (count > params->KetjuIntegrateBinaryRegion)
      r->region[r->n++] = (struct region){ .id = c[heaviest].id };
  }
  qsort (r->region, r->n, sizeof *r->region, by_region_id);
  for (int i = 0; i < n; i++) {
    old[i] = c[i].group;
    c[i].group = -1; /* stays so for a lone SMBH if only pairs are regularised */
  }
  for (int k = 0; k < r->n; k++)
    for (int i = 0; i < n; i++)
      if (c[i].id == r->region[k].id)
        for (int j = 0; j < n; j++)
          if (old[j] == old[i])
            c[j].group = k;
}

/* Groups and halo marks of the local particles; returns how many are members. */
static int64_t mark_particles (const struct params *params, const struct box *box, double radius,
                               const struct centre_grid *grid, const struct centre *c, struct particles *p,
                               const int64_t *index, int64_t n)
{
  int64_t n_members = 0;

  for (int64_t k = 0; k < n; k++) {
    int64_t i = index[k];
    p->group[i] = -1;
    p->flags[i] &= (uint8_t) ~PARTICLE_HALO;
    int32_t at = -1;
    for (int j; (j = centre_grid_next (grid, (const uint64_t *) p->position[i], &at)) >= 0;) {
      double d = separation (box, (const uint64_t *) p->position[i], c[j].position);
      if (c[j].group >= 0 && d < 2 * radius)
        p->flags[i] |= PARTICLE_HALO;
      if (c[j].group >= 0 && d < radius && (p->type[i] == TYPE_HOLE || params_in_regions (params, p->type[i])))
        p->group[i] = c[j].group;
    }
    n_members += p->group[i] >= 0;
  }
  return n_members;
}

static enum status list_members (struct regions *r, const struct comm *comm, const struct particles *p,
                                 const int64_t *index, int64_t n, int64_t n_mine)
{
  struct region_member *mine = mem_alloc_zero ("own members", n_mine, sizeof *mine);
  enum status st = status_agree (comm, mine ? ST_OK : ST_MEMORY, NULL);
  int64_t *first = NULL;
  void *all = NULL;

  if (st == ST_OK) {
    n_mine = 0;
    for (int64_t k = 0; k < n; k++)
      if (p->group[index[k]] >= 0) {
        struct region_member *m = &mine[n_mine++];
        m->local = index[k];
        m->owner = comm->rank;
        m->id = p->id[m->local];
        m->group = p->group[m->local];
        m->type = p->type[m->local];
      }
    st = comm_gather_all (comm, mine, n_mine, sizeof *mine, &all, &first);
  }
  mem_free (&mine);
  if (st != ST_OK)
    return st;
  mem_free (&r->member);
  r->member = all;
  r->n_members = (int) first[comm->size];
  mem_free (&first);
  qsort (r->member, r->n_members, sizeof *r->member, by_group_and_id);
  return ST_OK;
}

static void index_members (struct regions *r)
{
  int k = 0;

  for (int g = 0; g < r->n; g++) {
    struct region *region = &r->region[g];
    region->first = k;
    region->n_holes = 0;
    for (; k < r->n_members && r->member[k].group == g; k++)
      region->n_holes += r->member[k].type == TYPE_HOLE;
    region->n = k - region->first;
    ASSERT (region->n > 0);
  }
  ASSERT (k == r->n_members);
}

enum status regions_gather (struct regions *r, const struct comm *comm, const struct particles *p,
                            const struct holes *h)
{
  int64_t n_mine = 0, *first = NULL;
  struct region_member *mine = mem_alloc ("own members", r->n_members, sizeof *mine);
  void *all = NULL;
  enum status st = status_agree (comm, mine ? ST_OK : ST_MEMORY, NULL);

  if (st == ST_OK) {
    for (int k = 0; k < r->n_members; k++) {
      struct region_member m = r->member[k];
      if (m.owner != comm->rank)
        continue;
      int hole = m.type == TYPE_HOLE ? holes_find (h, m.id) : -1;
      memcpy (m.position, p->position[m.local], sizeof m.position);
      memcpy (m.velocity, p->velocity[m.local], sizeof m.velocity);
      m.mass = p->mass[m.local];
      for (int c = 0; c < 3; c++) {
        m.fraction[c] = hole >= 0 ? h->fraction[hole][c] : 0;
        m.spin[c] = hole >= 0 ? h->spin[hole][c] : 0;
      }
      mine[n_mine++] = m;
    }
    st = comm_gather_all (comm, mine, n_mine, sizeof *mine, &all, &first);
  }
  mem_free (&mine);
  if (st != ST_OK)
    return st;
  memcpy (r->member, all, r->n_members * sizeof *r->member);
  mem_free (&all);
  mem_free (&first);
  qsort (r->member, r->n_members, sizeof *r->member, by_group_and_id);
  return ST_OK;
}

/* The heaviest SMBH of each region, from its members. */
static void name_from_members (struct regions *r)
{
  for (int g = 0; g < r->n; g++) {
    const struct region_member *heaviest = NULL;
    for (int i = r->region[g].first; i < r->region[g].first + r->region[g].n; i++)
      if (r->member[i].type == TYPE_HOLE && (!heaviest || r->member[i].mass > heaviest->mass))
        heaviest = &r->member[i];
    ASSERT (heaviest);
    r->region[g].id = heaviest->id;
  }
}

enum status regions_relist (struct regions *r, const struct comm *comm, const struct particles *p,
                            const struct holes *h)
{
  int64_t n_mine = 0, last = -1, *index = mem_alloc ("members", p->n, sizeof *index);
  enum status st = index ? ST_OK : ST_MEMORY;

  for (int64_t i = 0; i < p->n && st == ST_OK; i++)
    if (p->group[i] >= 0) {
      index[n_mine++] = i;
      last = p->group[i] > last ? p->group[i] : last;
    }
  r->n = (int) comm_max (comm, last) + 1;
  mem_free (&r->region);
  r->region = mem_alloc ("regions", r->n, sizeof *r->region);
  st = status_agree (comm, r->region ? st : ST_MEMORY, NULL);
  if (st == ST_OK)
    st = list_members (r, comm, p, index, n_mine, n_mine);
  mem_free (&index);
  if (st != ST_OK)
    return st;
  index_members (r);
  st = regions_gather (r, comm, p, h);
  if (st == ST_OK)
    name_from_members (r);
  return st;
}

enum status regions_find (struct regions *r, const struct comm *comm, const struct params *params,
                          const struct epoch *epoch, const struct box *box, struct particles *p,
                          const struct holes *h, const int64_t *index, int64_t n)
{
  double radius = params_region_radius (params) / epoch->scale;
  struct centre_grid grid = { 0 };
  struct centre *centre = NULL;
  int n_centres = 0;
  enum status st = gather_centres (comm, params, p, index, n, &centre, &n_centres);

  if (st != ST_OK)
    return st;
  uint64_t (*position)[3] = mem_alloc ("centre positions", n_centres, sizeof *position);
  mem_free (&r->region);
  r->region = mem_alloc ("regions", n_centres, sizeof *r->region);
  st = position && r->region ? ST_OK : ST_MEMORY;
  if (st == ST_OK) {
    for (int i = 0; i < n_centres; i++)
      memcpy (position[i], centre[i].position, sizeof position[i]);
    st = centre_grid_create (box, 2 * radius, (const uint64_t (*)[3]) position, n_centres, &grid);
  }
  st = status_agree (comm, st, NULL);
  if (st == ST_OK) {
    unite_centres (box, radius, centre, n_centres);
    name_regions (r, params, centre, n_centres);
    int64_t n_mine = mark_particles (params, box, radius, &grid, centre, p, index, n);
    st = list_members (r, comm, p, index, n, n_mine);
  }
  if (st == ST_OK) {
    index_members (r);
    st = regions_gather (r, comm, p, h);
  }
  centre_grid_free (&grid);
  mem_free (&position);
  mem_free (&centre);
  return st;
}

/* Mean velocity and one-dimensional dispersion of the members that are no SMBHs; returns their number. */
static int star_motion (const struct region_member *m, int n, double mean[3], double *sigma)
{
  double squares = 0;
  int n_stars = 0;

  for (int k = 0; k < 3; k++)
    mean[k] = 0;
  for (int i = 0; i < n; i++)
    if (m[i].type != TYPE_HOLE) {
      axpy3 (1, m[i].velocity, mean);
      n_stars++;
    }
  for (int k = 0; k < 3 && n_stars > 0; k++)
    mean[k] /= n_stars;
  for (int i = 0; i < n; i++)
    if (m[i].type != TYPE_HOLE) {
      double v[3];
      sub3 (m[i].velocity, mean, v);
      squares += dot3 (v, v);
    }
  *sigma = n_stars > 1 ? sqrt (squares / (3 * n_stars)) : 0;
  return n_stars;
}

/* The fastest motion of a sphere's centre against `mean`. SMBHs closer than R/3 to each other count as one: a tight
 * pair is fast, but its sphere moves with its centre of mass. */
static double fastest_sphere (const struct region_member *m, int n, const struct box *box, double radius,
                              const double mean[3])
{
  double fastest = 0;

  for (int i = 0; i < n; i++) {
    double momentum[3] = { 0 }, mass = 0, v[3];
    if (m[i].type != TYPE_HOLE)
      continue;
    for (int j = 0; j < n; j++)
      if (m[j].type == TYPE_HOLE && separation (box, m[i].position, m[j].position) < radius / 3) {
        axpy3 (m[j].mass, m[j].velocity, momentum);
        mass += m[j].mass;
      }
    for (int k = 0; k < 3; k++)
      v[k] = momentum[k] / mass - mean[k];
    fastest = fmax (fastest, norm3 (v));
  }
  return fastest;
}

double regions_step (const struct regions *r, const struct params *params, const struct epoch *epoch,
                     const struct units *units, const struct box *box)
{
  const double radius = params_region_radius (params), a = epoch->scale;
  double step = INFINITY;

  for (int g = 0; g < r->n; g++) {
    const struct region *region = &r->region[g];
    const struct region_member *m = r->member + region->first;
    double mass = 0, mean[3], sigma;
    for (int i = 0; i < region->n; i++) {
      mass += m[i].mass;
      step = fmin (step, 0.1 * box->length * a * a / fmax (norm3 (m[i].velocity), 1e-30));
    }
    step = fmin (step, sqrt (2 * params->ErrTolIntAccuracy * (radius / 3) * radius * radius / (units->G * mass)));
    if (star_motion (m, region->n, mean, &sigma) < 2)
      continue;
    step = fmin (step, 0.3 * radius * a / fmax (fastest_sphere (m, region->n, box, radius / a, mean), 1e-30));
    step = fmin (step, 0.5 * radius * a / fmax (sqrt (3) * sigma, 1e-30));
  }
  return step * epoch->pace;
}

void regions_free (struct regions *r)
{
  mem_free (&r->region);
  mem_free (&r->member);
  mem_free (&r->sample);
  mem_free (&r->merger);
  mem_free (&r->event);
  mem_free (&r->record);
  *r = (struct regions){ 0 };
}
