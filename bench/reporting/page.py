# SPDX-License-Identifier: MIT
"""Writes docs/benchmarks.md and its plots."""

import statistics
import textwrap

import targets
from reporting import plots, ratios, terminal, words

FOLDER = "benchmarks"
TARGETS_HEADING = "Targets met or missed"


def spread(numbers):
    """Returns the middle half of the repetitions."""
    if len(numbers) < 2:
        return numbers[0], numbers[0]
    low, _, high = statistics.quantiles(numbers, n=4, method="inclusive")
    return low, high


def figures(results, case, implementation, metric):
    """Returns the values of one implementation, in processor time where that counts."""
    processor = ratios.by_processor(results, (case, implementation))
    samples = results.samples(case, implementation)
    return [value for _, value in ratios.values(samples, metric, processor)]


def table(head, rows, texts=(0,)):
    """Returns a table; the columns that are not texts are numbers."""
    rule = ["---" if at in texts else "---:" for at in range(len(head))]
    return ["| " + " | ".join(row) + " |" for row in (head, rule, *rows)] + [""]


def wrapped(lines):
    """Returns the lines with the paragraphs and lists in 100 columns."""
    out = []
    for line in lines:
        if not line or line.startswith(("|", "!", "#", "<", "`" * 3)):
            out.append(line)
            continue
        inner = "  " if line.startswith("- ") else ""
        out += textwrap.wrap(line, 100, subsequent_indent=inner, break_long_words=False,
                             break_on_hyphens=False)
    return out


def cell(numbers):
    low, high = spread(numbers)
    middle = plots.short(statistics.median(numbers))
    return middle if low == high else f"{middle} ({plots.short(low)} to {plots.short(high)})"


def cost_table(results, case):
    """Returns the table of costs of a case, each with its ratio to lend's."""
    rows = []
    for name in results.cases[case]:
        found = figures(results, case, name, targets.COST)
        if not found:
            continue
        low, high = spread(found)
        it = ratios.compare(results, case, name, targets.OURS)
        times = "1"
        if it and name != targets.OURS:
            times = f"{it.middle:.2f} ({it.low:.2f} to {it.high:.2f})"
            if not ratios.is_difference(results, case, it):
                times += ", no difference"
        middle = plots.short(statistics.median(found))
        rows.append([words.name_of(name), middle, f"{plots.short(low)} to {plots.short(high)}",
                     times])
    if not rows:
        return []
    return table(["", "ns, median", "middle half", "times lend's (95 %)"], rows)


def counter_table(results, cases):
    """Returns one table of what the cases of a scenario count."""
    rows, counters = [], {}
    for case in cases:
        for samples in results.cases[case].values():
            counters |= dict.fromkeys(name for sample in samples for name in sample.counters)
    counters = words.in_order(counters)
    for case in cases:
        for name in results.cases[case]:
            shown = (figures(results, case, name, counter) for counter in counters)
            rows.append([words.parameters_text(case), words.name_of(name),
                         *(cell(found) if found else "-" for found in shown)])
    if not counters:
        return []
    return table(["parameters", "", *(f"`{one}`" for one in counters)], rows, (0, 1))


def tables(results, section, cases):
    """Returns the tables of a section: of costs one for each case, of counters one a scenario."""
    lines = []
    if section.metric == targets.COST:
        for case in cases:
            heading = words.heading_of(case, results.cores)
            lines += [f"**{heading}**", "", *cost_table(results, case)]
    for scenario in section.scenarios:
        counted = counter_table(results, [case for case in cases if case.scenario == scenario])
        if counted:
            lines += [f"**{scenario}** (median, and the middle half in brackets)", "", *counted]
    return lines


def panels_of(results, cases, metric):
    """Returns what a plot of the metric shows."""
    for case in cases:
        bars = []
        for name in results.cases[case]:
            found = figures(results, case, name, metric)
            if found and name != targets.AGAIN:
                bars.append(plots.Bar(words.name_of(name), statistics.median(found), *spread(found),
                                      words.kind_of(name)))
        if bars:
            yield plots.Panel(words.heading_of(case, results.cores), tuple(bars))


