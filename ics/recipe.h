/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a recipe asks for (doc/ics.md has the language). All quantities are in the recipe's code units.
 */
#ifndef CATENA_RECIPE_H
#define CATENA_RECIPE_H

#include <stdint.h>

#include "base/status.h"
#include "base/units.h"
#include "ics/orbit.h"
#include "ics/profile.h"
#include "ics/universe.h"

enum { MAX_SYSTEMS = 16, MAX_RECIPE_COMPONENTS = 8 };
enum noise { NOISE_CENTRE, NOISE_MIRROR, NOISE_RAW };

struct system
{
  char name[64];
  int n_components;
  struct component component[MAX_RECIPE_COMPONENTS];
  double hole_mass;               /* 0: no SMBH */
  double chi[3];                  /* dimensionless spin */
  double minimum_semi_major_axis; /* of stars bound to the SMBH; 0: no bound */
  enum noise noise;               /* what is done about centre of mass and momentum */
  double position[3], velocity[3];
  int has_orbit;                  /* relative to all systems before it */
  struct orbit orbit;
};

struct recipe
{
  uint64_t seed;
  double time;
  struct units units;
  int n_systems;
  struct system system[MAX_SYSTEMS];
  struct universe universe; /* instead of systems; universe.n = 0: none */
};

/* Local. Reads a YAML file; all faults are reported together, each as `path:line: sentence`. ST_NOINPUT if it cannot
 * be opened, ST_DATA for faults. */
enum status recipe_read (const char *path, struct recipe *out);
/* The same from text; `name` stands for the path in messages. */
enum status recipe_from_text (const char *name, const char *text, struct recipe *out);

#endif
