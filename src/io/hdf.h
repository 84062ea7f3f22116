/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The little of HDF5 that the rest of io needs. A file is written by all ranks of a communicator, or by one
 * process alone; it is read by each rank for itself.
 *
 * Trouble is sticky: the first failure is recorded in `st` with its sentence, agreed upon where ranks work
 * together, and the calls after it do nothing. So a caller writes everything and looks once, at hdf_close.
 */
#ifndef CATENA_HDF_H
#define CATENA_HDF_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/comm.h"
#include "base/status.h"
#include "io/output.h"

struct hdf
{
  const struct comm *comm; /* borrowed; NULL: this process alone */
  hid_t id;
  enum status st;
  int64_t bytes; /* of the datasets created so far */
  char path[OUTPUT_PATH];
};

/* Local. Before any other use of HDF5, also elsewhere: keeps it from printing. The functions below call it
   themselves. */
void hdf_start (void);
/* Collective over comm (NULL: local). A new file, replacing one of that name. Metadata carry no times of day, so that
 * equal contents make equal files. ST_CANTCREAT. */
enum status hdf_create (const struct comm *comm, const char *path, struct hdf *out);
/* The same; makes sure beforehand that there is room for `bytes` bytes of data. ST_IOERR. */
enum status hdf_create_sized (const struct comm *comm, const char *path, int64_t bytes, struct hdf *out);
/* Local. For reading: ST_NOINPUT if it cannot be opened at all, ST_DATA if it is not HDF5 or is truncated. */
enum status hdf_open (const char *path, struct hdf *out);
/* Collective as hdf_create. Closes in any case and returns the file's status. */
enum status hdf_close (struct hdf *f);

/* Collective as hdf_create, same values on every rank, for all that follow up to hdf_rows_write. */
void hdf_group (struct hdf *f, const char *name);
/* n = 0: a scalar. */
void hdf_attribute (struct hdf *f, const char *object, const char *name, hid_t type, int n, const void *value);
void hdf_attribute_text (struct hdf *f, const char *object, const char *name, const char *text);
/* A dataset of n rows of `width` values (width 1: one-dimensional), its space taken, its contents undefined. */
void hdf_rows_create (struct hdf *f, const char *name, hid_t type, int width, int64_t n);
/* All datasets are there: takes their disk space, so that a full disk shows now (ST_IOERR, with the bytes needed). */
void hdf_take_space (struct hdf *f);

/* Puts rows from, from + 1, ... from + n - 1 (counted on this rank) into `out`. */
typedef void hdf_fill (const void *context, int64_t from, int64_t n, void *out);
/* Collective. This rank's n rows go to rows first, first + 1, ... of the dataset, `fill` giving them piece by
 * piece. Returns the checksum of all rows of all ranks, the same for any distribution: the exclusive or of a
 * 64-bit hash of each row with its number as seed. */
uint64_t hdf_rows_write (struct hdf *f, const char *name, hid_t type, int width, int64_t first, int64_t n,
                         hdf_fill *fill, const void *context);

/* Local, for all that follow. True if the object or every link on the way to it is there. */
bool hdf_has (const struct hdf *f, const char *name);
bool hdf_has_attribute (const struct hdf *f, const char *object, const char *name);
/* Reads up to n values, converted to the native `type`; returns how many there were, 0 if none or unreadable. */
int hdf_attribute_read (const struct hdf *f, const char *object, const char *name, hid_t type, int n, void *out);
/* Rows and columns of a dataset (1 column if one-dimensional), and its class; false if it is no such thing. */
bool hdf_shape (const struct hdf *f, const char *name, int64_t *rows, int *columns, H5T_class_t *class,
                bool *is_signed);
/* Rows first ... first + n - 1, converted to the native `type`, into `out`; XORs their checksum into *checksum if
 * not NULL. Failure is ST_DATA, sticky. */
void hdf_rows_read (struct hdf *f, const char *name, hid_t type, int width, int64_t first, int64_t n, void *out,
                    uint64_t *checksum);

#endif
