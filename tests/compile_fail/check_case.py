#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that a forbidden use does not compile, and that the compiler says why.

usage: check_case.py CASE COMPILER [FLAG...]

A case begins with one line `// expect: REGEX` or more, after which may come `// errors: N`, the most
errors that there may be, and `// flags: FLAG...`, which stand after the others where it must fail. The forbidden use stands between
`#ifndef LEND_COMPILE_FAIL_OK` and `#else` or `#endif`: with that macro the file compiles (so nothing
else is wrong with it), without it compilation fails and each REGEX matches a line of the messages.
"""

import pathlib
import re
import subprocess
import sys


def compile_case(case, command, flags):
    run = subprocess.run(
        [*command, *flags, "-fsyntax-only", str(case)], capture_output=True, text=True, check=False
    )
    return run.returncode, run.stdout + run.stderr


def option(text, name):
    found = re.search(rf"^// {name}: (.*)$", text, re.MULTILINE)
    return found[1] if found else None


def problem_of(case, command):
    """Returns what is wrong with a case, or None."""
    text = case.read_text()
    begin = re.match(r"(// expect: \S.*\n)+", text)
    if not begin:
        return "the first line is not // expect: REGEX"
    wanted = re.findall(r"// expect: (.*)", begin[0])
    if "LEND_COMPILE_FAIL_OK" not in text:
        return "the forbidden use is not between #ifndef LEND_COMPILE_FAIL_OK and #endif"
    status, said = compile_case(case, command, ["-DLEND_COMPILE_FAIL_OK"])
    if status != 0:
        return f"does not compile even without the forbidden use:\n{said}"
    status, said = compile_case(case, command, (option(text, "flags") or "").split())
    if status == 0:
        return "the forbidden use compiles"
    # Only what the compiler says: it also quotes the source, and that holds the words too. GCC says
    # with which template arguments an assertion failed in a line of its own.
    says = re.compile(r"\b(error|note|warning):|: In instantiation of ")
    messages = [line for line in said.splitlines() if says.search(line)]
    for regex in wanted:
        if not any(re.search(regex, line) for line in messages):
            return f"no message matches {regex!r}:\n{said}"
    most, errors = option(text, "errors"), [line for line in messages if re.search(r"\berror:", line)]
    if most and len(errors) > int(most):
        return f"{len(errors)} errors, not {most} at most:\n{said}"
    return None


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    problem = problem_of(pathlib.Path(sys.argv[1]), sys.argv[2:])
    if problem:
        sys.exit(f"{sys.argv[1]}: {problem}")
