#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Energy of bench/energy's sphere over four time units: it must wander, as encounters sampled by steps of two lengths
# make it do (5e-6 to 1.6e-5 at most in these three), and not drift. Steps chosen by each body's own |a| take it up by
# 1e-5 a time unit, 4e-5 here: hence 2e-5. Half a minute of CPU for each seed; `make check-physics`.
. "${top_srcdir:-.}/tests/runs/runs.sh"
bench=$here/../../bench/energy
CATENA_RUN_LIMIT=${CATENA_RUN_LIMIT:-1000}

for seed in 1 2 3; do
  sed "s/^seed: .*/seed: $seed/" "$bench/recipe.yaml" > recipe.yaml
  sed -e "s/^OutputDir .*/OutputDir run$seed/" -e "s/^\(TimeMax\|TimeBetSnapshot\) .*/\1 4/" \
    "$bench/param.txt" > param.txt
  "$build/catena-ics" recipe.yaml -o ics.hdf5 > /dev/null || fault "catena-ics"
  on_ranks 1 2 param.txt || { cat said; fault "seed $seed: exit code $(cat codes.0)"; finish; }
  "$python" - run$seed << 'END' || fault "seed $seed: energy drifts, or there are more kicks than GADGET-4 needs"
import csv, re, sys
energy = [float(row["energy"]) for row in csv.DictReader(open(sys.argv[1] + "/conservation.csv"))]
change = [e / energy[0] - 1 for e in energy]
kicks = sum(int(n) for n in re.findall(r"Nsync-grv: *(\d+)", open(sys.argv[1] + "/info.txt").read()))
largest = max(abs(c) for c in change)
print(f"energy changed by {change[-1]:.1e} of itself, {largest:.1e} at most; {kicks} kicks")
sys.exit(largest > 2e-5 or kicks > 4 * 3.7e6)
END
done
finish
