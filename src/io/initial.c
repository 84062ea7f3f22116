/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading of snapshots and initial conditions (declared in snapshot.h).
 *
 * In order: rank 0 finds the files and reads their headers; every rank reads its share of the rows of each type;
 * the values are judged and all faults of all ranks are told together; the box is chosen; coordinates become
 * integers. What decides anything (extent, box, faults) is a minimum, a maximum or a count over all particles, so
 * it is the same on any number of ranks.
 *
 * The centre of an isolated box is rounded to 1/64 of the box. Then centre and corner are short numbers, the
 * difference of a coordinate from the centre is usually exact, and what still is lost in it is added by a second
 * displacement.
 *
 * IDs are compared by sending each to the rank that its hash names, and sorting there.
 */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/vec3.h"
#include "io/hdf.h"
#include "io/snapshot.h"

enum {
  MAX_FILES = 4096,
  NAMED = 5 /* offenders named in a message */
};

/* The set of files and what their headers say; the same on all ranks. */
struct file_set
{
  char stem[OUTPUT_PATH]; /* of stem.K.hdf5, or the file itself */
  int n_files, numbered;
  int64_t n[N_TYPES], promised[N_TYPES]; /* sum of NumPart_ThisFile; NumPart_Total of the first file, 0: not told */
  double mass_table[N_TYPES], time, box_size;
  double redshift, omega0, omega_lambda, hubble_param; /* NaN: not told */
};

static void set_path (const struct file_set *set, int file, char *out, size_t size)
{
  if (set->numbered)
    snprintf (out, size, "%s.%d.hdf5", set->stem, file);
  else
    snprintf (out, size, "%s", set->stem);
}

/* ---- finding the files: rank 0 ---- */

static int is_file (const char *path)
{
  struct stat about;

  return stat (path, &about) == 0 && !S_ISDIR (about.st_mode);
}

/* The only *.0.hdf5 in a directory. */
static int find_first_in (const char *dir, char *stem, size_t size)
{
  DIR *list = opendir (dir);
  int n = 0;

  for (struct dirent *e = list ? readdir (list) : NULL; e; e = readdir (list)) {
    size_t length = strlen (e->d_name);
    if (length > 7 && strcmp (e->d_name + length - 7, ".0.hdf5") == 0 && n++ == 0)
      snprintf (stem, size, "%s/%.*s", dir, (int) (length - 7), e->d_name);
  }
  if (list)
    closedir (list);
  return n == 1;
}

/* dir/base_NNN -> dir/snapdir_NNN/base_NNN */
static void in_snapdir (const char *file, char *out, size_t size)
{
  const char *slash = strrchr (file, '/'), *number = strrchr (file, '_');
  int n = slash ? (int) (slash - file) + 1 : 0;

  snprintf (out, size, "%.*ssnapdir%s/%s", n, file, number && number > file + n ? number : "", file + n);
}

static enum status find_files (const char *file, struct file_set *set)
{
  char path[OUTPUT_PATH + 16], snapdir[OUTPUT_PATH];
  size_t length = strlen (file);

  in_snapdir (file, snapdir, sizeof snapdir);
  snprintf (set->stem, sizeof set->stem, "%s", file);
  set->numbered = length > 7 && strcmp (file + length - 7, ".0.hdf5") == 0;
  if (set->numbered)
    set->stem[length - 7] = '\0';
  if (is_file (file))
    return ST_OK;
  set->numbered = 0;
  snprintf (set->stem, sizeof set->stem, "%s.hdf5", file);
  if (is_file (set->stem))
    return ST_OK;
  set->numbered = 1;
  for (int k = 0; k < 2; k++) {
    snprintf (set->stem, sizeof set->stem, "%s", k ? snapdir : file);
    set_path (set, 0, path, sizeof path);
    if (is_file (path))
      return ST_OK;
  }
  if (find_first_in (file, set->stem, sizeof set->stem))
    return ST_OK;
  return status_fail (ST_NOINPUT,
                      "There is no file %s. Also tried: %s.hdf5, %s.0.hdf5, %s.0.hdf5, and %s as a directory with "
                      "one set of files. "
                      "Check InitCondFile, which counts from the directory in which the program was started.",
                      file, file, file, snapdir, file);
}

