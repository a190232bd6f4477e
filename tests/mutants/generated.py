#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plants defects that a script makes from lend's headers, so that none is chosen by a person, and counts
how many of them the tests notice.

usage: generated.py [--count N] [--seed S] [--share I/N] [--only HEADER]... [--draw N] [--jobs N]
       generated.py --add [--seed S]
       generated.py --list [--count N] [--seed S]

The mutants are drawn from all that mechanical.py makes of include/lend/detail: 600 unless --count says
otherwise, by the seed. --share 2/6 takes every sixth, beginning with the second; what came out is kept
in build/mutants, and --add sums up what is there for a seed. --only takes headers whose names match,
--draw a few of them at random, --list says which there are.

First each test program is compiled once to see which lines it reaches, which is kept for the next
share. A mutant is tried by the programs that reach its line, those first that reach most of its header:
unit tests, then a tenth of the simulation. One that no compiler takes does not count.

Fails (1) if less than 90 % are killed of those that equivalent.txt does not explain.
"""

import argparse
import collections
import concurrent.futures
import fnmatch
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import mechanical
import run as chosen
import workshop

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEPT = ROOT / "build" / "mutants"
EXPLAINED = pathlib.Path(__file__).with_name("equivalent.txt")
WANTED = 0.9
MOST_TRIED = 6  # unit tests for each mutant
SCALE = "0.1"  # of the simulation
# Written by a script, asserted only, or of no consequence to what a program does.
LEFT_OUT = {"near_names.hpp", "checks.hpp", "driver_slips.hpp", "option_words.hpp", "cpp20.hpp", "config.hpp"}


def headers():
    return sorted(f"detail/{path.name}" for path in (ROOT / "include/lend/detail").glob("*.hpp")
                  if path.name not in LEFT_OUT)


def digest():
    """Of everything that decides which test reaches what."""
    found = hashlib.sha256()
    for folder in ("include", "tests/unit", "tests/concurrency", "tests/support"):
        for path in sorted((ROOT / folder).rglob("*.[ch]pp")):
            found.update(path.read_bytes())
    return found.hexdigest()[:16]


def programs():
    """The sources of the test programs, as Workshop names them; the slow ones last."""
    unit = sorted(f"unit/{path.name}" for path in (ROOT / "tests/unit").glob("*_test.cpp"))
    return unit + ["concurrency/pool_sim_test.cpp", "concurrency/pool_holders_sim_test.cpp",
                   "concurrency/pool_cancel_sim_test.cpp"]


# ---- which test reaches what ---------------------------------------------------------------------


def reach_of(shop, source):
    """Returns ({header: lines}, seconds) of one test program."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=shop.scratch))
    try:
        shop.prepare()
        flags = [flag for flag in shop.flags(source) if not flag.startswith("-O")]
        command = ["g++", *flags, "-O0", "--coverage", "-fprofile-update=atomic", ROOT / "tests" / source,
                   shop.scratch / "hooks.o", "-lgtest_main", "-lgtest", "-o", folder / "program"]
        code, words = workshop.run([str(part) for part in command], cwd=folder)
        if code != 0:
            raise RuntimeError(f"{source} does not compile:\n{words[-2000:]}")
        began = time.monotonic()
        code, words = workshop.run([str(folder / "program"), "--gtest_brief=1"], 900, cwd=folder,
                                   env={**os.environ, "LEND_SIM_SCALE": "0.01"})
        if code != 0:
            raise RuntimeError(f"{source} fails on the headers as they are:\n{words[-2000:]}")
        seconds = time.monotonic() - began
        data = next(folder.glob("*.gcda"))
        text = subprocess.run(["gcov", "--json-format", "--stdout", str(data)], cwd=folder, check=True,
                              capture_output=True, text=True).stdout
        reached = {}
        for each in json.loads(text)["files"]:
            name = each["file"].partition("include/lend/")[2]
            if name.startswith("detail/"):
                hit = {line["line_number"] for line in each["lines"] if line["count"] > 0}
                reached[name] = sorted(hit | set(reached.get(name, ())))
        return reached, seconds
    finally:
        shutil.rmtree(folder)


