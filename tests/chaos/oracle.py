# SPDX-License-Identifier: MIT
"""The judge: compares what workers said with what is in their ledgers, and says what is wrong.

    acknowledged  <=  committed  <=  acknowledged + unknown

where unknown are the transfers that were begun and of whose COMMIT nothing is known: their process
was killed, or SQLite said that it failed. No transfer stands there twice, or differs from what was
begun; no money is made or lost, in total and by account; SQLite finds its file in order. A file that
was taken away has nothing that began afterwards. And the counts of a pool balance.
"""

import collections
import dataclasses
import pathlib
import sqlite3

ACCOUNTS = 20
OPENING = 1000


def make_ledger(path, journal_mode):
    """Makes a ledger with its accounts, and no -wal beside it."""
    base = sqlite3.connect(path, isolation_level=None)
    base.execute(f"PRAGMA journal_mode = {journal_mode}")
    base.executescript("""
        BEGIN;
        CREATE TABLE account(id INTEGER PRIMARY KEY, opening INTEGER NOT NULL,
                             balance INTEGER NOT NULL CHECK(balance >= 0));
        -- The id is not unique on purpose: what is there twice is to be seen.
        CREATE TABLE journal(seq INTEGER PRIMARY KEY, id INTEGER NOT NULL, payer INTEGER NOT NULL,
                             payee INTEGER NOT NULL, amount INTEGER NOT NULL);
    """)
    base.executemany("INSERT INTO account VALUES (?, ?, ?)",
                     [(i + 1, OPENING, OPENING) for i in range(ACCOUNTS)])
    base.execute("COMMIT")
    base.close()


@dataclasses.dataclass
class Ledger:
    """What stands in one file."""

    name: str
    journal: list  # (id, payer, payee, amount)
    accounts: list  # (id, opening, balance)
    integrity: str
    gone_at: int = None  # when it was taken from its place, if it was


def read_ledger(path, gone_at=None):
    """Reads a file of which no process has anything open; SQLite's recovery is a part of that."""
    name = pathlib.Path(path).name
    base = sqlite3.connect(f"file:{path}?mode=rw", uri=True, isolation_level=None, timeout=30)
    try:
        integrity = "; ".join(row[0] for row in base.execute("PRAGMA integrity_check"))
        journal = base.execute("SELECT id, payer, payee, amount FROM journal").fetchall()
        accounts = base.execute("SELECT id, opening, balance FROM account").fetchall()
    except sqlite3.DatabaseError as e:
        return Ledger(name, [], [], str(e), gone_at)
    finally:
        base.close()
    return Ledger(name, journal, accounts, integrity, gone_at)


def some(ids):
    """A few of them, for a message."""
    first = sorted(ids)[:5]
    return f"{len(ids)} ({', '.join(map(str, first))}{', ...' if len(ids) > 5 else ''})"


def money_findings(ledger):
    """Yields what is wrong with the balances of one file."""
    total = sum(balance for _, _, balance in ledger.accounts)
    should_be = sum(opening for _, opening, _ in ledger.accounts)
    if len(ledger.accounts) != ACCOUNTS:
        yield f"{ledger.name}: {len(ledger.accounts)} accounts instead of {ACCOUNTS}"
    if total != should_be:
        yield f"{ledger.name}: the total is {total} instead of {should_be}"
    moved = collections.Counter()
    for _, payer, payee, amount in ledger.journal:
        moved[payer] -= amount
        moved[payee] += amount
    wrong = {i for i, opening, balance in ledger.accounts if opening + moved[i] != balance}
    if wrong:
        yield f"{ledger.name}: accounts that differ from the journal: {some(wrong)}"


def transfer_findings(account, ledgers):
    """Yields transfers that are lost, doubled, altered, or there though they must not be."""
    found = collections.Counter()
    for ledger in ledgers:
        for number, payer, payee, amount in ledger.journal:
            found[number] += 1
            begun = account.begun.get(number)
            if begun is None:
                yield f"{ledger.name}: transfer {number} was never begun"
            elif begun[1:] != (payer, payee, amount):
                yield f"{ledger.name}: transfer {number} is not what was begun"
            elif ledger.gone_at is not None and begun[0] > ledger.gone_at:
                yield f"{ledger.name}: transfer {number} began after the file was gone"
    committed, acknowledged = set(found), set(account.acknowledged)
    twice = {number for number, times in found.items() if times > 1}
    lost = acknowledged - committed
    denied = committed - acknowledged - account.unknown()
    if twice:
        yield f"transfers that stand there twice: {some(twice)}"
    if lost:
        yield f"acknowledged transfers that are lost: {some(lost)}"
    if denied:
        yield f"transfers that are there though they were undone: {some(denied & set(account.begun))}"


def count_findings(counts):
    """Yields counts of a pool, before and after its close, that do not balance."""
    states = ("idle", "in_use", "creating", "checking", "resetting", "parked", "destroying")
    ends = ("acquired", "timed_out", "cancelled", "shed", "refused")
    for when in ("rest", "closed"):
        told = counts.get(when)
        if not told:
            yield f"the pool said nothing {when}"
            return
        sums = [
            ("size", sum(told[s] for s in states)),
            ("asked", sum(told[e] for e in ends)),
            ("acquired", told["returned"] + told["in_use"]),
            ("in_use", 0),
            ("waiting", 0),
        ]
        if when == "closed":
            sums += [("size", 0), ("abandoned", 0), ("files", 0),
                     ("created", told["destroyed"] + told["detached"])]
        for name, right in sums:
            if told[name] != right:
                yield f"pool, {when}: {name} is {told[name]} and must be {right}"
        if told["size"] > told["max_size"]:
            yield f"pool, {when}: {told['size']} resources, and {told['max_size']} are allowed"


def judge(account, ledgers):
    """Returns everything that is wrong, in words; nothing if all is well."""
    findings = [f"a line that says nothing: {line!r}" for line in account.garbage]
    for ledger in ledgers:
        if ledger.integrity != "ok":
            findings.append(f"{ledger.name}: SQLite finds the file damaged: {ledger.integrity}")
        findings += money_findings(ledger)
    return findings + list(transfer_findings(account, ledgers))
