"""What the output of tests says: each failure in its own words."""

import pytest

from hrm_jax.agent import failures


@pytest.mark.parametrize(
    "output, words",
    [
        (
            "    self.assertEqual(f('a', True), None)\nAssertionError: 1 != None",
            'f("a", true) returned 1, expected null',
        ),
        (
            "    self.assertEqual(f({1: 2}), [1])\n"
            "AssertionError: Lists differ: [2] != [1]\n",
            "f({1: 2}) returned [2], expected [1]",
        ),
        (
            "    assert f(x, 2) == -1\nE   assert 3 == -1\nE    +  where 3 = f(1, 2)\n",
            "f(x, 2) returned 3, expected -1",
        ),
        ("Traceback\nValueError: no such thing\nFAILED (errors=1)", "ValueError: no"),
        (
            "    self.assertEqual(a, b)\nAssertionError: 1 != 2",
            "AssertionError: 1 != 2",
        ),
        ("    assert " + "(" * 1_500 + "\nE  assert 1 == 2", "assert"),
        ("    assert " + "-" * 1_500 + "f() == 1\nE  assert 1 == 2", "assert"),
        ("", ""),
    ],
)
def test_the_first_failure_is_told_as_prompts_have_it(output, words):
    found = failures.read(output)
    told = next(iter(found.words), "")
    assert words in told and len(told) <= 400


UNITTEST = """\
FF
======================================================================
FAIL: test_empty (tests.test_a.First.test_empty)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "tests/test_a.py", line 8, in test_empty
    self.assertEqual(first([]), 0)
AssertionError: 1 != 0

======================================================================
FAIL: test_empty (tests.test_a.Second.test_empty)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "tests/test_a.py", line 13, in test_empty
    self.assertAlmostEqual(mean([1, 2]), 2.5)
AssertionError: 1.5 != 2.5 within 7 places (1.0 difference)

======================================================================
ERROR: test_ValueError (tests.test_a.Second.test_ValueError)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "tests/test_a.py", line 17, in test_ValueError
    raise ValueError("no such " + thing)
ValueError: no such cat

----------------------------------------------------------------------
Ran 2 tests in 0.000s

FAILED (failures=2)
"""
PYTEST = """\
=================================== FAILURES ===================================
_________________________________ test_a[1-2] __________________________________

    def test_a(x, y):
>       assert f(x) == 2
E       assert 1 == 2
E        +  where 1 = f(1)

tests/test_x.py:7: AssertionError
_________________________________ test_a[3-4] __________________________________

    def test_a(x, y):
>       assert f(x) == 4
E       assert 3 == 4
E        +  where 3 = f(3)

tests/test_x.py:7: AssertionError
_____________________________ TestIt.test_a[3-4] _______________________________

    def test_a(self, x, y):
>       raise ValueError("no such thing")
E       ValueError: no such thing

tests/test_x.py:12: ValueError
_________________________________ test_a[3-4] __________________________________

    def test_a(x, y):
>       assert g(x) == 4
E       assert 5 == 4

tests/test_y.py:7: AssertionError
_________________________________ test_b[c d] __________________________________

    def test_b(x):
>       assert h(x) == 6
E       assert 7 == 6

tests/test_y.py:9: AssertionError
=========================== short test summary info ============================
FAILED tests/test_x.py::test_a[1-2] - assert 1 == 2
FAILED tests/test_x.py::test_a[3-4] - assert 3 == 4
FAILED tests/test_x.py::TestIt::test_a[3-4] - ValueError: no such thing
FAILED tests/test_y.py::test_a[3-4] - assert 5 == 4
FAILED tests/test_y.py::test_b[c d] - assert 7 == 6
"""


@pytest.mark.parametrize(
    "output, words",
    [
        (
            UNITTEST,
            [
                "first([]) returned 1, expected 0",
                "AssertionError: 1.5 != 2.5 within 7 places (1.0 difference)",
                "ValueError: no such cat",
            ],
        ),
        (
            PYTEST,
            [
                "f(x) returned 1, expected 2",
                "f(x) returned 3, expected 4",
                "ValueError: no such thing",
                "g(x) returned 5, expected 4",
                "h(x) returned 7, expected 6",
            ],
        ),
    ],
)
def test_each_failure_is_told_in_its_own_words(output, words):
    found = failures.read(output)
    assert list(found.words) == words and len(found.names) == len(words)


@pytest.mark.parametrize(
    "output, none",
    [
        ("?   \tx\t[no test files]\nok  \tx/a\t0.002s", False),
        ("?   \tx\t[no test files]\nok  \tx/a\t(cached)", False),
        ("?   \tx\t[no test files]", True),
        (
            "running 1 test\n.\ntest result: ok. 1 passed; 0 failed\n\n"
            "running 0 tests\n\ntest result: ok. 0 passed; 0 failed",
            False,
        ),
        ("running 0 tests\n\ntest result: ok. 0 passed; 0 failed", True),
        ("Ran 0 tests in 0.000s\n\nOK", True),
        ("Ran 0 tests in 0.000s\n\nOK\nRan 12 tests in 0.010s\n\nOK", False),
        ("no tests ran in 0.01s", True),
        ("1..0\n# tests 0\n# pass 0", True),
        ("ℹ tests 0\n\nℹ tests 2\nℹ pass 2", False),
        ("# tests 2\n# suites 0\n# pass 0\n# fail 0\n# skipped 2", True),
        ("s\n---\nRan 1 test in 0.000s\n\nOK (skipped=1)", True),
        ("s\n---\nRan 1 test in 0.1s\n\nOK (skipped=1)\nRan 1 test in 0.1s", False),
        # A test that passes, and one of whose parts two are skipped.
        (".ss\n---\nRan 2 tests in 0.000s\n\nOK (skipped=2)", False),
        ("15 tests ok in 0.02s", False),
        ("25 modules checked in 0.3s", False),
        ("Tests: 12 ok, 12 total", False),
        ("Ran 2 tests in 0.000s\n\nOK (skipped=1)", False),
        ("Ran 2 tests in 0.000s", False),
        ("Ran 0 tests in 0.000s\n\nFAILED (errors=1)", False),
        ("s [100%]\n1 skipped in 0.01s", True),
        ("1 deselected in 0.01s", True),
        ("1 skipped, 1 error in 0.01s", False),
        ("running 2 tests\nii\ntest result: ok. 0 passed; 0 failed; 2 ignored", True),
        ("running 0 tests\ntest result: ok. 0 passed; 0 failed\nrunning 1 test", False),
        ("ok  \tx\t0.002s [no tests to run]", True),
        ("ok  \tx\t0.002s [no tests to run]\nok  \ty\t0.002s", False),
        ("  0 passing (2ms)\n  1 pending", True),
        ("  0 passing (2ms)\n  1 failing", False),
        ("make: Nothing to be done for 'test'.", True),
        ("make: 'test' is up to date.", True),
        ("make: Nothing to be done for 'all'.\nfine", False),
    ],
)
def test_parts_without_tests_are_no_suite_without_tests(output, none):
    assert failures.none_ran(output) == none


def test_a_stranger_s_output_takes_no_time():
    for text in ("\n", "FAIL: ", " ", "(", "a", "E assert 1 == ", "x != "):
        assert not failures.read(text * (300_000 // len(text))).names
