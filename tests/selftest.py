#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Requires that the summary of tests/run.sh, the check of the examples' output and the long simulation
see what is wrong, and that no script does anything with an argument that it does not know.

What decides whether all is well is itself tried with what is not.
"""

import os
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

# A test program with random searches, of 1 000 schedules at scale 1, and exhaustive ones of 77 and of
# 30 for each pre-emption; the latter's test has no other.
SIMULATED = """#!/bin/sh
case $1 in
    --gtest_list_tests) printf 'PoolSim.\\n  one\\n  two  # a comment\\n  all\\nSimClock.\\n  no\\n'; exit ;;
esac
case $1 in *.all)
    printf 'c\\tall within the bound\\t%s\\t9\\n' $((30 * LEND_SIM_PREEMPTIONS)) >>"$LEND_SIM_REPORT"
    exit ;;
esac
runs=$(echo "$LEND_SIM_SCALE $BASE" | awk '{print int($1 * $2)}')
printf 'a\\trandom\\t%s\\t5000\\n' "$runs" >>"$LEND_SIM_REPORT"
case $1 in *.two) printf 'b\\tall within the bound\\t77\\t700\\n' >>"$LEND_SIM_REPORT" ;; esac
case $1,$LEND_SIM_SKIP in "$BREAKS") echo "replay with LEND_SIM_SEED=12"; exit 1 ;; esac
"""


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

    def simulation(self, breaks="", base=1000):
        program = self.folder / "program"
        program.write_text(SIMULATED)
        program.chmod(0o755)
        run = subprocess.run(
            [sys.executable, ROOT / "tests/simulation.py", program, "--schedules", "5000",
             "--skip", "3"],
            capture_output=True, text=True, check=False,
            env=dict(os.environ, BREAKS=breaks, BASE=str(base)),
        )
        return run.returncode, run.stdout

    def test_the_simulation_runs_as_many_schedules_as_were_asked_for(self):
        returned, said = self.simulation()

        self.assertEqual(returned, 0)
        self.assertIn("3 tests, 2.50 times the schedules of a commit, from seed 4 on", said)
        self.assertIn("5,000 random schedules", said)
        self.assertIn("77             700  b (all within the bound)", said)
        self.assertIn("60               9  c (all within the bound)", said)
        self.assertNotIn("SimClock", said)

    def test_the_simulation_fails_with_a_test_in_the_short_run_or_in_the_long_one(self):
        for breaks in ("--gtest_filter=PoolSim.two,0", "--gtest_filter=PoolSim.one,3"):
            with self.subTest(breaks):
                returned, said = self.simulation(breaks)

                self.assertEqual(returned, 1)
                self.assertIn("replay with LEND_SIM_SEED=12", said)
                self.assertIn("1 tests FAILED", said)

    def test_a_program_that_searches_nothing_fails(self):
        self.assertEqual(self.simulation(base=0)[0], 1)


# What is read by other scripts, and starts with its first argument whatever that is.
TAKE_ANYTHING = {"cmake/steps.sh", "tests/portability/emulate.sh"}
# What a script that does not refuse an argument would call.
TOOLS = ["apt-get", "clang++", "cmake", "ctest", "g++", "git", "ninja", "sudo"]


def written_files(*suffixes):
    """The project's own files with such suffixes: nothing below a build folder, where files come and
    go while the tests run."""
    for folder, below, names in os.walk(ROOT):
        below[:] = sorted(name for name in below if not name.startswith(("build", ".")))
        for name in sorted(names):
            path = pathlib.Path(folder, name)
            if path.suffix in suffixes:
                yield path


class Arguments(unittest.TestCase):
    """A script that is given an argument which it does not know says so and does nothing."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.called = self.folder / "called"
        for tool in TOOLS:
            stub = self.folder / tool
            stub.write_text(f"#!/bin/sh\necho {tool} >>'{self.called}'\nexit 1\n")
            stub.chmod(0o755)

    def problem_of(self, command):
        path = f"{self.folder}:{os.environ['PATH']}"
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60,
                             env=dict(os.environ, PATH=path))
        if run.returncode == 0:
            return "ended well"
        return "called " + self.called.read_text() if self.called.exists() else None

    def test_every_script_refuses_what_it_does_not_know(self):
        scripts = {}
        for path in written_files(".sh", ".py"):
            name = str(path.relative_to(ROOT))
            if name in TAKE_ANYTHING:
                continue
            if path.suffix == ".sh":
                scripts[name] = ["bash", path]
            elif '__name__ == "__main__"' in path.read_text() and "selftest" not in path.stem:
                scripts[name] = [sys.executable, "-B", path]
        self.assertIn("examples/run.sh", scripts)
        self.assertIn("tests/run.sh", scripts)
        for name, command in scripts.items():
            with self.subTest(name):
                self.assertIsNone(self.problem_of([*command, "nonsense"]))

    def test_a_script_that_takes_anything_is_found(self):
        script = self.folder / "script.sh"
        script.write_text("exit 0\n")
        self.assertEqual(self.problem_of(["bash", script, "nonsense"]), "ended well")
        script.write_text("cmake --build x\n")
        self.assertEqual(self.problem_of(["bash", script, "nonsense"]), "called cmake\n")


if __name__ == "__main__":
    unittest.main()