def reach(shop, jobs, say):
    """Returns {source: {"lines": {header: lines}, "seconds": s}} for all programs; kept in build."""
    kept = KEPT / f"reach-{digest()}.json"
    if kept.is_file():
        return json.loads(kept.read_text())
    found = {}
    sources = programs()
    say(f"which lines {len(sources)} test programs reach:")
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        running = {pool.submit(reach_of, shop, source): source for source in sources}
        for done in concurrent.futures.as_completed(running):
            lines, seconds = done.result()
            found[running[done]] = {"lines": lines, "seconds": seconds}
            say(f"[{len(found):3}/{len(sources)}] {running[done]}")
    KEPT.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(found))
    return found


def killers_of(mutant, reached):
    """Returns the sources to try, the most promising first."""
    those = []
    for source, what in reached.items():
        lines = what["lines"].get(mutant.header, ())
        span = range(mutant.line, mutant.line + len(mutant.old))
        # A line without code of its own, such as a constant, counts as reached with its header.
        if any(line in lines for line in span) or (lines and mutant.kind == "doubled"):
            those.append((source.startswith("concurrency/"), -len(lines), what["seconds"], source))
    ranked = [source for *_, source in sorted(those)]
    units = [source for source in ranked if source.startswith("unit/")][:MOST_TRIED]
    return units + [source for source in ranked if source.startswith("concurrency/")][:1]


# ---- one mutant ----------------------------------------------------------------------------------


def judge(shop, mutant, reached):
    """Returns a verdict as it is kept: what became of the mutant, and by which test."""
    began = time.monotonic()
    folder = pathlib.Path(tempfile.mkdtemp(dir=shop.scratch))
    try:
        changed = folder / "include"
        header = changed / "lend" / mutant.header
        header.parent.mkdir(parents=True)
        header.write_text(mutant.planted((ROOT / "include/lend" / mutant.header).read_text()))
        what, by = "survived", ""
        tried = killers_of(mutant, reached)
        for source in tried:
            program, words = shop.compile(source, folder, changed)
            if program is None:
                what, by = "refused", words.strip().splitlines()[0][:200] if words.strip() else source
                break
            outcome = shop.try_out(source, program, "", max(20.0, 10 * reached[source]["seconds"]), SCALE)
            program.unlink()
            if outcome.kills:
                what, by = "killed", f"{source}: {outcome.detail or outcome.what}"
                break
        if what == "survived":
            by = ", ".join(tried) or "no test reaches it"
        return {"name": mutant.name, "header": mutant.header, "old": [line.strip() for line in mutant.old],
                "new": [line.strip() for line in mutant.new], "what": what, "by": by,
                "seconds": round(time.monotonic() - began, 1)}
    finally:
        shutil.rmtree(folder)


# ---- many ----------------------------------------------------------------------------------------


