# SPDX-License-Identifier: GPL-3.0-or-later
"""Orbits of two bodies, Keplerian and post-Newtonian, and how gravitational waves and stars change them.

All functions take arrays over samples. x = x1 - x2 and v = v1 - v2 are relative, E is the energy per reduced mass, h
the angular momentum per reduced mass over G M; M = m1 + m2, eta = m1 m2 / M^2, and eps = 1 / c^2. Inside, G M = 1
where said so. Coordinates are harmonic through 2.5PN and modified harmonic (no logarithms) at 3PN, as in the
equations of motion of the integrator; elements made of states in other coordinates are wrong from 2PN on.

Beyond 1PN the semi-major axis and eccentricity are those of the turning points r-, r+, found as roots of the radial
velocity at given E and h, since the closed formulae lose all digits for nearly circular orbits.
"""

import numpy as np
from scipy.integrate import quad, solve_ivp
from scipy.special import jv

PI2 = np.pi**2


def _dot(a, b):
    return np.einsum("...i,...i->...", a, b)


# ---- Newtonian

def kepler_elements(mass, x, v, G):
    """Semi-major axis (negative if unbound), eccentricity, specific energy and the unit normal of the orbit's
    plane."""
    r, h = np.sqrt(_dot(x, x)), np.cross(x, v)
    energy = 0.5 * _dot(v, v) - G * mass / r
    h2 = _dot(h, h)
    with np.errstate(divide="ignore", invalid="ignore"):
        a = -G * mass / (2 * energy)
        e = np.sqrt(np.maximum(0.0, 1 + 2 * energy * h2 / (G * mass)**2))
        normal = h / np.sqrt(h2)[..., None]
    return a, e, energy, normal


def kepler_state(mass, a, e, mean_anomaly, G):
    """Relative position and velocity in the orbit's own plane (x towards pericentre), for arrays of elements."""
    a, e, M = np.broadcast_arrays(*(np.asarray(q, float) for q in (a, e, mean_anomaly)))
    U = eccentric_anomaly(M, e)
    b = a * np.sqrt(1 - e**2)
    rate = np.sqrt(G * mass / a**3) / (1 - e * np.cos(U))
    zero = np.zeros_like(U)
    x = np.stack([a * (np.cos(U) - e), b * np.sin(U), zero], axis=-1)
    v = np.stack([-a * np.sin(U) * rate, b * np.cos(U) * rate, zero], axis=-1)
    return x, v


def eccentric_anomaly(mean_anomaly, e):
    """Kepler's equation. Newton's method kept inside a shrinking bracket, so that no e < 1 makes it run away."""
    M = np.remainder(np.asarray(mean_anomaly, float), 2 * np.pi)
    low, high = np.zeros_like(M), np.full_like(M, 2 * np.pi)
    U = np.clip(M + e * np.sin(M), low, high)
    for _ in range(60):
        f = U - e * np.sin(U) - M
        low, high = np.where(f < 0, U, low), np.where(f < 0, high, U)
        trial = U - f / (1 - e * np.cos(U) + 1e-300)
        U = np.where((trial > low) & (trial < high), trial, 0.5 * (low + high))
    return U


# ---- post-Newtonian integrals of motion; u = 1/r, V = v^2, W = (dr/dt)^2, G M = 1

