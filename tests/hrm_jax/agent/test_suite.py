"""Which command runs the tests of a repository, and what comes of it."""

import pytest

from data_pipeline.schema import UserError
from hrm_jax.agent import repository, suite
from hrm_jax.agent.mistake import TaskMistake
from hrm_jax.agent.suite import Result
from tests.hrm_jax.agent import scripted
from tests.hrm_jax.agent.scripted import FILES, pursue

_GO = {
    "sum.go": "package sum\n\nfunc Sum(a, b int) int { return a - b }\n",
    "sum_test.go": 'package sum\n\nimport "testing"\n\nfunc TestSum(t *testing.T) {\n'
    '\tif got := Sum(1, 2); got != 3 {\n\t\tt.Errorf("Sum(1, 2) = %d, expected 3", got)'
    "\n\t}\n}\n",
    "go.mod": "module sum\n\ngo 1.19\n",
}
_NODE = {
    "sum.js": "exports.sum = (a, b) => a - b;\n",
    "sum.test.js": 'const test = require("node:test");\n'
    'const assert = require("node:assert");\nconst { sum } = require("./sum.js");\n'
    'test("sums", () => assert.strictEqual(sum(1, 2), 3));\n',
}


def run(files, sandbox, command=None):
    tests = suite.given(command, files) if command else suite.find(files, sandbox)
    data = {path: text.encode() for path, text in files.items()}
    try:
        return tests, suite.run(tests, data, sandbox, scripted.settings())
    except TaskMistake as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(
    "files, begins, name, words",
    [
        (
            FILES,
            "python3 -m unittest discover -s tests",
            "test_double (test_sums.Tests.test_double)",
            "double(5) returned 7, expected 10",
        ),
        (
            {**FILES, "package.json": '{"scripts": {"test": "node x.js"}}'},
            "python3 -m unittest",
            "test_double (test_sums.Tests.test_double)",
            "double(5) returned 7, expected 10",
        ),
        pytest.param(
            _GO, "go test ./...", "TestSum", "expected 3", marks=pytest.mark.slow
        ),
        (
            {"a.txt": "", "Makefile": "all:\n\ntest: all\n\t@echo bad; exit 1\n"},
            "make test",
            "",
            "bad",
        ),
        (_NODE, "node --test", "sums", "AssertionError"),
    ],
)
def test_the_tests_are_found_and_their_failures_told(
    strongest, files, begins, name, words
):
    tests, result = run(files, strongest)
    assert tests.command.startswith(begins)
    assert not result.passed and result.failed >= 1
    assert not name or name in result.failing
    assert words in result.words_of(name)


_TEST = FILES["tests/test_sums.py"]
_UNITTEST = "python3 -m unittest discover"


@pytest.mark.parametrize(
    "tests, command",
    [
        (("test_a.py",), _UNITTEST),
        (("test.py",), _UNITTEST),
        (("tests/test_a.py",), f"{_UNITTEST} -s tests"),
        (("tests/__init__.py", "tests/test_a.py"), f"{_UNITTEST} -s tests -t ."),
        (("tests/unit/test_a.py",), f"{_UNITTEST} -s tests/unit"),
        (("tests/test_a.py", "tests/b/__init__.py", "tests/b/test_b.py"), None),
        (("my tests/test_a.py",), f"{_UNITTEST} -s 'my tests'"),
        (("a_test.py",), f"{_UNITTEST} -p '*_test.py'"),
        (("tests/a_test.py", "tests/b_test.py"), None),
        (("part/tests/__init__.py", "part/tests/test_a.py"), None),
        (("src/sums/__init__.py", "src/sums/test_a.py"), None),
    ],
)
def test_unittest_finds_the_tests_wherever_they_lie(strongest, tests, command):
    """And what they test beside them, or above their package."""
    files = {path: "" if path.endswith("__init__.py") else _TEST for path in tests}
    top = {"part": "part/", "src": "src/"}.get(tests[0].split("/")[0], "")
    if top == "src/":
        files["src/sums/__init__.py"] = FILES["sums.py"]
    else:
        files[f"{top}sums.py"] = FILES["sums.py"]
    found, result = run(files, strongest)
    assert command in (None, found.command)
    ran = sum(text == _TEST for text in files.values())
    assert result.failed == 2 * ran and not result.missing


def test_pytest_finds_what_unittest_would_not(strongest):
    """Names of both kinds, and folders that are no packages."""
    if not suite._has_pytest(strongest):
        pytest.skip("pytest is not where the sandbox sees it")
    for paths in (("test_a.py", "b_test.py"), ("tests/test_a.py", "tests/b/test_b.py")):
        files = {"sums.py": FILES["sums.py"], **dict.fromkeys(paths, _TEST)}
        tests, result = run(files, strongest)
        assert "pytest" in tests.command and result.failed == 4


