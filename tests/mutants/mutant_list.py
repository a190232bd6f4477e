# SPDX-License-Identifier: MIT
"""The list of mutants: reads it, and plants one in a header.

A file of the list is an area. A mutant is a paragraph: its name, then a line for each thing that is
known of it, then what is changed, written as in a diff.

    mutant  room-for-one-more
    file    detail/core.hpp
    harm    one resource more than max_size exists
    killer  unit/pool_test.cpp Pool.*
    fixed
      std::size_t room() const {
    - return limits.max_size - size;
    + return limits.max_size - size + 1;

`file` is below include/lend, `killer` a test source below tests with, perhaps, a filter of
GoogleTest's; several are tried in turn, so the cheapest comes first. `fixed` marks the set that
runs with every commit. `survives` says why no test can fail, `refused` what stands in a static
assertion that fails. Lines that begin with two blanks stand beside the change and tell the place
from others. Neither comments in the header nor how lines are indented matter.
"""

import dataclasses
import pathlib
import re

ONCE = ("file", "harm", "survives", "refused")


class BadList(Exception):
    """The list is wrong, or has been left behind by the headers."""


@dataclasses.dataclass
class Mutant:
    name: str
    area: str
    file: str = ""
    harm: str = ""
    killers: list = dataclasses.field(default_factory=list)  # (source, filter)
    fixed: bool = False
    survives: str = ""
    refused: str = ""
    change: list = dataclasses.field(default_factory=list)  # (one of " -+", line)

    def header(self, root):
        return pathlib.Path(root) / "include/lend" / self.file


def parse_line(mutant, line):
    """Adds what a line says to the mutant."""
    if line[:2] in ("  ", "- ", "+ "):
        mutant.change.append((line[0], line[2:].strip()))
        return
    word, _, rest = line.partition(" ")
    rest = rest.strip()
    if word == "fixed" and not rest:
        mutant.fixed = True
    elif word == "killer" and rest:
        source, _, only = rest.partition(" ")
        mutant.killers.append((source, only.strip()))
    elif word in ONCE and rest and not getattr(mutant, word):
        setattr(mutant, word, rest)
    else:
        raise BadList(f"{mutant.name}: not understood: {line}")


def parse(text, area):
    """Returns the mutants of one file of the list."""
    mutants = []
    for line in text.splitlines():
        if line.startswith("#") or not line.strip():
            continue
        if line.startswith("mutant "):
            mutants.append(Mutant(line.split(None, 1)[1].strip(), area))
        elif not mutants:
            raise BadList(f"{area}: before the first mutant: {line}")
        else:
            parse_line(mutants[-1], line)
    for each in mutants:
        if not (each.file and each.harm and each.killers and each.change):
            raise BadList(f"{each.name}: a file, a harm, a killer and a change are needed")
    return mutants


def read(folder):
    """Returns the mutants of all files of the list, which are *.txt."""
    mutants = []
    for path in sorted(pathlib.Path(folder).glob("*.txt")):
        mutants += parse(path.read_text(), path.stem.replace("_", " "))
    names = [each.name for each in mutants]
    for name in sorted({name for name in names if names.count(name) > 1}):
        raise BadList(f"{name}: the name is taken twice")
    return mutants


def code_lines(text):
    """Returns (number, line) of each line that has code, without what a comment says."""
    bare = [re.sub(r"(^|\s+)//.*$", "", line).strip() for line in text.splitlines()]
    return [(at, line) for at, line in enumerate(bare) if line]


def planted(mutant, text):
    """Returns the text of a header with the mutant in it."""
    lines = text.splitlines()
    code = code_lines(text)
    before = [line for kind, line in mutant.change if kind in " -"]
    after = [line for kind, line in mutant.change if kind in " +"]
    spans = [code[at : at + len(before)] for at in range(len(code) - len(before) + 1)]
    found = [span for span in spans if [line for _, line in span] == before]
    if len(found) != 1:
        raise BadList(f"{mutant.name}: what it replaces occurs {len(found)} times in {mutant.file}")
    if before == after:
        raise BadList(f"{mutant.name}: it changes nothing")
    return "\n".join(lines[: found[0][0][0]] + after + lines[found[0][-1][0] + 1 :]) + "\n"


def problems(mutants, root):
    """Returns what is wrong with the list as a whole, and with where it points."""
    wrong = []
    for each in mutants:
        header = each.header(root)
        if not header.is_file():
            wrong.append(f"{each.name}: there is no {each.file}")
            continue
        try:
            planted(each, header.read_text())
        except BadList as e:
            wrong.append(str(e))
        for source, _ in each.killers:
            if not (pathlib.Path(root) / "tests" / source).is_file():
                wrong.append(f"{each.name}: there is no tests/{source}")
    return wrong
