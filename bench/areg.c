/* SPDX-License-Identifier: GPL-3.0-or-later */
/* areg_bench: error against cost of the regularised integrator, as a table.
 *
 *   [mpirun -n RANKS] areg_bench T_END ICFILE|N [REFERENCE] [options]
 *     --star-softening EPS  --c C  --pn WORDS  --from K  --to K   tolerances 1e-K, in steps of 100 (6 to 14)
 *     --gather 0            ranks have a sum only      --threads T  OpenMP threads of each rank
 *     --repeat R            the least time of R runs   --peak       the rate of the pair loop alone, and no more
 *     --latency 0           the table alone
 *
 * Runs the bodies of ICFILE (id m x y z vx vy vz; the two heaviest are holes), or a pair of holes in N made stars as
 * in c5, to T_END, and compares positions with REFERENCE (same columns), or with its own run at 1e-14. Errors are the
 * largest over holes and over all bodies, in the file's unit of length; seconds are of the processor (one rank, one
 * thread) or of the clock. `bits` is a digest of all bodies at the end: equal for equal bits. The last lines are the
 * latency of a call of almost no time, loading included, and the rate of pairs.
 */
#include "areg.h"
#include "../tests/sample.h"
#include "areg/areg_impl.h"
#include "params/pn_terms.h"
#include <math.h>
#include <mpi.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int sum_over_ranks (void *context, double *a, int64_t n)
{
  return MPI_Allreduce (MPI_IN_PLACE, a, (int) n, MPI_DOUBLE, MPI_SUM, *(MPI_Comm *) context) != MPI_SUCCESS;
}

static int gather_over_ranks (void *context, const double *mine, int64_t n, double *all)
{
  return MPI_Allgather (mine, (int) n, MPI_DOUBLE, all, (int) n, MPI_DOUBLE, *(MPI_Comm *) context) != MPI_SUCCESS;
}

static void over_threads (void *context, int count, void (*task) (void *argument, int i), void *argument)
{
  (void) context;
#pragma omp parallel for schedule(dynamic, 1)
  for (int i = 0; i < count; i++)
    task (argument, i);
}

struct set { struct areg_body *b; int n; };

