/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing of snapshots (reading: initial.c).
 *
 * The rows of one type are ordered as (rank, index): after a domain decomposition ranks hold consecutive pieces of
 * one global order, so the file does not depend on how many there are. Every value goes through a `fill` function
 * that turns a piece of the particle arrays into rows of a dataset, so nothing of the size of the particle set is
 * allocated but one index array.
 *
 * Coordinates are the sum of the box's centre and an integer number of steps. It is formed in two doubles and
 * rounded once, so that positions read from double precision come out as they went in, to the last bit, as long as
 * a double of that size has no bits below a step of the box.
 *
 * The attributes are the union of what GADGET-4, yt, pynbody and SWIFT look for. A set of several files is a cut
 * of the same rows; the temporary files of all of them are complete before the first gets its name.
 */
#include "io/snapshot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/units.h"
#include "io/hdf.h"
#include "io/output.h"
#include "time/cosmology.h"

/* What the fill functions need: the rows of one type on this rank are order[from], order[from + 1], ... */
struct source
{
  const struct box *box;
  const struct particles *p;
  const struct holes *h;
  const int64_t *order;
  double velocity; /* what particles carry over what files hold: a^(3/2), 1 in physical runs */
};

static void two_sum (double a, double b, double *sum, double *error)
{
  double s = a + b, v = s - a;

  *error = (a - (s - v)) + (b - v);
  *sum = s;
}

/* centre + (position - 2^63 + fraction) steps, rounded once. In a periodic box the last steps round to its far side,
 * which is the near one: what is written lies in [corner, corner + length). */
static double coordinate (const struct box *box, int k, uint64_t position, double fraction)
{
  const double step = box->length * 0x1p-64, centre = box->corner[k] + 0.5 * box->length;
  int64_t steps = (int64_t) (position ^ (uint64_t) 1 << 63);
  double high = (double) (steps >> 32) * 0x1p32, low = (double) (uint32_t) steps + fraction;
  double sum, error, small;

  two_sum (high * step, low * step, &high, &low);
  two_sum (centre, high, &sum, &error);
  small = error + low;
  sum += small;
  if (box->periodic && (sum >= box->corner[k] + box->length || sum < box->corner[k]))
    return box->corner[k];
  return sum;
}

static void fill_coordinates (const void *context, int64_t from, int64_t n, void *out)
{
  const struct source *s = context;
  double (*x)[3] = out;

  for (int64_t i = 0; i < n; i++) {
    int64_t j = s->order[from + i];
    int hole = s->p->type[j] == TYPE_HOLE ? holes_find (s->h, s->p->id[j]) : -1;
    for (int k = 0; k < 3; k++)
      x[i][k] = coordinate (s->box, k, s->p->position[j][k], hole < 0 ? 0 : s->h->fraction[hole][k]);
  }
}

static void fill_velocities (const void *context, int64_t from, int64_t n, void *out)
{
  const struct source *s = context;

  for (int64_t i = 0; i < n; i++)
    for (int k = 0; k < 3; k++)
      ((double *) out)[3 * i + k] = s->p->velocity[s->order[from + i]][k] / s->velocity;
}

static void fill_ids (const void *context, int64_t from, int64_t n, void *out)
{
  const struct source *s = context;

  for (int64_t i = 0; i < n; i++)
    ((uint64_t *) out)[i] = s->p->id[s->order[from + i]];
}

static void fill_masses (const void *context, int64_t from, int64_t n, void *out)
{
  const struct source *s = context;

  for (int64_t i = 0; i < n; i++)
    ((double *) out)[i] = s->p->mass[s->order[from + i]];
}

static void fill_potentials (const void *context, int64_t from, int64_t n, void *out)
{
  const struct source *s = context;

  for (int64_t i = 0; i < n; i++)
    ((double *) out)[i] = s->p->potential[s->order[from + i]];
}

static void fill_spins (const void *context, int64_t from, int64_t n, void *out)
{
  const struct source *s = context;

  memset (out, 0, n * 3 * sizeof (double));
  for (int64_t i = 0; i < n; i++) {
    int hole = holes_find (s->h, s->p->id[s->order[from + i]]);
    if (hole >= 0)
      memcpy ((double *) out + 3 * i, s->h->spin[hole], 3 * sizeof (double));
  }
}

