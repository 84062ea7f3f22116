# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the output directory of a run that never ran, whose answers are known: two galaxies whose black holes
approach, are bound at a chosen instant with chosen a and e, harden at a chosen constant rate, spiral in by Peters'
equations and merge. The equations are written here a second time, apart from the package that the tests hold against
them.

    python3 fixture.py DIRECTORY [holes] [merged|live]
"""

import math
import os
import sys

os.environ.setdefault("HDF5_USE_FILE_LOCKING", "FALSE")
import h5py  # noqa: E402
import numpy as np  # noqa: E402
from scipy.integrate import solve_ivp  # noqa: E402

G, C = 43009.17270036279, 299792.458      # kpc, 1e10 Msun, km/s
MYR = 1 / 977.7922216807892               # one Myr in code times
PC = 1e-3
ROW = np.dtype([("gadget_position", "<f8", 3), ("gadget_velocity", "<f8", 3), ("physical_position", "<f8", 3),
                ("physical_velocity", "<f8", 3), ("spin", "<f8", 3), ("mass", "<f8"), ("timestep_index", "<i4"),
                ("num_particles_in_region", "<i4"), ("num_BHs_in_region", "<i4"), ("pad", "<i4")])
MERGER = np.dtype([("ID1", "<u8"), ("ID2", "<u8"), ("ID_remnant", "<u8")]
                  + [(n, "<f8") for n in ("m1", "m2", "m_remnant", "chi1", "chi2", "chi_remnant", "kick_velocity",
                                          "merger_physical_time", "merger_redshift")])


class Truth:
    """What the fixture was made of; the oracle of the tests. Lengths kpc, masses 1e10 Msun, times code."""

    m1, m2 = 0.012, 0.008
    t_bound, a_bound, e_bound = 40 * MYR, 0.030, 0.85
    hardening = 150.0 / MYR               # d(1/a)/dt: 0.15 / (pc Myr)
    galaxy_mass, galaxy_scale = 1.0, 0.4
    ids = (1000001, 1000002)

    def __init__(self):
        mass, product = self.m1 + self.m2, self.m1 * self.m2
        k = G**3 * product * mass / C**5

        def rates(_, y):
            a, e = math.exp(y[0]), y[1]
            one = 1 - e * e
            da = -12.8 * k / a**3 * (1 + e * e * (73 + 9.25 * e * e) / 24) / one**3.5
            return [da / a - self.hardening * a, -304 / 15 * k * e / a**4 * (1 + 121 / 304 * e * e) / one**2.5,
                    math.sqrt(G * mass / a**3)]

        def arrived(_, y):
            return math.exp(y[0]) - 24 * G * mass / C**2

        arrived.terminal = True
        self.path = solve_ivp(rates, (self.t_bound, self.t_bound + 1e4 * MYR),
                              [math.log(self.a_bound), self.e_bound, 2.0],
                              events=arrived, method="DOP853", rtol=1e-10, atol=1e-10, dense_output=True)
        self.t_merged = float(self.path.t[-1])

    def elements(self, t):
        y = self.path.sol(np.atleast_1d(t))
        return np.exp(y[0]), y[1], y[2]


def kepler(mass, a, e, phase):
    """State on the orbit by bisection in the eccentric anomaly, from the mean anomaly `phase`."""
    M = np.remainder(phase, 2 * np.pi)
    low, high = np.zeros_like(M), np.full_like(M, 2 * np.pi)
    for _ in range(70):
        U = 0.5 * (low + high)
        low, high = np.where(U - e * np.sin(U) < M, U, low), np.where(U - e * np.sin(U) < M, high, U)
    b, speed = np.sqrt(1 - e**2), np.sqrt(G * mass / a) / (1 - e * np.cos(U))
    x = np.stack([a * (np.cos(U) - e), a * b * np.sin(U), 0 * U], axis=1)
    v = np.stack([-speed * np.sin(U), speed * b * np.cos(U), 0 * U], axis=1)
    tilt = np.array([[1, 0, 0], [0, math.cos(0.4), -math.sin(0.4)], [0, math.sin(0.4), math.cos(0.4)]])
    return x @ tilt.T, v @ tilt.T


def relative_path(truth, t):
    """The pair at t: a sinking circle at 230 km/s down to 90 pc, then the binary."""
    early = t < truth.t_bound
    f = t[early] / truth.t_bound
    r = 3.0 * (0.09 / 3.0)**f
    angle = np.cumsum(np.concatenate([[0], np.diff(t[early]) * 230 / r[1:]])) if early.any() else np.zeros(0)
    x, v = np.zeros((len(t), 3)), np.zeros((len(t), 3))
    x[early] = np.stack([r * np.cos(angle), r * np.sin(angle), 0 * r], axis=1)
    v[early] = 230 * np.stack([-np.sin(angle), np.cos(angle), 0 * r], axis=1)
    a, e, phase = truth.elements(t[~early]) if (~early).any() else (np.zeros(0),) * 3
    x[~early], v[~early] = kepler(truth.m1 + truth.m2, a, e, phase)
    return x, v


def hernquist(rng, n, mass, scale):
    """Positions of a Hernquist sphere cut at 20 scales; velocities of an isotropic Gaussian of its Jeans
    dispersion."""
    q = np.sqrt(rng.uniform(0, (20 / 21)**2, n))
    r = scale * q / (1 - q)
    direction = rng.normal(size=(n, 3))
    x = r[:, None] * direction / np.linalg.norm(direction, axis=1)[:, None]
    s = r / scale
    jeans = G * mass / (12 * scale) * np.maximum(
        12 * s * (s + 1)**3 * np.log1p(1 / s) - s / (s + 1) * (25 + 52 * s + 42 * s**2 + 12 * s**3), 0.01)
    return x, rng.normal(size=(n, 3)) * np.sqrt(jeans)[:, None]


def write_snapshot(path, t, stars, holes):
    with h5py.File(path, "w") as f:
        count = np.zeros(6, np.uint64)
        count[4], count[5] = len(stars[2]), len(holes[2])
        head = f.create_group("Header").attrs
        for name, value in (("NumPart_ThisFile", count), ("NumPart_Total", count), ("MassTable", np.zeros(6)),
                            ("Time", t),
                            ("Redshift", 0.0), ("BoxSize", 0.0), ("NumFilesPerSnapshot", 1)):
            head[name] = value
        par = f.create_group("Parameters").attrs
        par["UnitLength_in_cm"], par["UnitMass_in_g"], par["UnitVelocity_in_cm_per_s"] = (
            3.085677581491367e21, 1.988409870698051e43, 1e5)
        for kind, (x, v, m) in ((4, stars), (5, holes)):
            if len(m):
                g = f.create_group("PartType%d" % kind)
                g["Coordinates"], g["Velocities"], g["Masses"] = x, v, m
                g["ParticleIDs"] = np.arange(len(m), dtype=np.uint64) + (1 if kind == 4 else Truth.ids[0])


def write_history(path, times, holes, mergers):
    """holes: {id: (index, x, v, m)}"""
    with h5py.File(path, "w") as f:
        units = [("unit_time_in_s", 3.085677581491367e16), ("unit_length_in_cm", 3.085677581491367e21),
                 ("unit_mass_in_g", 1.988409870698051e43), ("unit_velocity_in_cm_per_s", 1e5), ("G_cgs", 6.6743e-8),
                 ("c_cgs", 2.99792458e10), ("timebase_interval", 1e-9)]
        f.attrs["units"] = np.array(tuple(v for _, v in units), dtype=[(n, "<f8") for n, _ in units])
        options = [("minimum_bh_mass", "<f8", 0.0), ("region_physical_radius", "<f8", 0.02),
                   ("output_time_interval", "<f8", 1e-6), ("PN_terms", "S20", b"all")]
        f.attrs["integrator options"] = np.array(tuple(v for *_, v in options), dtype=[(n, k) for n, k, _ in options])
        steps = np.zeros(len(times), dtype=[("physical_time", "<f8"), ("scale_factor", "<f8")])
        steps["physical_time"], steps["scale_factor"] = times, 1.0
        f.create_dataset("timesteps", data=steps, maxshape=(None,), chunks=(256,))
        for id_, (index, x, v, m) in holes.items():
            rows = np.zeros(len(index), ROW)
            rows["gadget_position"] = rows["physical_position"] = x
            rows["gadget_velocity"] = rows["physical_velocity"] = v
            rows["mass"], rows["timestep_index"] = m, index
            rows["num_particles_in_region"] = 20 + (index % 17)
            rows["num_BHs_in_region"] = 2 if len(holes) > 1 else 1
            f.create_dataset("BHs/%d" % id_, data=rows, maxshape=(None,), chunks=(28,))
        f.create_group("BHs") if not holes else None
        f.create_dataset("mergers", data=np.array(mergers, MERGER), maxshape=(None,), chunks=(1,))


def write_logs(directory, t_end, time_max):
    t = np.linspace(0, t_end, 200)
    with open(os.path.join(directory, "energy.txt"), "w") as f:
        for i, now in enumerate(t):
            pot, kin = -6.0e4, 3.0e4 * (1 + 2e-6 * math.sin(i / 9.0) + 1e-6 * i / 50)
            row = [now, 0.0, pot, kin] + [0.0] * 18 + [0, 0, 0, 0, 2.0, 0.02]
            f.write(" ".join("%14.8g" % q if k == 0 else "%.17g" % q for k, q in enumerate(row)) + "\n")
    with open(os.path.join(directory, "cpu.csv"), "w") as f:
        f.write("step,time,total,tree_build,gravity_walk,regions,output,communication\n")
        for i, now in enumerate(t):
            f.write("%d,%.9g,%s\n" % (i * 8, now, ",".join("%.4f" % (i * q) for q in (1.0, .1, .45, .3, .05, .1))))
        f.write("1600,0.3,12")        # the run was cut here: half a line
    with open(os.path.join(directory, "parameters-usedvalues"), "w") as f:
        f.write("InitCondFile      ics.hdf5   %% from the file\nOutputDir    out\nTimeMax  %.17g"
                "\nKetjuRegionPhysicalRadius 0.02\n"
                "SofteningComovingClass0 0.005\nErrTolIntAccuracy 0.002\n" % time_max)
    with open(os.path.join(directory, "log.txt"), "w") as f:
        f.write("catena 0.1.0, 2 ranks, 1 thread each\n")


def make(directory, n_holes=2, merged=True, n_stars=4000, n_samples=6000, logs=True):
    """Returns the Truth. merged=False: the record stops two thirds of the way from binding to the merger."""
    os.makedirs(directory, exist_ok=True)
    truth, rng = Truth(), np.random.default_rng(7)
    t_last = truth.t_merged if merged else truth.t_bound + 0.66 * (truth.t_merged - truth.t_bound)
    t = np.unique(np.concatenate([np.linspace(0, t_last, n_samples),
                                  t_last - (t_last - truth.t_bound) * np.geomspace(1e-9, 0.3, n_samples // 4)]))
    after = t_last + np.linspace(0.02, 1, 60) * 8 * MYR if merged else np.zeros(0)
    x, v = relative_path(truth, t)
    mass = truth.m1 + truth.m2
    x1, x2, v1, v2 = x * truth.m2 / mass, -x * truth.m1 / mass, v * truth.m2 / mass, -v * truth.m1 / mass
    kick = np.array([120.0, 0, 60.0])
    times = np.concatenate([t, after])
    end1 = (np.concatenate([x1, kick * (after - t_last)[:, None]]),
            np.concatenate([v1, np.tile(kick, (len(after), 1))]))
    m1 = np.concatenate([np.full(len(t), truth.m1), np.full(len(after), 0.96 * mass)])
    holes = {}
    if n_holes > 0:
        holes[truth.ids[0]] = (np.arange(len(times)), *end1, m1)
    if n_holes > 1:
        holes[truth.ids[1]] = (np.arange(len(t)), x2, v2, np.full(len(t), truth.m2))
    if n_holes > 2:
        far = np.array([2.0, 1.0, 0.5]) + np.outer(times, [20.0, -60.0, 0])
        holes[truth.ids[1] + 1] = (np.arange(len(times)), far, np.tile([20.0, -60.0, 0], (len(times), 1)),
                                   np.full(len(times), 0.003))
    mergers = []
    if merged and n_holes > 1:
        mergers = [(truth.ids[0], truth.ids[1], truth.ids[0], truth.m1, truth.m2, 0.96 * mass, .3, .1, .71,
                    float(np.linalg.norm(kick)), t_last, 0.0)]
    if n_holes:
        write_history(os.path.join(directory, "ketju_bhs.hdf5"), times, holes, mergers)
    for k, now in enumerate(np.concatenate([np.linspace(0, truth.t_bound, 5),
                                            np.linspace(truth.t_bound, times[-1], 5)[1:]])):
        at = min(np.searchsorted(times, now), len(times) - 1)
        first = [hernquist(rng, n_stars, truth.galaxy_mass, truth.galaxy_scale) for _ in range(2)]
        early = at < len(t) and now < truth.t_bound
        shift = (x1[at], x2[at]) if early else (np.zeros(3), np.zeros(3))
        stars = (np.concatenate([p + s for (p, _), s in zip(first, shift)]), np.concatenate([w for _, w in first]),
                 np.full(2 * n_stars, truth.galaxy_mass / n_stars))
        here = [(h[1][j], h[2][j], h[3][j]) for h in holes.values() for j in [min(at, len(h[0]) - 1)]
                if at < len(h[0])]
        columns = tuple(np.array(q) for q in zip(*here)) if here else (np.zeros((0, 3)), np.zeros((0, 3)),
                                                                       np.zeros(0))
        write_snapshot(os.path.join(directory, "snapshot_%03d.hdf5" % k), times[at], stars, columns)
    if logs:
        write_logs(directory, float(times[-1]), float(times[-1] if merged else truth.t_merged))
    return truth


if __name__ == "__main__":
    made = make(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 2, "live" not in sys.argv[3:])
    print("bound %.3f Myr, merged %.3f Myr" % (made.t_bound / MYR, made.t_merged / MYR))
