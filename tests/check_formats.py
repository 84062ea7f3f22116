# SPDX-License-Identifier: GPL-3.0-or-later
"""Proves that other people's tools read what we write: h5py and h5dump find the documented layouts to the byte, and yt opens a
snapshot and finds the total mass in solar masses. Without h5py the test is skipped; without yt or h5dump their part is."""
import os
import shutil
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
except ImportError:
    print("no h5py: skipped")
    sys.exit(77)

N, N_HOLES = 1000, 3  # tests/io_fixture.h


def check(what, good):
    if not good:
        print("FAULT:", what)
        sys.exit(1)


def compound(dtype):
    """(name, kind, offset) of the members of a record."""
    return [(name, dtype.fields[name][0].str if dtype.fields[name][0].subdtype is None
             else "3" + dtype.fields[name][0].base.str, dtype.fields[name][1]) for name in dtype.names]


HOLE = [("gadget_position", "3<f8", 0), ("gadget_velocity", "3<f8", 24), ("physical_position", "3<f8", 48),
        ("physical_velocity", "3<f8", 72), ("spin", "3<f8", 96), ("mass", "<f8", 120), ("timestep_index", "<i4", 128),
        ("num_particles_in_region", "<i4", 132), ("num_BHs_in_region", "<i4", 136)]
MERGER = [(name, "<u8" if name.startswith("ID") else "<f8", 8 * k) for k, name in enumerate(
    ["ID1", "ID2", "ID_remnant", "m1", "m2", "m_remnant", "chi1", "chi2", "chi_remnant", "kick_velocity",
     "merger_physical_time", "merger_redshift"])]
TIMESTEP = [("physical_time", "<f8", 0), ("scale_factor", "<f8", 8)]
COSMOLOGY = [("HubbleParam", "<f8", 0), ("Omega0", "<f8", 8), ("OmegaLambda", "<f8", 16), ("OmegaBaryon", "<f8", 24),
             ("ComovingIntegrationOn", "<i4", 32), ("Periodic", "<i4", 36), ("BoxSize", "3<f8", 40)]
UNITS = [(name, "<f8", 8 * k) for k, name in enumerate(
    ["unit_time_in_s", "unit_length_in_cm", "unit_mass_in_g", "unit_velocity_in_cm_per_s", "G_cgs", "c_cgs",
     "timebase_interval"])]
OPTIONS = [("minimum_bh_mass", "<f8", 0), ("region_physical_radius", "<f8", 8), ("output_time_interval", "<f8", 16),
           ("PN_terms", "|S20", 24), ("enable_bh_merger_kicks", "<i4", 44), ("use_star_star_softening", "<i4", 48),
           ("expand_tight_binaries_period_factor", "<f8", 56), ("integration_relative_tolerance", "<f8", 64),
           ("output_time_relative_tolerance", "<f8", 72), ("minimum_particles_per_task", "<f8", 80),
           ("use_divide_and_conquer_mst", "<i4", 88), ("max_tree_distance", "<i4", 92),
           ("steps_between_mst_reconstruction", "<i4", 96)]


def check_table(table, members, size, chunk, rows):
    name = table.name
    check(f"{name}: members {compound(table.dtype)}", compound(table.dtype) == members)
    check(f"{name}: record of {table.dtype.itemsize} bytes", table.dtype.itemsize == size)
    check(f"{name}: chunks {table.chunks}, limits {table.maxshape}", table.chunks == (chunk,)
          and table.maxshape == (None,) and table.compression is None)
    check(f"{name}: {table.shape} rows", table.shape == (rows,))


def check_history(path):
    with h5py.File(path, "r") as f:
        check(f"root holds {sorted(f)}", sorted(f) == ["BHs", "mergers", "timesteps"])
        check(f"attributes {sorted(f.attrs)}", sorted(f.attrs) == ["cosmology", "integrator options", "units"])
        for name, members, size in (("cosmology", COSMOLOGY, 64), ("units", UNITS, 56),
                                    ("integrator options", OPTIONS, 104)):
            kind = f.attrs[name].dtype
            check(f"{name}: {compound(kind)}", compound(kind) == members and kind.itemsize == size)
            check(f"{name}: scalar", f.attrs[name].shape == ())
        check("PN terms", f.attrs["integrator options"]["PN_terms"] == b"245")
        check_table(f["timesteps"], TIMESTEP, 16, 256, 3)
        check_table(f["mergers"], MERGER, 96, 1, 1)
        check(f"SMBHs {sorted(f['BHs'])}", sorted(f["BHs"]) == ["12345678901234567890", "7"])
        check_table(f["BHs/7"], HOLE, 144, 28, 3)
        check_table(f["BHs/12345678901234567890"], HOLE, 144, 28, 2)
        rows = f["BHs/7"][...]
        check("indices of instants", list(rows["timestep_index"]) == [0, 1, 2])
        check("vectors", list(rows["physical_position"][0]) == [1, 2, 3] and list(rows["spin"][2]) == [7, 8, 9])
        check("merger", f["mergers"]["kick_velocity"][0] == 300 and f["mergers"]["ID_remnant"][0] == 7)


