/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many threads a rank should use. Results never depend on it.
 */
#ifndef CATENA_CORES_H
#define CATENA_CORES_H

#include "base/comm.h"

/* Collective. Where OMP_NUM_THREADS is not set, gives each rank its share of the cores that it may run on, counting
 * the ranks of the same machine that may run on them too; where it is set, warns if it asks for more. */
void cores_share (const struct comm *comm);

#endif
