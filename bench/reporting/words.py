# SPDX-License-Identifier: MIT
"""The words of the report: which scenarios make a section, what it asks, what things are called."""

import dataclasses

import targets


@dataclasses.dataclass(frozen=True)
class Section:
    """Scenarios with one question; `metric` is what the plot shows, `axis` says what that is."""

    key: str
    title: str
    question: str
    scenarios: tuple
    metric: str = targets.COST
    axis: str = "ns per operation in one thread"
    note: str = ""


SECTIONS = (
    Section(
        "destroy_contract", "Destroy by number, through the contract",
        "What does `IDispenserDriver::DestroyResource` cost, with 65 536 resources live?",
        ("destroy_contract_random", "destroy_contract_lifo"),
        note="Everything stands behind the same virtual interface, the bare instructions too."),
    Section(
        "destroy", "Destroy by number, in the table",
        "What does `handle_table::erase` cost: in random order and last in, first out, with a "
        "table that fits the caches and one that does not, alone and beside a second thread?",
        ("destroy_random", "destroy_lifo", "destroy_remote"),
        note="`destroy_remote` destroys what the other thread has created."),
    Section(
        "batch", "Destroy many in one call",
        "What does one number cost in `erase(span)`?", ("destroy_batch",),
        note="The floor is the unbatched one: a compare-exchange for each number, one by one."),
    Section(
        "create_destroy", "Create and destroy",
        "What does it cost to make a number and destroy it at once?", ("create_destroy",)),
    Section(
        "look", "Look at what is behind a number",
        "What does a copy of the object cost (`read`), and what an access that keeps it alive "
        "meanwhile (`find`)?", ("read", "find"),
        note="The floor of `read` is an unchecked load, that of `find` two atomic instructions. "
        "The baselines copy under their lock in both."),
    Section(
        "refuse", "Refuse a number that is over",
        "What does it cost to be told that a number is over, also where its slot has another one, "
        "or that it never was one?", ("destroy_stale", "destroy_stale_reused", "destroy_forged")),
    Section(
        "acquire_release", "Acquire and release",
        "What does it cost to acquire a resource and give it back at once?", ("acquire_release",),
        note="lend runs with its defaults: deadline, counters and the check of the generation are "
        "on."),
    Section(
        "contract_cycle", "AllocResource and FreeResource",
        "What does the same cost through `IHolder`, with the resources of another's dispenser?",
        ("contract_alloc_free",)),
    Section(
        "bursts", "Bursts",
        "When is the last of many requests served, and how many resources have been made for them?",
        ("spike", "cold_ramp", "mixed_ramp"), "last_ms", "ms until the last request is served",
        note="A create takes 150 ms. In `spike` 5 resources are idle and 50 requests hold for 2 "
        "ms; in `cold_ramp` none is idle and 50 holders keep theirs; `mixed_ramp` begins with 5 "
        "idle. lend has one configuration for all three."),
    Section(
        "tail", "The wait, when there are too few",
        "How long do 99 of 100 wait at most, when 16 threads share 2 resources?",
        ("tail", "tail_busy"), "p99_us", "us that 99 of 100 wait at most",
        note="The ideal is threads / resources x hold. In `tail` a holder sleeps, in `tail_busy` "
        "it computes."),
    Section(
        "destroy_tail", "The longest of many destroys",
        "How long do 99 999 of 100 000 destroys take at most, with 8 threads?",
        ("destroy_tail",), "p99999_ns", "ns that 99 999 of 100 000 take at most"),
    Section(
        "trouble", "An outage, and a storm of cancellations",
        "How soon is a pool back after its driver was down, how often did it try, and what does a "
        "cancelled acquire cost?", ("outage", "cancel_storm"), "recovery_ms",
        "ms from the end of the outage to the first resource",
        note="`cancel_ns` is from the call that cancels to the return of the acquire, and `lost` "
        "counts resources that nobody has after it."),
    Section(
        "memory", "Memory and allocations",
        "What does the table cost for each live object beyond the object, and what do warm "
        "operations allocate?", ("memory", "allocations"), "bytes_per_slot",
        "bytes for each live object beyond the object"),
)

