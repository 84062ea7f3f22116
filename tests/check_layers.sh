#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Proves that imports run downward: a file includes headers of lower layers, and of its own layer only those
# listed before it. The lists are those of the build: src/Makemodule.am orders the layers, the Makemodule.am of
# each layer orders its files. libareg includes areg.h and itself; of libareg others see areg.h only.
. "${top_srcdir:-.}/tests/house.sh"
cd "$top_srcdir" || exit 99

layers=$(sed -n 's|^include src/\([a-z]*\)/Makemodule.am.*|\1|p' src/Makemodule.am)
test "$(echo "$layers" | head -n 1)" = base || fault "src/Makemodule.am: the lowest layer is not base"

# "rank path" of every file, lowest first; the files of the main program, in src itself, come last.
order=$(
  i=0
  {
    for layer in $layers; do
      tr -s ' \\' '\n' < "src/$layer/Makemodule.am" | grep "^src/$layer/.*\.\(h\|c\|def\|inc\)$"
    done
    tr -s ' \\' '\n' < src/Makemodule.am | grep '^src/[^/]*\.[ch]$'
  } | while read -r file; do
    i=$((i + 1))
    echo "$i $file"
  done)

rank_of ()
{
  echo "$order" | awk -v f="$1" '$2 == f { print $1; exit }'
}

for layer in $layers; do
  for file in src/"$layer"/*.[ch] src/"$layer"/*.def; do
    test -e "$file" || continue
    test -n "$(rank_of "$file")" || fault "$file: not listed in src/$layer/Makemodule.am"
  done
done

includes=$(grep -H -o '^ *# *include *"[^"]*"' $(echo "$order" | cut -d' ' -f2) 2>/dev/null |
           sed 's/^\([^:]*\):.*"\(.*\)"/\1 \2/')
echo "$includes" | {
  while read -r file header; do
    case $header in
      config.h | areg.h | '') continue ;;
      areg/*) fault "$file includes $header: a private header of libareg" ; continue ;;
    esac
    mine=$(rank_of "$file")
    its=$(rank_of "src/$header")
    if test -z "$its"; then
      fault "$file includes $header, which no layer lists"
    elif test "$its" -gt "$mine" || { test "$its" -eq "$mine" && test "${header##*.}" != def; }; then
      fault "$file includes $header, which stands above it"
    fi
  done
  # libareg: its own headers, areg.h and the C library.
  for file in src/areg/*.[ch] include/areg.h; do
    test -e "$file" || continue
    for header in $(sed -n 's/^ *# *include *[<"]\([^>"]*\)[>"].*/\1/p' "$file"); do
      case $header in
        areg.h | areg/*.h | areg/*.def) ;;
        */* | mpi.h | hdf5.h | omp.h | gsl* | fftw3.h) fault "$file includes $header: libareg stands alone" ;;
      esac
    done
  done
  finish
}
