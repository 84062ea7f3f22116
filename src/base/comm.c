/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages larger than an int can count are sent as multiples of one contiguous derived type (the
 * element), in pieces of at most 2^30 elements, because MPI-3 counts are ints.
 *
 * In a sparse exchange nobody knows who will send him something. The counts find their way by NBX (Hoefler, Siebert &
 * Lumsdaine, PPoPP 2010, "Scalable communication protocols for dynamic sparse data exchange"): messages that are
 * complete only when they have been read, and a barrier that does not block, entered by those whose own messages have
 * been. When it is complete, no message is left. The cost is that of the messages there are and the logarithm of the
 * number of ranks, not that number. Only counts arrive in any order; what they announce is placed by its source. */
#include "base/comm.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { PIECE = 1 << 30 };

void comm_mpi_failed (int code, const char *call, const char *file, int line)
{
  char words[MPI_MAX_ERROR_STRING] = "";
  int n = 0;

  MPI_Error_string (code, words, &n);
  fprintf (stderr, "catena: MPI failed at %s:%d in %s: %s\n", file, line, call, words);
  MPI_Abort (MPI_COMM_WORLD, ST_INTERNAL);
  abort ();
}

static void adopt (struct comm *out)
{
  MPI_Comm_set_errhandler (out->mpi, MPI_ERRORS_RETURN);
  MPI_TRY (MPI_Comm_rank (out->mpi, &out->rank));
  MPI_TRY (MPI_Comm_size (out->mpi, &out->size));
}

void comm_create (MPI_Comm parent, struct comm *out)
{
  MPI_TRY (MPI_Comm_dup (parent, &out->mpi));
  adopt (out);
}

void comm_split (const struct comm *parent, int color, struct comm *out)
{
  MPI_TRY (MPI_Comm_split (parent->mpi, color < 0 ? MPI_UNDEFINED : color, parent->rank, &out->mpi));
  out->rank = out->size = 0;
  if (out->mpi != MPI_COMM_NULL)
    adopt (out);
}

void comm_free (struct comm *comm)
{
  if (comm->mpi != MPI_COMM_NULL)
    MPI_Comm_free (&comm->mpi);
  comm->size = 0;
}

enum status status_agree (const struct comm *comm, enum status mine, int *who)
{
  int64_t key = ((int64_t) mine << 32) | (uint32_t) (INT32_MAX - comm->rank);
  int64_t worst = comm_max (comm, key);
  enum status st = (enum status) (worst >> 32);
  int rank = INT32_MAX - (int) (worst & 0xffffffff);
  char text[4096];

  if (who)
    *who = st == ST_OK ? -1 : rank;
  if (st == ST_OK)
    return ST_OK;
  snprintf (text, sizeof text, "%s", status_message ());
  comm_broadcast (comm, text, sizeof text, rank);
  if (comm->rank != rank) {
    status_clear ();
    if (text[0] != '\0')
      status_fail (st, "%s", text);
  }
  return st;
}

#define REDUCE(name, type, mpi_type, op)                                                           \
  type name (const struct comm *comm, type mine)                                                   \
  {                                                                                                \
    type all;                                                                                      \
    MPI_TRY (MPI_Allreduce (&mine, &all, 1, mpi_type, op, comm->mpi));                             \
    return all;                                                                                    \
  }
REDUCE (comm_sum, int64_t, MPI_INT64_T, MPI_SUM)
REDUCE (comm_max, int64_t, MPI_INT64_T, MPI_MAX)
REDUCE (comm_min, int64_t, MPI_INT64_T, MPI_MIN)
REDUCE (comm_max_double, double, MPI_DOUBLE, MPI_MAX)
REDUCE (comm_min_double, double, MPI_DOUBLE, MPI_MIN)

bool comm_any (const struct comm *comm, bool mine) { return comm_max (comm, mine) != 0; }

