/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Speed and errors of the gravity solver on an isotropic Hernquist sphere (G = M = a = 1, cut at r = 100,
 * equal masses):  gravity_bench [-n N] [-e eps] [-a alpha] [-p order] [-l leaf] [-r repeats] [-s sample]
 * [-k 0, 1 or 2: sphere, random box, clustered box] [-f part of the bodies in clumps] [-P: periodic]
 * [-M mesh cells, used whether it pays or not] [-A split scale in cells]
 * [-S split scale / box: short-range part alone] [-C reach] [-x: accelerations alone].
 * A first solve gives the old accelerations and the work by which the second is balanced; then solves are timed as in
 * a run, with what each phase of them took (on several ranks from the quickest to the slowest), and a sample is
 * compared with direct sums. bench/gravity_table.py makes the table of doc/gravity.md of many such runs. */
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../tests/sample.h"
#include "base/exact.h"
#include "base/log.h"
#include "base/mem.h"
#include "data/domain.h"
#include "data/particles.h"
#include "gravity/choice.h"
#include "gravity/gravity.h"
#include "gravity/kernels.h"

struct set
{
  int64_t n;
  uint64_t (*position)[3], *id;
  double *mass, *softening, (*acceleration)[3], *potential, (*exact)[3], *exact_potential;
  float *old, *work;
};

static const uint64_t salt = 0x632be59bd9b4e019u;

static double uniform (uint64_t counter) { return sample_uniform (salt, counter); }

static void place (uint64_t id, double length, uint64_t position[3])
{
  double x[3];

  sample_hernquist (salt, id, x);
  sample_place (x, length, position);
}

/* Kinds of sets: Hernquist sphere; random in the box; part (half) in 100 Hernquist spheres of scale 1/2000 of the
 * box, cut at 1/20, with a centre each, the rest random. */
enum kind { HERNQUIST, RANDOM, CLUSTERED };
static double clustered_part = 0.5;

/* The low bits of an id, the lowest first, as a number from 0 to 1. */
static double turned (uint64_t id)
{
  double x = 0;

  for (int k = 0; k < 10; k++)
    x += (double) (id >> k & 1) * ldexp (1, -1 - k);
  return x;
}

static void place_in_box (enum kind kind, uint64_t id, double length, uint64_t position[3])
{
  if (kind == CLUSTERED && turned (id) < clustered_part) {
    place (id, length * 2000, position);
    id = 3 * (id / 2 % 100) + UINT64_C (0x100000000);
  } else
    memset (position, 0, 3 * sizeof *position);
  for (int k = 0; k < 3; k++)
    position[k] += (uint64_t) (uniform (3 * id + (uint64_t) k) * 0x1p64);
}

static void set_alloc (struct set *s, int64_t n)
{
  s->n = n;
  s->position = mem_alloc ("bench", n, sizeof *s->position);
  s->id = mem_alloc ("bench", n, sizeof *s->id);
  s->mass = mem_alloc ("bench", n, sizeof *s->mass);
  s->softening = mem_alloc ("bench", n, sizeof *s->softening);
  s->acceleration = mem_alloc ("bench", n, sizeof *s->acceleration);
  s->potential = mem_alloc ("bench", n, sizeof *s->potential);
  s->old = mem_alloc_zero ("bench", n, sizeof *s->old);
  s->work = mem_alloc_zero ("bench", n, sizeof *s->work);
}

static void set_free (struct set *s)
{
  void **const block[] = { (void **) &s->position, (void **) &s->id, (void **) &s->mass, (void **) &s->softening,
                           (void **) &s->acceleration, (void **) &s->potential, (void **) &s->old,
                           (void **) &s->work, (void **) &s->exact, (void **) &s->exact_potential };

  for (size_t k = 0; k < sizeof block / sizeof *block; k++)
    mem_free_block (block[k]);
}

