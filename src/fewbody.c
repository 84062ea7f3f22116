/* SPDX-License-Identifier: GPL-3.0-or-later */
/* catena-fewbody: the regularised integrator from the command line.
 *
 * Reads bodies as text, advances them, prints what it cost and what came out. Numbers are read and written with 17
 * digits, so a run cut in two by hand equals the library's own. A file may carry its own options on lines
 * "#! --option value ...", read before the command line: such files are what --dump writes and --replay runs.
 */
#define _POSIX_C_SOURCE 200809L
#include "areg.h"
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EX_OK_ = 0, EX_USAGE_ = 64, EX_DATA_ = 65, EX_NOINPUT_ = 66, EX_SOFTWARE_ = 70 };

struct task
{
  struct areg_options options;
  double t_start, t_end;
  int outputs, json;
  const char *file, *dump;
  struct areg_body *bodies;
  int n, capacity;
};

static const char usage[] =
  "catena-fewbody [options] ICFILE      few bodies, regularised\n"
  "  --t-end T              end time (default 1)\n"
  "  --t-start T            time of the bodies in the file (default 0)\n"
  "  --tol X                relative tolerance of a step (default 1e-12)\n"
  "  --G G                  gravitational constant (default 1)\n"
  "  --c C                  speed of light: post-Newtonian terms and mergers (default: none)\n"
  "  --pn TERMS             all, no_spin, none, or characters of 24567sc (1, 2, 2.5, 3, 3.5PN, spins, cross terms)\n"
  "  --merge-at X           merge at X Schwarzschild radii of the total mass (default 12; 0: never)\n"
  "  --kicks                give remnants their recoil\n"
  "  --softening EPS        Plummer-equivalent spline softening of all pairs but star-star\n"
  "  --star-softening EPS   the same of star-star pairs\n"
  "  --outputs N            print the bodies at N equal intervals\n"
  "  --max-steps N          give up after N steps\n"
  "  --json                 print JSON\n"
  "  --dump FILE            where the run is refused, leave there what --replay needs\n"
  "  --replay FILE          as ICFILE, options from the file's own '#!' lines first\n"
  "  --help, --version\n"
  "ICFILE: one body a line: id m x y z vx vy vz [sx sy sz] [bh|star]; # begins a comment; - is standard input.\n";

static int fail (int code, const char *what, const char *more)
{
  fprintf (stderr, "catena-fewbody: %s%s\n", what, more);
  return code;
}

/* A whole finite number, or nothing. */
static int number_read (const char *text, double *out)
{
  char *end;
  errno = 0;
  const double x = strtod (text, &end);
  if (end == text || *end || !isfinite (x))
    return 0;
  *out = x;
  return 1;
}

static int pn_read (const char *text, int32_t *terms)
{
  static const struct { const char *word; int32_t bits; } words[] = {
    { "all", AREG_PN_ALL }, { "no_spin", AREG_PN_NO_SPIN }, { "none", AREG_PN_NONE } };
  static const char letters[] = "24567sc";
  static const int32_t bits[] = { AREG_PN1, AREG_PN2, AREG_PN25, AREG_PN3, AREG_PN35, AREG_PN_SPIN, AREG_PN_CROSS };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (!strcmp (text, words[i].word)) {
      *terms = words[i].bits;
      return 1;
    }
  *terms = 0;
  for (; *text; text++) {
    const char *at = strchr (letters, *text);
    if (!at)
      return 0;
    *terms |= bits[at - letters];
  }
  return 1;
}

enum { O_T_END = 256, O_T_START, O_TOL, O_G, O_C, O_PN, O_MERGE, O_KICKS, O_SOFT, O_STAR_SOFT, O_OUTPUTS, O_STEPS,
       O_JSON, O_DUMP, O_REPLAY, O_HELP, O_VERSION };