int64_t comm_scan (const struct comm *comm, int64_t mine, int64_t *total)
{
  int64_t before = 0;

  MPI_TRY (MPI_Exscan (&mine, &before, 1, MPI_INT64_T, MPI_SUM, comm->mpi));
  if (total)
    *total = comm_sum (comm, mine);
  return comm->rank == 0 ? 0 : before;
}

void comm_sum_array (const struct comm *comm, int64_t *values, int n)
{
  MPI_TRY (MPI_Allreduce (MPI_IN_PLACE, values, n, MPI_INT64_T, MPI_SUM, comm->mpi));
}

void comm_broadcast (const struct comm *comm, void *data, int64_t bytes, int root)
{
  for (int64_t done = 0; done < bytes; done += PIECE) {
    int64_t n = bytes - done < PIECE ? bytes - done : PIECE;
    MPI_TRY (MPI_Bcast ((char *) data + done, (int) n, MPI_BYTE, root, comm->mpi));
  }
}

/* One collective call where counts fit an int, else a broadcast by each rank. */
static void gather_pieces (const struct comm *comm, const void *mine, int64_t n, size_t element, char *all,
                           const int64_t *first)
{
  int *count = first[comm->size] < PIECE ? mem_alloc ("gather counts", 2 * comm->size, sizeof *count) : NULL;
  MPI_Datatype type;

  if (comm_any (comm, !count)) {
    if (n > 0)
      memcpy (all + first[comm->rank] * element, mine, n * element);
    for (int q = 0; q < comm->size; q++)
      comm_broadcast (comm, all + first[q] * element, (first[q + 1] - first[q]) * element, q);
  } else {
    for (int q = 0; q < comm->size; q++) {
      count[q] = (int) (first[q + 1] - first[q]);
      count[comm->size + q] = (int) first[q];
    }
    MPI_TRY (MPI_Type_contiguous ((int) element, MPI_BYTE, &type));
    MPI_TRY (MPI_Type_commit (&type));
    MPI_TRY (MPI_Allgatherv (mine, (int) n, type, all, count, count + comm->size, type, comm->mpi));
    MPI_Type_free (&type);
  }
  mem_free (&count);
}

enum status comm_gather_all (const struct comm *comm, const void *mine, int64_t n, size_t element,
                             void **out, int64_t **first_out)
{
  int64_t *first = mem_alloc ("gather offsets", comm->size + 1, sizeof *first);
  enum status st = first ? ST_OK : ST_MEMORY;
  char *all = NULL;

  st = status_agree (comm, st, NULL);
  if (st == ST_OK) {
    MPI_TRY (MPI_Allgather (&n, 1, MPI_INT64_T, first + 1, 1, MPI_INT64_T, comm->mpi));
    first[0] = 0;
    for (int q = 0; q < comm->size; q++)
      first[q + 1] += first[q];
    all = mem_alloc ("gather data", first[comm->size], element);
    st = status_agree (comm, all ? ST_OK : ST_MEMORY, NULL);
  }
  if (st != ST_OK) {
    mem_free (&first);
    mem_free (&all);
    return st;
  }
  gather_pieces (comm, mine, n, element, all, first);
  *out = all;
  if (first_out)
    *first_out = first;
  else
    mem_free (&first);
  return ST_OK;
}

