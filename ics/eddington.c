/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Eddington's formula as an integral over radius. With g = G M/r^2, s = d ln rho/d ln r, s' = ds/d ln r and
 * q = 4 pi r^3 rho_total / M(<r), the chain rule gives in closed form
 *
 *   d^2 rho / d Psi^2 = rho / (r g)^2 [ s (s + 1 - q) + s' ],
 *
 * so nothing is differentiated numerically, and
 *
 *   f (E) = 1 / (sqrt 8 pi^2)  int_{r_E}^inf  rho / (r g) [ s (s + 1 - q) + s' ]  du / sqrt (Psi (r_E) - Psi (r))
 *
 * with u = ln r.
 *
 * (The surface term of the formula vanishes since d rho / d Psi does at infinity.) The first NEAR intervals, where
 * the root is singular, use u = u_E + t^2 and Gauss-Legendre nodes; the rest, smooth on the grid's scale and zero at
 * its outer end, the trapezoidal rule with an end correction. Psi is kept in two forms, from outside and from inside,
 * because deep in a cusp or in a core the difference of two values of one of them would be rounding noise.
 *
 * f is not forced to be positive: a component that has no isotropic equilibrium in this potential is refused. Near an
 * SMBH that is every density flatter than r^-1/2. */
#include "ics/eddington.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_spline.h>
#include <math.h>

#include "base/mem.h"

enum { NEAR = 32, NEAR_NODES = 20, CELL_NODES = 4, PAD = 24 };
static const double GRID_STEP = 0.03;
static const double FINEST_MASS = 1e-3; /* in particles: the grid begins where less than this lies inside */

struct splines
{
  gsl_spline *log_mass, *psi, *depth; /* against u */
};

/* The splines hang behind the public struct. */
struct sphere_whole
{
  struct sphere s;
  struct splines spline;
};

static const struct splines *splines_of (const struct sphere *s)
{
  return &((const struct sphere_whole *) s)->spline;
}

static double u_of (const struct sphere *s, int i) { return s->u0 + i * s->h; }

static double clamp_u (const struct sphere *s, double r)
{
  return fmin (fmax (log (r), s->u0), u_of (s, s->n - 1));
}

double sphere_density (const struct sphere *s, int c, double r)
{
  return s->norm[c] * profile_at (&s->component[c], r).density;
}

static double total_density (const struct sphere *s, double r)
{
  double sum = 0;

  for (int c = 0; c < s->n_components; c++)
    sum += sphere_density (s, c, r);
  return sum;
}

double sphere_total_mass (const struct sphere *s, double r)
{
  if (s->n_components == 0)
    return s->hole_mass;
  return exp (gsl_spline_eval (splines_of (s)->log_mass, clamp_u (s, r), NULL));
}

double sphere_psi (const struct sphere *s, double r)
{
  return gsl_spline_eval (splines_of (s)->psi, clamp_u (s, r), NULL);
}
double sphere_depth (const struct sphere *s, double r)
{
  return gsl_spline_eval (splines_of (s)->depth, clamp_u (s, r), NULL);
}

/* Integral of 4 pi r^3 rho_c over u. */
static double shell_mass (const struct sphere *s, int c, double u0, double u1,
                          const gsl_integration_glfixed_table *table)
{
  double sum = 0;

  for (int k = 0; k < CELL_NODES; k++) {
    double u, w;
    gsl_integration_glfixed_point (u0, u1, k, &u, &w, table);
    sum += w * 4 * M_PI * exp (3 * u) * profile_at (&s->component[c], exp (u)).density;
  }
  return sum;
}

double sphere_mass (const struct sphere *s, int c, double r)
{
  double u = clamp_u (s, r);
  int i = (int) ((u - s->u0) / s->h);

  i = i > s->n - 2 ? s->n - 2 : i;
  gsl_integration_glfixed_table *table = gsl_integration_glfixed_table_alloc (CELL_NODES);
  double m = s->mass[c][i] + s->norm[c] * shell_mass (s, c, u_of (s, i), u, table);
  gsl_integration_glfixed_table_free (table);
  return m;
}

/* The grid's span: every particle that can be drawn lies in it, with room for the splines' ends. */
static void choose_grid (struct sphere *s)
{
  double inner = HUGE_VAL, outer = 0;

  for (int c = 0; c < s->n_components; c++) {
    const struct component *p = &s->component[c];
    double r = profile_radius (p, FINEST_MASS / (double) p->number);
    inner = fmin (inner, r);
    outer = fmax (outer, p->cutoff > 0 ? 7 * p->cutoff : 1e5 * p->scale);
  }
  s->h = GRID_STEP;
  s->u0 = log (inner) - PAD * s->h;
  s->n = (int) ceil ((log (outer) - s->u0) / s->h) + 2;
}

static enum status allocate (struct sphere *s)
{
  struct splines *spline = &((struct sphere_whole *) s)->spline;
  int ok = (s->psi = mem_alloc_zero ("ics potential", s->n, sizeof (double)))
           && (s->depth = mem_alloc_zero ("ics potential", s->n, sizeof (double)))
           && (s->gravity = mem_alloc_zero ("ics potential", s->n, sizeof (double)));

  for (int c = 0; c < s->n_components; c++)
    ok = ok && (s->mass[c] = mem_alloc_zero ("ics component", s->n, sizeof (double)))
         && (s->f[c] = mem_alloc_zero ("ics component", s->n, sizeof (double)));
  spline->log_mass = gsl_spline_alloc (gsl_interp_cspline, (size_t) s->n);
  spline->psi = gsl_spline_alloc (gsl_interp_cspline, (size_t) s->n);
  spline->depth = gsl_spline_alloc (gsl_interp_cspline, (size_t) s->n);
  return ok && spline->log_mass && spline->psi && spline->depth ? ST_OK : ST_MEMORY;
}

static void make_spline (const struct sphere *s, gsl_spline *spline, const double *y, double *x)
{
  for (int i = 0; i < s->n; i++)
    x[i] = u_of (s, i);
  gsl_spline_init (spline, x, y, (size_t) s->n);
}

/* Masses of the components, normalised so that each adds up to its mass; the total as a spline. */
static void tabulate_masses (struct sphere *s, double *x, double *y, const gsl_integration_glfixed_table *table)
{
  for (int c = 0; c < s->n_components; c++) {
    double *m = s->mass[c];
    s->norm[c] = 1;
    m[0] = profile_mass (&s->component[c], exp (s->u0));
    for (int i = 1; i < s->n; i++)
      m[i] = m[i - 1] + shell_mass (s, c, u_of (s, i - 1), u_of (s, i), table);
    s->norm[c] = s->component[c].mass / m[s->n - 1];
    for (int i = 0; i < s->n; i++)
      m[i] *= s->norm[c];
    while (m[s->first[c]] < FINEST_MASS / (double) s->component[c].number * s->component[c].mass)
      s->first[c]++;
  }
  for (int i = 0; i < s->n; i++) {
    double total = s->hole_mass;
    for (int c = 0; c < s->n_components; c++)
      total += s->mass[c][i];
    s->gravity[i] = s->G * total * exp (-2 * u_of (s, i));
    y[i] = log (total);
  }
  make_spline (s, splines_of (s)->log_mass, y, x);
}

/* g r at u: the integrand of the potential over u. */
static double potential_slope (const struct sphere *s, double u)
{
  return s->G * exp (gsl_spline_eval (splines_of (s)->log_mass, u, NULL) - u);
}

static double potential_step (const struct sphere *s, double u0, double u1,
                              const gsl_integration_glfixed_table *table)
{
  double sum = 0;

  for (int k = 0; k < CELL_NODES; k++) {
    double u, w;
    gsl_integration_glfixed_point (u0, u1, k, &u, &w, table);
    sum += w * potential_slope (s, u);
  }
  return sum;
}

static void tabulate_potential (struct sphere *s, double *x, const gsl_integration_glfixed_table *table)
{
  s->psi[s->n - 1] = s->gravity[s->n - 1] * exp (u_of (s, s->n - 1));
  for (int i = s->n - 2; i >= 0; i--)
    s->psi[i] = s->psi[i + 1] + potential_step (s, u_of (s, i), u_of (s, i + 1), table);
  for (int i = 1; i < s->n; i++)
    s->depth[i] = s->depth[i - 1] + potential_step (s, u_of (s, i - 1), u_of (s, i), table);
  make_spline (s, splines_of (s)->psi, s->psi, x);
  make_spline (s, splines_of (s)->depth, s->depth, x);
}

/* rho / (r g) [s (s + 1 - q) + s']. */
static double eddington_integrand (const struct sphere *s, int c, double u, double gr)
{
  double r = exp (u);
  struct profile_point p = profile_at (&s->component[c], r);
  double q = 4 * M_PI * s->G * r * r * total_density (s, r) / gr;

  return s->norm[c] * p.density / gr * (p.slope * (p.slope + 1 - q) + p.slope_change);
}

/* The part within NEAR intervals of the singularity, of every component. */
static void near_part (const struct sphere *s, int i, int end, const gsl_integration_glfixed_table *nodes,
                       const gsl_integration_glfixed_table *table, double *sum)
{
  double before = u_of (s, i), drop = 0, t_end = sqrt ((end - i) * s->h);

  for (int k = 0; k < NEAR_NODES; k++) {
    double t, w, u;
    gsl_integration_glfixed_point (0, t_end, (size_t) k, &t, &w, nodes);
    u = u_of (s, i) + t * t;
    drop += potential_step (s, before, u, table);
    before = u;
    for (int c = 0; c < s->n_components; c++)
      sum[c] += w * 2 * t * eddington_integrand (s, c, u, potential_slope (s, u)) / sqrt (drop);
  }
}

/* Trapezoid with the end correction of order h^4 at the lower end; the upper end carries nothing. */
static double far_part (const struct sphere *s, const double *integrand, int i, int begin)
{
  static const double end_weight[3] = { 3.0 / 8, 7.0 / 6, 23.0 / 24 };
  double sum = 0;

  for (int k = begin; k < s->n; k++) {
    double w = k - begin < 3 ? end_weight[k - begin] : 1;
    sum += w * integrand[k] / sqrt (sphere_difference (s->psi[i], s->depth[i], s->psi[k], s->depth[k]));
  }
  return sum * s->h;
}

/* One energy of every component; `integrand` holds n values per component. */
static void invert_energy (struct sphere *s, int i, const double *integrand,
                           const gsl_integration_glfixed_table *nodes, const gsl_integration_glfixed_table *table)
{
  int begin = i + NEAR < s->n - 1 ? i + NEAR : s->n - 1;
  double sum[MAX_COMPONENTS] = { 0 };

  near_part (s, i, begin, nodes, table, sum);
  for (int c = 0; c < s->n_components; c++) {
    if (begin < s->n - 1)
      sum[c] += far_part (s, integrand + (int64_t) c * s->n, i, begin);
    s->f[c][i] = sum[c] / (sqrt (8) * M_PI * M_PI);
  }
}

static enum status invert (struct sphere *s, const gsl_integration_glfixed_table *table)
{
  double *integrand = mem_alloc ("ics inversion", (int64_t) s->n * MAX_COMPONENTS, sizeof (double));
  gsl_integration_glfixed_table *nodes = gsl_integration_glfixed_table_alloc (NEAR_NODES);

  if (integrand && nodes) {
    for (int c = 0; c < s->n_components; c++)
      for (int i = 0; i < s->n; i++)
        integrand[(int64_t) c * s->n + i] =
          eddington_integrand (s, c, u_of (s, i), s->gravity[i] * exp (u_of (s, i)));
#pragma omp parallel for schedule(dynamic, 16)
    for (int i = 0; i < s->n - 1; i++)
      invert_energy (s, i, integrand, nodes, table);
  }
  enum status st = integrand && nodes ? ST_OK : ST_MEMORY;
  gsl_integration_glfixed_table_free (nodes);
  mem_free (&integrand);
  return st;
}

/* Where the component has particles, f must be positive; further out its tiny values may be noise. */
static enum status check_positive (struct sphere *s, int c)
{
  const struct component *p = &s->component[c];
  double outside = FINEST_MASS / (double) p->number * p->mass;
  int worst = -1;

  for (int i = s->first[c]; i < s->n; i++) {
    if (!(s->f[c][i] > 0) && p->mass - s->mass[c][i] > outside)
      worst = i;
    s->f[c][i] = fmax (s->f[c][i], 0);
  }
  if (worst < 0)
    return ST_OK;
  const char *remedy = s->hole_mass > 0
    ? "Around an SMBH the density must rise at least as r^-1/2: take gamma >= 0.5, or leave the SMBH out."
    : "Its density is too flat there for the potential of the others: change scale, gamma or cutoff.";
  return status_fail (ST_DATA,
                      "component '%s' has no isotropic equilibrium: its distribution function is negative at "
                      "energy %g (code units), the potential at radius %g. %s",
                      p->name, -s->psi[worst], exp (u_of (s, worst)), remedy);
}

enum status sphere_create (double G, double hole_mass, const struct component *components, int n_components,
                           struct sphere **out)
{
  struct sphere_whole *whole = mem_alloc_zero ("ics sphere", 1, sizeof *whole);
  struct sphere *s = (struct sphere *) whole;

  *out = s;
  if (!s)
    return ST_MEMORY;
  s->G = G;
  s->hole_mass = hole_mass;
  s->n_components = n_components;
  for (int c = 0; c < n_components; c++)
    s->component[c] = components[c];
  if (n_components == 0)
    return ST_OK;
  gsl_set_error_handler_off ();
  choose_grid (s);
  enum status st = allocate (s);
  double *x = mem_alloc ("ics inversion", s->n, sizeof *x), *y = mem_alloc ("ics inversion", s->n, sizeof *y);
  gsl_integration_glfixed_table *table = gsl_integration_glfixed_table_alloc (CELL_NODES);
  if (!x || !y || !table)
    st = ST_MEMORY;
  if (st == ST_OK) {
    tabulate_masses (s, x, y, table);
    tabulate_potential (s, x, table);
    st = invert (s, table);
  }
  for (int c = 0; c < n_components && st == ST_OK; c++)
    st = check_positive (s, c);
  gsl_integration_glfixed_table_free (table);
  mem_free (&x);
  mem_free (&y);
  return st;
}

void sphere_free (struct sphere **sphere)
{
  struct sphere *s = *sphere;

  if (!s)
    return;
  struct splines *spline = &((struct sphere_whole *) s)->spline;
  gsl_spline_free (spline->log_mass);
  gsl_spline_free (spline->psi);
  gsl_spline_free (spline->depth);
  for (int c = 0; c < MAX_COMPONENTS; c++) {
    mem_free (&s->mass[c]);
    mem_free (&s->f[c]);
  }
  mem_free (&s->psi);
  mem_free (&s->depth);
  mem_free (&s->gravity);
  mem_free (sphere);
}

double sphere_radius (const struct sphere *s, int c, double m)
{
  int low = 0, high = s->n - 1;

  if (m <= s->mass[c][0])
    return exp (s->u0);
  if (m >= s->mass[c][high])
    return exp (u_of (s, high));
  while (high - low > 1) {
    int middle = (low + high) / 2;
    if (s->mass[c][middle] <= m)
      low = middle;
    else
      high = middle;
  }
  /* Newton inside one cell, where the mass is nearly exponential in u. */
  double u = u_of (s, low) + s->h * (m - s->mass[c][low]) / (s->mass[c][high] - s->mass[c][low]);
  for (int k = 0; k < 3; k++) {
    double r = exp (u);
    u -= (sphere_mass (s, c, r) - m) / (4 * M_PI * r * r * r * sphere_density (s, c, r));
    u = fmin (fmax (u, u_of (s, low)), u_of (s, high));
  }
  return exp (u);
}

struct jeans { const struct sphere *s; int c; };

static double jeans_integrand (double u, void *context)
{
  const struct jeans *j = context;

  return sphere_density (j->s, j->c, exp (u)) * potential_slope (j->s, u);
}

double sphere_jeans_dispersion (const struct sphere *s, int c, double r)
{
  struct jeans context = { s, c };
  gsl_function function = { jeans_integrand, &context };
  gsl_integration_workspace *space = gsl_integration_workspace_alloc (400);
  double integral = 0, error;

  gsl_integration_qag (&function, log (r), u_of (s, s->n - 1), 0, 1e-8, 400, GSL_INTEG_GAUSS31, space, &integral,
                       &error);
  gsl_integration_workspace_free (space);
  return sqrt (integral / sphere_density (s, c, r));
}
