#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Proves that no input that a fuzzer has found, or that we thought of, is fatal to libareg and to catena-fewbody's
# reader and options, or takes more than a second.
. "${top_srcdir:-.}/tests/house.sh"
seconds=1
test -z "$CATENA_TEST_WRAPPER" || seconds=100
$CATENA_TEST_WRAPPER "$top_builddir/tests/fuzz/replay" --seconds "$seconds" "$top_srcdir"/tests/data/fuzz/* ||
  fault "the last input above"
finish
