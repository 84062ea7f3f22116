#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Proves the road of a tight pair through the whole simulator, with nothing else in it: two SMBHs on an eccentric orbit, in
# a moving frame far from the origin, handed to areg and back 40 times and more, merge when catena-fewbody says they do, in
# one uninterrupted integration. Also proves that a stop file is obeyed at the next tick and that the resumed run
# on another number of ranks leaves the same history.
. "${top_srcdir:-.}/tests/runs/runs.sh"

"$python" - << 'END' || exit 99
import h5py, numpy as np
G, m, a, e = 43009.17270036279, np.array([0.12, 0.08]), 1e-5, 0.5
M = m.sum()
r, v = a * (1 + e), np.sqrt(G * M / a * (1 - e) / (1 + e))
share = np.array([m[1], -m[0]]) / M
x, w = np.zeros((2, 3)), np.zeros((2, 3))
x[:, 0], w[:, 1] = share * r, share * v
with h5py.File("ics.hdf5", "w") as f:
    n = np.array([0, 0, 0, 0, 0, 2], dtype="u8")
    f.create_group("Header").attrs.update(dict(NumPart_ThisFile=n, NumPart_Total=n, MassTable=np.zeros(6), Time=0.0,
                                               Redshift=0.0, BoxSize=0.0, NumFilesPerSnapshot=1))
    g = f.create_group("PartType5")
    # Positions near the origin keep all digits in the file; the velocity carries the pair 1e4 of its sizes away.
    g["Coordinates"], g["Velocities"] = x, w + [100, -200, 50]
    g["ParticleIDs"], g["Masses"] = np.array([1, 2], dtype="u8"), m
with open("pair.txt", "w") as f:
    for i in range(2):
        print(i + 1, *("%.17g" % q for q in (m[i], *x[i], *w[i])), "bh", file=f)
END

span="TimeMax 2e-6"
steps="MaxSizeTimestep 5e-8"
tight="KetjuIntegrationRelativeTolerance 1e-11"
parameters whole.txt whole "$span" "$steps" "$tight" "KetjuOutputTimeInterval 1e-8"
on_ranks 1 1 whole.txt || { cat said; fault "exit code $(cat codes.0)"; finish; }
for tolerance in 1e-9 1e-10 1e-11 1e-12 1e-13; do
  "$build/catena-fewbody" --t-end 2e-6 --tol $tolerance --G 43009.17270036279 --c 299792.458 pair.txt > pair.out
  grep -E '^# merger ' pair.out || { cat pair.out; fault "catena-fewbody saw no merger"; finish; }
done > pair.mergers

# The last orbit, at 12 Schwarzschild radii, takes 2.8e-4 of the whole time, and its pericentre is 0.7 % closer than that
# of the one before: each tolerance must find the same one inside, that is, agree to far less than an orbit: a tenth is
# allowed, since the phase itself is good to 1 % only at the loosest tolerance. Anything lost in a hand-over would add up to more over 1e4 orbits.
"$python" - << 'END' || fault "the merger does not come when catena-fewbody says"
import h5py, re, sys
when = [float(t) for t in re.findall(r"^# merger t = (\S+)", open("pair.mergers").read(), re.M)]
found = h5py.File("whole/ketju_bhs.hdf5")["mergers"]["merger_physical_time"]
print("merger: catena", found, "catena-fewbody", when)
sys.exit(not (len(found) == 1 and len(when) == 5 and all(abs(found[0] / t - 1) < 2e-5 for t in when)))
END

parameters halted.txt halted "$span" "$steps" "$tight" "KetjuOutputTimeInterval 1e-8"
mkdir -p halted && touch halted/stop
on_ranks 3 1 halted.txt
test "$(cat codes.2)" -eq 75 || { cat said; fault "a stop file gave exit code $(cat codes.2), not 75"; }
on_ranks 2 1 halted.txt 1 || { cat said; fault "resumed: exit code $(cat codes.0)"; }
"$python" "$here/compare.py" whole/ketju_bhs.hdf5 halted/ketju_bhs.hdf5 || fault "the resumed run left another history"
finish
