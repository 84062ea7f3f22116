/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking before leaping: --check prints what a parameter file and its initial conditions mean in physical terms and
 * what the run will need; --forces computes the forces of the initial conditions once, for tests of accuracy and
 * speed. */
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/vec3.h"
#include "io/hdf.h"
#include "io/output.h"
#include "run.h"
#include "state.h"
#include "time/region.h"

static const char *const type_names[N_TYPES] = { "gas", "dark matter", "disc", "bulge", "stars", "SMBHs" };

/* ---- forces ---- */

struct column
{
  const struct state *state;
  const int64_t *row; /* local index of each row of this type */
  const struct gravity_result *result;
};

static void fill_id (const void *context, int64_t from, int64_t n, void *out)
{
  const struct column *c = context;

  for (int64_t k = 0; k < n; k++)
    ((uint64_t *) out)[k] = c->state->particles.id[c->row[from + k]];
}

static void fill_position (const void *context, int64_t from, int64_t n, void *out)
{
  const struct column *c = context;

  for (int64_t k = 0; k < n; k++)
    box_to_length (&c->state->box, c->state->particles.position[c->row[from + k]], (double *) out + 3 * k);
}

static void fill_acceleration (const void *context, int64_t from, int64_t n, void *out)
{
  const struct column *c = context;

  for (int64_t k = 0; k < n; k++)
    memcpy ((double *) out + 3 * k, c->result->acceleration[c->row[from + k]], 3 * sizeof (double));
}

static void fill_potential (const void *context, int64_t from, int64_t n, void *out)
{
  const struct column *c = context;

  for (int64_t k = 0; k < n; k++)
    ((double *) out)[k] = c->result->potential[c->row[from + k]];
}

/* The datasets of a type's group. */
static const struct { const char *name; int width; int is_id; hdf_fill *fill; } columns[] = {
  { "ParticleIDs", 1, 1, fill_id },
  { "Coordinates", 3, 0, fill_position },
  { "Acceleration", 3, 0, fill_acceleration },
  { "Potential", 1, 0, fill_potential },
};
enum { N_COLUMNS = sizeof columns / sizeof *columns };

static enum status write_forces (const struct state *s, const struct gravity_result *result, const char *path)
{
  int64_t n_of_type[N_TYPES], *row = mem_alloc ("rows of a type", s->particles.n, sizeof *row);
  char temporary[OUTPUT_PATH], name[64];
  struct hdf f;
  enum status st = status_agree (s->comm, row ? ST_OK : ST_MEMORY, NULL);

  if (st != ST_OK)
    return st;
  state_count_types (s, n_of_type);
  output_temporary (path, temporary, sizeof temporary);
  hdf_create_sized (s->comm, temporary, s->particles.n_global * (1 + 3 + 3 + 1) * (int64_t) sizeof (double), &f);
  for (int type = 0; type < N_TYPES; type++) {
    int64_t n = 0;
    if (n_of_type[type] == 0)
      continue;
    for (int64_t i = 0; i < s->particles.n; i++)
      if (s->particles.type[i] == type)
        row[n++] = i;
    int64_t first = comm_scan (s->comm, n, NULL);
    const struct column context = { s, row, result };
    snprintf (name, sizeof name, "PartType%d", type);
    hdf_group (&f, name);
    for (int c = 0; c < N_COLUMNS; c++) {
      hid_t kind = columns[c].is_id ? H5T_NATIVE_UINT64 : H5T_NATIVE_DOUBLE;
      snprintf (name, sizeof name, "PartType%d/%s", type, columns[c].name);
      hdf_rows_create (&f, name, kind, columns[c].width, n_of_type[type]);
      hdf_rows_write (&f, name, kind, columns[c].width, first, n, columns[c].fill, &context);
    }
  }
  st = hdf_close (&f);
  mem_free (&row);
  if (st == ST_OK && s->comm->rank == 0)
    st = output_commit (path);
  return status_agree (s->comm, st, NULL);
}

