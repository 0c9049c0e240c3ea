"""Which programs are known to run tests, and what they say when all is done."""

import time

import pytest

from hrm_jax.agent import runners

_PYTEST = "python3 -m pytest -q"
_CARGO = "cargo test --offline --quiet"


@pytest.mark.parametrize(
    "command",
    [
        "python3 -m unittest discover -s tests",
        "python -munittest",
        "cd part; coverage run -m unittest",
        "pytest",
        "A=1 B='2' .venv/bin/pytest -x 2>&1",
        "if make; then pytest; fi",
        "(py.test)",
        "GO111MODULE=off go test ./...",
        "make && cargo test",
        "node --test",
        "node --no-warnings --test x.js",
    ],
)
def test_who_is_known_must_tell(command):
    assert not runners.ended(command, "")


@pytest.mark.parametrize(
    "command",
    [
        "make test",
        "npm test --silent",
        "sh run_tests.sh",
        "python3 run_pytest.py",
        "python3 test_pytest.py",
        "pip show pytest",
        "pytest-3",
        "poetry run pytest",
        "pytest > log",
        "pytest | tail -1",
        "x=`pytest`",
        "go vet ./...",
        "node test.js",
        "node --test --test-reporter=dot",
        "cargo nextest run",
    ],
)
def test_of_who_is_not_the_exit_code_counts(command):
    """And of who is told to be silent."""
    assert runners.ended(command, "")


@pytest.mark.parametrize(
    "command, output, ended",
    [
        ("python -m unittest", "..\n---\nRan 2 tests in 0.000s\n\nOK", True),
        ("python -m unittest", "..", False),
        (_PYTEST, "..  [100%]\n2 passed in 0.01s", True),
        (_PYTEST, "\x1b[1m12 passed\x1b[0m, 1 warning in 0.01s", True),
        (_PYTEST, "\x1b[32m.\x1b[0m\x1b[32m  [100%]\x1b[0m", True),
        (_PYTEST, "s [100%]\n1 skipped in 0.01s", True),
        (_PYTEST, "...\n.. [100%]", True),
        (_PYTEST, ".. [ 50%]", False),
        (_PYTEST, "a.py::test_a PASSED [100%]", False),
        ("go test ./...", "?   \tx\t[no test files]\nok  \tx/a\t0.002s", True),
        ("go test -json", '{"Action":"pass","Package":"x"}', True),
        ("go test ./...", "=== RUN   TestA", False),
        (_CARGO, "running 1 test\n.\ntest result: ok. 1 passed; 0 failed", True),
        (_CARGO, "running 1 test\n\ntest result: \x1b[32mok\x1b(B\x1b[m. 1 p", True),
        (_CARGO, "running 1 test\n\nrunning 0 tests\n\ntest result: ok. 0 pas", False),
        (_CARGO, "running 0 tests\n\ntest result: ok. 0 pas\n\nrunning 1 test", False),
        ("node --test", "ok 1 - a\n1..1\n# tests 1\n# pass 1", True),
        ("node --test", "ok 1 - a", False),
        (f"{_PYTEST} && {_CARGO}", "2 passed in 0.01s", False),
    ],
)
def test_the_end_is_known_by_the_runner_s_own_words(command, output, ended):
    assert runners.ended(command, output) == ended


_OK = "test result: ok. {} passed; {} failed; 2 ignored; 0 measured"


