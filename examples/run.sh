#!/usr/bin/env bash
# Builds the main example in build/example and runs it. Installs what is missing for that on a bare
# Debian 12 (as root, or with sudo). Can be repeated; works from any directory.
#
# usage: examples/run.sh
if [ $# -gt 0 ]; then
    echo "examples/run.sh takes no arguments, and was given: $*" >&2
    exit 2
fi
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
lend_steps=2
. cmake/steps.sh

say "lend: builds and runs the main example, examples/ledger.cpp."
need g++ cmake ninja-build libsqlite3-dev || exit 1
fresh build/example
step example-configure cmake -S examples -B build/example -G Ninja -DCMAKE_BUILD_TYPE=Release || exit 1
step example-build cmake --build build/example --target lend_example_ledger || exit 1
say ""
build/example/lend_example_ledger
rc=$?
say ""
if [ $rc -eq 0 ]; then
    say "The example ended well. Its source is examples/ledger.cpp."
else
    say "The example FAILED with exit status $rc. Its source is examples/ledger.cpp."
fi
exit $rc
