/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The interface of areg.h: options, life time, calls that either happen entirely or not at all.
 *
 * Before anything that may fail half-way the state is copied aside (`saved`); a refused call puts it back. That copy
 * is the whole of error recovery: the rooms below may leave a state in any condition when they return a status.
 */
#include "areg_impl.h"
#include "pn.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void areg_options_default (struct areg_options *options)
{
  *options = (struct areg_options) { .tolerance = 1e-8, .pn_terms = AREG_PN_ALL, .merge_radius = 12,
                                     .max_steps = 5000000, .accreted_fraction = 0.5 };
}

static int refuse (struct areg *g, int status, const char *format, ...) __attribute__ ((format (printf, 3, 4)));
static int refuse (struct areg *g, int status, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  vsnprintf (g->message, sizeof g->message, format, args);
  va_end (args);
  return status;
}

static int not_negative (double x) { return x >= 0 && isfinite (x); }

const char *areg_options_fault (const struct areg_options *o)
{
  if (!(o->G > 0) || !isfinite (o->G))
    return "G must be above zero and finite";
  if (!not_negative (o->c))
    return "c must be zero (no post-Newtonian terms) or above, and finite";
  if (!(o->tolerance >= 1e-15 && o->tolerance < 1e-2))
    return "the tolerance must be from 1e-15 to below 1e-2";
  if (!not_negative (o->end_time_tolerance) || o->end_time_tolerance >= 1)
    return "the tolerance of the end time must be from 0 to below 1";
  if ((o->pn_terms & ~511) != 0 || (o->pn_terms & (AREG_PN_STARS | AREG_PN1)) == AREG_PN_STARS)
    return "the post-Newtonian terms must be a set of AREG_PN bits, AREG_PN_STARS not without AREG_PN1";
  if (!not_negative (o->merge_radius))
    return "the merger radius must be zero (never) or above, and finite";
  if (!not_negative (o->star_star_softening) || !not_negative (o->softening))
    return "softening lengths must be zero (none) or above, and finite";
  if (o->c > 0 && o->pn_terms != 0 && o->softening > 0)
    return "post-Newtonian terms are for points: set the softening of pairs with holes to zero, or the terms to none";
  if (!not_negative (o->tidal_factor) || !not_negative (o->capture_radius))
    return "tidal factor and capture radius must be zero (never) or above, and finite";
  if (!(o->accreted_fraction >= 0 && o->accreted_fraction <= 1))
    return "the accreted fraction must be from 0 to 1";
  if (o->kicks != 0 && o->kicks != 1)
    return "kicks must be 0 or 1";
  return o->max_steps > 0 ? NULL : "the number of steps allowed must be above zero";
}

int areg_create (const struct areg_options *options, const struct areg_group *group, int capacity, struct areg **out)
{
  *out = NULL;
  if (areg_options_fault (options) || capacity < 1 || capacity > 10000000)
    return AREG_BAD_OPTION;
  if (group && (group->size < 1 || group->rank < 0 || group->rank >= group->size || (group->size > 1 && !group->sum)))
    return AREG_BAD_OPTION;
  struct areg *g = calloc (1, sizeof *g);
  if (!g)
    return AREG_NO_MEMORY;
  g->options = *options;
  g->capacity = capacity;
  if (group)
    g->group = *group;
  else
    g->group.size = 1;
  if (areg_state_allocate (g)) {
    free (g);
    return AREG_NO_MEMORY;
  }
  *out = g;
  return AREG_OK;
}

void areg_free (struct areg **system)
{
  struct areg *g = system ? *system : NULL;
  if (!g)
    return;
  free (g->pn_v);
  free (g->block);
  free (g);
  *system = NULL;
}

/* Scratch for the holes, whose number is known at load only. */
static int holes_allocate (struct areg *g, int holes)
{
  if (holes <= g->pn_holes)
    return AREG_OK;
  const size_t nh = (size_t) holes, pairs = nh * (nh - 1) / 2 + 1, bodies = 3 * (size_t) g->body_stride;
  const size_t scratch = (size_t) areg_pn_scratch_size (holes), flags = pairs / 8 + 1;
  const size_t alone = 12 * nh + 3 * pairs + scratch + flags;
  const size_t stars = g->options.pn_terms & AREG_PN_STARS
                         ? (nh + 2) * bodies + (size_t) areg_pn_cloud_scratch_size (g->body_stride) : 0;
  double *p = calloc (alone + stars, sizeof *p);
  if (!p)
    return AREG_NO_MEMORY;
  free (g->pn_v);
  g->pn_v = p;
  g->pn_spin = g->pn_v + 3 * nh;
  g->pn_a = g->pn_spin + 3 * nh;
  g->pn_rate = g->pn_a + 3 * nh;
  g->pn_sep = g->pn_rate + 3 * nh;
  g->pn_scratch = g->pn_sep + 3 * pairs;
  g->pn_partners = (unsigned char *) (g->pn_scratch + scratch);
  g->pn_star_sep = p + alone;
  g->pn_star_v = p + alone + (stars ? nh * bodies : 0);
  g->pn_holes = holes;
  return AREG_OK;
}

