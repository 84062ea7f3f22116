#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Proves that catena-fewbody meets its interface: forms of output, exit codes, dumps that replay.
. "${top_srcdir:-.}/tests/house.sh"
run=$top_builddir/catena-fewbody
case=$top_srcdir/tests/data/areg/c2_pyth.txt
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
test -x "$run" || skip "catena-fewbody is not built"

expect () # CODE ARGUMENTS...
{
  code=$1
  shift
  "$run" "$@" > "$work/out" 2> "$work/err"
  got=$?
  test "$got" -eq "$code" || fault "catena-fewbody $*: exit $got, not $code"
  if test "$code" -ne 0; then
    test "$(wc -l < "$work/err")" -ge 1 || fault "catena-fewbody $*: refused without a word"
  fi
}

expect 0 --t-end 10 "$case"
for key in steps rejected force_evaluations wall_s energy_error_end energy_error_max angular_momentum_error mergers; do
  grep -q "^# $key = " "$work/out" || fault "no line for $key"
done
test "$(grep -vc '^#' "$work/out")" -eq 3 || fault "not three bodies at the end"

# What comes out goes in again: an hour in two halves is an hour, to the tolerance.
expect 0 --t-end 5 --tol 1e-13 "$case"
cp "$work/out" "$work/half"
expect 0 --t-start 5 --t-end 10 --tol 1e-13 "$work/half"
grep -v '^#' "$work/out" | cut -c1-12 > "$work/two"
expect 0 --t-end 10 --tol 1e-13 "$case"
grep -v '^#' "$work/out" | cut -c1-12 > "$work/one"
cmp -s "$work/one" "$work/two" || fault "two halves are not the whole"

expect 0 --t-end 1 --outputs 4 "$case"
test "$(grep -c '^# output t' "$work/out")" -eq 4 || fault "not four outputs"
expect 0 --t-end 1 --outputs 2 --json "$case"
if test -n "$PYTHON"; then
  $PYTHON -c 'import json, sys; d = json.load(sys.stdin); sys.exit(not (len(d["bodies"]) == 3 and len(d["outputs"]) == 2))' \
    < "$work/out" || fault "--json is not JSON with 3 bodies and 2 outputs"
fi

expect 64 --tol 0 "$case"
expect 64 --pn 9 "$case"
expect 64 --no-such-thing "$case"
expect 64
expect 66 "$work/nothing"
echo "1 1 2 three" > "$work/bad"
expect 65 "$work/bad"
printf '1 1 0 0 0 0 0 0\n2 1 0 0 0 0 0 0\n' > "$work/same"
expect 65 "$work/same"
printf '1 -1 0 0 0 0 0 0\n2 1 0 1 0 0 0 0\n' > "$work/negative"
expect 65 "$work/negative"

# A refused run leaves a dump; the replay is refused alike, and with more steps arrives.
expect 70 --t-end 70 --max-steps 30 --dump "$work/dump" "$case"
expect 70 --replay "$work/dump"
expect 0 --replay "$work/dump" --max-steps 100000
finish
