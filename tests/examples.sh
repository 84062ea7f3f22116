#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Proves that the two example hosts of libareg run, and that the one with MPI reaches the same bits on 1, 2 and 3
# ranks.
. "${top_srcdir:-.}/tests/house.sh"
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT

"$top_builddir/examples/fewbody" > "$work/rows" || fault "examples/fewbody failed"
test "$(grep -c '^0\.' "$work/rows")" -eq 16 || fault "examples/fewbody: not four bodies at four times"
"$top_builddir/examples/embed_mpi" > "$work/one" || fault "examples/embed_mpi failed on one rank"
grep -q '^hole 1 at .* after 4 steps' "$work/one" || fault "examples/embed_mpi says nothing of the hole"
for ranks in 2 3; do
  test -n "$MPIRUN" || break
  $MPIRUN -n $ranks "$top_builddir/examples/embed_mpi" > "$work/more" || fault "examples/embed_mpi failed on $ranks ranks"
  cmp -s "$work/one" "$work/more" || fault "examples/embed_mpi: $ranks ranks do not end where one does"
done
finish
