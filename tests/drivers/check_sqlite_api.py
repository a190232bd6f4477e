#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that what lend knows of SQLite's C interface is all that sqlite3.h declares.

usage: check_sqlite_api.py SQLITE3_H [ROOT]

Callbacks: every function that takes one, by itself or in a structure, stands in the table "What
SQLite calls" of docs/sqlite.md, with what becomes of it. One that is "taken out" is named by
include/lend/drivers/sqlite_callbacks.hpp and by a test. A name in the table that this header does
not declare has to be known: some are newer or need an option.

Switches: every SQLITE_DBCONFIG_ stands in include/lend/drivers/sqlite_settings.hpp.
"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cpp_text  # noqa: E402

HEADING = "## What SQLite calls"
FATES = ("taken out", "ends with the call", "its owner's", "stays", "the process's")
# Younger than SQLite 3.34.
NOT_EVERYWHERE = {
    "sqlite3_autovacuum_pages", "sqlite3_set_clientdata", "sqlite3_carray_bind",
    "sqlite3_carray_bind_v2", "sqlite3changeset_apply_v3", "sqlite3changeset_apply_v3_strm",
    "fts5_api.xCreateTokenizer_v2", "fts5_api.xFindTokenizer_v2", "Fts5ExtensionApi.xTokenize_v2",
}

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*$", re.M)
FUNCTION_POINTER = re.compile(r"\(\s*\*\s*(\w*)\s*\)\s*\(")
TYPEDEF = re.compile(r"typedef[^;{}]*\(\s*\*\s*(\w+)\s*\)\s*\([^;]*\)\s*;")
FUNCTION = re.compile(r"\b(sqlite3\w*)\s*\(")
STRUCT = re.compile(r"\bstruct\s+(\w+)\s*\{")
# "int op, ..." and not "const char *zFormat, ...": whatever goes with an operation.
ANYTHING = re.compile(r"\bint(?:\s+\w+)?\s*,\s*\.\.\.\s*$")
SWITCH = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(SQLITE_DBCONFIG_\w+)", re.M)
ROW = re.compile(r"^\|(.*)\|\s*$")
NAME = re.compile(r"`(\w+)(?:\.(\w+))?`")


def closing(text, at, pair):
    """Returns where the bracket that opens at `at` is closed."""
    depth = 0
    for i in range(at, len(text)):
        depth += (text[i] == pair[0]) - (text[i] == pair[1])
        if depth == 0:
            return i
    return len(text)


def structures(text):
    """Yields (name, body) of every structure."""
    for found in STRUCT.finditer(text):
        begin = found.end() - 1
        yield found.group(1), text[begin + 1:closing(text, begin, "{}")]


def types_with_callbacks(text):
    """Returns the types by which a function can be given a callback: pointers to functions, and
    structures that have some which a program fills in."""
    types = {found.group(1) for found in TYPEDEF.finditer(text)}
    holders = {name for name, body in structures(text) if FUNCTION_POINTER.search(body)}
    return types, holders


def takes_callback(arguments, types, holders):
    if FUNCTION_POINTER.search(arguments) or ANYTHING.search(arguments):
        return True
    if any(re.search(rf"\b{one}\b", arguments) for one in types):
        return True
    return any(re.search(rf"\b{one}\s*\*", arguments) for one in holders)


def callbacks_of(header):
    """Returns the names of what takes a callback: functions, and structure.member."""
    text = DIRECTIVE.sub("", COMMENT.sub(" ", header))
    types, holders = types_with_callbacks(text)
    # Handed out by SQLite, with functions of its own.
    holders -= {"Fts5ExtensionApi", "fts5_api", "sqlite3_rtree_geometry", "sqlite3_rtree_query_info",
                "sqlite3_api_routines"}
    found = set()
    plain = re.sub(r"typedef[^;{}]*;", " ", text)
    for one in FUNCTION.finditer(plain):
        begin = one.end() - 1
        end = closing(plain, begin, "()")
        if plain[end + 1:].lstrip()[:1] != ";" and "{" not in plain[end + 1:end + 4]:
            if not plain[end + 1:].lstrip().startswith(("SQLITE_", "__")):
                continue
        if takes_callback(plain[begin + 1:end], types, holders):
            found.add(one.group(1))
    for name in ("Fts5ExtensionApi", "fts5_api"):
        for struct, body in structures(text):
            if struct == name:
                found.update(f"{name}.{member}" for member in members(body, types, holders))
    return found


def members(body, types, holders):
    """Yields the members of a structure that are functions which take a callback."""
    for one in FUNCTION_POINTER.finditer(body):
        begin = one.end() - 1
        if takes_callback(body[begin + 1:closing(body, begin, "()")], types, holders):
            yield one.group(1)


def table_of(page):
    """Yields (line number, name, fate) of the table of callbacks."""
    inside = False
    for number, line in enumerate(page.splitlines(), 1):
        if line.startswith("## "):
            inside = line.strip() == HEADING
        row = ROW.match(line) if inside else None
        if not row or set(row.group(1)) <= set("-| "):
            continue
        cells = [cell.strip() for cell in row.group(1).split("|")]
        fate = next((one for one in FATES if cells[-1].startswith(one)), None)
        for name, member in NAME.findall(cells[0]):
            yield number, f"{name}.{member}" if member else name, fate


def callback_problems(header, page, code, tests):
    """Yields what is wrong with the table of callbacks."""
    declared = callbacks_of(header)
    listed = {}
    for number, name, fate in table_of(page):
        if name in listed:
            yield f"docs/sqlite.md:{number}: {name} stands there twice"
        listed[name] = fate
        if fate is None:
            yield f"docs/sqlite.md:{number}: what becomes of {name} is none of: {', '.join(FATES)}"
        if name not in declared | NOT_EVERYWHERE:
            yield f"docs/sqlite.md:{number}: sqlite3.h declares no {name} that takes a callback"
        if fate == "taken out":
            word = re.compile(rf"\b{re.escape(name)}\b")
            if not word.search(code):
                yield f"docs/sqlite.md:{number}: sqlite_callbacks.hpp does not name {name}"
            if not word.search(tests):
                yield f"docs/sqlite.md:{number}: no test sets {name}"
    for name in sorted(declared - set(listed)):
        yield f"sqlite3.h: {name} takes a callback and is not in docs/sqlite.md, \"{HEADING[3:]}\""


def switch_problems(header, settings):
    """Yields the switches that are not set again."""
    named = set(re.findall(r"\bSQLITE_DBCONFIG_\w+", settings))
    declared = set(SWITCH.findall(header)) - {"SQLITE_DBCONFIG_MAX"}
    for one in sorted(declared - named):
        yield f"sqlite3.h: {one} is not in sqlite_settings.hpp"
    if not declared:
        yield "sqlite3.h: no SQLITE_DBCONFIG_ was found"


def check(header, root):
    """Returns the problems."""
    drivers = root / "include" / "lend" / "drivers"
    tests = "".join(p.read_text() for p in sorted((root / "tests" / "drivers").glob("*.[ch]pp")))
    return [*callback_problems(header, (root / "docs" / "sqlite.md").read_text(),
                               (drivers / "sqlite_callbacks.hpp").read_text(), tests),
            *switch_problems(header, (drivers / "sqlite_settings.hpp").read_text())]


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    where = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else cpp_text.ROOT
    text = pathlib.Path(sys.argv[1]).read_text(errors="replace")
    print(f"{len(callbacks_of(text))} callbacks in {sys.argv[1]}")
    sys.exit(cpp_text.report("SQLite's interface", check(text, where)))
