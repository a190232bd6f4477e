#!/usr/bin/env bash
# Measures which lines, outcomes of branches and conditions (MC/DC) of include/lend the tests reach.
# Builds the tests with clang 19, runs them, writes pages to build/coverage/html/index.html, prints a
# table, and compares with what is justified in tests/coverage/justified.txt. Fails if anything else
# is not reached, or if a justification is not needed any more.
#
# usage: tests/coverage/run.sh [--jobs N] [--report-only]
#   --report-only  writes the table again from the last run
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
jobs=$(nproc 2>/dev/null || echo 2)
only=0
while [ $# -gt 0 ]; do
    case $1 in
        --jobs) jobs=${2:?--jobs needs a number}; shift ;;
        --report-only) only=1 ;;
        *) echo "usage: tests/coverage/run.sh [--jobs N] [--report-only]" >&2; exit 2 ;;
    esac
    shift
done
lend_steps=7
. cmake/steps.sh
out=build/coverage
tree=$out/tree
programs=(tests/unit/lend_unit_tests tests/contract/lend_contract_tests
    tests/concurrency/lend_concurrency_tests tests/drivers/lend_driver_tests
    tests/faults/lend_fault_tests
    tests/contract/lend_source_compatibility)
replays=(pool contract handle_table options)
for name in "${replays[@]}"; do programs+=("tests/fuzz/lend_replay_$name"); done

# Counted atomically, or threads that count at the same time make nonsense of it, as 2^63 - 1.
configure() {
    cmake -S . -B "$tree" -G Ninja -DLEND_DEVELOPER_MODE=ON -DLEND_BENCH=OFF \
        -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER=clang++-19 -DCMAKE_CXX_FLAGS_DEBUG="-O0 -g0" \
        -DCMAKE_CXX_FLAGS="-Wno-error -fprofile-instr-generate -fprofile-update=atomic -fcoverage-mapping -fcoverage-mcdc -Xclang -fmcdc-max-conditions=12"
}
build() { cmake --build "$tree" --parallel "$jobs" --target "${programs[@]##*/}"; }

# One process each; a forked child adds its own to the same file.
run_tests() {
    local program name arguments failed=0
    rm -rf "$out/raw" && mkdir -p "$out/raw"
    for program in "${programs[@]}"; do
        name=${program##*/}
        # Every schedule of something takes long while it is measured, and reaches nothing more.
        arguments=(--gtest_brief=1 "--gtest_filter=-*Exhaustive*:FailureMode.08_*")
        case $name in lend_replay_*) arguments=("tests/fuzz/corpus/${name#lend_replay_}.txt") ;; esac
        echo "== $name"
        LEND_SIM_SCALE=${LEND_SIM_SCALE:-0.02} LLVM_PROFILE_FILE="$out/raw/$name-%m.profraw" \
            "$tree/$program" "${arguments[@]}" || failed=1
    done
    return $failed
}
objects() {
    local program
    printf '%s\n' "$tree/${programs[0]}"
    for program in "${programs[@]:1}"; do printf '%s\n' -object "$tree/$program"; done
}
merge() { llvm-profdata-19 merge --sparse "$out"/raw/*.profraw -o "$out/all.profdata"; }
# A line for each program, since llvm-cov takes a function from the first of several that has it,
# called or not. Only the headers: the tests need not be covered.
export_numbers() {
    local program name
    : >"$out/export.json"
    for program in "${programs[@]}"; do
        name=${program##*/}
        llvm-profdata-19 merge --sparse "$out/raw/$name"-*.profraw -o "$out/$name.profdata" || return 1
        llvm-cov-19 export "$tree/$program" --instr-profile="$out/$name.profdata" --format=text \
            --skip-functions --skip-expansions --sources include/lend >>"$out/export.json" || return 1
        echo >>"$out/export.json"
    done
}
pages() {
    local all
    mapfile -t all < <(objects)
    llvm-cov-19 show "${all[@]}" --instr-profile="$out/all.profdata" --format=html \
        --output-dir="$out/html" --show-branches=count --show-mcdc --show-instantiations=false \
        --sources include/lend
}

if [ "$only" -eq 0 ]; then
    need clang-19 llvm-19 libclang-rt-19-dev cmake ninja-build python3 libgtest-dev libbenchmark-dev libsqlite3-dev \
        pkg-config || exit 1
    fresh "$tree"
    step coverage-configure configure || exit 1
    step coverage-build build || exit 1
    step coverage-test run_tests || exit 1
    step coverage-merge merge || exit 1
    step coverage-export export_numbers || exit 1
    step coverage-pages pages || exit 1
fi
python3 -B tests/coverage/report.py "$out/export.json" tests/coverage/justified.txt >"$out/summary.txt"
status=$?
cat "$out/summary.txt"
say "The pages: $out/html/index.html; the table: $out/summary.txt"
exit $status
