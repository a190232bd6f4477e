#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that translation units built differently have different symbols where the code differs.

usage: check_symbols.py PLAIN NDEBUG NO_EXCEPTIONS [OTHER...]

Three objects of one source, built by GCC without optimisation: as it is, with NDEBUG, and with
-fno-exceptions. The linker keeps one copy of each inline function, so a function of lend that is in
two of them under one name must be the same in both: the same instructions with and without NDEBUG,
and the same throws, catches and calls of lend with and without exceptions (the rest differs there
by clean-ups, which call destructors).
A class of one name has one size: beside each object lies what -fdump-lang-class wrote, as
OBJECT.class.

And no function has a static object that is made on first use: its guard may be held by another
thread when the process is forked, and is then held in the child for ever. (Those of a thread are
nobody else's.) The other objects are looked through for these alone.
"""

import pathlib
import re
import subprocess
import sys

SECTION = re.compile(r"Disassembly of section \.text\.(\S*?4lend\S*):\n(.*?)(?=\nDisassembly|\Z)", re.S)
CLASS = re.compile(r"^Class (lend::.*)\n +(size=\d+ align=\d+)\n(.*\n)", re.M)
CALLS = re.compile(r"R_\w+\s+(_Z\S*4lend\w*|__cxa_(?:throw|rethrow|begin_catch))")
# Accepted with -fno-exceptions. The words of an error: where memory for them is out, a program whose
# linker kept the other copy ends instead of losing the words. A template argument would not help,
# because it would have to go on into every function that makes an error.
ACCEPTED = re.compile(r"lend::v\d+_\d+::error::(error|with_wait|with_pool|with_next_try|with_last_create_error|with_oldest_holder)\(")
GUARD = re.compile(r"^\S+ .* \.t?bss\S*\s+\S+ +(?:\.\S+ )?(_ZGVZ\S*4lend\S*)$", re.M)
DESTRUCTOR = re.compile(r"D[0-2]Ev$")


def functions_of(object_file):
    """Returns mangled name -> instructions, for the inline functions of lend."""
    text = subprocess.run(
        ["objdump", "--disassemble", "--reloc", "--no-show-raw-insn", object_file],
        capture_output=True, text=True, check=True,
    ).stdout
    # Where strings and other constants lie in the object is no difference.
    text = re.sub(r"\.rodata[^\s]*", ".rodata", text)
    # Nor is the name that happens to lie where a call points before it is linked.
    text = re.sub(r"(\bcall +[0-9a-f]+) <\S+>", r"\1", text)
    return dict(SECTION.findall(text))


def calls_of(instructions):
    """Returns what a function throws, catches and calls of lend, less the destructors."""
    return {name for name in CALLS.findall(instructions) if not DESTRUCTOR.search(name)}


def classes_of(object_file):
    """Returns the name of each class of lend -> its size, alignment and size as a base."""
    text = pathlib.Path(object_file + ".class").read_text()
    return {name: f"{size}, {base.strip()}" for name, size, base in CLASS.findall(text)}


def guards_of(object_file):
    """Returns the guards of static objects in functions of lend, less those of threads."""
    text = subprocess.run(
        ["objdump", "--syms", object_file], capture_output=True, text=True, check=True
    ).stdout
    return [found[1] for found in GUARD.finditer(text) if ".tbss" not in found[0]]


def demangled(name):
    return subprocess.run(["c++filt", name], capture_output=True, text=True, check=True).stdout.strip()


def check(plain, ndebug, no_exceptions, *others):
    """Returns the problems."""
    problems = [
        f"a fork may find it held: {demangled(name)}"
        for each in (plain, *others)
        for name in guards_of(each)
    ]
    ours, theirs, bare = map(functions_of, (plain, ndebug, no_exceptions))
    if not ours:
        problems.append(f"{plain} holds no inline function of lend: nothing is compared")
    for name in sorted(ours.keys() & theirs.keys()):
        if ours[name] != theirs[name]:
            problems.append(f"NDEBUG changes {demangled(name)}")
    for name in sorted(ours.keys() & bare.keys()):
        differs = calls_of(ours[name]) != calls_of(bare[name])
        if differs and not ACCEPTED.match(demangled(name)):
            problems.append(f"-fno-exceptions changes {demangled(name)}")

    sizes = classes_of(plain)
    if not sizes:
        problems.append(f"{plain}.class holds no class of lend: nothing is compared")
    for option, other in (("NDEBUG", ndebug), ("-fno-exceptions", no_exceptions)):
        for name, size in classes_of(other).items():
            if sizes.get(name, size) != size:
                problems.append(f"{option} changes the layout of {name}: {sizes[name]}, then {size}")
    return problems


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    found = check(*sys.argv[1:])
    print("\n".join(found) or "symbols: nothing wrong")
    sys.exit(1 if found else 0)
