/* SPDX-License-Identifier: GPL-3.0-or-later */
/* areg_bench: error against cost of the regularised integrator, as a table.
 *
 *   areg_bench T_END ICFILE [REFERENCE] [--star-softening EPS] [--c C]
 *
 * Runs the bodies of ICFILE (id m x y z vx vy vz; the two heaviest are holes) to T_END at tolerances 1e-6 to
 * 1e-14, and compares positions with REFERENCE (same columns), or with its own run at 1e-14. Errors are the
 * largest over holes and over all bodies, in the file's unit of length; seconds are of the processor. The last
 * lines are the latency of a call of almost no time, loading included, and the rate of pairs.
 */
#define _POSIX_C_SOURCE 200809L
#include "areg.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct set { struct areg_body *b; int n; };

static double seconds (void)
{
  struct timespec t;
  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &t);
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

/* Runs a copy of `from` to t_end; seconds taken, or negative if refused. */
static double run (const struct areg_options *o, const struct set *from, double t_end, struct set *to,
                   struct areg_statistics *count)
{
  struct areg *system = NULL;
  const double began = seconds ();
  int status = areg_create (o, NULL, from->n, &system);
  if (status == AREG_OK)
    status = areg_load (system, 0, from->b, from->n);
  if (status == AREG_OK)
    status = areg_advance (system, t_end);
  const double took = seconds () - began;
  if (status == AREG_OK) {
    areg_bodies (system, to->b);
    areg_statistics_now (system, count);
  } else
    fprintf (stderr, "areg_bench: %s\n", system ? areg_last_message (system) : areg_status_words (status));
  areg_free (&system);
  return status == AREG_OK ? took : -1;
}

static void table (struct areg_options *o, const struct set *s, double t_end, const struct set *reference)
{
  struct areg_statistics count;
  const size_t bytes = (size_t) s->n * sizeof *s->b;
  struct set end = { malloc (bytes), s->n }, own = { malloc (bytes), s->n };
  o->tolerance = 1e-14;
  if (!end.b || !own.b || (!reference && run (o, s, t_end, &own, &count) < 0))
    return;
  puts ("| tolerance | holes | all | energy | steps | rejected | forces | s |\n|---|---|---|---|---|---|---|---|");
  for (int k = 6; k <= 14; k += 2) {
    o->tolerance = pow (10, -k);
    const double took = run (o, s, t_end, &end, &count);
    if (took >= 0)
      printf ("| 1e-%d | %.1e | %.1e | %.1e | %lld | %lld | %lld | %.4f |\n", k,
              distance (&end, reference ? reference : &own, 1), distance (&end, reference ? reference : &own, 0),
              count.energy_error, (long long) count.steps, (long long) count.rejected,
              (long long) count.force_evaluations, took);
  }
  o->tolerance = 1e-8;
  double took = 0;
  int calls = 0;
  for (; took < 0.2 && calls < 10000; calls++)
    took += run (o, s, 1e-9 * t_end, &end, &count);
  printf ("A call of almost no time: %.1f microseconds.\n", 1e6 * took / calls);
  took = run (o, s, t_end, &end, &count);
  printf ("Pairs in a second, all work counted: %.2e.\n", count.pair_evaluations / took);
  free (end.b);
  free (own.b);
}

int main (int argc, char **argv)
{
  struct areg_options o;
  struct set s, reference;
  const char *plain[3] = { NULL, NULL, NULL };
  int n = 0;
  areg_options_default (&o);
  o.G = 1;
  for (int i = 1; i < argc; i++)
    if (!strcmp (argv[i], "--star-softening") && i + 1 < argc)
      o.star_star_softening = atof (argv[++i]);
    else if (!strcmp (argv[i], "--c") && i + 1 < argc)
      o.c = atof (argv[++i]);
    else if (n < 3)
      plain[n++] = argv[i];
  if (n < 2 || !set_read (plain[1], &s) || (n > 2 && !set_read (plain[2], &reference))) {
    fputs ("areg_bench T_END ICFILE [REFERENCE] [--star-softening EPS] [--c C]\n", stderr);
    return 64;
  }
  holes_mark (&s);
  printf ("%s to t = %s, %d bodies\n\n", plain[1], plain[0], s.n);
  table (&o, &s, atof (plain[0]), n > 2 ? &reference : NULL);
  free (s.b);
  if (n > 2)
    free (reference.b);
  return 0;
}
