/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a recipe to bodies: every system in equilibrium, brought to rest at its centre of mass, then placed.
 */
#ifndef CATENA_ASSEMBLE_H
#define CATENA_ASSEMBLE_H

#include <stdint.h>

#include "base/status.h"
#include "ics/eddington.h"
#include "ics/recipe.h"

/* What became of one system. */
struct made
{
  struct sphere *sphere;        /* owned */
  int64_t first[MAX_COMPONENTS + 1]; /* bodies of component c: first[c] <= i < first[c+1] */
  int64_t hole;                 /* index of its SMBH, -1 if none */
  int64_t n_redrawn;
  double mass;                  /* SMBH included */
  double virial;                /* 2T/|W| about its centre, W the virial of the forces; 0 without particles */
  double position[3], velocity[3]; /* of its centre of mass, in the end */
  double time_to_pericentre;    /* of its orbit; 0 without */
  double orbit_mass;            /* that the orbit was made for */
};

/* Bodies in the order of their IDs, which are index + 1: first the SMBHs, then system by system, component by
 * component. */
struct assembly
{
  int n_holes;
  int64_t n;
  double (*x)[3], (*v)[3], *mass; /* owned, n */
  uint8_t *type;                  /* owned, n */
  double (*spin)[3];              /* owned, n_holes: angular momentum in code units */
  int n_systems;
  struct made made[MAX_SYSTEMS];
};

/* Local, threaded. *out is to be freed with assembly_free also after a failure. ST_DATA, ST_MEMORY. */
enum status assembly_make (const struct recipe *recipe, struct assembly *out);
void assembly_free (struct assembly *a);

#endif
