#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Proves that stars are disrupted where the parameters say: the SMBH grows, particles go, mass and energy balance, and
# star_events.csv is the same to the byte on 1 and 3 ranks and after a stop and a resume; that nobody dies unasked; and
# that --check tells where stars will.
. "${top_srcdir:-.}/tests/runs/runs.sh"

make_ics ics.hdf5 --stars 600 --holes 1
run () # NAME RANKS FLAG LINE...
{
  name=$1 ranks=$2 flag=$3
  shift 3
  parameters "$name.txt" "$name" "TimeMax 4e-4" "TimeBetSnapshot 2e-4" "$@"
  on_ranks "$ranks" 1 "$name.txt" $flag
}
good () { test "$(cat codes.0)" -eq 0 || { cat said; fault "$1: exit code $(cat codes.0)"; finish; }; }

tide="KetjuTidalFactor 2e5"
run one 1 "" "$tide" && good one
run three 3 "" "$tide" && good three
run stopped 2 "" "$tide" "TimeLimitCPU 1e-3"
test "$(cat codes.0)" -eq 75 || { cat said; fault "a time limit gave exit code $(cat codes.0), not 75"; }
# on from the middle: what comes after the checkpoint is written once
run stopped 2 1 "$tide" && good stopped
for other in three stopped; do
  cmp -s one/star_events.csv "$other/star_events.csv" || fault "$other/star_events.csv differs"
  "$python" "$here/compare.py" one/snapshot_002.hdf5 "$other/snapshot_002.hdf5" || fault "$other/snapshot_002 differs"
done

run captured 1 "" "KetjuTidalFactor 1" "KetjuCaptureRadius 6e4" "KetjuAccretedFraction 0.1" && good captured
run points 1 "" "$tide" "KetjuStarRadiusType4 0" && good points
run alone 1 "" && good alone
for name in points alone; do
  test "$(wc -l < "$name/star_events.csv")" -eq 1 || fault "$name: a star died unasked"
  "$python" "$here/compare.py" alone/snapshot_002.hdf5 "$name/snapshot_002.hdf5" || fault "$name differs from alone"
done

# --check tells the radii: of an SMBH of 5e8 Msun R_sun (M/Msun)^(1/3) = 1.7895e-5 pc and R_s = 4.7853e-5 pc
for name in one captured points; do
  expect 0 2 --check "$name.txt"
  case $name in
  one) expect_words 'type 4 .*disrupted within 3.579 pc of an SMBH of 5e.08 Msun' ;;
  captured) expect_words 'type 4 .*swallowed whole within 2.871 pc of an SMBH of 5e.08 Msun' ;;
  points) ! grep 'of an SMBH of' said || fault "points: --check expects that stars die" ;;
  esac
done

"$python" - <<'END' || fault "the books do not balance"
import csv, sys
import h5py, numpy as np

def rows(name):
    return list(csv.DictReader(open(name)))

def change(name):
    c = rows(name + "/conservation.csv")
    return float(c[-1]["mass"]) - float(c[0]["mass"]), abs(float(c[-1]["energy"]) / float(c[0]["energy"]) - 1)

events, fault = rows("one/star_events.csv"), 0
lost = sum(float(e["m_star"]) - float(e["m_accreted"]) for e in events)
gained = sum(float(e["m_accreted"]) for e in events)
mass, energy = change("one")
print(len(events), "disruptions, mass", mass, -lost, "energy", energy, "without", change("alone")[1])
fault |= len(events) < 4 or len({e["id_star"] for e in events}) != len(events)
fault |= abs(mass + lost) > 1e-14 or energy > 1e-4    # the run's own error without disruptions is 1e-5
fault |= any(not 0.9 < float(e["separation"]) / float(e["radius"]) < 1 for e in events)
fault |= any(e["kind"] != "disruption" for e in events)
with h5py.File("one/snapshot_002.hdf5") as f:
    ids, hole = set(f["PartType4/ParticleIDs"][:].tolist()), f["PartType5/Masses"][0]
fault |= abs(hole - 0.05 - gained) > 1e-15 or len(ids) != 600 - len(events)
fault |= any(int(e["id_star"]) in ids for e in events)
captures = rows("captured/star_events.csv")
print(len(captures), "captures")
fault |= not captures or any(e["kind"] != "capture" or e["m_accreted"] != e["m_star"] for e in captures)
sys.exit(bool(fault))
END
finish
