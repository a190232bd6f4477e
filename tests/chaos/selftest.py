#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plants one wrong after the other into a ledger, an account or the counts of a pool, and requires
that the judge finds each, and nothing in what is right."""

import pathlib
import sqlite3
import tempfile
import unittest

import oracle
import watched

GOOD_LINES = """
+ 1 100 1 2 50
+ 2 110 2 3 70
= 1 120
+ 3 130 3 4 10
- 2 140 left 0 0
- 3 150 poor 0 0
+ 4 160 4 5 20
? 4 170 failed -2147467259 10
+ 5 180 5 6 30
+ 6 190 6 7 40
- 6 200 failed -2147220991 5
+ 7 210 7 8 60
= 7 220
+ 8 230 8 9 5
"""
# 1 and 7 are acknowledged; 4, whose COMMIT failed, and 5 and 8, whose process was killed, are
# unknown; of these 5 is there.
GOOD_JOURNAL = [(1, 1, 2, 50), (5, 5, 6, 30), (7, 7, 8, 60)]
GOOD_COUNTS = {
    "rest": dict(max_size=3, size=2, idle=2, in_use=0, creating=0, checking=0, resetting=0,
                 parked=0, destroying=0, waiting=0, abandoned=0, asked=9, acquired=6, returned=6,
                 timed_out=2, cancelled=0, shed=0, refused=1, created=4, create_failed=1,
                 destroyed=2, detached=0, files=6),
    "closed": dict(max_size=3, size=0, idle=0, in_use=0, creating=0, checking=0, resetting=0,
                   parked=0, destroying=0, waiting=0, abandoned=0, asked=9, acquired=6, returned=6,
                   timed_out=2, cancelled=0, shed=0, refused=1, created=4, create_failed=1,
                   destroyed=4, detached=0, files=0),
}


def account_of(lines):
    account = watched.Account()
    for line in lines.strip().splitlines():
        if not account.take(line.encode()):
            account.garbage.append(line)
    return account


def write_ledger(path, journal):
    oracle.make_ledger(path, "WAL")
    base = sqlite3.connect(path)
    for entry in journal:
        base.execute("INSERT INTO journal(id, payer, payee, amount) VALUES (?, ?, ?, ?)", entry)
        base.execute("UPDATE account SET balance = balance - ? WHERE id = ?", (entry[3], entry[1]))
        base.execute("UPDATE account SET balance = balance + ? WHERE id = ?", (entry[3], entry[2]))
    base.commit()
    base.close()


def damage(path):
    """Overwrites a page of the journal, as another program might."""
    content = bytearray(path.read_bytes())
    content[-4096:-3096] = b"x" * 1000
    path.write_bytes(content)


def judged(journal=(), lines=GOOD_LINES, change="", spoil=None, gone_at=None):
    """What is found of a ledger with these transfers and, perhaps, what is changed in it."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "ledger.db"
        write_ledger(path, journal or GOOD_JOURNAL)
        base = sqlite3.connect(path)
        base.executescript(change)
        base.close()
        if spoil:
            spoil(path)
        return oracle.judge(account_of(lines), [oracle.read_ledger(path, gone_at)])


# name, what is wrong, what must be said
WRONGS = [
    ("lost", dict(journal=GOOD_JOURNAL[:2]), "acknowledged transfers that are lost: 1 (7)"),
    ("twice", dict(journal=GOOD_JOURNAL + [(7, 7, 8, 60)]), "stand there twice: 1 (7)"),
    ("undone, and there", dict(journal=GOOD_JOURNAL + [(2, 2, 3, 70)]),
     "there though they were undone: 1 (2)"),
    ("failed before COMMIT, and there", dict(journal=GOOD_JOURNAL + [(6, 6, 7, 40)]),
     "there though they were undone: 1 (6)"),
    ("never begun", dict(journal=GOOD_JOURNAL + [(99, 1, 2, 3)]), "99 was never begun"),
    ("another amount", dict(journal=[(1, 1, 2, 51)] + GOOD_JOURNAL[1:]), "1 is not what was begun"),
    ("another payee", dict(journal=[(1, 1, 3, 50)] + GOOD_JOURNAL[1:]), "1 is not what was begun"),
    ("half a transfer", dict(change="UPDATE account SET balance = balance - 5 WHERE id = 9"),
     "the total is 19995 instead of 20000"),
    ("moved without a journal", dict(change="UPDATE account SET balance = balance - 5 WHERE id = 9;"
                                     "UPDATE account SET balance = balance + 5 WHERE id = 8"),
     "accounts that differ from the journal: 2 (8, 9)"),
    ("an account that is gone", dict(change="DELETE FROM account WHERE id = 20"),
     "19 accounts instead of 20"),
    ("a damaged page", dict(spoil=damage), "SQLite finds the file damaged"),
    ("no database", dict(spoil=lambda path: path.write_bytes(b"none" * 3000)),
     "SQLite finds the file damaged"),
    ("begun after the file was gone", dict(gone_at=200), "transfer 7 began after the file was gone"),
    ("a line cut short", dict(lines=GOOD_LINES + "= 8"), "a line that says nothing: '= 8'"),
    ("acknowledged, then denied", dict(lines=GOOD_LINES + "= 6 250\n- 6 260 failed -5 5"),
     "acknowledged transfers that are lost: 1 (6)"),
]

