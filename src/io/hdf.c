/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See hdf.h. Writing is collective MPI-IO: all ranks make the same calls in the same order, and after each act
 * that one rank alone may fail the ranks agree, since the next act needs all of them. Rows go in pieces of at most
 * PIECE_BYTES, which bounds the memory for conversion and keeps each transfer far below the 2 GB that MPI-IO
 * counts in an int.
 *
 * A full disk is the one failure that happens to everybody some day, and MPI-IO is at its worst there: errors show
 * late or only as bytes missing. So datasets are contiguous with their space assigned at creation, and
 * hdf_take_space makes the file system reserve it before any data are written.
 *
 * Reading is done by each rank for itself with plain POSIX reads: a damaged file is then a local fault with a
 * local sentence, agreed upon by the caller.
 */
#include "io/hdf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/mem.h"

enum {
  PIECE_BYTES = 1 << 25,
  METADATA_BYTES = 1 << 17 /* more than the headers of any file of ours */
};

/* The innermost entry of HDF5's error stack says what happened; the outer ones only who asked. */
static herr_t innermost (unsigned n, const H5E_error2_t *e, void *out)
{
  if (n == 0)
    snprintf (out, 256, "%s", e->desc ? e->desc : "");
  return 0;
}

static void fail (struct hdf *f, enum status st, const char *act, const char *what)
{
  char why[256] = "";

  if (f->st != ST_OK)
    return;
  H5Ewalk2 (H5E_DEFAULT, H5E_WALK_UPWARD, innermost, why);
  f->st = status_fail (st, "%s: cannot %s %s%s%s.", f->path, act, what, why[0] ? ": HDF5 says " : "", why);
}

static void agree (struct hdf *f)
{
  if (f->comm)
    f->st = status_agree (f->comm, f->st, NULL);
}

/* HDF5 prints nothing: what went wrong is in our sentence. */
void hdf_start (void) { H5Eset_auto2 (H5E_DEFAULT, NULL, NULL); }

static void start (struct hdf *f, const struct comm *comm, const char *path)
{
  *f = (struct hdf){ .comm = comm, .id = H5I_INVALID_HID, .st = ST_OK };
  snprintf (f->path, sizeof f->path, "%s", path);
  hdf_start ();
}

enum status hdf_create_sized (const struct comm *comm, const char *path, int64_t bytes, struct hdf *out)
{
  start (out, comm, path);
  if (!comm || comm->rank == 0)
    out->st = output_try_space (path, bytes + METADATA_BYTES);
  agree (out);
  if (out->st != ST_OK)
    return out->st;
  hid_t access = H5Pcreate (H5P_FILE_ACCESS), create = H5Pcreate (H5P_FILE_CREATE);
  H5Pset_libver_bounds (access, H5F_LIBVER_V18, H5F_LIBVER_LATEST); /* checksummed metadata, readable since 2008 */
  H5Pset_obj_track_times (create, false);
  if (comm) {
    H5Pset_fapl_mpio (access, comm->mpi, MPI_INFO_NULL);
    H5Pset_coll_metadata_write (access, true);
  }
  out->id = H5Fcreate (path, H5F_ACC_TRUNC, create, access);
  if (out->id < 0)
    fail (out, ST_CANTCREAT, "create", "the file");
  H5Pclose (access);
  H5Pclose (create);
  agree (out);
  return out->st;
}

enum status hdf_create (const struct comm *comm, const char *path, struct hdf *out)
{
  return hdf_create_sized (comm, path, 0, out);
}

enum status hdf_open (const char *path, struct hdf *out)
{
  int file = open (path, O_RDONLY | O_CLOEXEC);
  struct stat about;

