#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that what docs/features.md says lend has is there, and counts it.

usage: check_features.py [ROOT]

The page has a table in each of nine sections, with five columns: feature, answer, option or call,
test, documentation. The answer is one of Y, contract layer, not yet. A row that says Y or contract
layer is complete:

- each option or call, `name`, stands in the code of a header (of `a::b` or `a.b` the last word);
- each test, `Suite.case` or the name of a check in CMake, exists;
- the link leads to a page and, after #, to one of its headings.
"""

import pathlib
import re
import sys

import feature_pages
import cpp_text

SECTIONS = {"A": 7, "B": 13, "C": 8, "D": 10, "E": 12, "F": 6, "G": 9, "H": 5, "I": 6}
ANSWERS = ("Y", "contract layer", "not yet")


def row_problems(page, cells, words, tests):
    """Yields what is wrong with one row."""
    if len(cells) != 5:
        yield f"{len(cells)} columns, not 5"
        return
    _, answer, option, test, documentation = cells
    if answer not in ANSWERS:
        yield f"the answer is none of {', '.join(ANSWERS)}: {answer}"
    if answer == "not yet" or answer not in ANSWERS:
        return
    names = feature_pages.NAME.findall(option)
    if not names:
        yield "names no option or call"
    for name in names:
        last = re.findall(r"\w+", name)[-1:]
        if not last or last[0] not in words:
            yield f"no header has `{name}`"
    named = feature_pages.NAME.findall(test)
    if not named:
        yield "names no test"
    for one in named:
        if one not in tests:
            yield f"there is no test {one}"
    links = feature_pages.LINK.findall(documentation)
    if not links:
        yield "has no link to its documentation"
    for link in links:
        wrong = feature_pages.link_problem(page, link)
        if wrong:
            yield wrong


def check(root):
    """Returns (problems, answers): the answers of all rows in their order."""
    page = root / "docs" / "features.md"
    words, tests = feature_pages.words_of(root), feature_pages.tests_of(root)
    problems, answers, seen, count = [], [], set(), {}
    for line, section, cells in feature_pages.rows_of(page.read_text()):
        letter = (section or "?")[0]
        count[letter] = count.get(letter, 0) + 1
        if cells[0] in seen:
            problems.append(f"docs/features.md:{line}: {cells[0]}: stands there twice")
        seen.add(cells[0])
        answers.append(cells[1] if len(cells) > 1 else "")
        for wrong in row_problems(page, cells, words, tests):
            problems.append(f"docs/features.md:{line}: {cells[0]}: {wrong}")
    if count != SECTIONS:
        problems.append(f"docs/features.md: rows by section are {count}, not {SECTIONS}")
    return problems, answers


if __name__ == "__main__":
    found, given = check(cpp_text.root_of(sys.argv[1:], __doc__))
    print(", ".join(f"{answer}: {given.count(answer)}" for answer in ANSWERS), f"of {len(given)}")
    sys.exit(cpp_text.report("features", found))
