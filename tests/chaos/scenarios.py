# SPDX-License-Identifier: MIT
"""The faults, and what must hold of each: one function for each kind of round."""

import errno
import os
import pathlib
import resource
import shutil
import sqlite3
import time

import oracle
import watched

# After a fault has ended a pool may still fail as many attempts, for it probes what failed at random
# moments, further and further apart. More in a row, and it does not recover.
MOST_ATTEMPTS = watched.MOST_IN_A_ROW
LEND_E_TIMED_OUT = 0x80040201 - (1 << 32)
SQLITE_BUSY, SQLITE_FULL = 5, 13


class Round:
    """What the rounds have in common: a folder, a source of random numbers, and what was found."""

    def __init__(self, program, folder, random, defect="none"):
        self.program, self.folder, self.random, self.defect = program, folder, random, defect
        self.findings = []
        self.notes = []
        self.account = watched.Account()
        self.committed_unknown = 0
        self.kills = 0
        self.recovery = None
        self.first_id = 1
        self.journal = random.choice(["WAL", "WAL", "DELETE"])

    def new_ledger(self, name="ledger.db", journal=None):
        path = self.folder / name
        self.journal = journal or self.journal
        oracle.make_ledger(path, self.journal)
        return path

    def start(self, ledger, **options):
        """Starts a worker whose ids nobody had before."""
        self.first_id += 10_000_000
        return watched.Worker(self.program, ledger, first_id=self.first_id, journal=self.journal,
                              seed=self.random.randrange(1 << 30), defect=self.defect, **options)

    def spend(self, worker, most_ms):
        """Goes on listening up to a random moment."""
        until = time.monotonic() + self.random.uniform(0, most_ms / 1000)
        while (left := until - time.monotonic()) > 0:
            worker.listen(left)

    def stop(self, worker):
        """Ends a worker politely, so that it tells how its pool stands."""
        status = worker.stop()
        if status != 0:
            self.findings.append(f"the worker ended with {status}")
        self.findings += oracle.count_findings(worker.counts)
        self.account.merge(worker.account)

    def judge(self, *ledgers):
        """Compares what was said with what is there; each ledger a path, or (path, gone_at)."""
        read = [oracle.read_ledger(*(one if isinstance(one, tuple) else (one,))) for one in ledgers]
        self.findings += oracle.judge(self.account, read)
        there = {entry[0] for ledger in read for entry in ledger.journal}
        self.committed_unknown = len(there - set(self.account.acknowledged))

    def no_failure(self):
        """For rounds in which nothing may fail."""
        for each in self.account.failures[:3]:
            self.findings.append(f"an attempt failed outside of any fault: {each}")

    def recovered(self, worker, since):
        """Notes how many attempts it took, once the fault had ended."""
        attempts = worker.account.attempts_until_success(since)
        if attempts is None or attempts > MOST_ATTEMPTS:
            self.findings.append(f"no recovery: {attempts} attempts, {worker.summary()}")
        self.recovery = max(self.recovery or 0, attempts or 0)


def after(worker, since, count):
    """Listens until that many transfers that began after the end of a fault are acknowledged."""
    worker.account.fault_has_ended(since)

    def holds(account):
        began = (account.begun[i][0] for i in reversed(account.acknowledged))
        return sum(1 for ns in began if ns > since) >= count
    worker.until(holds, f"{count} acknowledged transfers after the fault")


def failures_since(account, since):
    return [f for f in account.failures if f.ended > since]


def kill(r):
    """The process is killed at random moments and started again, many times."""
    ledger = r.new_ledger()
    for _ in range(r.random.randint(3, 6)):
        worker = r.start(ledger, connections=r.random.randint(1, 4),
                         discard_one_in=r.random.choice([0, 8]), inline=r.random.randint(0, 1))
        worker.acks(r.random.randint(1, 80))
        r.spend(worker, 3)
        worker.kill()
        r.kills += 1
        r.account.merge(worker.account)
        # Else the next worker has to do what there is to be recovered.
        if r.random.random() < 0.4:
            r.judge(ledger)
    worker = r.start(ledger)
    worker.acks(20)
    r.stop(worker)
    r.judge(ledger)
    r.no_failure()


