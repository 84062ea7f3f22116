#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# areg_cases.sh AREG_BENCH [ranks]: the tables of doc/areg.md, on bench/cases. Some three minutes on one rank.
bench=$1; ranks=${2:-1}; cases=$(dirname "$0")/cases; ref=$cases/ref; run="$bench"
[ "$ranks" = 1 ] || run="mpirun -n $ranks $bench"
if [ "$ranks" = 1 ]; then
  $run 6285 "$cases/c1_e0.9.txt" "$ref/c1_e0.9.ref" --repeat 5
  $run 6285 "$cases/c1_e0.9999.txt" "$ref/c1_e0.9999.ref" --repeat 3
  $run 70 "$cases/c2_pyth.txt" "$ref/c2_pyth.ref" --repeat 5
  $run 632.591398 "$cases/c3_fig8.txt" "$ref/c3_fig8.ref" --repeat 5
  $run 628.31853071795865 "$cases/c8_pn.txt" "$ref/c8_pn1_c50.ref" --c 50 --pn 2 --repeat 3
  for n in 10 100; do $run 0.1 "$cases/c10_N$n.txt" --repeat 3; done
  $run 44.428829381583661 "$cases/c5_N100.txt" "$ref/c5_N100_t10.ref" --repeat 2
  for n in 30 100 300; do
    $run 62.83185307179586 "$cases/c9_N$n.txt"
    echo "Stars softened (support 0.5):"
    $run 62.83185307179586 "$cases/c9_N$n.txt" --star-softening 0.17857142857142858
  done
fi
$run 4.4428829381583661 "$cases/c5_N1000.txt" "$ref/c5_N1000_t1.ref" --repeat 3
[ "$ranks" != 1 ] || $run 0.28284271247461901 "$cases/c6_N200.txt" --repeat 3
$run 0.28284271247461901 "$cases/c6_N1000.txt" --repeat 3
$run 0.44428829381583661 3000 --from 6 --to 12 --repeat 3
[ "$ranks" != 1 ] || $run 1 "$cases/c5_N1000.txt" --peak
