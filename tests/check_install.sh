#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Proves that the installed library is complete: the examples, and that of the manual page, are built against it with
# what pkg-config says, as C11 and as C++17, and run; it asks for libc and libm only; versions agree.
. "${top_srcdir:-.}/tests/house.sh"
PKG_CONFIG=${PKG_CONFIG:-pkg-config}
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
test -e "$top_builddir/.libs/libareg.so" || skip "no shared libareg in this build"
$PKG_CONFIG --version > /dev/null 2>&1 || skip "no pkg-config"
case $(cd "$work" && pwd) in *' '*) skip "a blank in the temporary folder's name" ;; esac

unset MAKEFLAGS MFLAGS MAKELEVEL
(cd "$top_builddir" && ${MAKE:-make} -s install-libLTLIBRARIES install-includeHEADERS install-pkgconfigDATA install-man install-dist_exampleDATA \
  DESTDIR="$work") > "$work/log" 2>&1 || fault "make install: $(tail -n 3 "$work/log")"
stage=$work$prefix
pc=$(find "$work" -name areg.pc)
library=$(find "$work" -name libareg.so)
test -n "$pc" && test -n "$library" || fault "no areg.pc or no libareg.so installed"
pages=$(find "$work" -name areg.3 -o -name catena-fewbody.1 | wc -l)
test "$pages" -eq 2 || fault "the manual pages are not installed"
pages=$(find "$work" -path '*/examples/*.c' | wc -l)
test "$pages" -eq 2 || fault "the examples are not installed"

# What the host is told, with the stage in place of the prefix.
PKG_CONFIG_PATH=$(dirname "$pc")
export PKG_CONFIG_PATH
flags=$($PKG_CONFIG --define-variable=prefix="$stage" --cflags --libs areg) || fault "pkg-config does not know areg"
LD_LIBRARY_PATH=$(dirname "$library")${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH

build () # NAME COMPILER... : a program of $work/NAME.*, far from the source tree
{
  name=$1
  shift
  (cd "$work" && "$@" -o "$name") > "$work/log" 2>&1 || fault "$name does not build: $*: $(head -n 5 "$work/log")"
}

# The example of the manual page, between its mark and the end of the example.
sed -n '/example\.c: /,/^\.EE/p' "$top_srcdir/doc/man/areg.3" | sed '1,2d; $d; s/\\-/-/g; s/\\e/\\/g' > "$work/page.c"
cp "$top_srcdir/examples/fewbody.c" "$top_srcdir/examples/embed_mpi.c" "$work"
build page $CC -std=c11 -Wall -Wextra -Werror page.c $flags
build fewbody $CC -std=c11 -Wall -Wextra -Werror fewbody.c $flags
build embed $CC embed_mpi.c $MPI_CFLAGS $flags $MPI_LIBS -lm
"$work/page" > "$work/out" || fault "the manual page's example fails"
test "$(sed 's/-0\.000000/0.000000/' "$work/out")" = "$(printf '1: 0.500000 0.000000\n2: -0.500000 0.000000')" ||
  fault "the manual page's pair is not back after ten periods: $(cat "$work/out")"
"$work/fewbody" > "$work/c" || fault "fewbody fails"
"$top_builddir/examples/fewbody" | cmp -s - "$work/c" || fault "the installed library gives other bits"
"$work/embed" > "$work/embed_c" || fault "embed_mpi fails"
if test -n "$CXX" && $CXX --version > /dev/null 2>&1; then
  build fewbody_cc $CXX -x c++ -std=c++17 -pedantic -Wall -Wextra -Werror fewbody.c -x none $flags
  build embed_cc $CXX -x c++ -std=c++17 -pedantic-errors -DOMPI_SKIP_MPICXX embed_mpi.c -x none $MPI_CFLAGS $flags $MPI_LIBS -lm
  "$work/fewbody_cc" | cmp -s - "$work/c" || fault "fewbody as C++ gives something else"
  "$work/embed_cc" | cmp -s - "$work/embed_c" || fault "embed_mpi as C++ gives something else"
fi

# Guests bring nobody along. (No readelf: nothing to ask.)
if readelf --version > /dev/null 2>&1; then
  needed=$(readelf -d "$library" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p')
  strange=$(echo "$needed" | grep -v -E '^(libc|libm|ld-linux.*|libc\.musl.*|libasan|libubsan|libgcc_s)\.so')
  test -n "$needed" && test -z "$strange" || fault "libareg needs more than libc and libm: $strange"
  readelf -d "$library" | grep -q 'SONAME.*\[libareg\.so\.0\]' || fault "the soname is not libareg.so.0"
fi

# One version: of the header, of the library, of areg.pc.
cat > "$work/version.c" <<'END_OF_C'
#include <areg.h>
#include <stdio.h>
int main (void)
{
  puts (areg_version_text ());
  return areg_version () != AREG_VERSION;
}
END_OF_C
build version $CC version.c $flags
version=$("$work/version") || fault "header and library are of different versions"
test "$version" = "$($PKG_CONFIG --modversion areg)" || fault "areg.pc is not of version $version"
finish
