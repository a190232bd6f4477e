# SPDX-License-Identifier: MIT
"""What the checks share to read C++: code and comments apart, and the folders where things lie."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

TOKEN = re.compile(
    r"""//[^\n]*                      # a line comment
      | /\*.*?\*/                     # a block comment
      | R"(?P<d>[^()\s\\]*)\(.*?\)(?P=d)"   # a raw string
      | "(?:\\.|[^"\\\n])*"           # a string
      | '(?:\\.|[^'\\\n])+'           # a character
      | [0-9][0-9a-zA-Z_.]*(?:'[0-9a-zA-Z]+)*   # a number, perhaps with digit separators
    """,
    re.VERBOSE | re.DOTALL,
)


def split(text):
    """Returns (code, comments): two lists of lines as long as the text, each with the other blanked.

    The contents of strings are blanked in the code; their quotes stay.
    """
    code, comments = [], []
    at = 0
    for token in TOKEN.finditer(text):
        between = text[at : token.start()]
        code.append(between)
        comments.append(re.sub(r"[^\n]", " ", between))
        found = token[0]
        blank = re.sub(r"[^\n]", " ", found)
        if found.startswith(("//", "/*")):
            code.append(blank)
            comments.append(found)
        else:
            keep = found[0].isdigit()
            code.append(found if keep else found[0] + blank[1:-1] + found[-1])
            comments.append(blank)
        at = token.end()
    code.append(text[at:])
    comments.append(re.sub(r"[^\n]", " ", text[at:]))
    return "".join(code).split("\n"), "".join(comments).split("\n")


def arguments_at(code, at):
    """Returns what stands between the parenthesis at `at` and the one that closes it."""
    depth = 0
    for end in range(at, len(code)):
        depth += {"(": 1, ")": -1}.get(code[end], 0)
        if depth == 0:
            return code[at + 1 : end]
    return code[at + 1 :]


def root_of(arguments, usage):
    """Returns the root that a check is to look at: the folder that it was given, or the project's own.

    Ends the program where it was given anything else.
    """
    if not arguments:
        return ROOT
    if len(arguments) > 1 or not pathlib.Path(arguments[0]).is_dir():
        print(f"not a folder to look at: {' '.join(arguments)}\n{usage}", file=sys.stderr)
        sys.exit(2)
    return pathlib.Path(arguments[0])


def report(check, problems):
    """Prints the problems, one a line, and returns the exit status."""
    for problem in problems:
        print(problem)
    print(f"{check}: {len(problems)} problems" if problems else f"{check}: nothing wrong")
    return 1 if problems else 0
