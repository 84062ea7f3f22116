/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A spherical system in equilibrium: total potential of its components and central SMBH, and for each component the
 * isotropic distribution function f (E) in that potential (Eddington 1916; Binney & Tremaine 2008, eq. 4.46).
 *
 * Everything is tabulated on one grid, uniform in u = ln r. Energies are labelled by the radius r_E with
 * Psi (r_E) = E, where Psi = -potential. f is the phase-space density of the component's mass.
 */
#ifndef CATENA_EDDINGTON_H
#define CATENA_EDDINGTON_H

#include "base/status.h"
#include "ics/profile.h"

enum { MAX_COMPONENTS = 8 };

struct sphere
{
  double G, hole_mass;
  int n_components;
  struct component component[MAX_COMPONENTS];
  double norm[MAX_COMPONENTS];    /* factor on the density that gives each component its mass */
  int first[MAX_COMPONENTS];      /* grid index below which a component has less than a thousandth of a particle */
  int n;                          /* grid points */
  double u0, h;                   /* u_i = u0 + i h */
  double *psi;                    /* n */
  double *depth; /* n: Psi (r_0) - Psi (r_i), summed from inside: differences near the centre keep their digits */
  double *gravity;                /* n: G M(<r) / r^2 */
  double *mass[MAX_COMPONENTS];   /* n: of the component within r_i */
  double *f[MAX_COMPONENTS];      /* n: f (Psi (r_i)) */
};

/* Local. *out is the caller's, also after a failure: release with sphere_free. ST_MEMORY, or ST_DATA where a
 * component has no isotropic distribution function >= 0: the sentence names energy and radius. */
enum status sphere_create (double G, double hole_mass, const struct component *components, int n_components,
                           struct sphere **out);
void sphere_free (struct sphere **sphere);

/* At any radius of the grid's span. Psi and depth as above. */
double sphere_mass (const struct sphere *s, int component, double r);
double sphere_total_mass (const struct sphere *s, double r); /* SMBH included; r may lie beyond the grid */
double sphere_psi (const struct sphere *s, double r);
double sphere_depth (const struct sphere *s, double r);
double sphere_density (const struct sphere *s, int component, double r);
/* Psi (a) - Psi (b) from both forms, whichever loses fewer digits. */
static inline double sphere_difference (double psi_a, double depth_a, double psi_b, double depth_b)
{
  return psi_a < depth_b ? psi_a - psi_b : depth_b - depth_a;
}
/* The radius within which the component holds the mass m. */
double sphere_radius (const struct sphere *s, int component, double m);
/* One-dimensional velocity dispersion from the Jeans equation, isotropic. */
double sphere_jeans_dispersion (const struct sphere *s, int component, double r);

#endif
