# SPDX-License-Identifier: MIT
"""Reads what Google Benchmark wrote: repetitions by scenario, parameters and implementation.

Names are scenario/implementation/parameters. Several files are one run: what stands beside each
other under one scenario and with the same parameters is compared, wherever it comes from.
"""

import dataclasses
import json
import math

import targets

# What Google Benchmark writes about itself; every other number of a run is a counter of ours.
_KNOWN = {
    "family_index", "per_family_instance_index", "repetitions", "repetition_index", "threads",
    "iterations", "real_time", "cpu_time", "items_per_second", "bytes_per_second", "round",
    "aggregate_name", "error_occurred",
}
# Parts of a name that say how it was measured, not what.
_MANNER = ("real_time", "process_time", "manual_time")
_MANNERS = ("iterations:", "repeats:", "min_time:", "min_warmup_time:")


@dataclasses.dataclass(frozen=True)
class Sample:
    """One repetition; `moment` is the same for those that ran in one round, or None."""

    moment: object
    threads: int
    real: float | None  # nanoseconds for one operation in one thread
    processor: float | None  # the part of them in which a processor was had
    counters: dict

    def value(self, metric, by_processor=False):
        """Returns the metric, or None where the repetition has none."""
        if metric not in (targets.COST, targets.SPEED):
            return self.counters.get(metric)
        cost = self.processor if by_processor else self.real
        if cost is None or metric == targets.COST:
            return cost
        return 1e9 / cost


@dataclasses.dataclass(frozen=True)
class Case:
    """A scenario with its parameters."""

    scenario: str
    parameters: tuple

    @property
    def text(self):
        return " ".join(self.parameters)

    @property
    def threads(self):
        return int(targets.parameters_of(self.text).get("threads", 1))

    def has(self, scenario, parameters):
        mine = targets.parameters_of(self.text)
        mine.setdefault("threads", "1")
        wanted = targets.parameters_of(parameters)
        return self.scenario == scenario and all(mine.get(k) == v for k, v in wanted.items())


def split_name(run_name):
    """Returns (case, implementation) of a name."""
    scenario, implementation, *rest = run_name.split("/") + [""] * (run_name.count("/") == 0)
    kept = [p for p in rest if p and p not in _MANNER and not p.startswith(_MANNERS)]
    return Case(scenario, tuple(kept)), implementation


def _sample(run, moment):
    threads = run.get("threads", 1)
    real = processor = None
    rate = run.get("items_per_second", 0)
    if rate > 0:
        real = threads / rate * 1e9
        spent, passed = run.get("cpu_time", 0), run.get("real_time", 0)
        if threads == 1 and spent > 0 and passed > 0:
            processor = real * spent / passed
    counters = {
        name: float(value)
        for name, value in run.items()
        if name not in _KNOWN
        and isinstance(value, (int, float))
        and not isinstance(value, bool)
        and math.isfinite(value)
    }
    return Sample(moment, threads, real, processor, counters)


def _place(run):
    return run.get("family_index", 0), run.get("per_family_instance_index", 0)


class Results:
    """`cases` is {case: {implementation: [sample]}}, in the order of registration."""

    def __init__(self):
        self.context = {}
        self.cases = {}
        self.errors = []
        self.wrong = set()  # (case, implementation) whose result was wrong

    def add(self, data):
        """Adds the data of one file."""
        context = data.get("context", {})
        for name in ("peers_present", "peers_missing"):
            both = dict.fromkeys(listed(self.context.get(name)) + listed(context.get(name)))
            context = {**context, name: list(both)}
        self.context = {**context, **self.context, **{
            name: context[name] for name in ("peers_present", "peers_missing")}}
        # Interleaved runs stand in the order of their end; wanted is that of registration.
        for run in sorted(data.get("benchmarks", []), key=_place):
            case, implementation = split_name(run.get("run_name", run["name"]))
            if run.get("error_occurred"):
                self.wrong.add((case, implementation))
                error = f'{run["name"]}: {run.get("error_message", "")}'
                if error not in self.errors:
                    self.errors.append(error)
            elif run.get("run_type", "iteration") == "iteration":
                sample = _sample(run, run.get("round"))
                self.cases.setdefault(case, {}).setdefault(implementation, []).append(sample)

    @property
    def cores(self):
        return int(self.context.get("num_cpus", 1))

    @property
    def repetitions(self):
        """The fewest and the most repetitions that anything had."""
        counts = [len(samples) for runs in self.cases.values() for samples in runs.values()]
        return (min(counts), max(counts)) if counts else (0, 0)

    def matching(self, measure):
        """Returns the cases in which a measure could have been taken."""
        return [case for case in self.cases if case.has(measure.scenario, measure.parameters)]

    def samples(self, case, implementation):
        return self.cases.get(case, {}).get(implementation, [])


def listed(value):
    """Returns what an entry of the context lists, which may be a list or a line with commas."""
    if isinstance(value, str):
        return [one.strip() for one in value.split(",") if one.strip()]
    return list(value or [])


def read(paths):
    """Returns the results of the files."""
    found = Results()
    for path in paths:
        with open(path, encoding="utf-8") as file:
            found.add(json.load(file))
    return found
