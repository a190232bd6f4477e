# SPDX-License-Identifier: MIT
"""A worker that is watched: it is started, listened to, stopped politely or killed, and everything
that it said is kept in an account. What the lines mean is in worker.cpp."""

import dataclasses
import os
import re
import select
import signal
import subprocess
import time

# Nothing here is measured against this: it only ends a run that hangs.
PATIENCE_S = 120
# As many attempts may fail one after the other. A pool fails so many only if it does not recover.
MOST_IN_A_ROW = 400
LINE = re.compile(rb"([+=?-]) (\d+) (\d+)(?: (.*))?")


RUNNING = set()  # all workers that have not ended


class Stuck(Exception):
    """A worker that neither said what was waited for nor ended."""


@dataclasses.dataclass
class Failure:
    """An attempt that came to nothing, though it asked for nothing impossible."""

    id: int
    begun: int
    ended: int
    why: str
    code: int
    driver_code: int


class Account:
    """What workers said of their transfers."""

    def __init__(self):
        self.begun = {}  # id: (ns, payer, payee, amount)
        self.ended = {}  # id: (sign, ns), the last that was said
        self.acknowledged = {}  # id: ns
        self.failures = []
        self.garbage = []
        self.in_a_row = 0  # failures since the last success
        self.counts_from = 0  # of attempts that began later; during a fault: never

    def take(self, line):
        """Takes one whole line about a transfer; False if it is none."""
        found = LINE.fullmatch(line)
        if not found:
            return False
        sign, number, ns, rest = found[1].decode(), int(found[2]), int(found[3]), found[4]
        words = (rest or b"").decode().split()
        if sign == "+":
            self.begun[number] = (ns, *map(int, words))
            return True
        self.ended[number] = (sign, ns)
        if sign == "=":
            self.acknowledged[number] = ns
            self.in_a_row = 0
        elif words[0] in ("none", "failed"):
            begun = self.begun[number][0]
            self.in_a_row += 1 if begun > self.counts_from else 0
            self.failures.append(Failure(number, begun, ns, words[0], int(words[1]), int(words[2])))
        return True

    def open_attempts(self):
        """How many are under way, or were when the process ended."""
        return len(self.begun) - len(self.ended)

    def unknown(self):
        """Those of whose COMMIT nothing is known."""
        return {i for i in self.begun if self.ended.get(i, ("?",))[0] == "?"} - set(
            self.acknowledged)

    def attempts_until_success(self, since):
        """How many attempts that began after a moment failed before the first that did not; None
        if none succeeded. A transfer that is refused for lack of money is a success of the pool."""
        failed = {f.id for f in self.failures}
        after = sorted((ended[1], number) for number, ended in self.ended.items()
                       if self.begun[number][0] > since)
        for count, (_, number) in enumerate(after):
            if number not in failed:
                return count
        return None

    def fault_begins(self):
        """From now on any number of attempts may fail."""
        self.counts_from = float("inf")

    def fault_has_ended(self, at):
        """Attempts that begin later count again."""
        self.counts_from, self.in_a_row = at, 0

    def merge(self, other):
        """Adds what another worker said; no two use the same ids."""
        self.begun.update(other.begun)
        self.ended.update(other.ended)
        self.acknowledged.update(other.acknowledged)
        self.failures += other.failures
        self.garbage += other.garbage


class Worker:
    """One process. `account` is what it said, `counts` what it told of its pool at its end."""

    def __init__(self, program, ledger, **options):
        arguments = [str(program), "--file", str(ledger)]
        for name, value in options.items():
            arguments += ["--" + name.replace("_", "-"), str(value)]
        self.account = Account()
        self.counts = {}
        self.rest = b""
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        os.set_blocking(self.process.stdout.fileno(), False)
        RUNNING.add(self)

    @property
    def pid(self):
        return self.process.pid

    def _take(self, line):
        if self.account.take(line):
            return
        words = line.decode(errors="replace").split()
        if words and words[0] in ("rest", "closed"):
            told = self.counts.setdefault(words[0], {})
            told.update(zip(words[1::2], map(int, words[2::2])))
        else:
            self.account.garbage.append(line.decode(errors="replace"))

    def listen(self, timeout):
        """Takes what is said within that time; False at the end of all it will ever say."""
        ready, _, _ = select.select([self.process.stdout], [], [], timeout)
        if not ready:
            return True
        said = os.read(self.process.stdout.fileno(), 1 << 20)
        *lines, self.rest = (self.rest + said).split(b"\n")
        for line in lines:
            self._take(line)
        return bool(said)

    def until(self, holds, what):
        """Listens until a condition on the account holds."""
        limit = time.monotonic() + PATIENCE_S
        while not holds(self.account):
            if not self.listen(1):
                raise Stuck(f"the worker ended by itself ({self.process.wait()}) before {what}")
            if self.account.in_a_row > MOST_IN_A_ROW:
                raise Stuck(f"{MOST_IN_A_ROW} attempts failed in a row, in vain for {what}; "
                            f"{self.summary()}")
            if time.monotonic() > limit:
                raise Stuck(f"waited {PATIENCE_S} s in vain for {what}; {self.summary()}")

    def acks(self, more):
        """Listens until that many more transfers have been acknowledged."""
        goal = len(self.account.acknowledged) + more
        self.until(lambda account: len(account.acknowledged) >= goal,
                   f"{more} more acknowledged transfers")

    def summary(self):
        a = self.account
        last = a.failures[-1] if a.failures else "no failure"
        return (f"{len(a.begun)} begun, {len(a.acknowledged)} acknowledged, "
                f"{len(a.failures)} failed, the last: {last}")

    def _drain(self):
        limit = time.monotonic() + PATIENCE_S
        while self.listen(1):
            if time.monotonic() > limit:
                self.process.kill()
                raise Stuck(f"a worker did not end; {self.summary()}")
        self.process.stdout.close()
        RUNNING.discard(self)
        return self.process.wait()

    def kill(self):
        """Kills it and takes what it had said; a line cut short would be garbage."""
        self.process.send_signal(signal.SIGKILL)
        self._drain()
        if self.rest:
            self.account.garbage.append(self.rest.decode(errors="replace"))

    def stop(self):
        """Stops it politely; returns its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self._drain()


def kill_all():
    """Ends what a round that was broken off has left."""
    for worker in list(RUNNING):
        worker.process.kill()
        worker.process.wait()
        worker.process.stdout.close()
        RUNNING.discard(worker)
