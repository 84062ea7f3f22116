/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Regularised regions: who is in one now, how long its step may be, and the flow of its members.
 *
 * A region is a union of spheres of radius KetjuRegionPhysicalRadius about SMBHs closer than two radii to each other,
 * with the stars and SMBHs inside. Members exert no force on each other in the kicks; their flow under these internal
 * forces, computed by areg, replaces their drift. Regions are found at the end of every step of theirs, and all
 * regions share one step. Members are few, so every rank holds a copy of all of them.
 *
 * Comoving runs: the radius is physical, and areg integrates physical coordinates over physical time. With X the
 * origin of a region's coordinates, which drifts with the momentum P of its mass centre,
 *   r = a (x - X),  v = (p - P)/a + H r,  dv/dt = internal forces + (a''/a) r,
 * is the drift of its members and their internal forces exactly. The last term, together with the kicks by the mean
 * density that the forces leave out, makes what the universe does to a region (H^2 r, some 1e-11 of an SMBH's pull);
 * it is given in two halves at the ends of the flow.
 */
#ifndef CATENA_REGION_H
#define CATENA_REGION_H

#include <stdint.h>

#include "areg.h"
#include "base/comm.h"
#include "base/status.h"
#include "base/units.h"
#include "data/particles.h"
#include "params/params.h"
#include "time/cosmology.h"

struct region
{
  uint64_t id;          /* of its heaviest SMBH (lowest id among equals), the origin of its coordinates */
  int first, n;         /* its members in regions->member */
  int n_holes;
};

struct region_member
{
  uint64_t id;
  uint64_t position[3];
  double fraction[3];   /* of an integer step; zero but for SMBHs */
  double velocity[3], mass, spin[3];
  int64_t local;        /* index on the rank that holds the particle */
  int32_t owner, type, group;
  int32_t gone;         /* merged into another one during the last flow, disrupted or captured */
};

/* An SMBH at one instant inside a step, for the history file: physical time, the run's coordinates. */
struct region_sample
{
  double time, position[3], velocity[3], spin[3], mass;
  uint64_t id;
  int32_t n_particles, n_holes;
};

/* What the flow of one region cost and did. */
struct region_record
{
  uint64_t id;
  int n, n_holes;
  int64_t steps, rejected;
  double energy_error, seconds, position[3], velocity[3], semi_major_axis, eccentricity;
};

struct regions
{
  int n, n_members;              /* the same on all ranks, as all that follows */
  struct region *region;         /* n, ascending id of the heaviest SMBH */
  struct region_member *member;  /* n_members, ordered by (group, id) */
  /* Of the last flow: */
  struct region_sample *sample;  /* ordered by (time, id) */
  int64_t n_samples;
  struct areg_merger *merger;    /* ordered by (time, id1); the run's coordinates, t physical */
  int64_t n_mergers;
  struct areg_event *event;      /* stars disrupted and captured, ordered by (time, id_star), likewise */
  int64_t n_events;
  struct region_record *record;  /* n */
  double energy_change;          /* Newtonian energy gained by the regions otherwise: PN terms, mergers, events.
                                  * Comoving runs: what a times their energy (peculiar velocities) gained in the
                                  * flow */
};

void regions_free (struct regions *regions);

/* Collective, agreed ST_MEMORY. Finds the regions among the particles index[0..n) of each rank, which must contain
 * all SMBHs and everything within two radii of them; sets their group and PARTICLE_HALO. Cost O(n). */
enum status regions_find (struct regions *regions, const struct comm *comm, const struct params *params,
                          const struct epoch *epoch, const struct box *box, struct particles *p,
                          const struct holes *h, const int64_t *index, int64_t n);

/* Local, the same on all ranks. The longest step that all regions allow: eta = ErrTolIntAccuracy,
 *   sqrt (2 eta eps R^2 / (G M))    the step of a particle of softening eps = R/3 at the border,
 *   0.3 R / max |v_sphere - <v_*>|  a sphere sweeps over less than the halo,
 *   0.5 R / (sqrt 3 sigma_*)        and so do most stars,
 * all Galilean invariant; and nobody crosses more than a tenth of the box, which is far above these in a sane box.
 * Infinity when there is no region. All physical; comoving runs: as a step of ln a. */
double regions_step (const struct regions *regions, const struct params *params, const struct epoch *epoch,
                     const struct units *units, const struct box *box);

/* Collective, agreed. Takes the members' velocities as they are now (after the opening kick), advances every region
 * by a step of `length` from `time` (comoving runs: of ln a, from a), writes positions, velocities, masses and spins
 * back to the particles and the SMBH table, flags merged particles PARTICLE_GONE and removes them from the table.
 * SMBHs are sampled at the multiples of `sample_interval`, physical, after the time `sample_origin`, within the
 * step; 0: never. ST_INTERNAL if areg gave up, naming the region. */
enum status regions_flow (struct regions *regions, const struct comm *comm, const struct params *params,
                          const struct cosmology *cosmology, const struct units *units, const struct box *box,
                          struct particles *p, struct holes *h, double time, double length, double sample_origin,
                          double sample_interval);

/* Collective, agreed ST_MEMORY. Reads the members' present positions, velocities, masses and spins from the
 * particles. */
enum status regions_gather (struct regions *regions, const struct comm *comm, const struct particles *p,
                            const struct holes *h);

/* Collective, agreed ST_MEMORY. Makes the lists anew from the group that each particle carries: after particles have
 * moved between ranks or left, and on resuming. */
enum status regions_relist (struct regions *regions, const struct comm *comm, const struct particles *p,
                            const struct holes *h);

/* Local. Adds the potentials of the pairs inside each region, unsoftened where areg takes them so, to the members
 * that this rank holds: the tree has left them out. */
void regions_add_potential (const struct regions *regions, const struct params *params, const struct epoch *epoch,
                            const struct units *units, const struct box *box, int rank, struct particles *p);

/* Local. Membership has changed from `old` to `now` while all stood still: what the changed pairs add to the external
 * force on each member of either list, by direct summation with the host's kernel. `add` is called for each particle
 * that this rank holds. Returns 0 (and calls nothing) if nothing has changed. */
int regions_force_change (const struct region_member *old, int n_old, const struct region_member *now, int n_now,
                          const struct epoch *epoch, const struct units *units, const struct box *box, int rank,
                          void (*add) (void *context, int64_t local, const double change[3]), void *context);

#endif