static const struct option long_options[] = {
  { "t-end", 1, 0, O_T_END }, { "t-start", 1, 0, O_T_START }, { "tol", 1, 0, O_TOL }, { "G", 1, 0, O_G },
  { "c", 1, 0, O_C }, { "pn", 1, 0, O_PN }, { "merge-at", 1, 0, O_MERGE }, { "kicks", 0, 0, O_KICKS },
  { "softening", 1, 0, O_SOFT }, { "star-softening", 1, 0, O_STAR_SOFT }, { "outputs", 1, 0, O_OUTPUTS },
  { "max-steps", 1, 0, O_STEPS }, { "json", 0, 0, O_JSON }, { "dump", 1, 0, O_DUMP },
  { "replay", 1, 0, O_REPLAY }, { "help", 0, 0, O_HELP },
  { "version", 0, 0, O_VERSION }, { 0, 0, 0, 0 } };

static int whole_read (const char *text, double least, double most, double *out)
{
  return number_read (text, out) && *out >= least && *out <= most && *out == floor (*out);
}

/* One option; 0, or an exit code; -1: done, leave with success. */
static int option_take (struct task *task, int option, const char *text)
{
  struct areg_options *o = &task->options;
  double x = 0;
  int good = 1;
  switch (option) {
  case O_T_END: good = number_read (text, &task->t_end); break;
  case O_T_START: good = number_read (text, &task->t_start); break;
  case O_TOL: good = number_read (text, &o->tolerance) && o->tolerance >= 1e-15 && o->tolerance < 1e-2; break;
  case O_G: good = number_read (text, &o->G) && o->G > 0; break;
  case O_C: good = number_read (text, &o->c) && o->c >= 0; break;
  case O_PN: good = pn_read (text, &o->pn_terms); break;
  case O_MERGE: good = number_read (text, &o->merge_radius) && o->merge_radius >= 0; break;
  case O_KICKS: o->kicks = 1; break;
  case O_SOFT: good = number_read (text, &o->softening) && o->softening >= 0; break;
  case O_STAR_SOFT: good = number_read (text, &o->star_star_softening) && o->star_star_softening >= 0; break;
  case O_OUTPUTS: good = whole_read (text, 0, 1e7, &x); task->outputs = (int) x; break;
  case O_STEPS: good = whole_read (text, 1, 1e15, &x); o->max_steps = (int64_t) x; break;
  case O_JSON: task->json = 1; break;
  case O_DUMP: task->dump = text; break;
  case O_REPLAY: task->file = text; break;
  case O_HELP: fputs (usage, stdout); return -1;
  case O_VERSION: printf ("catena-fewbody %d.%d\n", AREG_VERSION_MAJOR, AREG_VERSION_MINOR); return -1;
  default: return fail (EX_USAGE_, "unknown option; --help lists them", "");
  }
  return good ? 0 : fail (EX_USAGE_, "this option's value is not one it can have: ", text);
}

static int options_read (struct task *task, int argc, char **argv)
{
  optind = 0;
  for (int o; (o = getopt_long (argc, argv, "", long_options, NULL)) != -1;) {
    const int code = option_take (task, o, optarg);
    if (code)
      return code;
  }
  if (optind < argc)
    task->file = argv[optind++];
  return optind < argc ? fail (EX_USAGE_, "only one file can be run: ", argv[optind]) : 0;
}

static int body_add (struct task *task, const struct areg_body *body)
{
  if (task->n == task->capacity) {
    const int capacity = task->capacity ? 2 * task->capacity : 64;
    struct areg_body *more = realloc (task->bodies, (size_t) capacity * sizeof *more);
    if (!more)
      return fail (EX_SOFTWARE_, "no memory for the bodies", "");
    task->bodies = more;
    task->capacity = capacity;
  }
  task->bodies[task->n++] = *body;
  return 0;
}

