/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Constants of nature, each with its source, and the unit system of a run. They live here only.
 */
#ifndef CATENA_UNITS_H
#define CATENA_UNITS_H

#define GM_SUN_CGS 1.3271244e26               /* cm^3 s^-2, IAU 2015 resolution B3, nominal solar mass parameter */
#define GRAVITATIONAL_CONSTANT_CGS 6.67430e-8 /* cm^3 g^-1 s^-2, CODATA 2018 */
#define SOLAR_MASS_G (GM_SUN_CGS / GRAVITATIONAL_CONSTANT_CGS)
#define SPEED_OF_LIGHT_CGS 2.99792458e10      /* cm s^-1, exact */
#define SOLAR_RADIUS_CM 6.957e10              /* nominal, IAU 2015 B3 */
#define PARSEC_CM 3.0856775814913673e18       /* 648000/pi au, au of IAU 2012 */
#define YEAR_S 3.15576e7                      /* Julian year */
#define HUBBLE_CGS (1e7 / (1e6 * PARSEC_CM))  /* 100 km/s/Mpc in s^-1 */

/* The unit system: three base units in cgs and what follows from them. */
struct units
{
  double length_cm, mass_g, velocity_cm_s; /* given */
  double time_s;                           /* length / velocity */
  double G, c;                             /* in code units */
};

/* G = 0 asks for the value that follows from the constants above; another value is taken as given. */
static inline struct units units_from_base (double length_cm, double mass_g, double velocity_cm_s, double G)
{
  struct units u = { length_cm, mass_g, velocity_cm_s, length_cm / velocity_cm_s, G,
                    SPEED_OF_LIGHT_CGS / velocity_cm_s };

  if (G == 0)
    u.G = GRAVITATIONAL_CONSTANT_CGS * mass_g / (length_cm * velocity_cm_s * velocity_cm_s);
  return u;
}

/* A solar mass and a megayear in code units. */
static inline double units_solar_mass (const struct units *u) { return SOLAR_MASS_G / u->mass_g; }
static inline double units_megayear (const struct units *u) { return 1e6 * YEAR_S / u->time_s; }
static inline double units_solar_radius (const struct units *u) { return SOLAR_RADIUS_CM / u->length_cm; }
static inline double units_parsec (const struct units *u) { return PARSEC_CM / u->length_cm; }

#endif
