#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Requires that the summary of tests/run.sh and the check of the examples' output see what is wrong.

What decides whether all is well is itself tried with what is not.
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[1]

# What CTest writes: a test that passed, failed, skipped itself, is switched off, has no program.
CASES = {
    "passed": '<testcase name="a" status="run"/>',
    "failed": '<testcase name="a" status="fail"><failure/><system-out>why</system-out></testcase>',
    "skipped": '<testcase name="a" status="notrun">'
    '<skipped message="SKIP_RETURN_CODE=77"/></testcase>',
    "disabled": '<testcase name="a" status="disabled"/>',
    "missing": '<testcase name="a" status="notrun">'
    '<skipped message="Unable to find executable"/></testcase>',
}


class Scripts(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def summary(self, cases, status, *arguments):
        report = self.folder / "dev.xml"
        report.write_text(f"<testsuite>{''.join(CASES[case] for case in cases)}</testsuite>")
        run = subprocess.run(
            [sys.executable, ROOT / "tests/summary.py", "--ctest", f"{report}={status}", *arguments],
            capture_output=True, text=True, check=False,
        )
        return run.returncode, run.stdout

    def test_the_summary_counts_what_ctest_reported(self):
        for cases, status, words, good in [
            (["passed", "passed"], 0, "\n2 passed, 0 failed, 0 skipped\n", True),
            (["passed", "skipped", "disabled"], 0, "\n1 passed, 0 failed, 2 skipped\n", True),
            (["passed", "failed"], 8, "\n1 passed, 1 failed, 0 skipped\n", False),
            (["passed", "missing"], 8, "\n1 passed, 1 failed, 0 skipped\n", False),
            (["passed"], 8, "dev: ctest ended with 8", False),
            ([], 0, "dev: no test ran", False),
        ]:
            with self.subTest(cases=cases, status=status):
                returned, said = self.summary(cases, status)

                self.assertIn(words, "\n" + said)
                self.assertEqual(returned == 0, good)

    def test_the_summary_shows_what_a_failed_test_printed(self):
        self.assertIn("| why", self.summary(["failed"], 8)[1])

    def test_the_summary_fails_with_a_failed_step(self):
        returned, said = self.summary(["passed"], 0, "--failed", "format", "--passed", "clang-tidy")

        self.assertIn("2 passed, 1 failed, 0 skipped", said)
        self.assertEqual(returned, 1)

    def example(self, name, script, expected):
        program = self.folder / "program"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        if expected is not None:
            (self.folder / f"{name}.expected").write_text(expected)
        run = subprocess.run(
            [sys.executable, ROOT / "examples/check_output.py", program,
             self.folder / f"{name}.expected"],
            capture_output=True, text=True, check=False,
        )
        return run.stderr

    def test_an_example_prints_what_it_should(self):
        for name, script, expected, words in [
            ("01_a", "echo one", "one\n", ""),
            ("ledger", "echo one", None, ""),
            ("02_b", "echo one", "one", "+one"),
            ("03_c", "echo one", "two\n", "+one"),
            ("04_d", "echo one", None, "is missing"),
            ("05_e", "echo one; exit 3", "one\n", "ended with 3"),
        ]:
            with self.subTest(name):
                said = self.example(name, script, expected)

                self.assertIn(words, said)
                self.assertEqual(said == "", words == "")


if __name__ == "__main__":
    unittest.main()
