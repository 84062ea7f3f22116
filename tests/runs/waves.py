#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Initial conditions of cosmological tests, and what their snapshots must be.

waves.py make FILE wave [OPTIONS]     a plane wave on a lattice
waves.py make FILE modes [OPTIONS]    low-amplitude waves in many directions
waves.py make FILE box [OPTIONS]      Gaussian random displacements
waves.py make FILE free [OPTIONS]     one particle, moving
waves.py make FILE holes [OPTIONS]    a lattice at rest, and SMBHs near the middle of the box
waves.py wave SNAPSHOT [OPTIONS]      displacements and velocities against Zel'dovich's solution
waves.py free FIRST SNAPSHOT          the particle's momentum and way (Einstein-de Sitter)
waves.py modes FIRST SNAPSHOT... [OPTIONS]   amplitudes against linear theory of the lattice and of a fluid

Waves are displacements psi = -D A sin (k q) k / k^2: exact in one dimension until the first orbits cross, at D A = 1.
kpc/h, 1e10 Msun/h, km/s; velocities are GADGET's, peculiar / sqrt a.
"""
import argparse
import math
import sys

import h5py
import numpy as np

G = 1.3271244e26 / 3.0856775814913673e21
HUBBLE = 0.1


def hubble(o, a):
    return HUBBLE * np.sqrt(o.omega0 / a**3 + (1 - o.omega0 - o.omega_lambda) / a**2 + o.omega_lambda)


def growth(o, a):
    """Linear growth factor, a while matter dominates, and its logarithmic slope (Heath 1977)."""
    def factor(a):
        s = np.linspace(0, np.sqrt(a), 20001)[1:]  # a = s^2: the integrand a^(3/2) is a cubic of s near 0
        y = 2 * s / (s * s * hubble(o, s * s))**3
        integral = np.sum(0.5 * (y[1:] + y[:-1]) * np.diff(s)) + 0.25 * y[0] * s[0]
        return 2.5 * o.omega0 * HUBBLE**2 * hubble(o, a) * integral
    h = 1e-4
    return factor(a), np.log(factor(a * np.exp(h)) / factor(a * np.exp(-h))) / (2 * h)


# Lattices of sheets across a wave: three directions at right angles, in boxes, and how often each is repeated until
# all of the box is covered once (the periods of the box are whole combinations of the directions).
TILES = {(1, 0, 0): ([(1, 0, 0), (0, 1, 0), (0, 0, 1)], (1, 1, 1)),
         (1, 1, 0): ([(1 / 2, 1 / 2, 0), (1 / 2, -1 / 2, 0), (0, 0, 1)], (2, 1, 1)),
         (1, 1, 1): ([(1 / 3, 1 / 3, 1 / 3), (1 / 2, -1 / 2, 0), (1 / 6, 1 / 6, -1 / 3)], (1, 1, 6))}


def lattice(o):
    """n^3 particles; or n sheets per wave, in each of which they are 1/across of the box apart, or a little less."""
    if not o.across:
        axes = [(np.arange(o.n) + 0.5) * o.box / o.n] * 3
        return np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
    directions, repeat = TILES[tuple(o.wave)]
    number = [o.n] + [int(np.ceil(o.across * np.linalg.norm(d) - 1e-9)) for d in directions[1:]]
    index = np.stack(np.meshgrid(*[np.arange(r * n) + 0.5 for r, n in zip(repeat, number)], indexing="ij"), -1)
    return (index.reshape(-1, 3) / number) @ np.array(directions) * o.box % o.box


def steepness(o):
    """A: of waves that cross at a given scale factor, or given itself."""
    return 1 / growth(o, o.cross)[0] if o.cross > 0 else o.amplitude


def wave(o, q, d):
    k = 2 * np.pi / o.box * np.array(o.wave)
    return -d * steepness(o) * np.sin(q @ k)[:, None] * k / (k @ k)


MODES = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (0, 1, -1), (1, 1, 1), (2, 0, 0), (0, 2, 1)]


def modes(o, q, d):
    psi = np.zeros_like(q)
    for j, mode in enumerate(MODES):
        k = 2 * np.pi / o.box * np.array(mode)
        psi -= o.amplitude * d * np.sin(q @ k + 0.7 * j)[:, None] * k / (k @ k)
    return psi


def box(o, q, d):
    """A Gaussian field with the power law k^-2 below the Nyquist frequency, rms displacement o.amplitude spacings at
    D = 1. The numbers come from a generator written out here, so that they depend on no library."""
    n = o.n
    state = np.arange(1, 2 * n**3 + 1, dtype=np.uint64) * np.uint64(0x9e3779b97f4a7c15)
    for shift, factor in ((30, 0xbf58476d1ce4e5b9), (27, 0x94d049bb133111eb)):
        state = (state ^ (state >> np.uint64(shift))) * np.uint64(factor)
    u = ((state ^ (state >> np.uint64(31))) >> np.uint64(11)).astype(float) * 2.0**-53 + 2.0**-54
    white = np.sqrt(-2 * np.log(u[0::2])) * np.cos(2 * np.pi * u[1::2])
    f = np.fft.fftn(white.reshape(n, n, n))
    k = np.stack(np.meshgrid(*3 * [np.fft.fftfreq(n) * n], indexing="ij"), -1)
    k2 = np.sum(k * k, -1)
    k2[0, 0, 0] = 1
    power = np.where((np.max(np.abs(k), -1) < n / 2) & (k2 > 0), 1 / k2, 0)
    power[0, 0, 0] = 0
    psi = np.stack([np.fft.ifftn(1j * k[..., i] / k2 * np.sqrt(power) * f).real for i in range(3)], -1).reshape(-1, 3)
    psi *= o.amplitude * o.box / n / np.sqrt(np.mean(np.sum(psi**2, -1)))
    return d * psi


def free(o, q, d):
    return np.full_like(q, 0.001 * o.box)


def holes(o):
    """A circular pair, physical separation o.apart, and a light third SMBH at five times that; momenta
    as GADGET has velocities."""
    a, m = o.begin, np.array([o.hole, o.hole, 1e-9 * o.hole])
    r = o.apart * np.array([[0.5, 0, 0], [-0.5, 0, 0], [0, 3, 4]])
    speed = np.sqrt(2 * G * o.hole / o.apart) / 2
    v = np.array([[0, speed, 0], [0, -speed, 0], [0.3 * speed, 0, 0.1 * speed]]) + [100.0, -50, 20]
    peculiar = v - hubble(o, a) * r
    return 0.5 * o.box + 1.234 + r / a, peculiar / np.sqrt(a), m


def make(o):
    q = lattice(o)
    d, slope = growth(o, o.begin)
    psi = {"wave": wave, "modes": modes, "box": box, "free": free,
           "holes": lambda o, q, d: 0 * q}[o.what](o, q, d)
    velocity = o.begin * hubble(o, o.begin) * slope * psi / np.sqrt(o.begin)
    mass = o.omega0 * 3 * HUBBLE**2 / (8 * np.pi * G) * o.box**3 / len(q)
    more = holes(o) if o.what == "holes" else None
    if more:
        mass -= np.sum(more[2]) / len(q)
    with h5py.File(o.file, "w") as f:
        h = f.create_group("Header").attrs
        h["NumPart_ThisFile"] = h["NumPart_Total"] = np.array([0, len(q), 0, 0, 0, 3 if more else 0], "u8")
        h["MassTable"] = np.array([0, mass, 0, 0, 0, 0])
        h["Time"], h["Redshift"], h["BoxSize"] = o.begin, 1 / o.begin - 1, o.box
        h["NumFilesPerSnapshot"] = np.int32(1)
        g = f.create_group("PartType1")
        g["Coordinates"], g["Velocities"] = (q + psi) % o.box, velocity
        g["ParticleIDs"] = np.arange(1, len(q) + 1, dtype="u8")
        if more:
            g = f.create_group("PartType5")
            g["Coordinates"], g["Velocities"], g["Masses"] = more
            g["ParticleIDs"] = np.arange(len(q) + 1, len(q) + 4, dtype="u8")


def read(o, name):
    with h5py.File(name) as f:
        p = f["PartType1"]
        order = np.argsort(p["ParticleIDs"][()])
        a = f["Header"].attrs["Time"]
        if abs(f["Header"].attrs["Redshift"] - (1 / a - 1)) > 1e-12:
            sys.exit(f"{name}: Redshift is not that of Time")
        x, v = p["Coordinates"][()][order], p["Velocities"][()][order]
    psi = x - lattice(o)
    return a, psi - o.box * np.round(psi / o.box), v * np.sqrt(a)


def check_wave(o):
    """Errors are told as in Efstathiou et al. (1985): rms over rms, of displacements and velocities; what happens
    across the wave, where nothing may move, counts too."""
    bad = 0
    q = lattice(o)
    for name in o.file:
        a, psi, v = read(o, name)
        d, slope = growth(o, a)
        expected = wave(o, q, d)
        rate = a * hubble(o, a) * slope
        size = np.sqrt(np.mean(np.sum(expected**2, axis=1)))
        dx = np.linalg.norm(psi - expected, axis=1) / size
        dv = np.linalg.norm(v - rate * expected, axis=1) / (rate * size)
        rms = np.sqrt(np.mean(dx**2)), np.sqrt(np.mean(dv**2))
        print(f"{name}: a = {a:.4f}, D A = {d * steepness(o):.4f}: position off by {rms[0]:.2e} rms, "
              f"{dx.max():.2e} at most; velocity {rms[1]:.2e} rms, {dv.max():.2e} at most")
        bad |= max(rms) > o.tolerance
    return bad


def dynamical_matrix(k):
    """D_uv: acceleration of points of a cubic lattice (spacing 1) that are displaced by u exp (ikq), over 4 pi G rho;
    k k / k^2 for a fluid. By Ewald's sum; its trace is 1 (Marcos et al. 2006, eq. 24)."""
    split, reach = 2.0, np.arange(-6, 7)
    r = np.stack(np.meshgrid(reach, reach, reach, indexing="ij"), -1).reshape(-1, 3).astype(float)

    def far(q):
        square = np.sum(q * q, -1)
        q, square = q[square > 1e-20], square[square > 1e-20]
        return np.einsum("n,ni,nj->ij", np.exp(-square / (4 * split**2)) / square, q, q)

    r = r[np.sum(r * r, -1) > 0]
    d = np.linalg.norm(r, axis=1)
    near, slope = np.array([math.erfc(split * x) for x in d]), 2 * split / np.sqrt(np.pi) * np.exp(-(split * d)**2)
    first = -(near / d + slope) / d**2  # f'/d and f'' of f = erfc (split d)/d
    second = 2 * near / d**3 + slope * (2 / d**2 + 2 * split**2)
    hessian = np.einsum("n,ni,nj->nij", (second - first) / d**2, r, r) + first[:, None, None] * np.eye(3)
    g = 2 * np.pi * np.concatenate([r, np.zeros((1, 3))])
    return far(g + k) - far(g) + np.einsum("n,nij->ij", 1 - np.cos(r @ k), hessian) / (4 * np.pi)


