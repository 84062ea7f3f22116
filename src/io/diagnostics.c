/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text that people and scripts read while a run goes on: every line is complete when it is in the file, since
 * streams are flushed line by line. Numbers of the physics come from exact sums (base/exact.h), so a line is the
 * same for any number of ranks; only the columns of seconds differ from run to run.
 *
 * energy.txt has GADGET-4's columns and nothing else, so that scripts made for it go on working. What GADGET-4
 * does not have (total energy with what is radiated, momenta, centre of mass) stands in conservation.csv.
 */
#define _DEFAULT_SOURCE
#include "io/diagnostics.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/exact.h"
#include "base/mem.h"
#include "base/vec3.h"
#include "io/output.h"

enum file { INFO, ENERGY, CONSERVATION, TIMEBINS, CPU, REGIONS, MERGERS, STAR_EVENTS };

static const char *const file_names[DIAGNOSTIC_FILES] = { "info.txt",     "energy.txt", "conservation.csv",
                                                          "timebins.txt", "cpu.csv",    "regions.csv",
                                                          "mergers.txt",  "star_events.csv" };
static const char *const first_lines[DIAGNOSTIC_FILES] = {
  [CONSERVATION] = "time,mass,kinetic,potential,radiated,mergers,energy,momentum_x,momentum_y,momentum_z,"
                   "angular_momentum_x,angular_momentum_y,angular_momentum_z,center_x,center_y,center_z,"
                   "expansion,softening\n",
  [REGIONS] =
    "step,time,dt,id,n_bodies,n_holes,steps,rejected,energy_error,x,y,z,vx,vy,vz,semi_major_axis,eccentricity,"
    "seconds,n_ranks\n",
  [STAR_EVENTS] = "time,kind,id_hole,id_star,m_hole,m_star,m_accreted,radius,separation,relative_speed,pericentre,"
                  "semi_major_axis,eccentricity,x,y,z,vx,vy,vz\n",
};

struct diagnostics
{
  const struct comm *comm; /* borrowed */
  struct units units;
  FILE *file[DIAGNOSTIC_FILES]; /* rank 0 */
  int has_cpu_names;
};

/* ---- files ---- */

/* Rank 0. Opens for appending after the first `keep` bytes, or anew. A file shorter than that lost lines in a
 * crash of the machine; what it has is kept. */
static enum status open_one (struct diagnostics *d, const char *dir, int k, int64_t keep)
{
  char path[OUTPUT_PATH];

  snprintf (path, sizeof path, "%s/%s", dir, file_names[k]);
  d->file[k] = fopen (path, keep < 0 ? "w" : "a");
  if (!d->file[k])
    return status_fail (ST_CANTCREAT, "Cannot write %s: %s.", path, strerror (errno));
  setvbuf (d->file[k], NULL, _IOLBF, 1 << 14);
  fseek (d->file[k], 0, SEEK_END);
  if (keep >= 0 && ftell (d->file[k]) > keep && ftruncate (fileno (d->file[k]), keep) != 0)
    return status_fail (ST_CANTCREAT, "Cannot cut %s to its length at the checkpoint: %s.", path, strerror (errno));
  fseek (d->file[k], 0, SEEK_END);
  if (ftell (d->file[k]) == 0 && first_lines[k])
    fputs (first_lines[k], d->file[k]);
  d->has_cpu_names |= k == CPU && ftell (d->file[k]) > 0;
  return ST_OK;
}

enum status diagnostics_open (const struct comm *comm, const struct params *params, const struct units *units,
                              const int64_t *lengths, struct diagnostics **out)
{
  struct diagnostics *d = mem_alloc_zero ("diagnostics", 1, sizeof *d);
  enum status st = d ? ST_OK : ST_MEMORY;

  if (d) {
    d->comm = comm;
    d->units = *units;
  }
  for (int k = 0; k < DIAGNOSTIC_FILES && st == ST_OK && comm->rank == 0; k++)
    st = open_one (d, params->OutputDir, k, lengths ? lengths[k] : -1);
  st = status_agree (comm, st, NULL);
  if (st != ST_OK) {
    for (int k = 0; d && k < DIAGNOSTIC_FILES; k++)
      if (d->file[k])
        fclose (d->file[k]);
    mem_free (&d);
  }
  *out = d;
  return st;
}