/* One line for scripts: the slowest rank's seconds, everybody's interactions. */
static void print_cost (const struct state *s, const struct gravity_cost *cost)
{
  const struct comm *comm = s->comm;
  double n = (double) s->particles.n_global, pp = (double) comm_sum (comm, (int64_t) cost->n_pp);
  double pm = (double) comm_sum (comm, (int64_t) (cost->n_pm + cost->n_m2l));
  int64_t bytes = comm_sum (comm, mem_peak ()), resident = comm_sum (comm, mem_resident_peak ());
  double seconds[5] = { cost->build_s, cost->walk_s, cost->mesh_s, cost->communication_s, cost->total_s };

  for (int k = 0; k < 5; k++)
    seconds[k] = comm_max_double (comm, seconds[k]);
  if (comm->rank == 0)
    printf ("forces: n=%.0f ranks=%d threads=%d build_s=%.6f walk_s=%.6f pm_s=%.6f comm_s=%.6f total_s=%.6f "
            "interactions_pp=%.0f interactions_pm=%.0f bytes_per_particle=%.1f resident_per_particle=%.1f\n",
            n, comm->size, omp_get_max_threads (), seconds[0], seconds[1], seconds[2], seconds[3], seconds[4], pp, pm,
            (double) bytes / n, (double) resident / n);
}

/* Local. What a force computation does not ask for is not held: the solver needs room. */
static void keep_bodies_alone (struct state *s)
{
  struct particles *const p = &s->particles;

  mem_free (&p->velocity);
  mem_free (&p->potential);
  mem_free (&p->bin);
  mem_free (&p->group);
  mem_free (&p->flags);
  mem_free (&p->acceleration_old); /* unknown */
  if (s->comm->size == 1) /* nobody to share it with */
    mem_free (&p->work);
}

/* None is written: they need not outlast the last solve's taking them over. */
static void release_taken (void *particles)
{
  struct particles *const p = particles;

  mem_free (&p->mass);
  mem_free (&p->acceleration_old);
  mem_free (&p->work);
}

/* Twice: the first force knows no old accelerations and opens cells by angle; the second is as in a run. */
static enum status compute_forces (struct state *s, struct gravity *gravity)
{
  struct particles *p = &s->particles;
  double softening[N_TYPES];
  enum status st = ST_OK;

  for (int t = 0; t < N_TYPES; t++)
    softening[t] = cosmology_softening (&s->cosmology, &s->params, t, s->time);
  for (int pass = 0; pass < 2 && st == ST_OK; pass++) {
    const struct gravity_bodies bodies = { .n = p->n, .position = (const uint64_t (*)[3]) p->position,
                                           .mass = p->mass, .softening = softening, .type = p->type,
                                           .acceleration_old = p->acceleration_old, .id = p->id, .work = p->work,
                                           .taken = pass == 1 ? release_taken : NULL, .context = p };
    const struct gravity_result result = { .work = pass == 0 ? p->work : NULL,
                                           .lend = pass == 0 ? LEND_ACCELERATIONS : LEND_ALL };
    st = gravity_solve (gravity, s->comm, &bodies, &result);
    if (st == ST_OK && pass == 0 && !(p->acceleration_old = mem_alloc ("acceleration_old", p->n, sizeof (float))))
      st = ST_MEMORY;
    st = status_agree (s->comm, st, NULL);
    for (int64_t i = 0; i < p->n && st == ST_OK && pass == 0; i++)
      p->acceleration_old[i] = (float) norm3 (gravity_lent (gravity)->acceleration[i]);
  }
  return st;
}

enum status run_forces (const struct comm *comm, const char *parameter_file)
{
  struct state s;
  struct gravity *gravity = NULL;
  char path[PARAM_STRING_SIZE + 32];
  enum status st = state_create (comm, parameter_file, &s);

  if (st == ST_OK)
    st = state_read (&s, s.params.InitCondFile, STATE_INITIAL);
  if (st == ST_OK)
    st = output_prepare (comm, s.params.OutputDir, OUTPUT_RESUME);
  if (st == ST_OK) {
    struct gravity_options options = state_gravity_options (&s);
    keep_bodies_alone (&s);
    st = status_agree (comm, gravity_create (&options, &gravity), NULL);
  }
  if (st == ST_OK)
    st = compute_forces (&s, gravity);
  const struct gravity_cost cost = gravity ? *gravity_cost (gravity) : (struct gravity_cost) { 0 };
  if (st == ST_OK) {
    gravity_shrink (gravity); /* writing takes memory, too */
    snprintf (path, sizeof path, "%s/forces.hdf5", s.params.OutputDir);
    st = write_forces (&s, gravity_lent (gravity), path);
  }
  if (st == ST_OK)
    print_cost (&s, &cost);
  gravity_free (&gravity);
  state_free (&s);
  return st;
}

