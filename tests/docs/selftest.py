#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plants one defect after the other and requires that the checks of this folder report each.

A check that has never failed proves nothing, so each test here starts from what is right, and
every planted defect must be reported with the words given beside it.
"""

import pathlib
import tempfile
import unittest

import check_snippets
import check_sync_arrows

GOOD_ARROWS = """
void publish() {
    // (1) release-store synchronizes-with the acquire-load (2)
    ready.store(true, std::memory_order_release);
    // Relaxed: a counter that nobody waits on.
    count.fetch_add(1, std::memory_order_relaxed);
    hits.fetch_add(1, std::memory_order_relaxed);

    // (2) acquire-load synchronizes-with the release-store (1)
    // (2) acquire-load synchronizes-with the acq-rel-CAS (3). The winner's data are seen.
    while (!ready.load(std::memory_order::acquire)) {
    }
    // (3) acq-rel-CAS synchronizes-with the acquire-load (2)
    if (!word.compare_exchange_strong(old, wanted, std::memory_order_acq_rel,
                                      std::memory_order_relaxed)) {
        std::atomic_signal_fence(std::memory_order_seq_cst);
    }
    // (4) light-fence is totally ordered with the heavy-fence (5)
    Platform::light_fence();
    Platform::heavy_fence(); // (5) heavy-fence is totally ordered with the light-fence (4)
    do {
        // (6) release-CAS synchronizes-with the acquire-load (2), the
        // seq-cst-fetch-add (7) and the acquire-fence (3) of other.hpp: a
        // sentence over several lines. Relaxed on failure.
    } while (!word.compare_exchange_weak(old, wanted,
                                         orders::at(6, std::memory_order_release),
                                         std::memory_order_relaxed));
    // (7) seq-cst-fetch-add is totally ordered with the seq-cst-fetch-add (7)
    __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST);
}
"""
OTHER = {"other.hpp": "// (3) acquire-fence synchronizes-with the release-store (1)\nfence(x);\n"}

# name, what is replaced, by what, what must be said
ARROW_DEFECTS = [
    ("no number", "    // (1) release-store synchronizes-with the acquire-load (2)\n", "",
     "release-store has no number"),
    ("dangling partner", "the release-store (1)", "the release-store (9)", "not in this file"),
    ("wrong operation of the partner", "(1) release-store synchronizes-with the acquire-load (2)",
     "(1) release-store synchronizes-with the acquire-fence (2)", "calls (2) acquire-fence"),
    ("the code changed, the comment did not", "store(true, std::memory_order_release)",
     "store(true, std::memory_order_seq_cst)", "the code below does not"),
    ("misspelt", "(3) acq-rel-CAS", "(3) acq-releas-CAS", "not in the grammar"),
    ("one number for two accesses", "(4) light-fence is", "(2) light-fence is", "is already a"),
    ("relaxed without a reason", "    // Relaxed: a counter that nobody waits on.\n", "\n",
     "does not say why relaxed"),
    ("relaxed after a blank line", "    hits.", "\n    hits.", "does not say why relaxed"),
    ("a fence without a number", "    // (4) light-fence is totally ordered with the heavy-fence (5)\n",
     "", "light-fence has no number"),
    ("a comment above nothing", "    Platform::light_fence();\n", "    \n", "above no statement"),
    ("an order that changed", "at(6, std::memory_order_release", "at(6, std::memory_order_acq_rel",
     "acq-rel-CAS has no number"),
    ("another number in code", "at(6,", "at(8,", "release-CAS has no number: // (8)"),
    ("a second partner that dangles", "seq-cst-fetch-add (7) and", "seq-cst-fetch-add (70) and",
     "names (70)"),
    ("a partner in another file that is something else", "acquire-fence (3) of", "acquire-load (3) of",
     "in other.hpp it is acquire-fence"),
    ("a partner in a file that is not there", "of other.hpp", "of others.hpp", "not in others.hpp"),
    ("a built-in without a number", "    // (7) seq-cst-fetch-add is totally ordered with the "
     "seq-cst-fetch-add (7)\n", "", "seq-cst-fetch-add has no number"),
    ("no number in a condition", "// (3) acq-rel-CAS synchronizes-with the acquire-load (2)\n",
     "// The winner goes on.\n", "acq-rel-CAS has no number"),
]

EXAMPLE = """// SPDX-License-Identifier: MIT
// [program]
int main() {
    // [call]
    take(1);
    // [call]
}
// [program]
"""

GOOD_PAGE = """# Page

<!-- snippet: examples/01_take.cpp#program -->
```cpp
int main() {
    take(1);
}
```
<!-- output: examples/01_take.expected -->
```text
took 1
```
See [the example](examples/01_take.cpp) and [the web](https://example.org).

<!-- snippet: examples/01_take.cpp#call -->
```cpp
take(1);
```
<!-- snippet: tests/consumer/main/CMakeLists.txt#use -->
```cmake
find_package(lend)
```
```sh
make
```
"""

SNIPPET_DEFECTS = [
    ("changed code", "    take(1);", "    take(2);", "differs from"),
    ("an unmarked block", "<!-- snippet: examples/01_take.cpp#call -->\n", "", "without <!-- snippet"),
    ("an unmarked block of another spelling",
     "<!-- snippet: examples/01_take.cpp#call -->\n```cpp", "```c++", "without <!-- snippet"),
    ("no language", "```sh", "```", "names no language"),
    ("no such tag", "#call", "#cal", "stands there 0 times"),
    ("no such file", "01_take.cpp#call", "02_take.cpp#call", "does not exist"),
    ("a file that nothing runs", "examples/01_take.cpp#call", "docs/01_take.cpp#call", "not in a folder"),
    ("changed output", "took 1", "took 2", "differs from"),
    ("a program without its output", "<!-- output: examples/01_take.expected -->\n", "",
     "not followed by its output"),
    ("CMake that nothing runs", "<!-- snippet: tests/consumer/main/CMakeLists.txt#use -->\n", "",
     "without <!-- snippet"),
    ("a dead link", "(examples/01_take.cpp)", "(examples/01_tak.cpp)", "leads nowhere"),
]


class Planted(unittest.TestCase):
    def arrows(self, text):
        return "\n".join(check_sync_arrows.check(text, OTHER))

    def snippets(self, page):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in {
                "README.md": page,
                "examples/01_take.cpp": EXAMPLE,
                "examples/01_take.expected": "took 1\n",
                "tests/consumer/main/CMakeLists.txt": "# [use]\nfind_package(lend)\n# [use]\n",
            }.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            return "\n".join(check_snippets.check(root))

    def reported(self, look, good, defects):
        self.assertEqual(look(good), "")
        for name, old, new, words in defects:
            with self.subTest(name):
                self.assertIn(old, good)
                self.assertIn(words, look(good.replace(old, new, 1)))

    def test_sync_arrows_reports_each_planted_defect(self):
        self.reported(self.arrows, GOOD_ARROWS, ARROW_DEFECTS)

    def test_snippets_reports_each_planted_defect(self):
        self.reported(self.snippets, GOOD_PAGE, SNIPPET_DEFECTS)


if __name__ == "__main__":
    unittest.main()
