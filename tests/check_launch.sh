#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Proves that the launcher of the tests tells good from bad: a failure, a hang, a crash, or one failing rank among
# several is a failure; 77 is a skip; a program of tests/mpi is started on each number of ranks.
. "${top_srcdir:-.}/tests/house.sh"
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/tests/mpi"

# expect CODE SCRIPT PATH: a program at PATH with this body ends the launcher with CODE.
expect ()
{
  printf '#!/bin/sh\n%s\n' "$2" > "$work/$3"
  chmod +x "$work/$3"
  CATENA_TEST_LIMIT=${limit:-60} "$top_builddir/tests/launch" "$work/$3" > "$work/log" 2>&1
  code=$?
  test $code -eq "$1" || { cat "$work/log"; fault "'$2' as $3 gave $code instead of $1"; }
}

expect 0 'exit 0' alone
expect 77 'exit 77' alone
expect 1 'exit 3' alone
expect 1 'kill -SEGV $$' alone
limit=1 expect 1 'sleep 30' alone

if test -n "$MPIRUN"; then
  CATENA_TEST_RANKS='1 2'
  export CATENA_TEST_RANKS
  expect 0 "echo x >> $work/starts" tests/mpi/good
  test "$(grep -c x "$work/starts")" -eq 3 || fault "1 and 2 ranks should make three starts"
  expect 1 'test "${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-0}}" -eq 0' tests/mpi/one_bad_rank
  CATENA_TEST_RANKS=2
  limit=2 expect 1 'test "${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-0}}" -eq 0 || exec sleep 30' tests/mpi/one_hangs
fi
finish
