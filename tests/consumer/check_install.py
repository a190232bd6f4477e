#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Installs lend, moves the installed tree to another place, and checks that it is complete.

usage: check_install.py CMAKE BUILD_FOLDER PREFIX

What the consumers use afterwards is the moved tree, so nothing in it can know where it was put.
"""

import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = {
    "share/cmake/lend/lend-config.cmake",
    "share/cmake/lend/lend-config-version.cmake",
    "share/cmake/lend/lend-targets.cmake",
    "share/pkgconfig/lend.pc",
    "share/doc/lend/LICENSE",
}


def install(cmake, build, prefix):
    first = prefix.with_name(prefix.name + "-first")
    for folder in (first, prefix):
        shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([cmake, "--install", build, "--prefix", first], check=True, capture_output=True)
    first.rename(prefix)
    return first


def check(prefix, first):
    """Returns the problems of an installed tree that was moved away from `first`."""
    present = {str(path.relative_to(prefix)) for path in prefix.rglob("*") if path.is_file()}
    headers = {str(path.relative_to(ROOT)) for path in (ROOT / "include").rglob("*.hpp")}
    problems = [f"not installed: {one}" for one in sorted((PACKAGE | headers) - present)]
    problems += [f"installed for nobody: {one}" for one in sorted(present - PACKAGE - headers)]
    version = re.search(
        r'VERSION_STRING "(.+)"', (ROOT / "include/lend/version.hpp").read_text()
    )[1]
    for one in sorted(present - headers):
        text = (prefix / one).read_text()
        problems += [f"{one} names {place}" for place in (first, ROOT) if str(place) in text]
        if one.endswith((".pc", "config-version.cmake")) and version not in text:
            problems.append(f"{one} does not name version {version}")
    return problems


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    target = pathlib.Path(sys.argv[3])
    found = check(target, install(sys.argv[1], sys.argv[2], target))
    print("\n".join(found) or f"installed in {target}, complete")
    sys.exit(1 if found else 0)