/* One line of a file into a body. 0: none there, 1: a body, -1: neither. */
static int line_read (char *line, int default_kind, struct areg_body *body)
{
  double value[10] = { 0 };
  char *save, *word = strtok_r (line, " \t\r\n,", &save), *end;
  if (!word)
    return 0;
  *body = (struct areg_body) { .kind = default_kind };
  errno = 0;
  body->id = strtoull (word, &end, 10);
  if (*end || errno || *word == '-')
    return -1;
  int k = 0;
  while ((word = strtok_r (NULL, " \t\r\n,", &save))) {
    if (!strcmp (word, "bh") || !strcmp (word, "star")) {
      body->kind = *word == 'b' ? AREG_HOLE : AREG_STAR;
      if (strtok_r (NULL, " \t\r\n,", &save))
        return -1;
      break;
    }
    if (k == 10 || !number_read (word, &value[k++]))
      return -1;
  }
  if (k != 7 && k != 10)
    return -1;
  body->m = value[0];
  memcpy (body->x, value + 1, sizeof body->x);
  memcpy (body->v, value + 4, sizeof body->v);
  memcpy (body->spin, value + 7, sizeof body->spin);
  return 1;
}

/* Options on a "#!" line. */
static int own_options (struct task *task, char *line)
{
  char *argv[64] = { "catena-fewbody" }, *save;
  int argc = 1;
  for (char *w = strtok_r (line, " \t\r\n", &save); w && argc < 63; w = strtok_r (NULL, " \t\r\n", &save))
    argv[argc++] = w;
  const char *file = task->file;
  const int code = options_read (task, argc, argv);
  task->file = file;
  return code;
}

/* Reads the file; with `options` only its "#!" lines, otherwise its bodies. */
static int file_read (struct task *task, FILE *in, int options)
{
  char *line = NULL;
  size_t size = 0;
  int code = 0;
  char where[64];
  for (int number = 1; !code && getline (&line, &size, in) >= 0; number++) {
    struct areg_body body;
    if (options && !strncmp (line, "#!", 2))
      code = own_options (task, line + 2);
    line[strcspn (line, "#")] = 0;
    if (options)
      continue;
    const int found = line_read (line, task->options.c > 0 ? AREG_HOLE : AREG_STAR, &body);
    snprintf (where, sizeof where, "line %d", number);
    if (found > 0)
      code = body_add (task, &body);
    else if (found < 0)
      code = fail (EX_DATA_, "not a body (id m x y z vx vy vz [sx sy sz] [bh|star]): ", where);
  }
  free (line);
  if (!code && !options && task->n == 0)
    code = fail (EX_DATA_, "there are no bodies in ", task->file);
  return code;
}

/* Newtonian energy and angular momentum in long double, about the centre of mass. */
static void invariants (const struct task *task, const struct areg_body *b, int n, long double *energy,
                        long double L[3])
{
  long double mass = 0, mean[6] = { 0 }, e = 0;
  L[0] = L[1] = L[2] = 0;
  for (int i = 0; i < n; i++) {
    mass += b[i].m;
    for (int c = 0; c < 6; c++)
      mean[c] += (long double) b[i].m * (c < 3 ? b[i].x[c] : b[i].v[c - 3]);
  }
  for (int i = 0; i < n; i++) {
    long double y[6], pair = 0;
    for (int c = 0; c < 6; c++)
      y[c] = (c < 3 ? b[i].x[c] : b[i].v[c - 3]) - mean[c] / mass;
    for (int c = 0; c < 3; c++)
      L[c] += b[i].m * (y[(c + 1) % 3] * y[3 + (c + 2) % 3] - y[(c + 2) % 3] * y[3 + (c + 1) % 3]);
    for (int j = 0; j < i && task->options.softening == 0 && task->options.star_star_softening == 0; j++) {
      long double r2 = 0;
      for (int c = 0; c < 3; c++)
        r2 += ((long double) b[i].x[c] - b[j].x[c]) * ((long double) b[i].x[c] - b[j].x[c]);
      pair += b[j].m / sqrtl (r2);
    }
    e += b[i].m * (0.5L * (y[3] * y[3] + y[4] * y[4] + y[5] * y[5]) - task->options.G * pair);
  }
  *energy = e;
}

