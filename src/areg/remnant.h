/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is left when two holes merge: mass, spin and recoil. Pure fits with their ranges. */
#ifndef AREG_REMNANT_H
#define AREG_REMNANT_H

#include "areg.h"

/* Fills the record of the merger of holes a and b at time t, in either order: the heavier survives, of equal ones the
 * lower id. Mass, spin, kick: Zlochower & Lousto 2015. Velocity of the remnant: the post-Newtonian centre-of-mass
 * velocity (areg_pn_momentum over the energy), plus the kick if `kicks`. `separation` is x_a - x_b with all digits.
 * The remnant's position is the centre of mass (post-Newtonian where terms say so). */
void areg_remnant_of_merger (const struct areg_options *options, double t, const struct areg_body *a,
                             const struct areg_body *b, const double separation[3], struct areg_merger *out);

#endif
