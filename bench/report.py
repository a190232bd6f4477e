#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Says what a run of the benchmarks found, as ratios, from the JSON of Google Benchmark.

usage: bench/report.py FILE.json...                      prints the scenarios
       bench/report.py --check FILE.json...              prints one line for each target
       bench/report.py --docs DIR FILE.json...           writes DIR/benchmarks.md and its plots
       bench/report.py --readme README.md FILE.json...   replaces the README's rows and plot

Several files are one run: programs that ran beside each other. In each scenario lend is compared
with everything that ran beside it. A cost is the time of one operation in one thread, in processor
time where one thread runs; of several repetitions the median counts, and where they ran in rounds,
the median of the ratios within a round. What is in brackets holds 95 of 100 medians when the
repetitions are drawn anew; `best` is the ratio of the fastest repetitions. `noise` is how far lend
is apart from itself; a smaller difference is none.

A target is met when the ratio is within its limit. It is MISSED when even the favourable end of the
interval, less the noise of the scenario, is beyond the limit. In between it is `within the noise`:
the run cannot tell, and neither can the reader.

Ends with 1 if a benchmark reported a wrong result, if nothing ran, or, with --check, if a target is
missed.
"""

import pathlib
import sys

from reporting import page, readme, results, terminal


def options_of(arguments):
    """Returns ({option: value}, files), or None where the usage is wrong."""
    found, files, rest = {}, [], list(arguments)
    while rest:
        one = rest.pop(0)
        if one == "--check":
            found[one] = True
        elif one in ("--docs", "--readme") and rest:
            found[one] = pathlib.Path(rest.pop(0))
        elif one.startswith("-"):
            return None
        else:
            files.append(pathlib.Path(one))
    return (found, files) if files else None


def main(arguments):
    """Does what the usage says; returns the exit status."""
    if arguments in (["-h"], ["--help"]):
        print(__doc__.strip())
        return 0
    given = options_of(arguments)
    if given is None:
        print(__doc__.strip())
        return 2
    options, files = given
    found = results.read(files)

    good = True
    if found.cases:
        if "--docs" in options:
            page.write(found, options["--docs"], [file.name for file in files])
        if "--readme" in options:
            try:
                readme.write(found, options["--readme"])
            except LookupError as error:
                print(f"README: {error}")
                good = False
        if "--check" in options:
            good &= terminal.print_check(found)
        elif not options:
            terminal.print_scenarios(found)
    for error in found.errors:
        print(f"WRONG RESULT  {error}")
    if not found.cases:
        print("No benchmark has run.")
    return 1 if found.errors or not found.cases or not good else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
