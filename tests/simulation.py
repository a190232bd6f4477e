#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the simulations of a test program until enough random schedules have been tried, and its
exhaustive searches with more pre-emptions than each change has time for.

usage: simulation.py PROGRAM [--schedules N] [--skip N] [--preemptions N]

PROGRAM is lend_concurrency_tests. A first, short run of it tells how many schedules each test has at
a given scale; then the tests run side by side, one process each, with the scale that makes the
number wanted; those that are exhaustive only come first, since they take longest. Each search reports
its name, schedules and steps (tests/support/sim_explore.hpp).
"""

import argparse
import collections
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile
import time

PROBE = 0.01
Search = collections.namedtuple("Search", "name kind runs steps")


def searches_of(report):
    """Returns what the searches of a report file did."""
    found = []
    for line in report.read_text().splitlines() if report.exists() else []:
        name, kind, runs, steps = line.split("\t")
        found.append(Search(name, kind, int(runs), int(steps)))
    return found


def tests_of(listing):
    """Returns the names of the tests in what --gtest_list_tests prints."""
    names, suite = [], ""
    for line in listing.splitlines():
        words = line.split("#")[0].rstrip()
        if not words.startswith(" "):
            suite = words
        elif words:
            names.append(suite + words.strip())
    return names


def settings_of(scale, skip, preemptions):
    """Returns how the searches are told what to do."""
    return {"LEND_SIM_SCALE": str(scale), "LEND_SIM_SKIP": str(skip),
            "LEND_SIM_PREEMPTIONS": str(preemptions)}


def run(program, test, how, report):
    """Runs one test; returns its output where it failed, else None."""
    settings = {**os.environ, **how, "LEND_SIM_REPORT": str(report)}
    ran = subprocess.run([program, f"--gtest_filter={test}"], env=settings, text=True, check=False,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return ran.stdout if ran.returncode != 0 else None


def run_all(program, tests, how, folder, jobs, note):
    """Runs the tests side by side; returns what each searched and the outputs of those that failed."""
    searched, failed = {}, {}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        pending = {}
        for at, test in enumerate(tests):
            report = folder / f"{how['LEND_SIM_SCALE']}-{at}"
            pending[pool.submit(run, program, test, how, report)] = (test, report)
        for done in concurrent.futures.as_completed(pending):
            test, report = pending[done]
            searched[test] = searches_of(report)
            if done.result() is not None:
                failed[test] = done.result()
            note(test, searched[test], test in failed)
    return searched, failed


def simulates(test):
    """Not the tests of the simulator itself, nor those on real threads."""
    return not test.startswith("Sim") and "Stress" not in test


def is_random(search):
    """The others have the same size at every scale."""
    return search.kind == "random"


def random_runs(searched):
    return sum(each.runs for found in searched.values() for each in found if is_random(each))


def table(searched):
    """Returns the lines that say what ran."""
    lines = [f"{'schedules':>12} {'steps':>15}  family"]
    for test in sorted(searched):
        for each in searched[test]:
            lines.append(f"{each.runs:>12,} {each.steps:>15,}  {each.name} ({each.kind})")
    return lines


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--schedules", type=int, default=10_000_000)
    parser.add_argument("--skip", type=int, default=1_000_000)
    parser.add_argument("--preemptions", type=int, default=2)
    chosen = parser.parse_args(arguments)
    listing = subprocess.run([chosen.program, "--gtest_list_tests"], capture_output=True, text=True,
                             check=True).stdout
    tests = [name for name in tests_of(listing) if simulates(name)]
    jobs = os.cpu_count() or 1
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        probed, failed = run_all(chosen.program, tests, settings_of(PROBE, 0, 0), folder, jobs,
                                 lambda *_: None)
        tests = sorted((test for test in tests if probed[test]),
                       key=lambda test: any(is_random(each) for each in probed[test]))
        probed_runs = random_runs(probed)
        if probed_runs == 0:
            print("No test of this program searches schedules.")
            return 1
        scale = PROBE * chosen.schedules / probed_runs
        print(f"{len(tests)} tests, {scale:.2f} times the schedules of a commit, from seed "
              f"{chosen.skip + 1} on, {jobs} side by side.", flush=True)

        def note(test, found, broke):
            print(f"  {time.monotonic() - begun:6.0f} s  {sum(each.runs for each in found):>10,}  "
                  f"{'FAILED  ' if broke else ''}{test}", flush=True)

        how = settings_of(scale, chosen.skip, chosen.preemptions)
        searched, broken = run_all(chosen.program, tests, how, folder, jobs, note)
    failed.update(broken)
    print("\n".join(table(searched)))
    steps = sum(each.steps for found in searched.values() for each in found)
    print(f"{random_runs(searched):,} random schedules, {steps:,} steps in all, "
          f"{time.monotonic() - begun:.0f} s.")
    for test, output in failed.items():
        print(f"\nFAILED: {test}\n{output[-4000:]}")
    print("simulation: " + (f"{len(failed)} tests FAILED" if failed else "nothing wrong"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