/* A block of a type: value in cgs = stored * to_cgs * a^a h^h; its units are length^l mass^m velocity^v. */
static const struct block
{
  const char *name;
  int integer, width, holes_only;
  hdf_fill *fill;
  double a, h, l, m, v;
} blocks[] = {
  { "Coordinates", 0, 3, 0, fill_coordinates, 1, -1, 1, 0, 0 },
  { "Velocities", 0, 3, 0, fill_velocities, 0.5, 0, 0, 0, 1 },
  { "ParticleIDs", 1, 1, 0, fill_ids, 0, 0, 0, 0, 0 },
  { "Masses", 0, 1, 0, fill_masses, 0, -1, 0, 1, 0 },
  { "Potential", 0, 1, 0, fill_potentials, -1, 0, 0, 0, 2 },
  { "Spins", 0, 3, 1, fill_spins, 0, -2, 1, 1, 1 },
};
enum { N_BLOCKS = sizeof blocks / sizeof blocks[0] };

static hid_t block_type (const struct block *b) { return b->integer ? H5T_NATIVE_UINT64 : H5T_NATIVE_DOUBLE; }

/* Where the rows of each type lie: on this rank in `order`, and in the whole system. */
struct layout
{
  int64_t *order;         /* owned */
  int64_t local[N_TYPES]; /* rows on this rank, ... */
  int64_t start[N_TYPES]; /* ... from here on in `order`, ... */
  int64_t first[N_TYPES]; /* ... and from here on in the system's rows of the type */
  int64_t total[N_TYPES];
};

static enum status layout_create (const struct comm *comm, const struct particles *p, struct layout *out)
{
  int64_t next[N_TYPES];

  *out = (struct layout){ .order = mem_alloc ("snapshot order", p->n, sizeof *out->order) };
  enum status st = status_agree (comm, out->order ? ST_OK : ST_MEMORY, NULL);
  if (st != ST_OK) {
    mem_free (&out->order);
    return st;
  }
  for (int64_t i = 0; i < p->n; i++)
    if (!(p->flags[i] & PARTICLE_GONE))
      out->local[p->type[i]]++;
  for (int t = 0; t < N_TYPES; t++) {
    next[t] = out->start[t] = t == 0 ? 0 : out->start[t - 1] + out->local[t - 1];
    out->first[t] = comm_scan (comm, out->local[t], &out->total[t]);
  }
  for (int64_t i = 0; i < p->n; i++)
    if (!(p->flags[i] & PARTICLE_GONE))
      out->order[next[p->type[i]]++] = i;
  return ST_OK;
}

static int64_t file_begin (int64_t total, int file, int n_files)
{
  return (int64_t) ((__int128) total * file / n_files);
}

static void put_double (struct hdf *f, const char *object, const char *name, double value)
{
  hdf_attribute (f, object, name, H5T_NATIVE_DOUBLE, 0, &value);
}

static void put_int (struct hdf *f, const char *object, const char *name, int value)
{
  hdf_attribute (f, object, name, H5T_NATIVE_INT, 0, &value);
}

static void write_counts (struct hdf *f, const struct layout *rows, int file, int n_files)
{
  uint64_t here[N_TYPES], total[N_TYPES];
  uint32_t high[N_TYPES] = { 0 }; /* of totals that have only 32 bits: ours have 64 */
  double table[N_TYPES] = { 0 };  /* masses stand in datasets */

  for (int t = 0; t < N_TYPES; t++) {
    total[t] = rows->total[t];
    here[t] = file_begin (rows->total[t], file + 1, n_files) - file_begin (rows->total[t], file, n_files);
  }
  hdf_attribute (f, "Header", "NumPart_ThisFile", H5T_NATIVE_UINT64, N_TYPES, here);
  hdf_attribute (f, "Header", "NumPart_Total", H5T_NATIVE_UINT64, N_TYPES, total);
  hdf_attribute (f, "Header", "NumPart_Total_HighWord", H5T_NATIVE_UINT32, N_TYPES, high);
  hdf_attribute (f, "Header", "MassTable", H5T_NATIVE_DOUBLE, N_TYPES, table);
  put_int (f, "Header", "NumFilesPerSnapshot", n_files);
}

/* Loaders take a file with OmegaLambda = 0 for one without cosmology, and h for 1 there. */
static void write_cosmology (struct hdf *f, const char *object, const struct params *params)
{
  const int comoving = params->ComovingIntegrationOn;

  put_double (f, object, "Omega0", comoving ? params->Omega0 : 0);
  put_double (f, object, "OmegaLambda", comoving ? params->OmegaLambda : 0);
  put_double (f, object, "OmegaBaryon", comoving ? params->OmegaBaryon : 0);
  put_double (f, object, "HubbleParam", comoving ? params->HubbleParam : 1);
}