static int count_holes (const struct areg_body *bodies, int n)
{
  int holes = 0;
  for (int i = 0; i < n; i++)
    holes += bodies[i].kind == AREG_HOLE;
  return holes;
}

/* Keeps the bodies of a refused load for areg_dump. */
static int load_refused (struct areg *g, int status, double t, const struct areg_body *bodies,
                         const double (*x_low)[3], int n)
{
  g->refused.t = t;
  g->refused.n = n;
  memcpy (g->refused.bodies, bodies, (size_t) n * sizeof *bodies);
  if (x_low)
    memcpy (g->refused.low, x_low, (size_t) n * sizeof *x_low);
  else
    memset (g->refused.low, 0, (size_t) n * sizeof *g->refused.low);
  return status;
}

/* The state is saved before it is overwritten: not all that is wrong with bodies can be seen before they are tied
 * together. */
int areg_load_split (struct areg *g, double t, const struct areg_body *bodies, const double (*x_low)[3], int n)
{
  g->message[0] = 0;
  g->refused.n = 0;
  if (n < 1 || n > g->capacity)
    return refuse (g, AREG_BAD_OPTION, "%d bodies given, the system holds 1 to %d", n, g->capacity);
  if (!isfinite (t))
    return load_refused (g, refuse (g, AREG_BAD_TIME, "the time of the bodies is not finite"), t, bodies, x_low, n);
  if (holes_allocate (g, count_holes (bodies, n)))
    return refuse (g, AREG_NO_MEMORY, "no memory for the holes");
  const struct areg_units units = g->units;
  if (g->loaded)
    areg_state_copy (g, &g->saved, &g->now);
  const int status = areg_state_load (g, &g->now, t, bodies, x_low, n);
  if (status != AREG_OK) {
    g->units = units;
    if (g->loaded)
      areg_state_copy (g, &g->now, &g->saved);
    return load_refused (g, status, t, bodies, x_low, n);
  }
  for (int i = 0; i < n; i++)
    memcpy (g->star_spin[i], bodies[i].spin, sizeof g->star_spin[i]);
  g->loaded = 1;
  return AREG_OK;
}

int areg_load (struct areg *g, double t, const struct areg_body *bodies, int n)
{
  return areg_load_split (g, t, bodies, NULL, n);
}

int areg_advance (struct areg *g, double t_end)
{
  return areg_advance_sampled (g, t_end, NULL, 0, NULL, NULL);
}

/* Whether all bodies are at finite places at time t. Inside, nothing that is not finite is ever accepted; but the
 * centre of mass moves on for itself, and a remnant is made of formulas. */
static int ends_finite (struct areg *g, double t, int n_before)
{
  double sum = 0;
  for (int c = 0; c < 3; c++)
    sum += fabs (g->units.com_x[c]) + fabs (g->units.com_v[c] * (t - g->units.t_load));
  if (g->now.s.n == n_before || !isfinite (sum))
    return isfinite (sum);
  areg_state_bodies (g, &g->now, t, g->bodies_scratch);
  for (int i = 0; i < g->now.s.n; i++) {
    const struct areg_body *b = &g->bodies_scratch[i];
    for (int c = 0; c < 3; c++)
      if (!isfinite (b->x[c]) || !isfinite (b->v[c]) || !isfinite (b->spin[c]) || !isfinite (b->m))
        return 0;
  }
  return 1;
}

