/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flow of the regions: hand-over to areg and back.
 *
 * All ranks hold all members, so the regions are dealt out (region_share.c), each rank integrates its own, or several
 * a large one together, and what came out is gathered by all. Coordinates are relative to the region's heaviest
 * SMBH, in two parts: the difference of integers plus that of fractions rounded to a double, and what that leaves
 * over. areg forms separations from both parts and gives both back, so a tight pair loses no digit from one flow to
 * the next, however far it is from the corner of the box or from the heaviest SMBH. Samples for the history file are
 * absolute coordinates, single doubles by its format. Velocities need no such care: they are doubles of the size of
 * the differences that matter.
 *
 * The energy of the members, Newtonian and with the softening that areg uses, is taken before and after: what it
 * changed by is the work of the post-Newtonian terms, of mergers and lost stars: it goes to the ledger of the run. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/vec3.h"
#include "gravity/kernel.h"
#include "time/region.h"
#include "time/region_share.h"

/* What one rank brings home from its regions; gathered with others' into one list of each kind. */
struct harvest
{
  struct region_member *member;
  struct region_sample *sample;
  struct areg_merger *merger;
  struct areg_event *event;
  struct region_record *record;
  int64_t n_members, n_samples, n_mergers, n_events, n_records;
  int64_t room_members, room_samples, room_mergers, room_events, room_records;
};

/* One instant of the flow: what the frame's momentum is multiplied with to give its way, and the expansion. */
struct moment
{
  double drift, scale, hubble;
};

struct flow
{
  const struct params *params;
  const struct cosmology *cosmology;
  const struct units *units;
  const struct box *box;
  const struct regions *regions;
  double time, dt;           /* physical */
  struct moment begin, end;
  double begin_tide, end_tide; /* of struct epoch */
  double star_softening;     /* physical, as at the beginning */
  const double *sample_time; /* after `time`, ascending */
  int n_sample_times;
  struct harvest *harvest;
  const struct region *region; /* the one being integrated */
  int first;                 /* the run begins here */
  int echo;                  /* another rank does the same and speaks for this one */
};

