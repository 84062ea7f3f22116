/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Radii by inverting the mass profile. The speed at r has the density p (v) ~ v^2 f (Psi (r) - v^2/2); its cumulative
 * is summed over the grid of energies from r outwards, each cell between two energies taken in the variable v^3, in
 * which p is just f: so the root at v = 0 is exact, no envelope has to be guessed and no draw rejected. */
#include "ics/sample.h"

#include <math.h>

#include "base/mem.h"
#include "base/vec3.h"

enum { MAX_DRAWS = 10000 };

double semi_major_axis (double gm, const double x[3], const double v[3])
{
  return 1 / (2 / norm3 (x) - dot3 (v, v) / gm);
}

static double f_at (const struct sphere *s, int c, double u)
{
  double t = (u - s->u0) / s->h;
  int i = (int) t;

  i = i < 0 ? 0 : i > s->n - 2 ? s->n - 2 : i;
  const double *f = s->f[c] + i;
  if (!(f[0] > 0 && f[1] > 0))
    return fmax (f[0] + (t - i) * (f[1] - f[0]), 0);
  return exp (log (f[0]) + (t - i) * log (f[1] / f[0])); /* a power law between grid points */
}

/* In a cell f goes linearly from f0 to f1 as w = v^3 goes from 0 to 1: the w that leaves the fraction p below. */
static double invert_cell (double f0, double f1, double p)
{
  double b = f1 - f0, target = p * 0.5 * (f0 + f1);

  return 2 * target / (f0 + sqrt (fmax (0, f0 * f0 + 2 * b * target)));
}

/* A speed at radius r for the uniform number p; `sum` and `cube` are scratch of s->n + 1 elements. */
static double draw_speed (const struct sphere *s, int c, double r, double p, double *sum, double *cube)
{
  double u = log (r), psi = sphere_psi (s, r), depth = sphere_depth (s, r), f = f_at (s, c, u), target;
  int first = (int) ceil ((u - s->u0) / s->h + 1e-9), n = 0, low = 0, high;

  cube[0] = sum[0] = 0;
  for (int k = first; k < s->n; k++) {
    double twice = 2 * fmax (0, sphere_difference (psi, depth, s->psi[k], s->depth[k]));
    n++;
    cube[n] = twice * sqrt (twice);
    sum[n] = sum[n - 1] + 0.5 * (f + s->f[c][k]) * (cube[n] - cube[n - 1]);
    f = s->f[c][k];
  }
  target = p * sum[n];
  for (high = n; high - low > 1;) {
    int middle = (low + high) / 2;
    *(sum[middle] <= target ? &low : &high) = middle;
  }
  double f0 = low == 0 ? f_at (s, c, u) : s->f[c][first + low - 1], f1 = s->f[c][first + high - 1];
  double w = invert_cell (f0, f1, (target - sum[low]) / (sum[high] - sum[low]));
  return cbrt (cube[low] + w * (cube[high] - cube[low]));
}

static int draw (const struct sphere *s, int c, const struct sampling *o, int64_t particle, double *scratch,
                 double x[3], double v[3])
{
  struct stream stream = stream_of (o->seed, (uint64_t) o->system, (uint64_t) c, (uint64_t) particle);
  double inner = s->mass[c][s->first[c]], whole = s->component[c].mass, gm = s->G * s->hole_mass;

  for (int k = 0; k < MAX_DRAWS; k++) {
    double r = sphere_radius (s, c, inner + stream_uniform (&stream) * (whole - inner));
    double speed = draw_speed (s, c, r, stream_uniform (&stream), scratch, scratch + s->n + 1);
    stream_direction (&stream, r, x);
    stream_direction (&stream, speed, v);
    double a = gm > 0 ? semi_major_axis (gm, x, v) : -1;
    if (!(a > 0 && a < o->minimum_semi_major_axis))
      return k;
  }
  return -1;
}

enum status sphere_sample (const struct sphere *s, int c, const struct sampling *o, double (*x)[3], double (*v)[3],
                           int64_t *n_redrawn)
{
  int64_t n = s->component[c].number, n_drawn = o->mirror ? (n + 1) / 2 : n, redrawn = 0, failed = 0, hungry = 0;

#pragma omp parallel reduction(+ : redrawn, failed, hungry)
  {
    double *scratch = mem_alloc ("ics speeds", 2 * (int64_t) (s->n + 1), sizeof *scratch);
    hungry += scratch == NULL;
#pragma omp for schedule(dynamic, 256)
    for (int64_t i = 0; i < n_drawn; i++) {
      int again = scratch ? draw (s, c, o, i, scratch, x[i], v[i]) : 0;
      redrawn += again > 0 ? again : 0;
      failed += again < 0;
    }
    mem_free (&scratch);
  }
  if (hungry)
    return ST_MEMORY;
  if (failed)
    return status_fail (ST_DATA,
                        "component '%s': hardly any star is bound less tightly than minimum_semi_major_axis = %g.",
                        s->component[c].name, o->minimum_semi_major_axis);
  for (int64_t i = n_drawn; i < n; i++)
    for (int k = 0; k < 3; k++) {
      x[i][k] = -x[i - n_drawn][k];
      v[i][k] = -v[i - n_drawn][k];
    }
  *n_redrawn = redrawn;
  return ST_OK;
}