def kill_one_of_two(r):
    """Of two processes that use one file, one is killed, and the other goes on."""
    ledger = r.new_ledger()
    survivor = r.start(ledger)
    for _ in range(3):
        victim = r.start(ledger)
        for _ in range(r.random.randint(1, 12)):
            victim.acks(1)
            survivor.acks(1)
        r.spend(victim, 3)
        victim.kill()
        r.kills += 1
        r.account.merge(victim.account)
        survivor.acks(20)
    r.stop(survivor)
    r.judge(ledger)
    r.no_failure()


def fill(folder):
    """Takes all the room that is left; returns the file that does."""
    ballast = folder / "ballast"
    with open(ballast, "wb", buffering=0) as out:
        for size in (1 << 16, 1 << 12, 512):
            try:
                while out.write(b"\0" * size) == size:
                    pass
            except OSError as e:
                if e.errno != errno.ENOSPC:
                    raise
    return ballast


def full(r):
    """The disk is full for a while. It is a small file system in memory, of this process's own."""
    ledger = r.new_ledger()
    worker = r.start(ledger, busy_ms=2000)
    worker.acks(r.random.randint(5, 100))
    worker.account.fault_begins()
    ballast = fill(r.folder)
    begun = time.monotonic_ns()
    count = r.random.randint(3, 40)
    worker.until(lambda a: len([f for f in failures_since(a, begun)
                                if f.driver_code & 0xFF == SQLITE_FULL]) >= count,
                 f"{count} failures for a full disk")
    ballast.unlink()
    end = time.monotonic_ns()
    after(worker, end, 30)
    r.recovered(worker, end)
    r.stop(worker)
    r.judge(ledger)


def limit(r):
    """No file may grow beyond a size, which is seldom the end of a page, for a while."""
    ledger = r.new_ledger()
    worker = r.start(ledger, busy_ms=2000)
    worker.acks(r.random.randint(5, 100))
    _, hard = resource.prlimit(worker.pid, resource.RLIMIT_FSIZE)
    most = r.random.randint(1, 10) * 4096 + r.random.choice([0, 100, 2048])
    begun = time.monotonic_ns()
    worker.account.fault_begins()
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (most, hard))
    count = r.random.randint(3, 40)
    worker.until(lambda a: len(failures_since(a, begun)) >= count, f"{count} failed writes")
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (hard, hard))
    end = time.monotonic_ns()
    after(worker, end, 30)
    r.recovered(worker, end)
    r.stop(worker)
    r.judge(ledger)


def take_away(ledger, grave):
    """Unlinks a ledger and its -wal, but for names in another folder, by which it can be read at
    the end. Returns when it was gone. The file goes first, so that nobody opens it any more."""
    grave.mkdir()
    wal, shm = (pathlib.Path(f"{ledger}{end}") for end in ("-wal", "-shm"))
    os.link(ledger, grave / ledger.name)
    os.link(wal, grave / wal.name)
    ledger.unlink()
    gone = time.monotonic_ns()
    wal.unlink()
    shm.unlink()
    return gone