static enum status grow (const char *name, void **array, int64_t *room, int64_t need, size_t size)
{
  if (need <= *room && *array)
    return ST_OK;
  if (mem_resize_block (name, array, 2 * need + 8, size))
    return ST_MEMORY;
  *room = 2 * need + 8;
  return ST_OK;
}
#define PUSH(harvest, kind, value)                                                                 \
  (grow (#kind " of regions", (void **) &(harvest)->kind, &(harvest)->room_##kind##s,                     \
         (harvest)->n_##kind##s + 1,                                                               \
         sizeof *(harvest)->kind) == ST_OK                                                         \
     ? ((harvest)->kind[(harvest)->n_##kind##s++] = (value), ST_OK)                                \
     : ST_MEMORY)

static double pair_potential (double r, double h)
{
  double force, potential;

  pair_softened (r * r, h, &force, &potential);
  return potential;
}

static double softening_of_pair (const struct params *params, double of_stars, int hole_a, int hole_b)
{
  return !hole_a && !hole_b && params->KetjuUseStarStarSoftening ? of_stars : 0;
}

static struct moment moment_at (const struct flow *f, double t)
{
  const double a = f->begin.scale;

  if (!f->cosmology->comoving)
    return (struct moment){ t - f->time, 1, 0 };
  const double length = cosmology_length (f->cosmology, a, t - f->time), now = a * exp (length);
  return (struct moment){ cosmology_drift (f->cosmology, a, length), now, cosmology_hubble (f->cosmology, now) };
}

static int is_centre (const struct params *params, const struct region_member *m)
{
  return m->type == TYPE_HOLE && m->mass >= params->KetjuMinimumBHMass;
}

/* What areg calls the radius of a star: of a particle that stands for many, one of their mean density. */
static double star_radius (const struct params *params, const struct units *units, const struct region_member *m)
{
  return params_star_radius (params, m->type) * units_solar_radius (units)
         * cbrt (m->mass / units_solar_mass (units));
}

/* x_a - x_b with all digits, code length. */
static void member_separation (const struct box *box, const struct region_member *a, const struct region_member *b,
                               double out[3])
{
  double step = box->length * 0x1p-64;

  for (int k = 0; k < 3; k++)
    out[k] = ((double) (int64_t) (a->position[k] - b->position[k]) + (a->fraction[k] - b->fraction[k])) * step;
}

/* The same in two parts, of which the first is the second's rounding: no digit is lost however large it is. Divided
 * by what box_displace multiplies with, so that going and coming cancel for any length of the box. */
static void split_separation (const struct box *box, const struct region_member *a, const struct region_member *b,
                              double out[3], double low[3])
{
  const double steps_per_length = 0x1p64 / box->length;

  for (int k = 0; k < 3; k++) {
    int64_t whole = (int64_t) (a->position[k] - b->position[k]);
    double steps = (double) whole, rest = (double) (whole - (int64_t) steps) + (a->fraction[k] - b->fraction[k]);
    out[k] = steps / steps_per_length;
    low[k] = (fma (-out[k], steps_per_length, steps) + rest) / steps_per_length;
  }
}

/* The bodies of a region on their way to areg and back: body i is at body[i].x + low[i]. */
struct crowd
{
  struct areg_body *body;
  double (*low)[3];
  int n;
};

/* x_i - x_j with all digits. */
static void crowd_separation (const struct crowd *c, int i, int j, double out[3])
{
  for (int k = 0; k < 3; k++)
    out[k] = (c->body[i].x[k] - c->body[j].x[k]) + (c->low[i][k] - c->low[j][k]);
}

/* Newtonian energy of bodies as areg sees them, with peculiar velocities, in the frame in which theirs has the
 * momentum v_cm. */
static double newtonian_energy (const struct flow *f, const struct crowd *c, const double v_cm[3],
                                const struct moment *now)
{
  const struct areg_body *b = c->body;
  long double kinetic = 0, potential = 0;

  for (int i = 0; i < c->n; i++) {
    for (int k = 0; k < 3; k++) {
      long double v = (long double) (b[i].v[k] - now->hubble * b[i].x[k]) + v_cm[k] / now->scale;
      kinetic += 0.5L * b[i].m * v * v;
    }
    for (int j = 0; j < i; j++) {
      double d[3];
      crowd_separation (c, i, j, d);
      double eps = softening_of_pair (f->params, f->star_softening, b[i].kind == AREG_HOLE, b[j].kind == AREG_HOLE);
      potential -= (long double) f->units->G * b[i].m * b[j].m * pair_potential (norm3 (d), SPLINE_SUPPORT * eps);
    }
  }
  return (double) (kinetic + potential);
}

/* Half of what the expansion's own acceleration does to the bodies in the flow. */
static void kick_by_expansion (const struct flow *f, struct crowd *c, double tide)
{
  for (int i = 0; i < c->n && f->cosmology->comoving; i++)
    axpy3 (0.5 * f->dt * tide, c->body[i].x, c->body[i].v);
}

/* Physical coordinates of the bodies relative to the region's heaviest SMBH in position, to the members' mass
 * centre in momentum, which is v_cm. */
static void load_bodies (const struct flow *f, struct crowd *out, double v_cm[3])
{
  const struct region *region = f->region;
  const struct region_member *m = f->regions->member + region->first, *origin = NULL;
  double mass = 0;

  for (int k = 0; k < 3; k++)
    v_cm[k] = 0;
  for (int i = 0; i < region->n; i++) {
    if (m[i].id == region->id)
      origin = &m[i];
    axpy3 (m[i].mass, m[i].velocity, v_cm);
    mass += m[i].mass;
  }
  ASSERT (origin);
  for (int k = 0; k < 3; k++)
    v_cm[k] /= mass;
  for (int i = 0; i < region->n; i++) {
    const double a = f->begin.scale;
    struct areg_body b = { .m = m[i].mass, .id = m[i].id };
    split_separation (f->box, &m[i], origin, b.x, out->low[i]);
    for (int k = 0; k < 3; k++) {
      const double comoving = b.x[k];
      b.x[k] = comoving * a;
      out->low[i][k] = fma (comoving, a, -b.x[k]) + out->low[i][k] * a;
      b.v[k] = (m[i].velocity[k] - v_cm[k]) / a + f->begin.hubble * b.x[k];
    }
    b.kind = is_centre (f->params, &m[i]) ? AREG_HOLE : AREG_STAR;
    b.radius = star_radius (f->params, f->units, &m[i]);
    for (int k = 0; k < 3; k++)
      b.spin[k] = b.kind == AREG_HOLE ? m[i].spin[k] : 0;
    out->body[i] = b;
  }
  out->n = region->n;
}

/* Where a point given relative to the origin of a region's coordinates is at some moment, in the run's
 * coordinates. */
static void absolute_position (const struct flow *f, const double x[3], const double v_cm[3],
                               const struct moment *now, double out[3])
{
  const struct region_member *m = f->regions->member + f->region->first;

  for (int i = 0; i < f->region->n; i++)
    if (m[i].id == f->region->id)
      box_to_length (f->box, m[i].position, out);
  for (int k = 0; k < 3; k++)
    out[k] += x[k] / now->scale + v_cm[k] * now->drift;
}

struct sampling
{
  const struct flow *flow;
  const double *v_cm;
  enum status st;
};

static int take_sample (void *context, double t, const struct areg_body *bodies, int n)
{
  struct sampling *s = context;
  const struct flow *f = s->flow;
  const struct moment now = moment_at (f, f->time + t);
  int n_holes = 0;

  for (int i = 0; i < n; i++)
    n_holes += bodies[i].kind == AREG_HOLE;
  for (int i = 0; i < n; i++) {
    if (bodies[i].kind != AREG_HOLE)
      continue;
    struct region_sample row = { .time = f->time + t, .mass = bodies[i].m, .id = bodies[i].id, .n_particles = n,
                                 .n_holes = n_holes };
    absolute_position (f, bodies[i].x, s->v_cm, &now, row.position);
    for (int k = 0; k < 3; k++) {
      row.velocity[k] = now.scale * (bodies[i].v[k] - now.hubble * bodies[i].x[k]) + s->v_cm[k];
      row.spin[k] = bodies[i].spin[k];
    }
    if (PUSH (f->harvest, sample, row) != ST_OK)
      s->st = ST_MEMORY;
  }
  return 0; /* not even if it failed: ranks of a crew must ask for the same samples */
}

/* The way of the whole region first, the same for all, then the way of the body in it: two close bodies keep the
 * digits of their separation. */
static void store_body (const struct flow *f, const struct region_member *origin, const double way[3],
                        const struct areg_body *b, const double low[3], const double v_cm[3],
                        struct region_member *m)
{
  const double a = f->end.scale;
  double x[3], rest[3];

  for (int k = 0; k < 3; k++) {
    x[k] = b->x[k] / a;
    rest[k] = (fma (-x[k], a, b->x[k]) + low[k]) / a;
    m->velocity[k] = a * (b->v[k] - f->end.hubble * b->x[k]) + v_cm[k];
  }
  memcpy (m->position, origin->position, sizeof m->position);
  memcpy (m->fraction, origin->fraction, sizeof m->fraction);
  box_displace (f->box, m->position, way, m->fraction);
  box_displace (f->box, m->position, x, m->fraction);
  box_displace (f->box, m->position, rest, m->fraction);
  if (m->type != TYPE_HOLE) /* nobody keeps a star's: a resumed run must see the same as one that goes on */
    memset (m->fraction, 0, sizeof m->fraction);
  memcpy (m->spin, b->spin, sizeof m->spin);
  m->mass = b->m;
}

/* No body of the region flew farther than positions of the box can tell, or nowhere. */
static enum status check_ways (const struct flow *f, const struct crowd *c, const double way[3])
{
  const double most = 0.25 * f->box->length;

  for (int i = 0; i < c->n; i++)
    for (int k = 0; k < 3; k++)
      if (!(fabs (way[k]) < most && fabs (c->body[i].x[k] / f->end.scale) < most))
        return status_fail (ST_INTERNAL, "body %llu leaves the region of SMBH %llu by a quarter of the box in "
                            "a step, at time %g. Are masses, velocities, units those that were meant?",
                            (unsigned long long) c->body[i].id, (unsigned long long) f->region->id, f->time);
  return ST_OK;
}

/* Members' new state from areg's bodies; those that areg no longer has are gone. */
static enum status store_members (const struct flow *f, const struct crowd *c, const double v_cm[3])
{
  const struct region_member *members = f->regions->member + f->region->first, *origin = members;
  const double way[3] = { v_cm[0] * f->end.drift, v_cm[1] * f->end.drift, v_cm[2] * f->end.drift };
  enum status st = check_ways (f, c, way);

  while (origin->id != f->region->id)
    origin++;
  for (int i = 0, next = 0; i < f->region->n && st == ST_OK; i++) { /* areg keeps the order, less those merged */
    struct region_member m = members[i];
    m.gone = next == c->n || c->body[next].id != m.id;
    if (!m.gone) {
      store_body (f, origin, way, &c->body[next], c->low[next], v_cm, &m);
      next++;
    }
    st = PUSH (f->harvest, member, m);
  }
  return st;
}

/* Place and velocity of a record, from the region's frame at time t to the run's. */
static void to_run (const struct flow *f, const double v_cm[3], double t, double x[3], double v[3])
{
  const struct moment then = moment_at (f, t);
  const double from[3] = { x[0], x[1], x[2] };

  absolute_position (f, from, v_cm, &then, x);
  axpy3 (-then.hubble, from, v);
  axpy3 (1 / then.scale, v_cm, v);
}

static enum status store_mergers (const struct flow *f, const struct areg *system, const double v_cm[3])
{
  const struct areg_merger *list;
  int n = areg_mergers (system, &list);
  enum status st = ST_OK;

  for (int i = 0; i < n && st == ST_OK; i++) {
    struct areg_merger m = list[i];
    m.t += f->time;
    to_run (f, v_cm, m.t, m.x, m.v);
    st = PUSH (f->harvest, merger, m);
  }
  return st;
}

/* The same of stars that ended. */
static enum status store_events (const struct flow *f, const struct areg *system, const double v_cm[3])
{
  const struct areg_event *event;
  enum status st = ST_OK;

  for (int left = areg_events (system, &event); left > 0 && st == ST_OK; left--, event++) {
    struct areg_event e = *event;
    e.t += f->time;
    to_run (f, v_cm, e.t, e.x, e.v);
    st = PUSH (f->harvest, event, e);
  }
  return st;
}

/* Osculating Newtonian elements of the tightest pair of holes; NaN if there is none. */
static void tightest_pair (const struct units *units, const struct crowd *c, struct region_record *out)
{
  const struct areg_body *b = c->body;
  double lowest = 0;

  out->semi_major_axis = out->eccentricity = NAN;
  for (int i = 0; i < c->n; i++)
    for (int j = 0; j < i; j++) {
      double x[3], v[3], l[3], gm = units->G * (b[i].m + b[j].m);
      if (b[i].kind != AREG_HOLE || b[j].kind != AREG_HOLE)
        continue;
      crowd_separation (c, i, j, x);
      sub3 (b[i].v, b[j].v, v);
      cross3 (x, v, l);
      double energy = 0.5 * dot3 (v, v) - gm / norm3 (x);
      if (energy < lowest) {
        lowest = energy;
        out->semi_major_axis = -0.5 * gm / energy;
        out->eccentricity = sqrt (fmax (0, 1 + 2 * energy * dot3 (l, l) / (gm * gm)));
      }
    }
}

/* Leaves the system as OutputDir/region-ID.areg; an empty name if that fails, since the refusal is what matters. */
static void leave_dump (const struct flow *f, const struct areg *system, char *path, size_t size)
{
  snprintf (path, size, "%s/region-%llu.areg", f->params->OutputDir, (unsigned long long) f->region->id);
  if (f->echo)
    return;
  int64_t length = areg_dump (system, NULL, 0);
  char *text = mem_alloc ("region dump", length + 1, 1);
  FILE *file = NULL;
  if (text && areg_dump (system, text, length + 1) == length && (file = fopen (path, "w")))
    fwrite (text, 1, (size_t) length, file);
  if (!file || fclose (file) != 0)
    path[0] = '\0';
  mem_free (&text);
}

/* Bodies that areg cannot take at the first instant are a fault of the initial conditions; it names them, and has
 * kept none of them to be dumped. */
static enum status refused (const struct flow *f, int code, const struct areg *system)
{
  unsigned long long id = f->region->id;
  char path[PARAM_STRING_SIZE + 64];

  if (code == AREG_BAD_BODY)
    return status_fail (f->first ? ST_DATA : ST_INTERNAL,
                        "The region of SMBH %llu cannot be integrated from time %.17g on: %s. Correct the %s.", id,
                        f->time, areg_last_message (system), f->first ? "initial conditions" : "snapshot's bodies");
  leave_dump (f, system, path, sizeof path);
  return status_fail (ST_INTERNAL,
                      "The regularised integrator gave up in the region of SMBH %llu (%d bodies) at time %.17g: %s. "
                      "%s. Raise KetjuIntegrationRelativeTolerance, or look at it with: catena-fewbody --replay %s",
                      id, f->region->n, f->time, areg_status_words (code), areg_last_message (system),
                      path[0] ? path : "(the dump could not be written)");
}

/* Where the region's mass centre went, and the tightest pair in it. */
static void describe (const struct flow *f, const struct crowd *c, const double v_cm[3], struct region_record *out)
{
  double mass = 0, x_cm[3] = { 0 };

  for (int i = 0; i < c->n; i++) {
    axpy3 (c->body[i].m, c->body[i].x, x_cm);
    mass += c->body[i].m;
  }
  for (int k = 0; k < 3; k++) {
    x_cm[k] /= mass;
    out->velocity[k] = v_cm[k] / f->end.scale;
  }
  absolute_position (f, x_cm, v_cm, &f->end, out->position);
  tightest_pair (f->units, c, out);
}

/* Advances the bodies and brings home what became of them. */
static enum status integrate (const struct flow *f, struct areg *system, struct crowd *c, const double v_cm[3],
                              double hint, double *energy_change)
{
  struct sampling sampling = { f, v_cm, ST_OK };
  struct areg_statistics statistics;
  struct region_record record = { .id = f->region->id, .n = f->region->n, .n_holes = f->region->n_holes };
  double before = f->begin.scale * newtonian_energy (f, c, v_cm, &f->begin), start = log_seconds ();
  kick_by_expansion (f, c, f->begin_tide);
  int code = areg_load_split (system, 0, c->body, c->low, c->n);

  if (code == AREG_OK) {
    areg_set_step_hint (system, hint);
    code = areg_advance_sampled (system, f->dt, f->sample_time, f->n_sample_times, take_sample, &sampling);
  }
  if (code != AREG_OK)
    return refused (f, code, system);
  c->n = areg_count (system);
  areg_bodies_split (system, c->body, c->low);
  areg_statistics_now (system, &statistics);
  kick_by_expansion (f, c, f->end_tide);
  *energy_change += f->end.scale * newtonian_energy (f, c, v_cm, &f->end) - before;
  record.steps = statistics.steps;
  record.rejected = statistics.rejected;
  record.energy_error = statistics.energy_error_max;
  record.seconds = log_seconds () - start;
  describe (f, c, v_cm, &record);
  enum status st = sampling.st;
  st = st == ST_OK ? PUSH (f->harvest, record, record) : st;
  st = st == ST_OK ? store_members (f, c, v_cm) : st;
  st = st == ST_OK ? store_events (f, system, v_cm) : st;
  return st == ST_OK ? store_mergers (f, system, v_cm) : st;
}

static struct areg_options options_for (const struct params *params, const struct units *units,
                                        double star_softening)
{
  struct areg_options o;

  areg_options_default (&o);
  o.G = units->G;
  o.c = units->c;
  o.pn_terms = (int32_t) params_pn_terms (params);
  o.tolerance = params->KetjuIntegrationRelativeTolerance;
  o.merge_radius = params->KetjuMergerRadius;
  o.kicks = params->KetjuBHMergerKicks;
  o.tidal_factor = params->KetjuTidalFactor;
  o.capture_radius = params->KetjuCaptureRadius;
  o.accreted_fraction = params->KetjuAccretedFraction;
  o.star_star_softening = params->KetjuUseStarStarSoftening ? star_softening : 0;
  return o;
}

/* The multiples of the interval in (time, time + dt]; NULL-safe count in *n. */
static double *sample_times (double time, double dt, double origin, double interval, int *n)
{
  *n = 0;
  if (!(interval > 0))
    return NULL;
  double first = floor ((time - origin) / interval * (1 + 1e-15)) + 1;
  int64_t count = (int64_t) floor ((time + dt - origin) / interval * (1 + 1e-13)) - (int64_t) first + 1;
  double *times = mem_alloc ("sample times", count > 0 ? count : 1, sizeof *times);
  for (int64_t k = 0; times && k < count; k++) {
    double t = origin + (first + (double) k) * interval - time;
    if (t > 0)
      times[(*n)++] = fmin (t, dt);
  }
  return times;
}

static double hint_of (const struct holes *h, uint64_t id)
{
  int hole = holes_find (h, id);

  return hole >= 0 ? h->step_hint[hole] : 0;
}

/* One region, from the members to the harvest. */
static enum status integrate_region (struct flow *f, struct areg *system, struct crowd *crowd, const struct holes *h,
                                     int g, double *hint, double *energy_change)
{
  double v_cm[3];

  f->region = &f->regions->region[g];
  load_bodies (f, crowd, v_cm);
  enum status st = integrate (f, system, crowd, v_cm, hint_of (h, f->region->id), energy_change);
  *hint = areg_step_hint (system);
  return st;
}

/* The regions of `who`, one after the other with one areg system; with those of all together, on all ranks of the
 * crew, agreed after each. What they bring home, the first rank keeps. */
static enum status integrate_some (struct flow *f, const struct areg_group *group, const struct comm *crew,
                                   const struct holes *h, const int *rank_of, int who, double *hint,
                                   double *energy_change)
{
  const struct regions *r = f->regions;
  struct areg_options options = options_for (f->params, f->units, f->star_softening);
  struct crowd crowd = { 0 };
  struct areg *system = NULL;
  int largest = 0;
  enum status st = ST_OK;

  for (int g = 0; g < r->n; g++)
    if (rank_of[g] == who && r->region[g].n > largest)
      largest = r->region[g].n;
  if (largest == 0)
    return ST_OK;
  crowd.body = mem_alloc ("region bodies", largest, sizeof *crowd.body);
  crowd.low = mem_alloc ("region bodies, low parts", largest, sizeof *crowd.low);
  if (!crowd.body || !crowd.low)
    st = ST_MEMORY;
  else if (areg_create (&options, group, largest, &system) != AREG_OK)
    st = status_fail (ST_INTERNAL, "The regularised integrator refuses its options for %d bodies.", largest);
  st = crew ? status_agree (crew, st, NULL) : st;
  for (int g = 0; g < r->n && st == ST_OK; g++)
    if (rank_of[g] == who) {
      double its_hint, its_change = 0;
      st = integrate_region (f, system, &crowd, h, g, &its_hint, &its_change);
      st = crew ? status_agree (crew, st, NULL) : st;
      hint[g] = group->rank == 0 ? its_hint : 0;
      energy_change[g] = group->rank == 0 ? its_change : 0;
    }
  areg_free (&system);
  mem_free (&crowd.body);
  mem_free (&crowd.low);
  return st;
}

static void harvest_free (struct harvest *h)
{
  mem_free (&h->member);
  mem_free (&h->sample);
  mem_free (&h->merger);
  mem_free (&h->event);
  mem_free (&h->record);
}

/* The regions that this rank integrates, first those that several do together. Each region's hint and change of
 * energy is set on one rank, zero elsewhere. Collective. */
static enum status integrate_mine (struct flow *f, const struct comm *comm, const struct holes *h, double *hint,
                                   double *energy_change)
{
  const struct regions *r = f->regions;
  struct areg_group group = region_group_alone ();
  int rank_of[r->n + 1], together = 0;
  enum status st = ST_OK;

  region_deal_out (r, comm->size, rank_of);
  for (int g = 0; g < r->n; g++) {
    hint[g] = energy_change[g] = 0;
    together |= rank_of[g] == REGION_TOGETHER;
  }
  if (together) {
    struct comm crew;
    struct harvest others = { 0 };
    region_crew_create (comm, &crew);
    if (crew.size > 0) {
      struct flow same = *f;
      struct areg_group all = region_group_crew (&crew);
      same.echo = crew.rank > 0;
      same.harvest = same.echo ? &others : f->harvest;
      st = integrate_some (&same, &all, &crew, h, rank_of, REGION_TOGETHER, hint, energy_change);
    }
    harvest_free (&others);
    comm_free (&crew);
  }
  return st == ST_OK ? integrate_some (f, &group, NULL, h, rank_of, comm->rank, hint, energy_change) : st;
}

static int sample_order (const void *a, const void *b)
{
  const struct region_sample *p = a, *q = b;

  if (p->time != q->time)
    return p->time < q->time ? -1 : 1;
  return (p->id > q->id) - (p->id < q->id);
}

static int merger_order (const void *a, const void *b)
{
  const struct areg_merger *p = a, *q = b;

  if (p->t != q->t)
    return p->t < q->t ? -1 : 1;
  return (p->id1 > q->id1) - (p->id1 < q->id1);
}

static int event_order (const void *a, const void *b)
{
  const struct areg_event *p = a, *q = b;

  if (p->t != q->t)
    return p->t < q->t ? -1 : 1;
  return (p->id_star > q->id_star) - (p->id_star < q->id_star);
}

static int member_order (const void *a, const void *b)
{
  const struct region_member *p = a, *q = b;

  if (p->group != q->group)
    return p->group < q->group ? -1 : 1;
  return (p->id > q->id) - (p->id < q->id);
}

static int record_order (const void *a, const void *b)
{
  const struct region_record *p = a, *q = b;

  return (p->id > q->id) - (p->id < q->id);
}

static enum status gather_kind (const struct comm *comm, const void *mine, int64_t n, size_t size,
                                int (*order) (const void *, const void *), void **out, int64_t *n_out)
{
  int64_t *first = NULL;
  void *all = NULL;
  enum status st = comm_gather_all (comm, mine, n, size, &all, &first);

  if (st != ST_OK)
    return st;
  mem_free_block (out);
  *out = all;
  *n_out = first[comm->size];
  mem_free (&first);
  qsort (*out, (size_t) *n_out, size, order);
  return ST_OK;
}

static enum status gather_harvest (struct regions *r, const struct comm *comm, struct harvest *h)
{
  int64_t n = 0;
  enum status st = gather_kind (comm, h->member, h->n_members, sizeof *h->member, member_order, (void **) &r->member,
                                &n);

  if (st == ST_OK) {
    ASSERT (n == r->n_members);
    st = gather_kind (comm, h->sample, h->n_samples, sizeof *h->sample, sample_order, (void **) &r->sample,
                      &r->n_samples);
  }
  if (st == ST_OK)
    st = gather_kind (comm, h->merger, h->n_mergers, sizeof *h->merger, merger_order, (void **) &r->merger,
                      &r->n_mergers);
  if (st == ST_OK)
    st = gather_kind (comm, h->event, h->n_events, sizeof *h->event, event_order, (void **) &r->event, &r->n_events);
  if (st == ST_OK)
    st = gather_kind (comm, h->record, h->n_records, sizeof *h->record, record_order, (void **) &r->record, &n);
  return st;
}

/* Everybody's copy of the members goes back into the particles of each rank and the table of SMBHs. */
static void write_back (const struct regions *r, int rank, struct particles *p, struct holes *h)
{
  for (int k = 0; k < r->n_members; k++) {
    const struct region_member *m = &r->member[k];
    int hole = m->type == TYPE_HOLE ? holes_find (h, m->id) : -1;
    if (m->owner == rank) {
      memcpy (p->position[m->local], m->position, sizeof m->position);
      memcpy (p->velocity[m->local], m->velocity, sizeof m->velocity);
      p->mass[m->local] = m->mass;
      if (m->gone)
        p->flags[m->local] |= PARTICLE_GONE;
    }
    if (hole >= 0 && m->gone)
      holes_remove (h, hole);
    else if (hole >= 0)
      for (int c = 0; c < 3; c++) {
        h->fraction[hole][c] = m->fraction[c];
        h->spin[hole][c] = m->spin[c];
      }
  }
}

/* One value per region, set by the rank that integrated it and zero elsewhere: bit patterns add up exactly. */
static void share_values (const struct comm *comm, double *values, int n)
{
  if (n > 0)
    comm_sum_array (comm, (int64_t *) values, n);
}

/* The two ends of a step of `length` from `time` in physical terms. */
static struct flow flow_over (const struct params *params, const struct cosmology *cosmology, double time,
                              double length)
{
  const double after = cosmology->comoving ? time * exp (length) : time + length;
  const struct epoch begin = cosmology_epoch (cosmology, params, time);
  const struct epoch end = cosmology_epoch (cosmology, params, after);
  const double star = begin.scale * begin.softening[TYPE_STAR]; /* NaN: a system without stars need not give it */

  return (struct flow){ .params = params,
                        .cosmology = cosmology,
                        .time = begin.age,
                        .dt = cosmology_span (cosmology, time, length),
                        .begin = { 0, begin.scale, begin.hubble },
                        .end = { cosmology_drift (cosmology, time, length), end.scale, end.hubble },
                        .begin_tide = begin.tide,
                        .end_tide = end.tide,
                        .star_softening = isnan (star) ? 0 : star };
}

enum status regions_flow (struct regions *r, const struct comm *comm, const struct params *params,
                          const struct cosmology *cosmology, const struct units *units, const struct box *box,
                          struct particles *p, struct holes *h, double time, double length, double sample_origin,
                          double sample_interval)
{
  struct harvest harvest = { 0 };
  struct flow f = flow_over (params, cosmology, time, length);
  double hint[r->n + 1], energy_change[r->n + 1];
  enum status st = regions_gather (r, comm, p, h);

  f.units = units;
  f.box = box;
  f.regions = r;
  f.harvest = &harvest;
  f.first = time == sample_origin;
  r->energy_change = 0;
  if (st != ST_OK)
    return st;
  double *times = sample_times (f.time, f.dt, cosmology_age (cosmology, sample_origin), sample_interval,
                                &f.n_sample_times);
  f.sample_time = times;
  st = integrate_mine (&f, comm, h, hint, energy_change);
  mem_free (&times);
  st = status_agree (comm, st, NULL);
  if (st == ST_OK)
    st = gather_harvest (r, comm, &harvest);
  if (st == ST_OK) {
    share_values (comm, hint, r->n);
    share_values (comm, energy_change, r->n);
    for (int g = 0; g < r->n; g++) {
      int hole = holes_find (h, r->region[g].id);
      r->energy_change += energy_change[g];
      if (hole >= 0)
        h->step_hint[hole] = hint[g];
    }
    write_back (r, comm->rank, p, h);
  }
  harvest_free (&harvest);
  return st;
}

void regions_add_potential (const struct regions *r, const struct params *params, const struct epoch *epoch,
                            const struct units *units, const struct box *box, int rank, struct particles *p)
{
  for (int g = 0; g < r->n; g++)
    for (int i = r->region[g].first; i < r->region[g].first + r->region[g].n; i++) {
      const struct region_member *m = &r->member[i];
      double sum = 0, d[3];
      if (m->owner != rank || m->gone)
        continue;
      for (int j = r->region[g].first; j < r->region[g].first + r->region[g].n; j++) {
        const struct region_member *other = &r->member[j];
        if (j == i || other->gone)
          continue;
        double eps = softening_of_pair (params, epoch->softening[TYPE_STAR], is_centre (params, m),
                                        is_centre (params, other));
        member_separation (box, m, other, d);
        sum -= other->mass * pair_potential (norm3 (d), SPLINE_SUPPORT * eps);
      }
      p->potential[m->local] += units->G * sum;
    }
}

/* The host's acceleration of a by b: Newton's, softened with the larger of the two lengths. */
static void host_pull (const struct epoch *epoch, const struct units *units, const struct box *box,
                       const struct region_member *a, const struct region_member *b, double sign, double out[3])
{
  double d[3], eps = fmax (epoch->softening[a->type], epoch->softening[b->type]), force, potential;

  member_separation (box, a, b, d);
  pair_softened (dot3 (d, d), SPLINE_SUPPORT * eps, &force, &potential);
  axpy3 (-sign * units->G * b->mass * force, d, out);
}

static int32_t group_in (const struct region_member *list, int n, uint64_t id)
{
  for (int k = 0; k < n; k++)
    if (list[k].id == id)
      return list[k].group;
  return -1;
}

static int same_membership (const struct region_member *old, int n_old, const struct region_member *now, int n_now)
{
  if (n_old != n_now)
    return 0;
  for (int k = 0; k < n_old; k++)
    if (old[k].id != now[k].id || old[k].group != now[k].group)
      return 0;
  return 1;
}

int regions_force_change (const struct region_member *old, int n_old, const struct region_member *now, int n_now,
                          const struct epoch *epoch, const struct units *units, const struct box *box, int rank,
                          void (*add) (void *context, int64_t local, const double change[3]), void *context)
{
  int n = 0;

  if (same_membership (old, n_old, now, n_now))
    return 0;
  struct { const struct region_member *m; int32_t old, now; } *all = malloc ((n_old + n_now + 1) * sizeof *all);
  ASSERT (all);
  for (int k = 0; k < n_now; k++) {
    all[n].m = &now[k];
    all[n].old = group_in (old, n_old, now[k].id);
    all[n++].now = now[k].group;
  }
  for (int k = 0; k < n_old; k++)
    if (group_in (now, n_now, old[k].id) < 0) {
      all[n].m = &old[k];
      all[n].old = old[k].group;
      all[n++].now = -1;
    }
  for (int i = 0; i < n; i++) {
    double change[3] = { 0 };
    if (all[i].m->owner != rank)
      continue;
    for (int j = 0; j < n; j++) {
      int was = all[i].old >= 0 && all[i].old == all[j].old, is = all[i].now >= 0 && all[i].now == all[j].now;
      if (j != i && was != is)
        host_pull (epoch, units, box, all[i].m, all[j].m, was ? 1 : -1, change);
    }
    add (context, all[i].m->local, change);
  }
  free (all);
  return 1;
}
