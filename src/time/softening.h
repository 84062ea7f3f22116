/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a change of the softening lengths does to the energy of a comoving run.
 *
 * With W(x, eps) = 1/2 sum m phi, comoving, which is a times the physical potential energy, the cosmic energy
 * equation (Irvine 1961; Layzer 1963) gains the work of the lengths, where they stand still in physical and hence
 * shrink in comoving coordinates:
 *   d (a T + W) = - T da + sum over types of dW/d eps  d eps.
 */
#ifndef CATENA_SOFTENING_H
#define CATENA_SOFTENING_H

#include "base/comm.h"
#include "base/status.h"
#include "base/units.h"
#include "data/particles.h"
#include "params/params.h"
#include "time/cosmology.h"

/* The account: zero at the start of a run, and all of it a checkpoint must keep. */
struct softening_ledger
{
  double work;  /* sum of dW so far */
  double scale; /* scale factor of the last entry; 0: none yet */
  double rate;  /* dW/d ln a at fixed positions then, the mean since the entry before; 0: lengths stood still */
};

/* Collective, agreed ST_MEMORY or the solver's faults. Comoving runs, all particles being at the scale factor `now`:
 * enters the work since the last entry, by the trapezoid rule. Costs nothing while lengths are comoving, and then two
 * sums over the pairs within their reach. (Of softenings beyond 0.15 of the box, nothing is entered.) */
enum status softening_enter (struct softening_ledger *ledger, const struct comm *comm, const struct params *params,
                             const struct cosmology *cosmology, const struct units *units, const struct box *box,
                             const struct particles *p, double now);

#endif
