# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in an output directory, as numpy arrays in the run's own units.

A run may still be going on, may have crashed in the middle of a line, and may have been resumed after a crash by a
code that does not cut its logs (KETJU). So: HDF5 files are opened without file locks, and copied aside when the
writer is in the middle of a change; half a last line is dropped; rows that a resumed run wrote twice count once.
Nothing here writes into the output directory.
"""

import glob
import os
import re
import shutil
import tempfile

os.environ.setdefault("HDF5_USE_FILE_LOCKING", "FALSE")  # before h5py: a live run holds the lock of its history

import h5py  # noqa: E402
import numpy as np  # noqa: E402

N_TYPES = 6
STELLAR_TYPES = (2, 3, 4)
HISTORY_NAME = "ketju_bhs.hdf5"


class OutputError(Exception):
    """Something a user can mend: `code` is the exit code (sysexits.h), the text one clear sentence."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


class Units:
    """A unit system and the constants in it. Values of constants: GM_sun (IAU 2015 B3), G (CODATA 2018), c
    (exact)."""

    G_CGS = 6.67430e-8
    C_CGS = 2.99792458e10
    GM_SUN_CGS = 1.3271244e26
    PC_CM = 3.085677581491367e18
    MYR_S = 3.15576e13
    MSUN_G = GM_SUN_CGS / G_CGS

    def __init__(self, length_cm=1e3 * PC_CM, mass_g=1e10 * MSUN_G, velocity_cm_s=1e5, G=None, c=None):
        self.length_cm, self.mass_g, self.velocity_cm_s = float(length_cm), float(mass_g), float(velocity_cm_s)
        self.time_s = self.length_cm / self.velocity_cm_s
        self.G = G if G else self.G_CGS * self.mass_g / (self.length_cm * self.velocity_cm_s**2)
        self.c = c if c else self.C_CGS / self.velocity_cm_s
        self.pc = self.length_cm / self.PC_CM            # one code length in pc
        self.myr = self.time_s / self.MYR_S              # one code time in Myr
        self.msun = self.mass_g / self.MSUN_G            # one code mass in Msun
        self.km_s = self.velocity_cm_s / 1e5             # one code velocity in km/s
        self.clock, self.clock_name = self.myr, "Myr"    # the same for time axes

    def set_clock(self, time):
        """Time axes in the unit that suits a run of this length (code units)."""
        for limit, name, myr in ((3e3, "Gyr", 1e3), (0.3, "Myr", 1.0), (3e-4, "kyr", 1e-3), (0.0, "yr", 1e-6)):
            if time * self.myr >= limit:
                self.clock, self.clock_name = self.myr / myr, name
                return


def _code_constant(cgs, unit):
    return float(cgs) / unit if cgs and cgs > 0 else None


def _units_of_history(record):
    """The `units` attribute of the history carries the run's own G and c: spins and R_s must be made with the
    same."""
    length, mass, velocity = (float(record[k]) for k in
                              ("unit_length_in_cm", "unit_mass_in_g", "unit_velocity_in_cm_per_s"))
    return Units(length, mass, velocity, G=_code_constant(record["G_cgs"], length * velocity**2 / mass),
                 c=_code_constant(record["c_cgs"], velocity))


