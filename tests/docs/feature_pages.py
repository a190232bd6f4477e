# SPDX-License-Identifier: MIT
"""What the checks of docs/features.md and docs/failure-modes.md share: the rows of their tables, and
what those rows may name: tests, checks, words of the headers, headings of pages."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cpp_text  # noqa: E402

TEST = re.compile(r"^\s*(?:TYPED_)?TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)", re.MULTILINE)
CHECK = re.compile(r"\b(?:lend_add_check\(|add_test\(NAME )\s*([\w.]+)")
NAME = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def rows_of(text):
    """Yields (line number, section or None, cells) of each row of the page's tables, less heads."""
    section, head = None, True
    for at, line in enumerate(text.splitlines(), 1):
        if line.startswith("## "):
            section = line[3:].strip()
        if not line.startswith("|"):
            head = True
        elif set(line) <= set("|-: "):
            head = False
        elif not head:
            yield at, section, [cell.strip() for cell in line.strip().strip("|").split("|")]


def tests_of(root):
    """Returns the names that a row may give as a test: Suite.case, and the names of checks."""
    found = set()
    for source in sorted((root / "tests").rglob("*.cpp")):
        code = "\n".join(cpp_text.split(source.read_text())[0])
        found.update(f"{suite}.{case}" for suite, case in TEST.findall(code))
    for lists in sorted((root / "tests").rglob("CMakeLists.txt")):
        found.update(CHECK.findall(lists.read_text()))
    return found


def words_of(root):
    """Returns every word of code in the headers."""
    found = set()
    for header in sorted((root / "include").rglob("*.hpp")):
        found.update(re.findall(r"\w+", "\n".join(cpp_text.split(header.read_text())[0])))
    return found


def anchors_of(text):
    """Returns the anchors of a page's headings, outside of code, as GitHub makes them."""
    anchors, fenced = set(), False
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        heading = re.match(r"#+ +(.*)", line)
        if heading and not fenced:
            plain = re.sub(r"[^\w\- ]", "", heading[1].lower())
            anchors.add(plain.strip().replace(" ", "-"))
    return anchors


def link_problem(page, link):
    """Returns what is wrong with a link to a heading of another page, or None."""
    name, _, anchor = link.partition("#")
    target = page.parent / name
    if not target.is_file():
        return f"the link leads nowhere: {link}"
    if anchor and anchor not in anchors_of(target.read_text()):
        return f"there is no heading for the link {link}"
    return None
