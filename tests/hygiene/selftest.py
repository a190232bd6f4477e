#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plants one defect after the other in a small tree and requires that check_headers reports each."""

import pathlib
import tempfile
import unittest
from unittest import mock

import check_headers
import check_near_names
from check_near_names import near_names


def header(name, body="", includes=()):
    """Returns a header in good form."""
    guard = name.replace("/", "_").replace(".", "_").upper()
    lines = ["// SPDX-License-Identifier: MIT", "/// @file", "/// Something.", ""]
    lines += [f"#ifndef {guard}", f"#define {guard}", ""]
    lines += [f"#include <{one}>" for one in includes or ["lend/detail/cpp20.hpp"]]
    lines += ["", "namespace lend::inline v0_1 {", "namespace detail {", "} // namespace detail"]
    lines += [body, "} // namespace lend", "", f"#endif // {guard}", ""]
    return "\n".join(lines)


def tree():
    """Returns a good tree: path -> text."""
    files = {
        "lend/com.hpp": header("lend/com.hpp", includes=["lend/com/types.hpp"]).replace(
            "#ifndef", "#if defined(X)\n#error no\n#endif\n#ifndef"
        ),
        "lend/com/types.hpp": header("lend/com/types.hpp", includes=["lend/hresult.hpp"]).replace(
            "v0_1 {", "v0_1::com {"
        ),
        "lend/detail/cpp20.hpp": header("lend/detail/cpp20.hpp").replace(
            "#include <lend/detail/cpp20.hpp>\n", ""
        ),
        "lend/detail/list.hpp": header("lend/detail/list.hpp", includes=["lend/platform.hpp"]),
        "lend/drivers/odbc_row.hpp": header("lend/drivers/odbc_row.hpp", "namespace odbc {\n}"),
        "lend/hresult.hpp": header("lend/hresult.hpp", "int x = a.load(std::memory_order_relaxed);"),
        "lend/lend.hpp": header("lend/lend.hpp", includes=["lend/pool.hpp"]),
        "lend/platform.hpp": header("lend/platform.hpp", "thread_local int x; // not thread_local"),
        "lend/pool.hpp": header("lend/pool.hpp", includes=["lend/detail/list.hpp"]).replace(
            "namespace detail {", "namespace detail {\nnamespace word {\nint f() { return 1; }\n}"
        ),
        "lend/version.hpp": header("lend/version.hpp").replace(
            "namespace lend", "#define LEND_VERSION_MAJOR 0\n#define LEND_VERSION_MINOR 1\nnamespace lend", 1
        ),
    }
    result = {"include/" + name: text for name, text in files.items()}
    result["cmake/headers.txt"] = "\n".join(sorted(files)) + "\n"
    for name in ("hresult", "platform", "pool"):
        result[f"tests/unit/{name}_test.cpp"] = "TEST(A, sleeps_for_nothing) {} // sleep_for\n"
    return result


def included(name):
    return "#define LEND_POOL_HPP\n", f"#define LEND_POOL_HPP\n#include <{name}>\n"