static void bodies_print (const struct task *task, const struct areg_body *b, int n, FILE *out)
{
  for (int i = 0; i < n; i++) {
    if (task->json) {
      fprintf (out, "%s    { \"id\": %llu, \"m\": %.17g, \"x\": [%.17g, %.17g, %.17g], \"v\": [%.17g, %.17g, %.17g], "
               "\"spin\": [%.17g, %.17g, %.17g], \"kind\": \"%s\" }", i ? ",\n" : "", (unsigned long long) b[i].id,
               b[i].m, b[i].x[0], b[i].x[1], b[i].x[2], b[i].v[0], b[i].v[1], b[i].v[2], b[i].spin[0], b[i].spin[1],
               b[i].spin[2], b[i].kind == AREG_HOLE ? "bh" : "star");
      continue;
    }
    fprintf (out, "%llu %.17g %.17g %.17g %.17g %.17g %.17g %.17g", (unsigned long long) b[i].id, b[i].m, b[i].x[0],
             b[i].x[1], b[i].x[2], b[i].v[0], b[i].v[1], b[i].v[2]);
    if (b[i].spin[0] != 0 || b[i].spin[1] != 0 || b[i].spin[2] != 0)
      fprintf (out, " %.17g %.17g %.17g", b[i].spin[0], b[i].spin[1], b[i].spin[2]);
    fprintf (out, " %s\n", b[i].kind == AREG_HOLE ? "bh" : "star");
  }
}

struct print_context { const struct task *task; int count; };

static int sample_print (void *context, double t, const struct areg_body *b, int n)
{
  struct print_context *p = context;
  if (p->task->json)
    printf ("%s  { \"t\": %.17g, \"bodies\": [\n", p->count ? ",\n" : "", t);
  else
    printf ("# output t = %.17g\n", t);
  bodies_print (p->task, b, n, stdout);
  if (p->task->json)
    fputs (" ] }", stdout);
  p->count++;
  return 0;
}