static enum status complain (int k)
{
  return status_fail (ST_IOERR, "Cannot write all of %s to OutputDir: %s. Is the disk full?", file_names[k],
                      strerror (errno));
}

enum status diagnostics_lengths (struct diagnostics *d, int64_t lengths[DIAGNOSTIC_FILES])
{
  enum status st = ST_OK;

  memset (lengths, 0, DIAGNOSTIC_FILES * sizeof *lengths);
  for (int k = 0; k < DIAGNOSTIC_FILES && d->comm->rank == 0; k++) {
    if ((fflush (d->file[k]) != 0 || ferror (d->file[k]) || fsync (fileno (d->file[k])) != 0) && st == ST_OK)
      st = complain (k);
    lengths[k] = ftell (d->file[k]);
  }
  st = status_agree (d->comm, st, NULL);
  comm_broadcast (d->comm, lengths, DIAGNOSTIC_FILES * sizeof *lengths, 0);
  return st;
}

enum status diagnostics_close (struct diagnostics **diagnostics)
{
  struct diagnostics *d = *diagnostics;
  enum status st = ST_OK;

  if (!d)
    return ST_OK;
  for (int k = 0; k < DIAGNOSTIC_FILES && d->comm->rank == 0; k++) {
    int failed = ferror (d->file[k]);
    if ((fclose (d->file[k]) != 0 || failed) && st == ST_OK)
      st = complain (k);
  }
  st = status_agree (d->comm, st, NULL);
  mem_free (diagnostics);
  return st;
}

/* ---- for a start from a snapshot ---- */

/* How the line of each file begins that tells its time; lines of another form belong to the one before. */
static const char *const time_formats[DIAGNOSTIC_FILES] = {
  "Sync-Point %*d, Time: %lf", "%lf", "%lf", "Sync-Point %*d, Time: %lf", "%*d,%lf", "%*d,%lf", "At time %lf",
  "%lf"
};

/* Files whose line of the very instant of the start will be written again, so that it goes too: theirs tell a
 * state or the step to come. The others tell what a step has done. */
static const int comes_again[DIAGNOSTIC_FILES] = {
  [INFO] = 1, [ENERGY] = 1, [CONSERVATION] = 1, [TIMEBINS] = 1, [CPU] = 1
};

/* After `time`, or at it; times are written with 12 digits at least. */
static int is_behind (double t, double time, int or_at)
{
  const double grain = 1e-11 * fabs (time);

  return or_at ? t >= time - grain : t > time + grain;
}

static int64_t length_until (const char *path, const char *time_format, double time, int or_at)
{
  FILE *f = fopen (path, "r");
  char line[1024];
  int64_t length = 0;
  double t;

  while (f && fgets (line, sizeof line, f)) {
    if (sscanf (line, time_format, &t) == 1 && is_behind (t, time, or_at))
      break;
    length = ftell (f);
  }
  if (f)
    fclose (f);
  return length;
}

void diagnostics_until (const struct comm *comm, const struct params *params, double time, double age,
                        int64_t lengths[DIAGNOSTIC_FILES])
{
  char path[OUTPUT_PATH];

  memset (lengths, 0, DIAGNOSTIC_FILES * sizeof *lengths);
  for (int k = 0; k < DIAGNOSTIC_FILES && comm->rank == 0; k++) {
    snprintf (path, sizeof path, "%s/%s", params->OutputDir, file_names[k]);
    lengths[k] = length_until (path, time_formats[k], k == MERGERS ? age : time, comes_again[k]);
  }
  comm_broadcast (comm, lengths, DIAGNOSTIC_FILES * sizeof *lengths, 0);
}

