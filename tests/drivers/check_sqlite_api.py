#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that what lend knows of SQLite's C interface is all that sqlite3.h declares.

usage: check_sqlite_api.py SQLITE3_H [ROOT]

Callbacks: every function that takes one, by itself or in a structure, stands in the table "What
SQLite calls" of docs/sqlite.md, with what becomes of it. One that is "taken out" is named by
include/lend/drivers/sqlite_callbacks.hpp and by a test. A name in the table that this header does
not declare has to be known: some are newer or need an option.

Switches: every SQLITE_DBCONFIG_ stands in include/lend/drivers/sqlite_settings.hpp.

What else is set: every other function that takes a connection, and every SQLITE_FCNTL_, stands in
the table "What else a borrower sets" of docs/sqlite.md, unless it is known here to set nothing. One
that is "set again" is named by the driver and by a test.
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

SET_HEADING = "## What else a borrower sets"
SET_FATES = ("set again", "stays", "its owner's", "ends with", "the connection is destroyed")
SET_NOT_EVERYWHERE = {"sqlite3_setlk_timeout", "SQLITE_FCNTL_BLOCK_ON_CONNECT",
                      "SQLITE_FCNTL_NULL_IO"}
# What takes a connection, and leaves nothing set on it when it has returned.
SETS_NOTHING = {
    "sqlite3_" + name for name in """
    changes changes64 close close_v2 commit_status db_cacheflush db_filename db_handle db_mutex
    db_name db_readonly db_release_memory db_status db_status64 declare_vtab errcode errmsg errmsg16
    error_offset extended_errcode get_autocommit get_clientdata get_table interrupt is_interrupted
    last_insert_rowid next_stmt open open16 open_v2 preupdate_blobwrite preupdate_count
    preupdate_depth preupdate_new preupdate_old serialize set_errmsg snapshot_get snapshot_recover
    str_new system_errno table_column_metadata total_changes total_changes64 txn_state
    vtab_on_conflict wal_checkpoint wal_checkpoint_v2""".split()
} | {
    # Asked, done at once, or SQLite's own word to a file.
    "SQLITE_FCNTL_" + name for name in """
    BEGIN_ATOMIC_WRITE BUSYHANDLER CKPT_DONE CKPT_START COMMIT_ATOMIC_WRITE COMMIT_PHASETWO
    DATA_VERSION EXTERNAL_READER FILESTAT FILE_POINTER GET_LOCKPROXYFILE HAS_MOVED JOURNAL_POINTER
    LAST_ERRNO LOCKSTATE OVERWRITE PDB PRAGMA RESET_CACHE ROLLBACK_ATOMIC_WRITE SIZE_HINT SYNC
    SYNC_OMITTED TEMPFILENAME TRACE VFSNAME VFS_POINTER WAL_BLOCK WIN32_GET_HANDLE""".split()
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
CONTROL = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(SQLITE_FCNTL_\w+)", re.M)
CONNECTION = re.compile(r"\bsqlite3\s*\*")
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


def functions_of(text):
    """Yields (name, arguments) of every function that is declared."""
    plain = re.sub(r"typedef[^;{}]*;", " ", text)
    for one in FUNCTION.finditer(plain):
        begin = one.end() - 1
        end = closing(plain, begin, "()")
        if plain[end + 1:].lstrip()[:1] != ";" and "{" not in plain[end + 1:end + 4]:
            if not plain[end + 1:].lstrip().startswith(("SQLITE_", "__")):
                continue
        yield one.group(1), plain[begin + 1:end]


def callbacks_of(header):
    """Returns the names of what takes a callback: functions, and structure.member."""
    text = DIRECTIVE.sub("", COMMENT.sub(" ", header))
    types, holders = types_with_callbacks(text)
    # Handed out by SQLite, with functions of its own.
    holders -= {"Fts5ExtensionApi", "fts5_api", "sqlite3_rtree_geometry", "sqlite3_rtree_query_info",
                "sqlite3_api_routines"}
    found = {name for name, arguments in functions_of(text)
             if takes_callback(arguments, types, holders)}
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


def settings_of(header):
    """Returns what can set something on a connection: functions that take one and no callback, and
    controls of files."""
    text = DIRECTIVE.sub("", COMMENT.sub(" ", header))
    takers = {name for name, arguments in functions_of(text) if CONNECTION.search(arguments)}
    return takers - callbacks_of(header), set(CONTROL.findall(header))


def table_of(page, heading, fates):
    """Yields (line number, name, fate) of the table under a heading."""
    inside = False
    for number, line in enumerate(page.splitlines(), 1):
        if line.startswith("## "):
            inside = line.strip() == heading
        row = ROW.match(line) if inside else None
        if not row or set(row.group(1)) <= set("-| "):
            continue
        cells = [cell.strip() for cell in row.group(1).split("|")]
        fate = next((one for one in fates if cells[-1].startswith(one)), None)
        for name, member in NAME.findall(cells[0]):
            yield number, f"{name}.{member}" if member else name, fate


def callback_problems(header, page, code, tests):
    """Yields what is wrong with the table of callbacks."""
    declared = callbacks_of(header)
    listed = {}
    for number, name, fate in table_of(page, HEADING, FATES):
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


def setting_problems(header, page, code, tests):
    """Yields what is wrong with the table of what else is set."""
    functions, controls = settings_of(header)
    if not functions or not controls:
        yield "sqlite3.h: no function that takes a connection, or no SQLITE_FCNTL_, was found"
    listed = set()
    for number, name, fate in table_of(page, SET_HEADING, SET_FATES):
        where = f"docs/sqlite.md:{number}: "
        if name in listed:
            yield f"{where}{name} stands there twice"
        listed.add(name)
        if fate is None:
            yield f"{where}what becomes of {name} is none of: {', '.join(SET_FATES)}"
        if name not in functions | controls | SET_NOT_EVERYWHERE:
            yield f"{where}sqlite3.h declares no {name} that sets something on a connection"
        if name in SETS_NOTHING:
            yield f"{where}{name} is said to set nothing by this script"
        word = re.compile(rf"\b{re.escape(name)}\b")
        if fate == "set again" and not word.search(code):
            yield f"{where}the driver does not name {name}"
        if fate == "set again" and not word.search(tests):
            yield f"{where}no test sets {name}"
    for name in sorted((functions | controls) - listed - SETS_NOTHING):
        yield (f"sqlite3.h: {name} may set something on a connection and is not in docs/sqlite.md, "
               f"\"{SET_HEADING[3:]}\"")


def check(header, root):
    """Returns the problems."""
    drivers = root / "include" / "lend" / "drivers"
    tests = "".join(p.read_text() for p in sorted((root / "tests" / "drivers").glob("*.[ch]pp")))
    page = (root / "docs" / "sqlite.md").read_text()
    settings = (drivers / "sqlite_settings.hpp").read_text()
    setting = settings + (drivers / "sqlite.hpp").read_text()
    return [*callback_problems(header, page, (drivers / "sqlite_callbacks.hpp").read_text(), tests),
            *switch_problems(header, settings), *setting_problems(header, page, setting, tests)]


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    where = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else cpp_text.ROOT
    text = pathlib.Path(sys.argv[1]).read_text(errors="replace")
    print(f"{len(callbacks_of(text))} callbacks in {sys.argv[1]}")
    sys.exit(cpp_text.report("SQLite's interface", check(text, where)))
