#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that every atomic access in the headers says what it pairs with.

usage: check_sync_arrows.py [FILE...]      without a file: all of include/lend

An access that is not relaxed has a line of this form in the comment just above its statement, or
beside it; with several partners, one line for each:

    // (3) acquire-load synchronizes-with the release-store (2)
    // (5) seq-cst-CAS is totally ordered with the seq-cst-load (7)

- the number is unique in the file, the partner's number exists in the file, and what is said of an
  access (here and by its partners) is what stands in the code;
- Platform::light_fence and heavy_fence are accesses too: light-fence, heavy-fence;
- a relaxed access has a comment just above or beside it; one that contains the word "relaxed" holds
  for the relaxed statements that follow without a blank line.

atomic_signal_fence is exempt: it orders nothing between threads.
"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cpp_text  # noqa: E402

WHAT = (
    r"(?:(?:acquire|release|acq-rel|seq-cst)-"
    r"(?:load|store|exchange|CAS|fetch-(?:add|sub|and|or|xor)|test-and-set|fence)"
    r"|light-fence|heavy-fence)"
)
NUMBERED = re.compile(r"//\s*\((\d+)\)")
ARROW = re.compile(
    rf"// \((?P<number>\d+)\) (?P<what>{WHAT}) "
    rf"(?:synchronizes-with|is totally ordered with) the (?P<partner>{WHAT}) \((?P<end>\d+)\)"
    r"(?:[.,;:]? .*)?\.?$"
)
OPERATION = re.compile(
    r"(?:\.|->)\s*(?P<member>load|store|exchange|compare_exchange_(?:weak|strong)"
    r"|fetch_(?:add|sub|and|or|xor)|test_and_set)\s*\("
    r"|(?:::|\.)\s*(?P<own>light_fence|heavy_fence)\s*\("
    r"|\b(?:atomic_thread_)?(?P<fence>fence)\s*\("
)
ORDER = re.compile(r"\bmemory_order(?:_|::)(relaxed|consume|acquire|release|acq_rel|seq_cst)\b")


class Statement:
    """Lines of code up to a ; { or }, with the comments above and beside them."""

    def __init__(self, first, last, code, comments):
        self.first = first
        self.code = "\n".join(code[first : last + 1])
        above = first
        while above > 0 and not code[above - 1].strip() and comments[above - 1].strip():
            above -= 1
        self.follows_blank = above == 0 or not (code[above - 1] + comments[above - 1]).strip()
        self.comments = [
            (at, comments[at].strip()) for at in range(above, last + 1) if comments[at].strip()
        ]

    def accesses(self):
        """Returns what is not relaxed as ["acquire-load", ...], and whether anything is relaxed."""
        found, relaxed = [], False
        for operation in OPERATION.finditer(self.code):
            if operation["own"]:
                found.append(operation["own"].replace("_", "-"))
                continue
            name = operation["member"] or operation["fence"]
            if name.startswith("compare_exchange"):
                name = "CAS"
            orders = ORDER.findall(cpp_text.arguments_at(self.code, operation.end() - 1))
            if not orders:
                continue
            relaxed = relaxed or "relaxed" in orders
            if orders[0] != "relaxed":
                found.append(f"{orders[0]}-{name}".replace("_", "-"))
            elif any(order != "relaxed" for order in orders):
                found.append(f"{orders[1]}-{name}".replace("_", "-"))
        return found, relaxed


def statements_of(code, comments):
    """Yields the statements of a file, roughly: good enough to attach comments."""
    first = None
    for at, line in enumerate(code):
        text = line.strip()
        if not text:
            continue
        first = at if first is None else first
        if text.startswith("#") or text[-1] in ";{}:":
            yield Statement(first, at, code, comments)
            first = None


def check(text, name):
    """Returns the problems of one file."""
    problems = []

    def problem(line, what):
        problems.append(f"{name}:{line + 1}: {what}")

    code, comments = cpp_text.split(text)
    arrows, attached, reason_holds = {}, set(), False
    for at, comment in enumerate(comments):
        comment = comment.strip()
        if not NUMBERED.match(comment):
            continue
        arrow = ARROW.match(comment)
        if not arrow:
            problem(at, f"not in the grammar of numbered accesses: {comment}")
            continue
        known = arrows.setdefault(int(arrow["number"]), [])
        if known and known[0][1]["what"] != arrow["what"]:
            problem(at, f"({arrow['number']}) is already a {known[0][1]['what']}")
        known.append((at, arrow))

    for statement in statements_of(code, comments):
        accesses, relaxed = statement.accesses()
        numbers, said = set(), []
        for at, comment in statement.comments:
            arrow = ARROW.match(comment)
            if arrow:
                attached.add(at)
                if arrow["number"] not in numbers:
                    said.append((at, arrow["what"]))
                numbers.add(arrow["number"])
        for what in accesses:
            match = next((one for one in said if one[1] == what), None)
            if match:
                said.remove(match)
            else:
                problem(statement.first, f"{what} has no number: // (n) {what} synchronizes-with ...")
        for at, what in said:
            problem(at, f"the comment says {what}, the code below does not")
        text_above = " ".join(comment for _, comment in statement.comments)
        if statement.follows_blank or text_above:
            reason_holds = "relaxed" in text_above.lower()
        if relaxed and not text_above and not reason_holds:
            problem(statement.first, "a relaxed access does not say why relaxed is enough")

    for number, lines in sorted(arrows.items()):
        places = {at for at, _ in lines}
        if max(places) - min(places) >= len(places):
            problem(max(places), f"({number}) is used twice")
        for at, arrow in lines:
            end = int(arrow["end"])
            if end not in arrows:
                problem(at, f"({number}) names ({end}), which is not in this file")
            elif arrows[end][0][1]["what"] != arrow["partner"]:
                actual = arrows[end][0][1]["what"]
                problem(at, f"({number}) calls ({end}) a {arrow['partner']}; it is a {actual}")
            if at not in attached:
                problem(at, f"({number}) stands above no statement")
    return problems


def main():
    files = [pathlib.Path(name) for name in sys.argv[1:]]
    files = files or sorted((cpp_text.ROOT / "include").rglob("*.hpp"))
    problems = [
        one for path in files for one in check(path.read_text(), path.relative_to(cpp_text.ROOT)
                                               if path.is_relative_to(cpp_text.ROOT) else path)
    ]
    return cpp_text.report("sync_arrows", problems)


if __name__ == "__main__":
    sys.exit(main())
