#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks how many instructions the fast paths take, against a budget that is committed.

usage: check_instructions.py PROGRAM BUDGET COMPILER

PROGRAM is warm_cycles: it is run under callgrind with few and with many cycles of each scenario, and
the difference is divided by the number of cycles. Such counts repeat exactly, whatever else the
machine does. BUDGET has a line for each scenario and compiler: `GNU12 plain 52.0`. A count that is
more than 2 % above is a feature that costs something on the fast path; one that is more than 2 %
below is a budget to be lowered.

Skipped (77) where valgrind is not installed, or where there is no budget for COMPILER.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

FEW, MANY = 1_000, 21_000
TOLERANCE = 0.02
COLLECTED = re.compile(r"Collected\s*:\s*(\d+)")
BUDGET_LINE = re.compile(r"^(\w+)\s+(\w+)\s+(\d+(?:\.\d+)?)$")


def budgets_of(text, compiler):
    """Returns scenario -> instructions of one compiler."""
    budgets = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            found = BUDGET_LINE.match(line.strip())
            if not found:
                raise ValueError(f"not a budget: {line}")
            if found[1] == compiler:
                budgets[found[2]] = float(found[3])
    return budgets


def instructions(program, scenario, cycles):
    """Returns how many instructions a whole run takes."""
    with tempfile.TemporaryDirectory() as folder:
        ran = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", program,
             scenario, str(cycles)],
            capture_output=True, text=True, check=False)
    collected = COLLECTED.search(ran.stderr)
    if ran.returncode != 0 or not collected:
        raise RuntimeError(f"{scenario}: {ran.returncode}\n{ran.stderr[-2000:]}")
    return int(collected[1])


def problem(scenario, budget, counted):
    """Returns what is wrong with a count, or None."""
    if counted > budget * (1 + TOLERANCE):
        return f"{scenario}: {counted:.1f} instructions a cycle, the budget is {budget:.1f}"
    if counted < budget * (1 - TOLERANCE):
        return f"{scenario}: {counted:.1f} instructions a cycle: lower the budget of {budget:.1f}"
    return None


def main(program, budget, compiler):
    if shutil.which("valgrind") is None:
        print("NOT TESTED: valgrind is not installed")
        return 77
    budgets = budgets_of(pathlib.Path(budget).read_text(), compiler)
    if not budgets:
        print(f"NOT TESTED: there is no budget for {compiler}")
        return 77
    problems = []
    for scenario, allowed in budgets.items():
        spent = instructions(program, scenario, MANY) - instructions(program, scenario, FEW)
        counted = spent / (MANY - FEW)
        print(f"{compiler} {scenario} {counted:.1f}")
        wrong = problem(scenario, allowed, counted)
        problems += [wrong] if wrong else []
    print("\n".join(problems) or "instructions: nothing wrong")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
