#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plants one defect after the other and requires that check_sqlite_api.py reports each.

usage: selftest.py SQLITE3_H
"""

import pathlib
import sys
import tempfile
import unittest

import check_sqlite_api
import cpp_text

PAGE = "docs/sqlite.md"
CODE = "include/lend/drivers/sqlite_callbacks.hpp"
SETTINGS = "include/lend/drivers/sqlite_settings.hpp"
DRIVER = "include/lend/drivers/sqlite.hpp"
TEST = "tests/drivers/sqlite_borrower.hpp"
SETTINGS_TEST = "tests/drivers/sqlite_settings_test.cpp"
HEADER = "sqlite3.h"

LAST = "SQLITE_API const char *sqlite3_libversion(void);"

# Each: name, file, what is replaced, by what, words of the report.
DEFECTS = [
    ("a new hook", HEADER, LAST,
     LAST + "\nSQLITE_API void sqlite3_moon_hook(sqlite3*, int(*)(void*), void*);",
     "sqlite3_moon_hook takes a callback and is not in"),
    ("a new function with a callback over several lines", HEADER, LAST,
     LAST + "\nSQLITE_API int sqlite3_moon(\n  sqlite3*, /* (*) */\n  int(*xMoon)(\n    void*, int),\n"
     "  void*\n);", "sqlite3_moon takes a callback"),
    ("a new function that takes a named type of function", HEADER, LAST,
     LAST + "\ntypedef void (*sqlite3_tide)(void*);\nSQLITE_API int sqlite3_sea(sqlite3_tide);",
     "sqlite3_sea takes a callback"),
    ("a new structure of callbacks", HEADER, LAST,
     LAST + "\nstruct sqlite3_sky {\n int (*xStar)(void*);\n};\n"
     "SQLITE_API int sqlite3_look(sqlite3*, const struct sqlite3_sky*);",
     "sqlite3_look takes a callback"),
    ("a new operation with any arguments", HEADER, LAST,
     LAST + "\nSQLITE_API int sqlite3_do(sqlite3*, int op, ...);", "sqlite3_do takes a callback"),
    ("a new member of FTS5", HEADER, "(*xCreateTokenizer)(",
     "(*xCreateStar)(fts5_api*, void (*)(void*));\n  int (*xCreateTokenizer)(",
     "fts5_api.xCreateStar takes a callback"),
    ("a new switch", HEADER, LAST, LAST + "\n#define SQLITE_DBCONFIG_MOON 4711",
     "SQLITE_DBCONFIG_MOON is not in sqlite_settings.hpp"),
    ("no functions", HEADER, "sqlite3_", "mysql3_", "declares no sqlite3_exec"),
    ("no switches", HEADER, "SQLITE_DBCONFIG_", "X_", "no SQLITE_DBCONFIG_ was found"),
    ("a hook that is not listed", PAGE, "`sqlite3_wal_hook`", "the WAL's",
     "sqlite3_wal_hook takes a callback"),
    ("a hook that is listed twice", PAGE, "`sqlite3_wal_hook`",
     "`sqlite3_wal_hook`, `sqlite3_wal_hook`", "stands there twice"),
    ("a hook that does not exist", PAGE, "`sqlite3_wal_hook`",
     "`sqlite3_wal_hook`, `sqlite3_wall_hook`", "declares no sqlite3_wall_hook"),
    ("a hook of which nothing is said", PAGE, "| taken out; SQLite's own,", "| SQLite's own,",
     "what becomes of sqlite3_wal_hook is none of"),
    ("a hook that is not taken out", CODE, "sqlite3_wal_hook", "sqlite3_wal",
     "sqlite_callbacks.hpp does not name sqlite3_wal_hook"),
    ("a hook that no test sets", TEST, "sqlite3_update_hook", "sqlite3_update",
     "no test sets sqlite3_update_hook"),
    ("a switch that is not set again", SETTINGS, "SQLITE_DBCONFIG_DEFENSIVE,", "",
     "SQLITE_DBCONFIG_DEFENSIVE is not in"),
    ("a new function that takes a connection", HEADER, LAST,
     LAST + "\nSQLITE_API int sqlite3_enable_moon(sqlite3 *db, int onoff);",
     "sqlite3_enable_moon may set something"),
    ("a new control of a file", HEADER, LAST, LAST + "\n#define SQLITE_FCNTL_MOON 4711",
     "SQLITE_FCNTL_MOON may set something"),
    ("no controls", HEADER, "SQLITE_FCNTL_", "X_", "or no SQLITE_FCNTL_, was found"),
    ("a setter that is not listed", PAGE, "`sqlite3_enable_load_extension`", "another",
     "sqlite3_enable_load_extension may set something"),
    ("a setter that is listed twice", PAGE, "`sqlite3_drop_modules`",
     "`sqlite3_drop_modules`, `sqlite3_drop_modules`", "stands there twice"),
    ("a setter that does not exist", PAGE, "`sqlite3_drop_modules`",
     "`sqlite3_drop_modules`, `sqlite3_drop_moons`", "declares no sqlite3_drop_moons"),
    ("a setter that sets nothing", PAGE, "`sqlite3_drop_modules`",
     "`sqlite3_drop_modules`, `sqlite3_changes`", "sqlite3_changes is said to set nothing"),
    ("a setter of which nothing is said", PAGE, "| set again, both for", "| both for",
     "what becomes of sqlite3_enable_load_extension is none of"),
    ("a setter that is not set again", SETTINGS, "sqlite3_enable_load_extension", "sqlite3_enable",
     "the driver does not name sqlite3_enable_load_extension"),
    ("a control that is not set again", SETTINGS, "SQLITE_FCNTL_PERSIST_WAL,", "",
     "the driver does not name SQLITE_FCNTL_PERSIST_WAL"),
    ("a control that no test sets", SETTINGS_TEST, "SQLITE_FCNTL_PERSIST_WAL", "SQLITE_FCNTL_PERSIST",
     "no test sets SQLITE_FCNTL_PERSIST_WAL"),
]


def problems_of(files):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        return "\n".join(check_sqlite_api.check(files[HEADER], root))


class Planted(unittest.TestCase):
    header = ""

    def files(self):
        tests = sorted((cpp_text.ROOT / "tests" / "drivers").glob("*.[ch]pp"))
        names = [PAGE, CODE, SETTINGS, DRIVER, *(str(p.relative_to(cpp_text.ROOT)) for p in tests)]
        return {name: (cpp_text.ROOT / name).read_text() for name in names} | {HEADER: self.header}

    def test_the_installed_header_has_no_problems(self):
        self.assertEqual(problems_of(self.files()), "")

    def test_each_planted_defect_is_reported(self):
        for name, path, old, new, words in DEFECTS:
            with self.subTest(name):
                files = self.files()
                self.assertIn(old, files[path])
                where = [p for p in files if p.startswith("tests/")] if path == TEST else [path]
                for one in where:
                    files[one] = files[one].replace(old, new)
                self.assertIn(words, problems_of(files))


if __name__ == "__main__":
    Planted.header = pathlib.Path(sys.argv.pop(1)).read_text(errors="replace")
    unittest.main()
