#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts the instructions and cache misses behind the bounds of the targets, and writes a page.

usage: bench/counts.py PROGRAM OUT.md

PROGRAM is lend_counts. valgrind runs it with a simulated cache twice: with a last level of 32 MiB,
as large as a machine has that nobody else uses, and of 2 MiB, which is what neighbours may leave.
Nothing is timed, so a busy machine counts the same.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

IMPLEMENTATIONS = (
    ("destroy_contract_random", "Destroy one of 65 536 by number through the contract's interface, "
                                "random order (`P1`)",
     (("lend", "**lend**"), ("floor", "the bare compare-exchange behind the same interface"),
      ("mutex_slot_map", "mutex + slot map"), ("tbb", "oneTBB's concurrent_hash_map"))),
    ("read", "Look at one of 65 536 by number, random order (`P6.read`)",
     (("lend", "**lend**"), ("growing_floor", "the loads of any table that grows"),
      ("floor", "an unchecked load"))),
)
LAST_LEVELS = (("32 MiB", "33554432,16,64"), ("2 MiB", "2097152,16,64"))

ABOUT = """\
# What stands behind the bounds

Some targets have a bound, which [the benchmarks](../benchmarks.md) explain: on a machine where a
program that does nothing but the necessary comes near a limit or misses it, lend cannot meet it.
This page counts why, for the two of them that are a matter of instructions and caches. It was written
by `bench/counts.sh`, in which valgrind simulates a first level of 32 KiB and a last one of two sizes.
Misses are data reads and writes that the level did not have, per operation.
"""

NOTES = """\
## What follows

`P1.tbb`: lend takes more instructions than the bare compare-exchange, for it checks that the number
is one of its table, keeps the free list and its counters; but it misses no more often: once, for the
slot. oneTBB's map misses three times as often, each miss has to end before the next can begin, and
whether the last level serves them decides how long it takes. Where nobody else uses that level,
0.15 of oneTBB's time is hardly more than the floor alone.

`P6.read`: an unchecked load is a handful of instructions, and two reads of different slots overlap in
the processor. A table that can grow has to compare a bound, follow a directory and a segment, and
look at the slot's word before and after; that alone is beyond the limit. lend adds the tag of its
table to it.

The other two bounds cannot be counted so. `P4.remote` waits for cache lines that another core has,
and `P16` for interrupts; there the floor runs the bare instruction in the same place, and shows what
the machine takes.
"""


def counted(program, scenario, implementation, last_level):
    """Returns (instructions, misses of the first level, misses of the last) of one operation, or
    None where the program does not have the implementation."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "counts"
        ran = subprocess.run(
            ["valgrind", "--tool=callgrind", "--cache-sim=yes", "--collect-atstart=no",
             "--D1=32768,8,64", "--I1=32768,8,64", f"--LL={last_level}",
             f"--callgrind-out-file={out}", program, scenario, implementation],
            capture_output=True, text=True, check=False)
        if ran.returncode == 2:
            return None
        if ran.returncode != 0:
            raise RuntimeError(f"{scenario}/{implementation}: {ran.returncode}\n{ran.stderr[-2000:]}")
        text = out.read_text()
    events = re.search(r"^events: (.*)$", text, re.MULTILINE)[1].split()
    totals = re.search(r"^totals: (.*)$", text, re.MULTILINE)[1].split()
    totals += ["0"] * (len(events) - len(totals))  # valgrind leaves zeros at the end out
    of = {name: int(total) / int(ran.stdout) for name, total in zip(events, totals)}
    return of["Ir"], of["D1mr"] + of["D1mw"], of["DLmr"] + of["DLmw"]


def tables(program):
    """Yields the lines of a table for each scenario."""
    for scenario, title, implementations in IMPLEMENTATIONS:
        yield f"## {title}\n"
        yield "| | instructions | misses of the first level | " + " | ".join(
            f"of a last level of {size}" for size, _ in LAST_LEVELS) + " |"
        yield "| --- | ---: | ---: | " + "---: | " * (len(LAST_LEVELS) - 1) + "---: |"
        for implementation, name in implementations:
            found = [counted(program, scenario, implementation, level) for _, level in LAST_LEVELS]
            if None in found:
                yield f"| {name} | not built | | " + "| " * len(LAST_LEVELS)
                continue
            instructions, first, _ = found[0]
            last = " | ".join(f"{misses:.2f}" for _, _, misses in found)
            yield f"| {name} | {instructions:.1f} | {first:.2f} | {last} |"
            print(f"{scenario}/{implementation}: {instructions:.1f} instructions", flush=True)
        yield ""


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    program, out = arguments
    page = "\n".join([ABOUT, *tables(program), NOTES])
    pathlib.Path(out).write_text(page)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