@pytest.mark.parametrize(
    "output, ran",
    [
        ("..\n---\nRan 2 tests in 0.000s\n\nOK", 2),
        ("Ran 2 tests in 0.1s\n\nFAILED (failures=1, skipped=1, errors=1)", 1),
        ("Ran 1 test in 0.1s\n\nOK (skipped=1)", 0),
        ("Ran 0 tests in 0.1s\n\nNO TESTS RAN (skipped=1)", 0),
        ("Ran 2 tests in 0.1s", None),
        ("1 failed, 2 passed, 3 skipped, 1 warning, 1 error in 0.1s", 3),
        ("=== 2 xfailed, 1 xpassed, 9 deselected in 63.1s (0:01:03) ===", 3),
        ("\x1b[32m\x1b[1m1 passed\x1b[0m, 2 subtests passed\x1b[0m in 0.01s", 1),
        ("SUBFAILED(i=0) a.py::b - x\n2 failed, 1 subtests passed in 0.1s", 1),
        ("1 deselected in 2.81s", 0),
        ("no tests ran in 0.01s", 0),
        (
            f"running 3 tests\n{_OK.format(1, 0)}\nrunning 2 tests\n{_OK.format(0, 0)}",
            1,
        ),
        (f"running 3 tests\n{_OK.format(2, 1)}\nrunning 1 test\n", None),
        ("# tests 4\n# pass 2\n# fail 1\n# skipped 1", 3),
        ("Tests:       1 failed, 2 skipped, 3 passed, 6 total", 4),
        ("      Tests  2 passed | 1 skipped (3)", 2),
        ("Ran 2 tests in 0.1s\n\nOK\n1 passed in 0.1s", 3),
        (
            "ERROR: test_a (unittest.loader._FailedTest.test_a)\n"
            "Ran 3 tests in 0.1s\n\nFAILED (failures=1, errors=1)",
            2,
        ),
        ("not ok 1 - /box/a.test.js\nnot ok 2 - a.js\n# pass 1\n# fail 2", 2),
        ("✖ /box/a.js (3.1ms)\n✖ /box/a.js (3.1ms)\nℹ pass 1\nℹ fail 1", 1),
        # Nobody knows what these say when all is well.
        ("3 of 4 passed", None),
        ("Tests: 3 failed", None),
        (f"Ran {'9' * 5_000} tests in 0.1s\n\nOK", None),
    ],
)
def test_tests_that_ran_are_counted(output, ran):
    assert runners.ran(output) == ran


_FAIL = "--- FAIL: TestA (0.00s)\n"


@pytest.mark.parametrize(
    "output, cut",
    [
        (f"{_FAIL}FAIL\nFAIL\tm\t0.002s\nFAIL", False),
        (f"{_FAIL}FAIL\nexit status 1\nFAIL\tm\t0.002s", False),
        (f"{_FAIL}panic: out of range\nFAIL\tm\t0.004s\nFAIL", True),
        (f"FAIL\tm/a [build failed]\n{_FAIL}FAIL\nFAIL\tm/b\t0.002s\nFAIL", True),
        ("ok  \tm\t0.002s", False),
        ("make: *** [Makefile:2: test] Error 1", False),
        ("make: *** [Makefile:2: test] Error 134", True),
        ("make[1]: *** [Makefile:2: test] Segmentation fault (core dumped)", True),
        ("make: *** [Makefile:2: test] Killed", True),
    ],
)
def test_who_did_not_come_to_the_end_is_known(output, cut):
    assert runners.cut(output) == cut


def test_to_count_takes_no_time():
    began = time.monotonic()
    parts = "1 a", "1 a, ", "=", "Ran 1 test in 1s\n", "OK (", "Tests: 1 ", "\t", "✖ /a"
    for text in (*parts, "ERROR: a", "FAIL\t", "FAIL\n", "make: *** [", "] A"):
        runners.ran(text * (1_000_000 // len(text)))
        runners.cut(text * (1_000_000 // len(text)))
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("runner", runners._RUNNERS)
def test_a_stranger_s_output_takes_no_time(runner):
    began = time.monotonic()
    for text in (
        "1",
        "1 ",
        ".",
        ". ",
        "ok ",
        "ok\t1",
        "running 1",
        "\n",
        "running 1\n",
    ):
        assert not runners._ended(runner, text * (1_000_000 // len(text)))
    assert time.monotonic() - began < 20
