# SPDX-License-Identifier: GPL-3.0-or-later
"""Proves the orbit formulae: Peters' times and harmonics against tables of high-precision arithmetic, post-Newtonian
elements by what must be true of them (turning points, order of their errors), Kepler's equation by going there and
back."""

import json
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(HERE, os.pardir, os.pardir, "analysis"), HERE]
try:
    import h5py  # noqa: F401
    import matplotlib  # noqa: F401
    import scipy  # noqa: F401
except ImportError as trouble:
    print("skipped: %s" % trouble)
    sys.exit(77)

import numpy as np  # noqa: E402

from catena_analysis import orbits, reader  # noqa: E402

with open(os.path.join(HERE, os.pardir, "data", "analysis_checks.json")) as f:
    TABLE = json.load(f)
M1, M2 = 1.1, 0.4                      # G = 1 below; eta = 0.196, far from its special values
MASS = M1 + M2


class Waves(unittest.TestCase):
    def test_time_to_coalescence(self):
        for row in TABLE["peters"]:
            want = float(row["T_over_Tcirc"])
            # quad is asked for 1e-12, and e near 1 loses some 1e-16 / (1 - e^2) in the fourth power of the shape
            self.assertAlmostEqual(orbits.peters_time_ratio(row["e0"]) / want, 1, delta=1e-10)

    def test_interpolated_time(self):
        e = np.array([0.05, 0.33, 0.77, 0.93, 0.985])
        exact = [orbits.peters_time_ratio(q) for q in e]
        got = orbits.peters_time(1.0, e, M1, M2, 1.0, 1.0) / orbits.peters_time(1.0, 0.0, M1, M2, 1.0, 1.0)
        np.testing.assert_allclose(got, exact, rtol=1e-4)  # what its header promises is 1e-5 in the middle

    def test_circle_in_years(self):
        u = reader.Units(length_cm=reader.Units.PC_CM, mass_g=reader.Units.MSUN_G)
        got = float(orbits.peters_time(0.01, 0.0, 1e8, 1e8, u.G, u.c)) * u.myr
        self.assertAlmostEqual(got / float(TABLE["T_circ_1e8_1e8_0p01pc_Myr"]), 1, delta=1e-12)

    def test_harmonics(self):
        for row in TABLE["g_n_e"]:
            got = [float(orbits.harmonic_power(n, row["e"])) for n in range(1, 13)]
            np.testing.assert_allclose(got, row["g_1_to_12"], rtol=1e-12, atol=1e-14)
            self.assertAlmostEqual(orbits.enhancement(row["e"]) / row["F"], 1, delta=1e-14)

    def test_evolution_ends_in_time(self):
        """The integrated orbit arrives when the quadrature says, apart from the small circle at which it stops."""
        c, a, e = 30.0, 1.0, 0.6
        want = float(orbits.peters_time(a, e, M1, M2, 1.0, c))
        t = np.linspace(0, 1.01 * want, 4001)
        got, _ = orbits.evolve_orbit(a, e, M1, M2, 1.0, c, t)
        end = t[np.isfinite(got)][-1]
        self.assertAlmostEqual(end / want, 1, delta=2 / 4000 + 1e-3)

    def test_stars_alone(self):
        """Without waves (c huge) 1/a grows in a straight line."""
        t = np.linspace(0, 5, 11)
        a, e = orbits.evolve_orbit(1.0, 0.3, M1, M2, 1.0, 1e6, t, hardening=0.7)
        np.testing.assert_allclose(1 / a, 1 + 0.7 * t, rtol=1e-7)
        np.testing.assert_allclose(e, 0.3, rtol=1e-9)

    def test_units(self):
        u, want = reader.Units(), TABLE["units"]
        for got, name in ((u.G, "G_gadget_kpc_kms2_per_1e10Msun"), (u.c, "c_kms"),
                          (u.myr, "time_unit_kpc_per_kms_Myr")):
            self.assertAlmostEqual(got / float(want[name]), 1, delta=1e-14)


