#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that docs/benchmarks.md, where there is one, says of each target what became of it.

usage: check_benchmarks.py [ROOT]

Its section on targets has one row for each target of bench/targets.py, in their order, with six
columns: key, what, measured, limit, noise, verdict. The limit is the one in bench/targets.py, the
verdict one of those that bench/report.py gives, and where it is not `not measured` something was
measured. A page that was written before a target changed is reported.
"""

import pathlib
import re
import sys

import feature_pages
import cpp_text

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
import targets  # noqa: E402
from reporting import page, ratios  # noqa: E402

ANSWERS = (ratios.MET, ratios.AT_BOUND, ratios.MISSED, ratios.WITHIN, ratios.NOT_MEASURED,
           ratios.REPORTED)


def row_problems(target, cells):
    """Yields what is wrong with the row of a target."""
    if len(cells) != 6:
        yield f"{len(cells)} columns, not 6"
        return
    _, what, measured, limit, _, verdict = cells
    if not what.startswith(target.question):
        yield f"does not ask what the target asks: {target.question}"
    if limit != targets.limit_text(target):
        yield f"the limit is {limit}, not {targets.limit_text(target)}"
    answer = verdict.replace("*", "").split(":")[0]
    if answer not in ANSWERS:
        yield f"the verdict is none of {', '.join(ANSWERS)}: {verdict}"
    elif (answer == ratios.NOT_MEASURED) == bool(re.search(r"\d", measured)):
        yield f"says {answer} beside what was measured: {measured}"


def check(root):
    """Returns the problems of the page, of which there are none where there is no page."""
    file = root / "docs" / "benchmarks.md"
    if not file.is_file():
        return []
    rows = [
        (line, cells) for line, section, cells in feature_pages.rows_of(file.read_text())
        if section == page.TARGETS_HEADING
    ]
    problems = []
    keys = [cells[0].strip("`") for _, cells in rows]
    wanted = [target.key for target in targets.TARGETS]
    for key in wanted:
        if keys.count(key) != 1:
            problems.append(f"docs/benchmarks.md: {key} has {keys.count(key)} rows, not one")
    for line, cells in rows:
        key = cells[0].strip("`")
        if key not in wanted:
            problems.append(f"docs/benchmarks.md:{line}: there is no target {key}")
            continue
        for wrong in row_problems(targets.TARGETS[wanted.index(key)], cells):
            problems.append(f"docs/benchmarks.md:{line}: {key}: {wrong}")
    if not problems and keys != wanted:
        problems.append("docs/benchmarks.md: the targets stand in another order")
    return problems


if __name__ == "__main__":
    found = check(cpp_text.root_of(sys.argv[1:], __doc__))
    sys.exit(cpp_text.report("benchmarks", found))
