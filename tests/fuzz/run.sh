#!/usr/bin/env bash
# Builds the fuzzers with clang and its sanitizers and lets each run for a while on the kept corpus,
# as many at a time as there are cores. Prints what each did; fails if one found anything, keeps the
# input that did it, and says how to run it again.
#
# usage: tests/fuzz/run.sh [--seconds N] [--keep] [NAME...]
#   N      how long each runs; 60 unless it is given
#   NAME   pool, contract, handle_table, options (libFuzzer, address and undefined-behaviour
#          sanitizer), threads (real threads that are disturbed, thread sanitizer); all unless given
#   --keep adds what was found new to the kept corpus, as few inputs as cover the same code
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
seconds=60
keep=0
names=()
while [ $# -gt 0 ]; do
    case $1 in
        --seconds) seconds=${2:?--seconds needs a number}; shift ;;
        --keep) keep=1 ;;
        -*) echo "usage: tests/fuzz/run.sh [--seconds N] [--keep] [NAME...]" >&2; exit 2 ;;
        *) names+=("$1") ;;
    esac
    shift
done
[ ${#names[@]} -gt 0 ] || names=(pool contract handle_table options threads)
for name in "${names[@]}"; do
    [ "$name" = threads ] || [ -f "tests/fuzz/${name}_fuzz.cpp" ] || { echo "no fuzzer is called $name" >&2; exit 2; }
done
. cmake/steps.sh
jobs=$(nproc 2>/dev/null || echo 2)
out=build/fuzz
found=$out/found
mkdir -p "$out" "$found"
common=(-std=c++20 -O1 -g1 -fno-omit-frame-pointer -Iinclude -Itests -Itests/support -pthread)

build_one() {
    local name=$1 libraries=()
    if [ "$name" = threads ]; then
        clang++ "${common[@]}" -fsanitize=thread tests/concurrency/thread_fuzz*_test.cpp \
            -o "$out/threads_fuzz" -lgtest_main -lgtest
        return
    fi
    [ "$name" != options ] || libraries=(-lsqlite3)
    clang++ "${common[@]}" -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
        "tests/fuzz/${name}_fuzz.cpp" -o "$out/${name}_fuzz" "${libraries[@]}"
}

# The thread sanitizer cannot live with every kernel's randomised addresses.
run_threads() {
    local prefix=()
    if setarch "$(uname -m)" -R true 2>/dev/null; then prefix=(setarch "$(uname -m)" -R); fi
    LEND_THREAD_FUZZ_SECONDS=$seconds TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1 \
        "${prefix[@]}" "$out/threads_fuzz"
}

run_one() {
    local name=$1
    if [ "$name" = threads ]; then
        run_threads
        return
    fi
    python3 -B tests/fuzz/corpus.py unpack "tests/fuzz/corpus/$name.txt" "$out/corpus/$name" &&
        UBSAN_OPTIONS=print_stacktrace=1 "$out/${name}_fuzz" -max_total_time="$seconds" \
            -max_len=600 -timeout=20 -print_funcs=0 -print_final_stats=1 -artifact_prefix="$found/$name-" \
            "$out/corpus/$name"
}

# keep_one NAME: as few inputs as reach the same code, in the text file that is kept.
keep_one() {
    local name=$1
    rm -rf "$out/least/$name" && mkdir -p "$out/least/$name" &&
        "$out/${name}_fuzz" -merge=1 -use_counters=0 "$out/least/$name" "$out/corpus/$name" &&
        python3 -B tests/fuzz/corpus.py pack "$out/least/$name" "tests/fuzz/corpus/$name.txt"
}

# report NAME STATUS: one line; for what failed how to see it again.
report() {
    local name=$1 log=build/logs/fuzz-$1.log input
    if [ "$2" -eq 0 ] && [ "$name" = threads ]; then
        say "$(printf '%-14s' "$name")ok, $(grep -c '^\[       OK' "$log") tests, $(awk '/ rounds$/ {n += $1} END {print n}' "$log") rounds"
    elif [ "$2" -eq 0 ]; then
        say "$(printf '%-14s' "$name")ok, $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions, $(sed -n 's/.* cov: \([0-9]*\) ft: \([0-9]*\) .*/\1 edges, \2 features/p' "$log" | tail -n 1)"
    else
        say "$(printf '%-14s' "$name")FAILED; the end of $log:"
        grep -vE '^(#[0-9]+|Step|INFO)' "$log" | tail -n 40 | cut -c1-200 | sed 's/^/        | /'
        input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
        if [ -n "$input" ]; then
            say "        again: $out/${name}_fuzz $input"
        else
            say "        again: LEND_THREAD_FUZZ_SEED=(the seed above) $out/threads_fuzz"
        fi
    fi
}

lend_steps=$((${#names[@]} + 1))
need clang libgtest-dev libsqlite3-dev python3 || exit 1
failed=0
for name in "${names[@]}"; do
    step "fuzz-build-$name" build_one "$name" || failed=1
done
[ "$failed" -eq 0 ] || exit 1

say "Each runs for $seconds s, $jobs at a time."
declare -A of_process status
for name in "${names[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
    run_one "$name" >"build/logs/fuzz-$name.log" 2>&1 &
    of_process[$name]=$!
done
for name in "${names[@]}"; do
    wait "${of_process[$name]}"
    status[$name]=$?
    [ "${status[$name]}" -eq 0 ] || failed=1
    report "$name" "${status[$name]}"
done
if [ "$keep" -eq 1 ]; then
    for name in "${names[@]}"; do
        [ "$name" != threads ] && [ "${status[$name]}" -eq 0 ] || continue
        step "fuzz-keep-$name" keep_one "$name" || failed=1
    done
fi
exit "$failed"
