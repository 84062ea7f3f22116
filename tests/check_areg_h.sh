#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Proves that areg.h compiles alone, in C11 and in C++17, with every warning on, and that a program that
# knows nothing of MPI links with libareg and runs. What it declares is what is exported, what the manual page lists,
# and, of options, what a dump holds.
. "${top_srcdir:-.}/tests/house.sh"
header=$top_srcdir/include
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT

cat > "$work/host.c" <<'END'
#include "areg.h"

int main (void)
{
  struct areg_options o;
  struct areg *system = 0;
  struct areg_body b[2] = {{1.0, {0.5, 0, 0}, {0, 0.5, 0}, {0, 0, 0}, 1, AREG_STAR, 0},
                           {1.0, {-0.5, 0, 0}, {0, -0.5, 0}, {0, 0, 0}, 2, AREG_STAR, 0}};
  double d = 0;

  areg_options_default (&o);
  o.G = 1;
  o.c = 0;
  if (areg_create (&o, 0, 2, &system) || areg_load (system, 0, b, 2) || areg_advance (system, 1.0))
    return 1;
  areg_bodies (system, b);
  for (int k = 0; k < 3; k++)
    d += (b[0].x[k] - b[1].x[k]) * (b[0].x[k] - b[1].x[k]);
  areg_free (&system);
  return d > 0 && d < 1.0001 ? 0 : 1;
}
END
cp "$work/host.c" "$work/host.cc"
strict="-Wall -Wextra -Werror -pedantic"
$CC -std=c11 $strict -I"$header" -c "$work/host.c" -o "$work/host.o" || fault "areg.h: not clean in C11"
if test -n "$CXX" && $CXX --version > /dev/null 2>&1; then
  $CXX -std=c++17 $strict -I"$header" -c "$work/host.cc" -o "$work/host_cc.o" || fault "areg.h: not clean in C++17"
fi

sed -n 's/^[a-z].*[ *]\(areg_[a-z_]*\) (.*/\1/p' "$header/areg.h" | grep -v '^areg_sample$' | sort > "$work/declared"
sort "$top_srcdir/src/areg/areg.sym" | diff "$work/declared" - || fault "areg.h and areg.sym differ"
for function in $(cat "$work/declared"); do
  grep -q "$function (" "$top_srcdir/doc/man/areg.3" || fault "areg.3 does not know $function"
done
for option in $(sed -n '/^struct areg_options$/,/^};/s/^  [a-z0-9_]* \([A-Za-z_]*\);.*/\1/p' "$header/areg.h"); do
  grep -q "o->$option\b" "$top_srcdir/src/areg/dump.c" || fault "areg_dump forgets the option $option"
done

library=$top_builddir/.libs/libareg.so
if test -e "$library"; then
  if $CC "$work/host.o" -L"$top_builddir/.libs" -lareg -lm -o "$work/host"; then
    LD_LIBRARY_PATH=$top_builddir/.libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "$work/host" ||
      fault "a pair let go at apocentre, integrated by a host without MPI, went astray"
    ldd "$library" | grep -i mpi && fault "libareg depends on MPI"
  else
    fault "a program without MPI does not link with libareg"
  fi
fi
finish