def lattice_growth(o, mode, begin, end):
    """Of a wave that begins as a fluid's growing one, from one scale factor to another, in a lattice of n^3 points:
    each of its three normal modes obeys d (a^2 du/dt)/dt = (strength 4 pi G rho) u / a."""
    k = 2 * np.pi / o.n * np.array(mode, float)
    strength, vectors = np.linalg.eigh(dynamical_matrix(k))
    part = vectors.T @ k / np.linalg.norm(k)
    steps = 2000
    h = np.log(end / begin) / steps

    def rate(y, l):
        a = np.exp(l)
        H = hubble(o, a)
        return np.array([y[1] / (a * a * H), strength * 1.5 * o.omega0 * HUBBLE**2 / (a * H) * y[0]])

    y = np.array([part, begin**2 * hubble(o, begin) * growth(o, begin)[1] * part])
    for i in range(steps):
        l = np.log(begin) + i * h
        k1 = rate(y, l)
        k2 = rate(y + 0.5 * h * k1, l + 0.5 * h)
        k3 = rate(y + 0.5 * h * k2, l + 0.5 * h)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + rate(y + h * k3, l + h))
    return part @ y[0]


def check_modes(o):
    """Against linear theory of the lattice itself, which a code should meet, and of a fluid, which fine lattices
    approach."""
    bad = 0
    q = lattice(o)
    first = read(o, o.file[0])
    for name in o.file[1:]:
        a, psi, v = read(o, name)
        ratio = []
        for j, mode in enumerate(MODES):
            k = 2 * np.pi / o.box * np.array(mode)
            phase = np.sin(q @ k + 0.7 * j)[:, None] * k
            ratio.append(np.sum(psi * phase) / np.sum(first[1] * phase))
        fluid = growth(o, a)[0] / growth(o, first[0])[0]
        points = np.array([lattice_growth(o, mode, first[0], a) for mode in MODES])
        print(f"{name}: a = {a:.4f}, growth by {fluid:.4f}")
        for words, error, limit in (("lattice", ratio / points - 1, o.tolerance),
                                    ("fluid", ratio / fluid - 1, o.fluid)):
            listed = " ".join(f"{str(m).replace(' ', '')}:{e:+.1e}" for m, e in zip(MODES, error))
            print(f"  off the {words}'s by {listed}")
            bad |= np.max(np.abs(error)) > limit
    return bad


