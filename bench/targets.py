#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The targets of lend's speed, as data: what is measured, what with, which limit, which direction.

usage: bench/targets.py      prints them

Each is a ratio inside one run, or a count. No target is a time, with one exception: P16 bounds a
tail where the mutex beside it shows ten times the bound. A number may have several limits; each is
a target of its own with a key of its own, for example `P1.floor`.
"""

import dataclasses
import sys

OURS = "lend"
AGAIN = "lend_again"

# What is taken from a run: nanoseconds for one operation in one thread, its inverse, or a counter.
COST = "cost"
SPEED = "speed"


@dataclasses.dataclass(frozen=True)
class Measure:
    """What one implementation shows in one scenario; more parameters than these may be there."""

    scenario: str
    parameters: str = ""
    implementation: str = OURS
    metric: str = COST

    def by(self, implementation):
        return dataclasses.replace(self, implementation=implementation)

    def of(self, metric):
        return dataclasses.replace(self, metric=metric)


@dataclasses.dataclass(frozen=True)
class Bound:
    """The least that can be had: a measure that does the work of `ours` and nothing else.

    Nothing that has to do more can be asked to be as fast as that: where `slack` times the bound is
    beyond a target's limit, it counts in the limit's place, and the verdict says so, with both
    figures. `why` says what the bound does, and why nothing can do less.
    """

    least: Measure
    slack: float
    why: str


@dataclasses.dataclass(frozen=True)
class Target:
    """`ours` in units of `against` (a measure, or a number) is to be within the limit.

    Without a limit it is only reported. `strict` means that the worst repetition counts and not the
    median. `where` is a measure that must reach a number for the target to apply.
    """

    key: str
    question: str
    ours: Measure
    against: object
    limit: float | None
    direction: str = "<="
    unit: str = ""
    beside: str = ""
    strict: bool = False
    min_cores: int = 0
    where: tuple[Measure, float, str] | None = None
    bound: Bound | None = None

    @property
    def number(self):
        return self.key.split(".")[0]

    def measures(self):
        """Everything that must have run for this target."""
        found = [self.ours]
        if isinstance(self.against, Measure):
            found.append(self.against)
        if self.where:
            found.append(self.where[0])
        if self.bound:
            found.append(self.bound.least)
        return found

    def of_the_bound(self):
        """Returns the target that the bound is to meet, so that the limit leaves room for `slack`."""
        return dataclasses.replace(self, ours=self.bound.least, limit=self.limit / self.bound.slack,
                                   bound=None)

    def beside_the_bound(self):
        """Returns the target that counts where the limit leaves too little room."""
        return dataclasses.replace(
            self, against=self.bound.least, limit=self.bound.slack, unit="", bound=None)


CREATE_MS = 150  # how long the driver takes to create in the scenarios of bursts

_contract = Measure("destroy_contract_random", "live:65536")
_lifo = Measure("destroy_contract_lifo", "live:65536")
_many = Measure("destroy_random", "live:1048576 threads:1")
_batch = Measure("destroy_batch", "live:1048576")
_alone = Measure("destroy_random", "live:65536 threads:1")
_disjoint = Measure("destroy_random", "live:65536 threads:2")
_remote = Measure("destroy_remote", "live:65536 threads:2")
_pair = Measure("create_destroy", "threads:1")
_pairs = Measure("create_destroy", "threads:2")
_read = Measure("read", "threads:1")
_find = Measure("find", "threads:1")
_stale = Measure("destroy_stale")
_forged = Measure("destroy_forged")
_cycle = Measure("acquire_release", "resources:8 threads:1")
_enough = Measure("acquire_release", "resources:8 threads:8", metric=SPEED)
_scarce = Measure("acquire_release", "resources:2 threads:8", metric=SPEED)
_contract_cycle = Measure("contract_alloc_free", "threads:1")
_spike = Measure("spike", metric="last_ms")
_cold = Measure("cold_ramp", metric="last_ms")
_mixed = Measure("mixed_ramp", metric="last_ms")
_tail = Measure("tail", "threads:16 resources:2 hold_us:200", metric="p99_us")
_busy = Measure("tail_busy", metric="p99_us")
_destroy_tail = Measure("destroy_tail", "threads:8", metric="p99999_ns")

_FLOOR = "the bare atomic instructions"
_MUTEX = "mutex + slot map"
_LIFO = "mutex + LIFO + condition variable"
_ONE = "one thread alone"

TARGETS = (
    Target("P1.floor", "Destroy by number through the contract's interface, random order",
           _contract, _contract.by("floor"), 1.45, beside=_FLOOR + " behind the same interface"),
    Target("P1.mutex", "The same",
           _contract, _contract.by("mutex_slot_map"), 0.6, beside=_MUTEX),
    Target("P1.tbb", "The same",
           _contract, _contract.by("tbb"), 0.15, beside="oneTBB's concurrent_hash_map",
           bound=Bound(_contract.by("floor"), 1.25,
                       "the bare compare-exchange behind the contract's interface. oneTBB's map "
                       "waits for memory, and its time varies threefold between runs, with what "
                       "other programs leave of the last cache; lend's varies little")),
    Target("P2", "Destroy by number through the contract's interface, last in, first out",
           _lifo, _lifo.by("floor"), 1.35, beside=_FLOOR + " behind the same interface"),
    Target("P3.single", "Destroy one of 1 048 576, random order",
           _many, _many.by("floor"), 2.2, beside=_FLOOR),
    Target("P3.batch", "Destroy 1 048 576 in one call, random order",
           _batch, _batch.by("floor"), 1.05, beside=_FLOOR + ", one by one"),
    Target("P4.disjoint", "Destroy by two threads, each its own",
           _disjoint, _alone, 1.15, beside=_ONE),
    Target("P4.remote", "Destroy by two threads, each the other's",
           _remote, _alone, 1.4, beside=_ONE,
           bound=Bound(_remote.by("mixed_floor"), 1.25,
                       "the bare compare-exchange, where two slots of 32 bytes share a cache line "
                       "and belong to two threads, as they do in every table without padding once "
                       "threads have freed each other's slots")),
    Target("P5.one", "Create and destroy, one thread",
           _pair, _pair.by("floor"), 1.1, beside=_FLOOR),
    Target("P5.two", "Create and destroy, two threads",
           _pairs, _pairs.by("floor"), 1.1, beside=_FLOOR),
    Target("P6.read", "Look at a live number",
           _read, _read.by("floor"), 2, beside="an unchecked load",
           bound=Bound(_read.by("growing_floor"), 1.5,
                       "the loads of any table that grows without moving its slots: a bound, a "
                       "directory, a segment, and the slot's word before and after the value")),
    Target("P6.pin", "Pin what is behind a live number, and let go",
           _find, _find.by("floor"), 1.1, beside="two atomic instructions"),
    Target("P6.stale", "Refuse a number that is over",
           _stale, _alone, 1, beside="the destruction of a live one"),
    Target("P6.forged", "Refuse a number that never was",
           _forged, _alone, None, beside="the destruction of a live one"),
    Target("P7.mutex", "Acquire and release, one thread",
           _cycle, _cycle.by("mutex_lifo_pool"), 0.45, beside=_LIFO),
    Target("P7.floor", "The same",
           _cycle, _cycle.by("floor"), 1.4, beside="two compare-exchanges on two lines"),
    Target("P8.enough", "Acquisitions a second, 8 threads with 8 resources",
           _enough, _enough.by("mutex_lifo_pool"), 6, ">=", beside=_LIFO),
    Target("P8.scarce", "Acquisitions a second, 8 threads with 2 resources",
           _scarce, _scarce.by("mutex_lifo_pool"), 3, ">=", beside=_LIFO),
    Target("P9", "AllocResource and FreeResource through the contract's interface",
           _contract_cycle, _cycle, 3, beside="acquire and release of the pool"),
    Target("P10.last", f"5 idle, 50 requests at once, a create takes {CREATE_MS} ms: last served",
           _spike, CREATE_MS, 0.2, beside="a create"),
    Target("P10.size", "The same: how many resources there are at the end",
           _spike.of("size"), None, 8, unit="resources"),
    Target("P11.cold", "None idle, 50 holders that keep theirs: last served",
           _cold, _cold.of("create_ms"), 3, beside="a create"),
    Target("P11.mixed", "5 idle, 50 that hold for long: last served",
           _mixed, _mixed.of("create_ms"), 3, beside="a create"),
    Target("P12.tail", "16 threads, 2 resources, 200 us asleep with each: 99 of 100 waits",
           _tail, _tail.of("ideal_us"), 2, beside="threads / resources x hold as it lasted"),
    Target("P12.throughput", "The same: acquisitions a second",
           _tail.of("per_second"), _tail.of("per_second").by("mutex_fifo_pool"), 0.95, ">=",
           beside="mutex + FIFO hand-off"),
    Target("P12.busy", "The same with a busy hold, 1 to 200 us: 99 of 100 waits, the worst of them",
           _busy, _busy.of("ideal_us"), None, beside="threads / resources x hold as it lasted"),
    Target("P13", "Memory of the table for each live object beyond it, to the nearest byte",
           Measure("memory", "live:1048576", metric="bytes_per_slot"), None, 16.5, unit="bytes"),
    Target("P14", "Allocations by warm operations, the most of any",
           Measure("allocations", metric="allocations"), None, 0, unit="allocations", strict=True),
    Target("P15.destroy", "Destroy by 16 threads, each its own",
           Measure("destroy_random", "live:65536 threads:16"), _alone, 1.3, beside=_ONE,
           min_cores=16),
    Target("P15.create", "Create and destroy, 16 threads",
           Measure("create_destroy", "threads:16"), _pair, 1.3, beside=_ONE, min_cores=16),
    Target("P15.acquire", "Acquire and release, 16 threads with 16 resources",
           Measure("acquire_release", "resources:16 threads:16"), _cycle, 1.3, beside=_ONE,
           min_cores=16),
    Target("P16", "8 threads destroy: 99 999 of 100 000 take no longer than this",
           dataclasses.replace(_destroy_tail), 1000, 2, unit="us",
           where=(_destroy_tail.by("mutex_slot_map"), 20_000,
                  "mutex + slot map shows less than 20 us"),
           bound=Bound(_destroy_tail.by("floor"), 1.5,
                       "the bare compare-exchange between two looks at the clock: what is beyond "
                       "the limit in it are the interrupts of the machine")),
)


def parameters_of(text):
    """Returns the parameters `name:value ...` as a dict; one without a value has itself."""
    return {name: value or name for name, _, value in (p.partition(":") for p in text.split())}


def limit_text(target):
    """Returns the limit as it is printed: `<= 1.45`."""
    if target.limit is None:
        return "none"
    return f"{target.direction} {target.limit:g}" + (f" {target.unit}" if target.unit else "")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(__doc__.strip())
        sys.exit(0 if sys.argv[1:] in (["-h"], ["--help"]) else 2)
    for each in TARGETS:
        print(f"{each.key:<15} {limit_text(each):<18} {each.question}"
              + (f", beside {each.beside}" if each.beside else ""))
