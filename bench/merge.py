#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes one file of several in the layout of Google Benchmark, as if it had been one run.

usage: bench/merge.py OUT.json FILE.json...

Runs of one name become repetitions of it, in the order of the files. The context is that of the
first file; an entry that only another one has is added, such as what the virtual machine of Java
is called, but for the number of rounds, which is that of all. Aggregates are left out, because each
was made of one file alone.
"""

import json
import sys


def place(run):
    return run.get("family_index", 0), run.get("per_family_instance_index", 0)


def merge(parts):
    """What bench/report.py reads, of what was read from each file."""
    context, families, runs = {}, {}, []
    for part in parts:
        for name, value in part["context"].items():
            context.setdefault(name, value)
        measured = [r for r in part["benchmarks"] if r.get("run_type") == "iteration"]
        # Each file counts its families anew, so a family is known by its name; it keeps the place
        # that it had in the first file in which it is.
        for run in sorted(measured, key=place):
            families.setdefault(run["run_name"], len(families))
        runs += [dict(run) for run in measured]

    repetitions = {}
    for run in runs:
        name = run["run_name"]
        run["family_index"], run["per_family_instance_index"] = families[name], 0
        run["repetition_index"] = repetitions.get(name, 0)
        repetitions[name] = run["repetition_index"] + 1
    for run in runs:
        run["repetitions"] = repetitions[run["run_name"]]
    rounds = {run["round"] for run in runs if "round" in run}
    if rounds:
        context["rounds"] = len(rounds)
    context["merged_files"] = len(parts)
    return {"context": context, "benchmarks": runs}


def main(arguments):
    if len(arguments) < 2 or arguments[0] in ("-h", "--help"):
        print(__doc__.strip())
        return 0 if arguments in (["-h"], ["--help"]) else 2
    parts = []
    for path in arguments[1:]:
        with open(path, encoding="utf-8") as file:
            parts.append(json.load(file))
    with open(arguments[0], "w", encoding="utf-8") as file:
        json.dump(merge(parts), file, indent=2)
        file.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
