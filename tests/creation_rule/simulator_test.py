#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a quick share of the simulator of creates, and requires what lend's rule promises: of the
rule, and that it is missed where the clause that it rests on is left out. Requires as well that the
simulator has the constants of the headers.

usage: simulator_test.py
"""

import pathlib
import re
import unittest

import simulate
from simulate import INF, Pool, Standing, Without, always, random_around, takes

DETAIL = pathlib.Path(__file__).resolve().parents[2] / "include" / "lend" / "detail"


def constants_of(header):
    text = (DETAIL / header).read_text()
    found = dict(re.findall(r"static constexpr \w+ (\w+) =\s*([\d.e-]+);", text))
    for name, number in re.findall(r"duration (\w+) = std::chrono::milliseconds\((\d+)\)", text):
        found[name] = int(number) / 1000
    return {name: float(value) for name, value in found.items()}


def loop(rule, callers, hold, create, start):
    return simulate.loop(rule, callers, hold, create, start, max(10 * create, 3.0))


def lone(rule):
    p = Pool(rule, 4, 50, always(INF), takes(0.1), 1, learnt=0.1)
    for _ in range(4): p.at(0.0, p.arrive)
    p.at(20.3, p.arrive)
    p.run(100)
    return p.last_served - 20.3


def size_after(rule, percent, hold=0.01, create=0.2, until=10.0):
    p = Pool(rule, 5, 100, random_around(hold), takes(create), 1, learnt=create)
    simulate.poisson(p, 5 * percent / 100 / hold, until)
    p.run(until)
    return p.size()


def spike_after_ramp(rule):
    return simulate.episodes(rule, 1)["episodes: size after a spike that follows a ramp"]


def creates_for_eighteen(rule):
    p = Pool(rule, 0, 200, always(INF),
             lambda r, t: ((0.0002 if t < 1.95 else 0.2) * r.uniform(0.8, 1.3), True), 1)
    for i in range(20): p.at(0.1 * i, p.arrive)
    for i in range(18): p.at(2.0 + 0.0005 * i, p.arrive)
    p.run(60)
    return sum(1 for t in p.attempts if t >= 1.95)


def median_where_some_hang(rule):
    last = []
    for seed in range(15):
        p = Pool(rule, 0, 100, always(INF),
                 lambda r, t: (INF if r.random() < 0.1 else 0.15, True), seed)
        for _ in range(50): p.at(0.0, p.arrive)
        p.run(120)
        last.append(p.last_served)
    return sorted(last)[7]


def after_outages(rule):
    return sorted(simulate.outage(rule, 15, 1, 30.0, seed)[0] for seed in range(400))


def worst_after_outage(rule):
    return after_outages(rule)[-1]


def median_after_outage(rule):
    return after_outages(rule)[200]


def told_of_hiccups(rule):
    count = [0]
    def every_third(r, t):
        count[0] += 1
        return (0.05, count[0] % 3 != 1)
    p = Pool(rule, 0, 20, always(0.2), every_third, 1)
    for i in range(20): p.at(0.3 * i, p.arrive, None, 2.0)
    p.run(60)
    return len(p.told) + p.late


class Promises(unittest.TestCase):
    """Each is kept by the rule, and missed without the clause."""

    def kept(self, measure, most, clause):
        self.assertLessEqual(measure(Standing), most)
        self.assertGreater(measure(clause), most, "without the clause")

    def test_load_that_lasts(self):
        self.kept(lambda rule: loop(rule, 20, 0.01, 0.2, 2), 3.0, Without.standing)

    def test_load_a_little_too_much_without_settling(self):
        self.kept(lambda rule: size_after(rule, 120), 13, Without.settling)

    def test_load_a_little_too_much_without_arrivals(self):
        self.kept(lambda rule: size_after(rule, 120), 13, Without.arrivals)

    def test_half_a_load(self):
        self.kept(lambda rule: size_after(rule, 50, 0.01, 0.05, 60.0), 6, Without.uses)

    def test_rounds(self):
        self.kept(lambda rule: loop(rule, 200, 0.01, 2.0, 1), 20.0, Without.doubling)

    def test_lone_waiter(self):
        self.kept(lone, 0.1001, Without.last_lending)

    def test_no_more_than_wait(self):
        self.assertEqual(creates_for_eighteen(Standing), 18)
        self.assertGreater(creates_for_eighteen(simulate.Forecast), 18)

    def test_success_is_a_look(self):
        self.kept(lambda rule: simulate.at_once(rule, 0, 50, always(INF), 0.005, learnt=False)
                  .last_served, 0.01251, Without.look_at_success)

    def test_some_hang(self):
        self.kept(median_where_some_hang, 1.2, Without.overtaking)

    def test_hiccup(self):
        self.kept(told_of_hiccups, 0, Without.probes)

    def test_outage(self):
        self.kept(worst_after_outage, 1.0, Without.short_spans)
        self.kept(median_after_outage, 0.5, Without.short_spans)

    def test_returns_prove(self):
        self.kept(lambda rule: simulate.at_once(rule, 5, 200, always(0.02), 0.15).last_served, 0.19,
                  Without.proof_by_returns)

    def test_spike_after_a_ramp(self):
        self.assertLessEqual(spike_after_ramp(Standing), 9)
        self.assertGreater(spike_after_ramp(simulate.Forecast), 9)


class Constants(unittest.TestCase):
    def test_are_those_of_the_rule(self):
        cpp = constants_of("creation_rule.hpp")
        pairs = {"first_guess": "first_guess", "window": "window", "assumed_returns": "hope",
                 "most_returns": "most", "looks_per_create": "looks", "looks_grow_by": "pace",
                 "stands_from": "stands", "uses_to_stand": "uses", "settling": "settle",
                 "rounds_grow_by": "rounds", "late": "late"}
        self.assertEqual({name: cpp[name] for name in pairs},
                         {name: getattr(Standing, mine) for name, mine in pairs.items()})

    def test_are_those_of_the_pauses(self):
        cpp = constants_of("backing_off.hpp")
        self.assertEqual((cpp["first_span"], cpp["longest_span"]),
                         (Standing.first_span, Standing.longest_span))


if __name__ == "__main__":
    unittest.main()