@pytest.mark.parametrize(
    "files, command",
    [
        ({"go.mod": "", "a_test.go": "", "scripts/load_test.py": ""}, "go test ./..."),
        ({"a.test.js": "", "tools/perf_test.py": ""}, "node --test"),
        ({"test.py": "import sys\n", "Makefile": "test:\n\ttrue\n"}, "make test"),
    ],
)
def test_a_script_that_is_called_like_a_test_is_none_beside_tests(
    strongest, files, command
):
    assert suite.find(files, strongest).command == command


def test_pytest_is_taken_where_it_is_wanted_and_there(strongest):
    if not suite._has_pytest(strongest):
        pytest.skip("pytest is not where the sandbox sees it")
    files = {
        "sums.py": "def twice(x):\n    return x + 2\n",
        "test_sums.py": "from sums import twice\n\n\ndef test_twice():\n"
        '    assert twice("a") == "aa"\n\n\ndef test_five():\n'
        "    assert twice(5) == 10\n",
    }
    _, result = run(files, strongest)
    assert result.failing == (
        "test_sums.py::test_twice",
        "test_sums.py::test_five",
    )
    assert result.words_of("test_sums.py::test_five") == (
        "twice(5) returned 7, expected 10"
    )


def test_without_pytest_no_test_is_left_out_unheard(strongest, monkeypatch):
    """unittest would run those of classes, and say that all is well."""
    monkeypatch.setattr(suite, "_has_pytest", lambda sandbox: False)
    with pytest.raises(
        TaskMistake, match="^b_test.py has tests .* pip install pytest.*test_command"
    ):
        suite.find({"test_a.py": _TEST, "b_test.py": "def test_it(): 1\n"}, strongest)
    found = suite.find({"test_a.py": f"import pytest\n{_TEST}"}, strongest)
    assert found.command == _UNITTEST


@pytest.mark.parametrize(
    "command, passed, words",
    [
        ("true", True, ""),
        ("exit 3", False, "exit code 3"),
        ("echo 'Ran 0 tests'", False, "there are none that ran"),
        ("kill -9 $$", False, "exit code None"),
        ("cat /dev/zero", False, "limit of output"),
        ("nonsense", False, "not found"),
    ],
)
def test_a_command_may_be_given(strongest, command, passed, words):
    _, result = run({"a.txt": ""}, strongest, command)
    assert result.passed == passed and words in result.words_of("")


def test_they_run_no_longer_than_is_said(strongest):
    tests = suite.given("sleep 60", {})
    result = suite.run(tests, {"a.txt": b""}, strongest, scripted.settings(), 0.5)
    assert result.words_of("") == "they ran into the limit of wall"
    assert 0.5 <= result.seconds < 30


def test_the_largest_limits_can_be_set(strongest):
    largest = {"test_seconds": 10**6, "test_memory": 10**15}
    tests, chosen = suite.given("true", {}), scripted.settings(**largest)
    assert suite.run(tests, {"a.txt": b""}, strongest, chosen).passed
    for name, value in largest.items():
        with pytest.raises(UserError, match=f"agent.{name} is .* must be at most"):
            scripted.settings(**{name: value + 1})


_EXITS = {
    "sums.py": "import os\n\nos._exit(0)\n",
    "test_sums.py": "import unittest\n\nimport sums\n\n\n"
    "class Tests(unittest.TestCase):\n    def test_it(self):\n        pass\n",
}
_EXITS_IN_RUST = {
    "Cargo.toml": '[package]\nname = "sums"\nversion = "0.1.0"\nedition = "2021"\n',
    "src/lib.rs": "pub fn sum() -> i32 {\n    std::process::exit(0)\n}\n\n"
    "#[test]\nfn sums() {\n    assert_eq!(sum(), 3);\n}\n",
}
_MENDED = {
    "sums.py": "def double(x):\n    return x * 2\n\n\n"
    "def half(x):\n    return x // 2\n",
    "test_sums.py": FILES["tests/test_sums.py"],
}
_QUIET = "[pytest]\naddopts = -q --color=yes\nconsole_output_style = classic\n"


def mended(files):
    return {path: text.replace("a - b", "a + b") for path, text in files.items()}


@pytest.mark.parametrize(
    "files, command, passed",
    [
        (_MENDED, None, True),
        (_MENDED, "python3 -m pytest -qq", True),
        ({**_MENDED, "pytest.ini": _QUIET}, None, True),
        (mended(_NODE), None, True),
        pytest.param(mended(_GO), None, True, marks=pytest.mark.slow),
        pytest.param(
            {**_EXITS_IN_RUST, "src/lib.rs": "#[test]\nfn it() {}\n"},
            None,
            True,
            marks=pytest.mark.slow,
        ),
        (_EXITS, None, False),
        (_EXITS, "python3 -m pytest -q", False),
        (_EXITS, "cd . && python3 -m unittest", False),
        (_EXITS, "python3 test_sums.py", True),  # who knows what that would say
        pytest.param(_EXITS_IN_RUST, None, False, marks=pytest.mark.slow),
    ],
)
def test_who_dies_with_code_0_has_not_passed(strongest, files, command, passed):
    """Where it is known what would be said in the end."""
    if "pytest" in (command or "") and not suite._has_pytest(strongest):
        pytest.skip("pytest is not where the sandbox sees it")
    _, result = run(files, strongest, command)
    assert result.passed == passed and not result.missing
    assert passed or result.words_of("") == "they ended before they told"