/* ---- headers: rank 0 ---- */

/* The counts of the whole set; returns how many there are. A count of 64 bits is whole already, and the high words
 * that some programs write beside it say the same again. */
static int read_totals (const struct hdf *f, int64_t n[N_TYPES])
{
  int64_t high[N_TYPES] = { 0 };
  const int there = hdf_attribute_read (f, "Header", "NumPart_Total", H5T_NATIVE_INT64, N_TYPES, n);

  hdf_attribute_read (f, "Header", "NumPart_Total_HighWord", H5T_NATIVE_INT64, N_TYPES, high);
  for (int t = 0; t < there; t++)
    if (n[t] < (int64_t) 1 << 32)
      n[t] += high[t] * ((int64_t) 1 << 32);
  return there;
}

static enum status read_counts (const struct hdf *f, int64_t n[N_TYPES])
{
  if (hdf_attribute_read (f, "Header", "NumPart_ThisFile", H5T_NATIVE_INT64, N_TYPES, n) == 0
      && read_totals (f, n) == 0)
    return status_fail (ST_DATA,
                        "%s: the group /Header with the attribute NumPart_ThisFile (%d numbers) is missing, "
                        "so this is no "
                        "GADGET, AREPO or SWIFT file.",
                        f->path, N_TYPES);
  for (int t = 0; t < N_TYPES; t++)
    if (n[t] < 0)
      return status_fail (ST_DATA, "%s: NumPart_ThisFile counts %lld particles of type %d.", f->path,
                          (long long) n[t], t);
  return ST_OK;
}

/* One number of the header, or of the parameters that stand beside it in files of GADGET-4; NaN. */
static double header_number (const struct hdf *f, const char *name)
{
  double value = NAN;

  if (hdf_attribute_read (f, "Header", name, H5T_NATIVE_DOUBLE, 1, &value) == 0)
    hdf_attribute_read (f, "Parameters", name, H5T_NATIVE_DOUBLE, 1, &value);
  return value;
}

/* Reads one header and adds its counts. */
static enum status read_header (struct file_set *set, int file)
{
  char path[OUTPUT_PATH + 16];
  int64_t here[N_TYPES] = { 0 };
  double size[3] = { 0 };
  struct hdf f;

  set_path (set, file, path, sizeof path);
  enum status st = hdf_open (path, &f);
  if (st == ST_OK)
    st = read_counts (&f, here);
  if (st == ST_OK && file == 0) {
    hdf_attribute_read (&f, "Header", "MassTable", H5T_NATIVE_DOUBLE, N_TYPES, set->mass_table);
    hdf_attribute_read (&f, "Header", "Time", H5T_NATIVE_DOUBLE, 1, &set->time);
    hdf_attribute_read (&f, "Header", "NumFilesPerSnapshot", H5T_NATIVE_INT, 1, &set->n_files);
    hdf_attribute_read (&f, "Header", "BoxSize", H5T_NATIVE_DOUBLE, 3, size);
    set->box_size = size[0];
    set->redshift = header_number (&f, "Redshift");
    set->omega0 = header_number (&f, "Omega0");
    set->omega_lambda = header_number (&f, "OmegaLambda");
    set->hubble_param = header_number (&f, "HubbleParam");
    read_totals (&f, set->promised);
  }
  for (int t = 0; t < N_TYPES; t++)
    set->n[t] += here[t];
  enum status closed = hdf_close (&f);
  return st != ST_OK ? st : closed;
}

static enum status judge_headers (const struct file_set *set)
{
  int64_t all = 0;