/* ---- check ---- */

static void print_types (const struct state *s, const int64_t n_of_type[N_TYPES])
{
  double mass[N_TYPES] = { 0 }, solar = units_solar_mass (&s->units);

  for (int64_t i = 0; i < s->particles.n; i++)
    mass[s->particles.type[i]] += s->particles.mass[i];
  for (int t = 0; t < N_TYPES; t++) {
    double total = 0;
    MPI_TRY (MPI_Allreduce (&mass[t], &total, 1, MPI_DOUBLE, MPI_SUM, s->comm->mpi)); /* for people to read */
    if (n_of_type[t] > 0)
      log_say ("  type %d (%s): %lld particles, %.4g Msun in all, softening %g pc", t, type_names[t],
               (long long) n_of_type[t], total / solar, params_softening (&s->params, t) / units_parsec (&s->units));
  }
}

/* What Omega0 and the box make of the particles, and the times between which they are integrated. */
static void print_cosmology (const struct state *s, double omega)
{
  const struct cosmology *c = &s->cosmology;
  const struct units *u = &s->units;
  const double density = cosmology_mean_density (c, u->G), solar = units_solar_mass (u), h = s->params.HubbleParam;
  const double gyr = 1e3 * units_megayear (u), begin = s->time, end = s->params.TimeMax;
  const double spacing = s->box.length / cbrt ((double) s->particles.n_global);

  log_say ("  cosmology: Omega0 %g, OmegaLambda %g, curvature %g, h %g: H0 = %.6g km/s/Mpc (%.9g in code units)",
           c->omega0, c->omega_lambda, c->omega_curvature, h,
           c->hubble / u->time_s * 1e6 * PARSEC_CM / 1e5, c->hubble);
  log_say ("  mean density: %.6g Msun/kpc^3 comoving; the masses in the box make Omega = %.6g",
           density / solar * pow (units_parsec (u) * 1e3, 3), omega);
  log_say ("  scale factor: %g to %g, redshift %.4g to %.4g, age %.6g to %.6g Gyr; largest step %g in ln a", begin,
           end, 1 / begin - 1, 1 / end - 1, cosmology_age (c, begin) / gyr, cosmology_age (c, end) / gyr,
           s->params.MaxSizeTimestep);
  log_say ("  box: %g periodic, %.6g Mpc comoving; %.4g kpc between particles, %.4g Msun each in the mean",
           s->box.length, s->box.length / (1e6 * units_parsec (u)), spacing / (1e3 * units_parsec (u)),
           density * spacing * spacing * spacing / solar);
}

static void print_span (const struct state *s)
{
  const double myr = units_megayear (&s->units);

  log_say ("  time: %g to %g (%.6g Myr), largest step %g", s->time, s->params.TimeMax,
           (s->params.TimeMax - s->time) / myr, s->params.MaxSizeTimestep);
  log_say ("  box: %g %s, position step %.3g pc", s->box.length,
           s->box.periodic ? "and periodic" : "about its particles",
           s->box.length * 0x1p-64 / units_parsec (&s->units));
}

static void print_scales (const struct state *s, double omega)
{
  const struct units *u = &s->units;

  log_say ("  units: %.6g kpc, %.6g Msun, %.6g km/s, %.6g Myr; G = %.10g, c = %.10g",
           u->length_cm / (1e3 * PARSEC_CM), u->mass_g / SOLAR_MASS_G, u->velocity_cm_s / 1e5,
           1 / units_megayear (u), u->G, u->c);
  if (s->cosmology.comoving)
    print_cosmology (s, omega);
  else
    print_span (s);
  if (s->holes.n > 0 && s->params.KetjuOn)
    log_say ("  regions: %d SMBHs, radius %.4g pc, PN terms '%s', merger at %g Schwarzschild radii", s->holes.n,
             params_region_radius (&s->params) / units_parsec (u), s->params.KetjuPNTerms,
             s->params.KetjuMergerRadius);
}

