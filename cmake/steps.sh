# Shared by examples/run.sh, tests/run.sh and bench/run.sh, which source it after a cd to the root
# of the repository: installs what is missing, runs steps one by one, keeps their whole output in
# build/logs, shows the tail of what failed.
# shellcheck shell=bash

set -u
mkdir -p build/logs
lend_step=0
lend_steps=${lend_steps:-1}
lend_started=$SECONDS
lend_broken_line=0 # the line of the running step was followed by others
lend_tail=40 # lines shown of a step that failed

say() { printf '%s\n' "$*"; }

# need PACKAGE...: installs the Debian packages that are missing, and says which.
need() {
    local missing=() package as_root=()
    if ! command -v dpkg-query >/dev/null 2>&1; then
        say "This is no Debian: nothing is installed. Needed are the equivalents of: $*"
        return 0
    fi
    for package in "$@"; do
        dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
            missing+=("$package")
    done
    if [ ${#missing[@]} -eq 0 ]; then
        say "All $# Debian packages that are needed are installed."
        return 0
    fi
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null 2>&1; then
            say "Missing: ${missing[*]}. Install them as root: apt-get install ${missing[*]}"
            return 1
        fi
        as_root=(sudo)
    fi
    say "Installing: ${missing[*]}"
    if ! { "${as_root[@]}" apt-get update &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y --no-install-recommends "${missing[@]}"; } >build/logs/install.log 2>&1; then
        say "The installation failed. The end of build/logs/install.log:"
        tail -n 20 build/logs/install.log
        return 1
    fi
}

# A step runs in the background, where an interrupt does not reach it.
trap 'kill $(jobs -p) 2>/dev/null; exit 130' INT TERM

# show_progress PID LOG BEGUN: waits for a step, and every half minute shows where it is.
show_progress() {
    local shown=$SECONDS
    while kill -0 "$1" 2>/dev/null; do
        sleep 0.2
        [ $((SECONDS - shown)) -ge 30 ] || continue
        shown=$SECONDS
        printf '\n        %4d s: %.60s' $((SECONDS - $3)) "$(tail -n 1 "$2" | tr -s ' \t' ' ')"
        lend_broken_line=1
    done
}

# step NAME COMMAND...: runs one step quietly, with its output in build/logs/NAME.log. Returns what
# the command returned.
step() {
    local name=$1 log=build/logs/$1.log begun=$SECONDS rc
    shift
    lend_step=$((lend_step + 1))
    printf '[%d/%d] %-18s ' "$lend_step" "$lend_steps" "$name"
    "$@" >"$log" 2>&1 &
    show_progress $! "$log" "$begun"
    wait $!
    rc=$?
    [ "$lend_broken_line" -eq 0 ] || printf '\n        %-18s ' "$name"
    lend_broken_line=0
    if [ $rc -eq 0 ]; then
        printf 'ok      %4d s   (%d s in all)\n' $((SECONDS - begun)) $((SECONDS - lend_started))
    else
        printf 'FAILED  %4d s   (%d s in all)\n' $((SECONDS - begun)) $((SECONDS - lend_started))
        say "        the end of $log:"
        # Of a compiler's output the errors, wherever they stand; progress lines are left out.
        { grep -nE '(^|[^[:alpha:]])(error|FAILED):|undefined reference|multiple definition' "$log" | head -n 20
          grep -vE '^\[[0-9]+/[0-9]+\]' "$log" | tail -n "$lend_tail"
        } | cut -c1-240 | sed 's/^/        | /'
    fi
    return $rc
}

# fresh FOLDER: removes a build folder that was made for another copy of the sources.
fresh() {
    local home
    home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$1/CMakeCache.txt" 2>/dev/null)
    case $home in
        "" | "$PWD" | "$PWD"/*) ;;
        *) rm -rf "$1" ;;
    esac
}

# A compiler cache is used where there is one, and not asked for.
if command -v ccache >/dev/null 2>&1; then
    export CMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER:-ccache}
fi