  for (int t = 0; t < N_TYPES; t++)
    all += set->n[t];
  if (set->n[TYPE_GAS] > 0)
    return status_fail (ST_DATA,
                        "%s: holds %lld gas particles (PartType0). This code has no hydrodynamics: remove "
                        "them, or turn them "
                        "into another type.",
                        set->stem, (long long) set->n[TYPE_GAS]);
  if (all == 0)
    return status_fail (ST_DATA, "%s: holds no particles.", set->stem);
  for (int t = 0; t < N_TYPES; t++)
    if (!isfinite (set->mass_table[t]) || set->mass_table[t] < 0)
      return status_fail (ST_DATA, "%s: MassTable has %g for type %d.", set->stem, set->mass_table[t], t);
  if (!isfinite (set->time))
    return status_fail (ST_DATA, "%s: Time in the header is not a number.", set->stem);
  for (int t = 0; t < N_TYPES; t++)
    if (set->promised[t] != 0 && set->promised[t] != set->n[t])
      return status_fail (ST_DATA,
                          "%s: NumPart_Total promises %lld particles of type %d, and the %d file%s of the set hold "
                          "%lld. Find the missing files, or mend NumPart_Total and NumFilesPerSnapshot.",
                          set->stem, (long long) set->promised[t], t, set->n_files, set->n_files == 1 ? "" : "s",
                          (long long) set->n[t]);
  return ST_OK;
}

static void warn_if_other (const struct file_set *set, const char *name, double of_file, double used)
{
  if (fabs (of_file - used) > 1e-5 * fabs (used) && of_file != 0)
    log_warn (name, "%s has %s = %.9g in its header, and this run %.9g: the run's is used. Is it the right file?",
              set->stem, name, of_file, used);
}

/* What a header says of the universe and the parameter file says otherwise. The parameter file holds, as in GADGET;
 * but who has mixed up two boxes would like to know. A zero is no statement. */
static void warn_of_header (const struct file_set *set, const struct params *params)
{
  if (params->Periodic && params->BoxSize > 0)
    warn_if_other (set, "BoxSize", set->box_size, params->BoxSize);
  if (!params->ComovingIntegrationOn)
    return;
  warn_if_other (set, "Omega0", set->omega0, params->Omega0);
  warn_if_other (set, "OmegaLambda", set->omega_lambda, params->OmegaLambda);
  warn_if_other (set, "HubbleParam", set->hubble_param, params->HubbleParam);
  if (set->time > 0 && fabs ((1 + set->redshift) * set->time - 1) > 1e-3)
    log_warn ("Redshift", "%s has Redshift = %.9g and Time = %.9g in its header, which is no scale factor of that "
              "redshift: Time is used.", set->stem, set->redshift, set->time);
}

static enum status open_set (const char *file, struct file_set *set)
{
  *set = (struct file_set){ .n_files = 1 };
  enum status st = find_files (file, set);

  for (int k = 0; k < set->n_files && st == ST_OK; k++) {
    st = read_header (set, k);
    if (st == ST_OK && k == 0 && (set->n_files < 1 || set->n_files > MAX_FILES))
      st = status_fail (ST_DATA, "%s: NumFilesPerSnapshot is %d.", set->stem, set->n_files);
    if (st == ST_OK && k == 0 && set->n_files > 1 && !set->numbered)
      st = status_fail (ST_DATA, "%s: is one of %d files of a set, but its name does not end in .0.hdf5.", set->stem,
                        set->n_files);
  }
  return st == ST_OK ? judge_headers (set) : st;
}

/* ---- rows ---- */

static int64_t share_begin (int64_t n, int rank, int size) { return (int64_t) ((__int128) n * rank / size); }

/* What one rank reads: rows [first, first + n) of each type of the set, put at `at` of the arrays. */
struct share
{
  int64_t first[N_TYPES], n[N_TYPES], at[N_TYPES], all;
};

static struct share share_of (const struct comm *comm, const struct file_set *set)
{
  struct share s = { .all = 0 };

  for (int t = 0; t < N_TYPES; t++) {
    s.first[t] = share_begin (set->n[t], comm->rank, comm->size);
    s.n[t] = share_begin (set->n[t], comm->rank + 1, comm->size) - s.first[t];
    s.at[t] = s.all;
    s.all += s.n[t];
  }
  return s;
}

/* Values of this rank's particles, as the files have them. */
struct values
{
  double (*x)[3], (*v)[3], *mass, (*spin)[3];
  uint64_t *id;
};

