/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The records of ketju_bhs.hdf5 as C structs, and as HDF5 types: KETJU's layout, padding included. Nobody but
 * bh_history.c needs them.
 */
#ifndef CATENA_BH_RECORDS_H
#define CATENA_BH_RECORDS_H

#include <hdf5.h>
#include <stdint.h>

struct timestep_record
{
  double physical_time, scale_factor;
};

struct hole_record
{
  double gadget_position[3], gadget_velocity[3], physical_position[3], physical_velocity[3], spin[3], mass;
  int32_t timestep_index, num_particles_in_region, num_holes_in_region;
};

struct merger_record
{
  uint64_t id1, id2, id_remnant;
  double m1, m2, m_remnant, chi1, chi2, chi_remnant, kick_velocity, merger_physical_time, merger_redshift;
};

struct cosmology_record
{
  double hubble_param, omega0, omega_lambda, omega_baryon;
  int32_t comoving, periodic;
  double box_size[3];
};

struct units_record
{
  double time_s, length_cm, mass_g, velocity_cm_s, G, c, timebase_interval;
};

struct options_record
{
  double minimum_bh_mass, region_physical_radius, output_time_interval;
  char pn_terms[20];
  int32_t kicks, star_star_softening;
  double expand_tight_binaries, tolerance, end_time_tolerance, minimum_particles_per_task;
  int32_t divide_and_conquer, max_tree_distance, steps_between_mst;
};

/* Local. New types, to be closed by the caller. */
hid_t timestep_record_type (void);
hid_t hole_record_type (void);
hid_t merger_record_type (void);
hid_t cosmology_record_type (void);
hid_t units_record_type (void);
hid_t options_record_type (void);

#endif