static void write_base_units (struct hdf *f, const char *object, const struct params *params)
{
  put_double (f, object, "UnitLength_in_cm", params->UnitLength_in_cm);
  put_double (f, object, "UnitMass_in_g", params->UnitMass_in_g);
  put_double (f, object, "UnitVelocity_in_cm_per_s", params->UnitVelocity_in_cm_per_s);
}

/* Time, in comoving runs the age of the universe. */
static double gigayears (const struct params *params, double time)
{
  const struct cosmology cosmology = cosmology_of (params);

  return cosmology_age (&cosmology, time) * params_units (params).time_s / (1e9 * YEAR_S);
}

static void write_header (struct hdf *f, const struct params *params, const struct box *box,
                          const struct layout *rows, double time, int file, int n_files)
{
  static const char *const flags[] = { "Flag_Sfr",        "Flag_Cooling", "Flag_Feedback",
                                       "Flag_StellarAge", "Flag_Metals",  "Flag_Entropy_ICs" };
  hdf_group (f, "Header");
  write_counts (f, rows, file, n_files);
  put_double (f, "Header", "Time", time);
  put_double (f, "Header", "Redshift", params->ComovingIntegrationOn ? 1 / time - 1 : 0);
  put_double (f, "Header", "BoxSize", box->length);
  write_cosmology (f, "Header", params);
  write_base_units (f, "Header", params);
  put_double (f, "Header", "Time_GYR", gigayears (params, time));
  for (size_t k = 0; k < sizeof flags / sizeof flags[0]; k++)
    put_int (f, "Header", flags[k], 0);
  put_int (f, "Header", "Flag_DoublePrecision", 1);
  put_int (f, "Header", "Dimension", 3);
  hdf_attribute_text (f, "Header", "Code", "Catena");
}

/* Softening classes and lengths as they act, since loaders take softenings from here: a type without a class has its
 * own or class 0, a class without a length has none, and without a bound the length itself is the bound. */
static double value_in_use (const struct params *params, const struct param_row *row, double value)
{
  const double lengths[] = { params->SofteningComovingClass0, params->SofteningComovingClass1,
                             params->SofteningComovingClass2, params->SofteningComovingClass3,
                             params->SofteningComovingClass4, params->SofteningComovingClass5 };
  unsigned k = row->name[strlen (row->name) - 1] - '0';
  double length = k < 6 && !isnan (lengths[k]) ? lengths[k] : 0;

  if (strncmp (row->name, "SofteningClassOfPartType", 24) == 0 && value < 0)
    return k < 6 && !isnan (lengths[k]) ? k : 0;
  if (strncmp (row->name, "Softening", 9) == 0 && isnan (value))
    return length;
  return value;
}

/* Everything that the run was told, as GADGET-4 has it; what was left unset is left out. Loaders give what is found
 * here precedence over the header, so box and cosmology are the header's. An isolated run has a box too: the cube in
 * whose middle half all particles lie, so that even a loader that takes it for periodic sees no wrong image. */
static void write_parameters (struct hdf *f, const struct params *params, const struct box *box, double time)
{
  const struct param_row *rows = params_rows ();

  hdf_group (f, "Parameters");
  for (int k = 0; k < PARAM_COUNT; k++) {
    const char *name = rows[k].name, *member = (const char *) params + rows[k].offset;
    if (strncmp (name, "Omega", 5) == 0 || strncmp (name, "Hubble", 6) == 0 || strcmp (name, "BoxSize") == 0)
      continue;
    if (rows[k].kind == PARAM_KIND_STRING)
      hdf_attribute_text (f, "Parameters", name, member);
    else if (rows[k].kind == PARAM_KIND_INT)
      put_int (f, "Parameters", name, (int) value_in_use (params, &rows[k], *(const int *) member));
    else if (rows[k].kind == PARAM_KIND_DOUBLE && !isnan (value_in_use (params, &rows[k], *(const double *) member)))
      put_double (f, "Parameters", name, value_in_use (params, &rows[k], *(const double *) member));
  }
  put_double (f, "Parameters", "BoxSize", box->length);
  put_double (f, "Parameters", "Time_GYR", gigayears (params, time)); /* pynbody looks for it here */
  write_cosmology (f, "Parameters", params);
  if (params->ComovingIntegrationOn)
    put_double (f, "Parameters", "Hubble", params_hubble (params));
}