def unlink(r):
    """The file is unlinked while it is used, and a new one is put there, at once or later."""
    ledger = r.new_ledger(journal="WAL")
    # None is discarded: a file may not be replaced just as it is opened. SQLite has no defence
    # against that, and the driver not at every instant (docs/sqlite.md, Files that move).
    worker = r.start(ledger, connections=4, acquire_ms=r.random.choice([50, 30_000]),
                     inline=r.random.randint(0, 1))
    graves = []
    for at in range(r.random.randint(1, 3)):
        worker.acks(r.random.randint(40, 100))
        fresh = r.new_ledger(f"fresh-{at}.db")
        # Another process that has it open: so the worker never closes it as the last one, which
        # would delete the -wal by its name.
        keeper = sqlite3.connect(ledger)
        keeper.execute("SELECT count(*) FROM account").fetchone()
        r.spend(worker, 3)
        worker.account.fault_begins()
        gone = take_away(ledger, r.folder / f"grave-{at}")
        if r.random.random() < 0.5:
            worker.until(lambda a: any(f.why == "none" and f.begun > gone for f in a.failures),
                         "a lease that is refused because there is no file")
        fresh.rename(ledger)
        placed = time.monotonic_ns()
        after(worker, placed, 30)
        r.recovered(worker, placed)
        keeper.close()
        graves.append((r.folder / f"grave-{at}" / ledger.name, gone))
    r.stop(worker)
    r.judge(ledger, *graves)


class Lock:
    """An exclusive lock on a file, held by this process."""

    def __init__(self, ledger):
        self.base = sqlite3.connect(ledger, timeout=60, isolation_level=None)
        self.base.execute("BEGIN EXCLUSIVE")
        self.taken = time.monotonic_ns()

    def release(self):
        self.released = time.monotonic_ns()
        self.base.execute("ROLLBACK")
        self.base.close()

    def findings(self, account):
        through = [i for i, ns in account.acknowledged.items()
                   if account.begun[i][0] > self.taken and ns < self.released]
        if through:
            yield f"acknowledged while another process had the lock: {oracle.some(through)}"


def lock_short(r):
    """Another process has the file locked, for less than anybody is willing to wait."""
    ledger = r.new_ledger()
    worker = r.start(ledger)
    for _ in range(3):
        worker.acks(r.random.randint(1, 60))
        lock = Lock(ledger)
        r.spend(worker, 150)
        lock.release()
        after(worker, lock.released, 20)
        r.findings += lock.findings(worker.account)
    r.stop(worker)
    r.judge(ledger)
    r.no_failure()


def lock_long(r):
    """Another process has the file locked for longer than the deadlines of acquire and of SQLite;
    sometimes from before the first connection is opened."""
    ledger = r.new_ledger()
    is_first = r.random.random() < 0.4
    if is_first:
        lock = Lock(ledger)
    worker = r.start(ledger, busy_ms=r.random.randint(100, 200), acquire_ms=50)
    if not is_first:
        worker.acks(r.random.randint(1, 60))
        lock = Lock(ledger)
    worker.account.fault_begins()

    def holds(account):
        told = failures_since(account, lock.taken)
        return (any(f.code == LEND_E_TIMED_OUT and f.driver_code == 0 for f in told) and
                (is_first or any(f.driver_code & 0xFF == SQLITE_BUSY for f in told)) and
                len(told) >= 20)
    worker.until(holds, "20 failures because of the lock, of both deadlines")
    lock.release()
    after(worker, lock.released, 30)
    r.recovered(worker, lock.released)
    r.findings += lock.findings(worker.account)
    r.stop(worker)
    r.judge(ledger)


SCENARIOS = [kill, unlink, full, lock_long, kill_one_of_two, limit, lock_short]

# Which kind of round is to find which defect of the worker.
DEFECTS = {
    "early": limit,
    "lost": lock_short,
    "twice": kill,
    "half": kill,
    "dirty": kill,
    "blind": unlink,
    "dead": unlink,
    "leak": lock_long,
}


def play(scenario, program, parent, random, name, defect="none"):
    """Plays one round in a folder of its own; returns it, with its findings."""
    folder = parent / name
    folder.mkdir()
    r = Round(program, folder, random, defect)
    try:
        scenario(r)
    except (watched.Stuck, sqlite3.Error, OSError) as failed:
        r.findings.append(f"broken off: {failed!r}")
    finally:
        watched.kill_all()
    if not r.findings:
        shutil.rmtree(folder)
    return r
