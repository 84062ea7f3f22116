#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small initial conditions for the tests of whole runs: make_ics.py FILE [--stars N] [--holes N]
[--tight D] [--nan ID]... [--far ID [--distance D]]

A Plummer sphere of stars, and SMBHs circling near its centre, the first of which is a circular pair with
separation D if that is given; kpc, 1e10 Msun, km/s. The numbers come from a
congruential generator written out here, so that they depend on no library.
"""
import argparse
import math

import h5py
import numpy as np

G = 43007.1


def uniform(seed):
    state = seed
    while True:
        state = (6364136223846793005 * state + 1442695040888963407) % 2**64
        yield (state >> 11) / 2.0**53


def direction(u):
    z, phi = 2 * next(u) - 1, 2 * math.pi * next(u)
    s = math.sqrt(1 - z * z)
    return np.array([s * math.cos(phi), s * math.sin(phi), z])


def plummer(n, mass, scale, u):
    """Positions and velocities; speeds by von Neumann's rejection from g(q) = q^2 (1 - q^2)^(7/2)."""
    x, v = np.empty((n, 3)), np.empty((n, 3))
    for i in range(n):
        r = scale / math.sqrt((0.95 * next(u) + 0.01) ** (-2.0 / 3.0) - 1)
        while True:
            q, g = next(u), 0.1 * next(u)
            if g < q * q * (1 - q * q) ** 3.5:
                break
        x[i] = r * direction(u)
        v[i] = q * math.sqrt(2 * G * mass / math.sqrt(r * r + scale * scale)) * direction(u)
    return x, v


def main():
    args = argparse.ArgumentParser()
    args.add_argument("file")
    args.add_argument("--stars", type=int, default=600)
    args.add_argument("--holes", type=int, default=2)
    args.add_argument("--tight", type=float, default=0)
    args.add_argument("--nan", type=int, action="append", default=[])
    args.add_argument("--far", type=int, default=0)
    args.add_argument("--distance", type=float, default=1e300)
    o = args.parse_args()
    u = uniform(42)
    x, v = plummer(o.stars, 1.0, 0.1, u)
    holes = np.zeros((o.holes, 3)), np.zeros((o.holes, 3))
    for k in range(o.holes):
        phi = 2 * math.pi * k / o.holes
        speed = math.sqrt(G * 0.05 / 0.02) / 2
        holes[0][k] = 0.01 * math.cos(phi), 0.01 * math.sin(phi), 0.001 * k
        holes[1][k] = -speed * math.sin(phi), speed * math.cos(phi), 0
    if o.tight > 0:
        holes[0][1], holes[1][1] = holes[0][0], holes[1][0]
        for k, side in enumerate((0.5, -0.5)):
            holes[0][k] = holes[0][k] + [0, side * o.tight, 0]
            holes[1][k] = holes[1][k] + [side * math.sqrt(G * 0.1 / o.tight), 0, 0]
    number = [0, 0, 0, 0, o.stars, o.holes]
    with h5py.File(o.file, "w") as f:
        h = f.create_group("Header").attrs
        h["NumPart_ThisFile"] = h["NumPart_Total"] = np.array(number, "u8")
        h["MassTable"] = np.array([0, 0, 0, 0, 1.0 / max(o.stars, 1), 0])
        h["Time"], h["Redshift"], h["BoxSize"], h["NumFilesPerSnapshot"] = 0.0, 0.0, 0.0, np.int32(1)
        ids = np.arange(1, o.stars + o.holes + 1, dtype="u4")
        for name, (px, pv), its in (("PartType4", (x, v), ids[:o.stars]), ("PartType5", holes, ids[o.stars:])):
            if len(its) == 0:
                continue
            px[np.isin(its, o.nan), 1] = np.nan
            px[its == o.far, 1] = o.distance
            g = f.create_group(name)
            g["Coordinates"], g["Velocities"], g["ParticleIDs"] = px, pv, its
            if name == "PartType5":
                g["Masses"] = np.full(len(its), 0.05)
                g["Spins"] = np.zeros((len(its), 3))


main()