POOL = "include/lend/pool.hpp"
INSIDE = "} // namespace lend\n"
# name, file, what is replaced, by what, what must be said
DEFECTS = [
    ("no SPDX line", POOL, "// SPDX-License-Identifier: MIT\n", "", "the first line is not"),
    ("no @file", POOL, "/// @file\n", "", "the second line is not"),
    ("another guard", POOL, "LEND_POOL_HPP", "LEND_POOLS_HPP", "guard is not LEND_POOL_HPP"),
    ("include before the guard", POOL, "#ifndef", "#include <map>\n#ifndef", "guard is not"),
    ("pragma once", POOL, "#define", "#pragma once\n#define", "#pragma once"),
    ("iostream", POOL, *included("iostream"), "includes an iostream"),
    ("quoted include", POOL, "#define LEND_POOL_HPP", '#define LEND_POOL_HPP\n#include "x.hpp"',
     'an include with ""'),
    ("no inline namespace", POOL, "lend::inline v0_1 {", "lend {", "opens namespace lend,"),
    ("another version's namespace", POOL, "v0_1 {", "v0_2 {", "opens namespace lend::inline v0_2"),
    ("unnamed namespace", POOL, "namespace detail {", "namespace {", "(unnamed) inside"),
    ("another inner namespace", POOL, "namespace detail {", "namespace util {", "util inside"),
    ("an inner namespace after detail", POOL, INSIDE, "namespace util {\n}\n" + INSIDE, "util inside"),
    ("another driver's namespace", "include/lend/drivers/odbc_row.hpp", "namespace odbc",
     "namespace row", "row inside"),
    ("an unnamed namespace in detail", POOL, "namespace word {", "namespace {", "(unnamed) inside"),
    ("namespace after an #if with two branches", POOL, INSIDE,
     "#if A\nvoid f() {\n#else\nvoid g() {\n#endif\n}\n} // namespace lend\nnamespace lend {\n}\n",
     "opens namespace lend,"),
    ("using namespace", POOL, INSIDE, "using namespace std;\n" + INSIDE, "using namespace"),
    ("default order of a load", POOL, INSIDE, "int y = a.load();\n" + INSIDE, "load leaves its"),
    ("default order of a CAS", POOL, INSIDE, "int y = a->compare_exchange_weak(b,\n f(c));\n" + INSIDE,
     "compare_exchange_weak leaves its"),
    ("thread_local", POOL, INSIDE, "thread_local int y;\n" + INSIDE, "platform.hpp only"),
    ("max as windows.h has it", POOL, INSIDE, "int y = std::max(1, 2);\n" + INSIDE, "are macros"),
    ("thread without a name", POOL, INSIDE,
     "bool y = Platform::start_thread(a, b, c);\n" + INSIDE, "without the pool's name"),
    ("acquire without its place", POOL, INSIDE, "int acquire(int key) { return f(key); }\n" + INSIDE,
     "acquire does not take the place"),
    ("acquire that drops its place", POOL, INSIDE,
     "int try_acquire_for(int k, call_site at = call_site::current()) {\n"
     "    return with(k, [&] { return pool_.try_acquire_for(k); });\n}\n" + INSIDE,
     "try_acquire_for drops the place of its call in try_acquire_for"),
    ("acquire that leaves its place to the options", POOL, INSIDE,
     "int acquire_async(int k, const acquire_options& how) { return pool_.acquire_async(k, how); }\n" + INSIDE,
     "acquire_async does not take the place"),
    ("a note", POOL, INSIDE, "// TODO\n" + INSIDE, "open an issue"),
    ("too long", POOL, INSIDE, "int y;\n" * 600 + INSIDE, "more than 600"),
    ("not listed", "cmake/headers.txt", "lend/pool.hpp\n", "", "is not listed"),
    ("listed only", "cmake/headers.txt", "lend/pool.hpp\n", "lend/pool.hpp\nlend/q.hpp\n",
     "lend/q.hpp does not exist"),
    ("not sorted", "cmake/headers.txt", "lend/com.hpp\nlend/com/types.hpp\n",
     "lend/com/types.hpp\nlend/com.hpp\n", "not sorted"),
    ("no unit test", "tests/unit/pool_test.cpp", None, None, "pool_test.cpp is missing"),
    ("lend.hpp includes the contract", "include/lend/lend.hpp", "<lend/pool.hpp>", "<lend/com.hpp>",
     "the standard library alone"),
    ("the pool includes the contract", POOL, *included("lend/com.hpp"), "higher floor"),
    ("the platform includes the pool", "include/lend/platform.hpp", "#define LEND_PLATFORM_HPP\n",
     "#define LEND_PLATFORM_HPP\n#include <lend/pool.hpp>\n", "higher floor"),
    ("a piece includes the whole", POOL, *included("lend/lend.hpp"), "which is for users"),
    ("a detail includes the pool", "include/lend/detail/list.hpp", "<lend/platform.hpp>",
     "<lend/pool.hpp>", "which is made of it"),
    ("a circle", "include/lend/platform.hpp", "#define LEND_PLATFORM_HPP\n",
     "#define LEND_PLATFORM_HPP\n#include <lend/detail/list.hpp>\n", "circle"),
    ("no such header", POOL, *included("lend/nothing.hpp"), "which does not exist"),
    ("the wall clock", POOL, INSIDE, "auto now = std::chrono::system_clock::now();\n" + INSIDE,
     "only the steady clock"),
    ("a move assignment blind to itself", POOL, INSIDE,
     "    pool& operator=(pool&& other) noexcept {\n        pool old(std::move(*this));\n" + INSIDE,
     "moves from itself"),
    ("an enumeration without words", POOL, INSIDE, "enum class way : int { one, two };\n" + INSIDE,
     "way has no words"),
    ("an enumeration with other words", POOL, INSIDE,
     "enum class way : int { one, two };\n"
     'template <> struct words_of<way> {\n std::array list{"one", "tow"};\n};\n' + INSIDE,
     "the words of way are not its names"),
    ("a header that the compiler reads in any mode", "include/lend/hresult.hpp",
     "#include <lend/detail/cpp20.hpp>\n", "#include <cstdint>\n", "its first include is not of lend"),
    ("a sum of times", POOL, INSIDE, "auto at = now + interval;\n" + INSIDE, "times are added"),
    ("a sum of times at its end", POOL, INSIDE, "auto at = wait + s.lent_at;\n" + INSIDE, "times are added"),
    ("a moment that is moved", POOL, INSIDE, "  s.idle_since += lost;\n" + INSIDE, "times are added"),
    ("a difference of times", POOL, INSIDE, "auto age = Platform::now() - s.began;\n" + INSIDE, "times are added"),
    ("a wait by the wall clock", POOL, INSIDE, "int c = CLOCK_REALTIME;\n" + INSIDE,
     "only the steady clock"),
    ("a test sleeps", "tests/unit/pool_test.cpp", "TEST", "std::this_thread::sleep_for(x);\nTEST",
     "a test sleeps"),
    ("a note in a test", "tests/unit/pool_test.cpp", "TEST", "// FIXME\nTEST", "open an issue"),
]


