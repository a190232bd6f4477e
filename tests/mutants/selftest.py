#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Requires that run.py tells mutants that are killed from those that are not and refuses lists that
are wrong, and that the list of this repository fits the headers and is as large as it has to be."""

import pathlib
import tempfile
import unittest

import mutant_list
import run
import workshop

HEADER = """#include <cstdlib>
// Twice one: twice(1) is 2.
inline int twice(int one) {
    // Not one more.
    return one * 2; // never less
}
inline int half(int of) {
    static_assert(sizeof(int) == 4, "lend: an int has 32 bits");
    return of / 2;
}
"""
TEST = "#include <lend/toy.hpp>\nint main() { return twice(3) == 6 && half(6) == 3 ? 0 : 1; }\n"
OTHER = "#include <lend/toy.hpp>\nint main() { return twice(2) == 4 ? 0 : 1; }\n"
PARTS = {
    "mutant": "the-mutant", "file": "toy.hpp", "harm": "wrong sums",
    "killer": "concurrency/toy_mc.cpp",
}


def entry(change, **more):
    """Returns a mutant as it stands in a list."""
    lines = [f"{word} {said}" for word, said in {**PARTS, **more}.items() if said]
    return "\n".join([*lines, *change, ""])


class Tree:
    """A repository with one header, two tests and a list."""

    def __init__(self, *entries, test=TEST):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        for name, text in {
            "include/lend/toy.hpp": HEADER, "tests/concurrency/toy_mc.cpp": test,
            "tests/concurrency/other_mc.cpp": OTHER, "list/toy.txt": "\n".join(entries),
        }.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def answer(self, *words):
        """Returns (exit code, all that was said) of a run."""
        said = []
        with self.folder:
            try:
                code = run.main(run.options(["--jobs", "1", *words]), self.root / "list", self.root,
                                said.append, shortest_timeout=2.0)
            except mutant_list.BadList as refusal:
                code, said = 1, [str(refusal)]
        return code, "\n".join(said)


DEFECT = ["- return one * 2;", "+ return one + 2;"]
COMMENT = ["- return one * 2;", "+ return one * 2; // twice"]
ASSERTED = [
    '- static_assert(sizeof(int) == 4, "lend: an int has 32 bits");',
    '+ static_assert(sizeof(int) == 5, "lend: an int has 32 bits");',
]
# name, the list, what must be said, whether all is good
LISTS = [
    ("defect is killed", [entry(DEFECT)], "1 of 1 killed", True),
    ("second killer is asked", [entry(DEFECT, killer="concurrency/other_mc.cpp") +
                                "killer concurrency/toy_mc.cpp\n"],
     "(not by concurrency/other_mc.cpp)", True),
    ("crash is a kill", [entry(["- return one * 2;", "+ std::abort();"])], "signal 6", True),
    ("endless loop is a kill",
     [entry(["- return one * 2;", "+ for (volatile int i = 0;; i = i + 1) {}"])], "hung", True),
    ("static assertion that is named is a kill", [entry(ASSERTED, refused="an int has 32 bits")],
     "refused by the compiler", True),
    ("comment survives", [entry(COMMENT)], "no reason is given", False),
    ("too few are killed", [entry(COMMENT, survives="it is a comment")], "0 of 1 killed", False),
    ("explanation that is false", [entry(DEFECT, survives="nobody asks for twice")],
     "the list says that no test can fail", False),
    ("mutant that does not compile", [entry(["- return one * 2;", "+ return one * ;"])],
     "does not compile", False),
    ("text that is gone", [entry(["- return one * 3;", "+ return one;"])],
     "occurs 0 times in toy.hpp", False),
    ("text that is there twice", [entry(["- }", "+ ;}"])], "occurs 2 times", False),
    ("change that changes nothing", [entry(["- return one * 2;", "+ return one * 2;"])],
     "it changes nothing", False),
    ("header that is gone", [entry(DEFECT, file="gone.hpp")], "there is no gone.hpp", False),
    ("killer that is gone", [entry(DEFECT, killer="unit/gone_test.cpp")],
     "there is no tests/unit/gone_test.cpp", False),
    ("name that is taken", [entry(DEFECT), entry(COMMENT)], "taken twice", False),
    ("mutant without a harm", [entry(DEFECT, harm="")], "a harm", False),
    ("word that is unknown", [entry(DEFECT, harms="none")], "not understood", False),
    ("list that does not begin with one", ["fixed"], "before the first mutant", False),
]


class Planted(unittest.TestCase):
    def test_lists_are_judged(self):
        for name, entries, said, is_good in LISTS:
            with self.subTest(name):
                code, output = Tree(*entries).answer()
                self.assertIn(said, output)
                self.assertEqual(code, 0 if is_good else 1, output)

    def test_killer_that_fails_by_itself_is_refused(self):
        for test, said in (("int main() { return 1; }", "exit code 1"),
                           ("int main() { return 77; }", "skipped"), ("int main() {", "compile")):
            with self.subTest(said):
                code, output = Tree(entry(DEFECT), test=test).answer()
                self.assertIn(said, output)
                self.assertIn("would mean nothing", output)
                self.assertEqual(code, 1)

    def test_explained_ones_are_good_while_they_are_few(self):
        killed = run.Verdict(mutant_list.Mutant("a", "an area"), "killed")
        explained = run.Verdict(mutant_list.Mutant("b", "an area", survives="why"), "survived")
        self.assertTrue(run.summary([killed] * 19 + [explained])[1])
        self.assertFalse(run.summary([killed] * 18 + [explained] * 2)[1])
        self.assertIn("explained: b\n  why", run.summary([killed] * 19 + [explained])[0])

    def test_fixed_and_named_ones_are_chosen(self):
        two = [entry(DEFECT) + "fixed\n", entry(COMMENT, mutant="comment")]
        self.assertEqual(Tree(*two).answer("--fixed")[0], 0)
        self.assertEqual(Tree(*two).answer("--only", "the-*")[0], 0)
        self.assertEqual(Tree(*two).answer("--only", "another")[0], 1)
        self.assertIn("* the-mutant: wrong sums", Tree(*two).answer("--list")[1])

    def test_runs_of_googletest_are_understood(self):
        def what(code, output):
            return workshop.judged(code, output, True).what

        self.assertEqual(what(0, "[==========] Running 3 tests from 1 test suite.\n"), "passed")
        self.assertEqual(what(0, "[==========] Running 0 tests from 0 test suites.\n"), "empty")
        self.assertEqual(what(0, ""), "empty")
        self.assertEqual(what(1, "[  FAILED  ] A.b (0 ms)\n"), "failed")
        self.assertEqual(workshop.judged(1, "[  FAILED  ] A.b (0 ms)\n", True).detail, "A.b")
        self.assertEqual(what(-11, ""), "crashed")
        self.assertEqual(what(None, ""), "hung")


class ThisList(unittest.TestCase):
    mutants = mutant_list.read(run.HERE / "list")

    def test_fits_the_headers(self):
        self.assertEqual(mutant_list.problems(self.mutants, run.HERE.parents[1]), [])

    def test_is_large_enough(self):
        self.assertGreaterEqual(len(self.mutants), 60)
        self.assertEqual(sum(m.fixed for m in self.mutants), 20)

    def test_fixed_ones_are_not_explained(self):
        self.assertFalse([m.name for m in self.mutants if m.fixed and m.survives])


if __name__ == "__main__":
    unittest.main()
