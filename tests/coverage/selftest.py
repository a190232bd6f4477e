#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Requires that the report of the coverage sees what is not reached, merges instantiations, leaves
out what the compiler decides, and takes no justification that is not needed.
"""

import contextlib
import io
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import report  # noqa: E402

SOURCE = "int f(bool a, bool b) {\n    if (a && b)\n        return 1;\n    return 2;\n}\n"
NAME = "include/lend/some.hpp"
ALL = {"reached": 5, "returns": 2, "a": (3, 2), "b": (2, 1), "conditions": (True, True)}


def entry(root, reached, returns, a, b, conditions):
    """One file of an export: a function of two conditions, as SOURCE has it."""
    return {
        "filename": str(root / NAME),
        # line, column, count, has a count, begins a region, is a gap
        "segments": [[1, 23, reached, True, True, False], [2, 14, a[0], True, True, False],
                     [2, 15, reached, True, False, False], [2, 16, returns, True, True, True],
                     [3, 9, returns, True, True, False],
                     [3, 17, reached, True, False, False], [5, 2, 0, False, False, False]],
        "branches": [[2, 9, 2, 10, *a, 0, 0, 6], [2, 14, 2, 15, *b, 0, 0, 6]],
        "mcdc_records": [[2, 9, 2, 15, 0, 5, list(conditions)]],
    }


class Report(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve()
        (self.root / NAME).parent.mkdir(parents=True)
        (self.root / NAME).write_text(SOURCE)

    def run_report(self, *instantiations, justified=""):
        files = [entry(self.root, **{**ALL, **changes}) for changes in instantiations]
        (self.root / "export.json").write_text(json.dumps({"data": [{"files": files}]}))
        (self.root / "justified.txt").write_text(justified)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            status = report.main([self.root / "export.json", self.root / "justified.txt", self.root])
        return status, said.getvalue()

    def test_what_is_reached_is_good(self):
        status, said = self.run_report({})

        self.assertEqual(status, 0, said)
        self.assertIn("100.00 % (5/5, 0 justified)", said)
        self.assertIn("100.00 % (4/4, 0 justified)", said)
        self.assertIn("100.00 % (2/2, 0 justified)", said)

    def test_a_line_an_outcome_and_a_condition_that_are_not_reached_are_named(self):
        for changes, words in [
            ({"returns": 0}, f"{NAME}:3: line: return 1;"),
            ({"b": (2, 0)}, f"{NAME}:2:14 never false: branch: if (a && b)"),
            ({"a": (0, 2), "b": (0, 0), "returns": 0}, f"{NAME}:2:9 never true: branch"),
            ({"conditions": (True, False)}, f"{NAME}:2:9 condition 2 never decides alone: condition"),
        ]:
            with self.subTest(changes=changes):
                status, said = self.run_report(changes)

                self.assertEqual(status, 1, said)
                self.assertIn("not covered: " + words, said)

    def test_what_one_instantiation_reaches_is_reached(self):
        # llvm-cov merges the lines of instantiations, and lists their branches one by one.
        files = entry(self.root, **ALL)
        other = entry(self.root, **{**ALL, "a": (0, 3), "b": (0, 0), "conditions": (False, False)})
        files["branches"] += other["branches"]
        files["mcdc_records"] += other["mcdc_records"]
        (self.root / "export.json").write_text(json.dumps({"data": [{"files": [files]}]}))
        header = report.read_export((self.root / "export.json").read_text(), self.root)[NAME]

        self.assertTrue(all(header.outcomes.values()) and all(header.conditions.values()))

    def test_a_line_that_goes_on_after_a_gap_is_as_reached_as_what_it_goes_on_with(self):
        # As clang has it after a block that returns: a gap of no count up to the next statement.
        segments = [[1, 1, 5, True, True, False], [2, 5, 5, True, True, False],
                    [3, 6, 0, True, False, True], [4, 5, 5, True, False, False],
                    [6, 2, 0, False, False, False]]
        self.assertEqual(dict(report.line_counts(segments))[4], 5)

        segments[3][2] = 0
        self.assertEqual(dict(report.line_counts(segments))[4], 0)

    def test_what_one_of_several_programs_reaches_is_reached(self):
        # A program that does not call a function has comments and all in one region of it, and
        # lists no branches; one that compiles it for another type may list them without a count.
        calls = entry(self.root, **ALL)
        calls["segments"][5:] = [[3, 17, 5, True, False, False], [4, 5, 0, False, True, False],
                                 [5, 1, 5, True, False, False], [5, 2, 0, False, False, False]]
        calls_not = {**calls, "branches": [], "mcdc_records": [],
                     "segments": [[1, 23, 0, True, True, False], [5, 2, 0, False, False, False]]}
        other = entry(self.root, reached=0, returns=0, a=(0, 0), b=(0, 0), conditions=(False, False))
        for programs in ([calls, calls_not], [calls_not, calls], [calls_not, other, calls]):
            lines = [json.dumps({"data": [{"files": [one]}]}) for one in programs]
            header = report.read_export("\n".join(lines), self.root)[NAME]

            self.assertEqual(set(header.outcomes.values()), {True})
            self.assertEqual(set(header.conditions.values()), {True})
            self.assertEqual(set(header.lines.values()), {True})

    def test_a_branch_that_the_compiler_decides_is_none(self):
        status, said = self.run_report({"b": (0, 0), "conditions": (True, False)})

        self.assertEqual(status, 0, said)
        self.assertIn("(2/2, 0 justified)", said)

    def test_a_reason_justifies_what_stands_above_it(self):
        good = f"[{NAME}]\nline: return 1;\n    nobody calls it so\n"
        status, said = self.run_report({"returns": 0}, justified=good)
        self.assertEqual(status, 0, said)
        self.assertIn("(4/5, 1 justified)", said)

        status, said = self.run_report({"returns": 0}, justified=good.replace("1;", "2;"))
        self.assertEqual(status, 1)

    def test_what_may_be_reached_by_chance_is_justified_whether_it_was_or_not(self):
        text = f"[{NAME}]\nline, by chance: return 1;\n    a race\n"
        for reached in ({"returns": 0}, {}):
            status, said = self.run_report(reached, justified=text)
            self.assertEqual(status, 0, said)

    def test_a_justification_that_is_not_needed_or_has_no_reason_is_refused(self):
        for text, words in [
            (f"[{NAME}]\nline: return 1;\n    nobody calls it so\n", "justifies nothing any more"),
            (f"[{NAME}]\nline: return 1;\n", "no reason"),
            ("line: return 1;\n    why\n", "neither [file]"),
            (f"[{NAME}]\nlines: return 1;\n    why\n", "neither [file]"),
        ]:
            with self.subTest(text=text):
                status, said = self.run_report({}, justified=text)

                self.assertEqual(status, 1)
                self.assertIn(words, said)

    def test_an_export_without_headers_is_no_success(self):
        (self.root / "export.json").write_text('{"data": [{"files": []}]}')
        (self.root / "justified.txt").write_text("")
        with contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(
                report.main([self.root / "export.json", self.root / "justified.txt", self.root]), 1)

    def test_drivers_need_a_share_only(self):
        self.assertEqual(report.group_of("include/lend/drivers/x.hpp"), "drivers")
        self.assertEqual(report.group_of("include/lend/com/x.hpp"), "com")
        self.assertEqual(report.group_of("include/lend/detail/x.hpp"), "core")
        counts = {("include/lend/drivers/x.hpp", kind): (94, 0, 100) for kind in report.KINDS}
        self.assertEqual(len(report.groups_below(counts)), 3)
        counts = {("include/lend/drivers/x.hpp", kind): (95, 0, 100) for kind in report.KINDS}
        self.assertEqual(report.groups_below(counts), [])


if __name__ == "__main__":
    unittest.main()
