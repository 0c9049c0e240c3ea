"""Logs are read, and issues resolved, as the authors have it."""

import time

import pytest

from eval.benchmarks.swebench import grading, logs
from eval.benchmarks.swebench.grading import Resolved

PYTEST_LOG = """\
tests/test_a.py::test_one PASSED                     [ 50%]
=========================== short test summary info ====================
PASSED tests/test_a.py::test_one
PASSED tests/test_a.py::test_path[/tmp/x/y.txt]
FAILED tests/test_a.py::test_two - AssertionError: no
SKIPPED [1] tests/test_a.py:3: not here
ERROR tests/test_b.py
XFAIL tests/test_a.py::test_three
FAILED
"""
DJANGO_LOG = """\
test_a (app.tests.A) ... ok
test_b (app.tests.A)
Says what it does. ... FAIL
test_c (app.tests.A) ... skipped 'not here'
test_d (app.tests.A) ... ERROR
test_e (app.tests.A) ... Creating a table
ok
test_f (app.tests.A) ... System check identified no issues (0 silenced)
ok
======================================================================
FAIL: test_g (app.tests.A)
ERROR: test_h (app.tests.A)
"""
SYMPY_LOG = """\
test_one ok
test_two F
test_three E
________________ sympy/core/tests/test_x.py:test_two _________________
"""


def test_logs_are_read_as_the_authors_read_them():
    assert logs.pytest(PYTEST_LOG) == {
        "tests/test_a.py::test_one": "PASSED",
        "tests/test_a.py::test_path[/tmp/x/y.txt]": "PASSED",
        "tests/test_a.py::test_two": "FAILED",
        "tests/test_b.py": "ERROR",
        "tests/test_a.py::test_three": "XFAIL",
    }
    assert logs.pytest_options(PYTEST_LOG)["tests/test_a.py::test_path[/y.txt]"]
    older = logs.pytest_v2("\x1b[32mPASSED\x1b[0m a.py::b\nc.py::d[1 2] FAILED\n")
    assert older == {"a.py::b": "PASSED", "c.py::d[1 2]": "FAILED"}
    assert logs.django(DJANGO_LOG) == {
        "test_a (app.tests.A)": "PASSED",
        "Says what it does.": "FAILED",
        "test_c (app.tests.A)": "SKIPPED",
        "test_d (app.tests.A)": "ERROR",
        "test_e (app.tests.A)": "PASSED",
        "test_f (app.tests.A)": "PASSED",
        "test_g": "FAILED",
        "test_h": "ERROR",
    }
    assert logs.sympy(SYMPY_LOG) == {
        "test_one": "PASSED",
        "test_two": "FAILED",
        "test_three": "ERROR",
        "sympy/core/tests/test_x.py:test_two": "FAILED",
    }
    assert logs.seaborn("a.py::b PASSED [ 1%]\nFAILED c.py::d - no\n") == {
        "a.py::b": "PASSED",
        "c.py::d": "FAILED",
    }
    assert logs.matplotlib("PASSED t[MouseButton.LEFT]\n") == {"t[1]": "PASSED"}


PARSERS = list(dict.fromkeys(logs.PARSERS.values()))


@pytest.mark.parametrize("parser", PARSERS, ids=lambda one: one.__name__)
@pytest.mark.parametrize(
    "piece",
    [
        *("_", "_ ", " x.py:", " x.py:y ", "[", "PASSED [", "PASSED [1\n", "[1m[1"),
        *("a ... Testing against Django installed in x\n", " silenced).\nok\n"),
        *("a ... Internal Server Error: /", "a ... Internal Server Error: /\n"),
        *("a ... System check identified no issues (0 silenced)\n", "test_a ... ok"),
    ],
)
def test_log_that_is_made_for_it_does_not_hold_a_parser_up(parser, piece):
    began = time.process_time()
    parser("PASSED a" + piece * (400_000 // len(piece)))
    assert time.process_time() - began < 5


def test_exit_code_of_any_length_is_read():
    log = f"{grading.START}\nPASSED a\n{grading.END}\n{grading.EXIT_CODE}: "
    assert grading.statuses(log + 5000 * "0", logs.pytest) == {"a": "PASSED"}
    assert grading.statuses(log + 5000 * "1", logs.pytest) is None
    assert grading.statuses(log + "-1", logs.pytest) is None


@pytest.mark.parametrize(
    "statuses, resolved",
    [
        ("PASSED PASSED PASSED", Resolved.FULL),
        ("XFAIL PASSED SKIPPED", Resolved.FULL),
        ("PASSED FAILED PASSED", Resolved.PARTIAL),
        ("PASSED SKIPPED PASSED", Resolved.PARTIAL),
        ("PASSED - PASSED", Resolved.PARTIAL),
        ("PASSED PASSED FAILED", Resolved.NO),
        ("PASSED PASSED -", Resolved.NO),
        ("ERROR FAILED PASSED", Resolved.NO),
    ],
)
def test_issue_is_resolved_if_all_tests_are_as_they_must(statuses, resolved):
    named = zip(("one", "two", "kept"), statuses.split(), strict=True)
    known = {name: status for name, status in named if status != "-"}
    assert grading.report(["one", "two"], ["kept"], known).resolved == resolved


def test_empty_lists_of_tests_pass():
    assert grading.report([], [], {}).resolved == Resolved.FULL


def test_name_that_is_cut_within_parameters_is_found_if_all_agree():
    known = {
        "a[x-1]": "PASSED",
        "a[x-2]": "XFAIL",
        "b[x-1]": "PASSED",
        "b[x-2]": "ERROR",
    }
    assert grading.report(["a[x"], ["a[x"], known).resolved == Resolved.FULL
    assert grading.report(["b[x"], [], known).resolved == Resolved.NO
    assert grading.report(["a"], [], known).resolved == Resolved.NO


def test_log_without_tests_has_no_statuses():
    log = f"x\n{grading.START}\n{PYTEST_LOG}{grading.END}\n"
    assert grading.statuses(log, logs.pytest) == logs.pytest(PYTEST_LOG)
    assert grading.statuses(log + ">>>>> Tests Timed Out", logs.pytest) is None
    assert grading.statuses(PYTEST_LOG, logs.pytest) is None
    code = ">>>>> Test Exit Code: 1\n"
    assert grading.statuses(log + code, logs.pytest)  # tests failed
    forged = f"{grading.START}\nPASSED a.py::b\n{grading.END}\n"
    assert grading.statuses(forged, logs.pytest) == {"a.py::b": "PASSED"}
    assert grading.statuses(forged + code, logs.pytest) is None
    outside = f"{PYTEST_LOG}{grading.START}\n{grading.END}\n"
    assert grading.statuses(outside, logs.pytest) == logs.pytest(PYTEST_LOG)
