#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that code and output shown in README.md and docs/*.md are pieces of files that tests run.

usage: check_snippets.py [ROOT]

Above a block of C++ or CMake stands where it comes from, above a block of output what printed it:

    <!-- snippet: examples/01_first_lease.cpp#driver -->      a region of the file
    <!-- snippet: examples/01_first_lease.cpp -->             the whole file, less its SPDX line
    <!-- output: examples/01_first_lease.expected -->         the whole output

A region lies between two lines `// [driver]` (in CMake `# [driver]`), both left out, indented as a
whole or not. Every block names its language (text where there is none), so that none is forgotten.
A whole program (a block with a main) is followed by its output. Relative links lead to files.
"""

import pathlib
import re
import sys
import textwrap

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cpp_text  # noqa: E402

FENCE = re.compile(r"^(\s*)(```+|~~~+)\s*([^\s`]*)")
MARKER = re.compile(r"^\s*<!-- (snippet|output): (\S+?)(?:#(\S+))? -->\s*$")
REGION = re.compile(r"^\s*(?://|#) \[(\w+)\]\s*$")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)\s]*)?\)")
# Where a snippet may come from: folders whose files are compiled and run by tests.
TESTED = {"cpp": ("examples/",), "cmake": ("tests/consumer/",), "text": ("examples/",)}
LANGUAGES = {"c++": "cpp", "cc": "cpp", "cxx": "cpp", "hpp": "cpp", "c": "cpp"}


def normal(lines):
    """Returns the text without common indentation and without blank lines around it."""
    return textwrap.dedent("\n".join(line.rstrip() for line in lines)).strip("\n")


def region_of(text, tag):
    """Returns the region of a tag, or the whole file without tags where tag is None."""
    inside, found, kept = tag is None, 0, []
    for line in text.splitlines():
        marker = REGION.match(line)
        if marker:
            if marker[1] == tag:
                inside = not inside
                found += 1
        elif inside and "SPDX-License-Identifier" not in line:
            kept.append(line)
    if tag is not None and found != 2:
        raise ValueError(f"[{tag}] stands there {found} times, not twice")
    return normal(kept)


def blocks_of(text):
    """Yields (line number, language, lines, marker or None) of each fenced block."""
    lines = text.splitlines()
    at, marker = 0, None
    while at < len(lines):
        fence = FENCE.match(lines[at])
        if not fence:
            if lines[at].strip():
                marker = MARKER.match(lines[at])
            at += 1
            continue
        begin = at
        at += 1
        while at < len(lines) and lines[at].strip() != fence[2]:
            at += 1
        language = fence[3].lower()
        yield begin + 1, LANGUAGES.get(language, language), lines[begin + 1 : at], marker
        at += 1
        marker = None


def block_problem(root, language, lines, marker):
    """Returns what is wrong with one block, or None."""
    if not language:
        return "the block names no language (text, if there is none)"
    if marker is None:
        if language in ("cpp", "cmake"):
            return f"a block of {language} without <!-- snippet: file#tag --> above it"
        return None
    kind, source, tag = marker.groups()
    if (kind == "snippet") != (language in ("cpp", "cmake")):
        return f"a block of {language} cannot be marked as {kind}"
    if not source.startswith(TESTED.get(language, ("examples/",))):
        return f"{source} is not in a folder whose files are tested"
    if not (root / source).is_file():
        return f"{source} does not exist"
    try:
        expected = region_of((root / source).read_text(), tag)
    except ValueError as error:
        return f"{source}: {error}"
    if normal(lines) != expected:
        return f"differs from {source}{'#' + tag if tag else ''}"
    return None


def check(root):
    """Returns the problems of all pages."""
    problems = []
    for page in [root / "README.md", *sorted((root / "docs").glob("**/*.md"))]:
        if not page.is_file():
            continue
        name = page.relative_to(root)
        text = page.read_text()
        awaited = None
        for line, language, lines, marker in blocks_of(text):
            wrong = block_problem(root, language, lines, marker)
            if wrong:
                problems.append(f"{name}:{line}: {wrong}")
            if awaited and not (marker and marker[1] == "output"):
                problems.append(f"{name}:{awaited}: the program is not followed by its output")
            whole = language == "cpp" and any(re.match(r"\s*int main\(", one) for one in lines)
            awaited = line if whole else None
        if awaited:
            problems.append(f"{name}:{awaited}: the program is not followed by its output")
        for at, line_text in enumerate(text.splitlines(), 1):
            for link in LINK.findall(line_text):
                if not (page.parent / link).exists():
                    problems.append(f"{name}:{at}: a link leads nowhere: {link}")
    return problems


if __name__ == "__main__":
    where = cpp_text.root_of(sys.argv[1:], __doc__)
    sys.exit(cpp_text.report("snippets", check(where)))
