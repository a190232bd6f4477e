#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Configures a project from nothing, so that no cached option hides a changed default, builds it
and runs its program `app`.

usage: build_and_run.py CMAKE SOURCE_FOLDER BUILD_FOLDER [OPTION...]
"""

import pathlib
import shutil
import subprocess
import sys

if len(sys.argv) < 4:
    sys.exit(__doc__)
cmake, source, build, *options = sys.argv[1:]
shutil.rmtree(build, ignore_errors=True)
for command in (
    [cmake, "-S", source, "-B", build, "-G", "Ninja", *options],
    [cmake, "--build", build],
    [pathlib.Path(build) / "app"],
):
    status = subprocess.run(command, check=False).returncode
    if status != 0:
        sys.exit(status)
