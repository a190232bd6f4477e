#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that docs/failure-modes.md and the tests named FailureMode agree.

usage: check_failure_modes.py [ROOT]

The page has one table with four columns: number, requirement, test, what was planted. There is one
row for each number from 1 to 46, in this order, and after them numbers that only grow: modes that
are found side by side get their numbers before it is known whether each is one. The test cell names tests, `FailureMode.07_...`, that
exist and begin with the row's number, or says "not yet"; a row with a test says what was planted.
Every test of a failure mode stands in the page.
"""

import pathlib
import sys

import feature_pages
import cpp_text

COUNT = 46  # without a gap


def row_problems(number, cells, tests):
    """Yields what is wrong with one row."""
    if len(cells) != 4:
        yield f"{len(cells)} columns, not 4"
        return
    given, requirement, test, planted = cells
    if given != str(number):
        yield f"stands where {number} should, or a larger number"
    if not requirement:
        yield "says no requirement"
    named = feature_pages.NAME.findall(test)
    if not named and test != "not yet":
        yield f'names no test and does not say "not yet": {test}'
    for one in named:
        if not one.startswith(f"FailureMode.{number:02d}_"):
            yield f"{one} does not begin with FailureMode.{number:02d}_"
        elif one not in tests:
            yield f"there is no test {one}"
    if named and not planted:
        yield "does not say what was planted"


def number_after(number, given):
    """Returns the number that has to stand in the row after that of `number`: up to COUNT the next
    one, then the one that is given, if it is more."""
    if number >= COUNT and given.isdigit():
        return max(number + 1, int(given))
    return number + 1


def check(root):
    """Returns (problems, number of modes that have a test, number of modes)."""
    tests = {one for one in feature_pages.tests_of(root) if one.startswith("FailureMode.")}
    text = (root / "docs" / "failure-modes.md").read_text()
    problems, listed, tested, number, rows = [], set(), 0, 0, 0
    for line, _, cells in feature_pages.rows_of(text):
        rows += 1
        number = number_after(number, cells[0])
        for wrong in row_problems(number, cells, tests):
            problems.append(f"docs/failure-modes.md:{line}: {cells[0]}: {wrong}")
        names = feature_pages.NAME.findall(cells[2]) if len(cells) > 2 else []
        listed.update(names)
        tested += 1 if names else 0
    if rows < COUNT:
        problems.append(f"docs/failure-modes.md: {rows} rows, not {COUNT}")
    for one in sorted(tests - listed):
        problems.append(f"docs/failure-modes.md: {one} is not listed")
    return problems, tested, rows


if __name__ == "__main__":
    found, with_test, all_modes = check(cpp_text.root_of(sys.argv[1:], __doc__))
    print(f"{with_test} of {all_modes} have a test")
    sys.exit(cpp_text.report("failure modes", found))