class Snapshot:
    """One snapshot, of one file or several; arrays are read when asked for and not kept."""

    def __init__(self, paths):
        self.paths = list(paths)
        with h5py.File(self.paths[0], "r") as f:
            self.header = dict(f["Header"].attrs)
            self.parameters = dict(f["Parameters"].attrs) if "Parameters" in f else {}
        self.time = float(self.header["Time"])
        self.count = np.array(self.header["NumPart_Total"], dtype=np.int64)
        found = re.search(r"_(\d+)(\.\d+)?\.hdf5$", os.path.basename(self.paths[0]))
        self.number = int(found.group(1)) if found else -1

    def units(self):
        values = {**self.header, **self.parameters}
        names = ("UnitLength_in_cm", "UnitMass_in_g", "UnitVelocity_in_cm_per_s")
        return Units(*(float(values[n]) for n in names)) if all(n in values for n in names) else None

    def read(self, kind, name):
        """One field of a particle type, all files in order; None where no file has it."""
        parts = []
        for path in self.paths:
            with h5py.File(path, "r") as f:
                group = f.get("PartType%d" % kind)
                if group is None:
                    continue
                if name in group:
                    parts.append(group[name][()])
                elif name == "Masses":
                    parts.append(np.full(group["ParticleIDs"].shape, float(self.header["MassTable"][kind])))
        return np.concatenate(parts) if parts else None

    def gather(self, kinds, names=("Coordinates", "Velocities", "Masses")):
        """The fields of several types one after the other, in double: a list of arrays in the order of `names`."""
        width = {"Coordinates": (0, 3), "Velocities": (0, 3)}
        out = []
        for name in names:
            parts = [p for p in (self.read(k, name) for k in kinds) if p is not None]
            out.append(np.concatenate(parts).astype(float) if parts else np.zeros(width.get(name, 0)))
        return out

    def stars(self):
        """Positions, velocities and masses of all stellar types (disc, bulge, stars)."""
        return self.gather(STELLAR_TYPES)


class BlackHole:
    """The recorded path of one SMBH: arrays over its samples, in code units, physical."""

    def __init__(self, id_, rows, times):
        self.id = id_
        self.index = rows["timestep_index"].astype(np.int64)
        self.t = times[self.index]
        self.x = rows["physical_position"].astype(float)
        self.v = rows["physical_velocity"].astype(float)
        self.m = rows["mass"].astype(float)
        self.spin = rows["spin"].astype(float)
        self.n_bodies = rows["num_particles_in_region"].astype(int)
        self.n_holes = rows["num_BHs_in_region"].astype(int)

    def __len__(self):
        return len(self.t)


def _without_repeats(rows, times):
    """Rows in the order of time, each instant once; of rows written twice the later one stands."""
    rows = rows[(rows["timestep_index"] >= 0) & (rows["timestep_index"] < len(times))]
    t = times[rows["timestep_index"]]
    order = np.lexsort((np.arange(len(t)), t))
    last = np.append(np.diff(t[order]) > 0, True) if len(t) else np.zeros(0, bool)
    return rows[order[last]]


class History:
    """ketju_bhs.hdf5: all SMBHs, the mergers, the units and the options of the integrator."""

    def __init__(self, f):
        self.units = _units_of_history(f.attrs["units"]) if "units" in f.attrs else Units()
        options = f.attrs.get("integrator options")
        self.options = {} if options is None else {n: options[n] for n in options.dtype.names}
        cosmology = f.attrs.get("cosmology")
        self.comoving = cosmology is not None and bool(cosmology["ComovingIntegrationOn"])
        times = f["timesteps"]["physical_time"].astype(float) if len(f["timesteps"]) else np.zeros(0)
        self.times = np.unique(times)
        self.holes = {}
        for name, data in f["BHs"].items():
            rows = _without_repeats(data[()], times)
            if len(rows):
                self.holes[int(name)] = BlackHole(int(name), rows, times)
        self.mergers = self._distinct_mergers(f["mergers"][()] if "mergers" in f else [])

    @staticmethod
    def _distinct_mergers(rows):
        """A hole is swallowed once; a second record of it comes from a crash and resume."""
        seen, out = set(), []
        for row in rows[::-1]:
            if int(row["ID2"]) not in seen:
                seen.add(int(row["ID2"]))
                out.append({name: row[name].item() for name in row.dtype.names})
        return sorted(out, key=lambda m: m["merger_physical_time"])


