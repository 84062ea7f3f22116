/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Seconds, memory and messages of the particle mesh against its size and the number of bodies.
 *
 *   mesh_bench [-n bodies] [-m cells along an axis] [-i] [-c] [-r repetitions]
 *
 * -i: isolated; -c: bodies clustered (a tenth of them in a hundred lumps of a hundredth of the box). Bodies are dealt
 * out along the Hilbert curve, as in a run. The least time of the repetitions is printed, of the slowest rank. */
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../tests/sample.h"
#include "base/mem.h"
#include "data/keys.h"
#include "gravity/mesh.h"

struct setting
{
  int64_t n;
  struct mesh_options mesh;
  int clustered, repetitions;
};

static double uniform (uint64_t counter) { return sample_uniform (0x1234567, counter); }

static void place (const struct setting *s, uint64_t id, uint64_t position[3])
{
  for (int k = 0; k < 3; k++) {
    double x = uniform (3 * id + (uint64_t) k);
    if (s->clustered && id % 10 == 0)
      x = fmod (uniform (id % 1000 + 7 * (uint64_t) k) + 0.01 * x, 1);
    position[k] = (uint64_t) ((s->mesh.periodic ? x : 0.25 + 0.5 * x) * 0x1p64);
  }
}

/* This rank's part of all bodies, in the order of their keys. */
static int64_t deal (const struct setting *s, const struct comm *comm, uint64_t (*position)[3], uint64_t *id)
{
  uint64_t *key = mem_alloc ("keys", s->n, sizeof *key);
  int64_t *order = mem_alloc ("keys", s->n, sizeof *order), *scratch = mem_alloc ("keys", s->n, sizeof *scratch);
  const int64_t first = s->n * comm->rank / comm->size, n = s->n * (comm->rank + 1) / comm->size - first;

  for (int64_t i = 0; i < s->n; i++) {
    uint64_t x[3];
    place (s, (uint64_t) i, x);
    key[i] = key_hilbert (x);
  }
  key_sort (s->n, key, NULL, order, scratch);
  for (int64_t i = 0; i < n; i++) {
    id[i] = (uint64_t) order[first + i];
    place (s, id[i], position[i]);
  }
  mem_free (&key);
  mem_free (&order);
  mem_free (&scratch);
  return n;
}

static void measure (const struct setting *s, const struct comm *comm)
{
  uint64_t (*position)[3] = mem_alloc ("bodies", s->n, sizeof *position);
  uint64_t *id = mem_alloc ("bodies", s->n, sizeof *id);
  const int64_t n = deal (s, comm, position, id);
  double *mass = mem_alloc ("bodies", n, sizeof *mass), *potential = mem_alloc ("bodies", n, sizeof *potential);
  double (*acceleration)[3] = mem_alloc ("bodies", n, sizeof *acceleration), least = INFINITY;
  const struct gravity_bodies bodies = { .n = n, .position = (const uint64_t (*)[3]) position, .mass = mass,
                                         .id = id };
  const struct gravity_result result = { .acceleration = acceleration, .potential = potential };
  struct gravity_cost cost;
  struct mesh *mesh;
  int64_t held = 0;

  for (int64_t i = 0; i < n; i++)
    mass[i] = 1 + 0.1 * (double) (id[i] % 3);
  if (mesh_create (&s->mesh, &mesh) != ST_OK)
    fprintf (stderr, "%s\n", status_message ());
  for (int r = 0; r <= s->repetitions && mesh; r++) { /* the first makes plans and the Green's function */
    cost = (struct gravity_cost) { 0 };
    held = mem_mark ();
    memset (acceleration, 0, n * sizeof *acceleration);
    memset (potential, 0, n * sizeof *potential);
    const struct mesh_frame frame = mesh_frame (mesh, comm, &bodies, 1);
    if (mesh_solve (mesh, comm, &frame, 1, &bodies, &result, &cost) != ST_OK)
      break;
    const double seconds = comm_max_double (comm, cost.mesh_s);
    least = r > 0 && seconds < least ? seconds : least;
  }
  const double most = (double) comm_max (comm, mem_peak_since_mark () - held);
  const double sent = (double) comm_sum (comm, cost.bytes_sent);
  const double cells = pow (s->mesh.n, 3);
  if (comm->rank == 0)
    printf ("mesh: n=%lld cells=%d^3 %s ranks=%d threads=%d seconds=%.4f bytes_per_cell_of_rank=%.1f "
            "sent_per_cell=%.1f\n", (long long) s->n, s->mesh.n, s->mesh.periodic ? "periodic" : "isolated",
            comm->size, omp_get_max_threads (), least, most / (cells / comm->size), sent / cells);
  mesh_free (&mesh);
  mem_free (&position);
  mem_free (&id);
  mem_free (&mass);
  mem_free (&potential);
  mem_free (&acceleration);
}

int main (int argc, char **argv)
{
  struct setting s = { 1000000, { 128, 1, 1.25, 6 }, 0, 3 };
  struct comm world;
  int option;

  MPI_Init (&argc, &argv);
  comm_create (MPI_COMM_WORLD, &world);
  while ((option = getopt (argc, argv, "n:m:icr:")) != -1)
    switch (option) {
    case 'n': s.n = (int64_t) atof (optarg); break;
    case 'm': s.mesh.n = atoi (optarg); break;
    case 'i': s.mesh.periodic = 0; break;
    case 'c': s.clustered = 1; break;
    case 'r': s.repetitions = atoi (optarg); break;
    default: return 64;
    }
  measure (&s, &world);
  comm_free (&world);
  MPI_Finalize ();
  return 0;
}
