/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The types name every member as KETJU does and place it where the C compiler placed it. The sizes are those
 * of KETJU's own structs, so that its readers, and files of its making, see no difference. */
#include "io/bh_records.h"

#include <stddef.h>

_Static_assert(sizeof (struct hole_record) == 144 && sizeof (struct merger_record) == 96
                 && sizeof (struct timestep_record) == 16,
               "sizes of KETJU's records");

static void member (hid_t record, const char *name, size_t offset, hid_t type)
{
  H5Tinsert (record, name, offset, type);
}

static void vector_member (hid_t record, const char *name, size_t offset)
{
  hsize_t three = 3;
  hid_t vector = H5Tarray_create2 (H5T_NATIVE_DOUBLE, 1, &three);

  H5Tinsert (record, name, offset, vector);
  H5Tclose (vector);
}

static void doubles (hid_t record, const char *const *names, int n, size_t offset)
{
  for (int k = 0; k < n; k++)
    member (record, names[k], offset + k * sizeof (double), H5T_NATIVE_DOUBLE);
}

hid_t timestep_record_type (void)
{
  static const char *const names[] = { "physical_time", "scale_factor" };
  hid_t t = H5Tcreate (H5T_COMPOUND, sizeof (struct timestep_record));

  doubles (t, names, 2, 0);
  return t;
}

hid_t hole_record_type (void)
{
  static const char *const vectors[] = { "gadget_position", "gadget_velocity", "physical_position",
                                         "physical_velocity", "spin" };
  hid_t t = H5Tcreate (H5T_COMPOUND, sizeof (struct hole_record));

  for (int k = 0; k < 5; k++)
    vector_member (t, vectors[k], k * 3 * sizeof (double));
  member (t, "mass", offsetof (struct hole_record, mass), H5T_NATIVE_DOUBLE);
  member (t, "timestep_index", offsetof (struct hole_record, timestep_index), H5T_NATIVE_INT32);
  member (t, "num_particles_in_region", offsetof (struct hole_record, num_particles_in_region), H5T_NATIVE_INT32);
  member (t, "num_BHs_in_region", offsetof (struct hole_record, num_holes_in_region), H5T_NATIVE_INT32);
  return t;
}

hid_t merger_record_type (void)
{
  static const char *const ids[] = { "ID1", "ID2", "ID_remnant" };
  static const char *const names[] = {
    "m1", "m2", "m_remnant", "chi1", "chi2", "chi_remnant", "kick_velocity", "merger_physical_time", "merger_redshift"
  };
  hid_t t = H5Tcreate (H5T_COMPOUND, sizeof (struct merger_record));

  for (int k = 0; k < 3; k++)
    member (t, ids[k], k * sizeof (uint64_t), H5T_NATIVE_UINT64);
  doubles (t, names, 9, offsetof (struct merger_record, m1));
  return t;
}

hid_t cosmology_record_type (void)
{
  static const char *const names[] = { "HubbleParam", "Omega0", "OmegaLambda", "OmegaBaryon" };
  hid_t t = H5Tcreate (H5T_COMPOUND, sizeof (struct cosmology_record));

  doubles (t, names, 4, 0);
  member (t, "ComovingIntegrationOn", offsetof (struct cosmology_record, comoving), H5T_NATIVE_INT32);
  member (t, "Periodic", offsetof (struct cosmology_record, periodic), H5T_NATIVE_INT32);
  vector_member (t, "BoxSize", offsetof (struct cosmology_record, box_size));
  return t;
}

hid_t units_record_type (void)
{
  static const char *const names[] = {
    "unit_time_in_s", "unit_length_in_cm", "unit_mass_in_g", "unit_velocity_in_cm_per_s", "G_cgs",
    "c_cgs",          "timebase_interval"
  };
  hid_t t = H5Tcreate (H5T_COMPOUND, sizeof (struct units_record));

  doubles (t, names, 7, 0);
  return t;
}

hid_t options_record_type (void)
{
  static const char *const first[] = { "minimum_bh_mass", "region_physical_radius", "output_time_interval" };
  static const char *const middle[] = { "expand_tight_binaries_period_factor", "integration_relative_tolerance",
                                        "output_time_relative_tolerance", "minimum_particles_per_task" };
  hid_t t = H5Tcreate (H5T_COMPOUND, sizeof (struct options_record)), text = H5Tcopy (H5T_C_S1);

  doubles (t, first, 3, 0);
  H5Tset_size (text, sizeof ((struct options_record *) 0)->pn_terms);
  member (t, "PN_terms", offsetof (struct options_record, pn_terms), text);
  member (t, "enable_bh_merger_kicks", offsetof (struct options_record, kicks), H5T_NATIVE_INT32);
  member (t, "use_star_star_softening", offsetof (struct options_record, star_star_softening), H5T_NATIVE_INT32);
  doubles (t, middle, 4, offsetof (struct options_record, expand_tight_binaries));
  member (t, "use_divide_and_conquer_mst", offsetof (struct options_record, divide_and_conquer), H5T_NATIVE_INT32);
  member (t, "max_tree_distance", offsetof (struct options_record, max_tree_distance), H5T_NATIVE_INT32);
  member (t, "steps_between_mst_reconstruction", offsetof (struct options_record, steps_between_mst),
          H5T_NATIVE_INT32);
  H5Tclose (text);
  return t;
}
