#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Adds up what llvm-cov found of the headers, and compares it with what is justified.

usage: report.py EXPORT.json JUSTIFIED.txt [ROOT]

EXPORT.json has a line for each program: llvm-cov takes one function once, and of several programs
that of the first, which may not call it. A template has many instantiations: a line, an outcome of
a branch and a condition count as covered if they are in any of them. What a compiler decides (a
branch both of whose outcomes are never counted, although it is reached) is no branch. Lines are
those that begin or continue a region.

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
# Behind a kind of what only threads that happen to meet reach: it may be reached all the same.
BY_CHANCE = ", by chance"
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
    """Yields (line, count): the largest count of a region on the line, as llvm-cov shows lines; but
    a line after a gap, whose region is gone on with, has that region's count, and not the gap's.
    None for what is skipped, like a comment.
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
                counts.append(wrapped[2])
            if wrapped is not None and wrapped[5] and not starts:
                # Nothing is in a gap: all that is on this line is what goes on after it.
                counts += [s[2] for s in here if s[3] and not s[5]]
            yield line, max(counts)
        elif skipped or (wrapped is not None and wrapped[4]):
            yield line, None
        if here:
            wrapped = here[-1]


def read_lines(entries, header):
    """Adds the lines of a file. What no program calls has comments and all as one region."""
    skipped = set()
    for entry in entries:
        for line, count in line_counts(entry["segments"]):
            if count is None:
                skipped.add(line)
            else:
                header.lines[line] = header.lines.get(line, False) or count > 0
    for line in skipped:
        if not header.lines.get(line, True):
            del header.lines[line]


def read_file(entries, header):
    """Adds what the programs' exports say of one file to a header."""
    read_lines(entries, header)
    segments = [(e["segments"], [(s[0], s[1]) for s in e["segments"]]) for e in entries]
    counts = collections.defaultdict(lambda: [0, 0])
    for branch in (b for entry in entries for b in entry.get("branches", [])):
        place = tuple(branch[:4])
        counts[place][0] += branch[4]
        counts[place][1] += branch[5]
    decided = set()  # by the compiler
    for place, both in counts.items():
        if both == [0, 0] and any(count_at(s, keys, *place[:2]) > 0 for s, keys in segments):
            decided.add(place)
            continue
        for outcome in (0, 1):
            header.outcomes[(place[0], place[1], outcome)] = both[outcome] > 0
    read_conditions(entries, header, sorted(counts), decided)


def read_conditions(entries, header, branches, decided):
    """Adds the conditions of a file's decisions; those that the compiler decides are none."""
    merged = {}
    for record in (r for entry in entries for r in entry.get("mcdc_records", [])):
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
    files = collections.defaultdict(list)
    parts = [part for line in text.splitlines() if line.strip() for part in json.loads(line)["data"]]
    for entry in (file for part in parts for file in part["files"]):
        path = pathlib.Path(entry["filename"])
        if path.is_relative_to(root / "include"):
            files[str(path.relative_to(root))].append(entry)
    headers = {name: Header() for name in files}
    for name, entries in files.items():
        read_file(entries, headers[name])
    return headers


def read_justified(text):
    """Returns the entries (file, kind, text of the line) with their line numbers, those of them that
    may be reached by chance, and what is wrong.

    The form: `[file]`, then entries `kind: text of the line`, then an indented reason for those
    that stand above it.
    """
    entries, by_chance, problems, file, waiting = {}, set(), [], None, []
    for at, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("["):
            file = line.strip("[] ")
        elif line.startswith(" "):
            waiting = []
        else:
            told, _, source = line.partition(": ")
            kind = told.removesuffix(BY_CHANCE)
            if kind not in KINDS or file is None:
                problems.append(f"line {at}: neither [file], kind: text, nor an indented reason")
                continue
            entries[(file, kind, source.strip())] = at
            if kind != told:
                by_chance.add((file, kind, source.strip()))
            waiting.append(at)
        if line.startswith("[") and waiting:
            problems.append(f"line {waiting[0]}: no reason")
            waiting = []
    if waiting:
        problems.append(f"line {waiting[0]}: no reason")
    return entries, by_chance, problems


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
    entries, by_chance, problems = read_justified(pathlib.Path(arguments[1]).read_text())
    sources = {name: (root / name).read_text().splitlines() for name in headers}
    missing, used, counts = judge(headers, entries, sources)
    print("\n".join(table(counts, list(headers))))
    below = groups_below(counts)
    demanding = {group for group, (least, _) in GROUPS.items() if least == 100.0}
    for group, text in missing:
        print(f"not covered{'' if group in demanding else ', as may be'}: {text}")
    problems += [f"line {at}: justifies nothing any more: {'; '.join(entry)}"
                 for entry, at in entries.items() if entry not in used | by_chance]
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
