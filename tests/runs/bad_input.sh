#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Proves that bad input ends catena with the promised code, the same on every rank, and one message that names
# what is wrong and where.
. "${top_srcdir:-.}/tests/runs/runs.sh"

make_ics ics.hdf5 --stars 40 --holes 1
parameters good.txt out "TimeMax 1e-6" "TimeBetSnapshot 1e-6"

# Three mistakes, each told with its line; once, not once per rank.
parameters three.txt out "TimeMxa 1e-6" "TimeMax 1e-6" "ErrTolIntAccuracy 0.01x" "MultipoleOrder 9"
expect 65 3 three.txt
expect_words 'three.txt:7: .*TimeMxa.*TimeMax' 'three.txt:9: .*ErrTolIntAccuracy' 'three.txt:10: .*MultipoleOrder'
test "$(grep -c 'three.txt:7:' said)" -eq 1 || fault "a fault is told more than once"

expect 64 2 good.txt 7
expect 66 2 no_such_file.txt
expect_words no_such_file.txt

sed 's/ics.hdf5/missing.hdf5/' good.txt > missing.txt
expect 66 3 missing.txt
expect_words 'missing.hdf5'

echo "not HDF5" > text.hdf5
sed 's/ics.hdf5/text.hdf5/' good.txt > text.txt
expect 65 2 text.txt
expect_words 'text.hdf5'

make_ics nan.hdf5 --stars 40 --holes 1 --nan 17 --nan 23
sed 's/ics.hdf5/nan.hdf5/' good.txt > nan.txt
expect 65 3 nan.txt
expect_words '\b17\b' '\b23\b'
make_ics far.hdf5 --stars 40 --holes 1 --far 19
sed 's/ics.hdf5/far.hdf5/; s/out$/out_far/' good.txt > far.txt
expect 65 3 far.txt
expect_words 'beyond 1e60: ID 19'

# One body so far away that the integer positions of the others fall together.
make_ics far.hdf5 --stars 40 --holes 1 --far 19 --distance 1e18
expect 65 3 far.txt
expect_words 'Leave out who is so far away'

# What a run cannot do is told where it begins, or when it comes up; on all ranks alike.
parameters box.txt out_box "TimeMax 1e-6" "Periodic 1" "BoxSize 0.3"
expect 65 2 box.txt
expect_words 'more than an eighth of BoxSize'
for line in "ErrTolIntAccuracy 1e-300" "MaxSizeTimestep 1e-300" "GravityConstantInternal 1e300"; do
  parameters short.txt out_short "TimeMax 1e-6" "TimeBetSnapshot 1e-6" "$line"
  expect 65 3 short.txt
  expect_words 'shortest that this run can tell'
done
parameters short.txt out_short "TimeMax 1e-3" "TimeBetSnapshot 1e-3" "MinSizeTimestep 1e-4" "KetjuOn 0"
expect 65 3 short.txt
test -s out_short/log.txt || fault "no log.txt"
test ! -e out_short/info.txt && test ! -e out_short/snapshot_000.hdf5 || fault "what is left: $(ls out_short)"
expect_words '^body [0-9]+ needs steps of [0-9.e-]+ at time 0; MinSizeTimestep is 0.0001'
parameters short.txt out_short "TimeMax 1e-6" "TimeBetSnapshot 1e-6"
expect 0 3 short.txt

# An output directory that holds a run: refused, then continued, then overwritten when told so.
expect 0 2 good.txt
expect 73 3 good.txt
expect_words 'out' '[-]-force'
expect 0 1 good.txt 1
expect 0 2 good.txt --force
touch file
sed "s|$work/out|$work/file|" good.txt > file.txt
expect 73 2 file.txt
finish
