#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs an example and compares what it prints, byte for byte, with its .expected file.

usage: check_output.py PROGRAM EXPECTED_FILE

A numbered example must have an .expected file; any other example without one must only end well.
"""

import difflib
import pathlib
import re
import subprocess
import sys
import tempfile


def problem_of(program, expected_file):
    """Returns what is wrong with the example, or None."""
    with tempfile.TemporaryDirectory() as scratch:
        run = subprocess.run([program.resolve()], cwd=scratch, capture_output=True, check=False)
    if run.returncode != 0:
        said = (run.stdout + run.stderr).decode(errors="replace")
        return f"{program.name} ended with {run.returncode}:\n{said}"
    if not expected_file.exists():
        if re.match(r"\d\d_", expected_file.name):
            return f"{expected_file} is missing: a numbered example says what it prints"
        return None
    expected = expected_file.read_bytes()
    if run.stdout == expected:
        return None
    diff = difflib.unified_diff(
        expected.decode(errors="replace").splitlines(keepends=True),
        run.stdout.decode(errors="replace").splitlines(keepends=True),
        str(expected_file),
        f"output of {program.name}",
    )
    return "".join(diff) or "the outputs differ in bytes that are not text"


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    problem = problem_of(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
    if problem:
        sys.exit(problem)
