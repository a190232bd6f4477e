#!/usr/bin/env bash
# Builds the benchmarks (preset bench, Release), runs them, and prints lend's cost as ratios to what
# ran beside it. Installs what is missing for that on a bare Debian 12 (as root, or with sudo).
# Works from any directory.
#
# usage: bench/run.sh [--quick] [--peers] [--filter REGEX] [--out FILE.json] [BENCHMARK_OPTION...]
#        bench/run.sh --check [--out FILE.json]
#   --check    runs what the targets of bench/targets.py need and nothing else, in nine to fifteen
#              rounds, and prints one line for each target; takes some four minutes. Fails when one
#              is missed: when even the favourable end of the 95 % interval of its ratio, less the
#              noise of its scenario (how far lend is apart from itself), is beyond the limit.
#              `within the noise` is what this run cannot tell; `at the bound` is missed where the
#              machine itself takes nearly all of the limit or more, and lend is near what it can
#              do. A ratio is taken within a round, where what is compared runs within a second,
#              and the median of all rounds counts; one thread counts in processor time, several in
#              real time.
#   --quick    nine repetitions instead of twenty-five, for a first look
#   --peers    other libraries too, whose Debian packages are installed for that; in fifteen rounds,
#              with --quick in nine, of some ninety seconds each. This is what docs/benchmarks.md is
#              made of.
#   --filter   only the benchmarks whose names match, for example '^destroy_random'
#   --out      where the raw data go; otherwise bench/results/DATE-COMMIT.json
#   What else begins with --benchmark_ goes to the benchmark program.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd) || exit 1
called_from=$PWD
peers=OFF check=0
repetitions=25 rounds=15 seconds=0.02 out='' options=() filter=()
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$root/bench/run.sh"; }
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) usage; exit 0 ;;
        --check) check=1 ;;
        --quick) repetitions=9 rounds=9 seconds=0.01 ;;
        --peers) peers=ON ;;
        --filter) filter=("--filter=${2:?--filter needs a regular expression}"); shift ;;
        --out) out=${2:?--out needs a file}; shift ;;
        --benchmark_*) options+=("$1") ;;
        *) usage >&2; exit 2 ;;
    esac
    shift
done
if [ $check -eq 1 ] && [ $((${#options[@]} + ${#filter[@]})) -gt 0 ]; then
    printf '%s\n' "--check chooses what runs: no --filter and no --benchmark_ option with it." >&2
    exit 2
fi
if [ $peers = ON ] && [ ${#options[@]} -gt 0 ]; then
    printf '%s\n' "--peers runs in rounds of its own: no --benchmark_ option with it." >&2
    exit 2
fi
case $out in "" | /*) ;; *) out=$called_from/$out ;; esac

cd "$root" || exit 1
lend_steps=4
. cmake/steps.sh

say "lend: builds and runs the benchmarks. On a busy machine the numbers mean nothing."
need g++ cmake ninja-build libgtest-dev libbenchmark-dev libsqlite3-dev pkg-config python3 || exit 1
build_peers=$peers
if [ $check -eq 1 ]; then # one target is a ratio to oneTBB
    need libtbb-dev || exit 1
    build_peers=ON
fi
if [ $peers = ON ]; then
    need libtbb-dev libxenium-dev libcds-dev libconcurrentqueue-dev libboost-dev libpoco-dev \
        libsoci-dev libhikaricp-java libcommons-pool2-java default-jdk-headless || exit 1
fi
fresh build/bench
step bench-configure cmake --preset bench -DLEND_BENCH_PEERS=$build_peers || exit 1
step bench-build cmake --build --preset bench || exit 1

# What the program cannot know about itself. No commas: they separate the entries.
plain() { tr -s ' ,\n' ' ' | sed 's/ $//'; }
cached() { sed -n "s/^$1:[A-Z]*=//p" build/bench/CMakeCache.txt; }
commit=$(git describe --always --dirty 2>/dev/null || echo unknown)
context="commit=$commit,kernel=$(uname -sr | plain)"
context+=",cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | sort -u | plain)"
context+=",compiler=$("$(cached CMAKE_CXX_COMPILER)" --version | head -n 1 | plain)"
context+=",flags=$(cached CMAKE_CXX_FLAGS | plain) $(cached CMAKE_CXX_FLAGS_RELEASE | plain)"

[ -n "$out" ] || out=bench/results/$(date -u +%Y%m%d-%H%M%S)-$commit.json
mkdir -p "$(dirname "$out")" || exit 1
report=()
options=("${filter[@]/#--/--benchmark_}" --benchmark_min_time=$seconds
    --benchmark_enable_random_interleaving=true "--benchmark_context=$context" "${options[@]}")

# Until what was built is no part of the load any more, which the report looks at; two minutes at
# most, for a machine that is busy stays so.
settle() {
    local waited=0
    while [ $waited -lt 120 ] && ! awk -v cores="$(nproc)" '{ exit $1 > cores / 4 }' /proc/loadavg; do
        sleep 5
        waited=$((waited + 5))
    done
    cat /proc/loadavg
}
step bench-settle settle
if [ $check -eq 1 ]; then
    report=(--check)
    step bench-run python3 -B bench/rounds.py build/bench/bench/lend_bench \
        --context "$context" --out "$out" || exit 1
elif [ $peers = ON ]; then
    step bench-run bench/peers/rounds.sh "$out" $rounds build/bench/bench/lend_bench \
        --seconds $seconds --context "$context" "${filter[@]}" || exit 1
else
    step bench-run build/bench/bench/lend_bench --benchmark_repetitions=$repetitions \
        --benchmark_out="$out" --benchmark_out_format=json "${options[@]}" || exit 1
fi

say ""
python3 -B bench/report.py "${report[@]}" "$out"
rc=$?
say ""
if [ $rc -eq 0 ]; then
    say "Done. The raw data are in $out."
elif [ $check -eq 1 ]; then
    say "The check FAILED: a target is missed, or a result was wrong. The raw data are in $out."
else
    say "The benchmarks FAILED with exit status $rc. The raw data are in $out."
fi
exit $rc