/* ---- exact sums ---- */

enum {
  SUM_MASS,
  SUM_KINETIC = SUM_MASS + N_TYPES,
  SUM_POTENTIAL = SUM_KINETIC + N_TYPES,
  SUM_P = SUM_POTENTIAL + N_TYPES,
  SUM_L = SUM_P + 3,
  SUM_X = SUM_L + 3,
  N_SUMS = SUM_X + 3
};

static void add_particle (struct exact_sum *sums, const struct box *box, const struct particles *p, double a,
                          int64_t i)
{
  const double m = p->mass[i], *v = p->velocity[i];
  const int type = p->type[i];
  double x[3], l[3];

  box_to_length (box, p->position[i], x);
  cross3 (x, v, l);
  exact_add (&sums[SUM_MASS + type], m);
  exact_add (&sums[SUM_KINETIC + type], 0.5 * m * dot3 (v, v) / (a * a));
  exact_add (&sums[SUM_POTENTIAL + type], 0.5 * m * p->potential[i] / a);
  for (int k = 0; k < 3; k++) {
    exact_add_product (&sums[SUM_P + k], m, v[k]);
    exact_add (&sums[SUM_L + k], m * l[k]);
    exact_add_product (&sums[SUM_X + k], m, x[k]);
  }
}

static double total (const double of_type[N_TYPES])
{
  double sum = 0;

  for (int t = 0; t < N_TYPES; t++)
    sum += of_type[t];
  return sum;
}

void conserved_now (const struct comm *comm, const struct box *box, const struct particles *p,
                    const struct energy_ledger *ledger, struct conserved *out)
{
  static const struct energy_ledger none;
  struct exact_sum sums[N_SUMS];

  ledger = ledger ? ledger : &none;
  const double a = ledger->scale > 0 ? ledger->scale : 1;
  for (int k = 0; k < N_SUMS; k++)
    exact_clear (&sums[k]);
  for (int64_t i = 0; i < p->n; i++)
    if (!(p->flags[i] & PARTICLE_GONE))
      add_particle (sums, box, p, a, i);
  exact_reduce (comm, sums, N_SUMS);
  for (int t = 0; t < N_TYPES; t++) {
    out->mass_of_type[t] = exact_value (&sums[SUM_MASS + t]);
    out->kinetic_of_type[t] = exact_value (&sums[SUM_KINETIC + t]);
    out->potential_of_type[t] = exact_value (&sums[SUM_POTENTIAL + t]);
  }
  out->mass = total (out->mass_of_type);
  out->kinetic = total (out->kinetic_of_type);
  out->potential = total (out->potential_of_type);
  for (int k = 0; k < 3; k++) {
    out->momentum[k] = exact_value (&sums[SUM_P + k]);
    out->angular_momentum[k] = exact_value (&sums[SUM_L + k]);
    out->center[k] = out->mass > 0 ? exact_value (&sums[SUM_X + k]) / out->mass : 0;
  }
  out->energy = a * (out->kinetic + out->potential) + ledger->expansion - ledger->softening + ledger->radiated
                + ledger->mergers;
}

/* ---- lines ---- */

static void print (struct diagnostics *d, enum file k, const char *format, ...)
  __attribute__ ((format (printf, 3, 4)));

static void print (struct diagnostics *d, enum file k, const char *format, ...)
{
  va_list args;

  if (!d->file[k])
    return;
  va_start (args, format);
  vfprintf (d->file[k], format, args);
  va_end (args);
}

/* ",value"; an empty field for NaN. */
static void print_cell (struct diagnostics *d, enum file k, double value)
{
  if (isnan (value))
    print (d, k, ",");
  else
    print (d, k, ",%.17g", value);
}

