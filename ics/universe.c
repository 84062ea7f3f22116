/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The displacement of a particle is the sum of waves i k/k^2 delta_k exp (i k q), of which a real transform from wave
 * numbers to the lattice needs those with k_z >= 0. delta_k and its conjugate at -k come from one draw, keyed by that
 * of the two which lies in the upper half, so the field is real and does not depend on the lattice that samples it.
 * Waves at the lattice's own limit (Nyquist) have no phase there and are left out, as is the mean.
 *
 * Displacements are of first order: transients of the second decay as 1/a, so begin early (z = 49 or more). */
#include "ics/universe.h"

#include <fftw3.h>
#include <math.h>

#include "base/mem.h"
#include "ics/counter.h"

struct cosmology universe_background (const struct universe *u, const struct units *units)
{
  return (struct cosmology) { 1, u->omega0, u->omega_lambda, 1 - u->omega0 - u->omega_lambda,
                              HUBBLE_CGS * units->length_cm / units->velocity_cm_s };
}

double universe_mass (const struct universe *u, const struct units *units)
{
  const struct cosmology c = universe_background (u, units);
  const double side = u->size / (double) u->n;

  return cosmology_mean_density (&c, units->G) * side * side * side;
}

/* ---- spectrum ---- */

static double transfer (const struct spectrum *s, double k)
{
  const double x = 0.43 * k * s->sound, shape = s->shape * (s->alpha + (1 - s->alpha) / (1 + x * x * x * x));
  const double q = k * s->theta2 / shape, L = log (2 * M_E + 1.8 * q), C = 14.2 + 731 / (1 + 62.5 * q);

  return L / (L + C * q * q);
}

double spectrum_at (const struct spectrum *s, double k)
{
  const double in_mpc = k * s->mpc, T = transfer (s, in_mpc);

  return s->amplitude * pow (in_mpc, s->n_s) * T * T;
}

/* Variance in spheres of 8 Mpc/h: the trapezoid rule in ln k is exact to 1e-6 for this smooth integrand. */
static double variance (const struct spectrum *s)
{
  const double step = 0.005, radius = 8 * s->mpc;
  double sum = 0;

  for (double l = log (1e-5); l < log (1e3); l += step) {
    const double k = exp (l) / s->mpc, y = k * radius;
    const double W = y < 0.01 ? 1 - y * y / 10 : 3 * (sin (y) - y * cos (y)) / (y * y * y);
    sum += spectrum_at (s, k) * k * k * k * W * W;
  }
  return sum * step / (2 * M_PI * M_PI);
}

struct spectrum universe_spectrum (const struct universe *u, const struct units *units)
{
  const double matter = u->omega0 * u->h * u->h, baryons = u->omega_baryon * u->h * u->h;
  const double part = u->omega_baryon / u->omega0, theta = 2.7255 / 2.7;
  struct spectrum s = { .n_s = u->n_s, .theta2 = theta * theta, .shape = u->omega0 * u->h,
                        .mpc = 1e6 * PARSEC_CM / units->length_cm, .amplitude = 1 };

  s.alpha = 1 - 0.328 * log (431 * matter) * part + 0.38 * log (22.3 * matter) * part * part;
  s.sound = u->h * 44.5 * log (9.83 / matter) / sqrt (1 + 10 * pow (baryons, 0.75));
  s.amplitude = u->sigma8 * u->sigma8 / variance (&s);
  return s;
}

/* ---- the field ---- */

/* Amplitude of a wave; (x, y, z) whole numbers of waves along the sides. */
static void draw_wave (const struct universe *u, const struct spectrum *s, uint64_t seed, const int64_t m[3],
                       double out[2])
{
  const int lower = m[2] < 0 || (m[2] == 0 && (m[1] < 0 || (m[1] == 0 && m[0] < 0)));
  const int64_t sign = lower ? -1 : 1;
  const double k = 2 * M_PI / u->size * sqrt ((double) (m[0] * m[0] + m[1] * m[1] + m[2] * m[2]));
  struct stream draw = stream_of (seed, (uint64_t) (sign * m[0]), (uint64_t) (sign * m[1]), (uint64_t) (sign * m[2]));
  const double size = sqrt (-log (stream_uniform (&draw)) * spectrum_at (s, k) / (u->size * u->size * u->size));
  const double phase = 2 * M_PI * stream_uniform (&draw);

  out[0] = size * cos (phase);
  out[1] = (double) sign * size * sin (phase);
}

/* Waves of the displacement along `axis`, as the particles see them: they sit half a step from the corner. */
static void fill_waves (const struct universe *u, const struct spectrum *s, uint64_t seed, int axis,
                        fftw_complex *out)
{
  const int64_t n = u->n, half = n / 2 + 1;

  for (int64_t i = 0; i < n * n * half; i++) {
    int64_t m[3] = { i / half / n, i / half % n, i % half };
    int64_t square = 0, at_limit = 0;
    double wave[2], turn = 0;
    out[i][0] = out[i][1] = 0;
    for (int k = 0; k < 3; k++) {
      at_limit |= 2 * m[k] == n;
      m[k] -= 2 * m[k] > n ? n : 0;
      square += m[k] * m[k];
      turn += M_PI * (double) m[k] / (double) n;
    }
    if (at_limit || square == 0)
      continue;
    draw_wave (u, s, seed, m, wave);
    const double factor = (double) m[axis] / ((double) square * 2 * M_PI / u->size);
    const double re = wave[0] * cos (turn) - wave[1] * sin (turn), im = wave[0] * sin (turn) + wave[1] * cos (turn);
    out[i][0] = -factor * im;
    out[i][1] = factor * re;
  }
}

enum status universe_particles (const struct universe *u, const struct units *units, uint64_t seed, double (*x)[3],
                                double (*p)[3])
{
  const struct cosmology c = universe_background (u, units);
  const struct spectrum s = universe_spectrum (u, units);
  const int64_t n = u->n, places[3] = { n * n, n, 1 };
  const double a = 1 / (1 + u->redshift);
  double slope;
  const double now = cosmology_growth (&c, a, &slope), growth = now / cosmology_growth (&c, 1, NULL);
  fftw_complex *wave = fftw_malloc (sizeof *wave * (size_t) (n * n * (n / 2 + 1)));
  double *field = fftw_malloc (sizeof *field * (size_t) (n * n * n));

  for (int axis = 0; axis < 3 && wave && field; axis++) {
    fftw_plan plan = fftw_plan_dft_c2r_3d ((int) n, (int) n, (int) n, wave, field, FFTW_ESTIMATE);
    fill_waves (u, &s, seed, axis, wave);
    fftw_execute (plan);
    fftw_destroy_plan (plan);
    for (int64_t i = 0; i < n * n * n; i++) {
      const double way = growth * field[i], at = ((double) (i / places[axis] % n) + 0.5) * u->size / (double) n + way;
      x[i][axis] = at - u->size * floor (at / u->size);
      p[i][axis] = a * a * cosmology_hubble (&c, a) * slope * way;
    }
  }
  const enum status st = wave && field ? ST_OK : ST_MEMORY;
  fftw_free (wave);
  fftw_free (field);
  return st;
}
