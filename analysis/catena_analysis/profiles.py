# SPDX-License-Identifier: GPL-3.0-or-later
"""Stars around a centre: where it is, how dense, how hot, and where a black hole rules them. Any consistent units.

Densities are measured in shells of equal numbers of stars rather than of equal width, so every point has the same
statistical error; the surface density is smoothed by the distance to the k-th neighbour for the same reason.
"""

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

MOST_IN_PICTURE = 1000000  # of more particles every second, third, ... is drawn, heavier in proportion


def shrinking_sphere(x, m, shrink=0.95, at_least=100):
    """Densest point of a system: the centre of mass inside a sphere that shrinks about it down to `at_least`
    particles. The sphere starts at the farthest particle, so with two galaxies it falls into the heavier one."""
    centre = np.average(x, axis=0, weights=m)
    inside = np.arange(len(x))
    radius = np.sqrt(((x - centre)**2).sum(axis=1).max())
    while len(inside) > at_least:
        d2 = ((x[inside] - centre)**2).sum(axis=1)
        radius = min(radius * shrink, np.sqrt(d2.max()))
        keep = d2 < radius**2
        if keep.sum() < min(at_least, len(inside)):
            break
        inside = inside[keep]
        centre = np.average(x[inside], axis=0, weights=m[inside])
    return centre


def sorted_by_radius(x, m, centre):
    """Radii in growing order, the mass inside each (its own particle included), and the order."""
    r = np.sqrt(((x - centre)**2).sum(axis=1))
    order = np.argsort(r, kind="stable")
    return r[order], np.cumsum(m[order]), order


def radius_enclosing(x, m, centre, mass):
    """Radius inside which the particles weigh `mass`, linear between particles; NaN if all weigh less."""
    r, inside, _ = sorted_by_radius(x, m, centre)
    if not len(r) or inside[-1] < mass:
        return float("nan")
    return float(np.interp(mass, np.concatenate([[0.0], inside]), np.concatenate([[0.0], r])))


def influence_radius(x, m, centre, hole_mass):
    """Where the stars inside weigh twice the holes."""
    return radius_enclosing(x, m, centre, 2.0 * hole_mass)


def lagrangian_radii(x, m, centre, fractions):
    r, inside, _ = sorted_by_radius(x, m, centre)
    return np.interp(np.asarray(fractions) * inside[-1], np.concatenate([[0.0], inside]), np.concatenate([[0.0], r]))


def sigma_1d(v, m):
    """One-dimensional velocity dispersion about the mean motion, averaged over directions."""
    if len(m) < 2:
        return float("nan")
    mean = np.average(v, axis=0, weights=m)
    return float(np.sqrt(np.average(((v - mean)**2).sum(axis=1), weights=m) / 3.0))


def sigma_between(x, v, m, centre, inner, outer, at_least=50):
    """sigma_1d of a shell, widened outwards until it holds `at_least` stars."""
    r, _, order = sorted_by_radius(x, m, centre)
    first, last = np.searchsorted(r, [inner, outer])
    last = min(max(last, first + at_least), len(r))
    pick = order[min(first, max(0, last - at_least)):last]
    return sigma_1d(v[pick], m[pick])


def mean_density(x, m, centre, radius):
    r, inside, _ = sorted_by_radius(x, m, centre)
    k = np.searchsorted(r, radius)
    return float(inside[k - 1] / (4 / 3 * np.pi * radius**3)) if k else float("nan")


def spherical_profile(x, v, m, centre, per_shell=None):
    """Shells of equal numbers: dict of r (mass-weighted mean), density, sigma_r, sigma_t (one tangential dimension),
    count."""
    _, _, order = sorted_by_radius(x, m, centre)
    per_shell = per_shell or max(30, len(m) // 40)
    out = {k: [] for k in ("r", "density", "sigma_r", "sigma_t", "count")}
    edge = 0.0
    for shell in np.array_split(order, max(1, len(order) // per_shell)):
        d = x[shell] - centre
        r = np.sqrt((d**2).sum(axis=1))
        u = v[shell] - np.average(v[shell], axis=0, weights=m[shell])
        radial = (u * d).sum(axis=1) / np.maximum(r, 1e-300)
        total2, radial2 = (u**2).sum(axis=1), radial**2
        out["r"].append(np.average(r, weights=m[shell]))
        out["density"].append(m[shell].sum() / (4 / 3 * np.pi * (r[-1]**3 - edge**3)))
        out["sigma_r"].append(np.sqrt(np.average(radial2, weights=m[shell])))
        out["sigma_t"].append(np.sqrt(np.average(total2 - radial2, weights=m[shell]) / 2))
        out["count"].append(len(shell))
        edge = r[-1]
    return {k: np.array(q) for k, q in out.items()}


def surface_density(xy, m, half_width, pixels=320, neighbours=40):
    """Mass per area on a square about the origin. Each particle is spread over the distance to its k-th neighbour on
    the sky: particles of similar size are laid on the grid together and blurred together, some ten blurs in all."""
    size = 2.0 * half_width / pixels
    near = np.flatnonzero(np.abs(xy).max(axis=1) < 1.6 * half_width)
    one_in = 1 + len(near) // MOST_IN_PICTURE
    xy, m = xy[near[::one_in]], m[near[::one_in]] * one_in
    if not len(m):
        return np.zeros((pixels, pixels))
    k = min(neighbours, len(m))
    h = cKDTree(xy).query(xy, k=[k])[0][:, 0] / size
    h = np.clip(0.5 * h, 0.6, pixels / 8)
    pad = int(0.3 * pixels)
    edge = np.arange(-pad, pixels + pad + 1) * size - half_width
    out = np.zeros((pixels + 2 * pad,) * 2)
    level = np.round(2 * np.log2(h)).astype(int)
    for one in np.unique(level):
        pick = level == one
        grid = np.histogram2d(xy[pick, 0], xy[pick, 1], bins=(edge, edge), weights=m[pick])[0]
        out += gaussian_filter(grid, 2.0**(one / 2), mode="constant", truncate=3.0)
    return out[pad:-pad, pad:-pad].T / size**2