static void print_cells (struct diagnostics *d, enum file k, const double *values, int n)
{
  for (int i = 0; i < n; i++)
    print_cell (d, k, values[i]);
}

/* GADGET-4: time; internal, potential, kinetic energy; the same three for each type; the mass of each type. */
static void print_energy (struct diagnostics *d, double time, const struct conserved *c)
{
  print (d, ENERGY, "%.16g 0 %.16g %.16g", time, c->potential, c->kinetic);
  for (int t = 0; t < N_TYPES; t++)
    print (d, ENERGY, " 0 %.16g %.16g", c->potential_of_type[t], c->kinetic_of_type[t]);
  for (int t = 0; t < N_TYPES; t++)
    print (d, ENERGY, " %.16g", c->mass_of_type[t]);
  print (d, ENERGY, "\n");
}

void diagnostics_energy (struct diagnostics *d, double time, const struct box *box, const struct particles *p,
                         const struct energy_ledger *ledger, struct conserved *out)
{
  conserved_now (d->comm, box, p, ledger, out);
  print_energy (d, time, out);
  print (d, CONSERVATION, "%.17g", time);
  print_cells (d, CONSERVATION,
               (double[]){ out->mass, out->kinetic, out->potential, ledger ? ledger->radiated : 0,
                           ledger ? ledger->mergers : 0, out->energy },
               6);
  print_cells (d, CONSERVATION, out->momentum, 3);
  print_cells (d, CONSERVATION, out->angular_momentum, 3);
  print_cells (d, CONSERVATION, out->center, 3);
  print_cell (d, CONSERVATION, ledger ? ledger->expansion : 0);
  print_cell (d, CONSERVATION, ledger ? ledger->softening : 0);
  print (d, CONSERVATION, "\n");
}

void diagnostics_step (struct diagnostics *d, const struct step_row *r)
{
  print (d, INFO,
         "Sync-Point %lld, Time: %.12g, Systemstep: %.9g, Nsync-grv: %lld of %lld, Regions: %d, "
         "Regularised: %lld",
         (long long) r->step, r->time, r->dt, (long long) r->n_active, (long long) r->n_particles, r->n_regions,
         (long long) r->n_regularised);
  if (!isnan (r->energy_error))
    print (d, INFO, ", Energy error: %.3e", r->energy_error);
  print (d, INFO, ", Seconds: %.3f\n", r->seconds);
}

void diagnostics_timebins (struct diagnostics *d, int64_t step, double time, double tick, const int64_t *n_in_bin,
                           int n_bins, int highest_active)
{
  int64_t cumulative = 0;

  print (d, TIMEBINS, "Sync-Point %lld, Time: %.12g\n   bin       particles      cumulative            dt  active\n",
         (long long) step, time);
  for (int b = 0; b < n_bins; b++) {
    cumulative += n_in_bin[b];
    if (n_in_bin[b] > 0)
      print (d, TIMEBINS, "    %2d %15lld %15lld %13.6e %s\n", b, (long long) n_in_bin[b], (long long) cumulative,
             ldexp (tick, b), b <= highest_active ? "     X" : "");
  }
  print (d, TIMEBINS, "\n");
}

void diagnostics_cpu (struct diagnostics *d, int64_t step, double time, const char *const *names,
                      const double *seconds, int n)
{
  if (!d->has_cpu_names) {
    print (d, CPU, "step,time");
    for (int k = 0; k < n; k++)
      print (d, CPU, ",%s", names[k]);
    print (d, CPU, "\n");
  }
  d->has_cpu_names = 1;
  print (d, CPU, "%lld,%.12g", (long long) step, time);
  for (int k = 0; k < n; k++)
    print (d, CPU, ",%.4f", seconds[k]);
  print (d, CPU, "\n");
}

