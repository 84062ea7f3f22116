/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mesh and tree, or the tree alone: which is cheaper for a set of bodies. */
#ifndef CATENA_GRAVITY_CHOICE_H
#define CATENA_GRAVITY_CHOICE_H

#include "gravity/gravity.h"

/* Collective. The seconds of one core that the mesh of these options (cells, split) is expected to spare a solve in a
 * periodic box: negative where trees alone are cheaper. A function of the set of bodies and of their old
 * accelerations, to the bit, on any number of ranks. */
double choice_gain (const struct gravity_options *options, const struct comm *comm,
                    const struct gravity_bodies *bodies);

/* Collective. Whether this solve of n bodies in all takes the mesh: by mesh_from, or, if that is GRAVITY_CHEAPER, by
 * what it spares. */
bool choice_mesh (const struct gravity_options *options, const struct comm *comm, const struct gravity_bodies *bodies,
                  int64_t n);

#endif
