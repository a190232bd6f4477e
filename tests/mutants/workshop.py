# SPDX-License-Identifier: MIT
"""Compiles one test source against headers of which one is changed, and runs it."""

import dataclasses
import os
import pathlib
import re
import resource
import signal
import subprocess
import threading
import time

# The standard headers that nearly every test includes, compiled once.
PRELUDE = """#include <gtest/gtest.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <coroutine>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <optional>
#include <ostream>
#include <set>
#include <span>
#include <sstream>
#include <stop_token>
#include <string>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>
"""
MOST_MEMORY = 8 << 30  # of a test that runs wild
RAN = re.compile(r"^\[=+\] Running (\d+) tests? from", re.MULTILINE)
FAILED = re.compile(r"^\[  FAILED  \] (\S+?)(?:,| \(|$)", re.MULTILINE)


@dataclasses.dataclass
class Outcome:
    """What became of a test program: passed, failed, crashed, hung, empty or skipped."""

    what: str
    detail: str = ""
    seconds: float = 0.0

    @property
    def kills(self):
        return self.what in ("failed", "crashed", "hung")


def limit():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def run(command, timeout=None, cwd=None, env=None, limited=False):
    """Returns (exit code, or None if it did not end in time; output). Ends all it has started."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        cwd=cwd, env=env, start_new_session=True, preexec_fn=limit if limited else None
    ) as child:
        try:
            output, _ = child.communicate(timeout=timeout)
            return child.returncode, output
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            return None, child.communicate()[0]


def judged(code, output, is_gtest):
    """Returns what an exit code and an output mean."""
    ran = RAN.search(output)
    failed = FAILED.search(output)
    if code is None:
        return Outcome("hung")
    if code == 77:
        return Outcome("skipped")
    if code == 0 and is_gtest and (ran is None or int(ran[1]) == 0):
        return Outcome("empty")
    if code == 0:
        return Outcome("passed")
    if failed:
        return Outcome("failed", failed[1])
    last = output.strip().splitlines()[-1:] or [""]
    if code < 0:
        return Outcome("crashed", f"signal {-code}: {last[0][:100]}")
    return Outcome("failed", f"exit code {code}: {last[0][:100]}")


class Workshop:
    def __init__(self, root, scratch, compiler):
        self.root = pathlib.Path(root)
        self.scratch = pathlib.Path(scratch)
        self.compiler = compiler
        self.lock = threading.Lock()
        self.prepared = False

    def flags(self, source):
        """Schedules find defects, so whoever explores them is optimised."""
        speed = "-O2" if source.endswith("_mc.cpp") else "-O0"
        speed = "-O1" if source.endswith("_sim_test.cpp") else speed
        tests = self.root / "tests"
        return ["-std=c++20", speed, "-g0", "-w", "-pthread", f"-I{self.root / 'include'}",
                f"-I{tests}", f"-I{tests / 'support'}"]

    def prepare(self):
        """Compiles what all tests share: the prelude, and the replaced operator new."""
        with self.lock:
            if self.prepared:
                return
            prelude = self.scratch / "prelude.hpp"
            prelude.write_text(PRELUDE)
            flags = self.flags("any_test.cpp")
            hooks = self.root / "tests/support/allocation_hooks.cpp"
            for command in (
                [self.compiler, *flags, "-x", "c++-header", prelude, "-o", f"{prelude}.gch"],
                [self.compiler, *flags, "-c", hooks, "-o", self.scratch / "hooks.o"],
            ):
                code, output = run([str(part) for part in command])
                if code != 0:
                    raise RuntimeError(f"{command[-3]} does not compile:\n{output[-2000:]}")
            self.prepared = True

    def compile(self, source, folder, changed=None):
        """Returns (program, "") or (None, the compiler's words).

        `changed` is a folder whose headers stand before those of the repository.
        """
        program = pathlib.Path(folder) / pathlib.Path(source).stem
        flags = self.flags(source)
        if changed is not None:
            flags.insert(0, f"-I{changed}")
        command = [self.compiler, *flags]
        after = []
        if source.endswith("_test.cpp"):
            self.prepare()
            if "-O0" in flags:
                command += ["-include", self.scratch / "prelude.hpp"]
            if source.startswith(("unit/", "concurrency/")):
                after.append(self.scratch / "hooks.o")
            after += ["-lgtest_main", "-lgtest"]
            after += ["-lsqlite3"] if source.startswith("drivers/") else []
        command += [self.root / "tests" / source, *after, "-o", program]
        code, output = run([str(part) for part in command])
        return (program, "") if code == 0 else (None, output)

    def try_out(self, source, program, only, timeout, scale="0.25"):
        """Runs a test program, and says what became of it."""
        command = [str(program)]
        is_gtest = source.endswith("_test.cpp")
        if is_gtest:
            command += ["--gtest_brief=0", "--gtest_color=no", "--gtest_fail_fast"]
            command += [f"--gtest_filter={only}"] if only else []
        began = time.monotonic()
        code, output = run(command, timeout, cwd=self.scratch, limited=True,
                           env={**os.environ, "LEND_SIM_SCALE": scale})
        outcome = judged(code, output, is_gtest)
        outcome.seconds = time.monotonic() - began
        return outcome
