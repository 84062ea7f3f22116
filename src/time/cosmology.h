/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The expanding background, and the factors of kicks and drifts in it.
 *
 * Comoving runs: positions x are comoving, momenta p = a^2 dx/dt canonical, time is the scale factor a, and steps are
 * uniform in ln a. With the comoving acceleration g = -grad phi (of x, mass in code units, mean density taken away),
 *   dp/dt = g/a,  dx/dt = p/a^2    (Quinn et al. 1997; Springel 2005, section 2.1),
 * so a step of length h in ln a kicks by g * int dt/a and drifts by p * int dt/a^2. Physical runs are the case in
 * which both integrals are the length of the step itself, to the bit.
 *
 *   H(a)^2 = H0^2 (Omega0 / a^3 + (1 - Omega0 - OmegaLambda) / a^2 + OmegaLambda)
 *
 * Units: those of the run, factors of h included as in GADGET; "peculiar velocity" is a dx/dt = p/a, and GADGET's
 * files hold it divided by sqrt a. All functions are local and depend on their arguments alone. */
#ifndef CATENA_COSMOLOGY_H
#define CATENA_COSMOLOGY_H

#include "data/particles.h"
#include "params/params.h"

struct cosmology
{
  int comoving; /* 0: physical run, what follows is zero */
  double omega0, omega_lambda, omega_curvature;
  double hubble; /* H0, 1 / code time */
};

struct cosmology cosmology_of (const struct params *params);

/* H at scale factor a. */
double cosmology_hubble (const struct cosmology *c, double a);

/* Integrals from `time` over a step of `length`, which may be negative (then so is the value); comoving runs: from
 * a = time to a exp (length). Relative error 1e-15 whatever the length, so that integrals over the parts of a step
 * add up to that over the whole. */
double cosmology_kick (const struct cosmology *c, double time, double length);  /* of dt/a */
double cosmology_drift (const struct cosmology *c, double time, double length); /* of dt/a^2 */
double cosmology_span (const struct cosmology *c, double time, double length);  /* of dt */

/* The step that takes the physical time `span`: the inverse of cosmology_span, to its accuracy. */
double cosmology_length (const struct cosmology *c, double time, double span);

/* Age at scale factor a since the singularity, and the scale factor at an age > 0; physical runs: time itself, and
 * 1. */
double cosmology_age (const struct cosmology *c, double time);
double cosmology_scale_factor (const struct cosmology *c, double age);

/* Scale factor of a run's time: the time itself, and 1 in physical runs. */
static inline double cosmology_scale (const struct cosmology *c, double time) { return c->comoving ? time : 1; }

/* Linear growth factor at a, a itself while matter dominates (Heath 1977), and its logarithmic slope d ln D / d ln a
 * (`slope` may be NULL); comoving runs. */
double cosmology_growth (const struct cosmology *c, double a, double *slope);

/* Mean comoving matter density, Omega0 3 H0^2 / (8 pi G). */
double cosmology_mean_density (const struct cosmology *c, double G);

/* Softening length (Plummer-equivalent) of a type in the run's coordinates: SofteningComovingClassK, in comoving runs
 * at most SofteningMaxPhysClassK / a; NaN if its class has no length. */
double cosmology_softening (const struct cosmology *c, const struct params *params, int type, double time);

/* One instant of the background, for those who turn many things from the run's coordinates into physical ones:
 *   x_physical = scale x,  v_physical = p / scale + hubble scale x,  step = dt pace. */
struct epoch
{
  double age;                /* physical time: code time, or since the singularity */
  double scale, hubble;      /* a and H; 1 and 0 in physical runs */
  double pace;               /* length of a step over physical time: H; 1 in physical runs */
  double tide;               /* (d^2 a / dt^2) / a: acceleration of the expansion over distance; 0 in physical runs */
  double softening[N_TYPES]; /* cosmology_softening */
};

struct epoch cosmology_epoch (const struct cosmology *c, const struct params *params, double time);

/* What GADGET's files call velocity, times this, is what particles carry: a^(3/2); 1 in physical runs. */
double cosmology_velocity_factor (const struct cosmology *c, double time);

#endif
