#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that every atomic access in the headers says what it pairs with.

usage: check_sync_arrows.py [ROOT]

An access that is not relaxed has a sentence of this form in the comment just above its statement, or
beside it. It begins a line, may run over several, may name several partners, and may go on:

    // (3) acquire-load synchronizes-with the release-store (2)
    // (5) seq-cst-CAS is totally ordered with the seq-cst-load (7) and the seq-cst-store (8):
    // at least one sees the other.
    // (9) release-fence synchronizes-with the acquire-fence (4) of table_slot.hpp

- the partner's number is in the same file, or in the one that is named, in the same folder;
- what is said of an access, here and by its partners, is what stands in the code; a number that
  stands at several accesses stands for one kind of access;
- an access that a model checker can weaken says its number in code too,
  `orders::at(14, std::memory_order_release)`, and it is the number of the comment;
- Platform::light_fence and heavy_fence are accesses too: light-fence, heavy-fence;
- a relaxed access has a comment just above or beside it; one that contains the word "relaxed" holds
  for the relaxed statements that follow without a blank line.

atomic_signal_fence is exempt: it orders nothing between threads.
"""

import collections
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
PARTNER = rf"the ({WHAT}) \((\d+)\)(?: of (\w+\.hpp))?"
ARROW = re.compile(
    rf"\((?P<number>\d+)\) (?P<what>{WHAT}) (?:synchronizes-with|is totally ordered with) "
    rf"(?P<partners>{PARTNER}(?:(?:,| and|, and) {PARTNER})*)(?=[.,;: ]|$)"
)
OPERATION = re.compile(
    r"(?:\.|->)\s*(?P<member>load|store|exchange|compare_exchange_(?:weak|strong)"
    r"|fetch_(?:add|sub|and|or|xor)|test_and_set)\s*\("
    r"|\b__atomic_(?P<builtin>load|store|exchange|compare_exchange|test_and_set"
    r"|(?:add|sub|and|or|xor)_fetch|fetch_(?:add|sub|and|or|xor))(?:_n)?\s*\("
    r"|(?:::|\.)\s*(?P<own>light_fence|heavy_fence)\s*\("
    r"|\b(?:atomic_thread_)?(?P<fence>fence)\s*\("
)
ORDER = re.compile(
    r"(?:\borders::at\(\s*(?P<number>\d+),\s*)?"
    r"(?:\b(?:std::)?memory_order(?:_|::)(?P<order>relaxed|consume|acquire|release|acq_rel|seq_cst)\b"
    r"|\b__ATOMIC_(?P<builtin>[A-Z_]+)\b)"
)

Arrow = collections.namedtuple("Arrow", "line number what partners")
Access = collections.namedtuple("Access", "what number")


class Statement:
    """Lines of code up to a ; { or }, with the comments above and beside them."""

    def __init__(self, first, last, code, comments):
        self.first = first
        self.code = "\n".join(code[first : last + 1])
        above = first
        while above > 0 and not code[above - 1].strip() and comments[above - 1].strip():
            above -= 1
        self.follows_blank = above == 0 or not (code[above - 1] + comments[above - 1]).strip()
        self.comments = [at for at in range(above, last + 1) if comments[at].strip()]

    def accesses(self):
        """Returns the accesses that are not relaxed, and whether there is a relaxed one."""
        found, relaxed = [], False
        for operation in OPERATION.finditer(self.code):
            if operation["own"]:
                found.append(Access(operation["own"].replace("_", "-"), 0))
                continue
            name = operation["member"] or operation["builtin"] or operation["fence"]
            name = re.sub(r"^(\w+)_fetch$", r"fetch_\1", name)
            if name.startswith("compare_exchange"):
                name = "CAS"
            orders = [
                (order["order"] or order["builtin"].lower(), order["number"])
                for order in ORDER.finditer(
                    cpp_text.arguments_at(self.code, operation.end() - 1)
                )
            ]
            relaxed = relaxed or any(order == "relaxed" for order, _ in orders)
            strong = [order for order in orders if order[0] != "relaxed"]
            if strong:
                found.append(Access(f"{strong[0][0]}-{name}".replace("_", "-"), int(strong[0][1] or 0)))
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


def arrows_of(code, comments):
    """Returns (arrows, problems): the numbered sentences, each with the line where it begins."""
    arrows, problems = [], []
    for at, comment in enumerate(comments):
        begun = NUMBERED.match(comment.strip())
        if not begun:
            continue
        sentence = [comment.strip()[2:].strip()]
        for following in range(at + 1, len(comments)):
            more = comments[following].strip()
            if code[following].strip() or not more.startswith("//") or NUMBERED.match(more):
                break
            sentence.append(more.lstrip("/ "))
        arrow = ARROW.match(" ".join(sentence))
        if arrow:
            partners = re.findall(PARTNER, arrow["partners"])
            arrows.append(Arrow(at, int(arrow["number"]), arrow["what"], partners))
        else:
            problems.append((at, f"not in the grammar of numbered accesses: {comment.strip()}"))
    return arrows, problems


def kinds_of(text):
    """Returns number -> kind of access, as the first sentence of that number says."""
    kinds = {}
    for arrow in arrows_of(*cpp_text.split(text))[0]:
        kinds.setdefault(arrow.number, arrow.what)
    return kinds


def statement_problems(code, comments, arrows):
    """Yields (line, problem) where an access and the comment above it do not agree."""
    by_line = {arrow.line: arrow for arrow in arrows}
    attached, reason_holds = set(), False
    for statement in statements_of(code, comments):
        accesses, relaxed = statement.accesses()
        said = {}
        for at in statement.comments:
            if at in by_line:
                attached.add(at)
                said.setdefault(by_line[at].number, by_line[at])
        for what, number in accesses:
            match = next(
                (a for a in said.values() if a.what == what and number in (0, a.number)), None
            )
            if match:
                del said[match.number]
            else:
                n = number or "n"
                yield statement.first, f"{what} has no number: // ({n}) {what} synchronizes-with ..."
        for arrow in said.values():
            yield arrow.line, f"the comment says {arrow.what}, the code below does not"
        text_above = " ".join(comments[at] for at in statement.comments)
        if statement.follows_blank or text_above:
            reason_holds = "relaxed" in text_above.lower()
        if relaxed and not text_above and not reason_holds:
            yield statement.first, "a relaxed access does not say why relaxed is enough"
    for arrow in arrows:
        if arrow.line not in attached:
            yield arrow.line, f"({arrow.number}) stands above no statement"


def partner_problems(text, arrows, siblings):
    """Yields (line, problem) where the other end of an arrow is missing or something else."""
    kinds = kinds_of(text)
    for line, number, what, partners in arrows:
        if kinds[number] != what:
            yield line, f"({number}) is already a {kinds[number]}"
        for called, end, of_file in partners:
            there = kinds_of(siblings.get(of_file, "")) if of_file else kinds
            place = of_file or "this file"
            actual = there.get(int(end))
            if actual is None:
                yield line, f"({number}) names ({end}), which is not in {place}"
            elif actual != called:
                yield line, f"({number}) calls ({end}) {called}; in {place} it is {actual}"


def check(text, siblings=None):
    """Returns the problems of one file; siblings are the texts of its folder by name."""
    code, comments = cpp_text.split(text)
    arrows, problems = arrows_of(code, comments)
    problems += statement_problems(code, comments, arrows)
    problems += partner_problems(text, arrows, siblings or {})
    return [f"{line + 1}: {problem}" for line, problem in sorted(problems)]


def main():
    root = cpp_text.root_of(sys.argv[1:], __doc__)
    texts = {path: path.read_text() for path in sorted((root / "include").rglob("*.hpp"))}
    problems = []
    for path, text in texts.items():
        siblings = {one.name: texts[one] for one in texts if one.parent == path.parent}
        problems += [f"{path.relative_to(root)}:{one}" for one in check(text, siblings)]
    return cpp_text.report("sync_arrows", problems)


if __name__ == "__main__":
    sys.exit(main())
