/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What catena-fewbody is asked for: its options, and a file of bodies.
 *
 * A file may carry options of its own on lines "#! --option value ...": such files are what areg_dump writes and
 * --replay runs. They stand below those of the command line, wherever in the file they are, and the file may be a
 * pipe; so it is read once, its options are kept as words, and everything is settled afterwards. A file's options
 * name no other file: a dump from elsewhere writes nowhere.
 *
 * Whether a value is in its range is the library's to say (areg_options_fault, areg_load); here is only checked
 * that it is a number. So bodies with NaN or infinities go through, and what refuses them is what refused them in
 * the host that left the dump.
 */
#define _POSIX_C_SOURCE 200809L
#include "fewbody.h"
#include "params/pn_terms.h"
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t\r\n\v\f";

enum takes { T_NUMBER, T_TIME, T_COUNT, T_STEPS, T_FLAG, T_OPTION_FLAG, T_TERMS, T_FILE, T_HELP, T_VERSION };

/* One row per option: its help, its form and where it goes. */
static const struct row { const char *name, *argument; enum takes takes; size_t at; const char *words; } rows[] = {
#define AT(member) offsetof (struct fewbody, member)
  { "t-end", "T", T_TIME, AT (t_end), "end time, met to round-off (default 1)" },
  { "t-start", "T", T_TIME, AT (t_start), "time of the bodies in the file (default 0)" },
  { "tol", "X", T_NUMBER, AT (options.tolerance), "relative tolerance of a step (default 1e-12)" },
  { "G", "G", T_NUMBER, AT (options.G), "gravitational constant (default 1)" },
  { "c", "C", T_NUMBER, AT (options.c), "speed of light: post-Newtonian terms and mergers (default: none)" },
  { "pn", "TERMS", T_TERMS, AT (options.pn_terms),
    "all, no_spin, none, or letters of 24567scbp: 1, 2, 2.5, 3, 3.5PN, spins, cross, stars, partners" },
  { "merge-at", "X", T_NUMBER, AT (options.merge_radius),
    "merge at X Schwarzschild radii of the total mass (default 12; 0: never)" },
  { "kicks", NULL, T_OPTION_FLAG, AT (options.kicks), "give remnants their recoil" },
  { "disrupt-at", "ETA", T_NUMBER, AT (options.tidal_factor),
    "stars of radius R are disrupted at ETA R (M/m)^(1/3) from a hole (default 0: never)" },
  { "capture-at", "X", T_NUMBER, AT (options.capture_radius),
    "stars with a radius are captured at X Schwarzschild radii of a hole (default 0: never)" },
  { "accrete", "F", T_NUMBER, AT (options.accreted_fraction),
    "part of a disrupted star's mass that the hole gains (default 0.5)" },
  { "softening", "EPS", T_NUMBER, AT (options.softening),
    "Plummer-equivalent spline softening of all pairs but star-star" },
  { "star-softening", "EPS", T_NUMBER, AT (options.star_star_softening), "the same of star-star pairs" },
  { "outputs", "N", T_COUNT, AT (outputs), "print the bodies at N equal intervals; the steps do not change" },
  { "max-steps", "N", T_STEPS, AT (options.max_steps), "give up after N attempted steps (default 5000000)" },
  { "end-tol", "X", T_NUMBER, AT (options.end_time_tolerance),
    "tolerance of the end time, relative to the span (default 0: round-off)" },
  { "step-hint", "H", T_NUMBER, AT (step_hint), "first step to try, in time (default: found out)" },
  { "split", NULL, T_FLAG, AT (split), "print positions in two parts, x:rest, with all digits there are" },
  { "json", NULL, T_FLAG, AT (json), "print JSON" },
  { "dump", "FILE", T_FILE, AT (dump), "where the run is refused, leave there what --replay needs" },
  { "replay", "FILE", T_FILE, AT (file), "run FILE with the options of its own '#!' lines, as ICFILE does too" },
  { "help", NULL, T_HELP, 0, "this text" },
  { "version", NULL, T_VERSION, 0, "the version of the library" } };
#undef AT
enum { N_ROWS = sizeof rows / sizeof *rows };

/* Where options come from decides what they may be. */
enum source { COMMAND_LINE, OWN_OPTIONS };

static int fault (struct fewbody *task, int code, const char *format, ...) __attribute__ ((format (printf, 3, 4)));
static int fault (struct fewbody *task, int code, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  vsnprintf (task->message, sizeof task->message, format, args);
  va_end (args);
  for (char *c = task->message; *c; c++) /* words of a stranger's file */
    if ((unsigned char) *c < 32 || (unsigned char) *c >= 127)
      *c = '?';
  return code;
}