  start (out, NULL, path);
  if (file < 0)
    return out->st = status_fail (ST_NOINPUT, "%s: cannot open: %s.", path, strerror (errno));
  if (fstat (file, &about) == 0 && S_ISDIR (about.st_mode))
    out->st = status_fail (ST_DATA, "%s: is a directory, and an HDF5 file was expected.", path);
  else if (H5Fis_hdf5 (path) <= 0)
    out->st = status_fail (ST_DATA, "%s: is not an HDF5 file (%lld bytes).", path, (long long) about.st_size);
  else if ((out->id = H5Fopen (path, H5F_ACC_RDONLY, H5P_DEFAULT)) < 0)
    fail (out, ST_DATA, "open", "it; it is damaged, truncated, or being written by another program");
  close (file);
  return out->st;
}

enum status hdf_close (struct hdf *f)
{
  /* A file given up gives back its space first: HDF5 does not survive a close that cannot write. */
  if (f->st != ST_OK && f->bytes > 0 && (!f->comm || f->comm->rank == 0) && truncate (f->path, 0) != 0)
    unlink (f->path);
  if (f->id >= 0 && H5Fclose (f->id) < 0)
    fail (f, ST_IOERR, "close", "the file");
  f->id = H5I_INVALID_HID;
  agree (f);
  return f->st;
}

void hdf_group (struct hdf *f, const char *name)
{
  if (f->st != ST_OK)
    return;
  hid_t how = H5Pcreate (H5P_GROUP_CREATE);
  H5Pset_obj_track_times (how, false);
  hid_t group = H5Gcreate2 (f->id, name, H5P_DEFAULT, how, H5P_DEFAULT);
  if (group < 0 || H5Gclose (group) < 0)
    fail (f, ST_IOERR, "create group", name);
  H5Pclose (how);
  agree (f);
}

