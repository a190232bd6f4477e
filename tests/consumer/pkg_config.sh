#!/bin/sh
# Compiles and runs the consumers' program with what pkg-config says.
# usage: pkg_config.sh PREFIX COMPILER OUTPUT
set -eu
export PKG_CONFIG_PATH="$1/share/pkgconfig"
source=$(dirname "$0")/main.cpp
# shellcheck disable=SC2046 # flags are separate words
"$2" -std=c++20 "$source" $(pkg-config --cflags --libs lend) -o "$3"
"$3"