def subtitle(results):
    few, many = results.repetitions
    count = f"{few}" if few == many else f"{few} to {many}"
    return f"Median of {count} repetitions, whiskers: the middle half of them. Shorter is better."


def section_lines(results, section, cases, folder):
    """Returns a section of the page, and draws its plot."""
    lines = [f"## {section.title}", "", section.question, ""]
    if section.note:
        lines += [section.note, ""]
    panels = list(panels_of(results, cases, section.metric))
    if panels:
        file = folder / f"{section.key}.svg"
        file.write_text(plots.draw(section.title, subtitle(results), section.axis, panels))
        lines += [f"![{section.title}: {section.axis}]({FOLDER}/{file.name})", ""]
    return lines + tables(results, section, cases)


def opening(results):
    """Returns the question and the procedure."""
    few, many = results.repetitions
    count = str(few) if few == many else f"{few} to {many}"
    if results.context.get("rounds"):
        order = (
            "They ran in rounds: each round runs everything once, what is compared within a second "
            "of each other and in an order that is drawn anew, in a process of its own. A ratio is "
            "taken within a round, and the median of these ratios counts."
        )
    else:
        order = (
            "They ran in one program and in one random order, so that none has a part of the time "
            "for itself. A ratio is that of two medians."
        )
    return [
        "# Benchmarks",
        "",
        "<!-- Written by bench/report.py --docs; changes are lost. -->",
        "",
        "What does lend cost beside the bare instructions that nothing can do without, beside what "
        "one would write oneself, and beside libraries that do a similar thing?",
        "",
        "## Procedure",
        "",
        f"- **Repetitions.** Everything ran {count} times. {order}",
        "- **A cost** is the time of one operation in one thread. Where one thread runs it is "
        "processor time, which leaves out the time in which another program had the processor, "
        "though not what a host took from a virtual machine; where several run it is real time, "
        "because waiting is part of it.",
        "- **Medians**, because other work only ever adds time, and adds it to few repetitions. "
        "The middle half of the repetitions stands beside each.",
        "- **Ratios**, because times drift by a factor from day to day on shared machines, and "
        "what ran beside lend drifts with it. Their interval holds 95 of 100 medians when the "
        "repetitions are drawn anew, 1 000 times.",
        "- **Pinning.** Each thread stays on a core of its own where there are enough; with more "
        "threads than cores, which is labelled oversubscribed, none is bound.",
        "- **Results are checked**: each benchmark counts what it destroyed, found or lent, and a "
        "wrong count ends the run with an error.",
        "- A second thread is alive in every benchmark of one thread: without it the mutex of the "
        "C library leaves its atomic instructions out.",
        "",
        "## Machine",
        "",
        *[f"- {' '.join(line.split())}" for line in terminal.machine_lines(results.context)],
        "",
    ]


def noise_lines(results):
    """Returns the section on lend against itself."""
    found = ratios.noises(results)
    lines = ["## Noise floor", ""]
    if not found:
        return [*lines, "lend did not run beside itself, so no noise is known.", ""]
    case, largest = max(found.items(), key=lambda item: item[1])
    lines += [
        "In most scenarios lend runs twice, under two names. How far the two are apart is what the "
        "machine, the place in memory and chance can do, and a smaller difference is called none. "
        f"The median over {len(found)} scenarios is {statistics.median(found.values()):.1%}; the "
        f"largest is {largest:.1%}, in {words.heading_of(case, results.cores)}.",
        "",
    ]
    if terminal.was_busy(results):
        lines += ["**The machine was busy. These numbers are not to be quoted.**", ""]
    return lines


