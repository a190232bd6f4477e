#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Requires that mechanical.py makes every kind of mutant, and none of what cannot be wrong; and that
generated.py counts as it says."""

import sys
import unittest

import generated
import mechanical
import run as chosen

HEADER = """// A comment: if (x < y) z();
#define LEND_TWICE(x) if (x) (x)
namespace lend {
class thing {
    static constexpr std::size_t most = 8;
    static constexpr int words = "a < b"[0];
    std::vector<int> all = {};
    static_assert(sizeof(int) < 8,
                  "not here: a < b");
    void act(std::vector<int>& list, int&& given) noexcept {
        if (list.size() < most && ready) {
            list.clear();
            ++count_;
        }
        LEND_ASSERT(platform, count_ < 8);
        const auto at = count_ + 1;
        say("a < b");
        done_ = true;
        if (given > 3) list.pop_back();
        return;
    }
};
}
"""


def made(kind):
    return [(m.line, m.new[0].strip()) for m in mechanical.mutants_of("detail/thing.hpp", HEADER)
            if m.kind == kind]


class Mechanical(unittest.TestCase):
    def test_kinds(self):
        self.assertEqual(made("negated"), [(11, "if (!(list.size() < most && ready)) {"),
                                           (19, "if (!(given > 3)) list.pop_back();")])
        self.assertEqual(made("moved"), [(11, "if (list.size() <= most && ready) {"),
                                         (16, "const auto at = count_;"),
                                         (19, "if (given >= 3) list.pop_back();")])
        self.assertEqual(made("weakened"), [(11, "if (list.size() < most || ready) {")])
        self.assertEqual(made("turned"), [(18, "done_ = false;")])
        self.assertEqual(made("left out"), [(12, ";"), (13, ";"), (18, ";")])
        self.assertEqual(made("doubled"), [(5, "static constexpr std::size_t most = 2 * 8;")])
        self.assertEqual(made("swapped"), [(12, "++count_;")])

    def test_every_kind_is_known(self):
        kinds = {m.kind for m in mechanical.mutants_of("detail/thing.hpp", HEADER)}
        self.assertEqual(kinds, set(mechanical.KINDS))

    def test_one_is_planted_where_it_belongs(self):
        swapped = [m for m in mechanical.mutants_of("detail/thing.hpp", HEADER) if m.kind == "swapped"][0]
        lines = swapped.planted(HEADER).splitlines()
        self.assertEqual([line.strip() for line in lines[11:13]], ["++count_;", "list.clear();"])
        self.assertEqual(len(lines), len(HEADER.splitlines()))
        with self.assertRaises(ValueError):
            swapped.planted(HEADER.replace("clear", "shrink"))

    def test_the_same_seed_draws_the_same(self):
        every = mechanical.all_mutants(generated.ROOT / "include", generated.headers())
        self.assertGreater(len(every), 600)
        self.assertEqual(mechanical.drawn(every, 50, 3), mechanical.drawn(every, 50, 3))
        self.assertNotEqual(mechanical.drawn(every, 50, 3), mechanical.drawn(every, 50, 4))


def verdict(what, header="detail/a.hpp", old="x();", new=";"):
    return {"name": f"{header}:1:1 left out", "header": header, "old": [old], "new": [new], "what": what,
            "by": "unit/a_test.cpp", "seconds": 1.0}


class Generated(unittest.TestCase):
    def test_share_of_the_killed(self):
        nine = [verdict("killed")] * 9
        text, is_good = generated.summary([*nine, verdict("survived")], {})
        self.assertTrue(is_good)
        self.assertIn("9 of 10 killed, 90.0 %", text)
        self.assertIn("not by unit/a_test.cpp", text)
        self.assertFalse(generated.summary([*nine[1:], verdict("survived")], {})[1])

    def test_refused_and_explained_do_not_count(self):
        explained = generated.explanations("# why\ndetail/a.hpp\n- x();\n+ ;\nnothing follows from it\n")
        text, is_good = generated.summary([verdict("killed"), verdict("refused"), verdict("survived")], explained)
        self.assertTrue(is_good)
        self.assertIn("1 of 1 killed", text)

    def test_explanation_that_is_none(self):
        with self.assertRaises(chosen.mutant_list.BadList):
            generated.explanations("detail/a.hpp\nx();\n;\nwhy\n")

    def test_those_that_reach_most_of_a_header_come_first(self):
        mutant = mechanical.Mutant("detail/a.hpp", "left out", 5, 1, ("x();",), (";",))
        reached = {"unit/far_test.cpp": {"lines": {"detail/a.hpp": [5]}, "seconds": 1},
                   "unit/near_test.cpp": {"lines": {"detail/a.hpp": [4, 5, 6]}, "seconds": 9},
                   "unit/other_test.cpp": {"lines": {"detail/a.hpp": [4, 6]}, "seconds": 1},
                   "concurrency/pool_sim_test.cpp": {"lines": {"detail/a.hpp": [3, 4, 5, 6]}, "seconds": 60}}
        self.assertEqual(generated.killers_of(mutant, reached),
                         ["unit/near_test.cpp", "unit/far_test.cpp", "concurrency/pool_sim_test.cpp"])

    def test_shares_make_the_whole(self):
        whole = generated.picked(generated.options(["--count", "60"]))
        parts = [generated.picked(generated.options(["--count", "60", "--share", f"{at}/3"])) for at in (1, 2, 3)]
        self.assertEqual(sorted(m.name for m in whole), sorted(m.name for part in parts for m in part))
        with self.assertRaises(SystemExit):
            generated.options(["--share", "4/3"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