# when, what is changed, what must be said
WRONG_COUNTS = [
    ("rest", dict(idle=1), "size is 2 and must be 1"),
    ("rest", dict(asked=10), "asked is 10 and must be 9"),
    ("rest", dict(acquired=7, asked=10), "acquired is 7 and must be 6"),
    ("rest", dict(in_use=1, idle=1, acquired=7, asked=10), "in_use is 1 and must be 0"),
    ("rest", dict(waiting=1), "waiting is 1 and must be 0"),
    ("rest", dict(size=4, idle=4), "4 resources, and 3 are allowed"),
    ("closed", dict(size=1, idle=1), "size is 1 and must be 0"),
    ("closed", dict(destroyed=3), "created is 4 and must be 3"),
    ("closed", dict(files=1), "files is 1 and must be 0"),
    ("closed", dict(abandoned=1), "abandoned is 1 and must be 0"),
]


class Judge(unittest.TestCase):
    def test_what_is_right_is_accepted(self):
        self.assertEqual([], judged())
        self.assertEqual([], list(oracle.count_findings(GOOD_COUNTS)))

    def test_an_unknown_transfer_may_be_there_or_not(self):
        for unknown in ((4, 4, 5, 20), (8, 8, 9, 5)):
            self.assertEqual([], judged(GOOD_JOURNAL + [unknown]))

    def test_each_wrong_is_found(self):
        for name, wrong, words in WRONGS:
            with self.subTest(name):
                self.assertIn(words, "\n".join(judged(**wrong)))

    def test_a_transfer_in_two_files_is_there_twice(self):
        with tempfile.TemporaryDirectory() as folder:
            paths = [pathlib.Path(folder) / name for name in ("one.db", "two.db")]
            for path in paths:
                write_ledger(path, GOOD_JOURNAL)
            found = oracle.judge(account_of(GOOD_LINES), [oracle.read_ledger(p) for p in paths])
        self.assertIn("stand there twice: 3 (1, 5, 7)", "\n".join(found))

    def test_each_count_that_does_not_balance_is_found(self):
        for when, change, words in WRONG_COUNTS:
            counts = {**GOOD_COUNTS, when: {**GOOD_COUNTS[when], **change}}
            with self.subTest(f"{when} {change}"):
                self.assertIn(f"pool, {when}: {words}" if "allowed" not in words else words,
                              "\n".join(oracle.count_findings(counts)))

    def test_a_pool_that_says_nothing_is_found(self):
        self.assertEqual(["the pool said nothing rest"], list(oracle.count_findings({})))


class Recovery(unittest.TestCase):
    def test_only_attempts_that_began_after_the_fault_count(self):
        lines = """
            + 1 10 1 2 3
            + 2 20 1 2 3
            - 1 30 failed -5 13
            + 3 40 1 2 3
            + 4 41 1 2 3
            - 2 50 none -5 0
            - 4 55 none -5 0
            - 3 60 poor 0 0
        """
        account = account_of("\n".join(line.strip() for line in lines.strip().splitlines()))
        self.assertEqual(2, account.attempts_until_success(15))
        self.assertEqual(1, account.attempts_until_success(35))
        self.assertIsNone(account.attempts_until_success(60))


if __name__ == "__main__":
    unittest.main()