@pytest.mark.parametrize(
    "command, missing",
    [
        ("nonsense --all", True),
        ("./a.txt", True),
        ("nonsense >/dev/null 2>&1", False),
        ("false; ./built", False),  # is to be mended, as far as anybody knows
        ("echo 'Ran 0 tests'", True),
        ("echo 'no tests ran in 0.01s'; exit 5", True),
        ("sh -c 'cd . && nonsense --all'", True),
        ("sh -c 'nonsense; exit 1'", False),
        ("bash -c nonsense", True),
        ("sh -c ./built", False),
        ("sh -c node_modules/.bin/jest", True),
        ("sh ./script", False),  # is to be mended
        ("make -f lacks", True),
        ("make -f lacks all", True),
        ("make -f lacks built", False),
        ("echo 'Error: no test specified'; exit 1", True),
        ("echo 'No tests found, exiting with code 1'; exit 1", True),
        # As of npm where another package has tests.
        (
            "echo 'No test files found, exiting with code 1'; "
            "echo 'Tests:       1 failed, 2 passed, 3 total'; exit 1",
            False,
        ),
        # As of Go where one package has none and another does not build.
        (
            "echo '?   \ta\t[no test files]'; echo 'FAIL\tb [build failed]'; exit 1",
            False,
        ),
    ],
)
def test_a_command_that_is_not_there_is_known(strongest, command, missing):
    lacks = "test:\n\tnonsense --all\n\nall:\n\tcd . && nonsense\n\nbuilt:\n\t./built\n"
    files = {"a.txt": "", "script": "nonsense\n", "lacks": lacks}
    _, result = run(files, strongest, command)
    assert not result.passed and result.missing == missing


def test_what_is_a_program_can_be_run(strongest, tmp_path):
    (tmp_path / "Makefile").write_text("test:\n\t./check.sh\n")
    (tmp_path / "check.sh").write_text("#!/bin/sh\necho fine\n")
    (tmp_path / "check.sh").chmod(0o755)
    found = repository.read(tmp_path, 1_000, 1_000)
    repository.keep(found, tmp_path / "copy")
    found = repository.kept(tmp_path / "copy")
    tests = suite.given("make test", found.texts)
    assert not suite.run(
        tests, found.files(found.texts), strongest, scripted.settings()
    ).passed
    tests = tests._replace(executables=found.executables)
    assert suite.run(
        tests, found.files(found.texts), strongest, scripted.settings()
    ).passed


_NPM = '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'


@pytest.mark.parametrize(
    "package", ["[" * 9, _NPM, '{"scripts": {"test": 1}}', '{"scripts": "test"}']
)
def test_a_repository_without_tests_is_refused(strongest, package):
    with pytest.raises(UserError, match="no tests that are known .* --test_command="):
        suite.find({"a.py": "x = 1\n", "package.json": package}, strongest)


def test_what_npm_writes_into_each_package_hides_no_tests(strongest):
    files = {"package.json": _NPM, "a.test.js": ""}
    assert suite.find(files, strongest).command == "node --test"


def test_npm_without_the_program_of_the_tests_is_told_at_once(strongest, tmp_path):
    files = {"package.json": '{"scripts": {"test": "jest"}}', "a.js": ""}
    tests, result = run(files, strongest)
    if "npm: not found" in result.output:
        pytest.skip("npm is not where the sandbox sees it")
    assert tests.command == "npm test --silent" and result.missing
    with pytest.raises(TaskMistake, match="jest: not found.*--test_command that can"):
        pursue(tmp_path / "it", None, None, files, lambda files, seconds: result)


_SKIPPED = FILES["tests/test_sums.py"].replace(
    "class", '@unittest.skip("Not now.")\nclass'
)
_DESELECTED = "[pytest]\naddopts = --deselect test_sums.py\n"


@pytest.mark.parametrize(
    "files",
    [
        {"Makefile": "test:\n\n"},
        {"Makefile": "test:\n\techo fine\n", "test": ""},
        {**FILES, "tests/test_sums.py": _SKIPPED},
        {"test_sums.py": "def test_it():\n    pass\n", "pytest.ini": _DESELECTED},
        {"a.test.js": 'require("node:test").skip("a", () => {});\n'},
    ],
)
def test_where_no_test_runs_none_has_passed(strongest, files):
    if "pytest.ini" in files and not suite._has_pytest(strongest):
        pytest.skip("pytest is not where the sandbox sees it")
    _, result = run(files, strongest)
    assert not result.passed and result.missing
    assert result.words_of("") == "there are none that ran"


def test_a_result_is_kept_as_it_was():
    result = Result(False, ("a",), ("b",), "c", 0.1)
    row = {**result._asdict(), "failing": ["a"], "words": ["b"]}
    assert Result.of_row(row) == result
    assert result.observed("a") == "tests: failed: b\n" and result.failed == 1
