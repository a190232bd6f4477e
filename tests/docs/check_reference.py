#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that the tables of the documents have what the headers have.

usage: check_reference.py [ROOT]

docs/errors.md: a row for each code of hresult.hpp's table, with its number if it is a failure, and
with what to do. docs/tour.md: a row for each member that lend looks for in a driver, and one for
each of pool_options, in the order of their declaration and with their types. docs/design.md: the
invariants, numbered from 1, each with files that exist and look for a violation.
"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cpp_text  # noqa: E402


def rows(text, header):
    """Yields the rows of each table whose first line begins so, as lists of cells."""
    lines = text.splitlines()
    for at, line in enumerate(lines):
        if line.startswith(header):
            for row in lines[at + 2 :]:
                if not row.startswith("|"):
                    break
                yield [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]


def code_problems(root):
    """Yields what is wrong with the table of codes."""
    header = (root / "include/lend/hresult.hpp").read_text()
    numbers = dict(re.findall(r"constexpr hresult (\w+) = detail_code::of\(0x(\w+)U\)", header))
    table = header[header.index("code_table{") :]
    known = {}
    for cells in rows((root / "docs/errors.md").read_text(), "| code |"):
        known[cells[0]] = cells
    for code, name in re.findall(r'code_entry\{hr::(\w+), "(\w+)"', table):
        number = numbers[code]
        spelled = f"`{name}`" if number < "8" else f"`{name}` 0x{number}"
        if spelled not in known:
            yield f"docs/errors.md: no row for {spelled}"
        elif len(known[spelled]) != 4 or not known[spelled][1] or not known[spelled][2]:
            yield f"docs/errors.md: {name}: a row has code, meaning, what to do, std::errc"


def driver_problems(root):
    """Yields what is wrong with the table of a driver's members."""
    header = (root / "include/lend/driver.hpp").read_text()
    told = " ".join(cells[0] for cells in rows((root / "docs/tour.md").read_text(), "| member |"))
    for name in sorted(set(re.findall(r"static constexpr bool has_(\w+) =", header))):
        if name != "quota" and not re.search(rf"\b{name}\b", told):
            yield f"docs/tour.md: no row for a driver's {name}"


def option_problems(root):
    """Yields what is wrong with the table of options."""
    header = (root / "include/lend/pool_options.hpp").read_text()
    body = header[header.index("struct pool_options {") :]
    body = "\n".join(cpp_text.split(body[: body.index("bool records() const")])[0])
    declared = [
        (f"`{name}`", f"`{kind}`")
        for kind, name in re.findall(r"^    ([\w:<>* ]+?) (\w+)(?: = [^;]*|\{[^;]*\});", body, re.MULTILINE)
        if kind != "using"
    ]
    told = [tuple(cells[:2]) for cells in rows((root / "docs/tour.md").read_text(), "| option | type |")]
    for option in declared:
        if option not in told:
            yield f"docs/tour.md: no row for the option {option[0]} of type {option[1]}"
    for option in told:
        if option not in declared:
            yield f"docs/tour.md: there is no option {option[0]} of type {option[1]}"
    if sorted(told) == sorted(declared) and told != declared:
        yield "docs/tour.md: the options are not in the order of their declaration"


def invariant_problems(root):
    """Yields what is wrong with the list of invariants."""
    text = (root / "docs/design.md").read_text()
    _, found, rest = text.partition("\n## Invariants\n")
    items = re.findall(r"^(\d+)\. (.*?)(?=^\d+\. |\Z)", rest.partition("\n## ")[0], re.MULTILINE | re.DOTALL)
    if not found or [int(number) for number, _ in items] != list(range(1, len(items) + 1)) or not items:
        yield "docs/design.md: no list of invariants, numbered from 1"
    for number, item in items:
        files = re.findall(r"`(tests/[^`]+)`", item)
        if not files:
            yield f"docs/design.md: invariant {number} names no test"
        for file in files:
            if not (root / file).exists():
                yield f"docs/design.md: invariant {number} names {file}, which does not exist"


def check(root):
    """Returns the problems of the tree."""
    return [*invariant_problems(root), *code_problems(root), *driver_problems(root), *option_problems(root)]


if __name__ == "__main__":
    where = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else cpp_text.ROOT
    sys.exit(cpp_text.report("reference", check(where)))