def target_lines(results):
    """Returns the table of targets."""
    rows, found = [], ratios.verdicts(results)
    answers = [verdict.word for verdict in found]
    counted = [f"{answers.count(one)} {one}" for one in dict.fromkeys(answers)]
    for verdict in found:
        target, it = verdict.target, verdict.ratio
        what = target.question + (f"; beside {target.beside}" if target.beside else "")
        short = terminal.number
        measured = f"{short(it.middle)} ({short(it.low)} to {short(it.high)})" if it else "-"
        noise = f"{verdict.noise:.1%}" if it else "-"
        rows.append([f"`{target.key}`", what, measured, targets.limit_text(target), noise,
                     f"**{verdict.text}**" if verdict.word == ratios.MISSED else verdict.text])
    return [
        f"## {TARGETS_HEADING}",
        "",
        "A target is met when the ratio is within the limit. It is missed when even the favourable "
        "end of its 95 % interval, less the noise of the scenario, is beyond the limit. In between "
        "the run cannot tell, and `within the noise` says so. Without a limit a ratio is only "
        "reported.",
        "",
        "Some targets have a bound: a program that does what lend has to do there, and nothing "
        "else. On a machine where it takes so much of the limit that lend would have to be as fast "
        "as that, what counts is how near to it lend is, and the verdict is `at the bound` where it "
        "is near enough:",
        "",
        *(f"- `{target.key}`, within {target.bound.slack} times {target.bound.why}."
          for target in targets.TARGETS if target.bound),
        "",
        "[bounds](benchmarks/bounds.md) has the instructions and cache misses behind the first and "
        "the third of them.",
        "",
        ", ".join(counted) + ".",
        "",
        *table(["target", "what", "measured (95 %)", "limit", "noise", "verdict"], rows, (0, 1, 5)),
    ]


def same_lines(results):
    """Returns what did not differ."""
    lines = []
    for case, runs in results.cases.items():
        for name in runs:
            if name in (targets.OURS, targets.AGAIN):
                continue
            metric = words.metric_of(case)
            it = ratios.compare(results, case, name, targets.OURS, metric)
            if it and not ratios.is_difference(results, case, it, metric):
                lines.append(f"- {words.heading_of(case, results.cores)}: lend and "
                             f"{words.name_of(name)}, {it.low:.2f} to {it.high:.2f} times lend's")
    return ["## What did not differ", "", *(lines or ["Every other pair differs by more than the "
            "noise."]), ""]


def peer_lines(results):
    """Returns which libraries ran, and why the others did not."""
    ran = {name for runs in results.cases.values() for name in runs}
    missing = results.context.get("peers_missing", [])
    lines = ["## Peers", ""]
    for peer in words.PEERS:
        package = words.package_of(peer, missing)
        if any(name.startswith(peer) for name in ran):
            version = words.package_of(peer, results.context.get("peers_present", []))
            what = "ran" + (f", {version}" if version else "")
        elif package:
            what = f"not measured, the package {package} was not there"
        else:
            what = "not measured, it was not part of this run"
        lines.append(f"- {words.name_of(peer)}: {what}")
    return [*lines, ""]


def closing(results, sources):
    """Returns where the raw data are, and how to repeat it."""
    peers = " --peers" if any(
        name in words.PEERS for runs in results.cases.values() for name in runs) else ""
    named = ", ".join(f"`{source}`" for source in sources)
    return [
        "## Raw data, and how to repeat it",
        "",
        f"This page was written from {named}. One command builds, runs and reports everything; "
        "`bench/run.sh --check` runs what the targets need and says which are met:",
        "",
        "```sh",
        f"bench/run.sh{peers}",
        "```",
    ]


def overview(results):
    """Returns the plot for the README: the cost of three scenarios beside the usual alternative."""
    wanted = [
        targets.Measure("destroy_contract_random", "live:65536"),
        targets.Measure("acquire_release", "resources:8 threads:1"),
        targets.Measure("acquire_release", "resources:2 threads:8"),
    ]
    cases = [case for measure in wanted for case in results.matching(measure)[:1]]
    panels = list(panels_of(results, cases, targets.COST))
    if not panels:
        return None
    return plots.draw("The cost of one operation", subtitle(results),
                      "ns per operation in one thread", panels)


def write(results, docs, sources):
    """Writes the page and the plots into a folder of documents."""
    folder = docs / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.svg"):
        old.unlink()
    lines = opening(results) + noise_lines(results) + target_lines(results)
    for section, cases in words.sections_of(results):
        lines += section_lines(results, section, cases, folder)
    lines += same_lines(results) + peer_lines(results) + closing(results, sources)
    (docs / "benchmarks.md").write_text("\n".join(wrapped(lines)) + "\n")
    drawn = overview(results)
    if drawn:
        (folder / "overview.svg").write_text(drawn)