/* Checks the shape of a dataset against the header. Returns 0 if it is not there. */
static int judge_shape (struct hdf *f, const char *name, int64_t rows, int width, H5T_class_t wanted, int optional)
{
  int64_t there;
  int columns;
  H5T_class_t class;
  bool is_signed;

  if (f->st != ST_OK)
    return 0;
  if (!hdf_shape (f, name, &there, &columns, &class, &is_signed)) {
    if (!optional)
      f->st = status_fail (ST_DATA, "%s: the dataset %s is missing.", f->path, name);
    return 0;
  }
  if (there != rows || columns != width)
    f->st = status_fail (ST_DATA, "%s: %s has %lld x %d values, and the header asks for %lld x %d.", f->path, name,
                         (long long) there, columns, (long long) rows, width);
  else if (class != wanted)
    f->st = status_fail (ST_DATA, "%s: %s must hold %s.", f->path, name,
                         wanted == H5T_FLOAT ? "floating-point numbers" : "integers");
  return f->st == ST_OK;
}

/* Masses stand in the header's table, in a dataset, or in both; then they must agree. */
static void read_masses (struct hdf *f, const struct file_set *set, int type, const char *name, int64_t rows,
                         int64_t first, int64_t n, double *out)
{
  const double table = set->mass_table[type];
  int there = judge_shape (f, name, rows, 1, H5T_FLOAT, table > 0);

  if (there)
    hdf_rows_read (f, name, H5T_NATIVE_DOUBLE, 1, first, n, out, NULL);
  for (int64_t i = 0; i < n && table > 0 && f->st == ST_OK; i++)
    if (!there)
      out[i] = table;
    else if (!(fabs (out[i] - table) <= 1e-6 * table)) /* single precision */
      f->st = status_fail (ST_DATA,
                           "%s: MassTable says %.9g for type %d and %s has %.9g in row %lld. Set MassTable "
                           "to 0 or remove the "
                           "dataset.",
                           f->path, table, type, name, out[i], (long long) (first + i));
}

/* A negative ID would read as some huge one: it is told from the sign of the type. */
static void read_ids (struct hdf *f, const char *name, int64_t first, int64_t n, uint64_t *out)
{
  int64_t rows;
  int columns;
  H5T_class_t class;
  bool is_signed = false;

  hdf_shape (f, name, &rows, &columns, &class, &is_signed);
  hdf_rows_read (f, name, is_signed ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64, 1, first, n, out, NULL);
  for (int64_t i = 0; i < n && is_signed && f->st == ST_OK; i++)
    if ((int64_t) out[i] < 0)
      f->st = status_fail (ST_DATA, "%s: %s has the negative ID %lld in row %lld.", f->path, name, (long long) out[i],
                           (long long) (first + i));
}

/* Rows [first, first + n) of one type of one file go to place `at`. */
static void read_type (struct hdf *f, const struct file_set *set, int type, int64_t rows, int64_t first, int64_t n,
                       int64_t at, const struct values *out)
{
  char name[4][40];
  static const char *const what[4] = { "Coordinates", "Velocities", "ParticleIDs", "Masses" };

  for (int k = 0; k < 4; k++)
    snprintf (name[k], sizeof name[k], "PartType%d/%s", type, what[k]);
  if (judge_shape (f, name[0], rows, 3, H5T_FLOAT, 0))
    hdf_rows_read (f, name[0], H5T_NATIVE_DOUBLE, 3, first, n, out->x[at], NULL);
  if (judge_shape (f, name[1], rows, 3, H5T_FLOAT, 0))
    hdf_rows_read (f, name[1], H5T_NATIVE_DOUBLE, 3, first, n, out->v[at], NULL);
  if (judge_shape (f, name[2], rows, 1, H5T_INTEGER, 0))
    read_ids (f, name[2], first, n, out->id + at);
  read_masses (f, set, type, name[3], rows, first, n, out->mass + at);
  if (type == TYPE_HOLE && judge_shape (f, "PartType5/Spins", rows, 3, H5T_FLOAT, 1))
    hdf_rows_read (f, "PartType5/Spins", H5T_NATIVE_DOUBLE, 3, first, n, out->spin, NULL);
}

