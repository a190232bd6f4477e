#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the header that finds slips in the names of a driver's members.

usage: check_near_names.py [ROOT]

It is what cmake/near_names.py writes; it knows each optional member that driver_traits looks for; and each
name that is one edit away from one of them is in it.
"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "cmake"))
import cpp_text  # noqa: E402
import near_names  # noqa: E402

# Those that are no functions, and the one without which nothing compiles.
NO_OPTIONAL_FUNCTIONS = {"resource_type", "create", "quota", "events"}


def one_edit_away(name):
    """Returns all names that are one edit away, found in the plain way."""
    found = set()
    for at in range(len(name) + 1):
        front, back = name[:at], name[at:]
        found.update(front + letter + back for letter in near_names.LETTERS)
        if back:
            found.add(front + back[1:])
            found.update(front + letter + back[1:] for letter in near_names.LETTERS)
        if len(back) > 1:
            found.add(front + back[1] + back[0] + back[2:])
    return found - {name}


def names_in(name):
    """Returns all names that the macros for a member stand for."""
    found = set()
    for macro, front, back in near_names.edits_of(name):
        letters = near_names.LETTERS if macro == "LEND_ANY_LETTER" else [""]
        found.update(front + letter + back for letter in letters)
    return found


def check(root):
    """Returns the problems."""
    problems = []
    if (root / "include/lend/detail/near_names.hpp").read_text() != near_names.header():
        problems.append("include/lend/detail/near_names.hpp is not what cmake/near_names.py writes")
    traits = (root / "include/lend/driver.hpp").read_text()
    known = set(re.findall(r"static constexpr bool has_(\w+) =", traits)) - NO_OPTIONAL_FUNCTIONS
    asked = set(re.findall(r"LEND_NO_SLIP\((\w+)\);",
                           (root / "include/lend/detail/driver_slips.hpp").read_text()))
    for name in sorted(known - set(near_names.MEMBERS)):
        problems.append(f"cmake/near_names.py does not know the member {name}")
    for name in sorted(known - asked):
        problems.append(f"include/lend/detail/driver_slips.hpp does not ask for {name}")
    for name in near_names.MEMBERS:
        missing = one_edit_away(name) - names_in(name)
        if missing:
            problems.append(f"cmake/near_names.py leaves out {', '.join(sorted(missing)[:3])} for {name}")
    return problems


if __name__ == "__main__":
    where = cpp_text.root_of(sys.argv[1:], __doc__)
    sys.exit(cpp_text.report("near names", check(where)))
