#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""compare.py A B: do two HDF5 files hold the same numbers, to the last bit?

Particles may stand in any order: they are compared by ID. For all else names, shapes, types and bytes must agree;
attributes that say how a file was made rather than what it holds are left out. Ends with 1 on a difference.
"""
import sys

import h5py
import numpy as np

LEFT_OUT = {"NumPart_ThisFile", "Git_commit", "Code_revision"}


def objects(f):
    found = {}
    f.visititems(lambda name, item: found.__setitem__(name, item))
    return found


def values(f, name):
    a = f[name][()]
    group = name.rsplit("/", 1)[0]
    if name.startswith("PartType") and group + "/ParticleIDs" in f:
        a = a[np.argsort(f[group + "/ParticleIDs"][()], kind="stable")]
    return np.asarray(a)


def compare(a, b):
    faults = []
    names_a, names_b = objects(a), objects(b)
    for name in sorted(set(names_a) ^ set(names_b)):
        faults.append(f"{name} is in one file only")
    for name in sorted(set(names_a) & set(names_b)):
        if isinstance(names_a[name], h5py.Dataset):
            x, y = values(a, name), values(b, name)
            if x.shape != y.shape or x.dtype != y.dtype:
                faults.append(f"{name}: {x.dtype}{x.shape} against {y.dtype}{y.shape}")
            elif x.tobytes() != y.tobytes():
                rows = [i for i in range(len(x)) if x[i].tobytes() != y[i].tobytes()]
                faults.append(f"{name}: {len(rows)} of {len(x)} rows differ, first {rows[0]}: "
                              f"{x[rows[0]]!r} against {y[rows[0]]!r}")
        if name == "Header":
            for key in sorted(set(names_a[name].attrs) - LEFT_OUT):
                if not np.array_equal(names_a[name].attrs[key], names_b[name].attrs.get(key)):
                    faults.append(f"{name}: attribute {key} differs")
    return faults


def main():
    with h5py.File(sys.argv[1]) as a, h5py.File(sys.argv[2]) as b:
        faults = compare(a, b)
    for line in faults[:12]:
        print(f"{sys.argv[1]} and {sys.argv[2]}: {line}")
    sys.exit(1 if faults else 0)


main()