def _energy_terms(u, V, W, n):
    e0 = V / 2 - u
    e1 = 3 / 8 * (1 - 3 * n) * V**2 + u / 2 * ((3 + n) * V + n * W) + u**2 / 2
    e2 = (5 / 16 * (1 - 7 * n + 13 * n**2) * V**3 + (21 - 23 * n - 27 * n**2) / 8 * u * V**2
          + n * (1 - 15 * n) / 4 * u * V * W - 3 / 8 * n * (1 - 3 * n) * u * W**2
          + (14 - 55 * n + 4 * n**2) / 8 * u**2 * V + (4 + 69 * n + 12 * n**2) / 8 * u**2 * W
          - (2 + 15 * n) / 4 * u**3)
    e3 = ((5 - 59 * n + 238 * n**2 - 323 * n**3) * 7 / 128 * V**4
          + (55 - 215 * n + 116 * n**2 + 325 * n**3) / 16 * u * V**3
          - 3 / 16 * n * (7 + 25 * n - 125 * n**2) * u * V**2 * W
          - 3 / 16 * n * (3 - 28 * n + 55 * n**2) * u * V * W**2
          + 5 / 16 * n * (1 - 5 * n + 5 * n**2) * u * W**3
          + (135 - 194 * n + 406 * n**2 - 108 * n**3) / 16 * u**2 * V**2
          + (12 + 248 * n - 815 * n**2 - 324 * n**3) / 16 * u**2 * V * W
          - n * (731 - 492 * n - 288 * n**2) / 48 * u**2 * W**2
          + (5 / 4 + (41 * PI2 / 64 - 6747 / 280) * n - 21 / 4 * n**2 + n**3 / 2) * u**3 * V
          + (3 / 2 + (2321 / 280 - 123 * PI2 / 64) * n + 51 / 4 * n**2 + 7 / 2 * n**3) * u**3 * W
          + (3 / 8 + 18469 / 840 * n) * u**4)
    return e0, e1, e2, e3


def _momentum_terms(u, V, W, n):
    j1 = (1 - 3 * n) / 2 * V + (3 + n) * u
    j2 = (3 / 8 * (1 - 7 * n + 13 * n**2) * V**2 + (7 - 10 * n - 9 * n**2) / 2 * u * V
          - n * (2 + 5 * n) / 2 * u * W + (14 - 41 * n + 4 * n**2) / 4 * u**2)
    j3 = ((5 - 59 * n + 238 * n**2 - 323 * n**3) / 16 * V**3
          + (33 - 142 * n + 106 * n**2 + 195 * n**3) / 8 * u * V**2
          - n * (12 - 7 * n - 75 * n**2) / 4 * u * V * W + 3 / 8 * n * (2 - 2 * n - 11 * n**2) * u * W**2
          + (135 - 322 * n + 315 * n**2 - 108 * n**3) / 12 * u**2 * V
          + (12 - 287 * n - 951 * n**2 - 324 * n**3) / 24 * u**2 * W
          + (5 / 2 + (41 * PI2 / 32 - 5199 / 280) * n - 7 * n**2 + n**3) * u**3)
    return np.ones_like(u), j1, j2, j3


def _series(terms, eps, order):
    return sum(term * eps**k for k, term in enumerate(terms[:order + 1]))


def pn_integrals(m1, m2, x, v, G, c, order):
    """E and h of the conservative motion through `order` (0 to 3) and their scaled arguments: (E, h, eta, eps), with
    lengths in code units and velocities in units where G M = 1."""
    M, eta = m1 + m2, m1 * m2 / (m1 + m2)**2
    scale = G * M
    r = np.sqrt(_dot(x, x))
    V, W = _dot(v, v) / scale, (_dot(x, v) / r)**2 / scale
    L = np.cross(x, v)
    eps = scale / c**2
    E = _series(_energy_terms(1 / r, V, W, eta), eps, order)
    h = np.sqrt(_dot(L, L) / scale) * _series(_momentum_terms(1 / r, V, W, eta), eps, order)
    return E, h, eta, eps


def quasi_kepler_1pn(E, h, eta, eps):
    """Damour and Deruelle's elements: a_r, e_r, e_t, e_phi, mean motion n, periastron advance K. G M = 1; h^2 is a
    length."""
    y = 2 * E

    def root(k, s):
        with np.errstate(invalid="ignore"):
            return np.sqrt(1 + y * (1 + k * E * eps) * (h**2 + s * eps))

    a_r = -1 / y * (1 - (eta - 7) * E * eps / 2)
    e_r = root(2.5 * (eta - 3), eta - 6)
    e_t = root((17 - 7 * eta) / 2, 2 - 2 * eta)
    e_phi = root((eta - 15) / 2, -6)
    with np.errstate(invalid="ignore"):
        n = (-y)**1.5 * (1 - eps * y / 8 * (eta - 15))
    return a_r, e_r, e_t, e_phi, n, 1 + 3 * eps / h**2