static void make (struct set *s, const struct comm *comm, enum kind kind, int64_t n, double eps, double length)
{
  const int64_t first = n * comm->rank / comm->size;

  set_alloc (s, n * (comm->rank + 1) / comm->size - first);
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

/* Bodies to the ranks that own them in a run: domains of equal work. */
static void settle (struct set *s, const struct comm *comm, double eps)
{
  struct particles p = { .n = s->n, .n_global = comm_sum (comm, s->n) };

  if (particles_reserve (&p, s->n) != ST_OK)
    exit (71);
  for (int64_t i = 0; i < s->n; i++) {
    memcpy (p.position[i], s->position[i], sizeof p.position[i]);
    p.id[i] = s->id[i];
    p.mass[i] = s->mass[i];
    p.acceleration_old[i] = s->old[i];
    p.work[i] = s->work[i];
  }
  if (domain_decompose (comm, &p) != ST_OK)
    exit (71);
  set_free (s);
  set_alloc (s, p.n);
  for (int64_t i = 0; i < s->n; i++) {
    memcpy (s->position[i], p.position[i], sizeof p.position[i]);
    s->id[i] = p.id[i];
    s->mass[i] = p.mass[i];
    s->softening[i] = eps;
    s->old[i] = p.acceleration_old[i];
    s->work[i] = p.work[i];
  }
  particles_free (&p);
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
  s->exact = mem_alloc ("bench", s->n, sizeof *s->exact);
  s->exact_potential = mem_alloc ("bench", s->n, sizeof *s->exact_potential);
  struct gravity_result exact = { .acceleration = s->exact, .potential = s->exact_potential };

  for (int64_t i = 0; i < s->n; i++)
    if ((uint64_t) (uniform (s->id[i] + 0xabcdef) * 0x1p40) % (uint64_t) every == 0) /* of any kind of body */
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

/* Largest resident set of this process so far, bytes. */
static int64_t resident (void)
{
  FILE *f = fopen ("/proc/self/status", "r");
  long long kilobytes = 0;

  for (char line[256]; f && fgets (line, sizeof line, f);)
    if (sscanf (line, "VmHWM: %lld", &kilobytes) == 1)
      break;
  if (f)
    fclose (f);
  return kilobytes * 1024;
}

static void print_phases (const struct comm *comm, const struct gravity_cost *c)
{
  if (comm->rank == 0)
    printf ("  ");
  for (int k = 0; k < N_PHASES; k++) {
    const double most = comm_max_double (comm, c->phase_s[k]), least = comm_min_double (comm, c->phase_s[k]);
    if (comm->rank == 0 && comm->size == 1)
      printf (" %s=%.4f", gravity_phase_name[k], most);
    else if (comm->rank == 0)
      printf (" %s=%.4f..%.4f", gravity_phase_name[k], least, most);
  }
  if (comm->rank == 0)
    printf ("\n");
}

/* All ranks together: the slowest one's time, sums of the rest. */
static void print_cost (const struct comm *comm, const struct gravity_cost *c, int64_t n_mine)
{
  const double n = (double) comm_sum (comm, n_mine), total = comm_max_double (comm, c->total_s);
  const double pp = (double) comm_sum (comm, (int64_t) c->n_pp), pm = (double) comm_sum (comm, (int64_t) c->n_pm);
  const double m2l = (double) comm_sum (comm, (int64_t) c->n_m2l), mac = (double) comm_sum (comm, (int64_t) c->n_mac);
  const double bytes = (double) comm_sum (comm, c->bytes_peak), sent = (double) comm_sum (comm, c->bytes_sent);
  const double messages = (double) comm_max (comm, c->messages_sent);

  if (comm->rank == 0)
    printf ("total=%.6f (%.3e particles/s) build=%.4f walk=%.4f comm=%.4f  per particle: pp=%.0f pm=%.1f m2l=%.2f "
            "mac=%.1f bytes=%.0f sent=%.1f  messages=%.0f rounds=%lld net_force=%.1e\n", total, n / total, c->build_s,
            c->walk_s, c->communication_s, pp / n, pm / n, m2l / n, mac / n, bytes / n, sent / n, messages,
            (long long) c->n_rounds, c->net_force);
  print_phases (comm, c);
}

/* ---- what the kernels alone do on this core ---- */

enum { SINKS = 64, SOURCES = 1024 };

/* A group of sinks about the origin and sources around it, as the walk hands them to the kernels. */
struct probe_work
{
  struct sink_group group;
  float sink[6][SINKS], place[SOURCES][4], h[SOURCES], moment[256];
  double sum[4][SINKS], local[56];
  struct cell_source cell[SOURCES];
};

static void probe_fill (struct probe_work *w, double softening)
{
  memset (w, 0, sizeof *w);
  w->group = (struct sink_group) { SINKS, w->sink[0], w->sink[1], w->sink[2], w->sink[3], w->sink[4], w->sink[5],
                                   w->sum[0], w->sum[1], w->sum[2], w->sum[3] };
  for (int i = 0; i < SINKS; i++) {
    for (int k = 0; k < 3; k++)
      w->sink[k][i] = (float) uniform ((uint64_t) (3 * i + k));
    w->sink[3][i] = (float) softening;
    w->sink[4][i] = softening > 0 ? (float) (1 / softening) : 1e18f;
    w->sink[5][i] = INFINITY;
  }
  for (int j = 0; j < SOURCES; j++) {
    const float x = 4 + (float) uniform ((uint64_t) j + 1000), y = (float) uniform ((uint64_t) j + 5000);
    memcpy (w->place[j], (const float[4]) { x, y, y - x, 1 }, sizeof w->place[j]);
    w->h[j] = (float) softening;
    w->cell[j] = (struct cell_source) { x, y, y - x, 0.5f, w->moment };
  }
  for (int k = 0; k < 256; k++)
    w->moment[k] = (float) uniform ((uint64_t) k + 9000);
}

enum kernel { PAIRS, SOFT_PAIRS, CELL_BODY, CELL_CELL, N_KERNELS,
              SHORT_PAIRS = N_KERNELS, SHORT_ALONE, CLOSE_PAIRS, CLOSE_ALONE, SHORT_BODY, SHORT_CELL, N_ALL_KERNELS };

static void probe_call (const struct gravity_kernels *k, enum kernel which, int order, struct probe_work *w)
{
  const float *const h = which == SOFT_PAIRS ? w->h : NULL;
  const struct split s = { 2, 12 };
  const struct split_pairs split = split_for_pairs (&s, 1, which == CLOSE_PAIRS || which == CLOSE_ALONE,
                                                    which != SHORT_ALONE && which != CLOSE_ALONE);

  switch (which) {
  case PAIRS:
  case SOFT_PAIRS:
    k->pairs ((const float (*)[4]) w->place, h, SOURCES, INT32_MAX, NULL, &w->group, 0, SINKS);
    break;
  case SHORT_PAIRS:
  case SHORT_ALONE:
  case CLOSE_PAIRS:
  case CLOSE_ALONE:
    k->pairs ((const float (*)[4]) w->place, NULL, SOURCES, INT32_MAX, &split, &w->group, 0, SINKS);
    break;
  case SHORT_BODY: k->cell_body_short[order - 3] (w->cell, SOURCES, &split, &w->group, 0, SINKS); break;
  case SHORT_CELL: k->cell_cell_short[order - 3] (w->cell, SOURCES, &split, w->local); break;
  case CELL_BODY: k->cell_body[order - 3] (w->cell, SOURCES, &w->group, 0, SINKS); break;
  default: k->cell_cell[order - 3] (w->cell, SOURCES, w->local);
  }
}

/* Interactions per second of one kernel, the best of five trials. */
static double rate_of (const struct gravity_kernels *k, enum kernel which, int order)
{
  static struct probe_work w;
  double best = 0;

  probe_fill (&w, which == SOFT_PAIRS ? 0.5 : 0);
  for (int trial = 0; trial < 5; trial++) {
    const double start = log_seconds ();
    double n = 0, t = 0;
    while ((t = log_seconds () - start) < 0.02)
      for (int i = 0; i < 20; i++, n += (which == CELL_CELL || which == SHORT_CELL ? 1.0 : SINKS) * SOURCES)
        probe_call (k, which, order, &w);
    best = n / t > best ? n / t : best;
  }
  return best;
}

/* Rates of the kernels, and how long a solve would take if it did nothing but call them. */
static void print_peak (const struct comm *comm, const struct gravity_options *o, const struct gravity_cost *c,
                        double seconds)
{
  const struct gravity_kernels *const k = gravity_kernels_best ();
  double rate[N_KERNELS];

  for (int i = 0; i < N_KERNELS; i++)
    rate[i] = rate_of (k, (enum kernel) i, o->multipole_order);
  const double pure = c->n_pp / rate[PAIRS] + c->n_pm / rate[CELL_BODY] + c->n_m2l / rate[CELL_CELL];
  if (comm->rank == 0)
    printf ("peak of the kernels (%s) per core and second: pairs %.3e (softened %.3e), cell-body %.3e, cell-cell "
            "%.3e; the solve in kernels alone at that rate %.4f s, %.0f %% of the time it took; interactions of all "
            "kinds per core and second %.3e\n", k->name, rate[PAIRS], rate[SOFT_PAIRS], rate[CELL_BODY],
            rate[CELL_CELL], pure / omp_get_max_threads (), 100 * pure / omp_get_max_threads () / seconds,
            (c->n_pp + c->n_pm + c->n_m2l) / seconds / omp_get_max_threads ());
}

/* The kernels of the short-range part. */
static void print_short (const struct comm *comm, int order)
{
  const struct gravity_kernels *const k = gravity_kernels_best ();
  double rate[N_ALL_KERNELS];

  for (int i = SHORT_PAIRS; i < N_ALL_KERNELS; i++)
    rate[i] = rate_of (k, (enum kernel) i, order);
  if (comm->rank == 0)
    printf ("short-range kernels per core and second: pairs %.3e (without potential %.3e), close pairs %.3e (%.3e), "
            "cell-body %.3e, cell-cell %.3e\n", rate[SHORT_PAIRS], rate[SHORT_ALONE], rate[CLOSE_PAIRS],
            rate[CLOSE_ALONE], rate[SHORT_BODY], rate[SHORT_CELL]);
}

/* ---- solves ---- */

/* Solves and prints; the median of the times. */
static double solve (struct gravity *g, const struct comm *comm, struct set *s, int repeats, bool alone)
{
  const struct gravity_bodies bodies = { .n = s->n, .position = (const uint64_t (*)[3]) s->position, .mass = s->mass,
                                         .softening = s->softening, .acceleration_old = s->old, .id = s->id,
                                         .work = s->work };
  const struct gravity_result result = { .acceleration = s->acceleration, .potential = alone ? NULL : s->potential,
                                         .work = s->work };
  double total[100];

  repeats = repeats < 100 ? repeats : 100;
  for (int k = 0; k < repeats; k++) {
    if (gravity_solve (g, comm, &bodies, &result) != ST_OK) {
      fprintf (stderr, "%s\n", status_message ());
      exit (70);
    }
    print_cost (comm, gravity_cost (g), s->n);
    total[k] = comm_max_double (comm, gravity_cost (g)->total_s);
  }
  qsort (total, repeats, sizeof *total, compare);
  return total[repeats / 2];
}

struct settings
{
  struct gravity_options gravity;
  int64_t n, sample;
  double eps;
  int repeats;
  enum kind kind;
  bool alone; /* no potentials while time is taken */
};

static int parse (int argc, char **argv, struct settings *o)
{
  double asmth = 1.25;
  int option;

  while ((option = getopt (argc, argv, "n:e:a:p:l:r:s:t:d:k:f:S:C:A:M:Px")) != -1)
    switch (option) {
    case 'n': o->n = (int64_t) atof (optarg); break;
    case 'e': o->eps = atof (optarg); break;
    case 'a': o->gravity.accuracy = atof (optarg); break;
    case 'p': o->gravity.multipole_order = atoi (optarg); break;
    case 'l': o->gravity.leaf_size = atoi (optarg); break;
    case 'r': o->repeats = atoi (optarg); break;
    case 's': o->sample = atoll (optarg); break;
    case 't': o->gravity.opening_angle = atof (optarg); break;
    case 'k': o->kind = (enum kind) atoi (optarg); break;
    case 'f': clustered_part = atof (optarg); break;
    case 'S': o->gravity.split_scale = atof (optarg) * o->gravity.length; break;
    case 'A': asmth = atof (optarg); break;
    case 'M': o->gravity.mesh = atoi (optarg); break;
    case 'P': o->gravity.periodic = 1; break;
    case 'x': o->alone = true; break;
    case 'C': o->gravity.split_reach = atof (optarg); break;
    case 'd': o->gravity.direct_below = atoi (optarg); break;
    default: return 64;
    }
  if (o->gravity.mesh > 0)
    o->gravity.split_scale = asmth * o->gravity.length / o->gravity.mesh;
  return 0;
}

/* What the solver would choose. */
static void print_choice (const struct comm *comm, const struct gravity_options *o, const struct set *s,
                          const struct gravity_bodies *bodies, double median)
{
  struct gravity_bodies known = *bodies;

  known.acceleration_old = s->old;
  const double gain = choice_gain (o, comm, &known);
  if (comm->rank == 0)
    printf ("trees alone are expected to take %+.3f s, %+.0f %%\n", gain, 100 * gain / median);
}

static void measure (const struct comm *comm, const struct settings *o, struct gravity *g)
{
  struct set s = { 0 };
  double median = 0;

  make (&s, comm, o->kind, o->n, o->eps, o->gravity.length);
  solve (g, comm, &s, 1, false);
  for (int64_t i = 0; i < s.n; i++)
    s.old[i] = (float) norm (s.acceleration[i]);
  settle (&s, comm, o->eps);
  solve (g, comm, &s, 1, false); /* as in a run: old accelerations and work are known from now on */
  if (o->repeats > 0)
    median = solve (g, comm, &s, o->repeats, o->alone);
  const double held = (double) comm_sum (comm, resident ()) / (double) o->n;
  const uint64_t bits = bits_of (comm, &s);
  if (comm->rank == 0)
    printf ("median=%.6f s, %.4e particles/s; bits=%016llx; resident set of the whole program %.0f bytes a "
            "particle\n", median, (double) o->n / median, (unsigned long long) bits, held);
  print_momentum (comm, &s);
  if (o->repeats > 0)
    print_peak (comm, &o->gravity, gravity_cost (g), median);
  if (o->repeats > 0 && o->gravity.split_scale > 0)
    print_short (comm, o->gravity.multipole_order);
  const struct gravity_bodies bodies = { .n = s.n, .position = (const uint64_t (*)[3]) s.position, .mass = s.mass,
                                         .softening = s.softening, .id = s.id };
  if (o->gravity.mesh > 0 && o->gravity.periodic)
    print_choice (comm, &o->gravity, &s, &bodies, median);
  if (o->sample > 0)
    check_errors (&o->gravity, comm, &s, &bodies, o->sample);
  set_free (&s);
}

int main (int argc, char **argv)
{
  struct settings o = { .gravity = { .G = 1, .length = 512, .multipole_order = 4, .accuracy = 2e-3,
                                     .opening_angle = 0.6, .leaf_size = 32, .direct_below = 1000, .split_reach = 6 },
                        .n = 100000, .sample = 2000, .eps = 1e-3, .repeats = 3 };
  struct comm comm;
  struct gravity *g;

  MPI_Init (&argc, &argv);
  comm_create (MPI_COMM_WORLD, &comm);
  if (parse (argc, argv, &o) != 0 || gravity_create (&o.gravity, &g) != ST_OK) {
    fprintf (stderr, "usage or options: %s\n", status_message ());
    return 64;
  }
  measure (&comm, &o, g);
  gravity_free (&g);
  comm_free (&comm);
  MPI_Finalize ();
  return 0;
}
