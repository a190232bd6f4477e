#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns a corpus that is kept as one text file, an input a line in hexadecimal, into the folder of
files that libFuzzer reads, and back.

usage: corpus.py unpack FILE FOLDER
       corpus.py pack FOLDER FILE
"""

import pathlib
import sys

REMARK = "# One input a line, in hexadecimal. Written by tests/fuzz/run.sh --keep.\n"


def unpack(file, folder):
    """Writes each input of `file` to a file of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [line.strip() for line in file.read_text().splitlines()] if file.exists() else []
    for at, line in enumerate(line for line in lines if line and not line.startswith("#")):
        (folder / f"kept-{at:04}").write_bytes(bytes.fromhex(line))


def pack(folder, file):
    """Writes the inputs in `folder` to one file, the short ones first."""
    inputs = {one.read_bytes() for one in folder.iterdir() if one.is_file()}
    lines = [each.hex() + "\n" for each in sorted(inputs, key=lambda each: (len(each), each)) if each]
    file.write_text(REMARK + "".join(lines))


def main():
    actions = {"unpack": unpack, "pack": pack}
    if len(sys.argv) != 4 or sys.argv[1] not in actions:
        print(__doc__, file=sys.stderr)
        return 2
    actions[sys.argv[1]](pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
