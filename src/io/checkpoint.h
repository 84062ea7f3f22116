/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checkpoints: a file that holds every field of particles.def, the SMBH table, the box and the run state, readable
 * on any number of ranks. Every dataset carries a checksum of its contents that does not depend on who wrote it.
 */
#ifndef CATENA_CHECKPOINT_H
#define CATENA_CHECKPOINT_H

#include <stdint.h>

#include "base/comm.h"
#include "base/status.h"
#include "data/particles.h"
#include "params/params.h"

enum checkpoint_kind { CHECKPOINT_I64, CHECKPOINT_F64 };

/* A named piece of run state, the same on all ranks. `data` is borrowed. */
struct checkpoint_item
{
  const char *name;
  enum checkpoint_kind kind;
  void *data; /* n of int64_t or double */
  int64_t n;
};

/* Collective, agreed. Writes dir/checkpoint_NNNNNN.hdf5 with the next free number: aside, synced, renamed; then older
 * ones than the last two are removed. ST_IOERR or ST_CANTCREAT leave the former ones untouched. */
enum status checkpoint_write (const struct comm *comm, const char *dir, const struct params *params,
                              const struct box *box, const struct particles *p, const struct holes *h,
                              const struct checkpoint_item *items, int n_items);

/* Collective, agreed. Reads the newest checkpoint whose checksums all hold, in the order in which it was written,
 * cut into contiguous shares; p and h are empty before. An item must have been written with the same kind and n.
 * What was rejected, and why, is said in the log. ST_NOINPUT: there is none to read; ST_DATA: there are, none is
 * valid. */
enum status checkpoint_read (const struct comm *comm, const char *dir, const struct params *params, struct box *box,
                             struct particles *p, struct holes *h, const struct checkpoint_item *items, int n_items);

#endif
