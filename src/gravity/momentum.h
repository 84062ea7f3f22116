/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes the net force out of a solve: internal forces of a set add up to nothing.
 */
#ifndef CATENA_MOMENTUM_H
#define CATENA_MOMENTUM_H

#include "base/comm.h"
#include "gravity/forest.h"
#include "gravity/walk.h"

/* Collective. a_i -= w_i F / sum_j m_j w_j for all own bodies, F = sum_j m_j a_j over all ranks, with w_i the |a| by
 * which the walk judged the errors of body i. The same bits on any number of ranks and threads. Returns |F| / sum_j
 * m_j |a_j| before. Sums that are not finite are left as they are, and the return is then 0. */
double momentum_balance (const struct comm *comm, const struct forest *f, struct sums *sums);

#endif