def radial_speed_squared(r, E, h, eta, eps, order):
    """(dr/dt)^2 at r on the orbit (E, h), by iteration on V and W; it converges like powers of eps / r."""
    u = 1 / r
    V = 2 * (E + u)
    W = V - h**2 * u**2
    for _ in range(12 * order + 1):
        factor = _series(_momentum_terms(u, V, W, eta), eps, order)
        excess = _series(_energy_terms(u, V, W, eta), eps, order) - (V / 2 - u)
        V, before = 2 * (E + u - excess), V
        W = V - (h / factor)**2 * u**2
        if not np.any(np.abs(V - before) > 1e-16 * np.abs(V)):
            break
    return W


def _turning_point(guess, E, h, eta, eps, order):
    """Newton's method on W(u) = 0 from the 1PN turning point; a root is simple unless the orbit is a circle."""
    u = 1 / guess
    for _ in range(30):
        du = 1e-6 * u
        low, high = (radial_speed_squared(1 / (u + s * du), E, h, eta, eps, order) for s in (-1, 1))
        here = radial_speed_squared(1 / u, E, h, eta, eps, order)
        slope = (high - low) / (2 * du)
        step = np.where(slope != 0, here / np.where(slope != 0, slope, 1), 0.0)
        u = u - np.clip(step, -0.1 * u, 0.1 * u)
        if not np.any(np.abs(step) > 1e-14 * np.abs(u)):  # NaN, of states without an orbit, stop no one
            break
    return 1 / u


def pn_elements(m1, m2, x, v, G, c, order=1):
    """Dict of a, e (radial), e_t, n, K for arrays of relative states; NaN where the pair is not bound or the
    expansion has broken down. Order 0 is Kepler, 1 the quasi-Keplerian formulae, 2 and 3 the turning points.
    """
    E, h, eta, eps = pn_integrals(m1, m2, x, v, G, c, order)
    a, e, e_t, _, n, K = quasi_kepler_1pn(E, h, eta, eps if order else 0.0 * eps)
    if order >= 2:
        e_start = np.clip(np.where(np.isfinite(e), e, 0.0), 1e-4, 0.999999)
        with np.errstate(all="ignore"):
            near = _turning_point(a * (1 - e_start), E, h, eta, eps, order)
            far = _turning_point(a * (1 + e_start), E, h, eta, eps, order)
            a, e = 0.5 * (near + far), np.abs(far - near) / (far + near)
            n, K = mean_motion(E, h, eta, eps, order), periastron_advance(E, h, eta, eps, order)
            e_t = time_eccentricity(E, h, eta, eps, order)
    bad = ~((E < 0) & (a > 0))
    G_M = np.sqrt(G * (m1 + m2))
    with np.errstate(invalid="ignore"):
        return {k: np.where(bad, np.nan, q) for k, q in
                {"a": a, "e": e, "e_t": e_t, "n": n * G_M, "K": K, "E": E, "h": h}.items()}


def mean_motion(E, h, eta, eps, order=3):
    """Radial mean motion through 3PN, G M = 1."""
    y = -2 * E
    s = np.sqrt(y) * h
    terms = (np.ones_like(y), y / 8 * (eta - 15),
             y**2 / 128 * (555 + 30 * eta + 11 * eta**2 + 192 * (2 * eta - 5) / s),
             y**3 / 3072 * (-29385 - 4995 * eta - 315 * eta**2 + 135 * eta**3
                            - 16 * (10080 + 123 * PI2 * eta - 13952 * eta + 1440 * eta**2) / s**3
                            + 5760 * (17 - 9 * eta + 2 * eta**2) / s))
    return y**1.5 * _series(terms, eps, order)


