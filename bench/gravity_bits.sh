#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Proves that accelerations and potentials are the same bits on any number of ranks and threads, and with vectors of
# any width:  bench/gravity_bits.sh [bodies [ranks ...]], from the build directory after `make bench/gravity_bench`.
# `make check` has the small form (tests/mpi/test_gravity_ranks, tests/unit/test_gravity_tree).
n=${1:-20000}
test $# -gt 0 && shift
test $# -gt 0 || set -- 1 2 3 5 8 13
bench=${BENCH:-bench/gravity_bench}
status=0

bits_of ()
{
  ${MPIRUN:-mpirun} --oversubscribe -n "$ranks" "$bench" -n "$n" -r 0 -s 0 "$@" |
    sed -n 's/.*bits=\([0-9a-f]*\).*/\1/p'
}

# The sphere; all in the short-range half of TreePM; random in the box; all by direct sums.
for kind in "-p 4" "-p 5 -e 0.05" "-k 1 -S 0.02" "-k 2 -S 0.02" "-d 1000000000"; do
  case $kind in -d*) n_kept=$n; n=2000 ;; esac
  expected=
  for ranks in "$@"; do
    for threads in 1 2; do
      for lanes in 16 8; do
        test $lanes = 16 || test "$ranks" = 1 || continue
        bits=$(OMP_NUM_THREADS=$threads CATENA_LANES=$lanes bits_of $kind)
        test -n "$expected" || expected=$bits
        if test -z "$bits" || test "$bits" != "$expected"; then
          echo "differs: $kind, $ranks ranks, $threads threads, $lanes lanes: '$bits', not $expected"
          status=1
        fi
      done
    done
  done
  echo "$kind, n = $n: $expected on $* ranks, 1 and 2 threads; 8 and 16 lanes"
  n=${n_kept:-$n}
done
exit $status
