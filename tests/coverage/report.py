#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Adds up what llvm-cov found of the headers, and compares it with what is justified.

usage: report.py EXPORT.json JUSTIFIED.txt [ROOT]

A template has many instantiations: a line, an outcome of a branch and a condition count as covered
if they are in any of them. What a compiler decides (a branch both of whose outcomes are never
counted, although it is reached) is no branch. Lines are those that begin or continue a region.

JUSTIFIED.txt names what is not covered and why that is right. Ends with 1 if something is neither
covered nor justified, if a justification fits nothing any more, or if a group is below its share.
"""

import bisect
import collections
import json
import pathlib
import sys

# The share of each group that must be covered or justified, in percent, and its folders. The
# longest folder that fits is a header's.
GROUPS = {"core": (100.0, "include/lend/"), "com": (100.0, "include/lend/com"),
          "drivers": (95.0, "include/lend/drivers/")}
KINDS = ("line", "branch", "condition")
# Which side of a branch was never taken, for people.
OUTCOMES = ("true", "false")


class Header:
    """What is known of one header: for each kind, places and whether they are covered."""

    def __init__(self):
        self.lines = {}  # line -> covered
        self.outcomes = {}  # (line, column, outcome) -> covered
        self.conditions = {}  # (line, column, index of the condition) -> covered

    def of(self, kind):
        """Returns the places of a kind."""
        return {"line": self.lines, "branch": self.outcomes, "condition": self.conditions}[kind]


def count_at(segments, keys, line, column):
    """Returns how often the place was reached, by the last segment that begins before it."""
    at = bisect.bisect_right(keys, (line, column)) - 1
    return segments[at][2] if at >= 0 and segments[at][3] else 0


def line_counts(segments):
    """Yields (line, count) as llvm-cov shows lines: the largest count of a region on the line.

    But for one: the gap behind a block in which something returns is counted as never reached.
    Where the region around the block goes on behind it, that counts there, not the gap.
    """
    by_line = collections.defaultdict(list)
    for segment in segments:
        by_line[segment[0]].append(segment)
    wrapped = None
    last = max(by_line, default=0)
    for line in range(min(by_line, default=1), last + 1):
        here = by_line.get(line, [])
        starts = [s for s in here if s[3] and s[4] and not s[5]]
        skipped = here and not here[0][3] and here[0][4]
        mapped = not skipped and ((wrapped is not None and wrapped[3]) or bool(starts))
        if mapped:
            counts = [s[2] for s in starts]
            if wrapped is not None and wrapped[3]:
                goes_on = wrapped[5] and here and here[0][3] and not here[0][4]
                counts.append(here[0][2] if goes_on else wrapped[2])
            yield line, max(counts)
        if here:
            wrapped = here[-1]


def read_file(entry, header):
    """Adds what one file of the export says to a header."""
    segments = entry["segments"]
    keys = [(s[0], s[1]) for s in segments]
    for line, count in line_counts(segments):
        header.lines[line] = header.lines.get(line, False) or count > 0
    counts = collections.defaultdict(lambda: [0, 0])
    for branch in entry.get("branches", []):
        place = tuple(branch[:4])
        counts[place][0] += branch[4]
        counts[place][1] += branch[5]
    decided = set()  # by the compiler
    for place, both in counts.items():
        if both == [0, 0] and count_at(segments, keys, *place[:2]) > 0:
            decided.add(place)
            continue
        for outcome in (0, 1):
            header.outcomes[(place[0], place[1], outcome)] = both[outcome] > 0
    read_conditions(entry, header, sorted(counts), decided)


def read_conditions(entry, header, branches, decided):
    """Adds the conditions of a file's decisions; those that the compiler decides are none."""
    merged = {}
    for record in entry.get("mcdc_records", []):
        shown = merged.setdefault(tuple(record[:4]), [False] * len(record[-1]))
        for at, covered in enumerate(record[-1][: len(shown)]):
            shown[at] = shown[at] or covered
    for place, conditions in merged.items():
        inside = [b for b in branches if place[:2] <= b[:2] and b[2:] <= place[2:]]
        known = inside if len(inside) == len(conditions) else [None] * len(conditions)
        for at, (covered, branch) in enumerate(zip(conditions, known)):
            if branch not in decided or branch is None:
                header.conditions[(place[0], place[1], at)] = covered


def read_export(text, root):
    """Returns the headers of an export by their path below the root."""
    headers = collections.defaultdict(Header)
    for part in json.loads(text)["data"]:
        for entry in part["files"]:
            path = pathlib.Path(entry["filename"])
            if path.is_relative_to(root / "include"):
                read_file(entry, headers[str(path.relative_to(root))])
    return dict(headers)


