# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by the test scripts: where things are, and how to say pass, fail and skip.
# shellcheck shell=sh
top_srcdir=${top_srcdir:-.}
top_builddir=${top_builddir:-.}
faults=0

fault ()
{
  echo "$*"
  faults=$((faults + 1))
}

skip ()
{
  echo "skipped: $*"
  exit 77
}

finish ()
{
  test "$faults" -eq 0 && exit 0
  echo "$faults fault(s)"
  exit 1
}

# The files of the project, in the source tree: sources, scripts and texts, nothing made by a build.
project_files ()
{
  (cd "$top_srcdir" && for place in README.md NEWS CONTRIBUTING.md AUTHORS CITATION.cff configure.ac Makefile.am \
     quickstart .ci analysis bench contrib doc examples ics include parameterfiles src tests; do
     test -e "$place" && find "$place" -type f "$@" \
       ! -name '*.o' ! -name '*.lo' ! -name '*.la' ! -name '*.a' ! -path '*/.libs/*' ! -path '*/.deps/*' \
       ! -name .dirstamp ! -name '*.pyc' ! -name '*.log' ! -name '*.trs'
   done)
}
