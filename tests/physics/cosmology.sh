#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The large form of tests/runs/cosmology.sh: Zel'dovich's pancake up to the crossing of orbits, by tree and by TreePM,
# along the axis and both diagonals of the box; growth of waves in many directions from z = 49 to 0; and two boxes
# with the spectrum of cold dark matter, made by catena-ics, to z = 0. Some six minutes of CPU; `make check-physics`.
# Words after -- are lines added to each parameter file: tests/physics/cosmology.sh -- "PMGrid 64".
. "${top_srcdir:-.}/tests/runs/runs.sh"
physics=$here/../physics parameters=$here/../../parameterfiles/lcdm
test "${1:-}" = -- && shift
CATENA_RUN_LIMIT=${CATENA_RUN_LIMIT:-3000}
lambda="--omega0 0.3 --omega-lambda 0.7"

# evolve_here FILE: on one rank with two threads.
evolve_here ()
{
  on_ranks 1 2 "$1" || { cat said; fault "$1: exit code $(cat codes.0)"; finish; }
  grep reached said
}

# Sheets of particles have an exact solution until the first of them meet. They act as sheets while they are further
# apart than the particles in them; then lumps attract too much and softening too little. A reach of 0.8 of the
# particles' distance balances the two (doc/time.md), and 12 sheets of 64^2 to a wave come to the crossing within
# 0.1 % in position and 0.2 % in velocity, rms over rms. Steps are 64 to 72.
pancake () # NAME EPS LINE WAVE...
{
  name=$1 eps=$2 line=$3
  shift 3
  ics_of $name.hdf5 wave "$@"
  comoving $name.txt $name $name.hdf5 "Omega0 1" "BoxSize 64000" "SofteningComovingClass0 $eps" "TimeMax 0.2" \
    "TimeBetSnapshot 1.7782794100389228" "MaxSizeTimestep 0.05" "MaxRMSDisplacementFac 1" \
    "ErrTolIntAccuracy 0.025" "$line"
  evolve_here $name.txt
  holds wave $name/snapshot_001.hdf5 $name/snapshot_002.hdf5 $name/snapshot_003.hdf5 "$@" --tolerance 0.0015
  holds wave $name/snapshot_004.hdf5 "$@" --tolerance 0.004
}
pancake treepm 286 "PMGrid 64" --n 12 --across 64
pancake tree 286 "PMGrid 0" --n 12 --across 64
pancake face 285 "PMGrid 64" --n 8 --across 68 --wave 1 1 0
pancake space 280 "PMGrid 64" --n 8 --across 69 --wave 1 1 1

# Growth by 39. A lattice's own linear theory must be met by any solver; what is left are 64 steps (1e-3; 3e-4 with
# 128) and the second order of waves of 0.3 % (1e-3 at most). By the tree with 128 steps the wave along the space
# diagonal of 16^3 is 1.5e-3 off, hence 2e-3. In a fluid waves along the space diagonal of a lattice of 64^3 grow
# 0.4 % faster than in the lattice, others less.
modes () # N TOLERANCE FLUID LINE...
{
  n=$1 tolerance=$2 fluid=$3
  shift 3
  ics_of modes.hdf5 modes --n $n $lambda --amplitude 0.003
  comoving modes.txt modes$n modes.hdf5 "Omega0 0.3" "OmegaLambda 0.7" "BoxSize 64000" "SofteningComovingClass0 200" \
    "TimeMax 1" "TimeBetSnapshot 50" "$@"
  evolve_here modes.txt
  holds modes modes$n/snapshot_000.hdf5 modes$n/snapshot_001.hdf5 --n $n $lambda --tolerance $tolerance --fluid $fluid
}
modes 16 0.002 0.065 "MaxSizeTimestep 0.03125" "PMGrid 0" "DirectSumBelow 0"
modes 64 0.003 0.01 "MaxSizeTimestep 0.0625" "PMGrid 64"

# Boxes with the real amplitude, as users make them. Cosmic energy is kept to 0.5 % of what has been turned into
# motion.
cosmic_energy () # DIRECTORY
{
  "$python" - $1/conservation.csv << 'END' || fault "$1: the box loses energy"
import csv, sys
rows = [{k: float(v) for k, v in r.items()} for r in csv.DictReader(open(sys.argv[1]))]
a, b = rows[0], rows[-1]
made = b["time"] * b["kinetic"] + b["expansion"]
error = (b["energy"] - a["energy"]) / made
print(f"cosmic energy off by {error:.1e} of what has turned into motion;",
      f"softening's work {b['softening'] / made:.1e}")
sys.exit(abs(error) > 0.005)
END
}
box () # NAME LINE...: the lines take the place of those of parameterfiles/lcdm
{
  name=$1
  shift
  cp "$parameters/param.txt" $name.txt
  for line in "OutputDir $name" "TimeBetSnapshot 50" "$@"; do
    sed -i "/^${line%% *} /d" $name.txt
    echo "$line" >> $name.txt
  done
  "$build/catena-ics" $name.yaml -o ics.hdf5 > /dev/null || fault "catena-ics"
  evolve_here $name.txt
  cosmic_energy $name
}

# 1 Gpc/h: its lowest 13 waves couple to others by 0.4 % to 4.4 % each; over second-order perturbation theory, in
# which they do so too, they are off by -0.45 % to 0.07 %, of which 0.4 % (space diagonal) are the lattice's and
# 0.1 % the steps'.
sed -e "s/size: .*/size: 1000000/" -e "s/ n: .*/ n: 64/" "$parameters/recipe.yaml" > large.yaml
box large "BoxSize 1000000" "PMGrid 64" "SofteningComovingClass1 500" "SofteningMaxPhysClass1 500" \
  "MaxSizeTimestep 0.0625" "ErrTolIntAccuracy 0.02"
"$python" "$physics/box.py" large/snapshot_000.hdf5 large/snapshot_001.hdf5 --tolerance 0.007 \
  || fault "growth in the box"

# The example itself, 50 Mpc/h: clusters, and softening that turns physical on the way.
cp "$parameters/recipe.yaml" small.yaml
box small "$@"
finish
