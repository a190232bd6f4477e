#!/usr/bin/env bash
# Builds and runs the unit and contract tests with other compilers, libraries, language versions and
# systems than the presets have. Installs what is missing for that on a bare Debian 12 (as root, or
# with sudo). Can be repeated; works from any directory.
#
# usage: tests/portability.sh [--only REGEX] [VARIANT...]   without a variant: all, one after another
#   --only          the test files whose names begin so, for a first look: --only 'pool_w|abi'
#   m32             32-bit x86
#   windows         cross-compiled for Windows by mingw-w64, run by Wine
#   clang19-libcxx  clang 19 with libc++, -O0; each header alone as well
#   arm64           cross-compiled for 64-bit Arm, run by qemu-user
#   gcc-O2, gcc-O3  optimised
#   gcc-cxx23       as C++23
#   clang19-cxx23   clang 19 with libc++, as C++23, -O2
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
all=(m32 windows clang19-libcxx arm64 gcc-O2 gcc-O3 gcc-cxx23 clang19-cxx23)
only=.
if [ "${1:-}" = --only ]; then
    only=${2:?--only needs a regular expression}
    shift 2
fi
variants=("$@")
[ ${#variants[@]} -gt 0 ] || variants=("${all[@]}")
lend_steps=$((3 * ${#variants[@]}))
. cmake/steps.sh
jobs=${LEND_JOBS:-$(nproc 2>/dev/null || echo 2)}
build=$PWD/build/portability
emulate=$PWD/tests/portability/emulate.sh

# Wine's folder, and no windows.
export WINEPREFIX=$build/wine WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml=' DISPLAY=

# describe VARIANT: sets what it needs, how it is configured, and what is built of it.
describe() {
    packages=(cmake ninja-build googletest libgtest-dev)
    flags=-O0 standard=20 settings=() targets=(lend_run)
    case $1 in
        m32)
            packages+=(g++-multilib qemu-user)
            flags="-O0 -m32"
            settings=(-DCMAKE_CXX_COMPILER=g++)
            # Not every 64-bit kernel runs 32-bit programs.
            if ! /lib32/ld-linux.so.2 --version >/dev/null 2>&1; then
                settings+=("-DCMAKE_CROSSCOMPILING_EMULATOR=$emulate;qemu-i386")
            fi ;;
        windows)
            packages+=(g++-mingw-w64-x86-64-posix wine wine64)
            flags="-O0 -Wa,-mbig-obj" # a section for each template of all files
            settings=(-DCMAKE_SYSTEM_NAME=Windows
                -DCMAKE_CXX_COMPILER=x86_64-w64-mingw32-g++-posix
                -DCMAKE_EXE_LINKER_FLAGS=-static
                -DCMAKE_CROSSCOMPILING_EMULATOR=wine) ;;
        arm64)
            packages+=(g++-aarch64-linux-gnu qemu-user)
            settings=(-DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64
                -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++
                "-DCMAKE_CROSSCOMPILING_EMULATOR=$emulate;qemu-aarch64 -L /usr/aarch64-linux-gnu") ;;
        clang19-libcxx | clang19-cxx23)
            packages+=(clang-19 libc++-19-dev libc++abi-19-dev)
            # std::stop_token is still called experimental there.
            flags="-O0 -stdlib=libc++ -fexperimental-library"
            if [ "$only" = . ]; then targets+=(all_verify_interface_header_sets); fi
            if [ "$1" = clang19-cxx23 ]; then flags=${flags/-O0/-O2} standard=23; fi
            settings=(-DCMAKE_CXX_COMPILER=clang++-19) ;;
        gcc-O2 | gcc-O3)
            packages+=(g++)
            flags=-${1#gcc-} settings=(-DCMAKE_CXX_COMPILER=g++) ;;
        gcc-cxx23)
            packages+=(g++)
            standard=23 settings=(-DCMAKE_CXX_COMPILER=g++) ;;
        *)
            say "There is no variant $1. There are: ${all[*]}"
            exit 2 ;;
    esac
}

# Wine makes its folder, which takes a while, before any test is timed.
prepare() {
    [ "$1" = windows ] && [ ! -d "$WINEPREFIX/drive_c" ] || return 0
    mkdir -p "$build" && wine wineboot --init && wineserver --wait
}

configure() {
    prepare "$1" && cmake -S tests/portability -B "$build/$1" -G Ninja "-DCMAKE_CXX_FLAGS=$flags" \
        "-DCMAKE_CXX_STANDARD=$standard" "-DLEND_ONLY=$only" "${settings[@]}"
}

# count VARIANT WORD: how many tests of all programs ended so, by what GoogleTest said.
count() {
    grep -oE "^\[ *$2 *\] [0-9]+ test" "$build/$1/Testing/Temporary/LastTest.log" 2>/dev/null |
        grep -oE '[0-9]+' | awk '{ sum += $1 } END { print sum + 0 }'
}

lines=() bad=0
# note VARIANT RESULT: a line of the summary. Where the tests ran, with the reasons for what was
# skipped, for nothing is known of that.
note() {
    lines+=("$(printf '%-16s %s' "$1" "$2")")
    [ -n "${3:-}" ] || return 0
    while read -r reason; do lines+=("                 $reason"); done < <(
        grep -hE '^NOT TESTED' "$build/$1/Testing/Temporary/LastTest.log" | sort | uniq -c |
            sed -E 's/^ *([0-9]+) NOT TESTED/\1 NOT TESTED/')
}

run_variant() {
    local variant=$1
    describe "$variant"
    rm -f "$build/$variant/Testing/Temporary/LastTest.log"
    if ! need "${packages[@]}"; then
        note "$variant" "SKIPPED: its Debian packages could not be installed"
        bad=1
        return
    fi
    describe "$variant" # anew: what it needs is there now
    if ! step "$variant-configure" configure "$variant" ||
        ! step "$variant-build" cmake --build "$build/$variant" --parallel "$jobs" \
            --target "${targets[@]}" -- -k 0; then
        note "$variant" "FAILED to build"
        bad=1
        return
    fi
    local result=passed
    step "$variant-test" ctest --test-dir "$build/$variant" --no-tests=error --output-on-failure ||
        { result=FAILED bad=1; }
    note "$variant" "$result: $(count "$variant" PASSED) passed, $(count "$variant" FAILED) failed, \
$(count "$variant" SKIPPED) skipped" with-reasons
}

say "lend: the unit and contract tests as ${variants[*]}. The full output goes to build/logs."
[ "$only" = . ] || say "ONLY A PART: the files that begin with $only"
for variant in "${variants[@]}"; do describe "$variant"; done
for variant in "${variants[@]}"; do run_variant "$variant"; done
say ""
printf '%s\n' "${lines[@]}"
exit $bad