/* A number in C's or Fortran's form (1.5e0, 1.5d0, inf, nan), the whole of `text`. */
static int number_read (const char *text, double *out)
{
  char copy[512], *end;
  const size_t length = strlen (text);
  if (length == 0 || length >= sizeof copy || strchr (blanks, *text))
    return 0;
  memcpy (copy, text, length + 1);
  if (!strpbrk (copy, "xX"))
    for (char *d = copy; (d = strpbrk (d, "dD"));)
      *d = 'e';
  *out = strtod (copy, &end);
  return !*end;
}

/* x, or x:rest. */
static int place_read (char *text, double *x, double *low)
{
  char *colon = strchr (text, ':');
  if (colon)
    *colon = 0;
  const int good = number_read (text, x) && (!colon || number_read (colon + 1, low));
  if (colon)
    *colon = ':';
  return good;
}

static int terms_read (const char *text, int32_t *terms)
{
  unsigned bits;
  if (pn_terms_parse (text, &bits))
    return 0;
  *terms = (int32_t) bits;
  return 1;
}

static int whole_read (const char *text, double most, double *out)
{
  return number_read (text, out) && *out >= 0 && *out <= most && *out == floor (*out);
}

static void help_print (FILE *out)
{
  fputs ("catena-fewbody [options] ICFILE      few bodies, regularised\n", out);
  for (int i = 0; i < N_ROWS; i++) {
    const int written = fprintf (out, "  --%s%s%s", rows[i].name, rows[i].argument ? " " : "",
                                 rows[i].argument ? rows[i].argument : "");
    fprintf (out, "%*s%s\n", written < 25 ? 25 - written : 1, "", rows[i].words);
  }
  fputs ("ICFILE: a body a line: id m x y z vx vy vz [sx sy sz] [bh|star] [radius=R]; # begins a comment; - is "
         "standard input.\n"
         "Exit codes: 0 done, 64 wrong usage, 65 wrong bodies, 66 no such file, 70 refused, 74 no output.\n", out);
}

/* One option with its value, which is NULL for flags. */
static int option_take (struct fewbody *task, const struct row *row, const char *text, enum source source, FILE *out)
{
  void *at = (char *) task + row->at;
  const char *wants = NULL;
  double x = 0;
  switch (row->takes) {
  case T_NUMBER: wants = number_read (text, &x) && isfinite (x) ? NULL : "a finite number"; break;
  case T_TIME:
    wants = number_read (text, &x) && (isfinite (x) || source == OWN_OPTIONS) ? NULL : "a finite number";
    break;
  case T_COUNT: wants = whole_read (text, 1e7, &x) ? NULL : "a whole number from 0 to 1e7"; break;
  case T_STEPS: wants = whole_read (text, 1e15, &x) && x > 0 ? NULL : "a whole number from 1 to 1e15"; break;
  case T_TERMS:
    wants = terms_read (text, at) ? NULL : "all, no_spin, none, or letters of 24567scbp, b only with 2";
    break;
  case T_FLAG: *(int *) at = 1; break;
  case T_OPTION_FLAG: *(int32_t *) at = 1; break;
  case T_FILE: *(const char **) at = text; break;
  case T_HELP: help_print (out); return FEWBODY_DONE;
  case T_VERSION:
    fprintf (out, "catena-fewbody %s\n", areg_version_text ());
    return FEWBODY_DONE;
  }
  if (wants)
    return fault (task, FEWBODY_USAGE, "--%s wants %s, not '%.60s'", row->name, wants, text);
  if (row->takes == T_NUMBER || row->takes == T_TIME)
    *(double *) at = x;
  else if (row->takes == T_COUNT)
    *(int *) at = (int) x;
  else if (row->takes == T_STEPS)
    *(int64_t *) at = (int64_t) x;
  return 0;
}