/* Local. Goes through the files in order and takes from each what belongs to this rank; spin is indexed among the
 * SMBHs alone. */
static enum status read_rows (const struct file_set *set, const struct share *mine, const struct values *out)
{
  int64_t before[N_TYPES] = { 0 };
  enum status st = ST_OK;
  char path[OUTPUT_PATH + 16];

  for (int k = 0; k < set->n_files && st == ST_OK; k++) {
    int64_t here[N_TYPES] = { 0 };
    struct hdf f;
    set_path (set, k, path, sizeof path);
    if (hdf_open (path, &f) == ST_OK)
      f.st = read_counts (&f, here);
    for (int t = 0; t < N_TYPES && f.st == ST_OK; t++) {
      int64_t begin = mine->first[t] > before[t] ? mine->first[t] : before[t];
      int64_t end = mine->first[t] + mine->n[t], last = before[t] + here[t];
      end = end < last ? end : last;
      struct values to = *out;
      if (t == TYPE_HOLE && begin < end)
        to.spin += begin - mine->first[t];
      if (begin < end)
        read_type (&f, set, t, here[t], begin - before[t], end - begin, mine->at[t] + begin - mine->first[t], &to);
      before[t] += here[t];
    }
    st = hdf_close (&f);
  }
  return st;
}

/* ---- judging values ---- */

enum fault { FAULT_X, FAULT_V, FAULT_MASS_NAN, FAULT_HUGE, FAULT_MASS, FAULT_SPIN, FAULT_CHI, FAULT_TWICE, N_FAULTS };
static const double huge = 1e60; /* in the run's units: cubes, times G and powers of c, are still doubles */
static const char *const fault_words[N_FAULTS][2] = {
  { "particle has a NaN or infinite coordinate", "particles have NaN or infinite coordinates" },
  { "particle has a NaN or infinite velocity", "particles have NaN or infinite velocities" },
  { "particle has a NaN or infinite mass", "particles have NaN or infinite masses" },
  { "particle has a coordinate, velocity or mass beyond 1e60",
    "particles have coordinates, velocities or masses beyond 1e60" },
  { "particle has a mass not above zero", "particles have masses not above zero" },
  { "SMBH has a NaN or infinite spin", "SMBHs have NaN or infinite spins" },
  { "SMBH has a spin above the maximum G m^2/c", "SMBHs have spins above the maximum G m^2/c" },
  { "ID is given more than once", "IDs are given more than once" },
};

/* Offenders of each sort on one rank: how many, and the lowest IDs. */
struct faults
{
  int64_t n[N_FAULTS];
  uint64_t id[N_FAULTS][NAMED]; /* ascending */
};

static void note (struct faults *faults, enum fault kind, uint64_t id)
{
  int64_t there = faults->n[kind] < NAMED ? faults->n[kind] : NAMED;
  uint64_t *list = faults->id[kind];

  faults->n[kind]++;
  if (there == NAMED && id >= list[NAMED - 1])
    return;
  int64_t place = there < NAMED ? there : NAMED - 1;
  for (; place > 0 && list[place - 1] > id; place--)
    list[place] = list[place - 1];
  list[place] = id;
}

static int all_finite (const double a[3]) { return isfinite (a[0]) && isfinite (a[1]) && isfinite (a[2]); }

/* False for NaN and infinity, which are told by their own names. */
static int is_huge (double a) { return fabs (a) > huge && isfinite (a); }
static int any_huge (const double a[3]) { return is_huge (a[0]) || is_huge (a[1]) || is_huge (a[2]); }