def check_snapshot(path, n_files):
    with h5py.File(path, "r") as f:
        head = f["Header"].attrs
        for name, kind, shape in (("NumPart_ThisFile", "<u8", (6,)), ("NumPart_Total", "<u8", (6,)),
                                  ("NumPart_Total_HighWord", "<u4", (6,)), ("MassTable", "<f8", (6,)), ("Time", "<f8", ()),
                                  ("Redshift", "<f8", ()), ("BoxSize", "<f8", ()), ("NumFilesPerSnapshot", "<i4", ()),
                                  ("Omega0", "<f8", ()), ("OmegaLambda", "<f8", ()), ("HubbleParam", "<f8", ()),
                                  ("Flag_Entropy_ICs", "<i4", ()), ("Time_GYR", "<f8", ())):
            check(f"Header/{name}", np.asarray(head[name]).dtype.str == kind and np.shape(head[name]) == shape)
        check("counts", sum(head["NumPart_Total"]) == N and head["NumPart_Total"][5] == N_HOLES
              and head["NumFilesPerSnapshot"] == n_files)
        for t in range(6):
            check(f"PartType{t} if and only if it has particles", (f"PartType{t}" in f) == (head["NumPart_ThisFile"][t] > 0))
        for t in range(6):
            if head["NumPart_ThisFile"][t] == 0:
                continue
            group = f[f"PartType{t}"]
            for name, kind, width in (("Coordinates", "<f8", 3), ("Velocities", "<f8", 3), ("ParticleIDs", "<u8", 1),
                                      ("Masses", "<f8", 1), ("Potential", "<f8", 1)) + (
                                          (("Spins", "<f8", 3),) if t == 5 else ()):
                n = head["NumPart_ThisFile"][t]
                check(f"PartType{t}/{name}", group[name].dtype.str == kind
                      and group[name].shape == ((n,) if width == 1 else (n, width)))
                check(f"attributes of {name}", {"a_scaling", "h_scaling", "length_scaling", "mass_scaling",
                                                "velocity_scaling", "to_cgs", "VarDescription", "CGSConversionFactor",
                                                "aexp-scale-exponent", "h-scale-exponent"} <= set(group[name].attrs))
        for name in ("UnitLength_in_cm", "UnitMass_in_g", "UnitVelocity_in_cm_per_s"):
            check(name, f["Parameters"].attrs[name] == f["Units"].attrs[name] == head[name])


def check_yt(path, masses):
    try:
        import yt
    except ImportError:
        print("no yt: that part is skipped")
        return False
    yt.set_log_level(50)
    data = yt.load(path)
    everything = data.all_data()
    sums = [float(everything[t, "particle_mass"].sum().to("Msun")) for t in data.particle_types_raw]
    # yt's gram is ours, its solar mass differs from ours in the fourth digit at most
    check(f"yt finds {sum(sums):.6e} Msun, not {masses:.6e}", abs(sum(sums) / masses - 1) < 1e-3)
    check("yt counts", sum(len(everything[t, "particle_mass"]) for t in data.particle_types_raw) == N)
    check("yt's time", abs(float(data.current_time.to("Myr")) / 488.9 - 1) < 1e-3)
    sphere = data.sphere([0, 0, 0], (1.0, "kpc"))["PartType4", "particle_mass"]
    inside = (everything["PartType4", "particle_radius"].to("kpc").d, everything["PartType4", "particle_position"].to("kpc").d)
    check("a sphere about the origin", len(sphere) == int((np.sum(inside[1] ** 2, axis=1) < 1).sum()))
    return True


def check_h5dump(path):
    if not shutil.which("h5dump"):
        return
    text = subprocess.run(["h5dump", "-H", path], capture_output=True, text=True, check=True).stdout
    check("h5dump shows the record", 'H5T_ARRAY { [3] H5T_IEEE_F64LE } "physical_velocity";' in text
          and 'H5T_STD_I32LE "num_BHs_in_region";' in text and "( 3 ) / ( H5S_UNLIMITED )" in text)


def check_logs(folder):
    energy = np.loadtxt(os.path.join(folder, "energy.txt"), ndmin=2)
    check(f"energy.txt has {energy.shape[1]} columns", energy.shape == (1, 28))
    check("its sums", abs(energy[0, 5::3][:6].sum() / energy[0, 2] - 1) < 1e-12
          and abs(energy[0, 6:22:3].sum() / energy[0, 3] - 1) < 1e-12)  # a sum of six doubles in another order
    for name in ("conservation.csv", "cpu.csv", "regions.csv"):
        with open(os.path.join(folder, name), encoding="ascii") as f:
            lines = f.read().splitlines()
        check(name, len(lines) == 2 and lines[0].count(",") == lines[1].count(","))


def main():
    program = os.path.join(os.environ.get("top_builddir", "."), "tests", "io_sample")
    folder = tempfile.mkdtemp(prefix="io_formats_")
    try:
        subprocess.run([program, folder], check=True)
        check_history(os.path.join(folder, "ketju_bhs.hdf5"))
        check_h5dump(os.path.join(folder, "ketju_bhs.hdf5"))
        snapshot = os.path.join(folder, "snapshot_003.hdf5")
        check_snapshot(snapshot, 1)
        for k in range(2):
            check_snapshot(os.path.join(folder, "snapdir_004", f"snapshot_004.{k}.hdf5"), 2)
        with h5py.File(snapshot, "r") as f:
            masses = 1e10 * sum(f[f"PartType{t}/Masses"][...].sum() for t in (1, 4, 5))
        check_logs(folder)
        with_yt = check_yt(snapshot, masses)
    finally:
        shutil.rmtree(folder)
    sys.exit(0 if with_yt else 77)


main()
