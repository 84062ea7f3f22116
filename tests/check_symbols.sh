#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Proves that libareg is a good guest: it exports areg_* and nothing else, has no other global names, and asks of
# its host neither MPI nor output nor an exit.
. "${top_srcdir:-.}/tests/house.sh"
NM=${NM:-nm}

library=$top_builddir/.libs/libareg.so
test -e "$library" || skip "no shared libareg in this build"
exported=$($NM -D --defined-only "$library" | awk '{ print $NF }' | sed 's/@.*//')
echo "$exported" | grep -q '^areg_advance$' || fault "areg_advance is not exported"
strange=$(echo "$exported" | grep -v '^areg_')
test -z "$strange" || fault "exported beside areg_*:" $strange

# A host that links statically meets the names of all functions.
whole=$top_builddir/.libs/libareg_core.a
test ! -e "$whole" || # names with _ first are the compiler's
  strange=$($NM -g --defined-only "$whole" | awk 'NF == 3 { print $3 }' | grep -v -e '^areg_' -e '^_')
test -z "$strange" || fault "global beside areg_*:" $strange

asked=$($NM -D --undefined-only "$library" | awk '{ print $NF }' | sed 's/@.*//')
rude=$(echo "$asked" | grep -E '^(MPI_|GOMP_|H5|exit$|_exit$|abort$|__assert_fail|printf|puts|putchar|fopen|fwrite|stdout|stderr)')
test -z "$rude" || fault "a library that is a guest must not use:" $rude
finish
