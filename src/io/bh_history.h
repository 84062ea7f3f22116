/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The history of the SMBHs at high cadence, OutputDir/ketju_bhs.hdf5, in KETJU's layout (doc/formats.md). Rank 0
 * keeps the file; all ranks may make all calls. Rows are buffered and appended in bh_history_flush, which opens
 * and closes the file, so that others may read it while the run goes on.
 */
#ifndef CATENA_BH_HISTORY_H
#define CATENA_BH_HISTORY_H

#include <stdint.h>

#include "areg.h"
#include "base/comm.h"
#include "base/status.h"
#include "base/units.h"
#include "params/params.h"

/* One SMBH at one instant, code units, in the coordinates of the run: in comoving runs comoving position and momentum
 * a^2 dx/dt. */
struct bh_row
{
  uint64_t id;
  double position[3], velocity[3];
  double spin[3]; /* angular momentum */
  double mass;
  int32_t n_particles_in_region, n_holes_in_region;
};

struct bh_history; /* opaque */

/* Collective, agreed. keep_timesteps = -1: a new file. Otherwise the file is cut to its first `keep_timesteps`
 * instants and `keep_mergers` mergers (the counts at the checkpoint); if it is damaged or lost, the copy made by
 * bh_history_secure takes its place. ST_CANTCREAT, ST_IOERR, ST_MEMORY. *out belongs to the caller. */
enum status bh_history_open (const struct comm *comm, const struct params *params, const struct units *units,
                             int64_t keep_timesteps, int64_t keep_mergers, struct bh_history **out);
/* Collective, agreed. For a start from a snapshot: how many instants and mergers of the file in OutputDir are not
 * after `time`, to be given to bh_history_open; -1 and -1 if there is no file. ST_IOERR if it cannot be read. */
enum status bh_history_until (const struct comm *comm, const struct params *params, double time,
                              int64_t *keep_timesteps, int64_t *keep_mergers);
/* Local, rank 0 acts. Rows of one instant, in comoving runs too of physical time (cosmology_age); the same instant
 * again, from another region, adds no second row of /timesteps, and the same SMBH at the same instant no second row
 * of its own. Trouble (memory) shows at the next flush. */
void bh_history_add (struct bh_history *history, double time, const struct bh_row *rows, int n);
/* Local, rank 0 acts. */
void bh_history_merger (struct bh_history *history, const struct areg_merger *merger);
/* Collective, agreed. Appends what is buffered. If a reader holds the file the rows wait for the next time, and
 * that is no failure. ST_IOERR if the disk is full: what is buffered stays buffered. */
enum status bh_history_flush (struct bh_history *history);
/* Collective, agreed. Before a checkpoint: flush in any case (a reader may then see the file change under its
 * hands), and leave a copy in OutputDir/restartfiles, from which a file damaged by a crash is restored. */
enum status bh_history_secure (struct bh_history *history);
/* Collective; the same on all ranks. Rows so far, buffered ones included. */
int64_t bh_history_timesteps (const struct bh_history *history);
int64_t bh_history_mergers (const struct bh_history *history);
/* Collective, agreed. Last flush, in any case, and release; sets the pointer to NULL. */
enum status bh_history_close (struct bh_history **history);

#endif