static void judge_values (const struct values *a, const struct share *mine, const struct units *u, struct faults *out)
{
  for (int64_t i = 0; i < mine->all; i++) {
    if (!all_finite (a->x[i]))
      note (out, FAULT_X, a->id[i]);
    if (!all_finite (a->v[i]))
      note (out, FAULT_V, a->id[i]);
    if (!isfinite (a->mass[i]))
      note (out, FAULT_MASS_NAN, a->id[i]);
    else if (a->mass[i] <= 0)
      note (out, FAULT_MASS, a->id[i]);
    if (any_huge (a->x[i]) || any_huge (a->v[i]) || is_huge (a->mass[i]))
      note (out, FAULT_HUGE, a->id[i]);
  }
  for (int64_t k = 0; k < mine->n[TYPE_HOLE]; k++) {
    int64_t i = mine->at[TYPE_HOLE] + k;
    double largest = u->G * a->mass[i] * a->mass[i] / u->c;
    if (!all_finite (a->spin[k]))
      note (out, FAULT_SPIN, a->id[i]);
    else if (norm3 (a->spin[k]) > largest * (1 + 1e-6)) /* single precision in the file */
      note (out, FAULT_CHI, a->id[i]);
  }
}

static uint64_t mix (uint64_t x) /* splitmix64 */
{
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
  return x ^ x >> 31;
}

static int id_rank (uint64_t id, int size) { return (int) (mix (id) % (uint64_t) size); }

static int compare_ids (const void *a, const void *b)
{
  uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;

  return (x > y) - (x < y);
}

/* Collective, agreed ST_MEMORY. Notes every ID that is given more than once, once, on the rank that its hash
   names. */
static enum status judge_ids (const struct comm *comm, const uint64_t *id, int64_t n, struct faults *out)
{
  int64_t *first = mem_alloc_zero ("id offsets", comm->size + 2, sizeof *first);
  uint64_t *sorted = mem_alloc ("ids by rank", n, sizeof *sorted), *received = NULL;
  int64_t *from = NULL;
  enum status st = status_agree (comm, first && sorted ? ST_OK : ST_MEMORY, NULL);

  if (st == ST_OK) {
    for (int64_t i = 0; i < n; i++)
      first[id_rank (id[i], comm->size) + 2]++;
    for (int q = 0; q < comm->size; q++)
      first[q + 2] += first[q + 1];
    for (int64_t i = 0; i < n; i++)
      sorted[first[id_rank (id[i], comm->size) + 1]++] = id[i];
    st = comm_exchange (comm, sorted, first, sizeof *sorted, (void **) &received, &from);
  }
  if (st == ST_OK) {
    int64_t n_here = from[comm->size];
    qsort (received, n_here, sizeof *received, compare_ids);
    for (int64_t i = 1; i < n_here; i++)
      if (received[i] == received[i - 1] && (i == 1 || received[i - 2] != received[i]))
        note (out, FAULT_TWICE, received[i]);
  }
  mem_free (&first);
  mem_free (&sorted);
  mem_free (&received);
  mem_free (&from);
  return st;
}

/* Collective, agreed. Puts the faults of all ranks together; rank 0 has the sentences. */
static enum status report_faults (const struct comm *comm, const char *file, const struct faults *mine)
{
  struct faults *all = NULL, sum = { { 0 }, { { 0 } } };
  enum status st = comm_gather_all (comm, mine, 1, sizeof *mine, (void **) &all, NULL);

  if (st != ST_OK)
    return st;
  for (int kind = 0; kind < N_FAULTS; kind++) {
    int64_t n = 0, named;
    char list[NAMED * 24] = "";
    for (int q = 0; q < comm->size; q++) {
      for (int i = 0; i < NAMED && i < all[q].n[kind]; i++)
        note (&sum, kind, all[q].id[kind][i]);
      n += all[q].n[kind];
    }
    named = n < NAMED ? n : NAMED;
    for (int i = 0; i < named; i++)
      snprintf (list + strlen (list), sizeof list - strlen (list), "%s%llu", i ? ", " : "",
                (unsigned long long) sum.id[kind][i]);
    if (n > 0 && comm->rank == 0)
      status_fail (ST_DATA, "%s: %lld %s: %s%s%s.", file, (long long) n, fault_words[kind][n > 1],
                   kind == FAULT_TWICE ? ""
                   : n > 1             ? "IDs "
                                       : "ID ",
                   list, n > named ? ", ..." : "");
    st = n > 0 ? ST_DATA : st;
  }
  mem_free (&all);
  return status_agree (comm, st, NULL);
}

