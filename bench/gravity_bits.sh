#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Proves that accelerations and potentials are the same bits on any number of ranks and threads, and with vectors of
# any width, on every road that a set of bodies can take:
#
#     bench/gravity_bits.sh [bodies [ranks ...]]
#
# from the build directory after `make bench/gravity_bench`; two to four minutes on two cores. Few bodies are enough:
# with 5000 of them 13 ranks have a dozen top leaves each, fetch in several rounds, and some own no line of the mesh.
# `make check` has the small form (tests/mpi/test_gravity_ranks, tests/unit/test_gravity_tree).
n=${1:-5000}
test $# -gt 0 && shift
test $# -gt 0 || set -- 1 2 3 5 8 13
bench=${BENCH:-bench/gravity_bench}
status=0
export OMP_WAIT_POLICY=passive OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_hwloc_base_binding_policy=none

# bits_of RANKS THREADS LANES OPTION...
bits_of ()
{
  ranks=$1 threads=$2 lanes=$3
  shift 3
  OMP_NUM_THREADS=$threads CATENA_LANES=$lanes ${MPIRUN:-mpirun} --oversubscribe -n "$ranks" "$bench" -r 0 -s 0 "$@" 2> /dev/null |
    sed -n 's/.*bits=\([0-9a-f]*\).*/\1/p'
}

# compare BITS RANKS THREADS LANES OPTION...: the bits of the first form are the measure for those after it.
compare ()
{
  test -n "$expected" || expected=$1
  test -n "$1" && test "$1" = "$expected" && return
  status=1
  echo "DIFFERS on $2 ranks, $3 threads, $4 lanes: '$1', not '$expected'"
}

all_forms ()
{
  expected=
  for lanes in 16 8 4; do
    compare "$(bits_of 1 1 $lanes "$@")" 1 1 $lanes
  done
  for ranks in $all_ranks; do
    for threads in 1 2; do
      test "$ranks$threads" = 11 || compare "$(bits_of "$ranks" $threads 16 "$@")" "$ranks" $threads 16
    done
  done
}

all_ranks=$*
while IFS=: read -r words options; do
  # shellcheck disable=SC2086
  all_forms $options < /dev/null
  echo "$words ($options): $expected"
done << END
isolated, tree: -n $n
isolated, tree, order 5, large softening: -n $n -p 5 -e 0.05
isolated, tree and mesh: -n $n -M 32
isolated, direct: -n 900
periodic, tree, random: -n $n -P -k 1
periodic, tree, clustered: -n $n -P -k 2
periodic, tree and mesh, random: -n $n -P -k 1 -M 24
periodic, tree and mesh, clustered: -n $n -P -k 2 -M 24
periodic, direct: -n 900 -P -k 2
short-range half alone: -n $n -k 2 -S 0.02
END
test $status = 0 && echo "the same bits on $* ranks with 1 and 2 threads, with 4, 8 and 16 lanes on one"
exit $status
