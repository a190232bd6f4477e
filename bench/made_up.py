# SPDX-License-Identifier: MIT
"""A made-up run of the benchmarks that meets every target, for selftest.py to plant defects in."""

import copy

import targets

REPETITIONS = 11

# {scenario/implementation/parameters: nanoseconds, or counters}; threads:1 where none is said.
COSTS = {
    "destroy_contract_random/lend/live:65536": 10.0,
    "destroy_contract_random/lend_again/live:65536": 10.1,
    "destroy_contract_random/floor/live:65536": 8.0,
    "destroy_contract_random/mutex_slot_map/live:65536": 20.0,
    "destroy_contract_random/tbb/live:65536": 90.0,
    "destroy_contract_lifo/lend/live:65536": 8.0,
    "destroy_contract_lifo/floor/live:65536": 7.0,
    "destroy_random/lend/live:1048576": 30.0,
    "destroy_random/floor/live:1048576": 17.0,
    "destroy_batch/lend/live:1048576": 16.0,
    "destroy_batch/floor/live:1048576": 17.0,
    "destroy_random/lend/live:65536": 8.5,
    "destroy_random/lend_again/live:65536": 8.55,
    "destroy_random/lend/live:65536/threads:2": 8.6,
    "destroy_random/lend/live:65536/threads:16": 9.0,
    "destroy_remote/lend/live:65536/threads:2": 10.0,
    "destroy_remote/mixed_floor/live:65536/threads:2": 9.0,
    "create_destroy/lend/slots:65536": 6.3,
    "create_destroy/lend_again/slots:65536": 6.31,
    "create_destroy/floor/slots:65536": 6.1,
    "create_destroy/lend/slots:65536/threads:2": 6.3,
    "create_destroy/floor/slots:65536/threads:2": 6.1,
    "create_destroy/lend/slots:65536/threads:16": 6.5,
    "read/lend/live:65536": 1.5,
    "read/floor/live:65536": 1.0,
    "read/growing_floor/live:65536": 1.4,
    "find/lend/live:65536": 10.5,
    "find/floor/live:65536": 10.0,
    "destroy_stale/lend/live:65536": 8.0,
    "destroy_forged/lend/live:65536": 0.8,
    "acquire_release/lend/resources:8": 13.0,
    "acquire_release/lend_again/resources:8": 13.1,
    "acquire_release/floor/resources:8": 10.5,
    "acquire_release/mutex_lifo_pool/resources:8": 31.0,
    "acquire_release/lend/resources:8/threads:8": 7.0,
    "acquire_release/mutex_lifo_pool/resources:8/threads:8": 60.0,
    "acquire_release/lend/resources:2/threads:8": 10.0,
    "acquire_release/mutex_lifo_pool/resources:2/threads:8": 45.0,
    "acquire_release/lend/resources:16/threads:16": 14.0,
    "contract_alloc_free/lend": 30.0,
}
COUNTERS = {
    "spike/lend/idle:5/requests:50/max:50": {"last_ms": 22.0, "size": 6.0},
    "cold_ramp/lend/idle:0/requests:50/max:60": {"last_ms": 160.0, "create_ms": 150.0},
    "mixed_ramp/lend/idle:5/requests:50/max:60": {"last_ms": 310.0, "create_ms": 150.0},
    "tail/lend/threads:16/resources:2/hold_us:200": {
        "p50_us": 1500.0, "p99_us": 2800.0, "ideal_us": 1600.0, "per_second": 6600.0},
    "tail/mutex_fifo_pool/threads:16/resources:2/hold_us:200": {
        "p50_us": 1900.0, "p99_us": 3800.0, "ideal_us": 1600.0, "per_second": 6500.0},
    "tail_busy/lend/threads:16/resources:2/hold_us:50": {"p99_us": 900.0, "ideal_us": 400.0},
    "memory/lend/live:1048576": {"bytes_per_slot": 16.0},
    "allocations/lend/operation:0": {"allocations": 0.0},
    "allocations/lend/operation:1": {"allocations": 0.0},
    "destroy_tail/lend/threads:8": {"p99_ns": 30.0, "p99999_ns": 900.0},
    "destroy_tail/floor/threads:8": {"p99_ns": 20.0, "p99999_ns": 800.0},
    "destroy_tail/mutex_slot_map/threads:8": {"p99_ns": 90.0, "p99999_ns": 30000.0},
    "outage/lend": {"attempts": 12.0, "recovery_ms": 30.0},
    "cancel_storm/lend/stop_token/waiters:8": {"cancel_ns": 900.0, "lost": 0.0},
}


def jitter(repetition):
    """A factor within 1 % around 1."""
    return 1 + ((repetition * 7) % REPETITIONS - REPETITIONS // 2) / (100 * REPETITIONS)


def data(cores=16, in_rounds=True, **context):
    """Returns what Google Benchmark would have written."""
    runs = []
    for family, (name, value) in enumerate({**COSTS, **COUNTERS}.items()):
        threads = int(targets.parameters_of(name.replace("/", " ")).get("threads", 1))
        own = "tail" not in name  # Google Benchmark's threads, not the scenario's own
        run_name = name + ("" if "threads:" in name else "/threads:1")
        for repetition in range(REPETITIONS):
            factor = jitter(repetition + family)
            run = {
                "name": run_name, "run_name": run_name, "run_type": "iteration",
                "family_index": family, "repetition_index": repetition,
                "threads": threads if own else 1, "iterations": 9, "real_time": 100.0,
                "cpu_time": 100.0,
            }
            if in_rounds:
                run["round"] = repetition
            if isinstance(value, dict):
                run |= value
            else:
                run["items_per_second"] = threads * 1e9 / (value * factor)
            runs.append(run)
    return {
        "context": {
            "date": "a day", "num_cpus": cores, "load_avg": [0.1, 0.1, 0.1], "cpu": "made up",
            "rounds": REPETITIONS, "peers_present": "libtbb-dev 1.2, libpoco-dev 3",
            "peers_missing": "libcds-dev",
            **context,
        },
        "benchmarks": runs,
    }


def parts(name):
    """Returns (scenario, implementation, parameters) of a name."""
    scenario, implementation, *rest = name.split("/")
    return scenario, implementation, targets.parameters_of(" ".join(rest))


def runs_of(whole, measure):
    """Returns the runs of a measure in the data, to be changed."""
    wanted = targets.parameters_of(measure.parameters)
    found = []
    for run in whole["benchmarks"]:
        scenario, implementation, parameters = parts(run["run_name"])
        if (scenario, implementation) == (measure.scenario, measure.implementation) and all(
            parameters.get(name) == value for name, value in wanted.items()
        ):
            found.append(run)
    return found


def scaled(whole, measure, factor):
    """Returns the data with a measure made this many times as large; if it is lend's, both."""
    changed = copy.deepcopy(whole)
    both = [measure]
    if measure.implementation == targets.OURS:
        both.append(measure.by(targets.AGAIN))
    for run in (run for one in both for run in runs_of(changed, one)):
        if measure.metric == targets.COST:
            run["items_per_second"] /= factor
        elif measure.metric == targets.SPEED:
            run["items_per_second"] *= factor
        elif run[measure.metric] == 0:
            run[measure.metric] = factor
        else:
            run[measure.metric] *= factor
    return changed


def without(whole, scenario, implementation=None):
    """Returns the data without a scenario, or without one implementation of it."""
    changed = copy.deepcopy(whole)
    changed["benchmarks"] = [
        run for run in changed["benchmarks"]
        if parts(run["run_name"])[0] != scenario
        or implementation not in (None, parts(run["run_name"])[1])
    ]
    return changed
