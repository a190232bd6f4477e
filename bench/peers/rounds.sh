#!/usr/bin/env bash
# Runs all benchmarks in rounds (bench/rounds.py), and after every third round the programs in Java,
# so that whatever disturbs the machine for a while disturbs all; makes one file of all results.
# Called by bench/run.sh --peers, which builds everything before.
#
# usage: bench/peers/rounds.sh OUT.json ROUNDS PROGRAM [--filter=REGEX] [OPTION of rounds.py...]
#   PROGRAM    lend_bench; the launcher of the Java programs is looked for beside it
#   What is slow in Java (a ramp takes seconds) runs once after every third round, the rest as often
#   as there were rounds.
set -u
[ $# -ge 3 ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd) || exit 1
out=$1 rounds=$2 program=$3
shift 3
rm -f "$out" # a run that fails is not to leave the results of an earlier one
launcher=$(dirname "$program")/peers/java/pool_bench
pools=()
[ ! -f "$launcher.names" ] || mapfile -t pools <"$launcher.names"

filter=()
for option in "$@"; do
    case $option in --filter=*) filter=("$option") ;; esac
done

parts=$(mktemp -d) || exit 1
trap 'rm -rf "$parts"' EXIT
files=()
for ((first = 0; first < rounds; first += 3)); do
    each=$((rounds - first < 3 ? rounds - first : 3))
    file=$parts/$first.json
    echo "from round $first of $rounds: lend_bench"
    python3 -B "$here/../rounds.py" "$program" --all --rounds $each --first $first --out "$file" "$@" ||
        exit 1
    files+=("$file")
    for pool in "${pools[@]}"; do
        file=$parts/$first-$pool.json
        echo "after round $((first + each)) of $rounds: $pool"
        # Ends with 1 where a result is wrong, which the report says; a crash leaves no file.
        "$launcher" "$pool" "$file" "--repetitions=$each" "${filter[@]}" || [ -s "$file" ] || exit 1
        files+=("$file")
    done
done
python3 "$here/../merge.py" "$out" "${files[@]}"
