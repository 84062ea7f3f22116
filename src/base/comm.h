/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A communicator of our own, agreement on failures, small reductions, and sparse exchanges.
 *
 * Integer sums and all minima and maxima are exact in any order. There is deliberately no sum of
 * doubles here: sums that enter the physics or a log go through exact.h, which is independent of the
 * number of ranks.
 */
#ifndef CATENA_COMM_H
#define CATENA_COMM_H

#include <mpi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct comm
{
  MPI_Comm mpi; /* owned: a duplicate, with MPI_ERRORS_ARE_FATAL replaced by our own checks */
  int rank, size;
};

/* Every tag of the program. */
enum comm_tag { TAG_EXCHANGE = 1, TAG_COUNT, TAG_REQUEST, TAG_REPLY };

/* Every MPI call that can fail sits in MPI_TRY: a failing MPI leaves no state to return to. */
#define MPI_TRY(call)                                                                              \
  do {                                                                                             \
    int mpi_try_code = (call);                                                                     \
    if (mpi_try_code != MPI_SUCCESS)                                                               \
      comm_mpi_failed (mpi_try_code, #call, __FILE__, __LINE__);                                   \
  } while (0)
void comm_mpi_failed (int code, const char *call, const char *file, int line) __attribute__ ((noreturn));

/* Collective over `parent`. */
void comm_create (MPI_Comm parent, struct comm *out);
/* Collective. Splits like MPI_Comm_split; ranks with color < 0 get size 0. */
void comm_split (const struct comm *parent, int color, struct comm *out);
void comm_free (struct comm *comm);

/* Collective. The most severe status of all ranks, the same on all; if `who` is not NULL it receives
 * the lowest rank that has it (-1 when all are well). The sentence of that rank is copied to all. */
enum status status_agree (const struct comm *comm, enum status mine, int *who);

/* Collective. True everywhere if true anywhere. */
bool comm_any (const struct comm *comm, bool mine);
int64_t comm_sum (const struct comm *comm, int64_t mine);
int64_t comm_max (const struct comm *comm, int64_t mine);
int64_t comm_min (const struct comm *comm, int64_t mine);
double comm_max_double (const struct comm *comm, double mine);
double comm_min_double (const struct comm *comm, double mine);
/* Collective. Sum over lower ranks, and the total. */
int64_t comm_scan (const struct comm *comm, int64_t mine, int64_t *total);
void comm_sum_array (const struct comm *comm, int64_t *values, int n);

/* Collective. Bytes from every rank to every rank, in rank order: `first` has size+1 entries that count
 * elements. *out is allocated here (mem_alloc) and belongs to the caller; *first_out likewise. Counts
 * above 2^31 elements are served by a derived type. Fails (agreed) with ST_MEMORY. */
enum status comm_gather_all (const struct comm *comm, const void *mine, int64_t n, size_t element,
                             void **out, int64_t **first_out);

/* Collective, sparse. Element i of `send` for rank q lies in [first[q], first[q+1]). *received is
 * allocated here and ordered by source rank; *first_received has size+1 entries. Both belong to the
 * caller. Sends nothing to ranks that get nothing: besides two agreements and a barrier it takes two messages to each
 * of the others. Fails (agreed) with ST_MEMORY. */
enum status comm_exchange (const struct comm *comm, const void *send, const int64_t *first, size_t element,
                           void **received, int64_t **first_received);

/* Collective, sparse. The same where it is known beforehand what comes: `received` has room for first_received[size]
 * elements, `requests` for 2 size of them. Fewer than 2^31 elements to or from one rank. */
void comm_exchange_known (const struct comm *comm, const void *send, const int64_t *first, size_t element,
                          void *received, const int64_t *first_received, MPI_Request *requests);

/* Collective. Copies `bytes` bytes from `root` to all. */
void comm_broadcast (const struct comm *comm, void *data, int64_t bytes, int root);

#endif
