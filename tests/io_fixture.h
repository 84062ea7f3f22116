/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For the tests of io: parameters from text, a directory for scratch, and a particle set that is a function of the
 * particle's number alone, so that every number of ranks has the same one.
 */
#ifndef CATENA_IO_FIXTURE_H
#define CATENA_IO_FIXTURE_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/comm.h"
#include "data/particles.h"
#include "params/params.h"

enum { FIXTURE_N = 1000, FIXTURE_HOLES = 3 };

/* A number in [0, 1) from two integers (splitmix64). */
static inline double fixture_random (uint64_t i, uint64_t k)
{
  uint64_t x = i * 0x9e3779b97f4a7c15ULL + k * 0xd1342543de82ef95ULL + 1;

  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
  return (double) ((x ^ x >> 31) >> 11) * 0x1p-53;
}

static inline void fixture_params (const char *dir, const char *more, struct params *out)
{
  char text[2048];

  snprintf (text, sizeof text, "InitCondFile ics\nOutputDir %s\nTimeMax 1\nSofteningComovingClass0 0.01\n%s\n", dir,
            more);
  if (params_from_text ("test", text, (int64_t) strlen (text), out) != ST_OK) {
    printf ("fixture: %s\n", status_message ());
    abort ();
  }
}

/* Collective. A new directory under the current one; the same name on all ranks. */
static inline void fixture_directory (const struct comm *comm, char out[64])
{
  if (comm->rank == 0) {
    snprintf (out, 64, "io_test_XXXXXX");
    if (!mkdtemp (out))
      abort ();
  }
  comm_broadcast (comm, out, 64, 0);
}

static inline void fixture_remove (const struct comm *comm, const char *dir)
{
  char command[128];

  MPI_Barrier (comm->mpi);
  snprintf (command, sizeof command, "rm -rf '%s'", dir);
  if (comm->rank == 0 && system (command) != 0)
    abort ();
}

/* Particle number g of the set: types 1, 4 and, last, 5, in mixed order. */
static inline int fixture_type (int64_t g)
{
  return g >= FIXTURE_N - FIXTURE_HOLES ? TYPE_HOLE : g % 3 == 0 ? TYPE_HALO : TYPE_STAR;
}

/* This rank's contiguous piece of the set, with something in every field. */
static inline void fixture_particles (const struct comm *comm, struct box *box, struct particles *p, struct holes *h)
{
  int64_t first = FIXTURE_N * (int64_t) comm->rank / comm->size,
          end = FIXTURE_N * (int64_t) (comm->rank + 1) / comm->size;

  *box = (struct box){ .corner = { -8, -8, -8 }, .length = 16 };
  memset (p, 0, sizeof *p);
  memset (h, 0, sizeof *h);
  if (particles_reserve (p, end - first) || holes_reserve (h, FIXTURE_HOLES))
    abort ();
  for (int64_t g = first; g < end; g++) {
    int64_t i = g - first;
    double x[3];
    for (int k = 0; k < 3; k++) {
      x[k] = 4 * fixture_random (g, k) - 2;
      p->velocity[i][k] = 200 * fixture_random (g, 3 + k) - 100;
    }
    box_to_integer (box, x, p->position[i], NULL);
    p->mass[i] = 1e-5 * (1 + fixture_random (g, 6));
    p->potential[i] = -1e4 * fixture_random (g, 7);
    p->id[i] = 1000000007ULL * (g + 1);
    p->acceleration_old[i] = (float) fixture_random (g, 8);
    p->work[i] = (float) fixture_random (g, 9);
    p->type[i] = (uint8_t) fixture_type (g);
    p->bin[i] = (int8_t) (g % 40);
    p->group[i] = (int32_t) (g % 7) - 1;
    p->flags[i] = 0;
  }
  p->n = end - first;
  p->n_global = FIXTURE_N;
  for (h->n = 0; h->n < FIXTURE_HOLES; h->n++) {
    h->id[h->n] = 1000000007ULL * (FIXTURE_N - FIXTURE_HOLES + h->n + 1);
    h->step_hint[h->n] = 1e-7 * h->n;
    for (int k = 0; k < 3; k++) {
      h->spin[h->n][k] = 1e-15 * (h->n + k);
      h->fraction[h->n][k] = fixture_random (h->n, 20 + k) - 0.5;
    }
  }
}

/* XORs one byte of a file. */
static inline void fixture_flip (const char *path, long at, int bits)
{
  FILE *f = fopen (path, "r+b");

  if (!f || fseek (f, at, SEEK_SET))
    abort ();
  int c = fgetc (f);
  fseek (f, at, SEEK_SET);
  fputc (c ^ bits, f);
  fclose (f);
}

static inline long fixture_size (const char *path)
{
  struct stat about;

  return stat (path, &about) == 0 ? (long) about.st_size : -1;
}

static inline int fixture_same_files (const char *a, const char *b)
{
  char command[4300];

  snprintf (command, sizeof command, "cmp -s '%s' '%s'", a, b);
  return system (command) == 0;
}

#endif
