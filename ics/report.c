/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The softening that is suggested around an SMBH is the mean distance of the stars inside its influence radius:
 * smaller would only resolve shot noise, larger would smooth the cusp that the hardening feeds on. With KETJU's rule
 * of a region of three softenings that gives regions of about 4 pi/3 27 = 110 stars at the density of the influence
 * radius, whatever N. */
#include "ics/report.h"

#include <math.h>

static int is_stellar (const struct sphere *s, int c)
{
  for (int k = 0; k < s->n_components; k++)
    if (s->component[k].type != 1)
      return s->component[c].type != 1;
  return 1;
}

static double stellar_mass (const struct sphere *s, double r, double *number)
{
  double mass = 0;

  *number = 0;
  for (int c = 0; c < s->n_components; c++) {
    double m = is_stellar (s, c) ? sphere_mass (s, c, r) : 0;
    mass += m;
    *number += m / s->component[c].mass * (double) s->component[c].number;
  }
  return mass;
}

double influence_radius (const struct made *m)
{
  const struct sphere *s = m->sphere;
  double low = s->u0, high = s->u0 + (s->n - 1) * s->h, number;

  if (s->n_components == 0 || !(s->hole_mass > 0) || stellar_mass (s, exp (high), &number) < 2 * s->hole_mass)
    return 0;
  for (int k = 0; k < 60; k++) {
    double middle = 0.5 * (low + high);
    *(stellar_mass (s, exp (middle), &number) < 2 * s->hole_mass ? &low : &high) = middle;
  }
  return exp (high);
}

double suggested_softening (const struct made *m, int c)
{
  const struct sphere *s = m->sphere;
  double r = influence_radius (m), number = 0;

  if (r > 0)
    stellar_mass (s, r, &number);
  if (r > 0 && number >= 8 && is_stellar (s, c))
    return r / cbrt (number);
  return 0.3 * s->component[c].scale * pow ((double) s->component[c].number, -0.26);
}

static void print_component (const struct made *m, int c, FILE *file)
{
  const struct component *p = &m->sphere->component[c];

  fprintf (file, "  %-12s type %d  %s", p->name, p->type, p->kind == PROFILE_PLUMMER ? "Plummer" : "Dehnen");
  if (p->kind == PROFILE_DEHNEN)
    fprintf (file, " gamma %g", p->gamma);
  fprintf (file, "  mass %.6g  scale %.6g  half-mass radius %.4g", p->mass, p->scale,
           sphere_radius (m->sphere, c, 0.5 * p->mass));
  if (p->cutoff > 0)
    fprintf (file, "  cutoff %.4g", p->cutoff);
  fprintf (file, "\n  %-12s N %lld  particle mass %.6g  IDs %lld to %lld  suggested softening %.3g\n", "",
           (long long) p->number, p->mass / (double) p->number, (long long) m->first[c] + 1,
           (long long) m->first[c + 1], suggested_softening (m, c));
}

static void print_hole (const struct assembly *a, const struct system *s, const struct made *m, FILE *file)
{
  double r = influence_radius (m), number, eps = 0;
  int star = -1;

  fprintf (file, "  %-12s type 5  mass %.6g  |chi| %.4g  ID %lld\n", "SMBH", s->hole_mass,
           sqrt (s->chi[0] * s->chi[0] + s->chi[1] * s->chi[1] + s->chi[2] * s->chi[2]), (long long) m->hole + 1);
  for (int c = m->sphere->n_components - 1; c >= 0; c--)
    star = is_stellar (m->sphere, c) ? c : star;
  if (star < 0)
    return;
  fprintf (file, "  %-12s M_BH/m_star %.4g", "", s->hole_mass / a->mass[m->first[star]]);
  if (r > 0) {
    eps = suggested_softening (m, star);
    stellar_mass (m->sphere, r, &number);
    fprintf (file, "  influence radius %.4g with %.0f stars", r, number);
    stellar_mass (m->sphere, 3 * eps, &number);
    fprintf (file, "  suggested region radius %.3g (3 softenings) with %.0f stars", 3 * eps, number);
  }
  fprintf (file, "\n");
  if (m->n_redrawn)
    fprintf (file, "  %-12s %lld draws bound more tightly than a = %.3g were drawn anew\n", "",
             (long long) m->n_redrawn, s->minimum_semi_major_axis);
}