def periastron_advance(E, h, eta, eps, order=3):
    """K = Phi / 2 pi through 3PN."""
    one = 3 / h**2
    two = one * (5 / 4 * (7 - 2 * eta) / h**2 + (5 - 2 * eta) / 2 * E)
    three = one * (5 / 2 * (77 / 2 + (41 * PI2 / 64 - 125 / 3) * eta + 7 / 4 * eta**2) / h**4
                   + (105 / 2 + (41 * PI2 / 64 - 218 / 3) * eta + 15 / 2 * eta**2) * E / h**2
                   + (5 - 5 * eta + 4 * eta**2) / 4 * E**2)
    return _series((np.ones_like(h), one, two, three), eps, order)


def time_eccentricity(E, h, eta, eps, order=3):
    """e_t in modified harmonic coordinates through 3PN. Singular for e -> 0: use the radial eccentricity there."""
    e, j, n = -2 * E * eps, -2 * E * h**2, eta
    s, w = np.sqrt(j), np.sqrt(1 - j)
    t1 = (-1 + 17 / 8 * j + (1 - 7 / 8 * j) * n) / w
    t2 = (-15 / 4 + 4 / j - 7.5 / s + 15 * s - 45 / 8 * j - 7.5 * j * s + 607 / 128 * j**2
          + (12.5 - 7 / j + 3 / s - 6 * s - 73 / 16 * j + 3 * j * s - 69 / 64 * j**2) * n
          + (3 / 4 - 11 / 8 * j + 79 / 128 * j**2) * n**2) / w**3
    t3 = (175 / 2 + 32 / j**2 - 52.5 / (j * s) - 93 / j + 2925 / 16 / s - 1935 / 8 * s - 433 / 32 * j
          + 2325 / 16 * j * s - 2919 / 128 * j**2 - 135 / 4 * j**2 * s + 10801 / 1024 * j**3
          + (-283181 / 840 - 3841 / 192 * j**2 + 93 / 4 * j**2 * s - 1405 / 1024 * j**3 + 205 / 32 * PI2
             + (132193 / 420 - 451 / 64 * PI2) / j + j * (499853 / 3360 - 123 / 64 * PI2)
             + s * (2263 / 8 - 123 / 64 * PI2) + (218 / 3 - 41 / 64 * PI2) / (j * s)
             + j * s * (-6719 / 48 + 41 / 64 * PI2) + (-3821 / 16 + 123 / 64 * PI2) / s
             + (-22003 / 210 + 41 / 16 * PI2) / j**2) * n
          + (59 + 9 / j**2 - 7.5 / (j * s) - 153 / 4 / j + 231 / 8 / s - 165 / 4 * s - 4923 / 128 * j
             + 207 / 8 * j * s + 511 / 64 * j**2 - 6 * j**2 * s + 771 / 1024 * j**3) * n**2
          + (1 / 2 - 45 / 32 * j + 167 / 128 * j**2 - 407 / 1024 * j**3) * n**3) / w**5
    return _series((w, t1, t2, t3), e, order)


# ---- gravitational waves

def enhancement(e):
    """F(e): how much faster than a circle of the same a an eccentric orbit radiates energy."""
    return (1 + 73 / 24 * e**2 + 37 / 96 * e**4) / (1 - e**2)**3.5


def harmonic_power(n, e):
    """Peters and Mathews' g(n, e): the share of the n-th harmonic of the orbital frequency; the sum over n is
    F(e)."""
    ne = n * e
    J = [jv(n + k, ne) for k in (-2, -1, 0, 1, 2)]
    return n**4 / 32 * ((J[0] - 2 * e * J[1] + 2 / n * J[2] + 2 * e * J[3] - J[4])**2
                        + (1 - e**2) * (J[0] - 2 * J[2] + J[4])**2 + 4 / (3 * n**2) * J[2]**2)


def peters_rates(a, e, m1, m2, G, c):
    """Orbit-averaged da/dt and de/dt at 2.5PN."""
    beta = G**3 * m1 * m2 * (m1 + m2) / c**5
    da = -64 / 5 * beta / a**3 * enhancement(e)
    de = -304 / 15 * beta * e / a**4 * (1 + 121 / 304 * e**2) / (1 - e**2)**2.5
    return da, de