int areg_advance_sampled (struct areg *g, double t_end, const double *times, int n_times, areg_sample *sample,
                          void *context)
{
  g->message[0] = 0;
  g->refused.n = 0;
  if (!g->loaded)
    return refuse (g, AREG_BAD_BODY, "no bodies were loaded");
  g->units.t_wanted = t_end;
  if (!isfinite (t_end))
    return refuse (g, AREG_BAD_TIME, "the end time is not finite");
  if (!isfinite ((t_end - g->units.t_load) / g->units.time) || !ends_finite (g, t_end, g->now.s.n))
    return refuse (g, AREG_BAD_TIME, "the end time is too far away for double precision");
  struct areg_sampler sampler = { .times = times, .n_times = n_times, .sample = sample, .context = context,
                                  .bodies = g->bodies_scratch };
  areg_state_copy (g, &g->saved, &g->now);
  int status = AREG_OK;
  if (t_end > g->units.t_now) /* who begins within reach of each other has met, and not a step later */
    status = areg_merge_close (g, &g->now);
  if (status == AREG_OK)
    status = areg_advance_state (g, &g->now, t_end, n_times > 0 && sample ? &sampler : NULL);
  if (status == AREG_OK && !ends_finite (g, t_end, g->saved.s.n))
    status = AREG_NO_CONVERGENCE;
  if (status == AREG_OK) {
    g->units.t_now = t_end;
    return AREG_OK;
  }
  const struct areg_statistics spent = g->now.s.count;
  const double reached = areg_state_time (g, &g->now);
  areg_state_copy (g, &g->now, &g->saved);
  return refuse (g, status, "%s; it began at t = %.17g, was to reach %.17g and came to %.17g with %d bodies, after "
                 "%lld steps and %lld rejected", areg_status_words (status), g->units.t_now, t_end, reached,
                 g->now.s.n, (long long) (spent.steps - g->now.s.count.steps),
                 (long long) (spent.rejected - g->now.s.count.rejected));
}

int areg_version (void) { return AREG_VERSION; }

const char *areg_version_text (void)
{
#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF (x)
  return TEXT (AREG_VERSION_MAJOR) "." TEXT (AREG_VERSION_MINOR) "." TEXT (AREG_VERSION_PATCH);
#undef TEXT
#undef TEXT_OF
}

double areg_time (const struct areg *g) { return g->units.t_now; }
int areg_count (const struct areg *g) { return g->loaded ? g->now.s.n : 0; }

void areg_bodies (const struct areg *g, struct areg_body *out)
{
  if (g->loaded)
    areg_state_bodies ((struct areg *) g, &g->now, g->units.t_now, out);
}

void areg_bodies_split (const struct areg *g, struct areg_body *out, double (*x_low)[3])
{
  if (g->loaded)
    areg_state_bodies_split ((struct areg *) g, &g->now, g->units.t_now, out, x_low);
}

int areg_bodies_relative (const struct areg *g, uint64_t origin_id, struct areg_body *out)
{
  for (int b = 0; b < areg_count (g); b++)
    if (g->now.id[b] == origin_id) {
      areg_state_bodies_relative ((struct areg *) g, &g->now, g->units.t_now, b, out);
      return AREG_OK;
    }
  return AREG_BAD_BODY;
}

int areg_mergers (const struct areg *g, const struct areg_merger **out)
{
  if (out)
    *out = g->mergers;
  return g->loaded ? g->now.s.n_mergers : 0;
}

int areg_events (const struct areg *g, const struct areg_event **out)
{
  if (out)
    *out = g->events;
  return g->loaded ? g->now.s.n_events : 0;
}

void areg_statistics_now (const struct areg *g, struct areg_statistics *out)
{
  *out = g->now.s.count;
}

double areg_step_hint (const struct areg *g)
{
  const double w = g->now.s.potential + (g->now.s.split ? 0 : g->now.s.potential_stars) + g->now.s.gamma;
  return g->loaded && w > 0 && g->now.s.step > 0 ? g->now.s.step / w * g->units.time : 0;
}

void areg_set_step_hint (struct areg *g, double hint)
{
  if (g->loaded && hint > 0 && isfinite (hint))
    g->now.s.step = hint / g->units.time * (g->now.s.potential + g->now.s.potential_stars + g->now.s.gamma);
}

const char *areg_status_words (int status)
{
  switch (status) {
  case AREG_OK: return "done";
  case AREG_BAD_OPTION: return "an option is out of its range";
  case AREG_BAD_BODY: return "a body cannot be integrated";
  case AREG_BAD_TIME: return "the time is not finite";
  case AREG_TOO_MANY_STEPS: return "the number of steps allowed was spent before the end";
  case AREG_NO_CONVERGENCE: return "the step shrank to nothing at the asked tolerance";
  case AREG_NO_MEMORY: return "no memory";
  case AREG_GROUP_FAILED: return "the sum over the group failed";
  }
  return "unknown status";
}

const char *areg_last_message (const struct areg *g) { return g->message; }