/* Receives first, then sends, so that every message finds its buffer; own data is copied. */
void comm_exchange_known (const struct comm *comm, const void *to_send, const int64_t *first, size_t element,
                          void *to_receive, const int64_t *first_received, MPI_Request *requests)
{
  const char *const send = to_send;
  char *const received = to_receive;
  int n_requests = 0;
  MPI_Datatype type;

  MPI_TRY (MPI_Type_contiguous ((int) element, MPI_BYTE, &type));
  MPI_TRY (MPI_Type_commit (&type));
  for (int q = 0; q < comm->size; q++)
    if (q != comm->rank && first_received[q + 1] > first_received[q])
      MPI_TRY (MPI_Irecv (received + first_received[q] * element, (int) (first_received[q + 1] - first_received[q]),
                          type, q, TAG_EXCHANGE, comm->mpi, &requests[n_requests++]));
  for (int q = 0; q < comm->size; q++)
    if (q != comm->rank && first[q + 1] > first[q])
      MPI_TRY (MPI_Isend (send + first[q] * element, (int) (first[q + 1] - first[q]), type, q, TAG_EXCHANGE,
                          comm->mpi, &requests[n_requests++]));
  if (first[comm->rank + 1] > first[comm->rank])
    memcpy (received + first_received[comm->rank] * element, send + first[comm->rank] * element,
            (first[comm->rank + 1] - first[comm->rank]) * element);
  MPI_TRY (MPI_Waitall (n_requests, requests, MPI_STATUSES_IGNORE));
  MPI_Type_free (&type);
}

/* Reads the counts that have come; true if there was one. */
static bool read_counts (const struct comm *comm, int64_t *count)
{
  MPI_Status from;
  int some;

  MPI_TRY (MPI_Iprobe (MPI_ANY_SOURCE, TAG_COUNT, comm->mpi, &some, &from));
  if (some)
    MPI_TRY (MPI_Recv (count + from.MPI_SOURCE, 1, MPI_INT64_T, from.MPI_SOURCE, TAG_COUNT, comm->mpi,
                       MPI_STATUS_IGNORE));
  return some;
}

/* Collective. What each rank will get of each, 0 before. The next exchange cannot mix with this one: before it all
 * ranks agree that they have got memory for this one. */
static void tell_counts (const struct comm *comm, const int64_t *mine, int64_t *theirs, MPI_Request *requests)
{
  MPI_Request barrier;
  int n_requests = 0, told = 0, all_told = 0;
  bool at_barrier = false;

  for (int q = 0; q < comm->size; q++)
    if (q == comm->rank)
      theirs[q] = mine[q];
    else if (mine[q] > 0)
      MPI_TRY (MPI_Issend (mine + q, 1, MPI_INT64_T, q, TAG_COUNT, comm->mpi, &requests[n_requests++]));
  while (!all_told) {
    const bool some = read_counts (comm, theirs);
    if (at_barrier)
      MPI_TRY (MPI_Test (&barrier, &all_told, MPI_STATUS_IGNORE));
    else {
      MPI_TRY (MPI_Testall (n_requests, requests, &told, MPI_STATUSES_IGNORE));
      if (told)
        MPI_TRY (MPI_Ibarrier (comm->mpi, &barrier));
      at_barrier = told;
    }
    if (!some && !all_told)
      sched_yield ();
  }
}

enum status comm_exchange (const struct comm *comm, const void *send, const int64_t *first, size_t element,
                           void **received, int64_t **first_received)
{
  int size = comm->size;
  int64_t *counts = mem_alloc ("exchange counts", size, sizeof *counts);
  int64_t *from = mem_alloc_zero ("exchange offsets", size + 1, sizeof *from);
  MPI_Request *requests = mem_alloc ("exchange requests", 2 * size, sizeof *requests);
  enum status st = counts && from && requests ? ST_OK : ST_MEMORY;
  char *data = NULL;

  st = status_agree (comm, st, NULL);
  if (st == ST_OK) {
    for (int q = 0; q < size; q++)
      counts[q] = first[q + 1] - first[q];
    tell_counts (comm, counts, from + 1, requests);
    for (int q = 0; q < size; q++)
      from[q + 1] += from[q];
    data = mem_alloc ("exchange data", from[size], element);
    st = status_agree (comm, data ? ST_OK : ST_MEMORY, NULL);
  }
  if (st == ST_OK)
    comm_exchange_known (comm, send, first, element, data, from, requests);
  mem_free (&counts);
  mem_free (&requests);
  if (st != ST_OK) {
    mem_free (&from);
    mem_free (&data);
    return st;
  }
  *received = data;
  if (first_received)
    *first_received = from;
  else
    mem_free (&from);
  return ST_OK;
}