def _shape(e):
    return e**(12 / 19) / (1 - e**2) * (1 + 121 / 304 * e**2)**(870 / 2299)


def peters_time_ratio(e0):
    """Time to coalescence over that of a circle of equal a. The substitution e = e0 s^(19/48) makes the integrand
    smooth at zero; near e0 = 1 its peak is reached through (1 - e^2)^(-1/2) as the variable."""
    if e0 <= 0:
        return 1.0

    def smooth(e):
        return (1 + 121 / 304 * e**2)**(1181 / 2299)

    half = min(e0, 0.5)
    low = quad(lambda s: smooth(half * s**(19 / 48)) / (1 - (half * s**(19 / 48))**2)**1.5, 0, 1,
               epsabs=0, epsrel=1e-12)[0] * half**(48 / 19) * 19 / 48
    high = 0.0
    if e0 > half:  # w = (1 - e^2)^(-1/2), dw = e w^3 de
        high = quad(lambda w: (1 - 1 / w**2)**(5 / 19) * smooth(np.sqrt(1 - 1 / w**2)),
                    (1 - half**2)**-0.5, (1 - e0**2)**-0.5, epsabs=0, epsrel=1e-12, limit=200)[0]
    return 48 / 19 / _shape(e0)**4 * (low + high)


_RATIO_GRID = {}


def peters_time(a, e, m1, m2, G, c):
    """Time to coalescence by gravitational waves alone, arrays allowed (interpolated in e to 1e-5)."""
    if not _RATIO_GRID:
        w = np.linspace(0, np.log(1e8), 600)  # -ln(1 - e^2)
        _RATIO_GRID["w"] = w
        _RATIO_GRID["f"] = [np.log(peters_time_ratio(np.sqrt(-np.expm1(-q)))) for q in w]
    circle = 5 / 256 * c**5 * np.asarray(a)**4 / (G**3 * m1 * m2 * (m1 + m2))
    w = -np.log1p(-np.clip(e, 0, 1 - 1e-9)**2)
    return circle * np.exp(np.interp(w, _RATIO_GRID["w"], _RATIO_GRID["f"]))


def evolve_orbit(a0, e0, m1, m2, G, c, times, hardening=0.0, a_end=0.0):
    """a and e at `times` (from times[0]) under gravitational waves and a constant stellar hardening rate d(1/a)/dt,
    with the stars leaving e alone; NaN after a has fallen to a_end (default: 6 G M / c^2)."""
    stop_at = max(a_end, 6 * G * (m1 + m2) / c**2)

    def rates(_, y):
        da, de = peters_rates(np.exp(-y[0]), y[1], m1, m2, G, c)
        a = np.exp(-y[0])
        return [-da / a + hardening * a, de]

    def arrived(_, y):
        return np.exp(-y[0]) - stop_at

    arrived.terminal = True
    out = solve_ivp(rates, (times[0], times[-1]), [-np.log(a0), e0], t_eval=times, events=arrived,
                    method="LSODA", rtol=1e-9, atol=1e-12)
    a, e = np.full(len(times), np.nan), np.full(len(times), np.nan)
    a[:out.y.shape[1]], e[:out.y.shape[1]] = np.exp(-out.y[0]), out.y[1]
    return a, e


# ---- stars

def hardening_radius(m1, m2, sigma, G):
    """a_h = G mu / (4 sigma^2), sigma in one dimension."""
    return G * m1 * m2 / (m1 + m2) / (4 * sigma**2)


def fit_hardening(t, a, max_points=4000):
    """Straight line through 1/a: slope, its standard error, and 1/a at t = 0; None with fewer than 8 samples. The
    error comes from the scatter of eight blocks, since neighbouring samples of one orbit are not independent."""
    keep = np.isfinite(a) & (a > 0)
    t, s = t[keep], 1 / a[keep]
    if len(t) < 8 or t[-1] <= t[0]:
        return None
    slope, level = np.polyfit(t - t[0], s, 1)
    blocks = np.array_split(s - level - slope * (t - t[0]), 8)
    scatter = np.std([b.mean() for b in blocks], ddof=1)
    spread = np.std([b.mean() for b in np.array_split(t, 8)])
    return {"slope": slope, "error": scatter / (spread * np.sqrt(8)), "level": level - slope * t[0],
            "t0": t[0], "t1": t[-1]}


