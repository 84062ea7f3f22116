#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Proves the outer form of the sources: licence line first, no tabs, no trailing blanks, lines of 118 columns
# at most, a newline at the end, and no function longer than 80 lines.
. "${top_srcdir:-.}/tests/house.sh"
cd "$top_srcdir" || exit 99

sources=$(top_srcdir=. project_files \( -name '*.[ch]' -o -name '*.def' \))
scripts=$(top_srcdir=. project_files \( -name '*.sh' -o -name '*.py' -o -name quickstart -o -name run \))
for file in $sources $scripts; do
  head -n 3 "$file" | grep -q 'SPDX-License-Identifier: GPL-3.0-or-later' || fault "$file: no licence line"
  test -z "$(tail -c 1 "$file")" || fault "$file: no newline at the end"
done
for file in $sources; do
  bad=$(awk '
    /\t/          { print FILENAME ":" FNR ": a tab" }
    /[ \t]+$/     { print FILENAME ":" FNR ": blanks at the end of the line" }
    length > 118  { print FILENAME ":" FNR ": " length " columns" }
    /^{/          { start = FNR }
    /^}/ && start { if (FNR - start > 81) print FILENAME ":" start ": a function of " FNR - start - 1 " lines"
                    start = 0 }' "$file")
  test -z "$bad" || fault "$bad"
done
finish
