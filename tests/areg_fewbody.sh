#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Proves that catena-fewbody meets its interface: forms of input and output, exit codes, times, dumps that replay,
# and that its options are those of its help and of its manual page.
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
  $CATENA_TEST_WRAPPER "$run" "$@" > "$work/out" 2> "$work/err"
  got=$?
  test "$got" -eq "$code" || fault "catena-fewbody $*: exit $got, not $code: $(cat "$work/err")"
  if test "$code" -ne 0; then
    test "$(wc -l < "$work/err")" -eq 1 || fault "catena-fewbody $*: refused, and not with one sentence"
  else
    test ! -s "$work/err" || fault "catena-fewbody $*: done, and complains: $(cat "$work/err")"
  fi
}

rows () # of bodies, in the last output
{
  grep -v '^#' "$work/out"
}

# True if the last output is JSON of which the Python expression holds; d is the object.
json ()
{
  test -n "$PYTHON" || return 0
  $PYTHON -c "import json, sys
def no (word):
  raise ValueError (word)
d = json.load (sys.stdin, parse_constant=no)
sys.exit (not ($1))" < "$work/out" || fault "JSON: not so: $1"
}

expect 0 --t-end 10 "$case"
for key in steps rejected force_evaluations wall_s energy_error_end energy_error_max angular_momentum_error mergers; do
  grep -q "^# $key = " "$work/out" || fault "no line for $key"
done
test "$(rows | wc -l)" -eq 3 || fault "not three bodies at the end"
grep -qx '# t = 10' "$work/out" || fault "the end is not at 10"

# What comes out goes in again: an hour in two halves is an hour, to the tolerance; no time at all changes no bit.
expect 0 --t-end 5 --tol 1e-13 "$case"
cp "$work/out" "$work/half"
expect 0 --t-start 5 --t-end 10 --tol 1e-13 "$work/half"
rows | cut -c1-12 > "$work/two"
expect 0 --t-end 10 --tol 1e-13 "$case"
rows | cut -c1-12 > "$work/one"
cmp -s "$work/one" "$work/two" || fault "two halves are not the whole"
grep -v '^#' "$work/half" > "$work/one"
expect 0 --t-end 0 "$work/half"
rows | cmp -s - "$work/one" || fault "17 digits do not survive a call of no time"

# Times are met to round-off: a lone body shows them.
printf '1 1 0 0 0 1 2 -4\n' > "$work/lone"
expect 0 --t-end 0.1 --outputs 2 "$work/lone"
sed 's/ bh$//; s/ star$//' "$work/out" | grep -q '^1 1 0.1[0-9]* 0.2[0-9]* -0.4[0-9]* 1 2 -4$' || fault "a lone body is late"
grep -qx '# output t = 0.050000000000000003' "$work/out" || fault "no output half-way"

# Forms of output. Outputs change no bit of what comes last.
expect 0 --t-end 1 "$case"
rows > "$work/one"
expect 0 --t-end 1 --outputs 4 "$case"
test "$(grep -c '^# output t' "$work/out")" -eq 4 || fault "not four outputs"
test "$(rows | wc -l)" -eq 15 || fault "not five times three bodies"
rows | tail -n 3 | cmp -s - "$work/one" || fault "outputs on the way change the end"
expect 0 --t-end 1 --outputs 2 --json "$case"
json 'len (d["bodies"]) == 3 and len (d["outputs"]) == 2 and d["status"] == 0 and d["t"] == 1 and d["steps"] > 0'
expect 70 --t-end 70 --max-steps 30 --outputs 200 --json "$case"
json 'd["status"] == 4 and len (d["message"]) > 20 and 0 < len (d["outputs"]) < 200'
printf '1 1 0 0 0 0 0 0 bh\n2 nan 1 0 0 0 0 0 bh\n' > "$work/nan"
expect 65 --json "$work/nan"
json 'd["status"] == 2'
printf '1 1 1 0 0 0 0.3 0\n2 1 -1 0 0 0 -0.3 0\n' > "$work/pair"
expect 0 --c 3 --merge-at 3 --t-end 50 --kicks --json "$work/pair"
json 'd["mergers"] == 1 and d["merger_list"][0]["m_remnant"] < 2 and d["merger_list"][0]["normal"] == [0, 0, 1] and d["bodies"][0]["kind"] == "bh"'
printf '1 1 1 0 0 0 0.3 0 0.01 0 0\n2 1 -1 0 0 0 -0.3 0 0 0.02 0\n' > "$work/spins"
expect 0 --t-end 5 "$work/spins"
test "$(grep -c ' 0.01 0 0 star$' "$work/out")$(grep -c ' 0 0.02 0 star$' "$work/out")" = 11 || fault "spins of stars are lost"
printf '3 1e-3 9 0 0 0 0.1 0 star\n' | cat "$work/spins" - > "$work/three"
expect 0 --c 20 --t-end 5 "$work/three"
test "$(rows | awk '{ print NF }' | uniq)" = 12 || fault "rows have different columns"
# A star that is torn apart: recorded, and gone; its radius goes in and out.
printf '1 1 0 0 0 0 0 0 bh\n2 1e-3 1.999 0 0 0 0.02 0 star radius=0.001\n' > "$work/star"
expect 0 --disrupt-at 1 --accrete 0.25 --t-end 9 --json "$work/star"
json 'd["events"] == 1 and len (d["bodies"]) == 1 and abs (d["bodies"][0]["m"] - 1.00025) < 1e-15
  and d["event_list"][0]["kind"] == "disruption" and 0.009 < d["event_list"][0]["separation"] < 0.01'
