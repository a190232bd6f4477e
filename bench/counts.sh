#!/usr/bin/env bash
# Counts the instructions and cache misses that explain the bounds of two targets, under valgrind,
# and writes docs/benchmarks/bounds.md. Takes a minute or two; a busy machine counts the same.
# Installs what is missing for that on a bare Debian 12 (as root, or with sudo). Works from any
# directory.
#
# usage: bench/counts.sh
if [ $# -gt 0 ]; then
    echo "bench/counts.sh takes no arguments, and was given: $*" >&2
    exit 2
fi
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
lend_steps=3
. cmake/steps.sh

need g++ cmake ninja-build libgtest-dev libbenchmark-dev libsqlite3-dev libtbb-dev pkg-config python3 \
    valgrind || exit 1
step counts-configure cmake --preset bench -DLEND_BENCH_PEERS=ON || exit 1
step counts-build cmake --build --preset bench --target lend_counts || exit 1
step counts-run python3 -B bench/counts.py build/bench/bench/counts/lend_counts \
    docs/benchmarks/bounds.md || exit 1
say "Written: docs/benchmarks/bounds.md"