static double seconds (void)
{
  struct timespec now;
  clock_gettime (CLOCK_MONOTONIC, &now);
  return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

static void mergers_print (const struct task *task, const struct areg *system)
{
  const struct areg_merger *m;
  const int n = areg_mergers (system, &m);
  for (int i = 0; i < n; i++)
    if (task->json)
      printf ("%s\n    { \"t\": %.17g, \"id1\": %llu, \"id2\": %llu, \"m1\": %.17g, \"m2\": %.17g, "
              "\"m_remnant\": %.17g, \"chi_remnant\": %.17g, \"kick_speed\": %.17g, \"eccentricity\": %.17g }",
              i ? "," : "", m[i].t, (unsigned long long) m[i].id1, (unsigned long long) m[i].id2, m[i].m1, m[i].m2,
              m[i].m_remnant, m[i].chi_remnant, m[i].kick_speed, m[i].eccentricity);
    else
      printf ("# merger t = %.17g id1 = %llu id2 = %llu m_remnant = %.17g chi_remnant = %.17g kick_speed = %.17g\n",
              m[i].t, (unsigned long long) m[i].id1, (unsigned long long) m[i].id2, m[i].m_remnant, m[i].chi_remnant,
              m[i].kick_speed);
}

/* Key and value in either form. */
static void key_print (const struct task *task, const char *key, double value)
{
  printf (task->json ? "  \"%s\": %.10g,\n" : "# %s = %.10g\n", key, value);
}

static void report (const struct task *task, const struct areg *system, double wall, const struct areg_body *before,
                    int n_before, struct areg_body *after)
{
  struct areg_statistics s;
  long double e0, e1, L0[3], L1[3], dL = 0, L = 0;
  const int n = areg_count (system), softened = task->options.softening > 0 || task->options.star_star_softening > 0;
  areg_statistics_now (system, &s);
  areg_bodies (system, after);
  invariants (task, before, n_before, &e0, L0);
  invariants (task, after, n, &e1, L1);
  for (int c = 0; c < 3; c++) {
    dL += (L1[c] - L0[c]) * (L1[c] - L0[c]);
    L += L0[c] * L0[c];
  }
  const int plain = !softened && (task->options.c == 0 || task->options.pn_terms == 0) && e0 != 0;
  key_print (task, "t", areg_time (system));
  key_print (task, "steps", (double) s.steps);
  key_print (task, "rejected", (double) s.rejected);
  key_print (task, "force_evaluations", (double) s.force_evaluations);
  key_print (task, "wall_s", wall);
  key_print (task, "energy_error_end", plain ? (double) fabsl ((e1 - e0) / e0) : s.energy_error);
  key_print (task, "energy_error_max", s.energy_error_max);
  key_print (task, "angular_momentum_error", L > 0 ? (double) sqrtl (dL / L) : (double) sqrtl (dL));
  key_print (task, "mergers", areg_mergers (system, NULL));
  if (task->json)
    fputs ("  \"merger_list\": [", stdout);
  mergers_print (task, system);
  if (task->json)
    fputs (" ],\n  \"bodies\": [\n", stdout);
  bodies_print (task, after, n, stdout);
  if (task->json)
    fputs (" ]\n}\n", stdout);
}

/* Leaves a dump of the refused system; says so on failure only. */
static void dump_write (const struct task *task, const struct areg *system)
{
  const int64_t length = areg_dump (system, NULL, 0);
  char *text = malloc ((size_t) length + 1);
  FILE *out = fopen (task->dump, "w");
  if (text && out) {
    areg_dump (system, text, length + 1);
    fputs (text, out);
  } else
    fail (EX_SOFTWARE_, "cannot write ", task->dump);
  if (out)
    fclose (out);
  free (text);
}

static int run (struct task *task)
{
  struct areg *system = NULL;
  const int n = task->n;
  int status = areg_create (&task->options, NULL, n, &system);
  struct areg_body *after = malloc ((size_t) n * sizeof *after);
  double *times = malloc ((size_t) (task->outputs + 1) * sizeof *times);
  struct print_context context = { task, 0 };
  for (int i = 1; times && i <= task->outputs; i++)
    times[i - 1] = i == task->outputs ? task->t_end
                                      : task->t_start + (task->t_end - task->t_start) * i / task->outputs;
  if (status == AREG_OK && (!after || !times))
    status = AREG_NO_MEMORY;
  if (status == AREG_OK)
    status = areg_load (system, task->t_start, task->bodies, n);
  const double began = seconds ();
  if (task->json && status == AREG_OK)
    fputs ("{\n  \"outputs\": [\n", stdout);
  if (status == AREG_OK)
    status = areg_advance_sampled (system, task->t_end, times, task->outputs, sample_print, &context);
  if (task->json && system)
    fputs (" ],\n", stdout);
  if (status == AREG_OK)
    report (task, system, seconds () - began, task->bodies, n, after);
  else
    fprintf (stderr, "catena-fewbody: %s\n", system && *areg_last_message (system) ? areg_last_message (system)
                                                                                : areg_status_words (status));
  if (status != AREG_OK && system && task->dump)
    dump_write (task, system);
  areg_free (&system);
  free (after);
  free (times);
  return status == AREG_OK ? EX_OK_ : status == AREG_BAD_OPTION || status == AREG_BAD_BODY ? EX_DATA_ : EX_SOFTWARE_;
}

int main (int argc, char **argv)
{
  struct task task = { .t_end = 1 };
  areg_options_default (&task.options);
  task.options.tolerance = 1e-12;
  task.options.G = 1;
  opterr = 1;
  int code = options_read (&task, argc, argv);
  if (code)
    return code < 0 ? EX_OK_ : code;
  if (!task.file)
    return fail (EX_USAGE_, "a file of bodies is needed; --help tells more", "");
  FILE *in = strcmp (task.file, "-") ? fopen (task.file, "r") : stdin;
  if (!in)
    return fail (EX_NOINPUT_, "cannot open ", task.file);
  if (in != stdin) { /* the file's own options give way to the command line's */
    code = file_read (&task, in, 1);
    rewind (in);
    if (!code)
      code = options_read (&task, argc, argv);
  }
  if (!code)
    code = file_read (&task, in, 0);
  if (in != stdin)
    fclose (in);
  if (!code)
    code = run (&task);
  free (task.bodies);
  return code < 0 ? EX_OK_ : code;
}
