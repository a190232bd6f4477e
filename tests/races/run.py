#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Looks for data races in the simulated runs, and requires that weakened memory orders are found.

usage: run.py [--fixed] [--area AREA]... [--only NAME]... [--scale X] [--jobs N] [--list] [--check]

The simulations are compiled by clang with ThreadSanitizer and LEND_SIM_RACES (see
tests/support/sim_races.hpp), and have to pass. Then each order of list/*.txt, written as the mutants
are, is weakened in a copy of the headers, and the simulation named there has to report a data race.

--fixed takes the orders that are weakened with every commit, and a tenth of the schedules; --area
those of one file of the list, --only those whose names match; --scale multiplies the number of
schedules; --list says which orders there are, --check whether the list fits the headers.

Fails (1) if a race is found in the headers as they are, or none where an order is weakened.
"""

import os
import pathlib
import platform
import re
import shutil
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "mutants"))

import run as mutants  # noqa: E402
import workshop  # noqa: E402

# Every simulation but those that end in the midst: what a fork or a failure leaves behind is
# accessed by nobody in order.
SIMULATIONS = [f"concurrency/{name}_sim_test.cpp" for name in
               ("pool", "pool_holders", "pool_cancel", "holder")]
RACE = re.compile(r"^SUMMARY: ThreadSanitizer: data race (.*)$", re.MULTILINE)
SHARE_OF_FIXED = 0.1  # of the schedules


def at_fixed_addresses():
    """ThreadSanitizer cannot live with every kernel's randomised addresses."""
    command = ["setarch", platform.machine(), "-R"]
    usable = shutil.which("setarch") and workshop.run([*command, "true"])[0] == 0
    return command if usable else []


class Watched(workshop.Workshop):
    """Compiles simulations so that ThreadSanitizer sees what happens before what."""

    def __init__(self, root, scratch, compiler, scale):
        super().__init__(root, scratch, compiler)
        self.scale = scale
        self.prefix = at_fixed_addresses()

    def flags(self, source):
        return [*super().flags(source), "-O1", "-g1"]

    def prepare(self):
        with self.lock:
            if self.prepared:
                return
            for name in ("support/allocation_hooks.cpp", "races/unseen_memory.cpp"):
                source = self.root / "tests" / name
                code, output = workshop.run(
                    [self.compiler, *self.flags(name), "-DLEND_SIM_RACES=1", "-fno-builtin", "-c",
                     str(source), "-o", str(self.scratch / f"{source.stem}.o")])
                if code != 0:
                    raise RuntimeError(f"{name} does not compile:\n{output[-2000:]}")
            self.prepared = True

    def compile(self, source, folder, changed=None):
        self.prepare()
        program = pathlib.Path(folder) / pathlib.Path(source).stem
        ignored = self.root / "tests/races/ignored.txt"
        # By the C compiler's driver: the C++ one adds ThreadSanitizer's own operator new.
        code, output = workshop.run(
            [self.compiler, *([f"-I{changed}"] if changed else []), *self.flags(source),
             "-DLEND_SIM_RACES=1", "-fsanitize=thread", f"-fsanitize-ignorelist={ignored}",
             "-x", "c++", str(self.root / "tests" / source), "-x", "none",
             *(str(self.scratch / f"{name}.o") for name in ("allocation_hooks", "unseen_memory")),
             "-lgtest_main", "-lgtest", "-lstdc++", "-lm", "-o", str(program)])
        return (program, "") if code == 0 else (None, output)

    def try_out(self, source, program, only, timeout):
        began = time.monotonic()
        code, output = workshop.run(
            [*self.prefix, str(program), "--gtest_color=no",
             *([f"--gtest_filter={only}"] if only else [])],
            timeout, cwd=self.scratch,
            env={**os.environ, "LEND_SIM_SCALE": str(self.scale),
                 "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1"})
        race = RACE.search(output)
        outcome = workshop.judged(code, output, True)
        if race:
            outcome = workshop.Outcome("failed", f"race {pathlib.Path(race[1].split()[0]).name}")
        elif outcome.kills:
            # Whatever it is, it is no race: nothing is shown.
            outcome = workshop.Outcome(f"no race, but {outcome.what}", outcome.detail)
        outcome.seconds = time.monotonic() - began
        return outcome


def compiler():
    """Only clang can leave out functions by their names."""
    found = shutil.which("clang")
    if not found:
        raise RuntimeError("NOT TESTED: there is no clang")
    return found


def main(words):
    parser = mutants.parser("Looks for data races in simulated runs, also where orders are weakened.")
    parser.add_argument("--scale", type=float, default=0.25, help="of the number of schedules")
    arguments = parser.parse_args(words)
    scale = arguments.scale * (SHARE_OF_FIXED if arguments.fixed else 1)

    def shop(root, scratch):
        return Watched(root, scratch, compiler(), scale)

    # Whatever is not found has to be explained, and may be as much as it is.
    return mutants.main(arguments, HERE / "list", shop=shop, more=SIMULATIONS, wanted=0)


if __name__ == "__main__":
    sys.exit(mutants.call(lambda: main(sys.argv[1:])))
