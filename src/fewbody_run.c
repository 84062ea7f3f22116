/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run of catena-fewbody, and what it prints.
 *
 * Text and JSON say the same. JSON is one object whatever happens: a refused run has its status and message in it,
 * and the bodies as they were; numbers that are not finite, which JSON lacks, are null. Each output is flushed, so
 * that an interrupted run leaves whole ones.
 *
 * Energy and angular momentum are summed anew in long double from the bodies at both ends, as a stranger would. Where
 * the energy is not that of Newton's points (softening, post-Newtonian terms) the library's own books are given.
 */
#include "fewbody.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct print { const struct fewbody *task; FILE *out; int count; struct areg *system; struct areg_body *bodies;
               double (*low)[3]; };

int fewbody_exit (int status)
{
  switch (status) {
  case AREG_OK: return FEWBODY_OK;
  case AREG_BAD_OPTION: case AREG_BAD_BODY: case AREG_BAD_TIME: return FEWBODY_DATA;
  }
  return FEWBODY_REFUSED;
}

/* Newtonian energy and angular momentum in long double, about the centre of mass. */
static void invariants (const struct fewbody *task, const struct areg_body *b, int n, long double *energy,
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

/* One number of JSON. */
static void number_print (FILE *out, const char *before, double x)
{
  if (isfinite (x))
    fprintf (out, "%s%.17g", before, x);
  else
    fprintf (out, "%snull", before);
}

static void vector_print (FILE *out, const char *name, const double x[3])
{
  fprintf (out, ", \"%s\": ", name);
  for (int c = 0; c < 3; c++)
    number_print (out, c ? ", " : "[", x[c]);
  fputs ("]", out);
}

static void body_json (FILE *out, const struct areg_body *b, const double *low)
{
  fprintf (out, "    { \"id\": %llu, ", (unsigned long long) b->id);
  number_print (out, "\"m\": ", b->m);
  vector_print (out, "x", b->x);
  if (low)
    vector_print (out, "x_low", low);
  vector_print (out, "v", b->v);
  vector_print (out, "spin", b->spin);
  fprintf (out, ", \"kind\": \"%s\"", b->kind == AREG_HOLE ? "bh" : "star");
  if (b->radius > 0)
    number_print (out, ", \"radius\": ", b->radius);
  fputs (" }", out);
}

static int body_spins (const struct areg_body *b) { return b->spin[0] != 0 || b->spin[1] != 0 || b->spin[2] != 0; }

static void body_text (FILE *out, const struct areg_body *b, const double *low, int spins)
{
  fprintf (out, "%llu %.17g", (unsigned long long) b->id, b->m);
  for (int c = 0; c < 3; c++) {
    fprintf (out, " %.17g", b->x[c]);
    if (low && low[c] != 0)
      fprintf (out, ":%.17g", low[c]);
  }
  fprintf (out, " %.17g %.17g %.17g", b->v[0], b->v[1], b->v[2]);
  if (spins)
    fprintf (out, " %.17g %.17g %.17g", b->spin[0], b->spin[1], b->spin[2]);
  fprintf (out, " %s", b->kind == AREG_HOLE ? "bh" : "star");
  if (b->radius > 0)
    fprintf (out, " radius=%.17g", b->radius);
  fputs ("\n", out);
}

static void bodies_print (const struct fewbody *task, FILE *out, const struct areg_body *b, const double (*low)[3],
                          int n)
{
  int spins = 0; /* of any: all rows have the same columns */
  for (int i = 0; i < n; i++)
    spins |= body_spins (&b[i]);
  for (int i = 0; i < n; i++)
    if (task->json) {
      fputs (i ? ",\n" : "", out);
      body_json (out, &b[i], low ? low[i] : NULL);
    } else
      body_text (out, &b[i], low ? low[i] : NULL, spins);
}

static int sample_print (void *context, double t, const struct areg_body *b, int n)
{
  struct print *p = context;
  if (p->task->json)
    fprintf (p->out, "%s  { \"t\": %.17g, \"bodies\": [\n", p->count ? ",\n" : "", t);
  else
    fprintf (p->out, "# output t = %.17g\n", t);
  bodies_print (p->task, p->out, b, NULL, n);
  if (p->task->json)
    fputs (" ] }", p->out);
  fflush (p->out);
  p->count++;
  return 0;
}

static double seconds (void)
{
  struct timespec now;
  timespec_get (&now, TIME_UTC);
  return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

static void merger_json (FILE *out, const struct areg_merger *m)
{
  number_print (out, "{ \"t\": ", m->t);
  fprintf (out, ", \"id1\": %llu, \"id2\": %llu, \"id_remnant\": %llu", (unsigned long long) m->id1,
           (unsigned long long) m->id2, (unsigned long long) m->id_remnant);
  number_print (out, ", \"m1\": ", m->m1);
  number_print (out, ", \"m2\": ", m->m2);
  number_print (out, ", \"m_remnant\": ", m->m_remnant);
  number_print (out, ", \"chi1\": ", m->chi1);
  number_print (out, ", \"chi2\": ", m->chi2);
  number_print (out, ", \"chi_remnant\": ", m->chi_remnant);
  vector_print (out, "spin1", m->spin1);
  vector_print (out, "spin2", m->spin2);
  vector_print (out, "spin_remnant", m->spin_remnant);
  vector_print (out, "x", m->x);
  vector_print (out, "v", m->v);
  number_print (out, ", \"separation\": ", m->separation);
  number_print (out, ", \"relative_speed\": ", m->relative_speed);
  number_print (out, ", \"semi_major_axis\": ", m->semi_major_axis);
  number_print (out, ", \"eccentricity\": ", m->eccentricity);
  vector_print (out, "normal", m->normal);
  number_print (out, ", \"chi_effective\": ", m->chi_effective);
  vector_print (out, "kick", m->kick);
  number_print (out, ", \"kick_speed\": ", m->kick_speed);
  fputs (" }", out);
}

static void mergers_print (const struct print *p)
{
  const struct areg_merger *m;
  const int n = areg_mergers (p->system, &m);
  for (int i = 0; i < n; i++)
    if (p->task->json) {
      fputs (i ? ",\n    " : "\n    ", p->out);
      merger_json (p->out, &m[i]);
    } else
      fprintf (p->out, "# merger t = %.17g id1 = %llu id2 = %llu m_remnant = %.17g chi_remnant = %.17g "
               "kick_speed = %.17g\n", m[i].t, (unsigned long long) m[i].id1, (unsigned long long) m[i].id2,
               m[i].m_remnant, m[i].chi_remnant, m[i].kick_speed);
}

static const char *event_name (const struct areg_event *e)
{
  return e->kind == AREG_DISRUPTION ? "disruption" : "capture";
}

static void event_json (FILE *out, const struct areg_event *e)
{
  number_print (out, "{ \"t\": ", e->t);
  fprintf (out, ", \"kind\": \"%s\", \"id_hole\": %llu, \"id_star\": %llu", event_name (e),
           (unsigned long long) e->id_hole, (unsigned long long) e->id_star);
  number_print (out, ", \"m_hole\": ", e->m_hole);
  number_print (out, ", \"m_star\": ", e->m_star);
  number_print (out, ", \"m_accreted\": ", e->m_accreted);
  vector_print (out, "x", e->x);
  vector_print (out, "v", e->v);
  number_print (out, ", \"radius\": ", e->radius);
  number_print (out, ", \"separation\": ", e->separation);
  number_print (out, ", \"relative_speed\": ", e->relative_speed);
  number_print (out, ", \"semi_major_axis\": ", e->semi_major_axis);
  number_print (out, ", \"eccentricity\": ", e->eccentricity);
  number_print (out, ", \"pericentre\": ", e->pericentre);
  number_print (out, ", \"energy_change\": ", e->energy_change);
  fputs (" }", out);
}

static void events_print (const struct print *p)
{
  const struct areg_event *e;
  const int n = areg_events (p->system, &e);
  for (int i = 0; i < n; i++)
    if (p->task->json) {
      fputs (i ? ",\n    " : "\n    ", p->out);
      event_json (p->out, &e[i]);
    } else
      fprintf (p->out, "# %s t = %.17g id_hole = %llu id_star = %llu m_accreted = %.17g pericentre = %.17g\n",
               event_name (&e[i]), e[i].t, (unsigned long long) e[i].id_hole, (unsigned long long) e[i].id_star,
               e[i].m_accreted, e[i].pericentre);
}

/* Key and value in either form; `digits` as much as the value deserves. */
static void key_print (const struct print *p, const char *key, double value, int digits)
{
  if (!p->task->json)
    fprintf (p->out, "# %s = %.*g\n", key, digits, value);
  else if (isfinite (value))
    fprintf (p->out, "  \"%s\": %.*g,\n", key, digits, value);
  else
    fprintf (p->out, "  \"%s\": null,\n", key);
}

/* How far energy and angular momentum have moved. */
static void errors_print (const struct print *p, const struct areg_statistics *s)
{
  const struct fewbody *task = p->task;
  long double e0, e1, L0[3], L1[3], dL = 0, L = 0;
  const int softened = task->options.softening > 0 || task->options.star_star_softening > 0;
  invariants (task, task->bodies, task->n, &e0, L0);
  invariants (task, p->bodies, areg_count (p->system), &e1, L1);
  for (int c = 0; c < 3; c++) {
    dL += (L1[c] - L0[c]) * (L1[c] - L0[c]);
    L += L0[c] * L0[c];
  }
  const int plain = !softened && (task->options.c == 0 || task->options.pn_terms == 0) && e0 != 0
                    && areg_count (p->system) == task->n;
  key_print (p, "energy_error_end", plain ? (double) fabsl ((e1 - e0) / e0) : s->energy_error, 10);
  key_print (p, "energy_error_max", s->energy_error_max, 10);
  key_print (p, "angular_momentum_error", L > 0 ? (double) sqrtl (dL / L) : (double) sqrtl (dL), 10);
}

static void report (struct print *p, double wall)
{
  struct areg_statistics s;
  const int n = areg_count (p->system);
  areg_statistics_now (p->system, &s);
  areg_bodies_split (p->system, p->bodies, p->low);
  key_print (p, "t", areg_time (p->system), 17);
  key_print (p, "steps", (double) s.steps, 16);
  key_print (p, "rejected", (double) s.rejected, 16);
  key_print (p, "force_evaluations", (double) s.force_evaluations, 16);
  key_print (p, "wall_s", wall, 6);
  errors_print (p, &s);
  key_print (p, "mergers", areg_mergers (p->system, NULL), 16);
  if (p->task->json)
    fputs ("  \"merger_list\": [", p->out);
  mergers_print (p);
  if (p->task->json)
    fputs (" ],\n", p->out);
  key_print (p, "events", areg_events (p->system, NULL), 16);
  if (p->task->json)
    fputs ("  \"event_list\": [", p->out);
  events_print (p);
  if (p->task->json)
    fputs (" ],\n  \"bodies\": [\n", p->out);
  bodies_print (p->task, p->out, p->bodies, p->task->split ? (const double (*)[3]) p->low : NULL, n);
  if (p->task->json)
    fputs (" ]\n}\n", p->out);
}

/* A refusal in JSON: the message holds nothing that needs escaping but quotes, of which it has none. */
static void refusal_print (const struct print *p, const char *message)
{
  if (!p->task->json)
    return;
  fprintf (p->out, "  \"message\": \"");
  for (const char *c = message; *c; c++)
    fputc (*c == '"' || *c == '\\' || (unsigned char) *c < 32 ? '\'' : *c, p->out);
  fputs ("\"\n}\n", p->out);
}

static char *dump_make (const struct areg *system)
{
  const int64_t length = areg_dump (system, NULL, 0);
  char *text = malloc ((size_t) length + 1);
  if (text)
    areg_dump (system, text, length + 1);
  return text;
}

/* Output times; the last is the end to the bit. */
static double *times_make (const struct fewbody *task)
{
  double *times = malloc ((size_t) (task->outputs + 1) * sizeof *times);
  for (int i = 1; times && i <= task->outputs; i++)
    times[i - 1] = i == task->outputs ? task->t_end
                                      : task->t_start + (task->t_end - task->t_start) * i / task->outputs;
  return times;
}

/* The bodies all the way; an areg_status. */
static int integrate (struct print *p, const double *times)
{
  const struct fewbody *task = p->task;
  int status = areg_load_split (p->system, task->t_start, task->bodies, (const double (*)[3]) task->x_low, task->n);
  if (status != AREG_OK)
    return status;
  if (task->step_hint > 0)
    areg_set_step_hint (p->system, task->step_hint);
  return areg_advance_sampled (p->system, task->t_end, times, task->outputs, sample_print, p);
}

int fewbody_run (struct fewbody *task, FILE *out, char **dump)
{
  const size_t n = (size_t) task->n;
  struct print p = { .task = task, .out = out };
  double *times = times_make (task);
  p.bodies = malloc (n * sizeof *p.bodies);
  p.low = malloc (n * sizeof *p.low);
  int status = p.bodies && p.low && times ? areg_create (&task->options, NULL, task->n, &p.system) : AREG_NO_MEMORY;
  const double began = seconds ();
  if (task->json)
    fputs ("{\n  \"outputs\": [\n", out);
  if (status == AREG_OK)
    status = integrate (&p, times);
  if (task->json)
    fprintf (out, " ],\n  \"status\": %d,\n", status);
  if (status == AREG_OK)
    report (&p, seconds () - began);
  else {
    snprintf (task->message, sizeof task->message, "%s", p.system && *areg_last_message (p.system)
              ? areg_last_message (p.system) : areg_status_words (status));
    refusal_print (&p, task->message);
  }
  if (dump)
    *dump = status != AREG_OK && p.system ? dump_make (p.system) : NULL;
  areg_free (&p.system);
  free (p.bodies);
  free (p.low);
  free (times);
  return status;
}