/* ---- the box ---- */

static int fits (const double low[3], const double high[3], const double center[3], double length)
{
  for (int k = 0; k < 3; k++)
    if (high[k] - center[k] > 0.25 * length || center[k] - low[k] > 0.25 * length)
      return 0;
  return 1;
}

static void isolated_box (const double low[3], const double high[3], struct box *box)
{
  double extent = 0, center[3];
  int exponent;

  for (int k = 0; k < 3; k++)
    extent = fmax (extent, high[k] - low[k]);
  frexp (2 * extent, &exponent); /* 2^exponent > 2 extent */
  for (double length = extent > 0 ? ldexp (1, exponent) : 1;; length *= 2) {
    const double grain = length / 64;
    for (int k = 0; k < 3; k++)
      center[k] = nearbyint (0.5 * (low[k] + high[k]) / grain) * grain;
    if (fits (low, high, center, length)) {
      *box = (struct box){ .length = length, .periodic = 0 };
      for (int k = 0; k < 3; k++)
        box->corner[k] = center[k] - 0.5 * length;
      return;
    }
  }
}

/* Collective; the same on every rank. ST_DATA: a periodic box without a side. */
static enum status choose_box (const struct comm *comm, const struct params *params, const struct file_set *set,
                        const struct values *a, int64_t n, struct box *box)
{
  double low[3] = { INFINITY, INFINITY, INFINITY }, high[3] = { -INFINITY, -INFINITY, -INFINITY };

  for (int64_t i = 0; i < n; i++)
    for (int k = 0; k < 3; k++) {
      low[k] = fmin (low[k], a->x[i][k]);
      high[k] = fmax (high[k], a->x[i][k]);
    }
  for (int k = 0; k < 3; k++) {
    low[k] = comm_min_double (comm, low[k]);
    high[k] = comm_max_double (comm, high[k]);
  }
  if (params->Periodic)
    *box = (struct box){ .length = params->BoxSize > 0 ? params->BoxSize : set->box_size, .periodic = 1 };
  else
    isolated_box (low, high, box);
  return box->length > 0 && isfinite (box->length) ? ST_OK
         : status_fail (ST_DATA, "%s: Periodic = 1 needs the side of the box, but neither BoxSize nor the header "
                        "gives one (%g). Set BoxSize.", set->stem, box->length);
}

/* The integers of x. The difference from the centre is rounded once more inside; what that lost comes after. In a
 * periodic box x may lie anywhere: whole boxes are taken off first, exactly as far as they are few. */
static void place (const struct box *box, const double x[3], uint64_t position[3], double fraction[3])
{
  double lost[3], inside[3];

  for (int k = 0; k < 3; k++) {
    const double center = box->corner[k] + 0.5 * box->length;
    const double boxes = box->periodic ? nearbyint ((x[k] - center) / box->length) : 0;
    inside[k] = fma (-boxes, box->length, x[k]);
    double difference = inside[k] - center, back = difference - inside[k];
    lost[k] = (inside[k] - (difference - back)) - (center + back);
    fraction[k] = 0;
  }
  box_to_integer (box, inside, position, fraction);
  box_displace (box, position, lost, fraction);
}

/* ---- putting it together ---- */

/* An SMBH on its way to the table of all ranks. */
struct hole_row
{
  uint64_t id;
  double spin[3], fraction[3];
};

static int compare_rows (const void *a, const void *b) { return compare_ids (a, b); }

/* Collective, agreed ST_MEMORY. */
static enum status gather_holes (const struct comm *comm, const struct hole_row *mine, int64_t n_mine,
                                 struct holes *h)
{
  struct hole_row *all = NULL;
  int64_t *first = NULL;
  enum status st = comm_gather_all (comm, mine, n_mine, sizeof *mine, (void **) &all, &first);

