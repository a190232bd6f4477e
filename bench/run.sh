#!/usr/bin/env bash
# Builds the benchmarks (preset bench, Release) and runs them all, nine repetitions each; the
# arguments go to the benchmark program, for example --benchmark_filter=acquire. The table is
# printed, the raw data stand in build/bench/report.json. Works from any directory.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
lend_steps=2
. cmake/steps.sh

say "lend: builds and runs the benchmarks. On a busy machine the numbers mean nothing."
need g++ cmake ninja-build libgtest-dev libbenchmark-dev libsqlite3-dev pkg-config python3 || exit 1
fresh build/bench
step bench-configure cmake --preset bench || exit 1
step bench-build cmake --build --preset bench || exit 1
say ""
build/bench/bench/lend_bench --benchmark_repetitions=9 --benchmark_report_aggregates_only=true \
    --benchmark_out=build/bench/report.json --benchmark_out_format=json "$@"
rc=$?
say ""
if [ $rc -eq 0 ]; then
    say "Done. The raw data are in build/bench/report.json."
else
    say "The benchmarks FAILED with exit status $rc."
fi
exit $rc
