# SPDX-License-Identifier: MIT
"""Makes mutants from the text of a header, mechanically: none is chosen by a person.

    negated    the condition of an if or a while is turned
    moved      a comparison lets one more or one fewer through, or 1 is not added
    weakened   && becomes ||, or || becomes &&
    turned     true becomes false, or false true
    left out   a statement that is only a call, a count or an assignment is missing
    doubled    a constant of the header is twice as large
    swapped    two statements that follow each other change places

Comments, static assertions, lend's own checks (LEND_ASSERT), preprocessor lines and declarations are
left alone: what they say cannot be wrong at run time. A mutant is named by its header, what was done,
and its line; the same text makes the same mutants.
"""

import dataclasses
import pathlib
import random
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cpp_text  # noqa: E402

KINDS = ("negated", "moved", "weakened", "turned", "left out", "doubled", "swapped")

# What stands for itself in a line, and cannot be left out alone.
NOT_ALONE = re.compile(r"^(?:(?:return|throw|break|continue|goto|using|typedef|case|default|else|if|for|while|do|"
                       r"switch|template|struct|class|enum|friend|static|constexpr|const|auto|public|private|"
                       r"protected|namespace|static_assert|LEND_ASSERT)\b|co_|#|\}|\{|//)")
STATEMENT = re.compile(r"^(\(void\))?[\w:.\->\[\]*&()<>, !+|=?~\"'{}/%^]+;$")
# A declaration: a type, then a name.
DECLARATION = re.compile(r"^(?:const )?[\w:]+(?:<[^;]*>)?[&*]* (?:const )?[*&]*\w+(?:\{.*\}|\(.*\)| = .*)?;$")
COMPARISON = re.compile(r"(?<![<>=\-!&|])(<=|>=|<|>)(?![<>=])")
CONSTANT = re.compile(r"static constexpr [\w:<>, ]+ \w+ ?(?:=|\{) ?(?:[\w:]+\()?(?<![\w.])(\d[\d'.]*(?:e-?\d+)?)(?=[)};uUlL])")


@dataclasses.dataclass(frozen=True)
class Mutant:
    header: str  # below include/lend
    kind: str
    line: int  # the first one that is changed, from 1
    column: int
    old: tuple  # of lines
    new: tuple

    @property
    def name(self):
        return f"{self.header}:{self.line}:{self.column} {self.kind}"

    def planted(self, text):
        lines = text.splitlines()
        at = self.line - 1
        if tuple(lines[at : at + len(self.old)]) != self.old:
            raise ValueError(f"{self.name}: the header says something else by now")
        return "\n".join([*lines[:at], *self.new, *lines[at + len(self.old) :]]) + "\n"


def closing(code, at):
    """Returns where the bracket at `at` ends in a line, or -1."""
    depth = 0
    for end in range(at, len(code)):
        depth += {"(": 1, ")": -1}.get(code[end], 0)
        if depth == 0:
            return end
    return -1


def inside_templates(code, at):
    """Whether an angle bracket belongs to a list of template arguments, as far as one can see."""
    before, after = code[:at].rstrip(), code[at + 1 :]
    if code[at] == "<":
        # A list begins right after a name, and a comparison has blanks around it.
        return at > 0 and not code[at - 1].isspace()
    return not code[at - 1].isspace() if before else True


def edits_of_line(code):
    """Yields (kind, column, new code) for one line of code."""
    for found in re.finditer(r"\b(?:if|while) \(", code):
        start = found.end() - 1
        end = closing(code, start)
        if end > 0 and "constexpr" not in code[: found.start()][-12:] and " = " not in code[start:end]:
            yield "negated", found.start(), f"{code[: start + 1]}!({code[start + 1 : end]}){code[end:]}"
    for found in COMPARISON.finditer(code):
        sign = found[1]
        if len(sign) == 1 and inside_templates(code, found.start()):
            continue
        other = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}[sign]
        yield "moved", found.start(), code[: found.start()] + other + code[found.end() :]
    for found in re.finditer(r" [+-] 1\b(?!\.)", code):
        yield "moved", found.start(), code[: found.start()] + code[found.end() :]
    for found in re.finditer(r"&&|\|\|", code):
        if re.match(r"&&\s*\w+[,)]|&&\s*[,)>.]", code[found.start() :]) and not code[: found.start()].endswith(" "):
            continue  # an rvalue reference
        other = "||" if found[0] == "&&" else "&&"
        yield "weakened", found.start(), code[: found.start()] + other + code[found.end() :]
    for found in re.finditer(r"\b(true|false)\b", code):
        other = "false" if found[0] == "true" else "true"
        yield "turned", found.start(), code[: found.start()] + other + code[found.end() :]
    for found in CONSTANT.finditer(code):
        number = found[1]
        yield "doubled", found.start(1), f"{code[: found.start(1)]}2 * {number}{code[found.end(1) :]}"


