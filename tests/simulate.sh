#!/usr/bin/env bash
# Runs many more simulated schedules than the tests of each commit do: by default ten million, with
# seeds that those do not use; and of small cases every schedule of two pre-emptions, where a commit
# tries those of one only. Takes some half an hour on two cores. Prints what ran, family by family;
# fails when one schedule fails, and says how that one is run again. Installs what is missing on a bare
# Debian 12 (as root, or with sudo). Works from any directory.
#
# usage: tests/simulate.sh [--schedules N] [--skip N] [--preemptions N]
#   --schedules    how many random schedules at least, over all families; the exhaustive searches are
#                  counted apart
#   --skip         leaves out the first N seeds of each family (by default 1 000 000), so that a second
#                  run sees other schedules than the first
#   --preemptions  how many pre-emptions the exhaustive searches allow, by default 2
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' tests/simulate.sh; }
options=()
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) usage; exit 0 ;;
        --schedules | --skip | --preemptions) options+=("$1" "${2:?$1 needs a number}"); shift ;;
        *) usage >&2; exit 2 ;;
    esac
    shift
done
lend_steps=2
. cmake/steps.sh

say "lend: random schedules of the pool, the holder and the manager, beyond those of each commit."
need g++ cmake ninja-build pkg-config python3 libgtest-dev libbenchmark-dev libsqlite3-dev || exit 1
fresh build/dev
step simulate-configure cmake --preset dev || exit 1
step simulate-build cmake --build --preset dev --target lend_concurrency_tests || exit 1
exec python3 -B tests/simulation.py build/dev/tests/concurrency/lend_concurrency_tests "${options[@]}"
