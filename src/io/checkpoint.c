/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A checkpoint is a list of columns: the fields of particles.def, the columns of the SMBH table, the box, and the
 * items of run state. Writing and reading go through the same list, so a new field is written, read and checked
 * without a line here. Particles are stored in the order (rank, index): cut anywhere, they are the same sequence
 * on any number of ranks.
 *
 * The dataset /Checksums holds one number per column and, last, the hash of these numbers. HDF5 itself guards its
 * metadata with checksums. Together a flipped bit anywhere in what counts is found before the run goes on, and the
 * next older checkpoint is tried. The parameters stand in an attribute for people; a resumed run takes its own.
 */
#define _GNU_SOURCE /* open_memstream */
#include "io/checkpoint.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/log.h"
#include "base/mem.h"
#include "io/hdf.h"
#include "io/output.h"

enum { KEPT = 2, MAX_LISTED = 64, NAME = 80 };

struct column
{
  char name[NAME];
  hid_t type;
  int width;
  int shared; /* all ranks hold all rows; else each its own */
  void *data; /* borrowed */
};

struct columns
{
  struct column *list; /* owned */
  int n;
};

/* clang-format off */
#define TYPE_OF(type) \
  _Generic ((type) 0, double: H5T_NATIVE_DOUBLE, float: H5T_NATIVE_FLOAT, uint64_t: H5T_NATIVE_UINT64, \
            int32_t: H5T_NATIVE_INT32, uint8_t: H5T_NATIVE_UINT8, int8_t: H5T_NATIVE_INT8)
/* clang-format on */

static void add (struct columns *c, const char *group, const char *name, hid_t type, int width, int shared,
                 void *data)
{
  struct column *new = &c->list[c->n++];

  *new = (struct column){ .type = type, .width = width, .shared = shared, .data = data };
  snprintf (new->name, sizeof new->name, "%s/%s", group, name);
}

static void add_particles (struct columns *c, const struct particles *p)
{
#define FIELD1(type, name, words) add (c, "Particles", #name, TYPE_OF (type), 1, 0, p->name);
#define FIELD3(type, name, words) add (c, "Particles", #name, TYPE_OF (type), 3, 0, p->name);
#include "data/particles.def"
#undef FIELD1
#undef FIELD3
}

_Static_assert(sizeof (struct holes) == 2 * sizeof (int) + 4 * sizeof (void *), "columns of holes");

static void add_holes (struct columns *c, const struct holes *h)
{
  add (c, "Holes", "id", H5T_NATIVE_UINT64, 1, 1, h->id);
  add (c, "Holes", "spin", H5T_NATIVE_DOUBLE, 3, 1, h->spin);
  add (c, "Holes", "fraction", H5T_NATIVE_DOUBLE, 3, 1, h->fraction);
  add (c, "Holes", "step_hint", H5T_NATIVE_DOUBLE, 1, 1, h->step_hint);
}

static void add_box (struct columns *c, struct box *box)
{
  add (c, "Box", "corner", H5T_NATIVE_DOUBLE, 1, 1, box->corner);
  add (c, "Box", "length", H5T_NATIVE_DOUBLE, 1, 1, &box->length);
  add (c, "Box", "periodic", H5T_NATIVE_INT, 1, 1, &box->periodic);
}

static void add_items (struct columns *c, const struct checkpoint_item *items, int n_items)
{
  for (int k = 0; k < n_items; k++)
    add (c, "State", items[k].name, items[k].kind == CHECKPOINT_I64 ? H5T_NATIVE_INT64 : H5T_NATIVE_DOUBLE, 1, 1,
         items[k].data);
}

static enum status columns_create (const struct comm *comm, int n_items, struct columns *out)
{
  *out = (struct columns){ .list = mem_alloc ("checkpoint columns", 64 + n_items, sizeof *out->list) };
  return status_agree (comm, out->list ? ST_OK : ST_MEMORY, NULL);
}

/* The whole column's rows: particles, SMBHs, box, items, in the order of the list. */
static int64_t rows_of (const struct column *c, int64_t n_particles, const struct holes *h,
                        const struct checkpoint_item *items, int n_items)
{
  if (!c->shared)
    return n_particles;
  if (strncmp (c->name, "Holes/", 6) == 0)
    return h->n;
  for (int k = 0; k < n_items; k++)
    if (c->data == items[k].data && strcmp (c->name + 6, items[k].name) == 0)
      return items[k].n;
  return strcmp (c->name, "Box/corner") == 0 ? 3 : 1;
}

static void path_of (const char *dir, int64_t number, char *out, size_t size)
{
  snprintf (out, size, "%s/checkpoint_%06lld.hdf5", dir, (long long) number);
}

