#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Generates a header from a small tree with every kind of include, and compiles it.

usage: selftest.py COMPILER
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "cmake"))
import amalgamate  # noqa: E402

TREE = {
    "version": '#define LEND_VERSION_STRING "1.2.3"\n',
    "base": "inline int base() { return 1; }\n",
    "left": "#include <lend/base.hpp>\n#include <vector>\ninline int left() { return base(); }\n",
    "right": "#include <lend/base.hpp>\ninline int right() { return base(); }\n",
    # First included where it is compiled away, then needed.
    "maybe": "inline int maybe() { return base(); }\n",
    "odd": "#if 0\n#include <lend/maybe.hpp>\n#endif\n",
    "all": "".join(
        f"#include <lend/{name}.hpp>\n" for name in ("version", "left", "right", "odd", "maybe")
    ),
}
PROGRAM = '#include "all.hpp"\nint main() { return left() + right() + maybe() == 3 ? 0 : 1; }\n'


class Amalgamate(unittest.TestCase):
    command = ["c++"]

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        (self.root / "lend").mkdir()
        for name, body in TREE.items():
            guard = f"LEND_{name.upper()}_HPP"
            self.write(name, f"// SPDX-License-Identifier: MIT\n#ifndef {guard}\n#define {guard}\n{body}#endif\n")

    def write(self, name, text):
        (self.root / f"lend/{name}.hpp").write_text(text)

    def generate(self):
        return amalgamate.amalgamate(self.root, "lend/all.hpp", "Do as you like.\n")

    def test_the_generated_header_compiles_and_links_without_the_others(self):
        (self.root / "all.hpp").write_text(self.generate())
        (self.root / "main.cpp").write_text(PROGRAM)

        program = self.root / "program"
        subprocess.run([*self.command, str(self.root / "main.cpp"), "-o", str(program)], check=True)

        self.assertEqual(subprocess.run([program], check=False).returncode, 0)

    def test_each_header_stands_once_and_one_under_a_condition_again(self):
        text = self.generate()

        self.assertEqual(text.count("int base()"), 1)
        self.assertEqual(text.count("int maybe()"), 2)
        self.assertEqual(text.count("SPDX-License-Identifier"), 1)
        self.assertNotIn("#include <lend/", text)
        self.assertIn("#include <vector>", text)

    def test_it_begins_with_version_and_licence(self):
        head = self.generate().split("#ifndef")[0]

        self.assertIn("1.2.3", head)
        self.assertIn("// Do as you like.", head)

    def test_a_quoted_include_is_refused(self):
        self.write("maybe", '#include "lend/base.hpp"\n')

        with self.assertRaisesRegex(ValueError, "written with <>"):
            self.generate()


if __name__ == "__main__":
    Amalgamate.command = sys.argv.pop(1).split()
    unittest.main()
