#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plants one defect after the other in lend's headers and requires that a test fails for each.

usage: run.py [--fixed] [--area AREA]... [--only NAME]... [--jobs N] [--list] [--check]

Without an option all mutants of list/*.txt are planted, one at a time, in copies of the headers
(what the lists look like stands in mutant_list.py). A mutant is killed if one of its killers, test
sources that are compiled against the changed header, fails, crashes or hangs. First each killer
runs on the headers as they are and has to pass.

--fixed takes the mutants that run with every commit, --area those of one file of the list, --only
those whose names match, --list says which there are, --check whether the lists fit the headers.

Fails (1) if a mutant survives that is not explained in the list, if an explained one is killed
after all, if one does not compile, if a text that is to be replaced is not there exactly once any
more, or if less than 95 % of all are killed.
"""

import argparse
import concurrent.futures
import dataclasses
import fnmatch
import os
import pathlib
import shutil
import sys
import tempfile
import time

import mutant_list
import workshop

HERE = pathlib.Path(__file__).resolve().parent
WANTED = 0.95  # of the mutants are killed
SHORTEST_TIMEOUT = 20.0  # seconds


@dataclasses.dataclass
class Verdict:
    mutant: mutant_list.Mutant
    what: str  # killed, survived, wrong
    by: str = ""
    seconds: float = 0.0

    @property
    def is_good(self):
        return self.what == ("survived" if self.mutant.survives else "killed")


class Round:
    """One run over some mutants."""

    def __init__(self, mutants, shop, jobs, say=print, shortest_timeout=SHORTEST_TIMEOUT):
        self.mutants = mutants
        self.shop = shop
        self.jobs = jobs
        self.say = say
        self.shortest_timeout = shortest_timeout
        self.usual = {}  # (source, filter) -> seconds on the headers as they are

    def each(self, work, things):
        """Yields (thing, what became of it), as they end, a few at a time."""
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            running = {pool.submit(work, one): one for one in things}
            for done in concurrent.futures.as_completed(running):
                yield running[done], done.result()

    # ---- the headers as they are -----------------------------------------------------------------

    def try_killer(self, source):
        """Returns what is wrong with a killer on the headers as they are."""
        folder = self.shop.scratch / "unchanged"
        folder.mkdir(exist_ok=True)
        program, words = self.shop.compile(source, folder)
        if program is None:
            return f"{source} does not compile:\n{words[-2000:]}"
        for only in sorted({o for m in self.mutants for s, o in m.killers if s == source} or {""}):
            outcome = self.shop.try_out(source, program, only, 600)
            if outcome.what != "passed":
                return f"{source} {only}: {outcome.what} {outcome.detail} with no mutant planted"
            self.usual[source, only] = outcome.seconds
        program.unlink()
        return ""

    def baseline(self, more=()):
        """Returns what is wrong with the killers, and `more` sources, on the headers as they are."""
        sources = sorted({*more, *(source for m in self.mutants for source, _ in m.killers)})
        self.say(f"{len(sources)} killers on the headers as they are:")
        wrong = []
        for at, (source, problem) in enumerate(self.each(self.try_killer, sources), 1):
            self.say(f"[{at:3}/{len(sources)}] {'WRONG ' if problem else 'passes'} {source}")
            wrong += [problem] if problem else []
        return wrong

    # ---- the mutants -----------------------------------------------------------------------------

    def judge(self, mutant):
        began = time.monotonic()
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.shop.scratch))
        changed = folder / "include"
        header = changed / "lend" / mutant.file
        header.parent.mkdir(parents=True)
        header.write_text(mutant_list.planted(mutant, mutant.header(self.shop.root).read_text()))
        what, by = self.hunt(mutant, folder, changed)
        shutil.rmtree(folder)
        return Verdict(mutant, what, by, time.monotonic() - began)

    def hunt(self, mutant, folder, changed):
        """Returns (what becomes of a mutant, by which killer)."""
        in_vain = []
        for source, only in mutant.killers:
            program, words = self.shop.compile(source, folder, changed)
            if program is None:
                if mutant.refused and mutant.refused in words:
                    return "killed", f"{source}: refused by the compiler"
                return "wrong", f"does not compile with {source}:\n{words[:1500]}"
            timeout = max(self.shortest_timeout, 10 * self.usual[source, only])
            outcome = self.shop.try_out(source, program, only, timeout)
            program.unlink()
            if outcome.kills:
                note = f" (not by {', '.join(in_vain)})" if in_vain else ""
                return "killed", f"{source}: {outcome.detail or outcome.what}{note}"
            if outcome.what != "passed":
                return "wrong", f"{source}: {outcome.what}"
            in_vain.append(source)
        return "survived", ", ".join(in_vain)

    def run(self):
        """Returns the verdicts, in the order of the list."""
        verdicts = {}
        self.say(f"{len(self.mutants)} mutants:")
        for mutant, verdict in self.each(self.judge, self.mutants):
            verdicts[mutant.name] = verdict
            at = f"[{len(verdicts):3}/{len(self.mutants)}]"
            what = verdict.what if verdict.is_good else verdict.what.upper()
            self.say(f"{at} {what:8} {mutant.name}, {verdict.seconds:.0f} s; {verdict.by}")
        return [verdicts[mutant.name] for mutant in self.mutants]


def summary(verdicts, wanted=WANTED):
    """Returns (text, whether all is good and the share of the killed is as wanted)."""
    lines = [f"{'area':24} mutants  killed  explained  bad"]
    areas = list(dict.fromkeys(v.mutant.area for v in verdicts))

    def row(name, those):
        killed = sum(v.what == "killed" for v in those)
        explained = sum(v.is_good and v.what == "survived" for v in those)
        bad = sum(not v.is_good for v in those)
        return f"{name:24} {len(those):7} {killed:7} {explained:10} {bad:4}"

    lines += [row(area, [v for v in verdicts if v.mutant.area == area]) for area in areas]
    lines.append(row("all", verdicts))
    for v in verdicts:
        if v.is_good and v.what == "survived":
            lines.append(f"\nexplained: {v.mutant.name}\n  {v.mutant.survives}")
    for v in verdicts:
        if not v.is_good:
            said = {"survived": "no test fails, and no reason is given",
                    "killed": "killed, although the list says that no test can fail",
                    "wrong": "no verdict"}[v.what]
            lines.append(f"\nBAD: {v.mutant.name}: {said}\n  harm: {v.mutant.harm}\n  {v.by}")
    killed = sum(v.what == "killed" for v in verdicts)
    share = killed / len(verdicts) if verdicts else 0.0
    lines.append(f"\nmutants: {killed} of {len(verdicts)} killed, {100 * share:.1f} %")
    return "\n".join(lines), all(v.is_good for v in verdicts) and share >= wanted


def chosen(mutants, arguments):
    found = [m for m in mutants if m.fixed or not arguments.fixed]
    if arguments.area:
        found = [m for m in found if m.area in arguments.area]
    if arguments.only:
        found = [m for m in found if any(fnmatch.fnmatch(m.name, o) for o in arguments.only)]
    return found


def quickest_compiler():
    """The code is not optimised and there are many programs: clang takes two thirds of the time."""
    return "clang++" if shutil.which("clang++") else "g++"


def usual_shop(root, scratch):
    return workshop.Workshop(root, scratch, os.environ.get("CXX") or quickest_compiler())


def main(arguments, folder=HERE / "list", root=HERE.parents[1], say=print, shop=usual_shop, more=(),
         wanted=WANTED, **timeouts):
    """`shop(root, scratch)` compiles and runs; `more` are sources that have to pass as killers do."""
    mutants = chosen(mutant_list.read(folder), arguments)
    if not mutants:
        say("there is no such mutant")
        return 1
    if arguments.list:
        for each in mutants:
            say(f"{each.area:24} {'*' if each.fixed else ' '} {each.name}: {each.harm}")
        return 0
    wrong = mutant_list.problems(mutants, root)
    if wrong or arguments.check:
        say("\n".join(wrong) or f"mutants: {len(mutants)} fit the headers")
        return 1 if wrong else 0
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="lend-mutants-") as scratch:
        this = Round(mutants, shop(root, scratch), arguments.jobs, say, **timeouts)
        if wrong := this.baseline(more):
            say("\n".join(["the verdicts would mean nothing:", *wrong]))
            return 1
        is_whole = not (arguments.fixed or arguments.area or arguments.only)
        text, is_good = summary(this.run(), wanted if is_whole else 0)
    say(f"\n{text}, in {time.monotonic() - began:.0f} s")
    return 0 if is_good else 1


def parser(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--fixed", action="store_true", help="those of every commit")
    parser.add_argument("--area", action="append", default=[], help="a file of the list")
    parser.add_argument("--only", action="append", default=[], help="a name, perhaps with * in it")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--list", action="store_true", help="only say which there are")
    parser.add_argument("--check", action="store_true", help="only say whether they fit")
    return parser


def options(words):
    return parser("Plants defects and requires that tests fail.").parse_args(words)


def call(start):
    """Runs `start`, as a script does: returns its exit code."""
    sys.stdout.reconfigure(line_buffering=True)
    try:
        return start()
    except (mutant_list.BadList, RuntimeError) as failure:
        print(failure)
        return 1


if __name__ == "__main__":
    sys.exit(call(lambda: main(options(sys.argv[1:]))))
