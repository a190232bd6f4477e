#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Adds up what CTest reported, shows what failed, names what was skipped, ends with one sentence.

usage: summary.py [--passed NAME] [--failed NAME] [--ctest FILE=STATUS] ...

FILE is what ctest --output-junit wrote, STATUS what ctest returned; one that is not zero counts as
a failure even where no test failed, and so does a run without tests. Ends with status 1 where something failed or nothing ran.
"""

import argparse
import pathlib
import sys
import xml.etree.ElementTree as xml

# How much of a failed test's output is shown; build/logs has all of it.
SHOWN_LINES = 20
# What CTest says of a test that ran and chose to be skipped, or is switched off by its name.
SKIP_MESSAGES = ("SKIP_RETURN_CODE", "SKIP_REGULAR_EXPRESSION_MATCHED", "Disabled")


def outcome_of(case):
    """Returns passed, failed or skipped. A test whose program is missing did not skip: it failed."""
    status = case.get("status")
    if status == "run":
        return "passed"
    if status == "disabled":
        return "skipped"
    skipped = case.find("skipped")
    if status == "notrun" and skipped is not None:
        if skipped.get("message", "").startswith(SKIP_MESSAGES):
            return "skipped"
    return "failed"


def end_of_output(case):
    """Returns the last lines that a test printed, indented."""
    lines = (case.findtext("system-out") or "").strip().splitlines()[-SHOWN_LINES:]
    return "".join(f"\n        | {line}" for line in lines)


def collect(arguments):
    """Returns the names of all tests by outcome, those that failed with what they printed last."""
    names = {"passed": list(arguments.passed), "failed": list(arguments.failed), "skipped": []}
    for run in arguments.ctest:
        report, status = run.rsplit("=", 1)
        preset = pathlib.Path(report).stem
        cases = []
        if pathlib.Path(report).exists():
            cases = list(xml.parse(report).getroot().iter("testcase"))
        outcomes = [outcome_of(case) for case in cases]
        for outcome, case in zip(outcomes, cases):
            shown = end_of_output(case) if outcome == "failed" else ""
            names[outcome].append(f"{preset}: {case.get('name')}{shown}")
        if not cases:
            names["failed"].append(f"{preset}: no test ran")
        elif status != "0" and "failed" not in outcomes:
            names["failed"].append(f"{preset}: ctest ended with {status}")
    return names


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for option in ("--passed", "--failed", "--ctest"):
        parser.add_argument(option, action="append", default=[])
    names = collect(parser.parse_args())

    if names["skipped"]:
        print(f"NOT TESTED: {len(names['skipped'])} tests were skipped, so nothing is known of:")
        print("\n".join(f"    {name}" for name in names["skipped"]))
    if names["failed"]:
        print("FAILED:")
        print("\n".join(f"    {name}" for name in names["failed"]))
    passed, failed, skipped = (len(names[k]) for k in ("passed", "failed", "skipped"))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")

    if failed:
        print("lend is NOT in order: see what failed above, and build/logs for all of it.")
    elif not passed:
        print("Nothing was tested.")
    elif skipped:
        print("All that ran is in order, but some tests were skipped.")
    else:
        print("lend is in order: every test passed, none was skipped.")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