def check_free(o):
    """No force: p = a v is constant, and the way is p times the integral of dt/a^2 = 2 (a0^-1/2 - a^-1/2) / H0."""
    a0, x0, v0 = read(o, o.file[0])
    a, x, v = read(o, o.file[1])
    p = a * v / (a0 * v0) - 1
    way = (x - x0) / (a0 * v0 * 2 * (a0**-0.5 - a**-0.5) / HUBBLE) - 1
    print(f"free particle, a = {a0} to {a}: momentum off by {np.abs(p).max():.1e}, way by {np.abs(way).max():.1e}")
    # each of some hundred drifts is rounded to 2^-64 of the box, each coordinate written to 2^-53
    return np.abs(p).max() > 1e-15 or np.abs(way).max() > 1e-11


def check_holes(o):
    """The history of SMBHs: what is comoving and what physical agree, and the pair is as wide as it was."""
    with h5py.File(o.file[0]) as f:
        step, holes = f["timesteps"][()], [f["BHs"][k][()] for k in sorted(f["BHs"], key=int)]
        a = step["scale_factor"]
        s = np.sqrt(o.omega_lambda / o.omega0) * a**1.5  # flat: the age in closed form
        age = 2 / (3 * HUBBLE * np.sqrt(o.omega_lambda)) * np.arcsinh(s)
        off = [np.abs(age / step["physical_time"] - 1).max()]
        for h in holes:
            b = a[h["timestep_index"]][:, None]
            off.append(np.abs(b * h["gadget_position"] / h["physical_position"] - 1).max())
            v = h["gadget_velocity"] / b + hubble(o, b) * h["physical_position"]
            off.append(np.abs(v - h["physical_velocity"]).max() / np.abs(v).max())
    x, v = (holes[0][k] - holes[1][k] for k in ("physical_position", "physical_velocity"))
    gm = G * (holes[0]["mass"] + holes[1]["mass"])
    axis = 1 / (2 / np.linalg.norm(x, axis=1) - np.sum(v * v, axis=1) / gm)
    change = np.abs(axis / o.apart - 1).max()
    turns = (age[-1] - age[0]) * np.sqrt(gm[0] / o.apart**3) / (2 * np.pi)
    print(f"{len(a)} instants from a = {a[0]:.6f} to {a[-1]:.6f}: comoving and physical differ by {max(off):.1e}; "
          f"semi-major axis changed by {change:.1e} in {turns:.0f} turns")
    # positions of the file are doubles of the box's size: 1e-11 of it is 1e-6 of the distance, at worst
    return max(off) > 1e-11 or change > o.tolerance or len(a) < 20


