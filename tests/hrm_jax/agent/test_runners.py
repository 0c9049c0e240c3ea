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
