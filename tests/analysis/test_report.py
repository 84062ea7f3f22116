# SPDX-License-Identifier: GPL-3.0-or-later
"""Proves that the report finds in an output directory what was put there (fixture.py: known binding, hardening rate
and merger), for any number of black holes, for live and damaged runs, and that its page needs no other file."""

import os
import re
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(HERE, os.pardir, os.pardir, "analysis"), HERE]
try:
    import h5py
    import matplotlib  # noqa: F401
    import scipy  # noqa: F401
except ImportError as trouble:
    print("skipped: %s" % trouble)
    sys.exit(77)

import contextlib  # noqa: E402
import io  # noqa: E402

import numpy as np  # noqa: E402

import fixture  # noqa: E402
from catena_analysis import orbits, plots, profiles, reader, report  # noqa: E402
from catena_analysis.story import Story  # noqa: E402

ROOM = None
plots.STYLE.update({"figure.dpi": 40, "savefig.dpi": 40})  # the pictures are drawn, but small: half the time
plots.PIXELS = 60


def setUpModule():
    global ROOM
    ROOM = tempfile.TemporaryDirectory()


def tearDownModule():
    ROOM.cleanup()


def made(name, **how):
    """A fixture directory, made once."""
    path = os.path.join(ROOM.name, name)
    return path, (fixture.Truth() if os.path.isdir(path) else fixture.make(path, **how))


def run_program(*arguments):
    """(exit code, stdout, stderr) of catena-report, called in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = report.main(list(arguments))
    return code, out.getvalue(), err.getvalue()


class WhatHappened(unittest.TestCase):
    def setUp(self):
        self.path, self.truth = made("two", n_stars=3000)
        self.run_ = reader.Run(self.path)
        self.pair = Story(self.run_).main()

    def test_times(self):
        cadence = self.truth.t_merged / 5000
        self.assertAlmostEqual(self.pair.t_bound, self.truth.t_bound, delta=2 * cadence)
        self.assertEqual(self.pair.t_merged, self.truth.t_merged)
        a = self.truth.elements(self.pair.t_hard)[0][0]
        self.assertAlmostEqual(a / self.pair.a_hard, 1, delta=0.02)  # a falls by 1 % in a sample there

    def test_elements(self):
        """States were made of Newtonian elements, so 1PN ones differ by what the potential at pericentre over c^2 is
        of the binding energy: some 10 GM / (a (1 - e)^2 c^2)."""
        t = self.pair.t_el
        use = (t > self.truth.t_bound) & (t < self.truth.t_merged)
        a, e, _ = self.truth.elements(t[use])
        size = 10 * fixture.G * 0.02 / fixture.C**2 / (a * (1 - e)**2)
        wide = size < 0.03
        self.assertGreater(wide.sum(), 1000)
        self.assertLess(np.max(np.abs(self.pair.a[use] / a - 1)[wide] / size[wide]), 1)
        self.assertLess(np.max(np.abs(self.pair.e[use] - e)[wide] / size[wide]), 1)

    def test_hardening_rate(self):
        """Peters' share is taken off before the fit: what is left is its error from 1PN wiggles, below a percent."""
        self.assertAlmostEqual(self.pair.fit["slope"] / self.truth.hardening, 1, delta=0.01)

    def test_waves_take_over(self):
        """By its definition, at t_gw the two times agree."""
        a, e, _ = self.truth.elements(self.pair.t_gw)
        by_waves = orbits.peters_time(a[0], e[0], self.truth.m1, self.truth.m2, fixture.G, fixture.C)
        self.assertAlmostEqual(float(by_waves) * a[0] * self.truth.hardening, 1, delta=0.05)

    def test_phases_follow_each_other(self):
        phases = self.pair.phase_list(self.run_.time_end())
        self.assertEqual([p[0] for p in phases], ["approach", "bound", "hard", "GW-driven"])
        self.assertTrue(all(one[2] == two[1] for one, two in zip(phases, phases[1:])))
        self.assertEqual(phases[-1][2], self.truth.t_merged)

    def test_influence_radius(self):
        """Two coincident Hernquist spheres cut at 20 scales: M(r) = 2 M (r/(r+s))^2 (21/20)^2 = 2 (m1 + m2)."""
        q = 20 / 21 * np.sqrt((self.truth.m1 + self.truth.m2) / self.truth.galaxy_mass)
        want = self.truth.galaxy_scale * q / (1 - q)
        # some 60 stars weigh it: 13 % in mass, 7 % in radius, three of them
        self.assertAlmostEqual(self.pair.r_infl / want, 1, delta=0.21)


