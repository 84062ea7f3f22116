#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Proves that doc/parameters.md is what the program says of its parameters: one table, no drift.
. "${top_srcdir:-.}/tests/house.sh"
made=$(mktemp) || exit 99
trap 'rm -f "$made"' EXIT

"$top_builddir/catena" --parameters --markdown > "$made" || fault "catena --parameters --markdown failed"
diff -u "$top_srcdir/doc/parameters.md" "$made" ||
  fault "doc/parameters.md is out of date: catena --parameters --markdown > doc/parameters.md"
finish
