/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows are collected in memory and appended a batch at a time; in between the file is closed, so that anybody can
 * read it.
 *
 * Instants get their number when they are appended: within a batch they are sorted by time, so that the regions of
 * one step, which are sampled one after the other, come out interleaved as they should. The instants of the last
 * batch are remembered, in case one of them comes again.
 *
 * HDF5 locks an open file. If a reader has it the batch waits, and grows. At the end of a run and before a
 * checkpoint waiting would lose rows: then, after some patience, the file is opened without a lock, and the reader
 * may see an error, once.
 *
 * A crash in the middle of an append may leave a file that no longer opens. Therefore a checkpoint comes with a
 * copy, and a resumed run takes the copy if the file is damaged or has fewer rows than the checkpoint knows of.
 * What the file has more than the checkpoint knows of is cut off: the resumed run will write it again.
 */
#define _DEFAULT_SOURCE
#include "io/bh_history.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "io/bh_records.h"
#include "io/hdf.h"
#include "io/output.h"
#include "time/cosmology.h"

enum { CHUNK_TIMESTEPS = 256, CHUNK_ROWS = 28, CHUNK_MERGERS = 1 };
enum { SPACE = 65536 /* bytes for metadata */, PATIENCE = 20 /* tries, 0.1 s apart */ };

/* ---- the object ---- */

/* A row before its instant has a number. */
struct waiting_row
{
  double time;
  uint64_t id;
  int64_t order; /* of arrival */
  struct hole_record record;
};

/* What the file holds of one SMBH. */
struct series
{
  uint64_t id;
  int64_t n_rows, last_index;
};

struct bh_history
{
  const struct comm *comm; /* borrowed */
  char path[OUTPUT_PATH], copy[OUTPUT_PATH];
  int64_t n_timesteps, n_mergers;           /* in the file */
  int64_t n_timesteps_ever, n_mergers_ever; /* with what waits; rank 0 */
  struct waiting_row *row;                  /* owned, like the following */
  int64_t n_rows, row_capacity;
  struct merger_record *merger;
  int64_t n_waiting_mergers, merger_capacity;
  struct series *series;
  int64_t n_series, series_capacity;
  double *new_time; /* instants that wait, ascending, none of them in old_time */
  int64_t n_new, new_capacity;
  double *old_time; /* instants of the last batch, ascending, with numbers from old_first on */
  int64_t n_old, old_capacity, old_first;
  enum status trouble; /* memory */
  struct cosmology cosmology;
  double box; /* side of a periodic box; 0: isolated */
};

static int is_keeper (const struct bh_history *h) { return h->comm->rank == 0; }

/* Room for one more element. */
#define GROW(h, name, array, n, capacity)                                                     \
  ((n) < (capacity) || mem_resize (name, &(array), 2 * (capacity) + 64, sizeof *(array)) == 0 \
     ? ((capacity) = (n) < (capacity) ? (capacity) : 2 * (capacity) + 64, 1)                  \
     : ((h)->trouble = ST_MEMORY, 0))

static struct series *find_series (const struct bh_history *h, uint64_t id)
{
  for (int64_t k = 0; k < h->n_series; k++)
    if (h->series[k].id == id)
      return &h->series[k];
  return NULL;
}

/* ---- the file ---- */

static hid_t open_file (const char *path, unsigned mode, int locking)
{
  hid_t access = H5Pcreate (H5P_FILE_ACCESS);

  H5Pset_file_locking (access, locking, true);
  hid_t file = H5Fopen (path, mode, access);
  H5Pclose (access);
  return file;
}

