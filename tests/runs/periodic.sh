#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Proves that a periodic run with regions works where it is hardest, across the corner of its box: the initial
# conditions lie on both sides of it, snapshots lie in [0, L), bodies move as they do in isolation but for the tides of
# the images, and all is the same bits on several ranks and threads, and after a stop, by tree alone and with a mesh.
. "${top_srcdir:-.}/tests/runs/runs.sh"

make_ics ics.hdf5 --stars 500 --holes 3 --tight 1e-3
span="TimeMax 1e-4"
more="TimeBetSnapshot 1e-4"
tree="DirectSumBelow 64"

parameters apart.txt apart "$span" "$more" "$tree"
on_ranks 1 1 apart.txt || { cat said; fault "isolated: exit code $(cat codes.0)"; finish; }

# box NAME [LINE...]: parameters of a periodic run.
box ()
{
  name=$1
  shift
  parameters "$name.txt" "$name" "$span" "$more" "$tree" "Periodic 1" "BoxSize 4" "$@"
}

# run NAME RANKS THREADS [LINE...]
run ()
{
  name=$1 ranks=$2 threads=$3
  shift 3
  box "$name" "$@"
  on_ranks "$ranks" "$threads" "$name.txt" || { cat said; fault "$name: exit code $(cat codes.0)"; finish; }
}

# same NAME OTHER: they left the same.
same ()
{
  for name in snapshot_000.hdf5 snapshot_001.hdf5 ketju_bhs.hdf5; do
    "$python" "$here/compare.py" "$1/$name" "$2/$name" || fault "$2/$name differs from $1/$name"
  done
}

# interrupted NAME [LINE...]: a run that is stopped twice by a time limit that is over at once, and goes on without
# one, each time on other ranks.
interrupted ()
{
  name=$1
  shift
  box "$name" "$@" "TimeLimitCPU 1e-3"
  on_ranks 3 1 "$name.txt"
  test "$(cat codes.0)" -eq 75 || { cat said; fault "a time limit gave exit code $(cat codes.0), not 75"; }
  on_ranks 1 2 "$name.txt" 1
  test "$(cat codes.0)" -eq 75 || { cat said; fault "the second time limit gave exit code $(cat codes.0), not 75"; }
  box "$name" "$@"
  on_ranks 2 1 "$name.txt" 1 || { cat said; fault "$name: exit code $(cat codes.0)"; finish; }
}

run one 1 1
awk -F, 'NR > 1' one/regions.csv | grep -q . || fault "the run had no regularised region: it proves less than it says"
for form in "on_2 2 1" "on_3 3 1" "both 2 2"; do
  # shellcheck disable=SC2086
  run $form
  same one "${form%% *}"
done
interrupted stopped
same one stopped

# The mesh takes all sets of more than 400 bodies, trees those below.
mesh="PMGrid 32" from="PMGridFrom 400"
run mesh 1 1 "$mesh" "$from"
interrupted mesh_stopped "$mesh" "$from"
same mesh mesh_stopped

# Over the run a star falls by 0.02 (a = 4e6). Forces are good to 1e-3, so the two runs part by 2e-5 at most but for
# close encounters; the images' tides, 2e-4 of the force at the sphere's radius, are below that. Stars that lost sight of
# those across the border would part by 0.01.
"$python" - << 'END' || fault "the periodic run differs from the isolated one"
import h5py
import numpy as np

x = {}
for name in ("apart", "one"):
    with h5py.File(f"{name}/snapshot_001.hdf5") as f:
        for kind in ("PartType4", "PartType5"):
            at = f[kind]["Coordinates"][()]
            if name == "one":
                assert f["Header"].attrs["BoxSize"] == 4
                assert at.min() >= 0 and at.max() < 4 and at.min() < 1 and at.max() > 3
            x[name, kind] = at[np.argsort(f[kind]["ParticleIDs"][()])]
for kind in ("PartType4", "PartType5"):
    moved = x["one", kind] - x["apart", kind]
    moved -= 4 * np.round(moved / 4)
    typical = np.quantile(np.linalg.norm(moved, axis=1), 0.9)
    if kind == "PartType5":  # these circle each other thirty times
        typical = np.abs(moved.mean(axis=0)).max()
    print(kind, typical)
    assert typical < 2e-5
END
finish
