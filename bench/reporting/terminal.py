# SPDX-License-Identifier: MIT
"""What a run says on a terminal: the scenarios as ratios, or one line for each target."""

import statistics

import targets
from reporting import ratios, words

BUSY = 0.1  # lend this far apart from itself says that the machine was shared


def machine_lines(context):
    """Returns the lines that say where and of what the numbers are."""

    def of(name, otherwise="?"):
        return str(context.get(name) or otherwise).strip()

    load = " ".join(f"{x:.1f}" for x in context.get("load_avg", []))
    java = [f'java:    {of("jvm")}'] if context.get("jvm") else []
    return [
        f'machine: {of("cpu")}, {of("num_cpus")} cores, kernel {of("kernel")}',
        f'build:   {of("compiler")}, {of("flags")}, commit {of("commit")}',
        *java,
        f'load when it began: {load or "?"}, at {of("date")}',
    ]


def was_busy(results):
    """Whether other work was measured as well: every core was taken when the run began, or lend is
    far apart from itself. Some load is always there, of this run's own build too."""
    load = results.context.get("load_avg") or [0]
    found = ratios.noises(results).values()
    return load[0] > results.cores or (bool(found) and statistics.median(found) > BUSY)


def best(ours, theirs, processor):
    """The ratio of the fastest repetitions, which other work disturbs least."""
    metric = targets.COST
    return min(v for _, v in ratios.values(ours, metric, processor)) / min(
        v for _, v in ratios.values(theirs, metric, processor)
    )


def _counters(runs):
    for name, samples in runs.items():
        shown = []
        for counter in samples[0].counters:
            found = [s.counters[counter] for s in samples if counter in s.counters]
            shown.append(f"{counter} {statistics.median(found):.6g}")
        if shown:
            yield f"    {name:<27} " + "   ".join(shown)


def _costs(results, case):
    runs = results.cases[case]
    ours, apart = runs[targets.OURS], ratios.noise_of(results, case)
    for name, theirs in runs.items():
        it = ratios.compare(results, case, targets.OURS, name)
        if name in (targets.OURS, targets.AGAIN) or it is None:
            continue
        processor = ratios.by_processor(results, (case, targets.OURS), (case, name))
        mine, their = (
            statistics.median(v for _, v in ratios.values(side, targets.COST, processor))
            for side in (ours, theirs)
        )
        same = not ratios.is_difference(results, case, it)
        yield (
            f"    lend / {name:<20} {it.middle:7.2f}   [{it.low:5.2f} .. {it.high:5.2f}]"
            f"   best {best(ours, theirs, processor):5.2f}   {mine:9.2f} ns : {their:.2f} ns"
            + ("   no difference" if same else "")
        )
    again = ratios.compare(results, case, targets.AGAIN, targets.OURS)
    if again:
        processor = ratios.by_processor(results, (case, targets.OURS))
        yield (
            f"    noise                       {1 + apart:7.2f}   [{again.low:5.2f} .. "
            f"{again.high:5.2f}]   best {best(runs[targets.AGAIN], ours, processor):5.2f}"
        )


def print_scenarios(results):
    """Prints every scenario with lend's ratio to what ran beside it."""
    print(*machine_lines(results.context), sep="\n")
    few, many = results.repetitions
    count = str(many) if few == many else f"{few} to {many}"
    print(f"medians of {count} repetitions, interleaved; below 1 lend is the faster\n")
    for case, runs in results.cases.items():
        over = "  (oversubscribed)" if case.threads > results.cores else ""
        print(f"{case.scenario}  {case.text}{over}")
        if targets.OURS in runs:
            timed = words.metric_of(case) == targets.COST
            print(*(_costs(results, case) if timed else ()), *_counters(runs), sep="\n")
        else:
            print("    lend did not run")
        print()
    apart = ratios.noises(results).values()
    if apart:
        print(f"noise floor, lend against itself: median {statistics.median(apart):.1%}, "
              f"largest {max(apart):.1%}")
    if was_busy(results):
        print("The machine was busy: these ratios are not to be quoted.")


def number(value):
    """Returns a number with three digits that count."""
    if value == 0:
        return "0"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def check_line(verdict):
    """Returns the line of one target."""
    target, ratio = verdict.target, verdict.ratio
    shown = "-"
    if ratio:
        shown = f"{number(ratio.middle)} [{number(ratio.low)} .. {number(ratio.high)}]"
    noise = f"{verdict.noise:.1%}" if ratio else "-"
    return (
        f"{target.key:<15} {shown:<24} {targets.limit_text(target):<16} {noise:>6}   {verdict.text}"
    )


def print_check(results):
    """Prints a line for each target. Returns whether none is missed and something was measured."""
    print(*machine_lines(results.context), sep="\n")
    few, many = results.repetitions
    print(f"{few} to {many} repetitions of each\n" if few != many else f"{few} repetitions\n")
    print(f'{"target":<15} {"ratio or count [95 %]":<24} {"limit":<16} {"noise":>6}   verdict')
    found = [verdict for verdict in ratios.verdicts(results) if verdict.target.limit is not None]
    for verdict in found:
        print(check_line(verdict))
    answers = [verdict.word for verdict in found]
    counted = [f"{answers.count(one)} {one}" for one in dict.fromkeys(answers)]
    print("\n" + ", ".join(counted))
    if was_busy(results):
        print("The machine was busy: a target that is met in spite of it is met; one that is "
              "missed or within\nthe noise is to be measured again.")
    measured = any(v.ratio for v in found)
    if not measured:
        print("Nothing was measured.")
    return measured and ratios.MISSED not in answers