def is_statement(code):
    """Whether a line is one whole statement that can be missing without a name that is unknown then."""
    bare = code.strip()
    return (not NOT_ALONE.match(bare) and bool(STATEMENT.match(bare)) and not DECLARATION.match(bare)
            and bare.count("(") == bare.count(")") and bare.count("{") == bare.count("}"))


def is_code(code, text):
    bare = code.strip()
    ignored = ("#", "static_assert", "LEND_ASSERT", "using ", "template", "requires", "friend ")
    return bool(bare) and not bare.startswith(ignored) and "operator" not in bare and "= delete" not in bare \
        and "noexcept(" not in bare and "NOLINT" not in text


def bodies(code):
    """Returns for each line whether it stands inside a function: as deep as a body is."""
    deep, kinds, inside = 0, [], []
    pending = ""
    for line in code:
        inside.append(any(kind == "body" for kind in kinds))
        for c in line:
            if c == "{":
                head = pending.strip()
                is_scope = re.search(r"\b(namespace|struct|class|union|enum)\b[^()]*$", head) is not None
                kinds.append("scope" if is_scope else "body")
                pending = ""
            elif c == "}":
                if kinds:
                    kinds.pop()
                pending = ""
            elif c == ";":
                pending = ""
            else:
                pending += c
        pending += " "
    return inside


def mutants_of(header, text):
    """Yields the mutants of one header, in the order of its lines."""
    lines = text.splitlines()
    code, _ = cpp_text.split(text)
    in_body = bodies(code)
    in_assert = 0
    for at, line in enumerate(code[: len(lines)]):
        stripped = line.strip()
        if in_assert or stripped.startswith(("static_assert", "LEND_ASSERT")):
            in_assert += line.count("(") - line.count(")")
            continue
        if '"' in line or "'" in line or not is_code(line, lines[at]):
            continue  # strings are blanked: the words of messages are not changed
        comment = lines[at][len(line.rstrip()) :]
        for kind, column, new in edits_of_line(line.rstrip()):
            if kind != "doubled" and not in_body[at]:
                continue
            yield Mutant(header, kind, at + 1, column + 1, (lines[at],), (new + comment,))
        if not in_body[at] or not is_statement(line):
            continue
        previous = code[at - 1].strip() if at else ""
        follows = previous.endswith((";", "{", "}", ":")) or not previous
        column = len(line) - len(line.lstrip()) + 1
        yield Mutant(header, "left out", at + 1, column, (lines[at],), (" " * (column - 1) + ";",))
        after = code[at + 1] if at + 1 < len(lines) else ""
        same = len(after) - len(after.lstrip()) == column - 1
        if follows and same and is_statement(after) and '"' not in after and after.strip() != stripped:
            yield Mutant(header, "swapped", at + 1, column, (lines[at], lines[at + 1]),
                         (lines[at + 1], lines[at]))


def all_mutants(include, headers):
    """Returns the mutants of the named headers, which are paths below include/lend."""
    found = []
    for header in headers:
        found += mutants_of(header, (pathlib.Path(include) / "lend" / header).read_text())
    return found


def drawn(mutants, count, seed):
    """Draws `count` of them, evenly over the headers by their number of mutants; in a fixed order."""
    chosen = random.Random(seed).sample(mutants, min(count, len(mutants)))
    return sorted(chosen, key=lambda m: (m.header, m.line, m.column, m.kind))
