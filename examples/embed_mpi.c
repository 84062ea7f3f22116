/* SPDX-License-Identifier: GPL-3.0-or-later */
/* areg inside a host's MPI code: the ranks share the work on one system, and all end with the same bits.
 *
 * mpicc embed_mpi.c $(pkg-config --cflags --libs areg); mpirun -n 2 ./a.out
 *
 * The host here is the least that has the shape of one: particles spread over ranks, a loop of steps, and a kick by
 * an outer force (a harmonic well) between the flows. What matters for your own code:
 * - Every rank hands the same bodies, in any order, to its own `struct areg`, and makes the same calls.
 * - The group's `sum` is the only thing areg asks of MPI. It fails on all ranks or on none.
 * - The hint of the last step goes along from call to call. In a code that restarts, it is part of the state.
 * - Where bodies must survive a system of coordinates too coarse for a tight pair, use areg_load_split and
 *   areg_bodies_split. */
#include <areg.h>
#include <math.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 64, STEPS = 4 };

/* MPI counts in int, areg in 64 bits. MPI's errors end the program unless you have told it otherwise. */
static int sum_over_ranks (void *context, double *a, int64_t n)
{
  const MPI_Comm comm = *(MPI_Comm *) context;

  for (int64_t done = 0, part; done < n; done += part) {
    part = n - done < 1 << 26 ? n - done : 1 << 26;
    if (MPI_Allreduce (MPI_IN_PLACE, a + done, (int) part, MPI_DOUBLE, MPI_SUM, comm) != MPI_SUCCESS)
      return 1;
  }
  return 0;
}

/* The host's own particles: rank r has those with i % size == r. Two holes, and light stars on rings about them. */
static int host_particles (int rank, int size, struct areg_body *mine)
{
  int n = 0;

  for (int i = rank; i < N; i += size) {
    const int hole = i < 2;
    const double r = hole ? 0.5 : 2 + 0.05 * i, phi = hole ? M_PI * i : 2.4 * i, v = hole ? 0.5 : sqrt (2 / r);
    const struct areg_body body = { hole ? 1 : 1e-4, { r * cos (phi), r * sin (phi), hole ? 0 : 0.1 },
                                    { -v * sin (phi), v * cos (phi), 0 }, { 0, 0, 0 }, (uint64_t) i + 1,
                                    hole ? AREG_HOLE : AREG_STAR, 0 };
    mine[n++] = body;
  }
  return n;
}

/* Everybody's particles to everybody, as bytes: all ranks run the same program on the same kind of machine. */
static int gather (MPI_Comm comm, const struct areg_body *mine, int n_mine, struct areg_body *all)
{
  int size, n = n_mine * (int) sizeof *mine, total = 0;
  MPI_Comm_size (comm, &size);
  int *count = (int *) malloc (2 * (size_t) size * sizeof *count), *first = count + size;

  MPI_Allgather (&n, 1, MPI_INT, count, 1, MPI_INT, comm);
  for (int r = 0; r < size; total += count[r++])
    first[r] = total;
  MPI_Allgatherv (mine, n, MPI_BYTE, all, count, first, MPI_BYTE, comm);
  free (count);
  return total / (int) sizeof *mine;
}

static void kick (struct areg_body *body, int n, double dt)
{
  for (int i = 0; i < n; i++)
    for (int k = 0; k < 3; k++)
      body[i].v[k] -= 1e-3 * body[i].x[k] * dt;
}

/* The host's particles as they are now, found by id; their number. One that is not found has merged with another. */
static int take_back (struct areg_body *mine, int n_mine, const struct areg_body *all, int n)
{
  int left = 0;

  for (int i = 0; i < n_mine; i++)
    for (int j = 0; j < n; j++)
      if (all[j].id == mine[i].id)
        mine[left++] = all[j];
  return left;
}

/* One flow of all bodies by dt; the hint for the next one. If it is refused, on all ranks alike, nothing changes. */
static int flow (struct areg *system, MPI_Comm comm, struct areg_body *mine, int *n_mine, double dt, double *hint)
{
  struct areg_body all[N];
  int status = areg_load (system, 0, all, gather (comm, mine, *n_mine, all));

  if (status == AREG_OK) {
    areg_set_step_hint (system, *hint);
    status = areg_advance (system, dt);
  }
  if (status != AREG_OK)
    return status;
  *hint = areg_step_hint (system);
  areg_bodies (system, all);
  *n_mine = take_back (mine, *n_mine, all, areg_count (system));
  return AREG_OK;
}

/* Memory may end on one rank and not on others: the lowest status counts for all. */
static int agreed (MPI_Comm comm, int status)
{
  MPI_Allreduce (MPI_IN_PLACE, &status, 1, MPI_INT, MPI_MIN, comm);
  return status;
}

int main (int argc, char **argv)
{
  struct areg_options options;
  struct areg_body mine[N];
  struct areg *system = NULL;
  double hint = 0;
  const double dt = 0.5;
  MPI_Comm comm;
  int rank, size;

  MPI_Init (&argc, &argv);
  MPI_Comm_dup (MPI_COMM_WORLD, &comm);
  MPI_Comm_rank (comm, &rank);
  MPI_Comm_size (comm, &size);
  const struct areg_group group = { &comm, rank, size, sum_over_ranks, NULL, NULL };
  int n_mine = host_particles (rank, size, mine);

  areg_options_default (&options);
  options.G = 1;
  options.star_star_softening = 0.05;
  int status = agreed (comm, areg_create (&options, &group, N, &system));
  for (int step = 0; step < STEPS && status == AREG_OK; step++) {
    kick (mine, n_mine, 0.5 * dt);
    status = flow (system, comm, mine, &n_mine, dt, &hint);
    kick (mine, n_mine, 0.5 * dt);
  }
  if (status != AREG_OK)
    fprintf (stderr, "rank %d: %s. %s\n", rank, areg_status_words (status), system ? areg_last_message (system) : "");
  else if (rank == 0)
    printf ("hole 1 at %.17g %.17g %.17g after %d steps\n", mine[0].x[0], mine[0].x[1], mine[0].x[2], STEPS);
  areg_free (&system);
  MPI_Comm_free (&comm);
  MPI_Finalize ();
  return status != AREG_OK;
}