static int put_attribute (hid_t file, const char *name, hid_t type, const void *value)
{
  hid_t space = H5Screate (H5S_SCALAR), a = H5Acreate2 (file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  int failed = a < 0 || H5Awrite (a, type, value) < 0;

  if (a >= 0)
    H5Aclose (a);
  H5Sclose (space);
  H5Tclose (type);
  return failed;
}

static int put_attributes (hid_t file, const struct params *p, const struct units *u)
{
  struct cosmology_record cosmology = { p->HubbleParam,
                                        p->Omega0,
                                        p->OmegaLambda,
                                        p->OmegaBaryon,
                                        p->ComovingIntegrationOn,
                                        p->Periodic,
                                        { p->BoxSize, p->BoxSize, p->BoxSize } };
  double begin = isnan (p->TimeBegin) ? 0 : p->TimeBegin;
  double cgs_G = u->G * u->length_cm * u->velocity_cm_s * u->velocity_cm_s / u->mass_g;
  /* GADGET's units, in which factors of h are left to the reader */
  struct units_record units = { p->UnitLength_in_cm / p->UnitVelocity_in_cm_per_s,
                                p->UnitLength_in_cm,
                                p->UnitMass_in_g,
                                p->UnitVelocity_in_cm_per_s,
                                cgs_G,
                                u->c * u->velocity_cm_s,
                                (p->TimeMax - begin) * 0x1p-60 };
  struct options_record options;

  memset (&options, 0, sizeof options);
  options.minimum_bh_mass = p->KetjuMinimumBHMass;
  options.region_physical_radius = params_region_radius (p);
  options.output_time_interval = p->KetjuOutputTimeInterval;
  snprintf (options.pn_terms, sizeof options.pn_terms, "%.19s", p->KetjuPNTerms);
  options.kicks = p->KetjuBHMergerKicks;
  options.star_star_softening = p->KetjuUseStarStarSoftening;
  options.expand_tight_binaries = p->KetjuExpandTightBinaries;
  options.tolerance = p->KetjuIntegrationRelativeTolerance;
  options.end_time_tolerance = p->KetjuOutputTimeRelativeTolerance;
  options.minimum_particles_per_task = p->KetjuMinimumParticlesPerTask;
  options.divide_and_conquer = p->KetjuUseDnC;
  options.max_tree_distance = p->KetjuMaxTreeDistance;
  options.steps_between_mst = p->KetjuStepsBetweenMSTReconstruction;
  return put_attribute (file, "cosmology", cosmology_record_type (), &cosmology)
         || put_attribute (file, "units", units_record_type (), &units)
         || put_attribute (file, "integrator options", options_record_type (), &options);
}

/* An empty extendible table. Takes over `type`. */
static int create_table (hid_t where, const char *name, hid_t type, hsize_t chunk)
{
  hsize_t none = 0, unlimited = H5S_UNLIMITED;
  hid_t space = H5Screate_simple (1, &none, &unlimited), how = H5Pcreate (H5P_DATASET_CREATE);

  H5Pset_chunk (how, 1, &chunk);
  hid_t set = H5Dcreate2 (where, name, type, space, H5P_DEFAULT, how, H5P_DEFAULT);
  H5Pclose (how);
  H5Sclose (space);
  H5Tclose (type);
  return set < 0 || H5Dclose (set) < 0;
}

/* Rows of a table; -1 if there is none. */
static int64_t table_rows (hid_t where, const char *name)
{
  hid_t set = H5Lexists (where, name, H5P_DEFAULT) > 0 ? H5Dopen2 (where, name, H5P_DEFAULT) : -1;
  hsize_t n = 0;

  if (set < 0)
    return -1;
  hid_t space = H5Dget_space (set);
  H5Sget_simple_extent_dims (space, &n, NULL);
  H5Sclose (space);
  H5Dclose (set);
  return (int64_t) n;
}

/* Reads rows (write = 0) or writes them, growing the table, at `first`. Takes over `type`. */
static int transfer (hid_t where, const char *name, hid_t type, int64_t first, int64_t n, void *rows, int write)
{
  hsize_t start = first, count = n, size = first + n;
  hid_t set = H5Dopen2 (where, name, H5P_DEFAULT);
  int failed = set < 0 || (write && H5Dset_extent (set, &size) < 0);

  if (!failed && n > 0) {
    hid_t in_file = H5Dget_space (set), in_memory = H5Screate_simple (1, &count, NULL);
    H5Sselect_hyperslab (in_file, H5S_SELECT_SET, &start, NULL, &count, NULL);
    failed = (write ? H5Dwrite (set, type, in_memory, in_file, H5P_DEFAULT, rows)
                    : H5Dread (set, type, in_memory, in_file, H5P_DEFAULT, rows))
             < 0;
    H5Sclose (in_memory);
    H5Sclose (in_file);
  }
  if (set >= 0)
    H5Dclose (set);
  H5Tclose (type);
  return failed;
}

static int cut_table (hid_t where, const char *name, int64_t keep)
{
  hsize_t size = keep;
  hid_t set = H5Dopen2 (where, name, H5P_DEFAULT);
  int failed = set < 0 || H5Dset_extent (set, &size) < 0;

  if (set >= 0)
    H5Dclose (set);
  return failed;
}

/* Whether a row is kept, given what is the first not to be kept. */
typedef int is_kept (const void *record, double limit);

static int is_instant_kept (const void *record, double limit)
{
  return ((const struct timestep_record *) record)->physical_time <= limit;
}

static int is_merger_kept (const void *record, double limit)
{
  return ((const struct merger_record *) record)->merger_physical_time <= limit;
}

static int is_row_kept (const void *record, double limit)
{
  return ((const struct hole_record *) record)->timestep_index < limit;
}

/* How many rows of a table are kept: those come first, so that a few rows decide. -1: unreadable. */
static int64_t rows_kept (hid_t where, const char *name, hid_t type, is_kept *kept, double limit)
{
  int64_t low = 0, high = table_rows (where, name);
  union
  {
    struct timestep_record timestep;
    struct merger_record merger;
    struct hole_record hole;
  } record;

  while (low < high) {
    int64_t middle = (low + high) / 2;
    if (transfer (where, name, H5Tcopy (type), middle, 1, &record, 0))
      high = -1;
    else if (kept (&record, limit))
      low = middle + 1;
    else
      high = middle;
  }
  H5Tclose (type);
  return high < 0 ? -1 : low;
}

/* ---- opening ---- */

/* Rank 0. A new file, made aside. */
static enum status create_file (const struct bh_history *h, const struct params *params, const struct units *units)
{
  char temporary[OUTPUT_PATH];

  output_temporary (h->path, temporary, sizeof temporary);
  enum status st = output_try_space (temporary, SPACE);
  if (st != ST_OK)
    return st;
  hid_t file = H5Fcreate (temporary, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  hid_t group = file < 0 ? -1 : H5Gcreate2 (file, "BHs", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  int failed = group < 0 || put_attributes (file, params, units)
               || create_table (file, "timesteps", timestep_record_type (), CHUNK_TIMESTEPS)
               || create_table (file, "mergers", merger_record_type (), CHUNK_MERGERS);
  if (group >= 0)
    H5Gclose (group);
  if (file >= 0 && H5Fclose (file) < 0)
    failed = 1;
  if (!failed)
    return output_commit (h->path);
  unlink (temporary);
  return status_fail (ST_CANTCREAT, "Cannot create %s. Check permissions and free space.", h->path);
}

struct listing
{
  struct bh_history *h;
  int64_t keep; /* instants */
};

/* Cuts one series to the rows of the instants kept, and remembers it. */
static int cut_series (hid_t group, const char *name, struct listing *to)
{
  struct bh_history *h = to->h;
  int64_t n = table_rows (group, name);
  int64_t keep = rows_kept (group, name, hole_record_type (), is_row_kept, (double) to->keep);
  struct hole_record last = { .timestep_index = -1 };

  if (n < 0 || keep < 0 || (keep < n && cut_table (group, name, keep)))
    return 1;
  if (keep > 0 && transfer (group, name, hole_record_type (), keep - 1, 1, &last, 0))
    return 1;
  if (!GROW (h, "bh series", h->series, h->n_series, h->series_capacity))
    return 1;
  h->series[h->n_series++] = (struct series){ strtoull (name, NULL, 10), keep, last.timestep_index };
  return 0;
}

static herr_t visit_series (hid_t group, const char *name, const H5L_info_t *info, void *context)
{
  (void) info;
  return cut_series (group, name, context) ? -1 : 0;
}

/* Series that lost all rows go: their first row is still to come. */
static int drop_empty_series (struct bh_history *h, hid_t group)
{
  char name[32];
  int64_t kept = 0;

  for (int64_t k = 0; k < h->n_series; k++) {
    snprintf (name, sizeof name, "%llu", (unsigned long long) h->series[k].id);
    if (h->series[k].n_rows > 0)
      h->series[kept++] = h->series[k];
    else if (H5Ldelete (group, name, H5P_DEFAULT) < 0)
      return 1;
  }
  h->n_series = kept;
  return 0;
}

/* The last instants of the file, so that one that comes again is known. */
static int recall_instants (struct bh_history *h, hid_t file)
{
  int64_t n = h->n_timesteps < CHUNK_TIMESTEPS ? h->n_timesteps : CHUNK_TIMESTEPS;
  struct timestep_record last[CHUNK_TIMESTEPS];

  h->old_first = h->n_timesteps - n;
  if (transfer (file, "timesteps", timestep_record_type (), h->old_first, n, last, 0))
    return 1;
  for (h->n_old = 0; h->n_old < n; h->n_old++) {
    if (!GROW (h, "bh instants", h->old_time, h->n_old, h->old_capacity))
      return 1;
    h->old_time[h->n_old] = last[h->n_old].physical_time;
  }
  return 0;
}

/* Rank 0. 0 if the file could be opened, has at least the rows to keep, and is now cut to them. */
static int cut_file (struct bh_history *h, int64_t keep_timesteps, int64_t keep_mergers)
{
  struct listing to = { .h = h, .keep = keep_timesteps };
  hid_t file = open_file (h->path, H5F_ACC_RDWR, 0);
  hid_t group = file < 0 ? -1 : H5Gopen2 (file, "BHs", H5P_DEFAULT);
  int failed =
    group < 0 || table_rows (file, "timesteps") < keep_timesteps || table_rows (file, "mergers") < keep_mergers;

  h->n_series = 0;
  failed = failed || cut_table (file, "timesteps", keep_timesteps) || cut_table (file, "mergers", keep_mergers)
           || H5Literate (group, H5_INDEX_NAME, H5_ITER_INC, NULL, visit_series, &to) < 0
           || drop_empty_series (h, group);
  h->n_timesteps = keep_timesteps;
  h->n_mergers = keep_mergers;
  failed = failed || recall_instants (h, file);
  if (group >= 0)
    H5Gclose (group);
  if (file >= 0 && H5Fclose (file) < 0)
    failed = 1;
  return failed;
}

static enum status resume_file (struct bh_history *h, int64_t keep_timesteps, int64_t keep_mergers)
{
  if (access (h->path, F_OK) == 0 && cut_file (h, keep_timesteps, keep_mergers) == 0)
    return ST_OK;
  log_say ("warning: %s is missing, damaged, or shorter than the checkpoint says; it is restored from %s", h->path,
           h->copy);
  if (access (h->copy, F_OK) == 0 && output_copy (h->copy, h->path) == ST_OK
      && cut_file (h, keep_timesteps, keep_mergers) == 0)
    return ST_OK;
  return status_fail (ST_IOERR,
                      "Cannot continue %s with %lld instants, and its copy %s does not help. Put a good "
                      "copy there, or "
                      "start from a snapshot in another OutputDir.",
                      h->path, (long long) keep_timesteps, h->copy);
}

static void release (struct bh_history **history)
{
  struct bh_history *h = *history;

  if (!h)
    return;
  mem_free (&h->row);
  mem_free (&h->merger);
  mem_free (&h->series);
  mem_free (&h->new_time);
  mem_free (&h->old_time);
  mem_free (history);
}

enum status bh_history_open (const struct comm *comm, const struct params *params, const struct units *units,
                             int64_t keep_timesteps, int64_t keep_mergers, struct bh_history **out)
{
  struct bh_history *h = mem_alloc_zero ("bh history", 1, sizeof *h);
  enum status st = h ? ST_OK : ST_MEMORY;

  if (h) {
    h->comm = comm;
    h->cosmology = cosmology_of (params);
    h->box = params->Periodic ? params->BoxSize : 0;
    snprintf (h->path, sizeof h->path, "%s/ketju_bhs.hdf5", params->OutputDir);
    snprintf (h->copy, sizeof h->copy, "%s/restartfiles/ketju_bhs.hdf5", params->OutputDir);
  }
  hdf_start ();
  if (h && comm->rank == 0)
    st = keep_timesteps < 0 ? create_file (h, params, units) : resume_file (h, keep_timesteps, keep_mergers);
  st = status_agree (comm, st, NULL);
  if (h) {
    h->n_timesteps_ever = h->n_timesteps;
    h->n_mergers_ever = h->n_mergers;
  }
  if (st != ST_OK)
    release (&h);
  *out = h;
  return st;
}

/* ---- collecting ---- */

/* Where `time` is, or would be, among ascending times; *found says which. */
static int64_t place_of (const double *times, int64_t n, double time, int *found)
{
  int64_t low = 0, high = n;

  while (low < high) {
    int64_t middle = (low + high) / 2;
    if (times[middle] < time)
      low = middle + 1;
    else
      high = middle;
  }
  *found = low < n && times[low] == time;
  return low;
}

/* Notes an instant unless it is known. */
static void note_instant (struct bh_history *h, double time)
{
  int known;

  place_of (h->old_time, h->n_old, time, &known);
  if (known)
    return;
  int64_t place = place_of (h->new_time, h->n_new, time, &known);
  if (known || !GROW (h, "bh instants", h->new_time, h->n_new, h->new_capacity))
    return;
  memmove (h->new_time + place + 1, h->new_time + place, (h->n_new - place) * sizeof *h->new_time);
  h->new_time[place] = time;
  h->n_new++;
  h->n_timesteps_ever++;
}

/* Positions and velocities as in the run and in physical terms. The physical position is that of the image nearest to
 * the region's heaviest SMBH, as the row has it; the other is in the box. */
static void put_coordinates (const struct bh_history *h, double time, const struct bh_row *r,
                             struct hole_record *out)
{
  const double a = cosmology_scale_factor (&h->cosmology, time);
  const double H = h->cosmology.comoving ? cosmology_hubble (&h->cosmology, a) : 0;

  for (int k = 0; k < 3; k++) {
    const double x = r->position[k], box = h->box;
    out->gadget_position[k] = box > 0 ? x - box * floor (x / box) : x;
    out->gadget_velocity[k] = r->velocity[k];
    out->physical_position[k] = a * x;
    out->physical_velocity[k] = r->velocity[k] / a + H * out->physical_position[k];
  }
}

void bh_history_add (struct bh_history *h, double time, const struct bh_row *rows, int n)
{
  if (!is_keeper (h) || n == 0)
    return;
  note_instant (h, time);
  for (int i = 0; i < n; i++) {
    const struct bh_row *r = &rows[i];
    if (!GROW (h, "bh rows", h->row, h->n_rows, h->row_capacity))
      return;
    struct waiting_row *w = &h->row[h->n_rows];
    memset (w, 0, sizeof *w);
    w->time = time;
    w->id = r->id;
    w->order = h->n_rows++;
    put_coordinates (h, time, r, &w->record);
    memcpy (w->record.spin, r->spin, sizeof r->spin);
    w->record.mass = r->mass;
    w->record.num_particles_in_region = r->n_particles_in_region;
    w->record.num_holes_in_region = r->n_holes_in_region;
  }
}

void bh_history_merger (struct bh_history *h, const struct areg_merger *m)
{
  if (!is_keeper (h) || !GROW (h, "bh mergers", h->merger, h->n_waiting_mergers, h->merger_capacity))
    return;
  const double redshift = 1 / cosmology_scale_factor (&h->cosmology, m->t) - 1;
  h->merger[h->n_waiting_mergers++] = (struct merger_record){ .id1 = m->id1,
                                                              .id2 = m->id2,
                                                              .id_remnant = m->id_remnant,
                                                              .m1 = m->m1,
                                                              .m2 = m->m2,
                                                              .m_remnant = m->m_remnant,
                                                              .chi1 = m->chi1,
                                                              .chi2 = m->chi2,
                                                              .chi_remnant = m->chi_remnant,
                                                              .kick_velocity = m->kick_speed,
                                                              .merger_physical_time = m->t,
                                                              .merger_redshift = redshift };
  h->n_mergers_ever++;
}

/* ---- appending ---- */

static int compare_waiting (const void *a, const void *b)
{
  const struct waiting_row *x = a, *y = b;

  if (x->id != y->id)
    return x->id < y->id ? -1 : 1;
  if (x->time != y->time)
    return x->time < y->time ? -1 : 1;
  return (x->order > y->order) - (x->order < y->order);
}

/* The number of an instant: from the last batch, or its place among the new ones. */
static int64_t index_of (const struct bh_history *h, double time)
{
  int found;
  int64_t place = place_of (h->old_time, h->n_old, time, &found);

  return found ? h->old_first + place : h->n_timesteps + place_of (h->new_time, h->n_new, time, &found);
}

static int append_instants (struct bh_history *h, hid_t file)
{
  struct timestep_record *records = mem_alloc ("bh instants", h->n_new, sizeof *records);

  if (!records)
    return 1;
  for (int64_t k = 0; k < h->n_new; k++)
    records[k] = (struct timestep_record){ h->new_time[k], cosmology_scale_factor (&h->cosmology, h->new_time[k]) };
  int failed = transfer (file, "timesteps", timestep_record_type (), h->n_timesteps, h->n_new, records, 1);
  mem_free (&records);
  return failed;
}

/* Appends the rows [from, end) of one SMBH, sorted by time, leaving out what it already has. */
static int append_series (struct bh_history *h, hid_t group, int64_t from, int64_t end)
{
  struct hole_record *records = mem_alloc ("bh records", end - from, sizeof *records);
  struct series *s = find_series (h, h->row[from].id);
  char name[32];
  int64_t n = 0;

  if (!s && records && GROW (h, "bh series", h->series, h->n_series, h->series_capacity)) {
    s = &h->series[h->n_series++];
    *s = (struct series){ h->row[from].id, 0, -1 };
  }
  if (!s || !records) {
    mem_free (&records);
    return 1;
  }
  int64_t last = s->last_index;
  for (int64_t k = from; k < end; k++) {
    int64_t index = index_of (h, h->row[k].time);
    if (index <= last)
      continue;
    records[n] = h->row[k].record;
    records[n++].timestep_index = (int32_t) (last = index);
  }
  snprintf (name, sizeof name, "%llu", (unsigned long long) s->id);
  int failed =
    (H5Lexists (group, name, H5P_DEFAULT) <= 0 && create_table (group, name, hole_record_type (), CHUNK_ROWS))
    || transfer (group, name, hole_record_type (), s->n_rows, n, records, 1);
  mem_free (&records);
  if (failed)
    return 1;
  s->n_rows += n;
  s->last_index = last;
  return 0;
}

static int append_rows (struct bh_history *h, hid_t file)
{
  hid_t group = H5Gopen2 (file, "BHs", H5P_DEFAULT);
  int failed = group < 0;

  qsort (h->row, h->n_rows, sizeof *h->row, compare_waiting);
  for (int64_t from = 0, end; from < h->n_rows && !failed; from = end) {
    for (end = from + 1; end < h->n_rows && h->row[end].id == h->row[from].id;)
      end++;
    failed = append_series (h, group, from, end);
  }
  if (group >= 0)
    H5Gclose (group);
  return failed;
}

/* All is in the file: what waited is now the last batch. */
static void forget_waiting (struct bh_history *h)
{
  double *spare = h->old_time;
  int64_t spare_capacity = h->old_capacity;

  h->old_first = h->n_timesteps;
  h->n_timesteps += h->n_new;
  h->n_mergers += h->n_waiting_mergers;
  if (h->n_new > 0) {
    h->old_time = h->new_time;
    h->n_old = h->n_new;
    h->old_capacity = h->new_capacity;
    h->new_time = spare;
    h->new_capacity = spare_capacity;
  } else
    h->old_first = h->n_timesteps - h->n_old;
  h->n_new = h->n_rows = h->n_waiting_mergers = 0;
}

/* Writing first makes sure of the space: HDF5 cannot be trusted with its own metadata on a full disk. */
static enum status append (struct bh_history *h, hid_t file)
{
  const int64_t need = (h->n_rows + 2 * CHUNK_ROWS) * (int64_t) sizeof (struct hole_record) + h->n_new * 16 + SPACE;
  hsize_t size = 0;
  enum status st = ST_OK;

  if (H5Fget_filesize (file, &size) >= 0)
    st = output_take_space (h->path, (int64_t) size + need);
  if (st != ST_OK)
    return st;
  if (append_instants (h, file) || append_rows (h, file)
      || transfer (file, "mergers", merger_record_type (), h->n_mergers, h->n_waiting_mergers, h->merger, 1))
    return status_fail (ST_IOERR, "Cannot write to %s. Is the disk full?", h->path);
  return ST_OK;
}

/* Rank 0. In any case, or only if nobody holds the file. */
static enum status flush (struct bh_history *h, int in_any_case)
{
  enum status st = h->trouble;

  if (st != ST_OK || (h->n_rows == 0 && h->n_waiting_mergers == 0))
    return st;
  hid_t file = open_file (h->path, H5F_ACC_RDWR, 1);
  for (int k = 0; k < PATIENCE && file < 0 && in_any_case; k++) {
    usleep (100000);
    file = open_file (h->path, H5F_ACC_RDWR, k < PATIENCE - 1);
  }
  if (file < 0 && in_any_case)
    return status_fail (ST_IOERR, "Cannot open %s to add to it: it was removed or damaged.", h->path);
  if (file < 0)
    return ST_OK;
  st = append (h, file);
  if (H5Fclose (file) < 0 && st == ST_OK)
    st = status_fail (ST_IOERR, "Cannot close %s. Is the disk full?", h->path);
  if (st == ST_OK)
    forget_waiting (h);
  return st;
}

enum status bh_history_flush (struct bh_history *h)
{
  return status_agree (h->comm, is_keeper (h) ? flush (h, 0) : ST_OK, NULL);
}

enum status bh_history_secure (struct bh_history *h)
{
  enum status st = is_keeper (h) ? flush (h, 1) : ST_OK;
  char dir[OUTPUT_PATH];

  if (st == ST_OK && is_keeper (h)) {
    snprintf (dir, sizeof dir, "%.*s", (int) (strrchr (h->copy, '/') - h->copy), h->copy);
    st = output_directory (dir);
    if (st == ST_OK)
      st = output_copy (h->path, h->copy);
  }
  return status_agree (h->comm, st, NULL);
}

int64_t bh_history_timesteps (const struct bh_history *h)
{
  return comm_max (h->comm, is_keeper (h) ? h->n_timesteps_ever : 0);
}

int64_t bh_history_mergers (const struct bh_history *h)
{
  return comm_max (h->comm, is_keeper (h) ? h->n_mergers_ever : 0);
}

enum status bh_history_close (struct bh_history **history)
{
  struct bh_history *h = *history;

  if (!h)
    return ST_OK;
  enum status st = status_agree (h->comm, is_keeper (h) ? flush (h, 1) : ST_OK, NULL);
  release (history);
  return st;
}

/* ---- for a start from a snapshot ---- */

static enum status count_until (const char *path, double time, int64_t keep[2])
{
  keep[0] = keep[1] = -1;
  if (access (path, F_OK) != 0)
    return ST_OK;
  hid_t file = open_file (path, H5F_ACC_RDONLY, 0);
  if (file >= 0) {
    keep[0] = rows_kept (file, "timesteps", timestep_record_type (), is_instant_kept, time);
    keep[1] = rows_kept (file, "mergers", merger_record_type (), is_merger_kept, time);
    H5Fclose (file);
  }
  if (keep[0] < 0 || keep[1] < 0)
    return status_fail (ST_IOERR, "%s cannot be read, so it cannot be continued. Move it away to begin a new one.",
                        path);
  return ST_OK;
}

enum status bh_history_until (const struct comm *comm, const struct params *params, double time,
                              int64_t *keep_timesteps, int64_t *keep_mergers)
{
  char path[OUTPUT_PATH];
  int64_t keep[2] = { -1, -1 };

  snprintf (path, sizeof path, "%s/ketju_bhs.hdf5", params->OutputDir);
  hdf_start ();
  enum status st = status_agree (comm, comm->rank == 0 ? count_until (path, time, keep) : ST_OK, NULL);
  comm_broadcast (comm, keep, sizeof keep, 0);
  *keep_timesteps = keep[0];
  *keep_mergers = keep[1];
  return st;
}