class Elements(unittest.TestCase):
    @staticmethod
    def state(speed=0.75):
        """At rest in radius, 1.3 away: an apocentre for speeds below the circular one."""
        return np.array([[1.3, 0.0, 0.0]]), np.array([[0.0, speed, 0.0]])

    def test_kepler_there_and_back(self):
        M = np.linspace(0, 6.2, 9)
        for e in (0.0, 0.4, 0.97):
            x, v = orbits.kepler_state(MASS, 2.0, e, M, 1.0)
            a, e_back, _, _ = orbits.kepler_elements(MASS, x, v, 1.0)
            np.testing.assert_allclose(a, 2.0, rtol=1e-11)  # round-off of the energy at pericentre, 1 / (1 - e)
            np.testing.assert_allclose(e_back, e, atol=3e-8)  # sqrt of round-off at e = 0

    def test_apocentre_is_a_turning_point(self):
        x, v = self.state()
        for order in (0, 1, 2, 3):
            el = orbits.pn_elements(M1, M2, x, v, 1.0, 40.0, order)
            # the turning points of order 2, 3 are roots; the closed 1PN form leaves its own 2PN error
            tolerance = 1e-9 if order != 1 else 30 / 40.0**4
            self.assertAlmostEqual(float(el["a"][0] * (1 + el["e"][0])) / 1.3, 1, delta=tolerance,
                                   msg="order %d" % order)

    def test_errors_fall_with_their_order(self):
        """Elements of order n differ from those of order n + 1 by c^(-2n-2): by 4^(n+1) for each doubling of c."""
        x, v = self.state()
        for order in (0, 1, 2):
            gap = []
            for c in (20.0, 40.0):
                low, high = (orbits.pn_elements(M1, M2, x, v, 1.0, c, k)["a"][0] for k in (order, order + 1))
                gap.append(abs(low - high))
            # half a power of leeway: the next order is 1/400 times a coefficient of some ten
            self.assertAlmostEqual(np.log2(gap[0] / gap[1]), 2 * order + 2, delta=0.5)

    def fit(self, c):
        """Mean motion and time eccentricity measured on the orbit itself, by quadrature of the radial motion."""
        x, v = self.state()
        E, h, eta, eps = orbits.pn_integrals(M1, M2, x, v, 1.0, c, 3)
        el = orbits.pn_elements(M1, M2, x, v, 1.0, c, 3)
        a, e = float(el["a"][0]), float(el["e"][0])
        q = (np.arange(48) + 0.5) * np.pi / 48
        W = orbits.radial_speed_squared(a * (1 - e * np.cos(q)), E, h, eta, eps, 3)
        rate = a * e * np.sin(q) / np.sqrt(W)
        C = np.array([(rate * np.cos(m * q)).sum() * (2 if m else 1) / 48 for m in range(30)])
        n = 1 / C[0]
        t = q + n * sum(C[m] * np.sin(m * q) / m for m in range(1, 30))
        e_phi = orbits.quasi_kepler_1pn(E, h, eta, eps)[3]
        anomaly = 2 * np.arctan(np.sqrt((1 + e_phi) / (1 - e_phi)) * np.tan(q / 2))
        A = np.stack([-np.sin(q), anomaly - q, np.sin(anomaly), np.sin(2 * anomaly), np.sin(3 * anomaly)], axis=1)
        e_t = np.linalg.lstsq(A, t - q, rcond=None)[0][0]
        return (n - orbits.mean_motion(E, h, eta, eps)[0], e_t - orbits.time_eccentricity(E, h, eta, eps)[0])

    def test_third_order_formulae_against_the_orbit(self):
        """The 3PN formulae of n and e_t leave a 4PN error: 256 times less for each doubling of c."""
        wide, narrow = self.fit(8.0), self.fit(16.0)
        for one, two, name in zip(wide, narrow, ("n", "e_t")):
            # half a power of leeway as above; a wrong coefficient of 3PN would give 6, not 8
            self.assertAlmostEqual(np.log2(abs(one / two)), 8, delta=0.8, msg=name)

    def test_unbound_is_nan(self):
        x, v = self.state(speed=3.0)
        self.assertTrue(np.isnan(orbits.pn_elements(M1, M2, x, v, 1.0, 40.0, 1)["a"][0]))


class Episodes(unittest.TestCase):
    """Pairs at a fixed distance 1 with G M = 1.5: speed 1 is bound with some 0.2 revolutions a unit of time, 3 is not."""

    @staticmethod
    def found(speeds):
        n = len(speeds)
        one = type("Hole", (), {"id": 1})()
        x = np.tile([1.0, 0, 0], (n, 1))
        v = np.stack([0 * speeds, speeds, 0 * speeds], axis=1)
        pair = orbits.Pair(one, one, np.arange(n) * 0.5, x, v, np.full(n, M1), np.full(n, M2))
        return orbits.bound_episodes(pair, 1.0)

    def test_passing_moment_does_not_count(self):
        speeds = np.full(400, 3.0)
        speeds[50:55] = 1.0
        self.assertEqual(self.found(speeds), [])

    def test_for_good(self):
        speeds = np.full(400, 3.0)
        speeds[100:] = 1.0
        self.assertEqual(self.found(speeds), [(100, 400)])

    def test_short_interruption(self):
        speeds = np.full(400, 1.0)
        speeds[200:203] = 3.0
        self.assertEqual(self.found(speeds), [(0, 400)])

    def test_two_spells(self):
        speeds = np.full(400, 1.0)
        speeds[150:250] = 3.0
        self.assertEqual(self.found(speeds), [(0, 150), (250, 400)])


class Hardening(unittest.TestCase):
    def test_line_is_found(self):
        t = np.linspace(1, 3, 400)
        rng = np.random.default_rng(3)
        fit = orbits.fit_hardening(t, 1 / (5 + 2.5 * t + 0.01 * rng.normal(size=400)))
        # the standard error of the slope is 0.01 / (sqrt(400) * 0.577) = 9e-4
        self.assertAlmostEqual(fit["slope"], 2.5, delta=5e-3)
        self.assertTrue(2e-4 < fit["error"] < 4e-3)

    def test_too_few(self):
        self.assertIsNone(orbits.fit_hardening(np.arange(5.0), np.ones(5)))


if __name__ == "__main__":
    unittest.main(verbosity=1)