void hdf_attribute (struct hdf *f, const char *object, const char *name, hid_t type, int n, const void *value)
{
  hsize_t length = n;

  if (f->st != ST_OK)
    return;
  hid_t space = n == 0 ? H5Screate (H5S_SCALAR) : H5Screate_simple (1, &length, NULL);
  hid_t attribute = H5Acreate_by_name (f->id, object, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  if (attribute < 0 || H5Awrite (attribute, type, value) < 0)
    fail (f, ST_IOERR, "write attribute", name);
  if (attribute >= 0)
    H5Aclose (attribute);
  H5Sclose (space);
  agree (f);
}

void hdf_attribute_text (struct hdf *f, const char *object, const char *name, const char *text)
{
  hid_t type = H5Tcopy (H5T_C_S1);
  size_t size = strlen (text);

  H5Tset_size (type, size ? size : 1);
  H5Tset_strpad (type, H5T_STR_NULLPAD);
  hdf_attribute (f, object, name, type, 0, text);
  H5Tclose (type);
}

void hdf_rows_create (struct hdf *f, const char *name, hid_t type, int width, int64_t n)
{
  hsize_t dims[2] = { n, width };

  if (f->st != ST_OK)
    return;
  hid_t how = H5Pcreate (H5P_DATASET_CREATE);
  H5Pset_obj_track_times (how, false);
  H5Pset_layout (how, H5D_CONTIGUOUS);
  H5Pset_alloc_time (how, H5D_ALLOC_TIME_EARLY);
  H5Pset_fill_time (how, H5D_FILL_TIME_NEVER);
  hid_t space = H5Screate_simple (width > 1 ? 2 : 1, dims, NULL);
  hid_t set = H5Dcreate2 (f->id, name, type, space, H5P_DEFAULT, how, H5P_DEFAULT);
  if (set < 0 || H5Dclose (set) < 0)
    fail (f, ST_IOERR, "create dataset", name);
  f->bytes += n * width * (int64_t) H5Tget_size (type);
  H5Sclose (space);
  H5Pclose (how);
  agree (f);
}

void hdf_take_space (struct hdf *f)
{
  if (f->st != ST_OK)
    return;
  if (!f->comm || f->comm->rank == 0)
    f->st = output_take_space (f->path, f->bytes + METADATA_BYTES);
  agree (f);
}

static uint64_t rows_checksum (const void *rows, size_t row_bytes, int64_t first, int64_t n)
{
  uint64_t sum = 0;

  for (int64_t i = 0; i < n; i++)
    sum ^= XXH3_64bits_withSeed ((const char *) rows + i * row_bytes, row_bytes, first + i);
  return sum;
}

/* Selects the rows in the file and makes the matching space in memory. No rows: nothing is selected in either. */
static hid_t select_rows (hid_t in_file, int width, int64_t first, int64_t n)
{
  hsize_t start[2] = { first, 0 }, count[2] = { n, width };
  hid_t in_memory = H5Screate_simple (width > 1 ? 2 : 1, count, NULL);

  if (n > 0)
    H5Sselect_hyperslab (in_file, H5S_SELECT_SET, start, NULL, count, NULL);
  else {
    H5Sselect_none (in_file);
    H5Sselect_none (in_memory);
  }
  return in_memory;
}

static int64_t piece_rows (size_t row_bytes) { return row_bytes < PIECE_BYTES ? PIECE_BYTES / row_bytes : 1; }

/* Collective: all ranks write as many pieces as the one with most rows, some of them empty. */
static uint64_t write_pieces (struct hdf *f, hid_t set, hid_t type, int width, int64_t first, int64_t n, void *buffer,
                              hdf_fill *fill, const void *context)
{
  const size_t row_bytes = width * H5Tget_size (type);
  const int64_t piece = piece_rows (row_bytes);
  const int64_t most = f->comm ? comm_max (f->comm, n) : n;
  hid_t in_file = H5Dget_space (set), how = H5Pcreate (H5P_DATASET_XFER);
  uint64_t sum = 0;
  bool good = true;

  if (f->comm)
    H5Pset_dxpl_mpio (how, H5FD_MPIO_COLLECTIVE);
  for (int64_t from = 0; from < most; from += piece) {
    int64_t here = n - from < piece ? n - from : piece;
    here = here > 0 ? here : 0;
    if (here > 0)
      fill (context, from, here, buffer);
    sum ^= rows_checksum (buffer, row_bytes, first + from, here);
    hid_t in_memory = select_rows (in_file, width, first + from, here);
    good &= H5Dwrite (set, type, in_memory, in_file, how, buffer) >= 0;
    H5Sclose (in_memory);
  }
  H5Sclose (in_file);
  H5Pclose (how);
  if (!good)
    fail (f, ST_IOERR, "write", "the data");
  return sum;
}

uint64_t hdf_rows_write (struct hdf *f, const char *name, hid_t type, int width, int64_t first, int64_t n,
                         hdf_fill *fill, const void *context)
{
  const size_t row_bytes = width * H5Tget_size (type);
  uint64_t sum = 0, all = 0;

  if (f->st != ST_OK)
    return 0;
  int64_t rows = n < piece_rows (row_bytes) ? n : piece_rows (row_bytes);
  void *buffer = mem_alloc ("file piece", rows, row_bytes);
  if (!buffer)
    f->st = ST_MEMORY;
  agree (f);
  hid_t set = f->st == ST_OK ? H5Dopen2 (f->id, name, H5P_DEFAULT) : -1;
  if (set < 0)
    fail (f, ST_IOERR, "open dataset", name);
  agree (f);
  if (f->st == ST_OK)
    sum = write_pieces (f, set, type, width, first, n, buffer, fill, context);
  if (set >= 0)
    H5Dclose (set);
  mem_free (&buffer);
  agree (f);
  all = sum;
  if (f->comm)
    MPI_TRY (MPI_Allreduce (&sum, &all, 1, MPI_UINT64_T, MPI_BXOR, f->comm->mpi));
  return all;
}

bool hdf_has (const struct hdf *f, const char *name)
{
  char path[512];

  snprintf (path, sizeof path, "%s", name);
  for (char *slash = strchr (path + 1, '/'); slash; slash = strchr (slash + 1, '/')) {
    *slash = '\0';
    if (H5Lexists (f->id, path, H5P_DEFAULT) <= 0)
      return false;
    *slash = '/';
  }
  return H5Lexists (f->id, path, H5P_DEFAULT) > 0;
}

bool hdf_has_attribute (const struct hdf *f, const char *object, const char *name)
{
  return hdf_has (f, object) && H5Aexists_by_name (f->id, object, name, H5P_DEFAULT) > 0;
}

int hdf_attribute_read (const struct hdf *f, const char *object, const char *name, hid_t type, int n, void *out)
{
  int n_read = 0;

  if (!hdf_has_attribute (f, object, name))
    return 0;
  hid_t attribute = H5Aopen_by_name (f->id, object, name, H5P_DEFAULT, H5P_DEFAULT);
  if (attribute < 0)
    return 0;
  hid_t space = H5Aget_space (attribute);
  hssize_t there = H5Sget_simple_extent_npoints (space);
  if (there > 0 && there <= n && H5Aread (attribute, type, out) >= 0)
    n_read = (int) there;
  H5Sclose (space);
  H5Aclose (attribute);
  return n_read;
}

bool hdf_shape (const struct hdf *f, const char *name, int64_t *rows, int *columns, H5T_class_t *class,
                bool *is_signed)
{
  hid_t set = f->st == ST_OK && hdf_has (f, name) ? H5Dopen2 (f->id, name, H5P_DEFAULT) : -1;
  hsize_t dims[2] = { 0, 1 };

  if (set < 0)
    return false;
  hid_t space = H5Dget_space (set), type = H5Dget_type (set);
  int rank = H5Sget_simple_extent_ndims (space);
  if (rank == 1 || rank == 2)
    H5Sget_simple_extent_dims (space, dims, NULL);
  *rows = dims[0];
  *columns = dims[1] < 1 << 30 ? (int) dims[1] : 1 << 30;
  *class = H5Tget_class (type);
  *is_signed = *class == H5T_INTEGER && H5Tget_sign (type) == H5T_SGN_2;
  H5Sclose (space);
  H5Tclose (type);
  H5Dclose (set);
  return rank == 1 || rank == 2;
}

static bool read_pieces (hid_t set, hid_t type, int width, int64_t first, int64_t n, char *out, uint64_t *checksum)
{
  const size_t row_bytes = width * H5Tget_size (type);
  const int64_t piece = piece_rows (row_bytes);
  hid_t in_file = H5Dget_space (set);
  hsize_t dims[2] = { 0, 1 };
  bool good = in_file >= 0;

  good = good && H5Sget_simple_extent_ndims (in_file) <= 2 && H5Sget_simple_extent_dims (in_file, dims, NULL) > 0
         && (int64_t) dims[0] >= first + n && (int64_t) dims[1] == width;
  for (int64_t from = 0; good && from < n; from += piece) {
    int64_t here = n - from < piece ? n - from : piece;
    hsize_t start[2] = { first + from, 0 }, count[2] = { here, width };
    hid_t in_memory = H5Screate_simple (2, count, NULL);
    H5Sselect_hyperslab (in_file, H5S_SELECT_SET, start, NULL, count, NULL);
    good = H5Dread (set, type, in_memory, in_file, H5P_DEFAULT, out + from * row_bytes) >= 0;
    if (good && checksum)
      *checksum ^= rows_checksum (out + from * row_bytes, row_bytes, first + from, here);
    H5Sclose (in_memory);
  }
  if (in_file >= 0)
    H5Sclose (in_file);
  return good;
}

void hdf_rows_read (struct hdf *f, const char *name, hid_t type, int width, int64_t first, int64_t n, void *out,
                    uint64_t *checksum)
{
  if (f->st != ST_OK || n == 0)
    return;
  hid_t set = hdf_has (f, name) ? H5Dopen2 (f->id, name, H5P_DEFAULT) : -1;
  if (set < 0 || !read_pieces (set, type, width, first, n, out, checksum))
    fail (f, ST_DATA, "read dataset", name);
  if (set >= 0)
    H5Dclose (set);
}