  if (st != ST_OK)
    return st;
  int n = (int) first[comm->size];
  st = status_agree (comm, holes_reserve (h, n), NULL);
  if (st == ST_OK) {
    qsort (all, n, sizeof *all, compare_rows);
    for (int i = 0; i < n; i++) {
      h->id[i] = all[i].id;
      memcpy (h->spin[i], all[i].spin, sizeof all[i].spin);
      memcpy (h->fraction[i], all[i].fraction, sizeof all[i].fraction);
      h->step_hint[i] = 0;
    }
    h->n = n;
  }
  mem_free (&all);
  mem_free (&first);
  return st;
}

static void clear_fields (struct particles *p, int64_t n)
{
#define FIELD1(type, name, words) memset (p->name, 0, n * sizeof *p->name);
#define FIELD3(type, name, words) FIELD1 (type, name, words)
#include "data/particles.def"
#undef FIELD1
#undef FIELD3
  for (int64_t i = 0; i < n; i++)
    p->group[i] = -1;
}

/* Collective, agreed ST_MEMORY. From values to particles: positions, types, the table of SMBHs. */
static enum status settle (const struct comm *comm, const struct box *box, const struct share *mine,
                           const struct values *a, struct particles *p, struct holes *h)
{
  struct hole_row *rows = mem_alloc ("ic holes", mine->n[TYPE_HOLE], sizeof *rows);
  enum status st = status_agree (comm, rows ? ST_OK : ST_MEMORY, NULL);

  for (int t = 0; t < N_TYPES && st == ST_OK; t++)
    for (int64_t k = 0; k < mine->n[t]; k++) {
      int64_t i = mine->at[t] + k;
      double fraction[3];
      p->type[i] = (uint8_t) t;
      place (box, a->x[i], p->position[i], fraction);
      if (t == TYPE_HOLE) {
        rows[k].id = p->id[i];
        memcpy (rows[k].spin, a->spin[k], sizeof rows[k].spin);
        memcpy (rows[k].fraction, fraction, sizeof fraction);
      }
    }
  if (st == ST_OK)
    st = gather_holes (comm, rows, mine->n[TYPE_HOLE], h);
  mem_free (&rows);
  return st;
}

/* Collective, agreed. Reads the rows into x, spin and the arrays of p, and judges them. */
static enum status read_and_judge (const struct comm *comm, const struct params *params, const struct file_set *set,
                                   const struct share *mine, const struct values *a)
{
  const struct units u = params_units (params);
  struct faults faults = { { 0 }, { { 0 } } };
  enum status st = status_agree (comm, read_rows (set, mine, a), NULL);

  if (st != ST_OK)
    return st;
  judge_values (a, mine, &u, &faults);
  st = judge_ids (comm, a->id, mine->all, &faults);
  return st == ST_OK ? report_faults (comm, set->stem, &faults) : st;
}

enum status snapshot_read (const struct comm *comm, const struct params *params, const char *file, struct box *box,
                           struct particles *p, struct holes *h, double *time)
{
  struct file_set set;
  enum status st = status_agree (comm, comm->rank == 0 ? open_set (file, &set) : ST_OK, NULL);

  if (st != ST_OK)
    return st;
  comm_broadcast (comm, &set, sizeof set, 0);
  warn_of_header (&set, params);
  const struct share mine = share_of (comm, &set);
  double (*x)[3] = mem_alloc ("ic coordinates", mine.all, sizeof *x);
  double (*spin)[3] = mem_alloc_zero ("ic spins", mine.n[TYPE_HOLE], sizeof *spin);
  st = x && spin ? particles_reserve (p, mine.all) : ST_MEMORY;
  st = status_agree (comm, st, NULL);
  if (st == ST_OK) {
    clear_fields (p, mine.all);
    const struct values values = { x, p->velocity, p->mass, spin, p->id };
    st = read_and_judge (comm, params, &set, &mine, &values);
    if (st == ST_OK) {
      st = status_agree (comm, choose_box (comm, params, &set, &values, mine.all, box), NULL);
      if (st == ST_OK)
        st = settle (comm, box, &mine, &values, p, h);
    }
  }
  mem_free (&x);
  mem_free (&spin);
  if (st != ST_OK)
    return st;
  p->n = mine.all;
  p->n_global = comm_sum (comm, mine.all);
  *time = set.time;
  return ST_OK;
}