static void print_placement (const struct recipe *recipe, int k, const struct made *m, FILE *file)
{
  const struct system *s = &recipe->system[k];
  double myr = units_megayear (&recipe->units);

  fprintf (file, "  centre of mass (%.6g, %.6g, %.6g), velocity (%.6g, %.6g, %.6g)\n", m->position[0], m->position[1],
           m->position[2], m->velocity[0], m->velocity[1], m->velocity[2]);
  if (s->has_orbit)
    fprintf (file, "  orbit: separation %.6g, pericentre %.6g, eccentricity %.6g, attracting mass %.6g, "
             "time to pericentre %.6g (%.4g Myr)\n", s->orbit.separation, s->orbit.pericentre, s->orbit.eccentricity,
             m->orbit_mass, m->time_to_pericentre, m->time_to_pericentre / myr);
}

/* What the box is, and the parameters that a run of it needs. */
static void print_universe (const struct recipe *recipe, const struct assembly *a, FILE *file)
{
  const struct universe *u = &recipe->universe;
  const struct cosmology c = universe_background (u, &recipe->units);
  const double spacing = u->size / (double) u->n, mpc = 1e6 * PARSEC_CM / recipe->units.length_cm;
  double far = 0, squares = 0;

  for (int64_t i = 0; i < a->n; i++) {
    double square = 0;
    for (int k = 0; k < 3; k++) {
      const int64_t place = k == 0 ? i / (u->n * u->n) : k == 1 ? i / u->n % u->n : i % u->n;
      const double way = a->x[i][k] - ((double) place + 0.5) * spacing, near = way - u->size * rint (way / u->size);
      square += near * near;
    }
    squares += square;
    far = fmax (far, square);
  }
  fprintf (file, "Box: %.6g (%.6g Mpc/h), all lengths, masses and times in units of 1/h, h = %g; z = %g, a = %.9g\n",
           u->size, u->size / mpc, u->h, u->redshift, recipe->time);
  fprintf (file, "  particles %lld^3, mass %.6g Msun/h each, %.6g Mpc/h apart\n", (long long) u->n,
           a->mass[0] / units_solar_mass (&recipe->units), spacing / mpc);
  fprintf (file, "  displaced by %.4g of their distance rms, %.4g at most; growth until now by %.4g\n",
           sqrt (squares / (double) a->n) / spacing, sqrt (far) / spacing,
           cosmology_growth (&c, 1, NULL) / cosmology_growth (&c, recipe->time, NULL));
  fprintf (file, "Suggested: ComovingIntegrationOn 1, TimeBegin %.9g, Omega0 %g, OmegaLambda %g, HubbleParam %g, "
           "BoxSize %.9g, SofteningComovingClass1 %.3g\n", recipe->time, u->omega0, u->omega_lambda, u->h, u->size,
           spacing / 30);
}

void report_print (const struct recipe *recipe, const struct assembly *a, FILE *file)
{
  const struct units *u = &recipe->units;

  fprintf (file, "Units: %.6g pc, %.6g Msun, %.6g km/s; time %.6g Myr; G = %.8g, c = %.8g. Seed %llu.\n",
           1 / units_parsec (u), 1 / units_solar_mass (u), u->velocity_cm_s / 1e5, 1 / units_megayear (u), u->G, u->c,
           (unsigned long long) recipe->seed);
  if (recipe->universe.n > 0)
    print_universe (recipe, a, file);
  for (int k = 0; k < a->n_systems; k++) {
    const struct made *m = &a->made[k];
    fprintf (file, "System %s: mass %.6g", recipe->system[k].name, m->mass);
    if (m->virial > 0)
      fprintf (file, ", virial ratio 2T/|W| = %.4f", m->virial);
    fprintf (file, "\n");
    for (int c = 0; c < m->sphere->n_components; c++)
      print_component (m, c, file);
    if (recipe->system[k].hole_mass > 0)
      print_hole (a, &recipe->system[k], m, file);
    print_placement (recipe, k, m, file);
  }
  fprintf (file, "Bodies: %lld, of them %d SMBHs.\n", (long long) a->n, a->n_holes);
}
