/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Speed and errors of the gravity solver on an isotropic Hernquist sphere (G = M = a = 1, cut at r = 100,
 * equal masses):  gravity_bench [-n N] [-e eps] [-a alpha] [-p order] [-l leaf] [-r repeats] [-s sample]
 * [-k 0, 1 or 2: sphere, random box, clustered box] [-S split scale / box: short-range part alone] [-C reach].
 * A first solve gives the old accelerations, then the solve is timed and a sample is compared with direct sums. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/exact.h"
#include "base/log.h"
#include "base/mem.h"
#include "gravity/gravity.h"

struct set
{
  int64_t n;
  uint64_t (*position)[3], *id;
  double *mass, *softening, (*acceleration)[3], *potential, (*exact)[3], *exact_potential;
  float *old, *work;
};

/* Counter-based, so that a body is the same on any number of ranks. */
static double uniform (uint64_t counter)
{
  uint64_t z = counter * 0x9e3779b97f4a7c15u + 0x632be59bd9b4e019u;

  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return (double) ((z ^ z >> 31) >> 11) * 0x1p-53;
}

static void place (uint64_t id, double length, uint64_t position[3])
{
  const double cut = 100.0, q = sqrt (uniform (3 * id)) * cut / (1 + cut), r = q / (1 - q);
  const double z = 2 * uniform (3 * id + 1) - 1, s = sqrt (1 - z * z), phi = 2 * M_PI * uniform (3 * id + 2);
  const double x[3] = { r * s * cos (phi), r * s * sin (phi), r * z };

  for (int k = 0; k < 3; k++)
    position[k] = (uint64_t) (int64_t) (x[k] / length * 0x1p64) + (UINT64_C (1) << 63);
}

/* Kinds of sets: Hernquist sphere; random in the box; half random, half in 100 Hernquist spheres of scale 1/2000 of
 * the box, cut at 1/20, with a centre each. */
enum kind { HERNQUIST, RANDOM, CLUSTERED };

static void place_in_box (enum kind kind, uint64_t id, double length, uint64_t position[3])
{
  if (kind == CLUSTERED && id % 2 == 0) {
    place (id, length * 2000, position);
    id = 3 * (id / 2 % 100) + UINT64_C (0x100000000);
  } else
    memset (position, 0, 3 * sizeof *position);
  for (int k = 0; k < 3; k++)
    position[k] += (uint64_t) (uniform (3 * id + (uint64_t) k) * 0x1p64);
}

static void make (struct set *s, const struct comm *comm, enum kind kind, int64_t n, double eps, double length)
{
  const int64_t first = n * comm->rank / comm->size;

  s->n = n * (comm->rank + 1) / comm->size - first;
  s->position = mem_alloc ("bench", s->n, sizeof *s->position);
  s->id = mem_alloc ("bench", s->n, sizeof *s->id);
  s->mass = mem_alloc ("bench", s->n, sizeof *s->mass);
  s->softening = mem_alloc ("bench", s->n, sizeof *s->softening);
  s->acceleration = mem_alloc ("bench", s->n, sizeof *s->acceleration);
  s->potential = mem_alloc ("bench", s->n, sizeof *s->potential);
  s->exact = mem_alloc ("bench", s->n, sizeof *s->exact);
  s->exact_potential = mem_alloc ("bench", s->n, sizeof *s->exact_potential);
  s->old = mem_alloc_zero ("bench", s->n, sizeof *s->old);
  s->work = mem_alloc_zero ("bench", s->n, sizeof *s->work);
  for (int64_t i = 0; i < s->n; i++) {
    s->id[i] = (uint64_t) (first + i + 1);
    if (kind == HERNQUIST)
      place (s->id[i], length, s->position[i]);
    else
      place_in_box (kind, s->id[i], length, s->position[i]);
    s->mass[i] = 1.0 / (double) n;
    s->softening[i] = eps;
  }
}

static double norm (const double *a) { return sqrt (a[0] * a[0] + a[1] * a[1] + a[2] * a[2]); }

static int compare (const void *a, const void *b)
{
  const double x = *(const double *) a, y = *(const double *) b;
  return (x > y) - (x < y);
}

/* Prints percentiles of the errors gathered from all ranks. */
static void print_errors (const char *what, const struct comm *comm, const double *error, int64_t n)
{
  double *all = NULL;
  int64_t *first = NULL;

  if (comm_gather_all (comm, error, n, sizeof *error, (void **) &all, &first) != ST_OK)
    return;
  const int64_t m = first[comm->size];
  double square = 0;
  for (int64_t i = 0; i < m; i++)
    square += all[i] * all[i];
  qsort (all, m, sizeof *all, compare);
  if (comm->rank == 0 && m > 0)
    printf ("%s errors: rms=%.2e median=%.2e 99%%=%.2e 99.9%%=%.2e max=%.2e\n", what, sqrt (square / (double) m),
            all[m / 2], all[(int64_t) (0.99 * (double) m)], all[(int64_t) (0.999 * (double) m)], all[m - 1]);
  mem_free (&all);
  mem_free (&first);
}

