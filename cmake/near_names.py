#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the header that finds a driver's function whose name is one edit away from one that lend calls.

usage: near_names.py OUTPUT

One edit: a letter too many, one too few, another one, or two exchanged. All letters at one place are one
macro call, so that the header can be read: there are 3 800 names in it.
"""

import pathlib
import sys

# The optional members, with how each is called: `with` has a sample of each argument.
MEMBERS = {
    "abandon": "(std::move(with.r))",
    "check": "(with.r, with.kind)",
    "classify": "(with.e)",
    "destroy": "(std::move(with.r))",
    "enlist": "(with.r, with.tx)",
    "idle_limit": "(with.r)",
    "interrupt": "(with.r)",
    "name": "(with.r)",
    "rate": "(with.t, with.r, true)",
    "reset": "(with.r)",
}
LETTERS = "abcdefghijklmnopqrstuvwxyz_"
WIDTH = 100

HEAD = """// SPDX-License-Identifier: MIT
/// @file
/// Whether a driver has a function whose name is one edit away from that of a member which lend
/// calls, and which can be called like it: a slip such as `destory` would go unnoticed otherwise.
/// Written by cmake/near_names.py; a test compares.

#ifndef LEND_DETAIL_NEAR_NAMES_HPP
#define LEND_DETAIL_NEAR_NAMES_HPP

#include <lend/detail/cpp20.hpp>

#include <utility>

// clang-format off
// NOLINTBEGIN(bugprone-macro-parentheses): names and lists of arguments, not expressions

"""
TAIL = """#undef LEND_ANY_LETTER
#undef LEND_NAME

// NOLINTEND(bugprone-macro-parentheses)
// clang-format on

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_NEAR_NAMES_HPP
"""


def macros():
    """Returns the macros for one name and for one with any letter between two parts.

    A name in brackets is not taken for a macro of the user's that has arguments.
    """
    yield "#define LEND_NAME(front, back, call) requires { (d.front##back) call; }"
    lines = ["#define LEND_ANY_LETTER(front, back, call) ("]
    for letter in LETTERS:
        end = "" if letter == LETTERS[-1] else " ||"
        lines.append(f"    requires {{ (d.front##{letter}##back) call; }}{end}")
    lines[-1] += ")"
    yield "\n".join(f"{line:<{WIDTH - 2}} \\" for line in lines[:-1]) + "\n" + lines[-1]


def edits_of(name):
    """Yields the macro calls for all names that are one edit away."""
    for at in range(len(name) + 1):
        yield "LEND_ANY_LETTER", name[:at], name[at:]
    for at in range(len(name)):
        yield "LEND_ANY_LETTER", name[:at], name[at + 1 :]
    for at in range(len(name)):
        yield "LEND_NAME", name[:at], name[at + 1 :]
    for at in range(len(name) - 1):
        yield "LEND_NAME", name[:at] + name[at + 1], name[at] + name[at + 2 :]


def concept(name, call):
    """Returns the concept for one member."""
    lines = [f"// {name}", "template <class Driver, class Samples>",
             f"concept near_{name} = requires(Driver& d, Samples with) {{ requires"]
    calls = [f"{macro}({front}, {back}, {call})" for macro, front, back in edits_of(name)]
    lines += [f"    {one} ||" for one in calls[:-1]] + [f"    {calls[-1]};", "};"]
    return "\n".join(lines)


def header():
    """Returns the text of the header."""
    parts = ["namespace lend::inline v0_1 {\nnamespace detail {\n", *macros(), ""]
    parts += [concept(name, call) + "\n" for name, call in MEMBERS.items()]
    return HEAD + "\n".join(parts) + "\n" + TAIL


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].endswith(".hpp"):
        sys.exit(__doc__)
    pathlib.Path(sys.argv[1]).write_text(header())