def read_history(path):
    """The history in `path`, of a finished or a live run. A file caught in the middle of a change is copied and read
    again, three times at most."""
    try:
        with h5py.File(path, "r") as f:
            return History(f)
    except (OSError, KeyError, RuntimeError, ValueError):
        pass
    for _ in range(3):
        with tempfile.TemporaryDirectory() as aside:
            copy = shutil.copy(path, aside)
            try:
                with h5py.File(copy, "r") as f:
                    return History(f)
            except (OSError, KeyError, RuntimeError, ValueError) as trouble:
                last = trouble
    raise OutputError(65, "%s cannot be read (%s): is it a black-hole history?" % (path, last))


def _number(word):
    try:
        return float(word)
    except ValueError:
        return float("nan")


def read_csv(path):
    """A table with a line of names: dict of float arrays. Half a last line is dropped, and so are rows that a resumed
    run wrote again (the first column, step or time, must grow; the later row stands)."""
    with open(path, errors="replace") as f:
        lines = f.read().split("\n")[:-1]  # what follows the last newline is unfinished
    lines = [line for line in lines if line.strip()]
    comments = [line for line in lines if line.startswith("#")]
    body = [line for line in lines if not line.startswith("#")]
    if body and _is_names(body[0]):
        names, body = body[0], body[1:]
    elif comments:
        names = comments[-1].lstrip("# ")
    else:
        return {}
    names = [n.strip() for n in names.split(",")]
    rows = [[_number(w) for w in line.split(",")] for line in body]
    table = np.array([r for r in rows if len(r) == len(names)], dtype=float).reshape(-1, len(names))
    return dict(zip(names, table.T))


def _is_names(line):
    return all(np.isnan(_number(w)) and w.strip().lower() != "nan" for w in line.split(",")[:2])


def _forward(table, key):
    """Rows whose key is smaller than that of every later row: the last telling of each instant."""
    k = table.get(key)
    if k is None or not len(k):
        return table
    later = np.minimum.accumulate(k[::-1])[::-1]
    keep = np.append(k[:-1] < later[1:], True)
    return {name: column[keep] for name, column in table.items()}


def _unbroken(table):
    """Seconds since the start, also where a resumed run began to count at zero again."""
    if len(table.get("step", ())) < 2:
        return table

    def joined(q):
        lost = np.where(np.diff(q) < 0, q[:-1], 0.0)
        return q + np.concatenate([[0.0], np.cumsum(lost)])

    return {name: q if name in ("step", "time") else joined(q) for name, q in table.items()}


def read_energy(path):
    """energy.txt, GADGET-4's columns: time, internal, potential, kinetic, then (internal, potential, kinetic) and
    mass for each of six types. What is asked of it here: time, kinetic, potential, energy, mass."""
    rows = []
    with open(path, errors="replace") as f:
        for line in f.read().split("\n")[:-1]:
            words = line.split()
            if len(words) >= 4 and not line.startswith("#"):
                rows.append([_number(w) for w in words])
    width = len(rows[0]) if rows else 0
    table = np.array([r for r in rows if len(r) == width], dtype=float).reshape(-1, width)
    if not len(table):
        return {}
    out = {"time": table[:, 0], "potential": table[:, 2], "kinetic": table[:, 3], "energy": table[:, 1:4].sum(axis=1)}
    if width >= 4 + 4 * N_TYPES:
        out["mass"] = table[:, 4 + 3 * N_TYPES:4 + 4 * N_TYPES].sum(axis=1)
    return _forward(out, "time")


def read_parameters(path):
    """Name -> value as text, of a parameter file or of parameters-usedvalues."""
    out = {}
    with open(path, errors="replace") as f:
        for line in f:
            words = re.split(r"[%#]", line, maxsplit=1)[0].split(None, 1)
            if len(words) == 2:
                out[words[0]] = words[1].strip()
    return out


def _number_of(path):
    return int(re.search(r"_(\d+)(\.0)?\.hdf5$", path).group(1))


