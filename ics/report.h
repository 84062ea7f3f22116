/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was made, in words and numbers, and what a run of it would want. Local.
 */
#ifndef CATENA_ICS_REPORT_H
#define CATENA_ICS_REPORT_H

#include <stdio.h>

#include "ics/assemble.h"

void report_print (const struct recipe *recipe, const struct assembly *a, FILE *file);

/* Radius that holds twice the SMBH's mass in stars (types 2 to 4; all components if there are none); 0 without SMBH.
 */
double influence_radius (const struct made *m);
/* Plummer-equivalent softening: mean distance between stars within the influence radius, or for a component without
 * SMBH a fraction of its scale (Dehnen 2001: the optimum falls as N^-0.26). */
double suggested_softening (const struct made *m, int component);

#endif
