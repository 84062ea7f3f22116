#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Proves that comoving runs do what Friedmann and Zel'dovich say: a free particle keeps its momentum, plane waves
# follow the exact solution, low waves grow as linear theory has it, energy obeys the cosmic energy equation; and that
# they leave the same bits on any number of ranks and after a stop.
. "${top_srcdir:-.}/tests/runs/runs.sh"

einstein="Omega0 1"
coarse="MaxSizeTimestep 0.05"
lambda="--omega0 0.3 --omega-lambda 0.7"

ics_of free.hdf5 free --n 1
comoving free.txt free free.hdf5 "$einstein" "BoxSize 64000" "$coarse" "SofteningComovingClass0 1" \
  "TimeMax 1" "TimeBetSnapshot 50"
evolve 1 free.txt
holds free free/snapshot_000.hdf5 free/snapshot_001.hdf5 --n 1

# Sheets of four particles per square of their distance act as such until they are half a distance apart: before that
# 0.23 % is left of their lumpiness and of steps of 0.05 in ln a.
ics_of wave.hdf5 wave --n 5 --across 10
comoving wave.txt wave wave.hdf5 "$einstein" "BoxSize 64000" "$coarse" "SofteningComovingClass0 500" \
  "TimeMax 0.11" "TimeBetSnapshot 1.75"
evolve 1 wave.txt
holds wave wave/snapshot_001.hdf5 wave/snapshot_002.hdf5 wave/snapshot_003.hdf5 --n 5 --across 10 --tolerance 0.003

# The same from z = 49 to 0 in a flat universe with a cosmological constant, growth by 39.
grown="--n 5 --across 10 --cross 0 --amplitude 0.5"
ics_of grown.hdf5 wave $grown $lambda
for mesh in 0 32; do # direct sum, TreePM
  comoving grown.txt grown$mesh grown.hdf5 "Omega0 0.3" "OmegaLambda 0.7" "BoxSize 64000" "$coarse" \
    "SofteningComovingClass0 500" "TimeMax 1" "TimeBetSnapshot 50" "PMGrid $mesh"
  test $mesh = 0 || echo "DirectSumBelow 0" >> grown.txt
  evolve 1 grown.txt
  holds wave grown$mesh/snapshot_001.hdf5 $grown $lambda --tolerance 0.003
done

# Waves in many directions grow as they do in a lattice of 16^3, where those along the space diagonal lose 6 % against a
# fluid's: 128 steps leave 3e-4, the mesh 2e-4.
ics_of modes.hdf5 modes --n 16 $lambda --amplitude 0.001
comoving modes.txt modes modes.hdf5 "Omega0 0.3" "OmegaLambda 0.7" "BoxSize 64000" "$coarse" \
  "SofteningComovingClass0 200" "TimeMax 1" "TimeBetSnapshot 50" "PMGrid 32" "DirectSumBelow 0"
evolve 1 modes.txt
holds modes modes/snapshot_000.hdf5 modes/snapshot_001.hdf5 --n 16 $lambda --tolerance 0.001

# A box that collapses into lumps: same bits on any ranks, and when stopped on the way.
ics_of box.hdf5 box --n 6 $lambda --box 8000 --amplitude 9
box () # NAME [LINE...]
{
  name=$1
  shift
  comoving $name.txt $name box.hdf5 "Omega0 0.3" "OmegaLambda 0.7" "BoxSize 8000" "MaxSizeTimestep 0.2" \
    "SofteningComovingClass0 200" "SofteningMaxPhysClass0 6" "ErrTolIntAccuracy 0.02" \
    "TimeMax 0.07" "TimeBetSnapshot 3" "TimeBetStatistics 0.004" "$@"
}
same () # NAME [OTHER]
{
  other=${2:-one}
  for number in 000 001; do
    "$python" "$here/compare.py" $other/snapshot_$number.hdf5 $1/snapshot_$number.hdf5 || fault "$1 differs"
  done
  cmp $other/conservation.csv $1/conservation.csv || fault "$1: energies differ"
}
box one
evolve 1 one.txt
for ranks in 2 5; do
  box on_$ranks
  evolve $ranks on_$ranks.txt
  same on_$ranks
