/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stars that end at a hole: torn apart by its tide, or swallowed whole.
 *
 * A star of radius R is disrupted where the tide over R matches its own gravity, r_t = eta R (M/m)^(1/3); a star is
 * captured at a multiple of the Schwarzschild radius (a parabolic orbit is doomed at a pericentre of about 2). The
 * larger of the two radii decides. Mass and momentum are those of an inelastic collision of the hole with what it
 * accretes. The rest of the mass leaves the system with the star's velocity at once: where stellar debris goes is no
 * matter of few bodies. Its angular momentum, and that of accreted debris, which passes through a disc, is left
 * out; a star swallowed whole leaves its orbital angular momentum as spin.
 *
 * Particles that stand for many stars have a density, not a radius: give such a one of mass m, made of stars of m_1
 * and R_1, the radius R_1 (m/m_1)^(1/3), and it is disrupted where its stars would be.
 */
#include "areg_impl.h"
#include <math.h>

int areg_feed_possible (const struct areg *g, const struct areg_state *st)
{
  return (g->options.tidal_factor > 0 || (g->options.capture_radius > 0 && g->units.c > 0))
         && st->s.n_holes > 0 && st->s.n > st->s.n_holes;
}

static double tidal_radius (const struct areg *g, const struct areg_state *st, int a, int b)
{
  return g->options.tidal_factor * st->radius[b] * cbrt (st->m[a] / st->m[b]);
}

static double capture_radius (const struct areg *g, const struct areg_state *st, int a)
{
  return g->units.c > 0 ? g->options.capture_radius * 2 * st->mu[a] / (g->units.c * g->units.c) : 0;
}

double areg_feed_reach (const struct areg *g, const struct areg_state *st, int a, int b)
{
  return st->radius[b] > 0 ? fmax (tidal_radius (g, st, a, b), capture_radius (g, st, a)) : 0;
}

static double square (const double v[3]) { return v[0] * v[0] + v[1] * v[1] + v[2] * v[2]; }

/* The orbit of the star about the hole, caller's units. */
static void orbit_note (const struct areg *g, double mu, const double x[3], const double v[3], const double L[3],
                        struct areg_event *out)
{
  const double r = sqrt (square (x)), v2 = square (v), l2 = square (L), E = 0.5 * v2 - mu / r;
  const double unit = g->units.length;
  out->eccentricity = sqrt (fmax (0, 1 + 2 * E * l2 / (mu * mu)));
  out->pericentre = l2 / (mu * (1 + out->eccentricity)) * unit;
  out->semi_major_axis = -0.5 * mu / E * unit;
  out->separation = r * unit;
  out->relative_speed = sqrt (v2) * g->units.velocity;
}

/* The hole's spin (internal units) with the angular momentum `more`, no faster than a hole can spin. */
static void spin_add (const struct areg *g, const struct areg_state *st, int a, double mass, const double more[3],
                      double spin[3])
{
  const double most = g->units.c > 0 ? (1 - 1e-12) * g->units.G * mass * mass / g->units.c : INFINITY;
  for (int c = 0; c < 3; c++)
    spin[c] = st->hi[Y_LINKS + 6 * st->s.stride + 3 * a + c] + more[c];
  const double size = sqrt (square (spin));
  for (int c = 0; c < 3 && size > most; c++)
    spin[c] *= most / size;
}

void areg_feed (struct areg *g, struct areg_state *st, int a, int b, const double d[3])
{
  struct areg_event *e = &g->events[st->s.n_events++];
  struct areg_body hole;
  const int whole = tidal_radius (g, st, a, b) <= capture_radius (g, st, a), bs = g->body_stride;
  const double m = st->m[b], M = st->m[a], gain = whole ? m : g->options.accreted_fraction * m;
  double v[3], L[3], dx[3], dv[3], more[3], spin[3];
  areg_state_spread (g, st, areg_state_time (g, st));
  areg_state_body (g, st, a, &hole);
  for (int c = 0; c < 3; c++)
    v[c] = g->vel[c * bs + a] - g->vel[c * bs + b];
  for (int c = 0; c < 3; c++) {
    L[c] = d[(c + 1) % 3] * v[(c + 2) % 3] - d[(c + 2) % 3] * v[(c + 1) % 3];
    more[c] = whole ? M * m / (M + m) * L[c] : 0;
    dx[c] = -gain / (M + gain) * d[c];
    dv[c] = -gain / (M + gain) * v[c];
  }
  *e = (struct areg_event) { .t = areg_state_time (g, st), .kind = whole ? AREG_CAPTURE : AREG_DISRUPTION,
                             .id_hole = st->id[a], .id_star = st->id[b], .m_hole = M * g->units.mass,
                             .m_star = m * g->units.mass, .m_accreted = gain * g->units.mass,
                             .radius = areg_feed_reach (g, st, a, b) * g->units.length };
  orbit_note (g, st->mu[a] + st->mu[b], d, v, L, e);
  for (int c = 0; c < 3; c++) {
    e->x[c] = hole.x[c] + dx[c] * g->units.length;
    e->v[c] = hole.v[c] + dv[c] * g->units.velocity;
  }
  spin_add (g, st, a, M + gain, more, spin);
  const double unit = g->units.mass * g->units.velocity * g->units.velocity;
  e->energy_change = unit * areg_merge_join (g, st, a, b, M + gain, spin, dx, dv);
}