static void write_units (struct hdf *f, const struct params *params)
{
  hdf_group (f, "Units");
  write_base_units (f, "Units", params);
  put_double (f, "Units", "Unit length in cgs (U_L)", params->UnitLength_in_cm);
  put_double (f, "Units", "Unit mass in cgs (U_M)", params->UnitMass_in_g);
  put_double (f, "Units", "Unit time in cgs (U_t)", params->UnitLength_in_cm / params->UnitVelocity_in_cm_per_s);
  put_double (f, "Units", "Unit current in cgs (U_I)", 1);
  put_double (f, "Units", "Unit temperature in cgs (U_T)", 1);
}

static double power (double base, double exponent)
{
  double value = 1;

  for (int k = 0; k < (int) exponent; k++)
    value *= base;
  return value;
}

/* The same in the words of GADGET-3 (OWLS, EAGLE), from which pynbody takes units: without them it would guess those
 * of the potential, a factor a^2 wrong. */
static void describe_block (struct hdf *f, const char *name, const struct block *b, double to_cgs)
{
  const double exponent[] = { b->l, b->m, b->v };
  const char *const unit[] = { "U_L", "U_M", "U_V" };
  char text[100];
  int n = snprintf (text, sizeof text, "%s [", b->name);

  for (int k = 0; k < 3; k++)
    if (exponent[k] != 0)
      n += snprintf (text + n, sizeof text - n, "%s^%g ", unit[k], exponent[k]);
  snprintf (text + n, sizeof text - n, "]");
  hdf_attribute_text (f, name, "VarDescription", text);
  put_double (f, name, "CGSConversionFactor", b->integer ? 1 : to_cgs);
  put_double (f, name, "aexp-scale-exponent", b->a);
  put_double (f, name, "h-scale-exponent", b->h);
}

static void create_block (struct hdf *f, const char *group, const struct block *b, int64_t n,
                          const struct params *params)
{
  const double to_cgs = power (params->UnitLength_in_cm, b->l) * power (params->UnitMass_in_g, b->m)
                        * power (params->UnitVelocity_in_cm_per_s, b->v);
  char name[64];

  snprintf (name, sizeof name, "%s/%s", group, b->name);
  hdf_rows_create (f, name, block_type (b), b->width, n);
  put_double (f, name, "a_scaling", b->a);
  put_double (f, name, "h_scaling", b->h);
  put_double (f, name, "length_scaling", b->l);
  put_double (f, name, "mass_scaling", b->m);
  put_double (f, name, "velocity_scaling", b->v);
  put_double (f, name, "to_cgs", b->integer ? 0 : to_cgs);
  describe_block (f, name, b, to_cgs);
}

/* The rows of `type` of this rank that belong to rows [begin, end) of the system. */
static void write_block (struct hdf *f, const char *group, const struct block *b, const struct source *all,
                         const struct layout *rows, int type, int64_t begin, int64_t end)
{
  int64_t first = rows->first[type], last = first + rows->local[type];
  struct source here = *all;
  char name[64];

  first = first > begin ? first : begin;
  last = last < end ? last : end;
  if (last < first)
    last = first = begin;
  here.order = rows->order + rows->start[type] + (last > first ? first - rows->first[type] : 0);
  snprintf (name, sizeof name, "%s/%s", group, b->name);
  hdf_rows_write (f, name, block_type (b), b->width, first - begin, last - first, b->fill, &here);
}

/* Of the datasets of one file. */
static int64_t bytes_of_file (const struct layout *rows, int file, int n_files)
{
  int64_t bytes = 0;

  for (int t = 0; t < N_TYPES; t++)
    for (int k = 0; k < N_BLOCKS; k++)
      if (t == TYPE_HOLE || !blocks[k].holes_only)
        bytes += (file_begin (rows->total[t], file + 1, n_files) - file_begin (rows->total[t], file, n_files))
                 * blocks[k].width * (int64_t) sizeof (double);
  return bytes;
}