static int options_read (struct fewbody *task, int argc, char **argv, enum source source, FILE *out)
{
  struct option table[N_ROWS + 1] = { { 0, 0, 0, 0 } };
  for (int i = 0; i < N_ROWS; i++)
    table[i] = (struct option) { rows[i].name, rows[i].argument ? 1 : 0, NULL, 256 + i };
  optind = 0; /* glibc: begin anew */
  opterr = 0;
  for (int o; (o = getopt_long (argc, argv, ":", table, NULL)) != -1;) {
    if (o == ':')
      return fault (task, FEWBODY_USAGE, "%.60s wants a value", argv[optind - 1]);
    if (o < 256 && optopt > 0 && optopt < 256)
      return fault (task, FEWBODY_USAGE, "there is no option '-%c'; --help lists all", optopt);
    if (o < 256)
      return fault (task, FEWBODY_USAGE, "'%.60s' is no option, or short for several, or takes no value; --help "
                    "lists all", argv[optind - 1]);
    const struct row *row = &rows[o - 256];
    if (source == OWN_OPTIONS && row->takes >= T_FILE)
      return fault (task, FEWBODY_USAGE, "a file must not ask for --%s", row->name);
    const int code = option_take (task, row, optarg, source, out);
    if (code)
      return code;
  }
  if (optind < argc && source == OWN_OPTIONS)
    return fault (task, FEWBODY_USAGE, "'%.60s' is no option", argv[optind]);
  if (optind < argc)
    task->file = argv[optind++];
  return optind < argc ? fault (task, FEWBODY_USAGE, "only one file can be run, not '%.60s' too", argv[optind]) : 0;
}

static void defaults (struct fewbody *task)
{
  areg_options_default (&task->options);
  task->options.tolerance = 1e-12;
  task->options.G = 1;
  task->t_start = task->step_hint = 0;
  task->t_end = 1;
  task->outputs = task->json = task->split = 0;
  task->file = task->dump = NULL;
}

void fewbody_begin (struct fewbody *task)
{
  *task = (struct fewbody) { 0 };
  defaults (task);
}

void fewbody_end (struct fewbody *task)
{
  for (int i = 0; i < task->n_own; i++)
    free (task->own[i]);
  free (task->own);
  free (task->bodies);
  free (task->x_low);
  *task = (struct fewbody) { 0 };
}

int fewbody_command (struct fewbody *task, int argc, char **argv, FILE *out)
{
  return options_read (task, argc, argv, COMMAND_LINE, out);
}

static int no_memory (struct fewbody *task) { return fault (task, FEWBODY_REFUSED, "no memory for the bodies"); }

static int body_add (struct fewbody *task, const struct areg_body *body, const double x_low[3])
{
  if (task->n == task->capacity) {
    if (task->capacity > INT32_MAX / 4)
      return no_memory (task);
    const int capacity = task->capacity ? 2 * task->capacity : 64;
    struct areg_body *more = realloc (task->bodies, (size_t) capacity * sizeof *more);
    if (!more)
      return no_memory (task);
    task->bodies = more;
    double (*low)[3] = realloc (task->x_low, (size_t) capacity * sizeof *low);
    if (!low)
      return no_memory (task);
    task->x_low = low;
    task->capacity = capacity;
  }
  memcpy (task->x_low[task->n], x_low, 3 * sizeof *x_low);
  task->bodies[task->n++] = *body;
  return 0;
}

/* A whole number; 1.000e+00, as tables of numbers have it, is one too. */
static int id_read (const char *text, uint64_t *id)
{
  double x;
  size_t digits = strspn (text, "0123456789");
  if (digits > 0 && !text[digits]) {
    uint64_t sum = 0;
    for (; *text; text++) {
      const uint64_t digit = (uint64_t) (*text - '0');
      if (sum > (UINT64_MAX - digit) / 10)
        return 0;
      sum = 10 * sum + digit;
    }
    *id = sum;
    return 1;
  }
  if (!whole_read (text, 9007199254740992.0, &x))
    return 0;
  *id = (uint64_t) x;
  return 1;
}

/* bh, star, or kind=N for what a host may have made of it. */
static int kind_read (const char *word, int32_t *kind)
{
  double x;
  if (!strcmp (word, "bh"))
    *kind = AREG_HOLE;
  else if (!strcmp (word, "star"))
    *kind = AREG_STAR;
  else if (!strncmp (word, "kind=", 5) && number_read (word + 5, &x) && fabs (x) < 2147483648.0)
    *kind = (int32_t) x;
  else
    return 0;
  return 1;
}

/* What may end a line: a star's radius. */
static int radius_read (const char *word, double *radius)
{
  return !strncmp (word, "radius=", 7) && number_read (word + 7, radius);
}

