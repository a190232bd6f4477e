#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plants differences between builds in one source and requires that check_symbols reports each.

usage: symbols_selftest.py COMPILER      which is GCC
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

import check_symbols

GOOD = """
#include <cstdlib>
namespace lend::inline v0_1 {
struct word { long value; };
struct owner { ~owner(); };
template <bool Checks> int checked(int x) { if constexpr (Checks) { if (x < 0) std::abort(); } return x; }
inline int plain(int x) { return x + 1; }
template <bool Exceptions> void raise() {}
inline owner& of_thread() { thread_local owner own; return own; }
inline int cleans(int x) { owner one; raise<true>(); return x; }
}
#ifdef NDEBUG
constexpr bool checks = false;
#else
constexpr bool checks = true;
#endif
int use(lend::word w) {
    return lend::checked<checks>(1) + lend::plain(2) + lend::cleans(3) + int(w.value) + (&lend::of_thread() != nullptr);
}
"""

DEFECTS = [
    ("a body by NDEBUG", "inline int plain(int x) {", "inline int plain(int x) {\n#ifndef NDEBUG\n"
     "    if (x < 0) std::abort();\n#endif\n", "NDEBUG changes lend::v0_1::plain(int)"),
    ("a size by NDEBUG", "struct word {", "struct word {\n#ifndef NDEBUG\n    int owner;\n#endif\n",
     "NDEBUG changes the layout of lend::v0_1::word"),
    ("a throw by exceptions", "inline int plain(int x) {", "inline int plain(int x) {\n"
     "#ifdef __cpp_exceptions\n    if (x < 0) throw 1;\n#endif\n", "-fno-exceptions changes lend::v0_1::plain"),
    ("a call by exceptions", "raise<true>();", "\n#ifdef __cpp_exceptions\nraise<true>();\n#else\n"
     "raise<false>();\n#endif\n", "-fno-exceptions changes lend::v0_1::cleans"),
    ("a static object made on first use", "return x + 1;", "static owner one; return x + 1;",
     "a fork may find it held: guard variable for lend::v0_1::plain(int)::one"),
    ("nothing to compare", "lend", "land", "nothing is compared"),
]


class Planted(unittest.TestCase):
    command = ["g++"]

    def problems_of(self, text):
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder) / "source.cpp"
            source.write_text(text)
            objects = []
            for name, flags in (("a", []), ("b", ["-DNDEBUG"]), ("c", ["-fno-exceptions"])):
                objects.append(f"{folder}/{name}.o")
                subprocess.run(
                    [*self.command, "-std=c++20", "-O0", *flags, "-c", source, "-o", objects[-1],
                     f"-fdump-lang-class={objects[-1]}.class"],
                    check=True,
                )
            return "\n".join(check_symbols.check(*objects))

    def test_a_good_source_has_no_problems(self):
        self.assertEqual(self.problems_of(GOOD), "")

    def test_each_planted_defect_is_reported(self):
        for name, old, new, words in DEFECTS:
            with self.subTest(name):
                self.assertIn(old, GOOD)
                self.assertIn(words, self.problems_of(GOOD.replace(old, new)))


if __name__ == "__main__":
    Planted.command = sys.argv.pop(1).split()
    unittest.main()
