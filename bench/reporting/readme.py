# SPDX-License-Identifier: MIT
"""Writes the README's three rows and its plot, between two markers."""

import statistics

import targets
from reporting import page, plots, ratios, terminal, words

BEGIN = "<!-- benchmarks: begin -->"
END = "<!-- benchmarks: end -->"

HEAD = ["median of one operation", "lend", "what one would write", "ratio (95 %)"]

# What is said, where it is measured, what it is compared with.
ROWS = (
    ("Destroy a resource by its number, one of 65 536, through the contract",
     targets.Measure("destroy_contract_random", "live:65536"), "mutex_slot_map"),
    ("Acquire and release, one thread",
     targets.Measure("acquire_release", "resources:8 threads:1"), "mutex_lifo_pool"),
    ("Acquire and release, 8 threads with 2 resources",
     targets.Measure("acquire_release", "resources:2 threads:8"), "mutex_lifo_pool"),
)


def row(results, text, measure, other):
    """Returns the cells of one row, or None where it did not run."""
    cases = results.matching(measure)
    it = ratios.compare(results, cases[0], targets.OURS, other) if cases else None
    if it is None:
        return None
    case = cases[0]
    ours, theirs = (
        plots.short(statistics.median(page.figures(results, case, name, targets.COST)))
        for name in (targets.OURS, other)
    )
    if case.threads > results.cores:
        text += " (oversubscribed)"
    same = "" if ratios.is_difference(results, case, it) else ", no difference"
    return [text, f"{ours} ns", f"{theirs} ns, {words.name_of(other)}",
            f"{it.middle:.2f} ({it.low:.2f} to {it.high:.2f}){same}"]


def region(results):
    """Returns the lines between the markers. Raises LookupError where a row did not run."""
    rows = []
    for text, measure, other in ROWS:
        found = row(results, text, measure, other)
        if found is None:
            raise LookupError(f"{measure.scenario} {measure.parameters} did not run")
        rows.append(found)
    machine, build, *_ = terminal.machine_lines(results.context)
    return [
        *page.table(HEAD, rows),
        "![The cost of one operation](docs/benchmarks/overview.svg)",
        "",
        f"{machine[0].upper()}{machine[1:]}; {build.replace('build:   ', '')}. "
        "[docs/benchmarks.md](docs/benchmarks.md) has the rest: the procedure, the noise, the "
        "targets with those that are missed, the other libraries. `bench/run.sh` measures on your "
        "machine.",
    ]


def write(results, file):
    """Replaces what is between the markers of the file. Raises LookupError where they are not."""
    text = file.read_text()
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise LookupError(f"{file} has not one {BEGIN} before one {END}")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    lines = [BEGIN, "", *page.wrapped(region(results)), "", END]
    file.write_text(before + "\n".join(lines) + after)