NAMES = {
    "lend": "lend",
    "lend_again": "lend, once more",
    "lend_one_by_one": "lend, one by one",
    "floor": "bare instructions",
    "mixed_floor": "bare instructions, lines shared",
    "growing_floor": "bare loads of a growing table",
    "mutex_slot_map": "mutex + slot map",
    "mutex_map_table": "mutex + unordered_map",
    "shared_mutex_table": "shared_mutex + slot map",
    "mutex_lifo_pool": "mutex + LIFO + condvar",
    "mutex_lifo": "mutex + LIFO + condvar",
    "mutex_stop_pool": "mutex + LIFO + condvar_any",
    "one_creator": "mutex + one who creates",
    "mutex_fifo_pool": "mutex + FIFO hand-off",
    "tbb": "oneTBB",
    "xenium": "xenium",
    "libcds": "libcds",
    "moodycamel": "moodycamel queue",
    "boost_lockfree": "Boost.Lockfree",
    "poco": "POCO ObjectPool",
    "soci": "SOCI connection_pool",
    "hikaricp": "HikariCP",
    "commons_pool2": "commons-pool2",
    "commons_pool2_fair": "commons-pool2, fair",
}

# The order of columns; what stands nowhere here comes last.
_COUNTERS = (
    "last_ms", "create_ms", "size", "p50_us", "p99_us", "p999_us", "max_us", "ideal_us", "held_us",
    "per_second", "share", "p50_ns", "p99_ns", "p999_ns", "p9999_ns", "p99999_ns", "max_ns",
    "recovery_ms", "attempts", "refused", "cancel_ns", "cancelled", "lost",
)

# The libraries that are compared where they are there, and how their packages are recognised.
PEERS = {
    "tbb": "tbb",
    "xenium": "xenium",
    "libcds": "cds",
    "moodycamel": "concurrentqueue moodycamel",
    "boost_lockfree": "boost",
    "poco": "poco",
    "soci": "soci",
    "hikaricp": "hikaricp",
    "commons_pool2": "commons-pool2 commons_pool2",
}


def name_of(implementation):
    """Returns what an implementation is called in a table."""
    return NAMES.get(implementation, implementation.replace("_", " "))


def kind_of(implementation):
    """Returns how its bar is coloured."""
    if implementation in (targets.OURS, targets.AGAIN, "lend_one_by_one"):
        return "ours"
    return "least" if implementation.endswith("floor") else "other"


def package_of(peer, packages):
    """Returns which of the packages is the peer's, or None."""
    for word in PEERS.get(peer, peer).split():
        for package in packages:
            if word in package:
                return package
    return None


def in_order(counters):
    """Returns the counters as the columns of a table."""
    known = [name for name in _COUNTERS if name in counters]
    return known + [name for name in counters if name not in known]


def thousands(text):
    """Returns a whole number with its thousands apart."""
    return f"{int(text):,}".replace(",", "\u00a0") if text.isdigit() else text


def parameters_text(case):
    """Returns `65 536 live, 2 threads` for `live:65536 threads:2`."""
    shown = []
    for name, value in targets.parameters_of(case.text).items():
        if name == value:
            shown.append(name)
        elif name in ("live", "threads", "resources", "idle", "requests", "slots"):
            word = name[:-1] if value == "1" and name.endswith("s") else name
            shown.append(f"{thousands(value)} {word}")
        elif name.endswith("_us"):
            shown.append(f"{name[:-3].replace('_', ' ')} {value} us")
        else:
            shown.append(f"{name.replace('_', ' ')} {thousands(value)}")
    return ", ".join(shown)


def heading_of(case, cores):
    """Returns the heading of a table or of a part of a plot."""
    over = " (oversubscribed)" if case.threads > cores else ""
    shown = parameters_text(case)
    return case.scenario + (f": {shown}" if shown else "") + over


def metric_of(case):
    """Returns what counts most in a case."""
    for section in SECTIONS:
        if case.scenario in section.scenarios:
            return section.metric
    return targets.COST


def sections_of(results):
    """Yields (section, cases) of what has run; what no section knows has one of its own."""
    rest = list(results.cases)
    for section in SECTIONS:
        found = [case for name in section.scenarios for case in rest if case.scenario == name]
        rest = [case for case in rest if case not in found]
        if found:
            yield section, found
    for scenario in dict.fromkeys(case.scenario for case in rest):
        cases = [case for case in rest if case.scenario == scenario]
        yield Section(scenario, scenario, f"What does `{scenario}` cost?", (scenario,)), cases