/* All groups and datasets first, then the disk space, then the data. */
static void write_types (struct hdf *f, const struct params *params, const struct source *all,
                         const struct layout *rows, int file, int n_files)
{
  char group[32];

  for (int pass = 0; pass < 2; pass++) {
    for (int t = 0; t < N_TYPES; t++) {
      int64_t begin = file_begin (rows->total[t], file, n_files),
              end = file_begin (rows->total[t], file + 1, n_files);
      if (end == begin) /* an empty group crashes pynbody */
        continue;
      snprintf (group, sizeof group, "PartType%d", t);
      if (pass == 0)
        hdf_group (f, group);
      for (int k = 0; k < N_BLOCKS; k++)
        if (blocks[k].holes_only && t != TYPE_HOLE)
          continue;
        else if (pass == 0)
          create_block (f, group, &blocks[k], end - begin, params);
        else
          write_block (f, group, &blocks[k], all, rows, t, begin, end);
    }
    if (pass == 0)
      hdf_take_space (f);
  }
}

/* Leaves a complete temporary file. */
static enum status write_temporary (const struct comm *comm, const char *path, const struct params *params,
                                    const struct source *all, const struct layout *rows, double time, int file,
                                    int n_files)
{
  char temporary[OUTPUT_PATH];
  struct hdf f;

  output_temporary (path, temporary, sizeof temporary);
  if (hdf_create_sized (comm, temporary, bytes_of_file (rows, file, n_files), &f) == ST_OK) {
    write_header (&f, params, all->box, rows, time, file, n_files);
    write_parameters (&f, params, all->box, time);
    write_units (&f, params);
    write_types (&f, params, all, rows, file, n_files);
  }
  return hdf_close (&f);
}

/* Collective, agreed. paths[0..n_files) are all written or none. */
static enum status write_files (const struct comm *comm, char (*paths)[OUTPUT_PATH], int n_files,
                                const struct params *params, const struct box *box, const struct particles *p,
                                const struct holes *h, double time)
{
  char temporary[OUTPUT_PATH];
  struct layout rows;
  enum status st = layout_create (comm, p, &rows);
  const struct cosmology cosmology = cosmology_of (params);
  const struct source all = { box, p, h, rows.order, cosmology_velocity_factor (&cosmology, time) };

  for (int k = 0; k < n_files && st == ST_OK; k++)
    st = write_temporary (comm, paths[k], params, &all, &rows, time, k, n_files);
  mem_free (&rows.order);
  for (int k = 0; k < n_files && comm->rank == 0; k++) {
    output_temporary (paths[k], temporary, sizeof temporary);
    if (st == ST_OK)
      st = output_commit (paths[k]);
    else
      unlink (temporary);
  }
  return status_agree (comm, st, NULL);
}

enum status snapshot_write_file (const struct comm *comm, const char *path, const struct params *params,
                                 const struct box *box, const struct particles *p, const struct holes *h, double time)
{
  char paths[1][OUTPUT_PATH];

  snprintf (paths[0], sizeof paths[0], "%s", path);
  return write_files (comm, paths, 1, params, box, p, h, time);
}

static void file_path (const struct params *params, int number, int file, char *out, size_t size)
{
  if (params->NumFilesPerSnapshot > 1)
    snprintf (out, size, "%s/snapdir_%03d/%s_%03d.%d.hdf5", params->OutputDir, number, params->SnapshotFileBase,
              number, file);
  else
    snprintf (out, size, "%s/%s_%03d.hdf5", params->OutputDir, params->SnapshotFileBase, number);
}

void snapshot_path (const struct params *params, int number, char *out, size_t size)
{
  file_path (params, number, 0, out, size);
}

enum status snapshot_write (const struct comm *comm, const struct params *params, const struct box *box,
                            const struct particles *p, const struct holes *h, double time, int number)
{
  const int n_files = params->NumFilesPerSnapshot > 1 ? params->NumFilesPerSnapshot : 1;
  char (*paths)[OUTPUT_PATH] = mem_alloc ("snapshot names", n_files, sizeof *paths);
  enum status st = paths ? ST_OK : ST_MEMORY;
  char dir[OUTPUT_PATH];

  snprintf (dir, sizeof dir, "%s/snapdir_%03d", params->OutputDir, number);
  if (st == ST_OK && n_files > 1 && comm->rank == 0)
    st = output_directory (dir);
  st = status_agree (comm, st, NULL);
  for (int k = 0; k < n_files && st == ST_OK; k++)
    file_path (params, number, k, paths[k], sizeof paths[k]);
  if (st == ST_OK)
    st = write_files (comm, paths, n_files, params, box, p, h, time);
  mem_free (&paths);
  return st;
}