done
for ranks in 1 3; do
  box mesh_$ranks "PMGrid 32"
  echo "DirectSumBelow 0" >> mesh_$ranks.txt
  evolve $ranks mesh_$ranks.txt
done
same mesh_3 mesh_1
box stopped "TimeLimitCPU 0.1"
on_ranks 3 1 stopped.txt
test "$(cat codes.0)" -eq 75 || { cat said; fault "a time limit gave exit code $(cat codes.0), not 75"; }
box stopped
evolve 2 stopped.txt 1
same stopped

# Begun again from a snapshot on the way, a run does not write that one once more, goes on at the same times, and stays
# with the first one but for the round-off of what is written, 1e-16 of the box and of velocities. (So few bodies are
# summed directly. By trees the first force, without old accelerations, is another within their accuracy.)
box again "TimeBetSnapshot 1.4" "TimeBegin 0.02"
sed -i '/^TimeBetSnapshot 3$/d' again.txt
evolve 2 again.txt
mkdir anew
cp again/snapshot_00[01].hdf5 anew
sed "s/^OutputDir .*/OutputDir anew/" again.txt > anew.txt
evolve 3 anew.txt "2 1"
"$python" - << 'END' || fault "a run from a snapshot is another"
import os
import h5py
import numpy as np
names = [sorted(name for name in os.listdir(d) if "snapshot" in name) for d in ("again", "anew")]
assert names[0] == names[1] and len(names[0]) == 4, names
for number in "002", "003":
    with h5py.File(f"again/snapshot_{number}.hdf5") as a, h5py.File(f"anew/snapshot_{number}.hdf5") as b:
        assert a["Header"].attrs["Time"] == b["Header"].attrs["Time"]
        x, y = (f["PartType1/Coordinates"][()][np.argsort(f["PartType1/ParticleIDs"][()])] for f in (a, b))
        d = x - y - 8000 * np.round((x - y) / 8000)
        print(f"snapshot {number}: off by {np.abs(d).max():.1e} of a box of 8000")
        assert np.abs(d).max() < 1e-9
END

# What a header says of another universe or box than the parameters is told.
"$python" - << 'END'
import h5py, shutil
shutil.copy("box.hdf5", "other.hdf5")
with h5py.File("other.hdf5", "a") as f:
    f["Header"].attrs["BoxSize"], f["Header"].attrs["Omega0"], f["Header"].attrs["Redshift"] = 4000.0, 0.25, 9.0
    f["Header"].attrs["HubbleParam"] = 0.5
END
comoving other.txt other other.hdf5 "Omega0 0.3" "OmegaLambda 0.7" "BoxSize 8000" "SofteningComovingClass0 200" \
  "TimeMax 1"
expect 0 1 --check other.txt
expect_words "BoxSize = 4000 in its header" "Omega0 = 0.25 in its header" "Redshift = 9 and Time" "HubbleParam = 0.5 in"

# The cosmic energy equation: a (T + W) + integral T da, less the work of the softening that becomes physical on the
# way (1.0 %), is kept to 0.4 % of what has turned into motion: steps of 0.2 in ln a leave 0.22 % with this softening
# and 0.20 % without its bound; a lost sign or factor of a would leave all of it.
"$python" - one/conservation.csv << 'END' || fault "energy is not conserved"
import csv, sys
rows = [{k: float(v) for k, v in r.items()} for r in csv.DictReader(open(sys.argv[1]))]
a, b = rows[0], rows[-1]
made = b["time"] * b["kinetic"] + b["expansion"]
error = (b["energy"] - a["energy"]) / made
print(f"cosmic energy off by {error:.1e} of what has turned into motion")
sys.exit(abs(error) > 0.004 or abs(b["softening"]) < 0.008 * made or made < 10 * a["time"] * a["kinetic"])
END

# What cannot be right is refused.
box wrong
sed -i 's/^Omega0 0.3$/Omega0 0.25/' wrong.txt
expect 65 2 wrong.txt
expect_words "make Omega = 0.3.*Omega0 is 0.25"
box late "TimeBegin 0.05"
expect 65 1 late.txt
expect_words "TimeBegin is 0.05, but .* is of scale factor 0.02"
finish
