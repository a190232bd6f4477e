#!/usr/bin/env python3
"""Prints what a run of the benchmarks says, as ratios, from the JSON of Google Benchmark.

usage: bench/report.py FILE.json

In each scenario lend is compared with everything that ran beside it. A cost is the time of one
operation in one thread; of several repetitions the median counts. What is in brackets holds 95 of
100 ratios of medians when the repetitions are drawn anew; `best` is the ratio of the fastest
repetitions, which other work on the machine disturbs least, in processor time where one thread
runs. `noise` is how far lend is apart from itself; a smaller difference is none. Ends with 1 if a
benchmark reported a wrong result.
"""

import json
import random
import statistics
import sys

OURS = "lend"
AGAIN = "lend_again"


def place(run):
    return run.get("family_index", 0), run.get("per_family_instance_index", 0)


class Cost(float):
    """Nanoseconds of real time; `least` is the part of them that counts where time was lost."""

    least = 0.0


def cost_of(run):
    cost = Cost(run["threads"] / run["items_per_second"] * 1e9)
    alone = run["threads"] == 1 and run["real_time"] > 0
    cost.least = cost * run["cpu_time"] / run["real_time"] if alone else float(cost)
    return cost


def read(path):
    """The context, the costs as {(scenario, parameters): {implementation: [cost]}}, the errors."""
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    costs, errors = {}, []
    # Interleaved runs stand in the order of their end; printed is that of registration.
    for run in sorted(data["benchmarks"], key=place):
        if run.get("error_occurred"):
            error = f'{run["name"]}: {run.get("error_message", "")}'
            if error not in errors:
                errors.append(error)
            continue
        if run.get("run_type") != "iteration":
            continue
        scenario, implementation, *parameters = run["run_name"].split("/")
        parameters = " ".join(p for p in parameters if p != "real_time")
        runs = costs.setdefault((scenario, parameters), {})
        runs.setdefault(implementation, []).append(cost_of(run))
    return data["context"], costs, errors


def ratio(ours, theirs):
    return statistics.median(ours) / statistics.median(theirs)


def best(ours, theirs):
    return min(x.least for x in ours) / min(x.least for x in theirs)


def interval(ours, theirs, draws=400):
    """Where 95 of 100 ratios lie when the repetitions are drawn anew."""
    dice = random.Random(1)
    found = sorted(
        ratio(dice.choices(ours, k=len(ours)), dice.choices(theirs, k=len(theirs)))
        for _ in range(draws)
    )
    return found[draws * 25 // 1000], found[draws * 975 // 1000 - 1]


def noise(runs):
    """How far lend is apart from itself, as a part of 1; None where it ran only once."""
    if OURS not in runs or AGAIN not in runs:
        return None
    return abs(ratio(runs[AGAIN], runs[OURS]) - 1)


def print_scenario(title, runs, cores):
    scenario, parameters = title
    threads = next((int(p[8:]) for p in parameters.split() if p.startswith("threads:")), 1)
    apart = noise(runs)
    print(f"{scenario}  {parameters}" + ("  (oversubscribed)" if threads > cores else ""))
    if OURS not in runs:
        print("    lend did not run\n")
        return
    ours = runs[OURS]
    for name, theirs in runs.items():
        if name in (OURS, AGAIN):
            continue
        it = ratio(ours, theirs)
        low, high = interval(ours, theirs)
        same = apart is not None and abs(it - 1) <= apart
        print(
            f"    lend / {name:<20} {it:7.2f}   [{low:5.2f} .. {high:5.2f}]"
            f"   best {best(ours, theirs):5.2f}"
            f"   {statistics.median(ours):9.2f} ns : {statistics.median(theirs):.2f} ns"
            + ("   no difference" if same else "")
        )
    if apart is not None:
        low, high = interval(runs[AGAIN], ours)
        print(
            f"    noise                       {1 + apart:7.2f}   [{low:5.2f} .. {high:5.2f}]"
            f"   best {best(runs[AGAIN], ours):5.2f}"
        )
    print()


def print_machine(context):
    def of(name, otherwise="?"):
        return context.get(name, otherwise)

    print(f'machine: {of("cpu")}, {of("num_cpus")} cores, kernel {of("kernel")}')
    print(f'build:   {of("compiler")}, {of("flags")}, commit {of("commit")}')
    load = " ".join(f"{x:.1f}" for x in of("load_avg", []))
    print(f'load when it began: {load or "?"}, at {of("date")}')


def main(arguments):
    if len(arguments) != 1 or arguments[0] in ("-h", "--help"):
        print(__doc__.strip())
        return 0 if arguments in (["-h"], ["--help"]) else 2
    context, costs, errors = read(arguments[0])
    cores = context.get("num_cpus", 1)
    repetitions = max((len(x) for runs in costs.values() for x in runs.values()), default=0)

    print_machine(context)
    print(f"medians of {repetitions} repetitions, interleaved; below 1 lend is the faster\n")
    for title, runs in costs.items():
        print_scenario(title, runs, cores)

    apart = [x for x in map(noise, costs.values()) if x is not None]
    if apart:
        print(
            f"noise floor, lend against itself: median {statistics.median(apart):.1%}, "
            f"largest {max(apart):.1%}"
        )
    load = context.get("load_avg") or [0]
    if load[0] > cores / 2:
        print("The machine was busy: these ratios are not to be quoted.")
    for error in errors:
        print(f"WRONG RESULT  {error}")
    if not costs:
        print("No benchmark has run.")
    return 1 if errors or not costs else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
