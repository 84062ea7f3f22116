#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Proves that a run with regularised regions and a merger leaves the same bits on 1, 2, 3 and 5 ranks, with 1 and 2 threads, and
# when it was stopped halfway and resumed on another number of ranks.
. "${top_srcdir:-.}/tests/runs/runs.sh"

# Three SMBHs, two of which are 37 Schwarzschild radii apart and merge within the first step.
make_ics ics.hdf5 --stars 600 --holes 3 --tight 3.5e-6
span="TimeMax 1e-4"
more="TimeBetSnapshot 5e-5"

# run NAME RANKS THREADS [FLAG]
run ()
{
  test "${4:-}" = 1 || parameters "$1.txt" "$1" "$span" "$more"
  on_ranks "$2" "$3" "$1.txt" ${4:-} || { cat said; fault "$1: exit code $(cat codes.0)"; finish; }
}

# same NAME: its snapshots and its history are those of the run on one rank.
same ()
{
  for name in snapshot_000.hdf5 snapshot_001.hdf5 snapshot_002.hdf5 ketju_bhs.hdf5; do
    "$python" "$here/compare.py" "one/$name" "$1/$name" || fault "$1/$name differs"
  done
}

run one 1 1
awk -F, 'NR > 1' one/regions.csv | grep -q . || fault "the run had no regularised region: it proves nothing"
"$python" -c 'import h5py, sys; sys.exit(len(h5py.File("one/ketju_bhs.hdf5")["mergers"]) != 1)' ||
  fault "the run had no merger: it proves less than it says"
for ranks in 2 3 5; do
  run on_$ranks $ranks 1
  same on_$ranks
done
run threads 1 2
same threads
run both 2 2
same both

# Stopped twice by a time limit that is over at once, then resumed without one, each time on other ranks.
parameters stopped.txt stopped "$span" "$more" "TimeLimitCPU 1e-3"
on_ranks 3 1 stopped.txt
test "$(cat codes.0)" -eq 75 || { cat said; fault "a time limit gave exit code $(cat codes.0), not 75"; }
on_ranks 1 2 stopped.txt 1
test "$(cat codes.0)" -eq 75 || { cat said; fault "the second time limit gave exit code $(cat codes.0), not 75"; }
parameters stopped.txt stopped "$span" "$more"
run stopped 2 1 1
same stopped
finish
