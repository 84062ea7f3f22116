/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A periodic box of an expanding universe: a lattice of dark matter, displaced by the growing mode of a Gaussian
 * random field (Zel'dovich 1970) with the linear spectrum of cold dark matter and baryons.
 */
#ifndef CATENA_UNIVERSE_H
#define CATENA_UNIVERSE_H

#include <stdint.h>

#include "base/status.h"
#include "base/units.h"
#include "time/cosmology.h"

struct universe
{
  int64_t n;              /* particles along a side; 0: the recipe has no box */
  double size;            /* of the box, code length: of 1/h times the unit of length */
  double redshift;        /* of the initial conditions */
  double omega0, omega_lambda, omega_baryon, h;
  double sigma8, n_s;     /* linear, at z = 0; slope of the primordial spectrum */
};

/* Local. What cosmology_of would give for a run of this universe in these units. */
struct cosmology universe_background (const struct universe *u, const struct units *units);

/* Local. The linear spectrum at z = 0 at wave number k (code units), code length cubed: k^n_s T^2 with the transfer
 * function without wiggles of Eisenstein & Hu (1998, eqs 26 to 31), normalised to sigma8. */
struct spectrum
{
  double n_s, theta2, shape, alpha, sound; /* of T; wave numbers in h/Mpc, sound horizon in Mpc/h */
  double mpc;                              /* Mpc/h in code lengths */
  double amplitude;
};
struct spectrum universe_spectrum (const struct universe *u, const struct units *units);
double spectrum_at (const struct spectrum *s, double k);

/* Local. Positions in the box and momenta a^2 dx/dt of the n^3 particles, x slowest. Each wave has an amplitude and a
 * phase of its own, a function of seed and wave number alone: a finer lattice adds waves and keeps the others.
 * ST_MEMORY. */
enum status universe_particles (const struct universe *u, const struct units *units, uint64_t seed, double (*x)[3],
                                double (*p)[3]);

/* Local. Mass of a particle. */
double universe_mass (const struct universe *u, const struct units *units);

#endif