def explanations(text):
    """Returns {(header, what stood there, what was put there): reason}.

    Of each four lines the first names the header, the second and the third begin with - and +, and
    the last says why no test can fail. Blank lines and those with # do not count.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    found = {}
    for at in range(0, len(lines) - 3, 4):
        header, old, new, why = lines[at : at + 4]
        if not (old.startswith("- ") and new.startswith("+ ")):
            raise chosen.mutant_list.BadList(f"equivalent.txt: not understood: {header}")
        found[header, old[2:], new[2:]] = why
    return found


def summary(verdicts, explained):
    """Returns (text, whether enough of those that count are killed)."""
    rooms = collections.defaultdict(collections.Counter)
    survivors = []
    for v in verdicts:
        what = v["what"]
        if what == "survived" and (v["header"], " / ".join(v["old"]), " / ".join(v["new"])) in explained:
            what = "explained"
        rooms[v["header"]][what] += 1
        rooms["all"][what] += 1
        if what == "survived":
            survivors.append(v)
    lines = [f"{'header':36} killed  survived  explained  refused"]
    for name in [*sorted(set(rooms) - {"all"}), "all"]:
        c = rooms[name]
        lines.append(f"{name:36} {c['killed']:6} {c['survived']:9} {c['explained']:10} {c['refused']:8}")
    for v in survivors:
        lines += [f"\n{v['name']}", f"  - {' / '.join(v['old'])}", f"  + {' / '.join(v['new'])}",
                  f"  not by {v['by']}"]
    c = rooms["all"]
    counted = c["killed"] + c["survived"]
    share = c["killed"] / counted if counted else 1.0
    lines.append(f"\ngenerated mutants: {c['killed']} of {counted} killed, {100 * share:.1f} %")
    return "\n".join(lines), share >= WANTED


def file_of(seed, share):
    return KEPT / f"seed-{seed}-share-{share.replace('/', '-of-')}.json"


def picked(arguments):
    mutants = mechanical.drawn(mechanical.all_mutants(ROOT / "include", headers()), arguments.count,
                               arguments.seed)
    if arguments.only:
        mutants = [m for m in mutants if any(fnmatch.fnmatch(m.header, f"*{o}*") for o in arguments.only)]
    if arguments.draw:
        return mechanical.drawn(mutants, arguments.draw, arguments.seed)
    at, of = (int(part) for part in arguments.share.split("/"))
    return mutants[at - 1 :: of]


def main(arguments, say=print):
    explained = explanations(EXPLAINED.read_text())
    if arguments.add:
        kept = sorted(KEPT.glob(f"seed-{arguments.seed}-share-*.json"))
        text, is_good = summary([v for path in kept for v in json.loads(path.read_text())], explained)
        say(f"{text}, in {len(kept)} shares")
        return 0 if is_good and kept else 1
    mutants = picked(arguments)
    if arguments.list:
        for m in mutants:
            say(f"{m.name}\n  - {' / '.join(s.strip() for s in m.old)}\n  + {' / '.join(s.strip() for s in m.new)}")
        return 0
    began = time.monotonic()
    verdicts = []
    with tempfile.TemporaryDirectory(prefix="lend-generated-") as scratch:
        shop = chosen.usual_shop(ROOT, scratch)
        reached = reach(shop, arguments.jobs, say)
        say(f"{len(mutants)} mutants:")
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            for verdict in pool.map(lambda m: judge(shop, m, reached), mutants):
                verdicts.append(verdict)
                say(f"[{len(verdicts):3}/{len(mutants)}] {verdict['what']:8} {verdict['name']}, "
                    f"{verdict['seconds']:.0f} s; {verdict['by'][:120]}")
                if not arguments.draw and not arguments.only:
                    file_of(arguments.seed, arguments.share).write_text(json.dumps(verdicts, indent=1))
    text, is_good = summary(verdicts, explained)
    say(f"\n{text}, in {time.monotonic() - began:.0f} s")
    return 0 if is_good else 1


def options(words):
    parser = argparse.ArgumentParser(description="Plants generated defects and counts what the tests notice.")
    parser.add_argument("--count", type=int, default=600, help="how many are drawn")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--share", default="1/1", help="which part of them, as 2/6")
    parser.add_argument("--only", action="append", default=[], help="a header, or a part of its name")
    parser.add_argument("--draw", type=int, default=0, help="a few of them")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--list", action="store_true", help="only say which there are")
    parser.add_argument("--add", action="store_true", help="sum up the shares that are there")
    found = parser.parse_args(words)
    at, _, of = found.share.partition("/")
    if not (at.isdigit() and of.isdigit() and 1 <= int(at) <= int(of)):
        parser.error(f"--share {found.share}: use 1/6 to 6/6, for example")
    return found


if __name__ == "__main__":
    sys.exit(chosen.call(lambda: main(options(sys.argv[1:]))))
