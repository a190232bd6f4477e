#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs spin over slot_life.pml: the model holds, and each of its mutants fails.

usage: check_slot_life.py [SPIN [CC]]

Exits with 77, to be counted as skipped, where there is no spin.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

MODEL = pathlib.Path(__file__).resolve().parent / "slot_life.pml"

# What is defined, and whether the model must hold.
RUNS = (
    (("USERS=2", "GENERATIONS=3"), True),  # a slot is retired as it is given back
    (("USERS=2", "GENERATIONS=4"), True),  # a slot is retired as it is taken
    (("USERS=3", "GENERATIONS=2"), True),
    (("USERS=2", "GENERATIONS=4", "NO_GENERATION"), False),
    (("USERS=2", "GENERATIONS=4", "NO_RENEWAL"), False),
    (("USERS=2", "GENERATIONS=4", "NO_RETIREMENT"), False),
    (("USERS=2", "GENERATIONS=4", "NO_PIN"), False),
)


def explore(spin, compiler, defined):
    """Returns whether no assertion failed, the states stored, and what went wrong."""
    with tempfile.TemporaryDirectory() as folder:
        macros = [f"-D{each}" for each in defined]
        subprocess.run([spin, "-a", *macros, str(MODEL)], cwd=folder, check=True,
                       stdout=subprocess.PIPE)
        subprocess.run([compiler, "-O2", "-w", "-DSAFETY", "-DCOLLAPSE", "-DVECTORSZ=2048",
                        "-o", "pan", "pan.c"], cwd=folder, check=True)
        out = subprocess.run(["./pan", "-m200000", "-b"], cwd=folder, check=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             universal_newlines=True).stdout
    errors = re.search(r"errors: (\d+)", out)
    states = re.search(r"(\d+) states, stored", out)
    if errors is None or states is None:
        raise SystemExit(out)
    # A search that stopped at its limits proves nothing.
    complete = "max search depth too small" not in out and "out of memory" not in out
    first = re.search(r"pan:\d+: (.*)", out)
    why = first[1] if first else ""
    return errors[1] == "0" and complete, int(states[1]), why


def main():
    spin = sys.argv[1] if len(sys.argv) > 1 else shutil.which("spin")
    compiler = sys.argv[2] if len(sys.argv) > 2 else "cc"
    if not spin or shutil.which(spin) is None:
        print("NOT TESTED: no spin")
        return 77
    wrong = 0
    for defined, must_hold in RUNS:
        holds, states, why = explore(spin, compiler, defined)
        says = "holds" if holds else why
        print(f"{' '.join(defined):<44} {states:>9} states  {says}")
        if holds != must_hold:
            print("  ^ a mutant lives" if holds else "  ^ must hold")
            wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