def find_snapshots(directory):
    """The files of every snapshot, in the order of their numbers; backups and other names are left out."""
    found = {}
    for path in glob.glob(os.path.join(directory, "*_*.hdf5")):
        if re.fullmatch(r"snap\w*?_\d+\.hdf5", os.path.basename(path)):
            found[_number_of(path)] = [path]
    for first in glob.glob(os.path.join(directory, "snapdir_*", "*_*.0.hdf5")):
        parts = glob.glob(re.sub(r"\.0\.hdf5$", ".*.hdf5", first))
        found[_number_of(first)] = sorted(parts, key=lambda p: int(p.split(".")[-2]))
    return [found[n] for n in sorted(found)]


class Run:
    """An output directory. What is missing is None or empty; `remarks` tells what could not be read."""

    def __init__(self, directory):
        self.directory = os.path.abspath(directory)
        self.remarks = []
        if not os.path.isdir(directory):
            raise OutputError(66, "there is no directory %s: give the OutputDir of a run" % directory)
        self.snapshots = self._snapshots()
        self.history = self._optional(HISTORY_NAME, read_history)
        self.energy = self._optional("energy.txt", read_energy) or {}
        self.conservation = _forward(self._optional("conservation.csv", read_csv) or {}, "time")
        self.cpu = _unbroken(_forward(self._optional("cpu.csv", read_csv) or {}, "step"))
        self.regions = self._optional("regions.csv", read_csv) or {}
        self.parameters = self._optional("parameters-usedvalues", read_parameters) or {}
        self.log = self._optional("log.txt", _read_text) or ""
        self.info = self._optional("info.txt", _read_text) or ""
        self.merger_words = self._optional("mergers.txt", _read_text) or ""
        if not (self.snapshots or self.history or self.energy):
            raise OutputError(65, "%s holds no outputs of a run: no snapshot_NNN.hdf5, no %s, no energy.txt"
                              % (directory, HISTORY_NAME))
        self.units = self._units()
        self.units.set_clock(self.time_end())
        if self.history is not None and self.history.comoving:
            self.remarks.append("a comoving run: times of snapshots are scale factors, their lengths comoving")

    def _optional(self, name, read):
        path = os.path.join(self.directory, name)
        if not os.path.exists(path):
            return None
        try:
            return read(path)
        except (OutputError, OSError, ValueError, IndexError) as trouble:
            self.remarks.append("%s was left out: %s" % (name, trouble))
            return None

    def _snapshots(self):
        out = []
        for paths in find_snapshots(self.directory):
            try:
                out.append(Snapshot(paths))
            except (OSError, KeyError, RuntimeError) as trouble:
                self.remarks.append("%s was left out: %s" % (os.path.basename(paths[0]), trouble))
        return sorted(out, key=lambda s: s.time)

    def _units(self):
        if self.history is not None:
            return self.history.units
        for snapshot in self.snapshots:
            units = snapshot.units()
            if units is not None:
                return units
        names = ("UnitLength_in_cm", "UnitMass_in_g", "UnitVelocity_in_cm_per_s")
        if all(n in self.parameters for n in names):
            return Units(*(float(self.parameters[n]) for n in names))
        return Units()

    def time_end(self):
        """The last instant that anything tells of, code units."""
        ends = [s.time for s in self.snapshots[-1:]]
        ends += [t[-1] for t in (self.energy.get("time"), self.history and self.history.times)
                 if t is not None and len(t)]
        return max(ends) if ends else 0.0

    def parameter(self, name):
        """A parameter as a number, or None."""
        value = _number(self.parameters.get(name, ""))
        return None if np.isnan(value) else value

    def snapshot_near(self, time, after=False):
        """The snapshot nearest to an instant, or the first one not before it; None if there is none."""
        pool = [s for s in self.snapshots if s.time >= time * (1 - 1e-12)] if after else self.snapshots
        return min(pool or self.snapshots, key=lambda s: abs(s.time - time), default=None)


def _read_text(path):
    with open(path, errors="replace") as f:
        return f.read()