static void check_errors (const struct gravity_options *o, const struct comm *comm, struct set *s,
                          const struct gravity_bodies *bodies, int64_t sample)
{
  const int64_t every = sample > 0 && comm_sum (comm, s->n) > sample ? comm_sum (comm, s->n) / sample : 1;
  int64_t *target = mem_alloc ("bench", s->n, sizeof *target), m = 0;
  double *error = mem_alloc ("bench", s->n, sizeof *error), *deep = mem_alloc ("bench", s->n, sizeof *deep);
  struct gravity_result exact = { .acceleration = s->exact, .potential = s->exact_potential };

  for (int64_t i = 0; i < s->n; i++)
    if (s->id[i] % (uint64_t) every == 0)
      target[m++] = i;
  if (gravity_direct (o, comm, bodies, target, m, &exact) != ST_OK)
    exit (1);
  for (int64_t k = 0; k < m; k++) {
    const int64_t i = target[k];
    const double d[3] = { s->acceleration[i][0] - s->exact[i][0], s->acceleration[i][1] - s->exact[i][1],
                          s->acceleration[i][2] - s->exact[i][2] };
    error[k] = norm (d) / norm (s->exact[i]);
    deep[k] = fabs (s->potential[i] / s->exact_potential[i] - 1);
  }
  print_errors ("acceleration", comm, error, m);
  print_errors ("potential", comm, deep, m);
  mem_free (&target);
  mem_free (&error);
  mem_free (&deep);
}

/* One number for all bits of the result, the same for any distribution over ranks. */
static uint64_t bits_of (const struct comm *comm, const struct set *s)
{
  uint64_t sum = 0;

  for (int64_t i = 0; i < s->n; i++) {
    uint64_t h = s->id[i], word[4];
    memcpy (word, s->acceleration[i], 3 * sizeof *word);
    memcpy (word + 3, s->potential + i, sizeof *word);
    for (int k = 0; k < 4; k++)
      h = (h ^ word[k]) * 0x9e3779b97f4a7c15u ^ h >> 29;
    sum += h;
  }
  return (uint64_t) comm_sum (comm, (int64_t) sum);
}

/* |sum of forces| / sum of |force|: equal masses. */
static void print_momentum (const struct comm *comm, const struct set *s)
{
  static struct exact_sum sum[4];

  for (int64_t i = 0; i < s->n; i++) {
    for (int k = 0; k < 3; k++)
      exact_add (&sum[k], s->acceleration[i][k]);
    exact_add (&sum[3], norm (s->acceleration[i]));
  }
  exact_reduce (comm, sum, 4);
  const double net[3] = { exact_value (sum), exact_value (sum + 1), exact_value (sum + 2) };
  if (comm->rank == 0)
    printf ("net force / sum of |force| = %.1e\n", norm (net) / exact_value (sum + 3));
}

static void print_cost (const struct comm *comm, const struct gravity_cost *c, int64_t n)
{
  if (comm->rank == 0)
    printf ("rank 0: total=%.6f build=%.4f walk=%.4f comm=%.4f  per particle: pp=%.0f pm=%.1f m2l=%.2f mac=%.1f "
            "bytes=%.0f sent=%.1f\n", c->total_s, c->build_s, c->walk_s, c->communication_s,
            c->n_pp / (double) n, c->n_pm / (double) n, c->n_m2l / (double) n, c->n_mac / (double) n,
            (double) c->bytes_peak / (double) n, (double) c->bytes_sent / (double) n);
}

int main (int argc, char **argv)
{
  struct gravity_options o = { .G = 1, .length = 512, .multipole_order = 4, .accuracy = 2e-3, .opening_angle = 0.6,
                               .leaf_size = 32, .direct_below = 1000, .split_reach = 6 };
  int64_t n = 100000, sample = 2000;
  double eps = 1e-3;
  int option, repeats = 3;
  enum kind kind = HERNQUIST;
  struct comm comm;
  struct set s;
  struct gravity *g;

  MPI_Init (&argc, &argv);
  comm_create (MPI_COMM_WORLD, &comm);
  while ((option = getopt (argc, argv, "n:e:a:p:l:r:s:t:d:k:S:C:")) != -1)
    switch (option) {
    case 'n': n = (int64_t) atof (optarg); break;
    case 'e': eps = atof (optarg); break;
    case 'a': o.accuracy = atof (optarg); break;
    case 'p': o.multipole_order = atoi (optarg); break;
    case 'l': o.leaf_size = atoi (optarg); break;
    case 'r': repeats = atoi (optarg); break;
    case 's': sample = atoll (optarg); break;
    case 't': o.opening_angle = atof (optarg); break;
    case 'k': kind = (enum kind) atoi (optarg); break;
    case 'S': o.split_scale = atof (optarg) * o.length; break;
    case 'C': o.split_reach = atof (optarg); break;
    case 'd': o.direct_below = atoi (optarg); break;
    default: return 64;
    }
  make (&s, &comm, kind, n, eps, o.length);
  if (gravity_create (&o, &g) != ST_OK) {
    fprintf (stderr, "%s\n", status_message ());
    return 65;
  }
  const struct gravity_bodies bodies = { .n = s.n, .position = (const uint64_t (*)[3]) s.position, .mass = s.mass,
                                         .softening = s.softening, .acceleration_old = s.old, .id = s.id };
  const struct gravity_result result = { .acceleration = s.acceleration, .potential = s.potential, .work = s.work };
  for (int k = 0; k <= repeats; k++) {
    if (gravity_solve (g, &comm, &bodies, &result) != ST_OK) {
      fprintf (stderr, "%s\n", status_message ());
      return 70;
    }
    for (int64_t i = 0; k == 0 && i < s.n; i++)
      s.old[i] = (float) norm (s.acceleration[i]);
    print_cost (&comm, gravity_cost (g), s.n);
  }
  const uint64_t bits = bits_of (&comm, &s);
  if (comm.rank == 0)
    printf ("bits=%016llx\n", (unsigned long long) bits);
  print_momentum (&comm, &s);
  if (sample > 0)
    check_errors (&o, &comm, &s, &bodies, sample);
  gravity_free (&g);
  comm_free (&comm);
  MPI_Finalize ();
  return 0;
}