/* Where stars of a type end at an SMBH of so many solar masses: at the larger of two radii. */
static void print_star_end (const struct state *s, int type, double mass)
{
  const struct params *p = &s->params;
  const struct units *u = &s->units;
  const double tidal = p->KetjuTidalFactor * params_star_radius (p, type) * units_solar_radius (u) * cbrt (mass);
  const double capture = p->KetjuCaptureRadius * 2 * u->G * mass * units_solar_mass (u) / (u->c * u->c);

  if (params_star_radius (p, type) > 0 && (tidal > 0 || capture > 0))
    log_say ("  type %d (%s): %s within %.4g pc of an SMBH of %.4g Msun", type, type_names[type],
             tidal > capture ? "stars are disrupted" : "stars are swallowed whole",
             fmax (tidal, capture) / units_parsec (u), mass);
}

/* The same of the types that there are, at the lightest and the heaviest SMBH that has a region. */
static void print_star_ends (const struct state *s, const int64_t n_of_type[N_TYPES])
{
  const struct particles *p = &s->particles;
  double least = INFINITY, most = -INFINITY;

  for (int64_t i = 0; i < p->n; i++)
    if (p->type[i] == TYPE_HOLE && p->mass[i] >= s->params.KetjuMinimumBHMass) {
      least = fmin (least, p->mass[i] / units_solar_mass (&s->units));
      most = fmax (most, p->mass[i] / units_solar_mass (&s->units));
    }
  least = -comm_max_double (s->comm, -least);
  most = comm_max_double (s->comm, most);
  for (int type = 0; type < N_TYPES && least <= most; type++)
    if (n_of_type[type] > 0) {
      print_star_end (s, type, least);
      if (most > least)
        print_star_end (s, type, most);
    }
}

/* Members and the step that the first regions allow; warnings that need the particles. */
static enum status print_regions (struct state *s)
{
  const struct epoch epoch = cosmology_epoch (&s->cosmology, &s->params, s->time);
  struct regions regions = { 0 };
  int64_t *all = mem_alloc ("indices", s->particles.n, sizeof *all);
  enum status st = status_agree (s->comm, all ? ST_OK : ST_MEMORY, NULL);

  for (int64_t i = 0; i < s->particles.n && st == ST_OK; i++)
    all[i] = i;
  if (st == ST_OK)
    st = regions_find (&regions, s->comm, &s->params, &epoch, &s->box, &s->particles, &s->holes, all, s->particles.n);
  for (int g = 0; g < regions.n && st == ST_OK; g++)
    log_say ("  region of SMBH %llu: %d bodies, %d of them SMBHs", (unsigned long long) regions.region[g].id,
             regions.region[g].n, regions.region[g].n_holes);
  if (st == ST_OK && regions.n > 0) {
    double dt = regions_step (&regions, &s->params, &epoch, &s->units, &s->box) / epoch.pace;
    double span = cosmology_age (&s->cosmology, s->params.TimeMax) - epoch.age;
    log_say ("  step of the regions at the start: at most %.4g Myr; %.3g such steps to TimeMax",
             dt / units_megayear (&s->units),
             span / dt);
  }
  regions_free (&regions);
  mem_free (&all);
  return st;
}

enum status run_check (const struct comm *comm, const char *parameter_file)
{
  struct state s;
  int64_t n_of_type[N_TYPES];
  enum status st = state_create (comm, parameter_file, &s);

  if (st == ST_OK)
    params_log_notes (&s.params);
  if (st == ST_OK)
    st = state_read (&s, s.params.InitCondFile, STATE_INITIAL);
  if (st == ST_OK) {
    state_count_types (&s, n_of_type);
    log_say ("%s: %lld particles, %d ranks", s.params.InitCondFile, (long long) s.particles.n_global, comm->size);
    print_types (&s, n_of_type);
    print_scales (&s, s.cosmology.comoving ? state_omega (&s) : 0);
    print_star_ends (&s, n_of_type);
    st = print_regions (&s);
    /* Particle fields, the solver's copy, and the exchange of one field at a time; measured on spheres of 1e5. The
     * mesh: doc/mesh.md. */
    const double mesh = pow (s.params.PMGrid, 3) * (s.box.periodic ? 25 : s.params.PMGridFrom >= 0 ? 170 : 0);
    log_say ("  memory: about %.0f MiB in all", (400.0 * (double) s.particles.n_global + mesh) / 1048576);
  }
  if (st == ST_OK)
    log_say ("the parameter file and its initial conditions are good");
  state_free (&s);
  return st;
}
