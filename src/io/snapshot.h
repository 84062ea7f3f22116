/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Snapshots and initial conditions: GADGET-4's HDF5 layout, with the attributes that yt, pynbody and SWIFT look
 * for (doc/formats.md). Initial conditions are read from single or multi-file HDF5 of GADGET-4, AREPO and SWIFT
 * style.
 */
#ifndef CATENA_SNAPSHOT_H
#define CATENA_SNAPSHOT_H

#include "base/comm.h"
#include "base/status.h"
#include "data/particles.h"
#include "params/params.h"

/* Collective, agreed. Reads `file`: a name with or without .hdf5, the stem of a multi-file set (stem.0.hdf5, ...),
 * a directory snapdir_NNN, or a snapshot's stem whose files lie in its snapdir. Each rank gets a contiguous share
 * of the rows of each type; p (empty, zeroed) and h (empty, zeroed) are filled and *box is chosen: periodic from
 * the parameters or the header, isolated as the smallest cube of length 2^k about the centre of the particles'
 * extent in whose middle half they lie. Velocities are as the file has them (comoving runs: peculiar / sqrt a), and
 * *time is the header's. Fields that a file does not hold (work, bin, ...) are zero. ST_NOINPUT: no
 * such file (says what was tried). ST_DATA: not HDF5, truncated, gas, wrong shapes, NaN, masses not above zero,
 * IDs given twice, |chi| > 1; each with names and numbers. ST_MEMORY. */
enum status snapshot_read (const struct comm *comm, const struct params *params, const char *file, struct box *box,
                           struct particles *p, struct holes *h, double *time);

/* Collective, agreed. In comoving runs `time` is the scale factor, particles carry momenta, and the file gets
 * GADGET's velocities. Writes OutputDir/snapshot_NNN.hdf5, or OutputDir/snapdir_NNN/snapshot_NNN.K.hdf5 when
 * NumFilesPerSnapshot is above 1. Rows are in the order (type, rank, index), so that the file is the same for any
 * number of ranks as long as ranks hold contiguous pieces of one global order. Written aside, synced, renamed:
 * ST_IOERR (disk full) or ST_CANTCREAT leave no file. */
enum status snapshot_write (const struct comm *comm, const struct params *params, const struct box *box,
                            const struct particles *p, const struct holes *h, double time, int number);

/* The same into the one file `path`. */
enum status snapshot_write_file (const struct comm *comm, const char *path, const struct params *params,
                                 const struct box *box, const struct particles *p, const struct holes *h,
                                 double time);

/* Local. The path of snapshot `number`: the single file, or file 0 of a set. */
void snapshot_path (const struct params *params, int number, char *out, size_t size);

#endif
