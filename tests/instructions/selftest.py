#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Requires that check_instructions.py reports a count that is too high, one that is too low, and a
budget that it cannot read."""

import unittest

import check_instructions


class Planted(unittest.TestCase):
    def test_counts_within_two_percent_are_right(self):
        for counted in (50.0, 49.1, 50.9):
            self.assertIsNone(check_instructions.problem("plain", 50.0, counted))

    def test_more_is_a_cost_and_less_a_budget_to_lower(self):
        self.assertIn("the budget is 50.0", check_instructions.problem("plain", 50.0, 51.1))
        self.assertIn("lower the budget", check_instructions.problem("plain", 50.0, 48.9))

    def test_budget_is_that_of_the_compiler(self):
        text = "# compiler scenario instructions\nGNU12 plain 50\n\nGNU12 reset 70.5\nClang14 plain 54\n"
        self.assertEqual(check_instructions.budgets_of(text, "GNU12"), {"plain": 50.0, "reset": 70.5})
        self.assertEqual(check_instructions.budgets_of(text, "GNU13"), {})

    def test_line_that_is_no_budget_is_refused(self):
        with self.assertRaises(ValueError):
            check_instructions.budgets_of("GNU12 plain about 50\n", "GNU12")


if __name__ == "__main__":
    unittest.main()