expect 0 --t-end 1 "$work/star"
test "$(grep -c ' star radius=0.001$' "$work/out")" -eq 1 || fault "the radius is lost"
expect 70 --disrupt-at 1 --t-end 9 --max-steps 3 --dump "$work/dump" "$work/star"
expect 0 --replay "$work/dump" --max-steps 10000
grep -q '^# events = 1$' "$work/out" || fault "a dump loses what stars die of"

# Positions in two parts go in again: the system's own centre is one double, differences have all their digits.
expect 0 --t-end 3 --split --json "$case"
cp "$work/out" "$work/split"
expect 0 --t-end 3 --split "$case"
rows > "$work/rows"
expect 0 --t-end 0 --split --json "$work/rows"
json '(lambda f, g: all (abs (f (d, i, c) - f (g, i, c)) < 1e-30 for i in (1, 2) for c in (0, 1, 2)))(
  lambda d, i, c: (lambda F, b: F (b[i]["x"][c]) + F (b[i]["x_low"][c]) - F (b[0]["x"][c]) - F (b[0]["x_low"][c])) (
    __import__ ("fractions").Fraction, d["bodies"]), json.load (open ("'"$work"'/split")))'

# Forms of input: standard input, DOS lines, a mark of byte order, Fortran's exponents, ids as numbers, no last
# newline, an option of the file's own under the same one of the command line.
expect 0 --t-end 1 "$case"
rows > "$work/one"
expect 0 --t-end 1 - < "$case"
rows | cmp -s - "$work/one" || fault "standard input differs from the file"
{ printf '\357\273\277#! --t-end 1\r\n'; printf '1.000e+00\t3d0 1D0 3 0 0 0 0\r\n2 4.d0 -2 -1 0 0 0 0 star\r\n\r\n'
  printf '3 5 1 -1 0 0 0 -0'; } > "$work/forms"
expect 0 "$work/forms"
rows | cmp -s - "$work/one" || fault "other forms of the same numbers make a difference"
expect 0 - < "$work/forms"
rows | cmp -s - "$work/one" || fault "a pipe's own options are not heeded"
expect 0 --t-end 0 "$work/forms"
grep -qx '# t = 0' "$work/out" || fault "the file's own options beat the command line"
env LC_ALL=de_DE.UTF-8 "$run" --t-end 1 "$case" > "$work/out"
rows | cmp -s - "$work/one" || fault "the locale makes a difference"

# Words and letters of terms are taken in any case; each set is its own.
for terms in 'all ALL 24567sc 7C6S542' 'no_spin No_SPIN 24567c' 'none NONE' '245 542' '2 2c' 's S' '4 4c'; do
  first=
  for word in $terms; do
    expect 0 --c 20 --merge-at 0 --pn "$word" --t-end 5 "$work/spins"
    test -n "$first" || { first=$word; rows > "$work/one"; }
    rows | cmp -s - "$work/one" || fault "--pn $word is not $first"
  done
  cat "$work/one" >> "$work/all_terms"
done
test "$(sort "$work/all_terms" | uniq | wc -l)" -eq 14 || fault "different post-Newtonian terms make no difference"

# Bodies without a word are holes with --c, else stars.
expect 0 --t-end 0.1 "$work/pair"
test "$(grep -c ' star$' "$work/out")" -eq 2 || fault "not stars by default"
expect 0 --t-end 0.1 --c 100 "$work/pair"
test "$(grep -c ' bh$' "$work/out")" -eq 2 || fault "not holes by default with --c"

