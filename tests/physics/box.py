#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A box with the spectrum of cold dark matter, from its first snapshot to its last, against perturbation theory.

box.py FIRST LAST [--tolerance T] [--picture FILE]

Of the lowest waves, growth is told as the part of the last density field that is the first one grown larger,
Re (delta_last delta_first*) / |delta_first|^2, over that of linear theory. Waves couple: even at 1 Gpc/h the lowest
ones are moved by some per cent, each in a way of its own. So the same is told over Lagrangian perturbation theory of
second order (Bouchet et al. 1995), which moves the same particles from the same displacements. FAILS if any of the 13
waves of |m|^2 <= 3 per side is off that by more than the tolerance. The picture has the power spectrum, and
the fitting formula of Smith et al. (2003) of the linear spectrum that the box began with.
"""
import argparse
import sys

import h5py
import numpy as np


class Box:
    def __init__(self, name):
        with h5py.File(name) as f:
            head, p = f["Header"].attrs, f["PartType1"]
            self.a, self.size = head["Time"], head["BoxSize"]
            self.omega0, self.omega_lambda = head["Omega0"], head["OmegaLambda"]
            self.x = p["Coordinates"][()][np.argsort(p["ParticleIDs"][()])] / self.size

    def expansion(self, a):
        return np.sqrt(self.omega0 / a**3 + (1 - self.omega0 - self.omega_lambda) / a**2 + self.omega_lambda)

    def growth(self, a):
        """Heath (1977), unnormalised."""
        s = np.linspace(0, np.sqrt(a), 20001)[1:]
        y = 2 * s / (s * s * self.expansion(s * s))**3
        return self.expansion(a) * (np.sum(0.5 * (y[1:] + y[:-1]) * np.diff(s)) + 0.25 * y[0] * s[0])

    def wave(self, m):
        return np.mean(np.exp(-2j * np.pi * (self.x @ np.array(m))))


def low_waves(most):
    """One of each pair m, -m with |m|^2 <= most, by |m|^2."""
    r = range(-2, 3)
    all_of = [(x, y, z) for x in r for y in r for z in r if (x, y, z) > (0, 0, 0)]
    return [m for m in sorted(all_of, key=lambda m: sum(c * c for c in m)) if sum(c * c for c in m) <= most]


def second_order(first, last):
    """Where theory has the particles of the first box at the time of the last: x = q + psi1 + psi2, psi1 the first
    displacements grown, psi2 = -3/7 Omega^(-1/143) grad phi, lap phi = sum_(i<j) psi_i,i psi_j,j - psi_i,j^2."""
    n = round(len(first.x)**(1 / 3))
    axis = (np.arange(n) + 0.5) / n
    q = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1)
    psi = first.x.reshape(q.shape) - q
    psi = (psi - np.round(psi)) * first.growth(last.a) / first.growth(first.a)
    m = np.fft.fftfreq(n) * n
    k = [2 * np.pi * c for c in np.meshgrid(m, m, np.arange(n // 2 + 1), indexing="ij")]
    square = sum(c * c for c in k)
    square[0, 0, 0] = 1

    def slopes(field):
        wave = np.fft.rfftn(field)
        return [np.fft.irfftn(1j * c * wave, s=(n, n, n)) for c in k]

    d = [slopes(psi[..., i]) for i in range(3)]
    source = sum(d[i][i] * d[j][j] - d[i][j] * d[j][i] for i, j in ((0, 1), (0, 2), (1, 2)))
    omega = last.omega0 / last.a**3 / last.expansion(last.a)**2
    phi = np.fft.irfftn(-np.fft.rfftn(source) / square, s=(n, n, n))
    return (q + psi - 3 / 7 * omega**(-1 / 143) * np.stack(slopes(phi), -1)).reshape(-1, 3)


def check_growth(first, last, tolerance):
    linear = first.growth(last.a) / first.growth(first.a)
    theory = Box.__new__(Box)
    theory.x = second_order(first, last)
    worst = 0
    print(f"waves of a box of {first.size / 1e3:.0f} Mpc/h from a = {first.a:.3g} to {last.a:.3g}, "
          f"linear growth {linear:.3f}")
    print("         m   over linear   that of second order   over second order")
    for m in low_waves(3):
        a, b, c = first.wave(m), last.wave(m), theory.wave(m)
        grown, expected = ((z * np.conj(a)).real / abs(a)**2 / linear for z in (b, c))
        off = (b * np.conj(c)).real / abs(c)**2 - 1
        worst = max(worst, abs(off))
        print(f"{'%2d %2d %2d' % m:>10} {grown - 1:+12.4f} {expected - 1:+16.4f} {off:+20.4f}")
    return worst > tolerance


def spectrum(box, n):
    """Of clouds in n^3 cells, each wave divided by the cloud's own: k and P in h/Mpc. No shot noise is taken off:
    particles that began on a lattice have less of it."""
    grid = np.zeros((n, n, n))
    at = box.x * n - 0.5
    low = np.floor(at).astype(int)
    d = at - low
    for corner in np.ndindex(2, 2, 2):
        weight = np.prod([d[:, k] if corner[k] else 1 - d[:, k] for k in range(3)], axis=0)
        np.add.at(grid, tuple((low[:, k] + corner[k]) % n for k in range(3)), weight)
    delta = np.fft.rfftn(grid / len(box.x))
    m = np.fft.fftfreq(n) * n
    mx, my, mz = np.meshgrid(m, m, np.arange(n // 2 + 1), indexing="ij")
    delta /= (np.sinc(mx / n) * np.sinc(my / n) * np.sinc(mz / n))**2
    size = np.sqrt(mx**2 + my**2 + mz**2)
    twice = np.where((mz == 0) | (mz == n // 2), 1, 2)
    edges = np.unique(np.round(np.geomspace(1, n // 2, 25), 0)) - 0.5
    k, p, count = [], [], []
    for a, b in zip(edges[:-1], edges[1:]):
        inside = (size >= a) & (size < b)
        total = np.sum(twice[inside])
        k.append(np.sum((twice * size)[inside]) / total)
        p.append(np.sum((twice * abs(delta)**2)[inside]) / total)
        count.append(total)
    side = box.size / 1e3
    return 2 * np.pi / side * np.array(k), side**3 * np.array(p), np.array(count)


def no_wiggles(k, o):
    """Eisenstein & Hu (1998), without wiggles, normalised to sigma8."""
    h, baryons = o.h, o.omega_baryon / o.omega0
    om, ob, theta = o.omega0 * h * h, o.omega_baryon * h * h, 2.7255 / 2.7
    alpha = 1 - 0.328 * np.log(431 * om) * baryons + 0.38 * np.log(22.3 * om) * baryons**2
    sound = h * 44.5 * np.log(9.83 / om) / np.sqrt(1 + 10 * ob**0.75)

    def shape(k):
        gamma = o.omega0 * h * (alpha + (1 - alpha) / (1 + (0.43 * k * sound)**4))
        q = k * theta**2 / gamma
        L = np.log(2 * np.e + 1.8 * q)
        return k**o.n_s * (L / (L + (14.2 + 731 / (1 + 62.5 * q)) * q * q))**2

    q = np.geomspace(1e-5, 1e3, 4000)
    y = 8 * q
    window = np.where(y < 0.01, 1, 3 * (np.sin(y) - y * np.cos(y)) / y**3)
    variance = np.sum(shape(q) * q**3 * window**2) * np.log(q[1] / q[0]) / (2 * np.pi**2)
    return o.sigma8**2 * shape(k) / variance


def smith(k, linear, omega):
    """Halofit in the form of Smith et al. (2003, appendix C) for a flat universe; `linear`: a function of k."""
    q = np.geomspace(1e-4, 1e3, 4000)
    delta = q**3 * linear(q) / (2 * np.pi**2)
    step = np.log(q[1] / q[0])
    low, high = 1e-3, 100.0
    for _ in range(60):
        r = np.sqrt(low * high)
        low, high = (r, high) if np.sum(delta * np.exp(-(q * r)**2)) * step > 1 else (low, r)
    y2 = (q * r)**2
    s0, s1, s2 = (np.sum(delta * np.exp(-y2) * w) * step for w in (1, y2, y2**2))
    n, c = -3 + 2 * s1 / s0, (2 * s1 / s0)**2 + 4 * (s1 - s2) / s0
    a = 10**(1.4861 + 1.8369 * n + 1.6762 * n**2 + 0.7940 * n**3 + 0.1670 * n**4 - 0.6206 * c)
    b, c_n = 10**(0.9463 + 0.9466 * n + 0.3084 * n * n - 0.9400 * c), 10**(-0.2807 + 0.6669 * n + 0.3214 * n * n
                                                                        - 0.0793 * c)
    gamma, alpha = 0.8649 + 0.2989 * n + 0.1631 * c, 1.3884 + 0.3700 * n - 0.1452 * n * n
    beta, mu, nu = 0.8291 + 0.9854 * n + 0.3401 * n * n, 10**(-3.5442 + 0.1908 * n), 10**(0.9589 + 1.2857 * n)
    f1, f2, f3 = omega**-0.0307, omega**-0.0585, omega**0.0743
    y, d = k * r, k**3 * linear(k) / (2 * np.pi**2)
    quasi = d * (1 + d)**beta / (1 + alpha * d) * np.exp(-(y / 4 + y * y / 8))
    halo = a * y**(3 * f1) / (1 + b * y**f2 + (c_n * f3 * y)**(3 - gamma)) / (1 + mu / y + nu / (y * y))
    return (quasi + halo) * 2 * np.pi**2 / k**3


def picture(first, last, o, file):
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot
    n = 2 * round(len(last.x)**(1 / 3))
    k, p, count = spectrum(last, n)
    k0, p0, _ = spectrum(first, n)
    grown = (first.growth(last.a) / first.growth(first.a))**2
    flat = lambda q: no_wiggles(q, o) * (last.growth(last.a) / last.growth(1))**2
    fine = np.geomspace(k[0], k[-1], 300)
    nyquist = np.pi * round(len(last.x)**(1 / 3)) / last.size * 1e3
    figure, (upper, lower) = pyplot.subplots(2, 1, figsize=(7, 8), sharex=True, height_ratios=[2, 1])
    upper.loglog(fine, flat(fine), "k:", label="linear")
    upper.loglog(fine, smith(fine, flat, o.omega0), "k-", lw=0.8, label="Smith et al. (2003)")
    below = k0 < nyquist
    upper.loglog(k0[below], p0[below] * grown, "C1.", label=f"a = {first.a:.3g}, grown linearly")
    upper.errorbar(k, p, p * np.sqrt(2 / count), fmt="C0o", ms=4, label=f"a = {last.a:.3g}")
    upper.set_ylabel("P / (Mpc/h)$^3$")
    upper.legend()
    lower.semilogx(k, p / smith(k, flat, o.omega0), "C0o-", label="over Smith et al.")
    lower.semilogx(k[below], (p / (p0 * grown))[below], "C1.-", label="over the first, grown linearly")
    lower.axhline(1, color="k", lw=0.5)
    lower.axvline(nyquist, color="0.7")
    lower.set_ylim(0.5, 2)
    lower.set_xlabel("k / (h/Mpc); line: Nyquist's of the particles")
    lower.legend()
    figure.savefig(file, dpi=110)
    for row in zip(k, p, p / smith(k, flat, o.omega0), count):
        print("k %.4f  P %.4g  over Smith et al. %.3f  (%d waves)" % row)


def main():
    args = argparse.ArgumentParser()
    args.add_argument("first")
    args.add_argument("last")
    args.add_argument("--tolerance", type=float, default=0.01)
    args.add_argument("--picture")
    for name, value in (("h", 0.678), ("omega-baryon", 0.0482), ("sigma8", 0.826), ("n-s", 0.961)):
        args.add_argument("--" + name, type=float, default=value)
    o = args.parse_args()
    first, last = Box(o.first), Box(o.last)
    o.omega0 = last.omega0
    if o.picture:
        picture(first, last, o, o.picture)
    return check_growth(first, last, o.tolerance)


sys.exit(int(main()))
