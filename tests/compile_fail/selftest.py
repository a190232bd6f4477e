#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plants cases that prove nothing and requires that check_case reports each.

usage: selftest.py COMPILER
"""

import pathlib
import sys
import tempfile
import unittest

import check_case

GOOD = """// expect: an even number is (wanted|needed)
// expect: even<3>
template <int N> struct even { static_assert(N % 2 == 0, "an even number is wanted"); };
even<2> good;
#ifndef LEND_COMPILE_FAIL_OK
even<3> bad;
#endif
"""

DEFECTS = [
    ("the use compiles", "even<3> bad", "even<4> bad", "the forbidden use compiles"),
    ("another message", "(wanted|needed)", "asked", "no message matches"),
    ("a second message that is not there", "// expect: even<3>", "// expect: even<5>",
     "no message matches 'even<5>'"),
    ("words of the quoted source only", "an even number is (wanted|needed)", "^ *even<3> bad",
     "no message matches"),
    ("a broken file", "struct even", "strct even", "even without the forbidden use"),
    ("no expectation", "// expect: an", "// expects an", "the first line is not"),
    ("no way to compile", "LEND_COMPILE_FAIL_OK", "OTHER", "is not between"),
]


class Planted(unittest.TestCase):
    command = ["c++"]

    def problem_of(self, text):
        with tempfile.TemporaryDirectory() as folder:
            case = pathlib.Path(folder) / "case.cpp"
            case.write_text(text)
            return check_case.problem_of(case, self.command) or ""

    def test_a_good_case_passes(self):
        self.assertEqual(self.problem_of(GOOD), "")

    def test_each_planted_defect_is_reported(self):
        for name, old, new, words in DEFECTS:
            with self.subTest(name):
                self.assertIn(old, GOOD)
                self.assertIn(words, self.problem_of(GOOD.replace(old, new, 1)))


if __name__ == "__main__":
    Planted.command = sys.argv.pop(1).split()
    unittest.main()
