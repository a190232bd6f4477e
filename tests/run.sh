#!/usr/bin/env bash
# Checks the formatting, then builds and runs the tests of each preset (all under dev and clang; what
# the others leave out stands in CONTRIBUTING.md), runs clang-tidy on the headers, plants twenty
# defects, and looks for data races in simulated runs. Installs what is missing for that on a bare
# Debian 12 (as root, or with sudo). Can be repeated; works from any directory. What takes longer
# stands in docs/reliability.md.
#
# usage: tests/run.sh [PRESET...]      without a preset: dev clang tsan bench
for preset in "$@"; do
    case $preset in dev | clang | tsan | bench) continue ;; esac
    echo "there is no preset $preset; usage: tests/run.sh [PRESET...], of: dev clang tsan bench" >&2
    exit 2
done
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
# Half of the random schedules, of which 10^6 are meant for each change.
export LEND_SIM_SCALE=${LEND_SIM_SCALE:-0.5}
presets=("$@")
[ ${#presets[@]} -gt 0 ] || presets=(dev clang tsan bench)
lend_steps=$((1 + 3 * ${#presets[@]}))
# A preset that brings a step of its own beside it.
for preset in "${presets[@]}"; do
    case $preset in dev | clang | tsan) lend_steps=$((lend_steps + 1)) ;; esac
done
. cmake/steps.sh
jobs=$(nproc 2>/dev/null || echo 2)

sources() { find include tests examples bench -name '*.hpp' -o -name '*.cpp' | sort; }
check_format() { sources | xargs clang-format --dry-run -Werror; }
check_tidy() { clang-tidy -p build/clang --quiet --warnings-as-errors='*' tests/hygiene/tidy.cpp; }

# A preset's tests. The thread sanitizer of GCC 12 cannot live with every kernel's randomised
# addresses, so where they can be switched off for one program they are.
run_tests() {
    local preset=$1 prefix=()
    if [ "$preset" = tsan ] && setarch "$(uname -m)" -R true 2>/dev/null; then
        prefix=(setarch "$(uname -m)" -R)
    fi
    "${prefix[@]}" ctest --preset "$preset" --parallel "$jobs" \
        --output-junit "$PWD/build/logs/$preset.xml"
}

# check NAME COMMAND...: a step that counts as one test.
results=()
check() { if step "$@"; then results+=(--passed "$1"); else results+=(--failed "$1"); fi; }

run_preset() {
    local preset=$1
    rm -f "build/logs/$preset.xml"
    fresh "build/$preset"
    if ! step "$preset-configure" cmake --preset "$preset" -DLEND_TESTS_IN_BATCHES=ON ||
        ! step "$preset-build" cmake --build --preset "$preset" --parallel "$jobs" -- -k 0; then
        results+=(--failed "$preset: configure or build")
        return
    fi
    # What each failed test printed stands in the summary.
    lend_tail=10 step "$preset-test" run_tests "$preset"
    results+=(--ctest "build/logs/$preset.xml=$?")
}

say "lend: all tests, with ${presets[*]}. The full output goes to build/logs."
need g++ clang libclang-rt-14-dev clang-format clang-tidy cmake ninja-build pkg-config python3 \
    libgtest-dev libbenchmark-dev libsqlite3-dev relacy-dev spin valgrind g++-mingw-w64-x86-64-posix || exit 1

check format check_format
for preset in "${presets[@]}"; do
    run_preset "$preset"
    [ "$preset" != clang ] || check clang-tidy check_tidy
    # Twenty defects planted one by one, each of which has to be noticed.
    [ "$preset" != dev ] || check mutants python3 -B tests/mutants/run.py --fixed
    # What the thread sanitizer finds in simulated runs, and in those with a weakened memory order.
    [ "$preset" != tsan ] || check races python3 -B tests/races/run.py --fixed
done

say ""
python3 tests/summary.py "${results[@]}"