/* Rank 0. The numbers of the checkpoints in a directory, newest first; at most MAX_LISTED. */
static int list_numbers (const char *dir, int64_t *numbers)
{
  DIR *list = opendir (dir);
  int n = 0;

  for (struct dirent *e = list ? readdir (list) : NULL; e && n < MAX_LISTED; e = readdir (list)) {
    long long number;
    int end = 0;
    if (sscanf (e->d_name, "checkpoint_%lld.hdf5%n", &number, &end) != 1 || end == 0 || e->d_name[end] != '\0')
      continue;
    int place = n++;
    for (; place > 0 && numbers[place - 1] < number; place--)
      numbers[place] = numbers[place - 1];
    numbers[place] = number;
  }
  if (list)
    closedir (list);
  return n;
}

/* ---- writing ---- */

struct rows
{
  const char *data;
  size_t bytes;
};

static void fill_rows (const void *context, int64_t from, int64_t n, void *out)
{
  const struct rows *rows = context;

  memcpy (out, rows->data + from * rows->bytes, n * rows->bytes);
}

static void write_parameter_text (struct hdf *f, const struct params *params)
{
  char *text = NULL;
  size_t size = 0;
  FILE *stream = open_memstream (&text, &size);
  int failed = !stream || params_write_used (params, stream) != ST_OK;

  if (stream)
    fclose (stream);
  hdf_attribute_text (f, "/", "parameters", failed || !text ? "" : text);
  free (text);
}

static void fill_checksums (const void *context, int64_t from, int64_t n, void *out)
{
  memcpy (out, (const uint64_t *) context + from, n * sizeof (uint64_t));
}

static void create_columns (struct hdf *f, const struct columns *c, const int64_t *rows, const struct params *params)
{
  static const char *const groups[] = { "Particles", "Holes", "Box", "State" };

  for (int k = 0; k < 4; k++)
    hdf_group (f, groups[k]);
  write_parameter_text (f, params);
  for (int k = 0; k < c->n; k++)
    hdf_rows_create (f, c->list[k].name, c->list[k].type, c->list[k].width, rows[k]);
  hdf_rows_create (f, "Checksums", H5T_NATIVE_UINT64, 1, c->n + 1);
  hdf_take_space (f);
}

static void write_columns (struct hdf *f, const struct columns *c, const int64_t *rows, int64_t first, int64_t n,
                           uint64_t *checksum)
{
  const int rank = f->comm->rank;

  for (int k = 0; k < c->n; k++) {
    const struct column *col = &c->list[k];
    const struct rows source = { col->data, col->width * H5Tget_size (col->type) };
    const int64_t mine = !col->shared ? n : rank == 0 ? rows[k] : 0;
    checksum[k] =
      hdf_rows_write (f, col->name, col->type, col->width, col->shared ? 0 : first, mine, fill_rows, &source);
  }
  checksum[c->n] = XXH3_64bits (checksum, c->n * sizeof *checksum);
  hdf_rows_write (f, "Checksums", H5T_NATIVE_UINT64, 1, 0, rank == 0 ? c->n + 1 : 0, fill_checksums, checksum);
}

/* Rank 0. All but the newest KEPT go; that one cannot be removed is no reason to stop a run. */
static void remove_old (const char *dir)
{
  int64_t numbers[MAX_LISTED];
  int n = list_numbers (dir, numbers);
  char path[OUTPUT_PATH];

  for (int k = KEPT; k < n; k++) {
    path_of (dir, numbers[k], path, sizeof path);
    if (unlink (path) != 0)
      log_warn ("checkpoint", "cannot remove the old checkpoint %s", path);
  }
}

/* Collective, agreed. The name of the next checkpoint; makes the directory. */
static enum status next_path (const struct comm *comm, const char *dir, char path[OUTPUT_PATH])
{
  int64_t numbers[MAX_LISTED];
  enum status st = ST_OK;

  if (comm->rank == 0) {
    st = output_directory (dir);
    path_of (dir, list_numbers (dir, numbers) > 0 ? numbers[0] + 1 : 0, path, OUTPUT_PATH);
  }
  st = status_agree (comm, st, NULL);
  comm_broadcast (comm, path, OUTPUT_PATH, 0);
  return st;
}

static int64_t bytes_of_columns (const struct columns *c, const int64_t *rows)
{
  int64_t bytes = 0;

  for (int k = 0; k < c->n; k++)
    bytes += rows[k] * c->list[k].width * (int64_t) H5Tget_size (c->list[k].type);
  return bytes;
}

