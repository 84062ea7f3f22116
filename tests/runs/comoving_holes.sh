#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Proves that regions work in an expanding universe: a bound pair of SMBHs keeps its physical size; unbound ones move
# as they do without regularisation, to the second order of the steps; times, scale factors, comoving and physical
# coordinates of the history agree; same bits on other ranks.
. "${top_srcdir:-.}/tests/runs/runs.sh"

lambda="--omega0 0.3 --omega-lambda 0.7 --begin 0.5 --box 8000"
# holes FILE OUTPUTDIR ICS [LINE...]
holes ()
{
  file=$1 out=$2 ics=$3
  shift 3
  comoving $file $out $ics "Omega0 0.3" "OmegaLambda 0.7" "SofteningComovingClass1 100" \
    "SofteningComovingClass5 0.01" "KetjuPNTerms none" "TimeBetSnapshot 1.2" "$@"
}

# A pair of 1 pc/h in a box of 8 Mpc/h, 300 turns.
ics_of pair.hdf5 holes --n 2 $lambda
for ranks in 1 3; do
  holes pair.txt pair$ranks pair.hdf5 "TimeMax 0.5002" "KetjuRegionPhysicalRadius 0.03" \
    "KetjuOutputTimeInterval 2e-5" "OutputListOn 1" "OutputListFilename $work/end.txt"
  echo 0.5002 > end.txt
  evolve $ranks pair.txt
done
# tolerance 1e-8 of areg a step, hundreds of steps, and errors of no fixed sign
holds holes pair1/ketju_bhs.hdf5 $lambda --tolerance 1e-7
for name in ketju_bhs.hdf5 snapshot_000.hdf5; do
  "$python" "$here/compare.py" pair1/$name pair3/$name || fault "$name differs on 3 ranks"
done

# A pair of 130 pc/h while the universe grows by half, 300 turns: as wide in the end as it was, in physical units.
# In comoving ones it shrinks by a third. Found: 1.9e-7; the expansion's own tide is 3e-8 of the attraction.
ics_of wide.hdf5 holes --n 2 $lambda --apart 0.13
holes wide.txt wide wide.hdf5 "TimeMax 0.75" "KetjuRegionPhysicalRadius 1" "KetjuOutputTimeInterval 0.02"
evolve 1 wide.txt
holds holes wide/ketju_bhs.hdf5 $lambda --apart 0.13 --tolerance 1e-6

# Of masses without weight, 200 kpc/h apart: nothing but the expansion acts in the region.
ics_of free.hdf5 holes --n 2 $lambda --hole 1e-9 --apart 40
for on in 0 1; do
  for step in 0.02 0.01; do
    holes free.txt free$on-$step free.hdf5 "TimeMax 0.6" "KetjuRegionPhysicalRadius 300" "KetjuOn $on" \
      "KetjuOutputTimeInterval 0.02" "MaxSizeTimestep $step"
    evolve 1 free.txt
  done
done
"$python" - << 'END' || fault "regions and plain drifts differ"
import sys
import h5py
import numpy as np
error = []
for step in "0.02", "0.01":
    x = []
    for on in 0, 1:
        p = h5py.File(f"free{on}-{step}/snapshot_001.hdf5")["PartType5"]
        x.append(p["Coordinates"][()][np.argsort(p["ParticleIDs"][()])])
    error.append(np.abs(x[1] - x[0]).max() / np.abs(x[0] - x[0][0]).max())
print(f"unbound SMBHs against plain drifts: off by {error[0]:.1e} and {error[1]:.1e} of their distance")
# (H dt)^2 at worst, and a quarter of it at half the step. Without the expansion's own acceleration it would be 3e-3,
# half of a''/a t^2, at any step.
sys.exit(not (error[0] < 1e-5 and 3 < error[0] / error[1] < 5))
END
finish
