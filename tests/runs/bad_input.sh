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