static enum status write_file (const struct comm *comm, const char *path, const struct params *params,
                               const struct columns *c, const int64_t *rows, int64_t n, uint64_t *checksum)
{
  char temporary[OUTPUT_PATH];
  struct hdf f;

  output_temporary (path, temporary, sizeof temporary);
  if (hdf_create_sized (comm, temporary, bytes_of_columns (c, rows), &f) == ST_OK) {
    create_columns (&f, c, rows, params);
    write_columns (&f, c, rows, comm_scan (comm, n, NULL), n, checksum);
  }
  enum status st = hdf_close (&f);
  if (comm->rank == 0 && st == ST_OK)
    st = output_commit (path);
  else if (comm->rank == 0)
    unlink (temporary);
  return status_agree (comm, st, NULL);
}

enum status checkpoint_write (const struct comm *comm, const char *dir, const struct params *params,
                              const struct box *box, const struct particles *p, const struct holes *h,
                              const struct checkpoint_item *items, int n_items)
{
  struct box copy = *box;
  struct columns c;
  char path[OUTPUT_PATH] = "";
  int64_t *rows = NULL, total = comm_sum (comm, p->n);
  uint64_t *checksum = NULL;
  enum status st = columns_create (comm, n_items, &c);

  if (st == ST_OK) {
    add_particles (&c, p);
    add_holes (&c, h);
    add_box (&c, &copy);
    add_items (&c, items, n_items);
    rows = mem_alloc ("checkpoint rows", c.n, sizeof *rows);
    checksum = mem_alloc ("checksums", c.n + 1, sizeof *checksum);
    st = status_agree (comm, rows && checksum ? ST_OK : ST_MEMORY, NULL);
  }
  if (st == ST_OK) {
    for (int k = 0; k < c.n; k++)
      rows[k] = rows_of (&c.list[k], total, h, items, n_items);
    st = next_path (comm, dir, path);
  }
  if (st == ST_OK)
    st = write_file (comm, path, params, &c, rows, p->n, checksum);
  if (st == ST_OK && comm->rank == 0)
    remove_old (dir);
  mem_free (&rows);
  mem_free (&checksum);
  mem_free (&c.list);
  return st;
}

/* ---- reading ---- */

/* Local. The checksums of the file, and whether they are what was written. */
static enum status read_checksums (struct hdf *f, int n, uint64_t *checksum)
{
  int64_t rows;
  int columns;
  H5T_class_t class;
  bool is_signed;

  if (f->st != ST_OK)
    return f->st;
  if (!hdf_shape (f, "Checksums", &rows, &columns, &class, &is_signed))
    return f->st = status_fail (ST_DATA, "%s: is no checkpoint (the dataset Checksums is missing).", f->path);
  if (rows != n + 1)
    return f->st = status_fail (ST_DATA,
                                "%s: was written by another version of the program: it has %lld columns, "
                                "not %d.",
                                f->path, (long long) rows - 1, n);
  hdf_rows_read (f, "Checksums", H5T_NATIVE_UINT64, 1, 0, n + 1, checksum, NULL);
  if (f->st == ST_OK && checksum[n] != XXH3_64bits (checksum, n * sizeof *checksum))
    f->st = status_fail (ST_DATA, "%s: the list of checksums is damaged.", f->path);
  return f->st;
}

/* Local. How many particles and SMBHs there are; makes room for this rank's share. */
static enum status make_room (const struct comm *comm, struct hdf *f, struct particles *p, struct holes *h,
                              int64_t *total, int64_t *n_holes)
{
  int columns;
  H5T_class_t class;
  bool is_signed;

  if (f->st != ST_OK)
    return f->st;
  if (!hdf_shape (f, "Particles/id", total, &columns, &class, &is_signed)
      || !hdf_shape (f, "Holes/id", n_holes, &columns, &class, &is_signed))
    return f->st = status_fail (ST_DATA, "%s: is no checkpoint (particles or SMBHs are missing).", f->path);
  int64_t share = (int64_t) ((__int128) *total * (comm->rank + 1) / comm->size)
                  - (int64_t) ((__int128) *total * comm->rank / comm->size);
  f->st = particles_reserve (p, share);
  if (f->st == ST_OK)
    f->st = holes_reserve (h, (int) *n_holes);
  p->n = f->st == ST_OK ? share : 0;
  h->n = f->st == ST_OK ? (int) *n_holes : 0;
  return f->st;
}

