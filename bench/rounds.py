#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs what the targets need in rounds, and writes one JSON as Google Benchmark does.

usage: bench/rounds.py PROGRAM --out FILE.json [--all] [--rounds N] [--first N] [--seconds S]
                       [--budget S] [--filter REGEX] [--context KEY=VALUE,...]

With --all it runs everything, also what no target needs; with --filter of that only what matches.
--first (0) is the number of the first round, for one run in several parts.

A round runs everything once. What is compared with each other runs within a second, in an order
that is drawn anew each time, in a process of its own, so that neither a slow minute of the machine
nor where a program came to lie in memory is on one side of a ratio alone. Each run carries its
`round`. Rounds go on until there are N (15) or, once there are nine, until the budget (200 s) is
spent. A run takes at least S seconds (0.02): with a fifth of that the first, cold passes over the
memory weigh so much that lend is four times as far from itself.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import targets
from reporting import results

LEAST = 9


def names_of(program, wanted=""):
    """Returns the names of all benchmarks of a program, or of those that match."""
    listed = subprocess.run([program, "--benchmark_list_tests=true",
                             f"--benchmark_filter={wanted or '.'}"], capture_output=True,
                            text=True, check=True)
    return [name for name in listed.stdout.splitlines() if "/" in name]


def needed_for(target, names, cores):
    """Returns the names that a target needs, and those that tell their noise."""
    if target.limit is None or target.min_cores > cores:
        return []
    found = []
    for name in names:
        case, implementation = results.split_name(name)
        for measure in target.measures():
            if case.has(measure.scenario, measure.parameters) and implementation in (
                measure.implementation, targets.AGAIN):
                found.append(name)
    return found


def groups_of(names, cores, everything=False):
    """Returns lists of names, in their order; what a target compares is in one list.

    With everything, all that stands beside each other in one case is in one list as well.
    """
    together = [set(needed_for(target, names, cores)) for target in targets.TARGETS]
    if everything:
        cases = {}
        for name in names:
            cases.setdefault(results.split_name(name)[0], set()).add(name)
        together += cases.values()
    groups = []
    for new in together:
        if not new:
            continue
        apart = []
        for group in groups:
            if group & new:
                new |= group
            else:
                apart.append(group)
        groups = [*apart, new]
    return [[name for name in names if name in group] for group in groups]


def filter_of(group):
    """Returns the regular expression that matches the names and no others."""
    return "^(" + "|".join(name.replace(".", "[.]") for name in group) + ")$"


def run_group(program, group, seconds, context):
    """Returns the data of one run of a group."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "out.json"
        command = [program, f"--benchmark_filter={filter_of(group)}",
                   "--benchmark_repetitions=1", "--benchmark_enable_random_interleaving=true",
                   f"--benchmark_min_time={seconds}", f"--benchmark_out={out}",
                   "--benchmark_out_format=json"]
        if context:
            command.append(f"--benchmark_context={context}")
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise RuntimeError(f"ended with {run.returncode}\n{run.stderr.strip()}")
        return json.loads(out.read_text())


def run(arguments):
    """Returns the data of all rounds."""
    program = str(pathlib.Path(arguments.program).resolve())
    names = names_of(program, arguments.filter)
    place = {name: at for at, name in enumerate(names)}
    whole = {"context": {}, "benchmarks": []}
    began, done = time.monotonic(), 0
    groups = groups_of(names, os.cpu_count() or 1, arguments.all)
    while done < arguments.rounds:
        spent = time.monotonic() - began
        if done >= LEAST and spent + spent / done > arguments.budget:
            break
        for group in groups:
            data = run_group(program, group, arguments.seconds, arguments.context)
            whole["context"] = whole["context"] or data["context"]
            for each in data["benchmarks"]:
                if each.get("run_type", "iteration") == "iteration":
                    each |= {"round": arguments.first + done, "family_index": place[each["run_name"]],
                             "per_family_instance_index": 0}
                    whole["benchmarks"].append(each)
        done += 1
        print(f"round {arguments.first + done}, {time.monotonic() - began:.0f} s", flush=True)
    whole["context"]["rounds"] = done
    return whole


def main(given):
    """Does what the usage says; returns the exit status."""
    if given in (["-h"], ["--help"]):
        print(__doc__.strip())
        return 0
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("program")
    parser.add_argument("--out", required=True)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--filter", default="")
    parser.add_argument("--seconds", type=float, default=0.02)
    parser.add_argument("--budget", type=float, default=200)
    parser.add_argument("--context", default="")
    arguments = parser.parse_args(given)
    try:
        data = run(arguments)
    except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
        print(f"{arguments.program}: {error}")
        return 1
    pathlib.Path(arguments.out).write_text(json.dumps(data, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