def problems_of(files):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        problems, warnings = check_headers.check(root)
        return "\n".join(problems), "\n".join(warnings)


class Planted(unittest.TestCase):
    def test_a_good_tree_has_no_problems(self):
        self.assertEqual(problems_of(tree()), ("", ""))

    def test_each_planted_defect_is_reported(self):
        for name, path, old, new, words in DEFECTS:
            with self.subTest(name):
                files = tree()
                if old is None:
                    del files[path]
                else:
                    self.assertIn(old, files[path])
                    files[path] = files[path].replace(old, new)
                self.assertIn(words, problems_of(files)[0])

    def test_a_long_header_is_remarked(self):
        files = tree()
        files[POOL] = files[POOL].replace(INSIDE, "int y;\n" * 450 + INSIDE)

        self.assertIn("is it one subject", problems_of(files)[1])


class NearNames(unittest.TestCase):
    def test_a_member_and_an_edit_that_are_left_out_are_reported(self):
        root = pathlib.Path(__file__).resolve().parents[2]
        self.assertEqual(check_near_names.check(root), [])
        with mock.patch.dict(near_names.MEMBERS, {"check": "(with.r)"}):
            self.assertIn("is not what", check_near_names.check(root)[0])
        with mock.patch.dict(near_names.MEMBERS):
            del near_names.MEMBERS["check"]
            self.assertIn("cmake/near_names.py does not know the member check",
                          check_near_names.check(root))
        less = [one for one in near_names.edits_of("check") if one[1:] != ("c", "heck")]
        with mock.patch.object(near_names, "edits_of", lambda name: less):
            self.assertIn("leaves out", check_near_names.check(root)[1])


if __name__ == "__main__":
    unittest.main()
