#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Merges made-up results of several runs and requires of the one result what the report needs."""

import copy
import json
import pathlib
import tempfile
import unittest

import merge


def run(name, family, repetition=0, **more):
    return {
        "name": name,
        "family_index": family,
        "per_family_instance_index": 0,
        "run_name": name,
        "run_type": "iteration",
        "repetitions": 2,
        "repetition_index": repetition,
        "threads": 1,
        "items_per_second": 1e6,
        **more,
    }


# The second repetition of one is done before the first of the other, as in interleaved runs.
ROUND = {
    "context": {"cpu": "a", "load_avg": [0.1]},
    "benchmarks": [
        run("destroy/lend/live:1", 0, 0),
        run("destroy/lend/live:1", 0, 1),
        run("acquire/lend/threads:1", 1, 0),
        run("acquire/lend/threads:1", 1, 1),
        {**run("acquire/lend/threads:1_mean", 1), "run_type": "aggregate"},
    ],
}
OTHER = {
    "context": {"cpu": "b", "jvm": "j"},
    "benchmarks": [{k: v for k, v in run("acquire/hikaricp/threads:1", 0).items()
                    if not k.endswith("_index") or k == "repetition_index"}],
}


def names(merged):
    return [r["run_name"] for r in sorted(merged["benchmarks"], key=merge.place)]


class Merge(unittest.TestCase):
    def setUp(self):
        self.parts = [copy.deepcopy(x) for x in (ROUND, OTHER, ROUND, OTHER)]
        self.merged = merge.merge(self.parts)

    def of(self, name):
        return [r for r in self.merged["benchmarks"] if r["run_name"] == name]

    def test_every_measured_run_is_kept(self):
        self.assertEqual(len(self.of("destroy/lend/live:1")), 4)
        self.assertEqual(len(self.of("acquire/lend/threads:1")), 4)
        self.assertEqual(len(self.of("acquire/hikaricp/threads:1")), 2)

    def test_repetitions_are_counted_through(self):
        for name, count in (("destroy/lend/live:1", 4), ("acquire/hikaricp/threads:1", 2)):
            self.assertEqual([r["repetition_index"] for r in self.of(name)], list(range(count)))
            self.assertEqual({r["repetitions"] for r in self.of(name)}, {count})

    def test_families_of_different_files_are_not_mixed(self):
        places = {r["run_name"]: merge.place(r) for r in self.merged["benchmarks"]}
        self.assertEqual(len(set(places.values())), 3)

    def test_the_order_is_that_of_registration_and_of_the_files(self):
        self.assertEqual(
            list(dict.fromkeys(names(self.merged))),
            ["destroy/lend/live:1", "acquire/lend/threads:1", "acquire/hikaricp/threads:1"],
        )

    def test_aggregates_are_left_out(self):
        self.assertFalse([r for r in self.merged["benchmarks"] if r["run_type"] != "iteration"])

    def test_the_first_context_wins_and_others_add(self):
        context = self.merged["context"]
        self.assertEqual((context["cpu"], context["jvm"]), ("a", "j"))
        self.assertEqual(context["merged_files"], 4)

    def test_a_wrong_result_stays_one(self):
        self.parts[3]["benchmarks"][0]["error_occurred"] = True
        merged = merge.merge(self.parts)
        self.assertEqual(sum(r.get("error_occurred", False) for r in merged["benchmarks"]), 1)

    def test_files_are_read_and_written(self):
        with tempfile.TemporaryDirectory() as folder:
            paths = [str(pathlib.Path(folder) / f"{at}.json") for at in range(5)]
            for path, part in zip(paths[1:], self.parts):
                pathlib.Path(path).write_text(json.dumps(part), encoding="utf-8")
            self.assertEqual(merge.main(paths), 0)
            written = json.loads(pathlib.Path(paths[0]).read_text(encoding="utf-8"))
        self.assertEqual(written, self.merged)


if __name__ == "__main__":
    unittest.main()
