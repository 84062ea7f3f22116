#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The large form of tests/runs/cosmology.sh, by the tree at its default accuracy: Zel'dovich's pancake up to the
# crossing of orbits, growth of waves in many directions from z = 49 to 0, and a box with the spectrum of cold dark
# matter, made by catena-ics, to z = 0. Minutes; `make check-physics`. Words after -- are lines added to each parameter
# file: tests/physics/cosmology.sh -- "PMGrid 64".
. "${top_srcdir:-.}/tests/runs/runs.sh"
test "${1:-}" = -- && shift
CATENA_RUN_LIMIT=${CATENA_RUN_LIMIT:-3000}

# Sheets finer across than along; at the crossing itself, only positions: the few sheets in the middle have met.
wave="--n 16 --across 32"
ics_of wave.hdf5 wave $wave
comoving wave.txt wave wave.hdf5 "Omega0 1" "BoxSize 64000" "SofteningComovingClass0 500" "TimeMax 0.2" \
  "TimeBetSnapshot 1.7782794100389228" "MaxSizeTimestep 0.05" "$@"
evolve 2 wave.txt
holds wave wave/snapshot_001.hdf5 wave/snapshot_002.hdf5 wave/snapshot_003.hdf5 $wave --tolerance 0.002
holds wave wave/snapshot_004.hdf5 $wave --tolerance 0.02

# A diagonal wave on a lattice of 32^3: 0.5 % until three quarters of the way, the lattice's own error.
wave="--n 32 --wave 1 1 0"
ics_of diagonal.hdf5 wave $wave
comoving diagonal.txt diagonal diagonal.hdf5 "Omega0 1" "BoxSize 64000" "SofteningComovingClass0 500" "TimeMax 0.15" \
  "TimeBetSnapshot 2.7" "MaxSizeTimestep 0.05" "$@"
evolve 2 diagonal.txt
holds wave diagonal/snapshot_001.hdf5 diagonal/snapshot_002.hdf5 $wave --tolerance 0.01

# Growth by 39; the diagonal of a lattice of 32^3 is 1.3 % slow by itself (doc/time.md).
lambda="--omega0 0.3 --omega-lambda 0.7"
ics_of modes.hdf5 modes --n 32 $lambda --amplitude 0.01
comoving modes.txt modes modes.hdf5 "Omega0 0.3" "OmegaLambda 0.7" "BoxSize 64000" "SofteningComovingClass0 200" \
  "TimeMax 1" "TimeBetSnapshot 50" "MaxSizeTimestep 0.05" "$@"
evolve 2 modes.txt
holds modes modes/snapshot_000.hdf5 modes/snapshot_001.hdf5 --n 32 $lambda --tolerance 0.018

"$build/catena-ics" "$top_srcdir/parameterfiles/lcdm/recipe.yaml" -o ics.hdf5 > /dev/null || fault "catena-ics"
{
  cat "$top_srcdir/parameterfiles/lcdm/param.txt"
  for line in "$@"; do
    echo "$line"
  done
} > lcdm.txt
evolve 2 lcdm.txt
grep -E "^snapshot .* at time 1:" said || grep "snapshot" said | tail -1
"$python" - output/conservation.csv << 'END' || fault "the box loses energy"
import csv, sys
rows = [{k: float(v) for k, v in r.items()} for r in csv.DictReader(open(sys.argv[1]))]
a, b = rows[0], rows[-1]
error = (b["energy"] - a["energy"]) / (b["time"] * b["kinetic"] + b["expansion"])
print(f"LCDM box: cosmic energy off by {error:.1e} of what has turned into motion")
sys.exit(abs(error) > 0.01)
END
finish