def read_justified(text):
    """Returns the entries (file, kind, text of the line) with their line numbers, and what is wrong.

    The form: `[file]`, then entries `kind: text of the line`, then an indented reason for those
    that stand above it.
    """
    entries, problems, file, waiting = {}, [], None, []
    for at, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("["):
            file = line.strip("[] ")
        elif line.startswith(" "):
            waiting = []
        else:
            kind, _, source = line.partition(": ")
            if kind not in KINDS or file is None:
                problems.append(f"line {at}: neither [file], kind: text, nor an indented reason")
                continue
            entries[(file, kind, source.strip())] = at
            waiting.append(at)
        if line.startswith("[") and waiting:
            problems.append(f"line {waiting[0]}: no reason")
            waiting = []
    if waiting:
        problems.append(f"line {waiting[0]}: no reason")
    return entries, problems


def group_of(name):
    """Returns the group of a header."""
    return max((g for g in GROUPS if name.startswith(GROUPS[g][1])), key=lambda g: len(GROUPS[g][1]))


def describe(kind, place):
    """Returns where in its line something stands, in words."""
    if kind == "branch":
        return f":{place[1]} never {OUTCOMES[place[2]]}"
    if kind == "condition":
        return f":{place[1]} condition {place[2] + 1} never decides alone"
    return ""


def judge(headers, entries, sources):
    """Returns (unjustified items as text, with their group; used entries; counts by header)."""
    missing, used, counts = [], set(), {}
    for name in sorted(headers):
        for kind in KINDS:
            total = covered = justified = 0
            for place, good in sorted(headers[name].of(kind).items()):
                line = place if kind == "line" else place[0]
                text = sources[name][line - 1].strip()
                total += 1
                covered += good
                if good:
                    continue
                if (name, kind, text) in entries:
                    used.add((name, kind, text))
                    justified += 1
                else:
                    missing.append((group_of(name), f"{name}:{line}{describe(kind, place)}: {kind}: {text}"))
            counts[(name, kind)] = (covered, justified, total)
    return missing, used, counts


def share(done, total):
    """Returns a share in percent; of nothing, all."""
    return 100.0 if total == 0 else 100.0 * done / total


def table(counts, names):
    """Returns the lines of a table: one for each header and one for each group."""
    def cells(rows):
        parts = []
        for kind in KINDS:
            covered, justified, total = (sum(row[kind][at] for row in rows) for at in range(3))
            parts.append(f"{share(covered, total):6.2f} % ({covered}/{total}, {justified} justified)")
        return "  ".join(f"{part:38}" for part in parts).rstrip()

    rows = {name: {kind: counts[(name, kind)] for kind in KINDS} for name in names}
    yield f"{'':46}" + "  ".join(f"{kind + 's' if kind != 'branch' else 'outcomes of branches':38}" for kind in KINDS).rstrip()
    for name in sorted(names):
        yield f"{name:46}{cells([rows[name]])}"
    for group in GROUPS:
        yield f"{group:46}{cells([rows[n] for n in names if group_of(n) == group])}"


def groups_below(counts):
    """Returns the groups of which too little is covered or justified."""
    below = []
    for group, (least, _) in GROUPS.items():
        for kind in KINDS:
            mine = [c for (name, of), c in counts.items() if of == kind and group_of(name) == group]
            good = share(sum(c[0] + c[1] for c in mine), sum(c[2] for c in mine))
            if good < least:
                below.append(f"{group}: {good:.2f} % of its {kind}{'es' if kind == 'branch' else 's'}, less than {least} %")
    return below


def main(arguments):
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    root = pathlib.Path(arguments[2] if len(arguments) > 2 else ".").resolve()
    headers = read_export(pathlib.Path(arguments[0]).read_text(), root)
    entries, problems = read_justified(pathlib.Path(arguments[1]).read_text())
    sources = {name: (root / name).read_text().splitlines() for name in headers}
    missing, used, counts = judge(headers, entries, sources)
    print("\n".join(table(counts, list(headers))))
    below = groups_below(counts)
    demanding = {group for group, (least, _) in GROUPS.items() if least == 100.0}
    for group, text in missing:
        print(f"not covered{'' if group in demanding else ', as may be'}: {text}")
    problems += [f"line {at}: justifies nothing any more: {'; '.join(entry)}"
                 for entry, at in entries.items() if entry not in used]
    for problem in problems:
        print(f"{arguments[1]}: {problem}")
    for text in below:
        print(f"too little: {text}")
    if not headers:
        print("no header was found in the export")
    failed = below or problems or not headers or any(group in demanding for group, _ in missing)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
