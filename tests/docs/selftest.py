#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plants one defect after the other and requires that the checks of this folder report each.

A check that has never failed proves nothing, so each test here starts from what is right, and
every planted defect must be reported with the words given beside it.
"""

import pathlib
import re
import tempfile
import unittest

import check_benchmarks
import check_failure_modes
import check_features
import check_reference
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

# A page with the right number of rows in each section; the first row of A is the one with defects.
GOOD_FEATURES = "".join(
    f"## {letter}. Section\n\n| feature | answer | option | test | documentation |\n|---|---|---|---|---|\n"
    + "".join(
        f"| {letter}{at} | Y | `max_size`, `lend::pool::close` | `Pool.is_bounded` | [tour](tour.md#all-options) |\n"
        if (letter, at) == ("A", 0) else f"| {letter}{at} | not yet | `later` | | |\n"
        for at in range(count)
    )
    + "\n"
    for letter, count in check_features.SECTIONS.items()
)
FEATURE_DEFECTS = [
    ("an option that no header has", "`max_size`", "`max_sise`", "no header has `max_sise`"),
    ("an option that only a comment has", "`max_size`", "`min_size`", "no header has `min_size`"),
    ("a member that no header has", "pool::close", "pool::shut", "no header has"),
    ("a Y without an option", "`max_size`, `lend::pool::close`", "", "names no option"),
    ("a test that is not there", "Pool.is_bounded", "Pool.is_limited", "there is no test"),
    ("a Y without a test", "`Pool.is_bounded`", "", "names no test"),
    ("a page that is not there", "tour.md#", "walk.md#", "leads nowhere"),
    ("a heading that is not there", "#all-options", "#options", "no heading"),
    ("a Y without a page", "[tour](tour.md#all-options)", "", "no link"),
    ("the contract layer without a test", "Y | `max_size`, `lend::pool::close` | `Pool.is_bounded`",
     "contract layer | `max_size` | ", "names no test"),
    ("another answer", "| Y |", "| yes |", "the answer is none of"),
    ("a row too few", "| B3 | not yet | `later` | | |\n", "", "rows by section"),
    ("a row twice", "| B3 |", "| B2 |", "stands there twice"),
    ("a column too many", "| B3 |", "| B3 | |", "6 columns"),
]

GOOD_MODES = "| no. | requirement | test | planted |\n|---|---|---|---|\n" + "".join(
    f"| {at} | What must hold | `FailureMode.07_is_refused`, `FailureMode.07_again` | the check left out |\n"
    if at == 7 else f"| {at} | What must hold | not yet | |\n"
    for at in [*range(1, check_failure_modes.COUNT + 1), 51, 60]
)
MODE_DEFECTS = [
    ("a test that is not there", "FailureMode.07_is_refused", "FailureMode.07_is_taken", "there is no test"),
    ("a test of another number", "FailureMode.07_is_refused", "FailureMode.08_is_refused", "does not begin"),
    ("a test that is not listed", ", `FailureMode.07_again`", "", "07_again is not listed"),
    ("nothing planted", "| the check left out |", "| |", "what was planted"),
    ("neither a test nor not yet", "| 9 | What must hold | not yet |", "| 9 | What must hold | soon |",
     "names no test"),
    ("no requirement", "| 9 | What must hold |", "| 9 | |", "says no requirement"),
    ("a number left out", "| 9 | What must hold | not yet | |\n", "", "stands where 9 should"),
    ("rows left out", GOOD_MODES[GOOD_MODES.index("| 40 |"):], "", "39 rows"),
    ("a late number twice", "| 60 |", "| 51 |", "stands where 52 should"),
    ("numbers in another order", "| 9 |", "| 10 |", "stands where 9 should"),
    ("a column too few", "| 9 | What must hold | not yet | |", "| 9 | not yet | |", "3 columns"),
]

# A page of targets, all met; the first has a number of its own to be planted in.
TARGETS = check_benchmarks.targets
GOOD_BENCHMARKS = (
    f"## Other\n\n| a |\n|---|\n| b |\n\n## {check_benchmarks.page.TARGETS_HEADING}\n\n"
    "| target | what | measured | limit | noise | verdict |\n| --- | --- | ---: | --- | ---: | --- |\n"
    + "".join(
        f"| `{one.key}` | {one.question} | 1.23 (1 to 2) | {TARGETS.limit_text(one)} | 1.0% "
        f"| {'at the bound: which is 2 here' if one.key == 'P16' else 'met'} |\n"
        for one in TARGETS.TARGETS
    )
)
FIRST = TARGETS.TARGETS[0].question
BENCHMARK_DEFECTS = [
    ("a target without a row", "| `P9` |", "| `P99` |", "P9 has 0 rows"),
    ("a row without a target", "| `P9` |", "| `P99` |", "there is no target P99"),
    ("a row twice", "| `P9` |", "| `P16` |", "P16 has 2 rows"),
    ("a limit that changed", "| <= 1.45 |", "| <= 1.5 |", "the limit is <= 1.5, not <= 1.45"),
    ("another question", FIRST, "Destroy", "does not ask"),
    ("another verdict", "| met |", "| good |", "the verdict is none of"),
    ("no number", "1.23 (1 to 2)", "-", "says met beside what was measured: -"),
    ("a number that was not measured", "| met |", "| not measured: why |", "says not measured"),
    ("a column too few", " 1.0% |", "", "5 columns"),
]
FEATURE_FILES = {
    "docs/tour.md": "# Tour\n## All options\n```sh\n# options\n```\n",
    "include/lend/pool.hpp": "int max_size; // not min_size\nint close();\n",
    "tests/unit/pool_test.cpp": "TEST(Pool, is_bounded) {}\nTEST(FailureMode, 07_is_refused) {}\n"
    "TEST_F(FailureMode,\n       07_again) {}\n// TEST(Pool, is_limited)\n",
}


class Planted(unittest.TestCase):
    def arrows(self, text):
        return "\n".join(check_sync_arrows.check(text, OTHER))

    def in_folder(self, files, look):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            return "\n".join(look(root))

    def snippets(self, page):
        files = {
            "README.md": page,
            "examples/01_take.cpp": EXAMPLE,
            "examples/01_take.expected": "took 1\n",
            "tests/consumer/main/CMakeLists.txt": "# [use]\nfind_package(lend)\n# [use]\n",
        }
        return self.in_folder(files, check_snippets.check)

    def features(self, page):
        files = {**FEATURE_FILES, "docs/features.md": page}
        return self.in_folder(files, lambda root: check_features.check(root)[0])

    def modes(self, page):
        files = {**FEATURE_FILES, "docs/failure-modes.md": page}
        return self.in_folder(files, lambda root: check_failure_modes.check(root)[0])

    def benchmarks(self, page):
        return self.in_folder({"docs/benchmarks.md": page}, check_benchmarks.check)

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

    def test_features_reports_each_planted_defect(self):
        self.reported(self.features, GOOD_FEATURES, FEATURE_DEFECTS)

    def test_failure_modes_reports_each_planted_defect(self):
        self.reported(self.modes, GOOD_MODES, MODE_DEFECTS)

    def test_benchmarks_reports_each_planted_defect(self):
        self.reported(self.benchmarks, GOOD_BENCHMARKS, BENCHMARK_DEFECTS)

    def test_benchmarks_reports_another_order(self):
        head, separator, rows = GOOD_BENCHMARKS.rpartition("| --- |\n")
        lines = rows.splitlines()
        turned = head + separator + "\n".join([lines[1], lines[0], *lines[2:]]) + "\n"

        self.assertIn("another order", self.benchmarks(turned))

    def test_benchmarks_does_not_ask_for_a_page(self):
        self.assertEqual(self.in_folder({"docs/tour.md": ""}, check_benchmarks.check), "")


# file, what is replaced, by what, what must be said
REFERENCE_DEFECTS = [
    ("docs/design.md", "## Invariants", "## Rules", "no list of invariants"),
    ("docs/design.md", "\n3. A number", "\n13. A number", "no list of invariants"),
    ("docs/design.md", "(`tests/support/pool_user.hpp`)", "", "invariant 6 names no test"),
    ("docs/design.md", "`tests/support/pool_user.hpp`", "`tests/support/pool_users.hpp`",
     "which does not exist"),
    ("include/lend/hresult.hpp", 'code_entry{hr::lend_e_shed, "LEND_E_SHED"',
     'code_entry{hr::lend_e_shed, "LEND_E_SHADE"', "no row for `LEND_E_SHADE` 0x80040205"),
    ("docs/errors.md", "nothing: it was asked for", "", "LEND_E_CANCELLED: a row has"),
    ("docs/errors.md", "`LEND_E_PAUSED` 0x80040204", "`LEND_E_PAUSED` 0x80040205", "no row for `LEND_E_PAUSED`"),
    ("docs/tour.md", "| `void interrupt(resource&)`", "| `void interupt(resource&)`", "a driver's interrupt"),
    ("include/lend/driver.hpp", "static constexpr bool has_check =", "static constexpr bool has_probe =",
     "no row for a driver's probe"),
    ("include/lend/pool_options.hpp", "    std::size_t min_idle = 0;",
     "    std::size_t min_idle = 0;\n    bool novel = false;", "no row for the option `novel`"),
    ("docs/tour.md", "| `order` | `order_mode` |", "| `order` | `bool` |", "there is no option `order` of type `bool`"),
    ("include/lend/pool_options.hpp", "    std::size_t min_idle = 0;", "", "there is no option `min_idle`"),
    ("include/lend/pool_options.hpp", "    fairness_mode fairness = fairness_mode::adaptive;\n    order_mode order"
     " = order_mode::thread_affine;", "    order_mode order = order_mode::thread_affine;\n    fairness_mode fairness"
     " = fairness_mode::adaptive;", "not in the order"),
]


class Reference(unittest.TestCase):
    def test_each_planted_defect_is_reported(self):
        root = pathlib.Path(__file__).resolve().parents[2]
        paths = ("include/lend/hresult.hpp", "include/lend/driver.hpp", "include/lend/pool_options.hpp",
                 "docs/errors.md", "docs/tour.md", "docs/design.md")
        named = set(re.findall(r"tests/[\w/.]+", (root / "docs/design.md").read_text()))
        good = {path: (root / path).read_text() for path in paths}

        def problems_of(files):
            with tempfile.TemporaryDirectory() as folder:
                for path, text in files.items():
                    target = pathlib.Path(folder) / path
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_text(text)
                for path in named:
                    target = pathlib.Path(folder) / path
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.touch()
                return "\n".join(check_reference.check(pathlib.Path(folder)))

        self.assertEqual(problems_of(good), "")
        for path, old, new, words in REFERENCE_DEFECTS:
            with self.subTest(words):
                self.assertIn(old, good[path])
                self.assertIn(words, problems_of({**good, path: good[path].replace(old, new)}))


if __name__ == "__main__":
    unittest.main()
