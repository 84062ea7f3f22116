/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Builds the chain of segments. Output instants closer together than 1e-9 of the run are one: a segment must be long
 * enough for its ticks to mean something. */
#include "time/timeline.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { MAX_OUTPUTS = 1000000 };

struct instants
{
  double *time;
  int64_t n, room;
};

static enum status add_instant (struct instants *list, double time)
{
  if (list->n == list->room) {
    if (mem_resize ("output times", &list->time, 2 * list->room + 64, sizeof *list->time))
      return ST_MEMORY;
    list->room = 2 * list->room + 64;
  }
  list->time[list->n++] = time;
  return ST_OK;
}

static enum status read_list (const struct params *params, struct instants *list)
{
  FILE *file = fopen (params->OutputListFilename, "r");
  enum status st = ST_OK;
  char line[1024];

  if (!file)
    return status_fail (ST_NOINPUT, "Cannot open the list of output times %s. Give its path in OutputListFilename.",
                        params->OutputListFilename);
  for (int number = 1; st == ST_OK && fgets (line, sizeof line, file); number++) {
    char *end;
    double time = strtod (line, &end);
    if (end == line && (line[0] == '#' || line[0] == '%' || line[0] == '\n' || line[0] == '\r'))
      continue;
    line[strcspn (line, "\r\n")] = '\0';
    if (end == line || !isfinite (time))
      st = status_fail (ST_DATA, "%s:%d: '%.40s' is no time. One time a line, then anything.",
                        params->OutputListFilename, number, line);
    else
      st = add_instant (list, time);
  }
  fclose (file);
  return st;
}

/* The k-th regular output after `first`. */
static double instant (const struct params *p, double first, double k)
{
  return p->ComovingIntegrationOn ? first * pow (p->TimeBetSnapshot, k) : first + k * p->TimeBetSnapshot;
}

/* How many intervals, not rounded, lie between two times. */
static double intervals (const struct params *p, double from, double to)
{
  return p->ComovingIntegrationOn ? log (to / from) / log (p->TimeBetSnapshot) : (to - from) / p->TimeBetSnapshot;
}

/* Outputs are counted from the first one (in comoving runs: from where the whole run began), however often a run has
 * been resumed or begun again from a snapshot: else their times, and with them all bits, would differ. */
static enum status regular_instants (const struct params *params, double origin, double begin, double end,
                                     struct instants *list)
{
  double first = params->TimeOfFirstSnapshot;
  enum status st = ST_OK;

  if (!(params->TimeBetSnapshot > 0))
    return ST_OK;
  if (params->ComovingIntegrationOn && !(first > 0))
    first = params->TimeBegin > 0 && params->TimeBegin <= origin ? params->TimeBegin : origin;
  const double before = first > begin ? 0 : ceil (intervals (params, first, begin) - 1e-9);
  if (intervals (params, first, end) - before > MAX_OUTPUTS)
    return status_fail (ST_DATA, "TimeBetSnapshot = %g asks for %.0f snapshots until TimeMax. Make it larger.",
                        params->TimeBetSnapshot, intervals (params, first, end) - before);
  for (double k = before; st == ST_OK && instant (params, first, k) <= end * (1 + 1e-12); k++)
    st = add_instant (list, instant (params, first, k));
  return st;
}

static int ascending (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static enum status link_segments (struct instants *list, double begin, double end, int number, struct timeline *out)
{
  double least = 1e-9 * (end - begin);

  out->begin = mem_alloc ("segments", list->n + 3, sizeof *out->begin);
  out->output = mem_alloc ("segment outputs", list->n + 3, sizeof *out->output);
  if (!out->begin || !out->output)
    return ST_MEMORY;
  qsort (list->time, (size_t) list->n, sizeof *list->time, ascending);
  out->begin[0] = begin;
  out->output[0] = -1;
  for (int64_t k = 0; k < list->n; k++) {
    double t = list->time[k];
    if (t < begin - least || t > end + least)
      continue;
    if (t - out->begin[out->n_segments] > least) {
      out->begin[++out->n_segments] = end - t < least ? end : t;
      out->output[out->n_segments] = -1;
    }
    if (out->output[out->n_segments] < 0)
      out->output[out->n_segments] = number++;
  }
  if (out->begin[out->n_segments] < end) {
    out->begin[++out->n_segments] = end;
    out->output[out->n_segments] = -1;
  }
  return ST_OK;
}

/* Of a run that began at `origin`. */
static enum status create_from (const struct comm *comm, const struct params *params, double origin, double begin,
                                int first_number, struct timeline *out)
{
  struct instants list = { 0 };
  double end = params->TimeMax;
  enum status st = ST_OK;

  *out = (struct timeline){ .origin = origin, .comoving = params->ComovingIntegrationOn };
  if (out->comoving && !(begin > 0))
    st = status_fail (ST_DATA, "The run begins at scale factor %g. Give TimeBegin = 1/(1 + z), above 0.", begin);
  else if (!(end > begin))
    st = status_fail (ST_DATA, "TimeMax = %g is not after the beginning of the run at time %g. Raise it.", end,
                      begin);
  else
    st = params->OutputListOn ? read_list (params, &list) : regular_instants (params, origin, begin, end, &list);
  if (st == ST_OK)
    st = link_segments (&list, begin, end, first_number, out);
  mem_free (&list.time);
  return status_agree (comm, st, NULL);
}

enum status timeline_create (const struct comm *comm, const struct params *params, double begin, int first_number,
                             struct timeline *out)
{
  return create_from (comm, params, begin, begin, first_number, out);
}

void timeline_omit_first (struct timeline *t)
{
  if (t->output[0] < 0)
    return;
  t->output[0] = -1;
  for (int k = 1; k <= t->n_segments; k++)
    t->output[k] -= t->output[k] >= 0;
}

enum status timeline_resume (const struct comm *comm, const struct params *params, double origin, double begin,
                             double end, int number, int64_t tick, int first_number, struct timeline *out)
{
  struct timeline later = { 0 };
  int more = params->TimeMax > end * (1 + 1e-12);
  enum status st = more ? create_from (comm, params, origin, end, first_number + (number >= 0), &later) : ST_OK;

  if (st != ST_OK)
    return st;
  *out = (struct timeline){ .origin = origin, .comoving = params->ComovingIntegrationOn, .tick = tick,
                            .n_segments = 1 + later.n_segments };
  out->begin = mem_alloc ("segments", out->n_segments + 1, sizeof *out->begin);
  out->output = mem_alloc ("segment outputs", out->n_segments + 1, sizeof *out->output);
  st = status_agree (comm, out->begin && out->output ? ST_OK : ST_MEMORY, NULL);
  if (st == ST_OK) {
    out->begin[0] = begin;
    out->begin[1] = end;
    out->output[0] = -1;
    out->output[1] = number;
    for (int k = 1; k <= later.n_segments; k++) {
      out->begin[1 + k] = later.begin[k];
      /* An output on the seam was numbered by the kept segment: do not count it twice. */
      out->output[1 + k] = later.output[k] >= 0 && later.output[0] >= 0 ? later.output[k] - 1 : later.output[k];
    }
  }
  timeline_free (&later);
  return st;
}

void timeline_free (struct timeline *t)
{
  mem_free (&t->begin);
  mem_free (&t->output);
}