def main():
    args = argparse.ArgumentParser()
    args.add_argument("act", choices=["make", "wave", "modes", "free", "holes"])
    args.add_argument("file", nargs="+")
    args.add_argument("--n", type=int, default=16)
    args.add_argument("--across", type=int, help="particles along y and z, if not as many as along x")
    args.add_argument("--box", type=float, default=64000.0)
    args.add_argument("--begin", type=float, default=0.02)
    args.add_argument("--omega0", type=float, default=1.0)
    args.add_argument("--omega-lambda", type=float, default=0.0)
    args.add_argument("--wave", type=int, nargs=3, default=[1, 0, 0])
    args.add_argument("--cross", type=float, default=0.2, help="scale factor at which orbits cross; 0: A is given")
    args.add_argument("--amplitude", type=float, default=0.01,
                      help="A of waves; rms displacement over distance of particles at D = 1")
    args.add_argument("--hole", type=float, default=0.01, help="mass of two SMBHs")
    args.add_argument("--apart", type=float, default=0.001, help="their physical distance")
    args.add_argument("--tolerance", type=float, default=0.005)
    args.add_argument("--fluid", type=float, default=1.0, help="modes: tolerance against the growth in a fluid")
    o = args.parse_args()
    if o.act == "make":
        o.file, o.what = o.file
        make(o)
        return 0
    return int({"wave": check_wave, "modes": check_modes, "free": check_free, "holes": check_holes}[o.act](o))


sys.exit(main())