/* Collective. Reads all columns and compares checksums; f->st is agreed upon afterwards. */
static void read_columns (const struct comm *comm, struct hdf *f, const struct columns *c, const int64_t *rows,
                          int64_t n, const uint64_t *checksum, uint64_t *found)
{
  const int64_t first = comm_scan (comm, n, NULL);

  memset (found, 0, c->n * sizeof *found);
  for (int k = 0; k < c->n && f->st == ST_OK; k++) {
    const struct column *col = &c->list[k];
    int64_t there = -1;
    int width;
    H5T_class_t class;
    bool is_signed;
    if (!hdf_shape (f, col->name, &there, &width, &class, &is_signed) || there != rows[k] || width != col->width)
      f->st = status_fail (ST_DATA, "%s: %s has %lld rows, and %lld were expected.", f->path, col->name,
                           (long long) there, (long long) rows[k]);
    hdf_rows_read (f, col->name, col->type, col->width, col->shared ? 0 : first, col->shared ? rows[k] : n, col->data,
                   &found[k]);
  }
  f->st = status_agree (comm, f->st, NULL);
  for (int k = 0; k < c->n && f->st == ST_OK; k++) {
    if (!c->list[k].shared)
      MPI_TRY (MPI_Allreduce (MPI_IN_PLACE, &found[k], 1, MPI_UINT64_T, MPI_BXOR, comm->mpi));
    if (found[k] != checksum[k])
      f->st = status_fail (ST_DATA, "%s: %s is damaged (its checksum does not hold).", f->path, c->list[k].name);
  }
}

struct target
{
  struct box *box;
  struct particles *p;
  struct holes *h;
  const struct checkpoint_item *items;
  int n_items;
};

/* Collective, agreed. */
static enum status read_file (const struct comm *comm, const char *path, const struct target *to)
{
  struct columns c;
  struct hdf f;
  int64_t total = 0, n_holes = 0, *rows = NULL;
  uint64_t *checksum = NULL;
  enum status st = columns_create (comm, to->n_items, &c);

  if (st != ST_OK)
    return st;
  hdf_open (path, &f);
  make_room (comm, &f, to->p, to->h, &total, &n_holes);
  f.st = status_agree (comm, f.st, NULL);
  if (f.st == ST_OK) {
    add_particles (&c, to->p);
    add_holes (&c, to->h);
    add_box (&c, to->box);
    add_items (&c, to->items, to->n_items);
    rows = mem_alloc ("checkpoint rows", c.n, sizeof *rows);
    checksum = mem_alloc ("checksums", 2 * (c.n + 1), sizeof *checksum);
    if (!rows || !checksum)
      f.st = ST_MEMORY;
    for (int k = 0; k < c.n && f.st == ST_OK; k++)
      rows[k] = rows_of (&c.list[k], total, to->h, to->items, to->n_items);
    read_checksums (&f, c.n, checksum);
    f.st = status_agree (comm, f.st, NULL);
  }
  if (f.st == ST_OK)
    read_columns (comm, &f, &c, rows, to->p->n, checksum, checksum + c.n + 1);
  mem_free (&rows);
  mem_free (&checksum);
  mem_free (&c.list);
  st = hdf_close (&f);
  return status_agree (comm, st, NULL);
}

enum status checkpoint_read (const struct comm *comm, const char *dir, const struct params *params, struct box *box,
                             struct particles *p, struct holes *h, const struct checkpoint_item *items, int n_items)
{
  const struct target to = { box, p, h, items, n_items };
  int64_t numbers[MAX_LISTED] = { 0 }, n = comm->rank == 0 ? list_numbers (dir, numbers) : 0;
  char path[OUTPUT_PATH];

  (void) params;
  n = comm_max (comm, n);
  comm_broadcast (comm, numbers, sizeof numbers, 0);
  for (int k = 0; k < n; k++) {
    path_of (dir, numbers[k], path, sizeof path);
    enum status st = read_file (comm, path, &to);
    if (st == ST_OK) {
      p->n_global = comm_sum (comm, p->n);
      if (k > 0)
        log_say ("warning: newer checkpoints were rejected, the run goes on from %s:\n%s", path, status_message ());
      status_clear ();
      return ST_OK;
    }
    if (st == ST_MEMORY)
      return st;
  }
  p->n = 0;
  h->n = 0;
  enum status st = n == 0 ? ST_NOINPUT : ST_DATA;
  if (comm->rank == 0 && n == 0)
    status_fail (st,
                 "There is no checkpoint in %s to resume from. Start the run without flag 1, or from a snapshot "
                 "with flag 2.",
                 dir);
  else if (comm->rank == 0)
    status_fail (st, "No checkpoint in %s can be used. Start from a snapshot with flag 2.", dir);
  return status_agree (comm, st, NULL);
}