# Faults: of usage, of the bodies, of the file.
for bad in --tol=0 --tol=1e-16 --tol=nan --tol=1,5 --pn=9 --pn= --pn=b --pn=allx --G=-1 --c=inf --no-such-thing --outputs=-1 --outputs=1.5 \
           --max-steps=0 --t-end=nan --t-end= --kicks=1 --s=1 -x --merge-at=-1 --softening=-1 --end-tol=1 --disrupt-at=-1 --accrete=1.1; do
  expect 64 "$bad" "$case"
done
expect 64
expect 64 "$case" --t-end
expect 64 "$case" "$case"
expect 64 --c 10 --softening 1 "$case"
expect 66 "$work/nothing"
expect 66 "$work"
for line in '' '# nothing' '1 1 2 three' '1 1 0 0 0 0 0' '1 1 0 0 0 0 0 0 1' '1 1 0 0 0 0 0 0 1 2 3 4' \
            '1 1 0 0 0 0 0 0 hole' '1 1 0 0 0 0 0 0 bh bh' '-1 1 0 0 0 0 0 0' '1.5 1 0 0 0 0 0 0' \
            '18446744073709551616 1 0 0 0 0 0 0' '1 1,5 0 0 0 0 0 0' '1 1 0:x 0 0 0 0 0' '1 1 0 0 0 0:1 0 0' \
            '#! --dump /dev/null' '#! --no-such-thing' '#! --tol 0' '#! word' '1 1 1e999 0 0 0 0 0' '1 -1 0 0 0 0 0 0' \
            '1 0 0 0 0 0 0 0' '1 1 0.15+301 0 0 0 0 0' '1 1 0 0 0 0 0 0 kind=5'; do
  printf '%s\n2 1 1 0 0 0 0 0\n' "$line" > "$work/bad"
  case $line in '' | '# nothing') : > "$work/bad" ;; esac
  expect 65 "$work/bad"
done
printf '1 1 0 0 0 0 0 0\n2 1 0 0 0 0 0 0\n' > "$work/same"
expect 65 "$work/same"
printf '1 1 0 0 0 0 0 0\n1 1 1 0 0 0 0 0\n' > "$work/twice"
expect 65 "$work/twice"
printf '1 1 0 0 0 0 0 \0000\n' > "$work/zero_byte"
expect 65 "$work/zero_byte"
printf '1 1 1 0 0 0 0.5 0 0 0 2 bh\n2 1 0 0 0 0 0 0 bh\n' > "$work/extreme"
expect 65 --c 1 "$work/extreme"
if test -e /dev/full; then
  "$run" --t-end 0 "$case" > /dev/full 2> "$work/err" && fault "a full disk is not noticed"
fi

# A refused run leaves a dump; the replay is refused alike, and with more steps arrives.
expect 70 --t-end 70 --max-steps 30 --dump "$work/dump" "$case"
cp "$work/err" "$work/first"
expect 70 --replay "$work/dump"
cut -c1-80 "$work/first" > "$work/a"
cut -c1-80 "$work/err" | cmp -s - "$work/a" || fault "the replay is refused otherwise: $(cat "$work/err")"
expect 0 --replay "$work/dump" --max-steps 100000
expect 65 --dump "$work/dump" "$work/nan"
expect 65 --replay "$work/dump"
"$run" --max-steps 1 --t-end 70 --dump "$work/no/such/place" "$case" > /dev/null 2> "$work/err"
test "$?" -eq 74 || fault "a dump that cannot be written is not noticed"

# Interrupted: the outputs so far are whole.
"$run" --t-end 1e9 --outputs 1000000 "$case" > "$work/out" 2>&1 &
pid=$!
tries=0
until test "$(grep -c '^# output' "$work/out")" -ge 2 || test "$tries" -ge 100; do
  sleep 0.1
  tries=$((tries + 1))
done
kill "$pid"
wait "$pid"
test "$?" -gt 128 || fault "an interrupt does not end it"
test "$(rows | wc -l)" -ge 3 || fault "an interrupt loses what was put out before"
test -z "$(rows | awk 'NF != 9')" || fault "an interrupt cuts a row"

# One list of options: help, manual page, and what is taken.
expect 0 --help
cp "$work/out" "$work/help"
expect 0 --version
grep -q '^catena-fewbody [0-9]' "$work/out" || fault "--version says nothing"
page=$top_srcdir/doc/man/catena-fewbody.1
sed -n 's/^  --\([A-Za-z-]*\).*/\1/p' "$work/help" | sort > "$work/said"
sed 's/\\-/-/g' "$page" | sed -n '/^\.TP/ { n; s/^\.BI* *--\([A-Za-z-]*\).*/\1/p; }' | sort > "$work/manual"
test "$(wc -l < "$work/said")" -ge 15 || fault "--help lists too little"
diff "$work/said" "$work/manual" || fault "--help and the manual page list other options"
finish