void diagnostics_region (struct diagnostics *d, const struct region_row *r)
{
  print (d, REGIONS, "%lld,%.17g,%.17g,%llu,%d,%d,%lld,%lld", (long long) r->step, r->time, r->dt,
         (unsigned long long) r->id, r->n_bodies, r->n_holes, (long long) r->steps, (long long) r->rejected);
  print_cell (d, REGIONS, r->energy_error);
  print_cells (d, REGIONS, r->position, 3);
  print_cells (d, REGIONS, r->velocity, 3);
  print_cell (d, REGIONS, r->semi_major_axis);
  print_cell (d, REGIONS, r->eccentricity);
  print (d, REGIONS, ",%.6f,%d\n", r->seconds, r->n_ranks);
}

void diagnostics_merger (struct diagnostics *d, const struct areg_merger *m)
{
  const struct units *u = &d->units;
  const double sun = units_solar_mass (u), parsec = units_parsec (u), kms = u->velocity_cm_s * 1e-5;
  const double schwarzschild = 2 * u->G * (m->m1 + m->m2) / (u->c * u->c);
  const double lost = m->m1 + m->m2 - m->m_remnant;
  const double one = u->c / (u->G * m->m1 * m->m1), two = u->c / (u->G * m->m2 * m->m2);

  print (d, MERGERS,
         "At time %.12g (%.6f Myr) the SMBHs %llu (%.6e Msun, spin %.4f) and %llu (%.6e Msun, spin %.4f) "
         "merged.\n",
         m->t, m->t / units_megayear (u), (unsigned long long) m->id1, m->m1 / sun, m->chi1,
         (unsigned long long) m->id2, m->m2 / sun, m->chi2);
  print (d, MERGERS,
         "  Last seen %.4e pc apart (%.2f Schwarzschild radii of their total mass), relative speed %.1f "
         "km/s,\n"
         "  osculating semi-major axis %.4e pc, eccentricity %.4f, effective spin %+.4f.\n"
         "  Normal of the orbit (%+.4f, %+.4f, %+.4f), spins (%+.4f, %+.4f, %+.4f) and (%+.4f, %+.4f, %+.4f).\n",
         m->separation / parsec, m->separation / schwarzschild, m->relative_speed * kms, m->semi_major_axis / parsec,
         m->eccentricity, m->chi_effective, m->normal[0], m->normal[1], m->normal[2], one * m->spin1[0],
         one * m->spin1[1], one * m->spin1[2], two * m->spin2[0], two * m->spin2[1], two * m->spin2[2]);
  print (d, MERGERS,
         "  The remnant %llu has %.6e Msun, spin %.4f; %.4e Msun (%.2f %%) were radiated; recoil %.1f "
         "km/s (%+.1f, %+.1f, "
         "%+.1f).\n",
         (unsigned long long) m->id_remnant, m->m_remnant / sun, m->chi_remnant, lost / sun,
         100 * lost / (m->m1 + m->m2), m->kick_speed * kms, m->kick[0] * kms, m->kick[1] * kms, m->kick[2] * kms);
  print (d, MERGERS, "  It is at (%.9g, %.9g, %.9g) and moves with (%.6g, %.6g, %.6g), code units.\n\n", m->x[0],
         m->x[1], m->x[2], m->v[0], m->v[1], m->v[2]);
}

void diagnostics_star_event (struct diagnostics *d, const struct areg_event *e)
{
  print (d, STAR_EVENTS, "%.17g,%s,%llu,%llu", e->t, e->kind == AREG_DISRUPTION ? "disruption" : "capture",
         (unsigned long long) e->id_hole, (unsigned long long) e->id_star);
  const double values[] = { e->m_hole, e->m_star, e->m_accreted, e->radius, e->separation, e->relative_speed,
                            e->pericentre, e->semi_major_axis, e->eccentricity };
  print_cells (d, STAR_EVENTS, values, (int) (sizeof values / sizeof *values));
  print_cells (d, STAR_EVENTS, e->x, 3);
  print_cells (d, STAR_EVENTS, e->v, 3);
  print (d, STAR_EVENTS, "\n");
}