/* Of the processor where one alone is at work, which others on the machine then disturb less, else of the clock. */
static double seconds (int alone)
{
  struct timespec t;
  clock_gettime (alone ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

static int set_read (const char *name, struct set *s)
{
  FILE *in = fopen (name, "r");
  char line[1024];
  *s = (struct set) { NULL, 0 };
  while (in && fgets (line, sizeof line, in)) {
    struct areg_body b = { .kind = AREG_STAR };
    unsigned long long id;
    if (sscanf (line, "%llu %lf %lf %lf %lf %lf %lf %lf", &id, &b.m, b.x, b.x + 1, b.x + 2, b.v, b.v + 1,
                b.v + 2) != 8)
      continue;
    struct areg_body *more = realloc (s->b, (size_t) (s->n + 1) * sizeof *more);
    if (!more)
      break;
    b.id = id;
    s->b = more;
    s->b[s->n++] = b;
  }
  if (in)
    fclose (in);
  return s->n > 0;
}

/* In (0, 1). */
static double uniform (uint64_t counter) { return sample_uniform (0x632be59bd9b4e019u, counter) + 0x1p-54; }

/* A direction of length r, from two numbers. */
static void direction (double r, uint64_t counter, double x[3])
{
  const double z = 2 * uniform (counter) - 1, s = sqrt (1 - z * z), phi = 2 * M_PI * uniform (counter + 1);
  x[0] = r * s * cos (phi);
  x[1] = r * s * sin (phi);
  x[2] = r * z;
}

/* Two holes of mass 1, a = 1, e = 0.5, and stars of 1e-6 in a Plummer sphere of b = 10, 3 < r < 100, at the speed of
 * their circular orbits but in all directions. */
static int set_make (int n, struct set *s)
{
  *s = (struct set) { calloc ((size_t) n + 2, sizeof *s->b), n + 2 };
  if (!s->b)
    return 0;
  for (int k = 0; k < 2; k++)
    s->b[k] = (struct areg_body) { .id = 1 + (uint64_t) k, .m = 1, .x = { k ? -0.75 : 0.75 },
                                   .v = { 0, k ? -0.40824829046386307 : 0.40824829046386307 } };
  for (int i = 2; i < s->n; i++) {
    double r = 0;
    const uint64_t from = 1000 * (uint64_t) i;
    for (uint64_t trial = 10; !(r > 3 && r < 100); trial++)
      r = 10 / sqrt (pow (uniform (from + trial), -2.0 / 3) - 1);
    s->b[i] = (struct areg_body) { .id = 1 + (uint64_t) i, .m = 1e-6 };
    direction (r, from, s->b[i].x);
    direction (sqrt (2 / r), from + 2, s->b[i].v);
  }
  return 1;
}

/* The two heaviest, if they stand out, are holes. */
static void holes_mark (struct set *s)
{
  for (int k = 0; k < 2; k++) {
    int best = -1;
    for (int i = 0; i < s->n; i++)
      if (s->b[i].kind == AREG_STAR && (best < 0 || s->b[i].m > s->b[best].m))
        best = i;
    if (best >= 0)
      s->b[best].kind = AREG_HOLE;
  }
}

static double distance (const struct set *a, const struct set *ref, int holes_only)
{
  double worst = 0;
  for (int i = 0; i < a->n; i++)
    for (int j = 0; j < ref->n; j++)
      if (a->b[i].id == ref->b[j].id && (!holes_only || a->b[i].kind == AREG_HOLE))
        for (int c = 0; c < 3; c++)
          worst = fmax (worst, fabs (a->b[i].x[c] - ref->b[j].x[c]));
  return worst;
}

/* What a run is asked for. */
struct task
{
  struct areg_options options;
  struct areg_group group;
  const struct set *begin, *reference;
  double t_end;
  int from, to, repeat, latency;
};

static uint64_t digest (const struct set *s)
{
  uint64_t h = 14695981039346656037u;
  for (int i = 0; i < s->n; i++)
    for (int k = 0; k < 6; k++) {
      const double value = k < 3 ? s->b[i].x[k] : s->b[i].v[k - 3];
      uint64_t bits;
      memcpy (&bits, &value, sizeof bits);
      h = (h ^ bits) * 1099511628211u;
    }
  return h;
}

/* Runs a copy of the bodies to t_end; seconds taken, or negative if refused. */
static double run (const struct task *task, double t_end, struct set *to, struct areg_statistics *count)
{
  struct areg *system = NULL;
  const int alone = task->group.size == 1 && !task->group.parallel;
  const double began = seconds (alone);
  int status = areg_create (&task->options, &task->group, to->n, &system);
  if (status == AREG_OK)
    status = areg_load (system, 0, task->begin->b, to->n);
  if (status == AREG_OK)
    status = areg_advance (system, t_end);
  const double took = seconds (alone) - began;
  if (status == AREG_OK) {
    areg_bodies (system, to->b);
    areg_statistics_now (system, count);
  } else
    fprintf (stderr, "areg_bench: %s\n", system ? areg_last_message (system) : areg_status_words (status));
  areg_free (&system);
  return status == AREG_OK ? took : -1;
}

static void line (struct task *task, int k, struct set *end, const struct set *reference)
{
  struct areg_statistics count;
  double took = INFINITY;
  task->options.tolerance = pow (10, -k);
  for (int r = 0; r < task->repeat; r++)
    took = fmin (took, run (task, task->t_end, end, &count));
  if (took >= 0 && task->group.rank == 0)
    printf ("| 1e-%d | %.1e | %.1e | %.1e | %lld | %lld | %lld | %.4f | %016llx |\n", k, distance (end, reference, 1),
            distance (end, reference, 0), count.energy_error, (long long) count.steps, (long long) count.rejected,
            (long long) count.force_evaluations, took, (unsigned long long) digest (end));
}

static void latency (struct task *task, struct set *end)
{
  struct areg_statistics count;
  double took = 0;
  int calls = 0;
  task->options.tolerance = 1e-8;
  for (; calls < 3000 && (calls < 20 || calls * end->n < 3000); calls++) /* the same on all ranks */
    took += run (task, 1e-9 * task->t_end, end, &count);
  if (task->group.rank == 0)
    printf ("A call of almost no time: %.1f microseconds.\n", 1e6 * took / calls);
  took = run (task, task->t_end, end, &count);
  if (task->group.rank == 0)
    printf ("Pairs in a second, all work counted, at 1e-8: %.2e.\n", count.pair_evaluations / took);
}

static void table (struct task *task)
{
  struct areg_statistics count;
  const size_t bytes = (size_t) task->begin->n * sizeof *task->begin->b;
  struct set end = { malloc (bytes), task->begin->n }, own = { malloc (bytes), task->begin->n };
  task->options.tolerance = 1e-14;
  if (end.b && own.b && (task->reference || run (task, task->t_end, &own, &count) >= 0)) {
    if (task->group.rank == 0)
      puts ("| tolerance | holes | all | energy | steps | rejected | forces | s | bits |\n"
            "|---|---|---|---|---|---|---|---|---|");
    for (int k = task->from; k <= task->to; k += 2)
      line (task, k, &end, task->reference ? task->reference : &own);
    if (task->latency)
      latency (task, &end);
  }
  free (end.b);
  free (own.b);
}

/* The pair loop alone, on the bodies where they are. */
static void peak (const struct set *s)
{
  const int n = s->n, bs = areg_round_lanes (n) + 2 * AREG_LANES;
  double *x = calloc ((size_t) (5 * bs + 3 * bs + AREG_LANES), sizeof *x), best = INFINITY;
  int *near = calloc ((size_t) n + 1, sizeof *near);
  if (!x || !near)
    return;
  for (int b = 0; b < bs; b++)
    for (int c = 0; c < 3; c++)
      x[c * bs + b] = b < n ? s->b[b].x[c] : 1e30;
  for (int b = 0; b < n; b++)
    x[3 * bs + b] = x[4 * bs + b] = s->b[b].m;
  const struct areg_pairs pairs = { .n = n, .n_holes = n, .last = n, .body_stride = bs, .x = x, .y = x + bs,
                                    .z = x + 2 * bs, .m = x + 3 * bs, .mu = x + 4 * bs, .near_start = near };
  const double count = 0.5 * n * (n - 1);
  const int calls = 1 + (int) (1e8 / count), parts = areg_pairs_parts (&pairs);
  for (int r = 0; r < 7; r++) {
    const double began = seconds (1);
    for (int k = 0; k < calls; k++)
      for (int part = 0; part < parts; part++)
        areg_pairs_part (&pairs, part, x + 5 * bs);
    best = fmin (best, (seconds (1) - began) / calls);
  }
  printf ("The pair loop alone: %.2e pairs in a second.\n", count / best);
  free (x);
  free (near);
}

static int arguments_read (int argc, char **argv, struct task *t, const char *plain[3], int *show_peak)
{
  int n = 0;
  for (int i = 1; i < argc; i++) {
    const double value = i + 1 < argc ? atof (argv[i + 1]) : 0;
    if (!strcmp (argv[i], "--peak")) {
      *show_peak = 1;
      continue;
    }
    if (strncmp (argv[i], "--", 2) && n < 3) {
      plain[n++] = argv[i];
      continue;
    }
    if (!strcmp (argv[i], "--star-softening"))
      t->options.star_star_softening = value;
    else if (!strcmp (argv[i], "--c"))
      t->options.c = value;
    else if (!strcmp (argv[i], "--pn")) {
      unsigned terms;
      if (i + 1 >= argc || pn_terms_parse (argv[i + 1], &terms))
        return 0;
      t->options.pn_terms = (int32_t) terms;
    } else if (!strcmp (argv[i], "--from"))
      t->from = (int) value;
    else if (!strcmp (argv[i], "--to"))
      t->to = (int) value;
    else if (!strcmp (argv[i], "--repeat"))
      t->repeat = (int) value;
    else if (!strcmp (argv[i], "--latency"))
      t->latency = value > 0;
    else if (!strcmp (argv[i], "--gather"))
      t->group.gather = value > 0 ? gather_over_ranks : NULL;
    else if (!strcmp (argv[i], "--threads")) {
      omp_set_num_threads ((int) value);
      t->group.parallel = value > 1 ? over_threads : NULL;
    } else
      return 0;
    i++;
  }
  return n;
}

int main (int argc, char **argv)
{
  struct set s = { NULL, 0 }, reference = { NULL, 0 };
  const char *plain[3] = { NULL, NULL, NULL };
  int show_peak = 0;
  MPI_Comm comm = MPI_COMM_WORLD;
  struct task t = { .from = 6, .to = 14, .repeat = 1, .latency = 1 };
  MPI_Init (&argc, &argv);
  areg_options_default (&t.options);
  t.options.G = 1;
  t.group = (struct areg_group) { .context = &comm, .sum = sum_over_ranks, .gather = gather_over_ranks };
  MPI_Comm_rank (comm, &t.group.rank);
  MPI_Comm_size (comm, &t.group.size);
  const int n = arguments_read (argc, argv, &t, plain, &show_peak);
  const int made = n >= 2 ? atoi (plain[1]) : 0;
  const int good = n >= 2 && (made > 0 ? set_make (made, &s) : set_read (plain[1], &s))
                   && (n < 3 || set_read (plain[2], &reference));
  if (!good)
    fputs ("[mpirun -n RANKS] areg_bench T_END ICFILE|N [REFERENCE] [--star-softening EPS] [--c C] [--pn WORDS]\n"
           "  [--from K] [--to K] [--repeat R] [--threads T] [--gather 0] [--latency 0]\n  [--peak]\n", stderr);
  else {
    holes_mark (&s);
    t.begin = &s;
    t.reference = n > 2 ? &reference : NULL;
    t.t_end = atof (plain[0]);
    const char *slash = strrchr (plain[1], '/');
    if (t.group.rank == 0)
      printf ("%s to t = %s, %d bodies, %d ranks\n\n", slash ? slash + 1 : plain[1], plain[0], s.n, t.group.size);
    if (show_peak)
      peak (&s);
    else
      table (&t);
  }
  free (s.b);
  free (reference.b);
  MPI_Finalize ();
  return good ? 0 : 64;
}
