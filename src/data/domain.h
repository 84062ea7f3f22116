/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which rank owns which interval of Hilbert keys; moves particles there.
 */
#ifndef CATENA_DOMAIN_H
#define CATENA_DOMAIN_H

#include "base/comm.h"
#include "data/particles.h"

/* Collective, agreed ST_MEMORY. Afterwards rank q holds the q-th interval of the order (Hilbert key, id), sorted; the
 * intervals hold equal shares of the measured work plus a share of memory, to 1 %, and their ends lie on the coarsest
 * octree cells that allow this. Who owns what never changes a result. */
enum status domain_decompose (const struct comm *comm, struct particles *p);

#endif