class Pages(unittest.TestCase):
    def page(self, name, figures, **how):
        path, _ = made(name, **how)
        code, out, err = run_program(path)
        self.assertEqual((code, err), (0, ""))
        with open(os.path.join(path, "report.html"), encoding="utf-8") as f:
            text = f.read()
        self.assertNotIn("could not be drawn", text)
        for reference in re.findall(r'(?:src|href)="(.{0,30})', text):
            self.assertTrue(reference.startswith("data:image/png;base64,"), reference)
        found = {n[:-4] for n in os.listdir(os.path.join(path, "report"))}
        self.assertEqual(found, set(figures.split()))
        self.assertEqual(text.count("data:image/png"), len(found))
        return text, out

    def test_merged(self):
        text, out = self.page("two", "density separation orbit hardening stars energy regions cost", n_stars=3000)
        self.assertIn("The two SMBHs start 3.00 kpc apart", out)
        self.assertNotIn("has not reached", out)
        self.assertIn("<td>1000001 + 1000002 → 1000001</td>", text)
        self.assertIn("KetjuRegionPhysicalRadius", text)
        self.assertIn("0.1.0", text)

    def test_not_merged(self):
        text, out = self.page("live", "density separation orbit hardening stars energy regions cost", merged=False,
                              n_stars=500, n_samples=1500)
        self.assertIn("are not merged", out)
        self.assertIn("It has not reached its end (TimeMax = 178.9 Myr)", out)
        self.assertNotIn("<h2>Mergers</h2>", text)

    def test_three(self):
        text, out = self.page("three", "density separation orbit hardening stars energy regions cost", n_holes=3,
                              n_stars=500,
                              n_samples=1500)
        self.assertIn("SMBHs 1000001 and 1000002", out)

    def test_one(self):
        _, out = self.page("one", "density stars energy regions cost", n_holes=1, n_stars=500, n_samples=300)
        self.assertIn("one SMBH", out)

    def test_none(self):
        _, out = self.page("none", "density stars energy cost", n_holes=0, n_stars=500, n_samples=300)
        self.assertIn("no record of an SMBH", out)

    def test_into_a_directory(self):
        path, _ = made("none", n_holes=0, n_stars=500, n_samples=300)
        out = os.path.join(ROOM.name, "elsewhere")
        self.assertEqual(run_program(path, "-q", "-o", out)[0], 0)
        self.assertEqual(sorted(os.listdir(out)),
                         ["cost.png", "density.png", "energy.png", "report.html", "stars.png"])


class Program(unittest.TestCase):
    def test_built_program(self):
        """The program of the build tree finds its package, and prints the story also where only ASCII is known."""
        program = os.path.join(os.environ.get("top_builddir", "."), "catena-report")
        if not os.path.isfile(program):
            self.skipTest("not built here")
        path, _ = made("none", n_holes=0, n_stars=500, n_samples=300)
        out = subprocess.run([sys.executable, "-B", program, path], capture_output=True,
                             env={**os.environ, "PYTHONIOENCODING": "ascii"})
        self.assertEqual((out.returncode, out.stderr), (0, b""))
        self.assertIn(b"1 000 star particles of 2.00 x 10^7 Msun", out.stdout)


