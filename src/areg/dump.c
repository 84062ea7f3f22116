/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The system as text, for study elsewhere.
 *
 * A host that met a refusal can keep what the library had in its hands, in the very form that catena-fewbody reads:
 * options on a line of their own, bodies below. 17 digits carry doubles exactly; only the caller's own numbers are
 * written, so the replay begins with the bits of the refused call (but for the history a system gathers in steps).
 */
#include "areg_impl.h"
#include <stdarg.h>
#include <stdio.h>

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

static void add_options (struct text *t, const struct areg *g)
{
  static const char letters[] = "24567sc";
  static const int bits[] = { AREG_PN1, AREG_PN2, AREG_PN25, AREG_PN3, AREG_PN35, AREG_PN_SPIN, AREG_PN_CROSS };
  const struct areg_options *o = &g->options;
  add (t, "#! --G %.17g --c %.17g --tol %.17g --t-start %.17g --t-end %.17g\n", o->G, o->c, o->tolerance,
       g->units.t_now, g->units.t_wanted);
  add (t, "#! --merge-at %.17g --softening %.17g --star-softening %.17g --max-steps %lld%s --pn ", o->merge_radius,
       o->softening, o->star_star_softening, (long long) o->max_steps, o->kicks ? " --kicks" : "");
  for (int k = 0; k < 7; k++)
    if (o->pn_terms & bits[k])
      add (t, "%c", letters[k]);
  add (t, "%s\n", o->pn_terms ? "" : "none");
}

int64_t areg_dump (const struct areg *system, char *text, int64_t size)
{
  struct areg *g = (struct areg *) system; /* scratch only */
  struct text t = { text, size, 0 };
  add (&t, "# areg %d.%d: %s\n", AREG_VERSION_MAJOR, AREG_VERSION_MINOR, g->message);
  add_options (&t, g);
  const int n = areg_count (g);
  areg_bodies (g, g->bodies_scratch);
  for (int i = 0; i < n; i++) {
    const struct areg_body *b = &g->bodies_scratch[i];
    add (&t, "%llu %.17g %.17g %.17g %.17g %.17g %.17g %.17g %.17g %.17g %.17g %s\n", (unsigned long long) b->id,
         b->m, b->x[0], b->x[1], b->x[2], b->v[0], b->v[1], b->v[2], b->spin[0], b->spin[1], b->spin[2],
         b->kind == AREG_HOLE ? "bh" : "star");
  }
  return t.length;
}