# ---- pairs of the history

class Pair:
    """Two SMBHs on common times: relative state and elements, code units."""

    def __init__(self, one, two, t, x, v, m1, m2):
        self.ids = (one.id, two.id)
        self.t, self.x, self.v, self.m1, self.m2 = t, x, v, m1, m2
        self.r = np.sqrt(_dot(x, x))

    def __len__(self):
        return len(self.t)


def _hermite(t, ts, xs, vs):
    """Positions and velocities at t by the cubic that meets both at the neighbouring samples."""
    k = np.clip(np.searchsorted(ts, t, side="right") - 1, 0, len(ts) - 2)
    h = (ts[k + 1] - ts[k])[:, None]
    s = ((t - ts[k])[:, None]) / h
    x0, x1, v0, v1 = xs[k], xs[k + 1], vs[k], vs[k + 1]
    rise = 3 * s**2 - 2 * s**3
    x = (1 - rise) * x0 + rise * x1 + (s**3 - 2 * s**2 + s) * h * v0 + (s**3 - s**2) * h * v1
    v = (6 * s**2 - 6 * s) * (x0 - x1) / h + (3 * s**2 - 4 * s + 1) * v0 + (3 * s**2 - 2 * s) * v1
    return x, v


def pair_up(one, two):
    """The heavier first, on the times that both recorded; where they record at different instants (each in a region
    of its own) the slower recorder is interpolated, which is done only while they do not share a region."""
    if len(two) and len(one) and two.m[0] > one.m[0]:
        one, two = two, one
    common, i, j = np.intersect1d(one.t, two.t, return_indices=True)
    if len(common) < 0.5 * min(len(one), len(two)) and min(len(one), len(two)) > 1:
        start, end = max(one.t[0], two.t[0]), min(one.t[-1], two.t[-1])
        fine = one if len(one) >= len(two) else two
        t = np.union1d(fine.t[(fine.t >= start) & (fine.t <= end) & (fine.n_holes < 2)], common)
        (x1, v1), (x2, v2) = (_hermite(t, b.t, b.x, b.v) for b in (one, two))
        m1, m2 = (b.m[np.clip(np.searchsorted(b.t, t, side="right") - 1, 0, None)] for b in (one, two))
        return Pair(one, two, t, x1 - x2, v1 - v2, m1, m2)
    return Pair(one, two, common, one.x[i] - two.x[j], one.v[i] - two.v[j], one.m[i], two.m[j])


def bound_episodes(pair, G, min_orbits=2.0):
    """Index ranges [first, last) in which the pair stays bound for at least `min_orbits` revolutions. Two holes at rest far apart in their galaxies have a negative
    two-body energy as well; that passes in less than one of their would-be revolutions."""
    M = pair.m1 + pair.m2
    energy = 0.5 * _dot(pair.v, pair.v) - G * M / pair.r
    bound = energy < 0
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(bound, (-2 * energy)**1.5 / (2 * np.pi * G * M), 0.0)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], bound.astype(int), [0]])))
    out = []
    for first, last in zip(edges[::2], edges[1::2]):
        span = slice(first, last)
        turns = np.trapz(rate[span], pair.t[span]) if last - first > 1 else 0.0
        if turns >= min_orbits:
            out.append((first, last))
    return _without_gaps(out, pair.t)


def _without_gaps(episodes, t, most=0.05):
    """Episodes joined over interruptions that are short against both together: a star between the holes, no parting."""
    out = []
    for first, last in episodes:
        if out and t[first] - t[out[-1][1] - 1] < most * (t[last - 1] - t[out[-1][0]]):
            out[-1] = (out[-1][0], last)
        else:
            out.append((first, last))
    return out