class Damage(unittest.TestCase):
    def test_exit_codes(self):
        empty = os.path.join(ROOM.name, "empty")
        os.makedirs(empty, exist_ok=True)
        path, _ = made("none", n_holes=0, n_stars=500, n_samples=300)
        for arguments, code, words in (((os.path.join(ROOM.name, "nowhere"),), 66, "no directory"),
                                       ((empty,), 65, "no outputs"), ((), 64, None),
                                       ((path, "-o", "/dev/null/report.html"), 73, "cannot be written")):
            got, _, err = run_program(*arguments)
            self.assertEqual(got, code)
            if words:
                self.assertIn(words, err)
                self.assertEqual(err.count("\n"), 1)  # one sentence

    def test_history_while_it_is_written(self):
        """Another process holds the file open for writing, with HDF5's locks on."""
        path, _ = made("live", merged=False, n_stars=500, n_samples=1500)
        name = os.path.join(path, "ketju_bhs.hdf5")
        holder = subprocess.Popen([sys.executable, "-c", "import h5py,sys; f=h5py.File(sys.argv[1],'r+'); "
                                                         "print('held',flush=True);"
                                   "sys.stdin.read()", name], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  env={**os.environ, "HDF5_USE_FILE_LOCKING": "TRUE"})
        try:
            holder.stdout.readline()
            self.assertEqual(len(reader.read_history(name).holes), 2)
        finally:
            holder.communicate()

    def test_rows_written_twice(self):
        """A crash and a resume by KETJU leave time steps, samples and a merger twice."""
        path, _ = made("two", n_stars=3000)
        once = reader.read_history(os.path.join(path, "ketju_bhs.hdf5"))
        twice = os.path.join(ROOM.name, "twice.hdf5")
        with h5py.File(os.path.join(path, "ketju_bhs.hdf5")) as f, h5py.File(twice, "w") as g:
            for k in f.attrs:
                g.attrs[k] = f.attrs[k]
            steps, n = f["timesteps"][()], len(f["timesteps"])
            g["timesteps"] = np.concatenate([steps, steps[-50:]])
            for id_ in f["BHs"]:
                rows = f["BHs"][id_][()]
                again = rows[rows["timestep_index"] >= n - 50].copy()
                again["timestep_index"] += 50
                g["BHs/" + id_] = np.concatenate([rows, again])
            g["mergers"] = np.concatenate([f["mergers"][()]] * 2)
        got = reader.read_history(twice)
        self.assertEqual(len(got.mergers), 1)
        for id_, hole in once.holes.items():
            np.testing.assert_array_equal(got.holes[id_].t, hole.t)

    def test_not_a_history(self):
        bad = os.path.join(ROOM.name, "bad")
        os.makedirs(bad, exist_ok=True)
        with open(os.path.join(bad, "ketju_bhs.hdf5"), "w") as f:
            f.write("no HDF5")
        with open(os.path.join(bad, "energy.txt"), "w") as f:
            f.write("0 0 -2 1\n1 0 -2 1.001\n2 0 -2")  # cut in the middle of a line
        run = reader.Run(bad)
        self.assertIsNone(run.history)
        self.assertIn("ketju_bhs.hdf5", run.remarks[0])
        self.assertEqual(list(run.energy["time"]), [0, 1])

    def test_half_a_line(self):
        path, _ = made("none", n_holes=0, n_stars=500, n_samples=300)
        run = reader.Run(path)
        self.assertEqual(len(run.cpu["step"]), 200)


class Measures(unittest.TestCase):
    def test_profile_of_a_known_sphere(self):
        rng = np.random.default_rng(5)
        x, v = fixture.hernquist(rng, 40000, 1.0, 1.0)
        m = np.full(40000, 1 / 40000)
        centre = profiles.shrinking_sphere(x + [3, 1, 0], m)
        # 100 stars left, within 0.1: their mean is good to 0.01; three of them in each direction
        self.assertLess(np.linalg.norm(centre - [3, 1, 0]), 0.05)
        p = profiles.spherical_profile(x, v, m, np.zeros(3))
        use = (p["r"] > 0.2) & (p["r"] < 3)
        want = (21 / 20)**2 / (2 * np.pi * p["r"] * (p["r"] + 1)**3)
        # 1000 stars a shell: 3 % each, four of them, and the shell's width
        self.assertLess(np.max(np.abs(p["density"] / want - 1)[use]), 0.13)

    def test_surface_density_keeps_mass(self):
        rng = np.random.default_rng(6)
        xy = rng.normal(size=(5000, 2)) * 0.2
        picture = profiles.surface_density(xy, np.full(5000, 2.0), 1.0, pixels=100)
        # 5 sigma wide, so only the tails of the widest blurs leave the square
        self.assertAlmostEqual(picture.sum() * 0.02**2 / 1e4, 1, delta=0.01)

    def test_radius_enclosing(self):
        x = np.array([[1.0, 0, 0], [0, 2, 0], [0, 0, 4]])
        self.assertEqual(profiles.radius_enclosing(x, np.ones(3), np.zeros(3), 2.0), 2.0)
        self.assertTrue(np.isnan(profiles.radius_enclosing(x, np.ones(3), np.zeros(3), 4.0)))

    def test_words_for_numbers(self):
        for got, want in ((plots.length_text(100), "100 pc"), (plots.length_text(2.345e-4), "230 μpc"),
                          (plots.length_text(1500, 3), "1.50 kpc"), (plots.time_text(178.942, 4), "178.9 Myr"),
                          (plots.time_text(0.0123), "12.3 kyr"), (plots.number_text(2e10), "2.00 × 10¹⁰"),
                          (plots.number_text(0), "0")):
            self.assertEqual(got, want)


if __name__ == "__main__":
    unittest.main(verbosity=1)
