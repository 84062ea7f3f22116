# SPDX-License-Identifier: GPL-3.0-or-later
"""Proves that catena-ics writes what its recipe says, the same with one and two threads, and that it leaves with
the code that its fault deserves. Without h5py the test is skipped."""
import os
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
except ImportError:
    print("no h5py: skipped")
    sys.exit(77)

PROGRAM = os.path.join(os.path.abspath(os.environ.get("top_builddir", ".")), "catena-ics")
SOURCE = os.path.abspath(os.environ.get("top_srcdir", "."))
RECIPE = """
seed: 9
systems:
  - components:
      - {profile: dehnen, gamma: 1.5, mass: 1, scale: 1, n: 3000, cutoff: 50}
      - {profile: hernquist, mass: 8, scale: 10, n: 2000, type: halo, cutoff: 300}
    smbh: {mass: 1e8 Msun, chi: 0.5, spin_direction: [1, 0, 0]}
  - components: [{profile: plummer, mass: 0.5, scale: 300 pc, n: 1000, type: bulge}]
orbit: {separation: 20, pericentre: 1, eccentricity: 0.99}
"""


def check(what, good):
    if not good:
        print("FAULT:", what)
        sys.exit(1)


def run(*arguments, threads=2):
    return subprocess.run([PROGRAM, *arguments], env=dict(os.environ, OMP_NUM_THREADS=str(threads)),
                          capture_output=True, text=True)


def check_file(name):
    with h5py.File(name) as f:
        header = dict(f["Header"].attrs)
        bodies = {k: {d: f[f"PartType{k}"][d][:] for d in f[f"PartType{k}"]} for k in (1, 3, 4, 5)}
    check("numbers of the header", list(header["NumPart_Total"]) == [0, 2000, 0, 1000, 3000, 1])
    check("double precision", bodies[4]["Coordinates"].dtype == np.float64)
    ids = {k: sorted(b["ParticleIDs"]) for k, b in bodies.items()}
    check("IDs", ids[5] == [1] and ids[4] == list(range(2, 3002)) and ids[1] == list(range(3002, 5002))
          and ids[3] == list(range(5002, 6002)))
    for k, mass in {1: 8, 3: 0.5, 4: 1, 5: 0.01}.items():
        check(f"mass of type {k}", abs(bodies[k]["Masses"].sum() / mass - 1) < 1e-12)
    momentum = sum((b["Masses"][:, None] * b["Velocities"]).sum(axis=0) for b in bodies.values())
    check("momentum", np.abs(momentum).max() < 1e-9)  # rounding of 6000 terms of order 1
    spin = bodies[5]["Spins"][0]  # chi G m^2/c
    check("spin", abs(spin[0] / (0.5 * 43009.1727 * 1e-4 / 299792.458) - 1) < 1e-8 and spin[1] == spin[2] == 0)
    apart = np.median(bodies[3]["Coordinates"], axis=0) - bodies[5]["Coordinates"][0]
    # the median of 1000 Plummer stars lies within 0.3 kpc 1.25/sqrt(1000) of their centre; the
    # SMBH in its cusp within 0.5 kpc of its galaxy's
    check("separation", abs(np.linalg.norm(apart) - 20) < 1)


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        with open("recipe.yaml", "w") as f:
            f.write(RECIPE)
        made = run("recipe.yaml", "-o", "a.hdf5")
        check("it runs: " + made.stderr, made.returncode == 0)
        for words in ("virial ratio", "M_BH/m_star 30", "influence radius", "time to pericentre"):
            check("it says " + words, words in made.stdout)
        check_file("a.hdf5")
        check("one thread", run("recipe.yaml", "-o", "b.hdf5", threads=1).returncode == 0)
        with open("a.hdf5", "rb") as a, open("b.hdf5", "rb") as b:
            check("the same bytes with one thread", a.read() == b.read())
        with open("bad.yaml", "w") as f:
            f.write(RECIPE.replace("gamma: 1.5", "gamma: 0.2"))
        refused = run("bad.yaml", "-o", "c.hdf5")
        check("a core around an SMBH is refused", refused.returncode == 65 and "isotropic" in refused.stderr)
        check("and leaves no file", not os.path.exists("c.hdf5"))
        check("no recipe", run("none.yaml", "-n").returncode == 66)
        check("no output", run("recipe.yaml").returncode == 64)
        check("no place", run("recipe.yaml", "-o", "none/a.hdf5").returncode == 73)
        for name in sorted(os.listdir(os.path.join(SOURCE, "ics", "recipes"))):
            check(name, run(os.path.join(SOURCE, "ics", "recipes", name), "-n").returncode == 0)


main()
