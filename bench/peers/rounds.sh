#!/usr/bin/env bash
# Runs the benchmarks in rounds, the program in C++ and those in Java in alternation, and makes one
# file of all results. Whatever disturbs the machine for a while disturbs all. Called by
# bench/run.sh --peers, which builds everything before.
#
# usage: bench/peers/rounds.sh OUT.json REPETITIONS PROGRAM [BENCHMARK_OPTION...]
#   PROGRAM    lend_bench; the launcher of the Java programs is looked for beside it
#   What is slow in Java (a ramp takes seconds) is repeated once a round.
set -u
[ $# -ge 3 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd) || exit 1
out=$1 repetitions=$2 program=$3
shift 3
rm -f "$out" # a round that fails is not to leave the results of an earlier run
rounds=5
[ "$repetitions" -ge 25 ] || rounds=3
each=$(((repetitions + rounds - 1) / rounds))
launcher=$(dirname "$program")/peers/java/pool_bench
pools=()
[ ! -f "$launcher.names" ] || mapfile -t pools <"$launcher.names"

filter=()
for option in "$@"; do
    case $option in --benchmark_filter=*) filter=("--filter=${option#*=}") ;; esac
done

parts=$(mktemp -d) || exit 1
trap 'rm -rf "$parts"' EXIT
files=()
for ((round = 1; round <= rounds; ++round)); do
    file=$parts/$round.json
    echo "round $round of $rounds: lend_bench"
    "$program" "$@" "--benchmark_repetitions=$each" "--benchmark_out=$file" \
        --benchmark_out_format=json || exit 1
    files+=("$file")
    for pool in "${pools[@]}"; do
        file=$parts/$round-$pool.json
        echo "round $round of $rounds: $pool"
        # Ends with 1 where a result is wrong, which the report says; a crash leaves no file.
        "$launcher" "$pool" "$file" "--repetitions=$each" "${filter[@]}" || [ -s "$file" ] || exit 1
        files+=("$file")
    done
done
python3 "$here/../merge.py" "$out" "${files[@]}"
