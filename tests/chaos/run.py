#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Real faults for real files: the ledger is killed, starved, unlinked and locked, and may never
lose a transfer that it has acknowledged, nor make one twice, and recovers by itself.

usage: run.py [--worker PROGRAM] [--rounds N] [--seed S] [--only KIND] [--folder FOLDER]
       run.py --defects [--worker PROGRAM] [--seed S]

Rounds of all kinds in turn, see scenarios.py. Each is drawn from the seed, which is printed; how the
threads of a worker interleave is not, so a seed brings back the faults and not always the failure.
--defects has the worker do wrong on purpose, and fails unless each defect is found.

Where it may (as root, or where users may have name spaces), everything lies in a small file system in
memory that is mounted for this process alone, so that the disk can really be full; --folder takes
a folder instead, and rounds with a full disk are left out then, and said to be.
"""

import argparse
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

import scenarios

DISK_SIZE = "24m"
ROOT = pathlib.Path(__file__).resolve().parents[2]


def default_worker():
    built = sorted(ROOT.glob("build/*/tests/chaos/lend_chaos_worker"))
    if not built:
        sys.exit("There is no worker: cmake --preset dev, and then "
                 "cmake --build --preset dev --target lend_chaos_worker")
    return built[0]


def with_own_disk(arguments):
    """Starts this program again in a mount name space of its own, where a small file system lies on
    a folder; returns only if that cannot be had."""
    folder = tempfile.mkdtemp(prefix="lend-chaos-")
    for unshare in (["unshare", "--mount"], ["unshare", "--map-root-user", "--mount"]):
        mount = f'mount -t tmpfs -o size={DISK_SIZE} lend-chaos "$0" && exec "$@"'
        try:
            if subprocess.run([*unshare, "sh", "-c", mount, folder, "true"],
                              capture_output=True, check=False).returncode:
                continue
        except FileNotFoundError:
            break
        done = subprocess.run([*unshare, "sh", "-c", mount, folder, sys.executable, "-B", __file__,
                               *arguments, "--disk", folder], check=False)
        os.rmdir(folder)
        sys.exit(done.returncode)
    os.rmdir(folder)


def describe(r):
    """One line about a round."""
    a = r.account
    words = [f"{len(a.acknowledged):5d} acknowledged", f"{len(a.unknown()):3d} unknown, of which "
             f"{r.committed_unknown} committed", f"{len(a.failures)} failed"]
    if r.kills:
        words.append(f"{r.kills} killed")
    if r.recovery is not None:
        words.append(f"first success after {r.recovery} attempts in vain")
    return ", ".join(words)


def condemn(r, where):
    """Prints what is wrong, and keeps the files."""
    kept = pathlib.Path(tempfile.mkdtemp(prefix="lend-chaos-kept-"))
    shutil.copytree(r.folder, kept, dirs_exist_ok=True)
    print(f"WRONG in {where}; the files are kept in {kept}:")
    for finding in r.findings[:20]:
        print("   ", finding)


def run_rounds(chosen, folder, kinds):
    totals = {"acknowledged": 0, "unknown": 0, "committed unknown": 0, "failed": 0, "killed": 0}
    worst, wrong = {}, 0
    for at in range(chosen.rounds):
        kind = kinds[at % len(kinds)]
        r = scenarios.play(kind, chosen.worker, folder, random.Random(f"{chosen.seed}/{at}"),
                           f"round-{at}")
        if chosen.rounds <= 40 or r.findings or at % 50 == 0:
            print(f"{at:5d}  {kind.__name__:16s} {r.journal:6s} {describe(r)}", flush=True)
        if r.findings:
            wrong += 1
            condemn(r, f"round {at} of seed {chosen.seed}")
            shutil.rmtree(r.folder)
        totals["acknowledged"] += len(r.account.acknowledged)
        totals["unknown"] += len(r.account.unknown())
        totals["committed unknown"] += r.committed_unknown
        totals["failed"] += len(r.account.failures)
        totals["killed"] += r.kills
        worst[kind.__name__] = max(worst.get(kind.__name__, 0), r.recovery or 0)
    print(f"{chosen.rounds} rounds of seed {chosen.seed}: " +
          ", ".join(f"{count} {name}" for name, count in totals.items()))
    print("most attempts in vain after a fault had ended: " +
          ", ".join(f"{name} {count}" for name, count in worst.items() if count))
    print("Nothing was lost or doubled, and all pools recovered." if not wrong else
          f"{wrong} rounds were WRONG.")
    return 1 if wrong else 0


def run_defects(chosen, folder):
    missed = []
    for defect, kind in scenarios.DEFECTS.items():
        for at in range(8):
            r = scenarios.play(kind, chosen.worker, folder,
                               random.Random(f"{chosen.seed}/{defect}/{at}"), f"{defect}-{at}",
                               defect)
            if r.findings:
                shutil.rmtree(r.folder)
                break
        if r.findings:
            print(f"found {defect:6s} in round {at} of {kind.__name__}: {r.findings[0][:160]}",
                  flush=True)
        else:
            print(f"NOT FOUND: {defect}, in {at + 1} rounds of {kind.__name__}")
            missed.append(defect)
    return 1 if missed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worker", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=len(scenarios.SCENARIOS))
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--only", choices=[kind.__name__ for kind in scenarios.SCENARIOS])
    parser.add_argument("--folder", type=pathlib.Path)
    parser.add_argument("--defects", action="store_true")
    parser.add_argument("--disk", type=pathlib.Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    chosen.worker = (chosen.worker or default_worker()).resolve()
    if not chosen.disk and not chosen.folder:
        with_own_disk([*sys.argv[1:], "--seed", str(chosen.seed)])

    kinds = [k for k in scenarios.SCENARIOS if chosen.only in (None, k.__name__)]
    if chosen.disk:
        print(f"seed {chosen.seed}; on a file system in memory of {DISK_SIZE}")
    else:
        print(f"seed {chosen.seed}; in an ordinary folder: NOT TESTED: a full disk (a limit on the "
              "size of files stands for it)")
        kinds = [k for k in kinds if k is not scenarios.full]
        if not kinds:
            return 77
    folder = chosen.disk or pathlib.Path(tempfile.mkdtemp(prefix="lend-chaos-", dir=chosen.folder))
    try:
        return run_defects(chosen, folder) if chosen.defects else run_rounds(chosen, folder, kinds)
    finally:
        if not chosen.disk:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
