/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The output directory, and how a file gets into it: written under a temporary name beside its place, pushed
 * to the disk, then renamed. Whoever looks sees the whole file or none.
 */
#ifndef CATENA_OUTPUT_H
#define CATENA_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/comm.h"
#include "base/status.h"

enum { OUTPUT_PATH = 2048 }; /* bytes of a path, its end included; longer ones are cut and then not found */
enum output_mode { OUTPUT_NEW, OUTPUT_FORCE, OUTPUT_RESUME };

/* Collective. Creates `dir` (and its parents) if need be. OUTPUT_NEW refuses a directory that holds a run
 * (ST_CANTCREAT, naming what was found); OUTPUT_FORCE removes the former run's files of the kinds listed in
 * doc/formats.md and nothing else; OUTPUT_RESUME leaves everything. Leftover temporary files go in any case. */
enum status output_prepare (const struct comm *comm, const char *dir, enum output_mode mode);
/* Local, one rank. Removes what a run wrote that failed before its first step was done, so that the mended run is not
 * refused: all of its files but log.txt, parameters-usedvalues and dumps of regions. ST_CANTCREAT. */
enum status output_take_back (const char *dir);

/* Local. The name under which `path` is written until it is whole. */
void output_temporary (const char *path, char *out, size_t size);
/* Local, one rank. Pushes the temporary file of `path` to the disk, gives it its name, and pushes the
 * directory entry. ST_IOERR, with the temporary file removed. */
enum status output_commit (const char *path);
/* Local, one rank. Creates one directory; fine if it is there. ST_CANTCREAT. */
enum status output_directory (const char *path);
/* Local, one rank. Makes an empty file of that name after having made sure that `bytes` bytes would fit:
 * ST_CANTCREAT, or ST_IOERR with what is needed and what is free; then there is no such file. */
enum status output_try_space (const char *path, int64_t bytes);
/* Local, one rank. Takes the disk space of the first `bytes` bytes of an open or closed file without changing its
 * contents, so that a full disk shows before the data are on their way. ST_IOERR. */
enum status output_take_space (const char *path, int64_t bytes);
/* Local, one rank. Copies a file aside, then renames: `to` is the old file or the whole new one. ST_IOERR. */
enum status output_copy (const char *from, const char *to);

#endif