/* One line of a file: 0 or an exit code. */
static int line_read (struct fewbody *task, char *line, int number)
{
  struct areg_body body = { .kind = FEWBODY_KIND_OPEN };
  double value[10] = { 0 }, low[3] = { 0, 0, 0 }, none;
  char *save, *word = strtok_r (line, blanks, &save);
  const char *file = task->file ? task->file : "-";
  int k = 0;
  if (!word)
    return 0;
  if (!id_read (word, &body.id))
    return fault (task, FEWBODY_DATA, "%.120s, line %d: '%.40s' is not an id, a whole number", file, number, word);
  while ((word = strtok_r (NULL, blanks, &save)) && !kind_read (word, &body.kind)) {
    if (radius_read (word, &body.radius))
      break;
    if (k == 10 || !(k >= 1 && k <= 3 ? place_read (word, &value[k], &low[k - 1]) : number_read (word, &value[k])))
      return fault (task, FEWBODY_DATA, "%.120s, line %d: '%.40s' is %s", file, number, word,
                    k == 10 || number_read (word, &none) ? "one number too many" : "not a number");
    k++;
  }
  const int ended = word && !strncmp (word, "radius=", 7);
  if (word && !ended && (word = strtok_r (NULL, blanks, &save)) && !radius_read (word, &body.radius))
    k = -1;
  if ((k != 7 && k != 10) || (word && strtok_r (NULL, blanks, &save)))
    return fault (task, FEWBODY_DATA, "%.120s, line %d is not a body: id m x y z vx vy vz [sx sy sz] [bh|star] "
                  "[radius=R]", file,
                  number);
  body.m = value[0];
  memcpy (body.x, value + 1, sizeof body.x);
  memcpy (body.v, value + 4, sizeof body.v);
  memcpy (body.spin, value + 7, sizeof body.spin);
  return body_add (task, &body, low);
}

static int own_add (struct fewbody *task, const char *word)
{
  if (task->n_own == task->own_capacity) {
    if (task->own_capacity > 10000)
      return fault (task, FEWBODY_DATA, "the file has too many options of its own");
    const int capacity = task->own_capacity ? 2 * task->own_capacity : 32;
    char **more = realloc (task->own, (size_t) capacity * sizeof *more);
    if (!more)
      return no_memory (task);
    task->own = more;
    task->own_capacity = capacity;
  }
  char *copy = strdup (word);
  if (!copy)
    return no_memory (task);
  task->own[task->n_own++] = copy;
  return 0;
}

/* Words of a "#!" line. */
static int own_read (struct fewbody *task, char *line)
{
  char *save;
  int code = task->n_own ? 0 : own_add (task, "catena-fewbody");
  for (char *w = strtok_r (line, blanks, &save); w && !code; w = strtok_r (NULL, blanks, &save))
    code = own_add (task, w);
  return code;
}

int fewbody_read (struct fewbody *task, FILE *in)
{
  char *buffer = NULL;
  size_t size = 0;
  ssize_t length;
  int code = 0;
  const char *file = task->file ? task->file : "-";
  for (int number = 1; !code && (length = getline (&buffer, &size, in)) >= 0; number++) {
    char *line = buffer;
    if (number == 1 && !strncmp (line, "\xef\xbb\xbf", 3)) /* the mark that some editors put first */
      line += 3;
    if (strlen (buffer) != (size_t) length) {
      code = fault (task, FEWBODY_DATA, "%.120s, line %d: not a text, it has a byte of value 0", file, number);
      break;
    }
    if (!strncmp (line, "#!", 2))
      code = own_read (task, line + 2);
    line[strcspn (line, "#")] = 0;
    if (!code)
      code = line_read (task, line, number);
  }
  free (buffer);
  if (!code && ferror (in))
    code = fault (task, FEWBODY_NO_INPUT, "cannot read '%.120s'", file);
  if (!code && task->n == 0)
    code = fault (task, FEWBODY_DATA, "there are no bodies in '%.120s'", file);
  return code;
}

/* The library's word on the options as they are now. */
static int ranges_check (struct fewbody *task, int code)
{
  const char *words = areg_options_fault (&task->options);
  if (words)
    return fault (task, code, "%s", words);
  return task->step_hint >= 0 ? 0 : fault (task, code, "the step hint must not be negative");
}

int fewbody_settle (struct fewbody *task, int argc, char **argv)
{
  int code = 0;
  defaults (task);
  if (task->n_own) {
    code = options_read (task, task->n_own, task->own, OWN_OPTIONS, NULL);
    if (!code)
      code = ranges_check (task, FEWBODY_DATA);
    if (code)
      return FEWBODY_DATA;
  }
  code = options_read (task, argc, argv, COMMAND_LINE, NULL);
  if (!code)
    code = ranges_check (task, FEWBODY_USAGE);
  for (int i = 0; i < task->n; i++)
    if (task->bodies[i].kind == FEWBODY_KIND_OPEN)
      task->bodies[i].kind = task->options.c > 0 ? AREG_HOLE : AREG_STAR;
  return code;
}
