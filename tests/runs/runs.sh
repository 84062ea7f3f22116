# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by the tests of whole runs: where the programs are, a work directory, and catena on several ranks.
# shellcheck shell=sh
. "${top_srcdir:-.}/tests/house.sh"
here=$(cd "$top_srcdir/tests/runs" && pwd)
build=$(cd "$top_builddir" && pwd)
catena=$build/catena
python=${PYTHON:-python3}

test -n "$MPIRUN" || skip "no mpirun"
$python -c 'import h5py, numpy' 2> /dev/null || skip "no python3 with h5py and numpy"
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' INT TERM
cd "$work" || exit 99

make_ics ()
{
  "$python" "$here/make_ics.py" "$@" || exit 99
}

# parameters FILE OUTPUTDIR [LINE...]: a parameter file for the small cluster, with more lines at its end.
parameters ()
{
  file=$1
  {
    echo "InitCondFile $work/ics.hdf5"
    echo "OutputDir $work/$2"
    shift 2
    echo "SofteningComovingClass0 0.015"
    echo "SofteningClassOfPartType4 0"
    echo "SofteningClassOfPartType5 0"
    echo "KetjuRegionPhysicalRadius 0.05"
    for line in "$@"; do
      echo "$line"
    done
  } > "$file"
}

# on_ranks RANKS THREADS ARGUMENT...: catena; its output in said, its exit code returned, and each rank's own exit
# code in codes.RANK.
on_ranks ()
{
  ranks=$1 threads=$2
  shift 2
  rm -f codes.*
  OMP_NUM_THREADS=$threads OMPI_MCA_orte_abort_on_non_zero_status=0 \
    timeout -k 5 "${CATENA_RUN_LIMIT:-${CATENA_TEST_LIMIT:-100}}" "$MPIRUN" -n "$ranks" sh -c '
      "$@"
      code=$?
      echo $code > codes.${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-0}}
      exit $code' sh "$catena" "$@" < /dev/null > said 2>&1 || return
  return "$(cat codes.* | sort -n | tail -n 1)" # mpirun's own may be 0 all the same
}

# expect CODE RANKS ARGUMENT...: catena ends with this code on every rank.
expect ()
{
  want=$1 n=$2
  shift 2
  on_ranks "$n" 1 "$@"
  all=$(cat codes.* | sort -u | tr '\n' ' ')
  test "$all" = "$want " || { cat said; fault "catena $* on $n ranks ended with code(s) $all, not $want"; }
  test "$(cat codes.* | wc -l)" -eq "$n" || fault "catena $* on $n ranks: a rank did not end by itself"
}

# expect_words WORDS...: the last run said each of these (extended regular expressions).
expect_words ()
{
  for words in "$@"; do
    grep -q -E -e "$words" said || { cat said; fault "nothing is said of: $words"; }
  done
}

# comoving FILE OUTPUTDIR ICS [LINE...]: a parameter file of a comoving run.
comoving ()
{
  file=$1
  {
    echo "OutputDir $work/$2"
    echo "InitCondFile $work/$3"
    echo "ComovingIntegrationOn 1"
    echo "HubbleParam 0.7"
    shift 3
    for line in "$@"; do
      echo "$line"
    done
  } > "$file"
}

# Initial conditions and checks of waves.py; a run that must reach its end.
ics_of () { "$python" "$here/waves.py" make "$@" || exit 99; }
evolve () { on_ranks "$1" 1 "$2" ${3:-} || { cat said; fault "$2: exit code $(cat codes.0)"; finish; }; }
holds () { "$python" "$here/waves.py" "$@" || fault "waves.py $*"; }
