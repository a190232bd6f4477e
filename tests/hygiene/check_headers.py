#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the form of the headers and what the tests may not contain.

usage: check_headers.py [ROOT]

Headers: listed in cmake/headers.txt; an SPDX line and `/// @file` first; the path as include guard;
only the agreed namespaces; no iostream, no #pragma once, no memory order left to its default, no
thread_local but in platform.hpp, no clock but the steady one, no sum or difference of times that could
overflow, no move assignment that harms an object that is moved to itself, no min or max as <windows.h>
would replace them; no thread of a pool without the pool's name; no acquire that drops the place of its
call; not longer than 600 lines; includes as <lend/...> that point downward only, without a cycle; words
for each public enumeration; a unit test for each of include/lend/*.hpp. Tests: no sleeping, no notes to
oneself.
"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cpp_text  # noqa: E402

MAX_LINES, WARN_LINES = 600, 450
WITHOUT_UNIT_TEST = {"lend", "fwd", "version", "com"}
FOREIGN_NAMESPACES = {"std"}
INNER_NAMESPACE = re.compile(r"(detail|hr|testing)(_[a-z_]+)?$")
ATOMIC_CALL = re.compile(
    r"(?:\.|->)\s*(load|store|exchange|compare_exchange_(?:weak|strong)"
    r"|fetch_(?:add|sub|and|or|xor)|test_and_set)\s*\("
)
NOTES = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
WALL_CLOCK = re.compile(
    r"\b(system_clock|high_resolution_clock|utc_clock|file_clock|gettimeofday|timespec_get"
    r"|CLOCK_REALTIME\w*|pthread_cond_timedwait|std::time)\b"
)
# A moment, by the names that lend gives to moments, as a part of a sum or of a difference. What has another
# name is found by tests/unit/strict_clock_test.cpp, whose moments cannot be added to.
MOMENT = (
    r"(?:now|until|woke|meant|deadline\w*|due(?:_at)?|since\w*|began_?|begun(?! \?)"
    r"|\w+_(?:at|since|until|deadline)_?)\b(?!\.|->)"
)
SUM_OF_TIMES = re.compile(
    rf"\b{MOMENT}(?:\(\))?\s[-+]=?\s(?!\d)|\s[-+]=?\s(?:[*(]|\w+(?:::|\.|->))*{MOMENT}"
)
# A move assignment with a body of its own, and what makes it harmless to the object itself.
MOVE_ASSIGNMENT = re.compile(r"operator=\((\w[\w:<>, ]*)&&[^)]*\)[^{;=]*\{")
SELF_IS_SAFE = re.compile(r"this != &|\.swap\(\*this\)")
KNOWS_THE_CLOCK = {"lend/detail/later.hpp", "lend/detail/parking.hpp"}
# What the compiler must see first.
CHECKS_THE_LANGUAGE = "lend/detail/cpp20.hpp"
SLEEPS = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep)\b")

ACQUIRE = re.compile(r"(?<![.>:\w])((?:try_)?acquire(?:_\w+)?)\(")
THREAD_START = re.compile(r"\b[Pp]latform::start_thread\(")
# The last one starts the thread of the process, which is no pool's.
NAMES_ITS_THREADS = {"lend/platform.hpp", "lend/detail/core.hpp", "lend/com/holder_base.hpp"}

# The floors, from the ground up. A header includes lower floors and, without a cycle, its own.
# A header that is not named stands on the floor of its folder or, in include/lend itself, on `pool`.
# The headers of detail/ have no floor: some lie below platform.hpp, some carry the pool.
FLOORS = [
    {"version", "source_site", "short_text"},
    {"hresult", "fwd", "destroy_reason", "executor", "holder_info"},
    {"error", "rating", "result"},
    {"platform"},
    {"driver", "handle_table", "acquire_options", "pool_options", "events", "stats", "histogram",
     "observer", "resource_info", "outcome", "probe"},
    {"pool"},
    {"testing", "prometheus"},
    {"com"},
    {"lend", "drivers"},
]
# What is made of detail/ headers, so that none of these may include it.
ABOVE_DETAIL = {"lend", "pool", "keyed_pool", "lease", "transaction", "com", "testing", "prometheus"}


def floor_of(header):
    """Returns the floor of a header, spelled lend/x.hpp, that is not in detail/."""
    name = header.removeprefix("lend/").removesuffix(".hpp")
    folder = name.split("/")[0] if "/" in name else "pool"
    for known in (name, folder):
        for floor, members in enumerate(FLOORS):
            if known in members:
                return floor
    return floor_of("lend/pool.hpp")


def layer_problem(header, included):
    """Returns why one header of lend may not include another, or None."""
    name = included.removeprefix("lend/").removesuffix(".hpp")
    if header.startswith("lend/detail/"):
        if name in ABOVE_DETAIL or name.startswith(("com/", "drivers/")):
            return f"a detail header includes <{included}>, which is made of it"
        return None
    if included.startswith("lend/detail/"):
        return None
    if name == "lend" and not header.startswith("lend/drivers/"):
        return f"includes <{included}>, which is for users"
    if header == "lend/lend.hpp" and (name == "com" or name.startswith(("com/", "drivers/"))):
        return f"includes <{included}>: the core needs the standard library alone"
    if floor_of(included) > floor_of(header):
        return f"includes <{included}>, which stands on a higher floor"
    return None


def cycle_in(includes):
    """Returns a cycle of includes as a list of headers, or None."""
    done = set()

    def walk(header, path):
        if header in path:
            return path[path.index(header) :] + [header]
        if header in done:
            return None
        for included in includes.get(header, []):
            found = walk(included, path + [header])
            if found:
                return found
        done.add(header)
        return None

    return next((found for found in (walk(one, []) for one in sorted(includes)) if found), None)


def namespace_problems(header, code, version):
    """Yields (line, problem) for each namespace that is opened in another way than agreed.

    Inside lend there are detail, hr, testing, what lies in detail, and a driver's own, named like its header.
    """
    of_driver = re.match(r"lend/drivers/([a-z0-9]+)", header)
    tag = "lend::inline v" + "_".join(version)
    depth, condition, inside_detail = 0, [], None
    for at, line in enumerate(code):
        text = line.strip()
        # Only the first branch of an #if counts for the braces: all branches balance alike.
        if re.match(r"#\s*if", text):
            condition.append(depth)
        elif re.match(r"#\s*(else|elif)", text) and condition:
            depth = condition[-1]
        elif re.match(r"#\s*endif", text) and condition:
            condition.pop()
        if text.startswith("#"):
            continue
        opened = re.match(r"(?:inline )?namespace\b\s*([^{=;]*)(.?)", text)
        if opened and opened[2] == "{":
            name = opened[1].strip()
            if depth == 0:
                if name not in {tag, tag + "::com", *FOREIGN_NAMESPACES}:
                    yield at, f"opens namespace {name or '(unnamed)'}, not {tag} or {tag}::com"
            elif of_driver and name == of_driver[1]:
                pass
            elif inside_detail is None and not INNER_NAMESPACE.match(name):
                yield at, f"opens namespace {name or '(unnamed)'} inside lend"
            elif not name:
                yield at, "opens namespace (unnamed) inside lend"
            if name.startswith("detail") and inside_detail is None:
                inside_detail = depth
        if re.match(r"using namespace\b", text):
            yield at, "a header says using namespace"
        depth += line.count("{") - line.count("}")
        if inside_detail is not None and depth <= inside_detail and "}" in line:
            inside_detail = None


def call_site_problems(header, whole):
    """Yields (line, problem) for each acquire that does not know, or drops, the place of its call.

    It has it as a call_site, by default made at the call, and passes it on.
    """
    if header.startswith("lend/detail/"):
        return
    for found in ACQUIRE.finditer(whole):
        parameters = cpp_text.arguments_at(whole, found.end() - 1)
        body = re.match(r"[^;{]*\{", whole[found.end() + len(parameters) :])
        if not body:
            continue  # a call in an expression, or a declaration
        line = whole.count("\n", 0, found.start())
        known = re.search(r"\bcall_site (\w+) = call_site::current\(\)", parameters)
        if not known:
            yield line, f"{found[1]} does not take the place of its call"
            continue
        start = found.end() + len(parameters) + body.end() - 1
        depth, end = 0, start
        for end in range(start, len(whole)):
            depth += {"{": 1, "}": -1}.get(whole[end], 0)
            if depth == 0:
                break
        name = known[1]
        for call in re.finditer(r"(?:\.|\b(?=take|start|awaits))(\w*acquire\w*|take|start|awaits)\(", whole[start:end]):
            if not re.search(rf"\b{name}\b", cpp_text.arguments_at(whole[start:end], call.end() - 1)):
                yield line, f"{found[1]} drops the place of its call in {call[1]}"


def header_problems(header, text, version):
    """Yields (line, problem) for one header."""
    lines = text.splitlines()
    code, _ = cpp_text.split(text)
    if not lines or lines[0] != "// SPDX-License-Identifier: MIT":
        yield 0, "the first line is not // SPDX-License-Identifier: MIT"
    if len(lines) < 3 or lines[1] != "/// @file" or not lines[2].startswith("/// "):
        yield 1, "the second line is not /// @file, followed by what the file is about"
    if len(lines) > MAX_LINES:
        yield MAX_LINES, f"{len(lines)} lines, more than {MAX_LINES}"
    guard = re.sub(r"[^A-Za-z0-9]", "_", header).upper()
    directives = [line.strip() for line in code if line.strip().startswith("#")]
    while len(directives) > 2 and directives[1].startswith("#error") and directives[2] == "#endif":
        del directives[:3]  # a refusal that must not depend on the order of the includes
    if directives[:2] != [f"#ifndef {guard}", f"#define {guard}"]:
        yield 0, f"the include guard is not {guard}, or not the first directive"
    if lines and lines[-1] != f"#endif // {guard}":
        yield len(lines) - 1, f"the last line is not #endif // {guard}"
    for at, line in enumerate(code):
        if re.match(r"\s*#\s*pragma\s+once", line):
            yield at, "#pragma once"
        if re.match(r"\s*#\s*include\s*<(iostream|ostream|istream|sstream|fstream)>", line):
            yield at, "includes an iostream header; <iosfwd> is enough"
        if re.search(r"\bstd::endl\b", line):
            yield at, "std::endl"
        if re.search(r"\b(min|max)\s*\(", line):
            yield at, "min and max are macros after <windows.h>: write (std::max)(a, b)"
        if WALL_CLOCK.search(line):
            yield at, "a clock that is set: only the steady clock goes on evenly"
        if SUM_OF_TIMES.search(line) and header not in KNOWS_THE_CLOCK:
            yield at, "times are added and subtracted by later, between and together of detail/later.hpp"
        if re.search(r"\bthread_local\b", line) and header != "lend/platform.hpp":
            yield at, "thread_local stands in platform.hpp only"
        if THREAD_START.search(line) and header not in NAMES_ITS_THREADS:
            yield at, "starts a thread without the pool's name: core::start_thread has it"
        if re.match(r'\s*#\s*include\s*"', lines[at] if at < len(lines) else ""):
            yield at, 'an include with "": own headers are <lend/...>'
        note = NOTES.search(lines[at]) if at < len(lines) else None
        if note:
            yield at, f"{note[1]}: open an issue"
    whole = "\n".join(code)
    for call in ATOMIC_CALL.finditer(whole):
        if "order" not in cpp_text.arguments_at(whole, call.end() - 1):
            yield whole.count("\n", 0, call.start()), f"{call[1]} leaves its memory order to the default"
    for problem in call_site_problems(header, whole):
        yield problem
    for assigned in MOVE_ASSIGNMENT.finditer(whole):
        if not SELF_IS_SAFE.search(whole[assigned.end() : assigned.end() + 120]):
            line = whole.count("\n", 0, assigned.start())
            yield line, "a move assignment that does not look whether it moves from itself"
    for problem in namespace_problems(header, code, version):
        yield problem


def enumerators_of(body):
    """Returns the names between the braces of an enum."""
    names = (one.split("=")[0].strip() for one in body.split(","))
    return [name for name in names if name]


def word_problems(codes):
    """Yields (header, line, problem) for each public enumeration without words, or with wrong ones.

    Its words are a list in detail::words_of, equal to its names, or come from a to_string of its own. What
    the options choose from is looked at by validate.
    """
    everything = "\n".join("\n".join(lines) for lines in codes.values())
    lists = {}
    for found in re.finditer(r"struct words_of<([\w:]+)> \{[^{]*list\{([^}]*)\}", everything):
        lists[found[1].split("::")[-1]] = re.findall(r'"([^"]*)"', found[2])
    for header, lines in codes.items():
        whole = "\n".join(lines)
        if header.startswith("lend/detail/"):
            continue
        for found in re.finditer(r"^enum class (\w+) : [\w:]+ \{([^}]*)\}", whole, re.MULTILINE):
            name, at = found[1], whole.count("\n", 0, found.start())
            if not found[2].strip():
                continue  # its values have names elsewhere
            if name in lists:
                if lists[name] != enumerators_of(found[2]):
                    yield header, at, f"the words of {name} are not its names: {', '.join(lists[name])}"
            elif f" to_string({name} " not in everything:
                yield header, at, f"{name} has no words: neither detail::words_of nor to_string"
        if header == "lend/pool_options.hpp":
            for found in re.finditer(r"^    \w+_mode (\w+) = ", whole, re.MULTILINE):
                if f'choice_of("{found[1]}", {found[1]})' not in whole:
                    yield header, whole.count("\n", 0, found.start()), f"{found[1]} is not validated"


def check(root):
    """Returns (problems, warnings) of the tree."""
    problems, warnings, includes, codes = [], [], {}, {}
    include = root / "include"
    version_text = (include / "lend/version.hpp").read_text()
    version = [re.search(rf"{part} (\d+)", version_text)[1] for part in ("MAJOR", "MINOR")]
    headers = sorted(str(path.relative_to(include)) for path in include.rglob("*.hpp"))

    listed = (root / "cmake/headers.txt").read_text().split()
    problems += [f"cmake/headers.txt: {one} is not listed" for one in headers if one not in listed]
    problems += [f"cmake/headers.txt: {one} does not exist" for one in listed if one not in headers]
    if listed != sorted(set(listed)):
        problems.append("cmake/headers.txt: not sorted, or a line stands twice")

    for header in headers:
        text = (include / header).read_text()
        codes[header] = re.sub(r"//.*", "", text).splitlines()  # strings stay
        for line, problem in header_problems(header, text, version):
            problems.append(f"include/{header}:{line + 1}: {problem}")
        includes[header] = re.findall(r"^\s*#\s*include\s*<(lend/[^>]+)>", text, re.MULTILINE)
        first = re.search(r"^\s*#\s*include\s*<([^>]+)>", text, re.MULTILINE)
        if header != CHECKS_THE_LANGUAGE and not (first and first[1].startswith("lend/")):
            problems.append(f"include/{header}: its first include is not of lend: <{CHECKS_THE_LANGUAGE}>")
        for included in includes[header]:
            problem = layer_problem(header, included)
            if included not in headers:
                problem = f"includes <{included}>, which does not exist"
            if problem:
                problems.append(f"include/{header}: {problem}")
        count = text.count("\n")
        if WARN_LINES < count <= MAX_LINES:
            warnings.append(f"include/{header} has {count} lines: is it one subject?")
        name = pathlib.Path(header)
        if name.parent == pathlib.Path("lend") and name.stem not in WITHOUT_UNIT_TEST:
            test = f"tests/unit/{name.stem}_test.cpp"
            if not (root / test).exists():
                problems.append(f"include/{header}: {test} is missing")
    for header, line, problem in word_problems(codes):
        problems.append(f"include/{header}:{line + 1}: {problem}")
    cycle = cycle_in(includes)
    if cycle:
        problems.append("the includes form a circle: " + " -> ".join(cycle))

    for folder in ("tests", "bench", "examples"):
        for path in sorted((root / folder).rglob("*.[ch]pp")):
            code, _ = cpp_text.split(path.read_text())
            for at, line in enumerate(path.read_text().splitlines()):
                where = f"{path.relative_to(root)}:{at + 1}"
                note = NOTES.search(line)
                if note:
                    problems.append(f"{where}: {note[1]}: open an issue")
                if folder == "tests" and SLEEPS.search(code[at]):
                    problems.append(f"{where}: a test sleeps")
    return problems, warnings


if __name__ == "__main__":
    where = cpp_text.root_of(sys.argv[1:], __doc__)
    found, remarks = check(where)
    for remark in remarks:
        print("remark:", remark)
    sys.exit(cpp_text.report("headers", found))
