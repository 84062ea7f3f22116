/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The system as text, for study elsewhere.
 *
 * A host that met a refusal can keep what the library had in its hands, in the very form that catena-fewbody reads:
 * options on lines of their own, bodies below. 17 digits carry doubles exactly, and positions are written in two
 * parts where they have two; so the replay begins with the bits of the refused call, but for the low parts of
 * velocities and the history that a system gathers in its steps. Bodies that areg_load refused are written as they
 * were given, NaN and all. The host's locale may write 1,5: the replay reads 1.5, and so that is what is written.
 */
#include "areg_impl.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct text { char *at; int64_t size, length; };

static void add (struct text *t, const char *format, ...) __attribute__ ((format (printf, 2, 3)));
static void add (struct text *t, const char *format, ...)
{
  va_list args;
  const int64_t room = t->length < t->size ? t->size - t->length : 0;
  va_start (args, format);
  const int n = vsnprintf (room ? t->at + t->length : NULL, (size_t) room, format, args);
  va_end (args);
  if (n > 0)
    t->length += n;
}

/* `before`, and x with a point, whatever (of however many bytes) the locale has in its place. */
static void add_number (struct text *t, const char *before, double x)
{
  char digits[64], out[64];
  int n = 0, strange = 0;
  snprintf (digits, sizeof digits, "%.17g", x);
  for (const char *c = digits; *c; c++)
    if (strchr ("0123456789+-einfa", *c)) {
      out[n++] = *c;
      strange = 0;
    } else if (!strange) {
      out[n++] = '.';
      strange = 1;
    }
  out[n] = 0;
  add (t, "%s%s", before, out);
}

static void add_options (struct text *t, const struct areg *g)
{
  static const char letters[] = "24567scbp";
  static const int bits[] = { AREG_PN1, AREG_PN2, AREG_PN25, AREG_PN3, AREG_PN35, AREG_PN_SPIN, AREG_PN_CROSS,
                              AREG_PN_STARS, AREG_PN_PARTNERS };
  const struct areg_options *o = &g->options;
  add_number (t, "#! --G ", o->G);
  add_number (t, " --c ", o->c);
  add_number (t, " --tol ", o->tolerance);
  add_number (t, " --end-tol ", o->end_time_tolerance);
  add_number (t, " --t-start ", g->refused.n ? g->refused.t : g->units.t_now);
  add_number (t, " --t-end ", g->refused.n ? g->refused.t : g->units.t_wanted);
  add_number (t, "\n#! --merge-at ", o->merge_radius);
  add_number (t, " --softening ", o->softening);
  add_number (t, " --star-softening ", o->star_star_softening);
  add_number (t, " --disrupt-at ", o->tidal_factor);
  add_number (t, " --capture-at ", o->capture_radius);
  add_number (t, " --accrete ", o->accreted_fraction);
  add (t, " --max-steps %lld%s --pn ", (long long) o->max_steps, o->kicks ? " --kicks" : "");
  for (int k = 0; k < 9; k++)
    if (o->pn_terms & bits[k])
      add (t, "%c", letters[k]);
  add (t, "%s", o->pn_terms ? "" : "none");
  if (!g->refused.n && areg_step_hint (g) > 0)
    add_number (t, " --step-hint ", areg_step_hint (g));
  add (t, "\n");
}

static void add_body (struct text *t, const struct areg_body *b, const double low[3])
{
  add (t, "%llu", (unsigned long long) b->id);
  add_number (t, " ", b->m);
  for (int c = 0; c < 3; c++) {
    add_number (t, " ", b->x[c]);
    if (low[c] != 0)
      add_number (t, ":", low[c]);
  }
  for (int c = 0; c < 3; c++)
    add_number (t, " ", b->v[c]);
  for (int c = 0; c < 3; c++)
    add_number (t, " ", b->spin[c]);
  if (b->kind == AREG_HOLE || b->kind == AREG_STAR)
    add (t, " %s", b->kind == AREG_HOLE ? "bh" : "star");
  else
    add (t, " kind=%d", (int) b->kind);
  if (b->radius != 0)
    add_number (t, " radius=", b->radius);
  add (t, "\n");
}

int64_t areg_dump (const struct areg *system, char *text, int64_t size)
{
  struct areg *g = (struct areg *) system; /* scratch only */
  struct text t = { text, size, 0 };
  add (&t, "# areg %s: %s\n", areg_version_text (), *g->message ? g->message : "no complaint");
  add_options (&t, g);
  if (!g->refused.n)
    areg_bodies_split (g, g->bodies_scratch, g->low_scratch);
  const struct areg_body *b = g->refused.n ? g->refused.bodies : g->bodies_scratch;
  const double (*low)[3] = (const double (*)[3]) (g->refused.n ? g->refused.low : g->low_scratch);
  for (int i = 0, n = g->refused.n ? g->refused.n : areg_count (g); i < n; i++)
    add_body (&t, &b[i], low[i]);
  return t.length;
}
