"""The tests of a repository: which command runs them, and what came of a run.

They run beside the code that is tested, in one process: code made for it can let them
pass. What an agent is worth is therefore told by hidden tests (`eval.benchmarks`).
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from data_pipeline.schema import UserError
from eval.sandbox.limits import RUNNING
from eval.sandbox.program import Command
from eval.sandbox.sandbox import Sandbox
from eval.sandbox.system import PATH
from eval.sandbox.toolchains import NoToolchain
from hrm_jax.agent import failures, runners
from hrm_jax.agent.environment import is_test
from hrm_jax.agent.mistake import TaskMistake
from hrm_jax.agent.settings import Settings

_FOLDER = "repository"
_LONGEST_OUTPUT = 20_000
_NO_COMMAND = (126, 127)
"""Exit codes of a shell that could not run one (POSIX, 2.8.2)."""
_KILLED = 128
"""To this a shell adds the number of the signal that ended a program."""
_NO_TESTS = (0, 5)
"""Exit codes of who found none: 5 of pytest, and of unittest since Python 3.12."""
_TOOL = r"(?:[^\s/:]+|(?:\./)?node_modules/[^\s:]+)"
_NO_TOOL = re.compile(
    rf"^(?:/\S*/)?(?:ba|da)?sh: (?:(?:line )?\d+: )?(?:eval: )?{_TOOL}: "
    rf"(?:command )?not found$|^make: {_TOOL}: No such file or directory$",
    re.MULTILINE,
)
"""How a shell, npm's and make's too, says that the machine lacks a program. Not one of
the repository, by its path, which may still have to be built; nor one that a script
lacks, whose name then stands in the shell's place, and which may have to be mended."""
_NPM_HAS_NONE = "no test specified"
"""Says the script `test` that npm writes into each new package."""
_NONE_FOUND = re.compile(
    rf"^(?:Error: {_NPM_HAS_NONE}$|No tests found, exiting with code 1"
    r"|(?:Error: )?No test files found)",
    re.MULTILINE,
)
"""Say npm, jest, mocha and vitest, whose exit code is that of a failure."""
_PYTEST = re.compile(r"^\s*(?:import pytest|from pytest)|^def test_", re.MULTILINE)
_FUNCTION = re.compile(r"^(?:async )?def test_", re.MULTILINE)
"""A test that pytest runs, and unittest leaves out without a word."""
_TEST_FIRST, _TEST_LAST = "test*.py", "*_test.py"
"""Names by which unittest finds Python's tests."""
_NOT_OF_PYTEST = ("test.py", "tests.py")
"""Of the former, those that pytest does not look for, as it is."""
_MAKES_TESTS = re.compile(r"^test\s*:", re.MULTILINE)
_ENVIRONMENT = {
    "PYTHONPATH": f"{{box}}/{_FOLDER}",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONNOUSERSITE": "1",
    "GOCACHE": "{box}/.cache",
    "GOPATH": "{box}/.go",
    "GOPROXY": "off",
    "GOFLAGS": "-buildvcs=false",
    "CARGO_HOME": "{box}/.cargo",
}
_RESERVING = ("javascript", "go", "java")
"""Languages whose runtimes take addresses beyond the memory that they use."""
_RESERVE = 2**31


class Suite(NamedTuple):
    """How the tests of a repository are run.

    Attributes:
      command: of a shell, in the folder of the repository.
      languages: whose toolchains it needs, of `eval.sandbox.languages`.
      executables: files that are made executable.
    """

    command: str
    languages: tuple[str, ...] = ()
    executables: tuple[str, ...] = ()


class Result(NamedTuple):
    """What a run of the tests told.

    Attributes:
      passed: all of them, and there were some; where `runners` knows the program that
        runs them, it said so.
      failing: names of those that failed, as far as they are told.
      words: of the first failure, or why there was no end.
      output: of the tests, its end.
      seconds: by the clock.
      missing: there is no such command, it is no program, or no test ran and it tells
        of nothing that went wrong.
      ran: how many tests did; None where nobody tells.
      cut: they did not come to their end, so that some may have failed unseen.
    """

    passed: bool
    failing: tuple[str, ...]
    words: tuple[str, ...]
    output: str
    seconds: float
    missing: bool = False
    ran: int | None = None
    cut: bool = False

    @property
    def failed(self) -> int:
        """How many failed; where none has a name, one."""
        return 0 if self.passed else max(len(self.failing), 1)

    def unseen(self, before: Result) -> int:
        """How many tests that failed before may still fail, although this run does not
        list them: an edit that breaks one module hides its failures, while the tests of
        others are still listed.

        A missing failure was mended only if its test ran. Counts of tests say so, as
        far as no fewer ran than before. Without them, a failure that is new is a sign
        that something broke, as is a run that was cut off, or that lists none of the
        failures known before.
        """
        known, listed = set(before.failing), set(self.failing)
        missing = len(known - listed)
        if self.passed:
            return 0
        uncounted = before.ran is not None and self.ran is None
        if self.cut or uncounted or not known & listed:
            return missing
        if before.ran is not None and self.ran is not None:
            return min(missing, max(0, before.ran - self.ran))
        return missing if listed - known else 0

    def failed_of(self, before: Result) -> int:
        """How many failed; of those that failed before, also those that may have failed
        unseen."""
        still = len(set(before.failing) & set(self.failing))
        return max(self.failed, still + self.unseen(before))

    def words_of(self, test: str) -> str:
        """The failure of a test; the first one where it is not known to have failed."""
        by_name = dict(zip(self.failing, self.words, strict=False))
        return by_name.get(test, next(iter(self.words), ""))

    def observed(self, test: str) -> str:
        """As a model sees it that is to repair a test."""
        if self.passed:
            return "tests: all passed\n"
        return f"tests: failed: {self.words_of(test)}\n"

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Result:
        lists = {name: tuple(row[name]) for name in ("failing", "words")}
        return cls(**{**row, **lists})


def find(texts: Mapping[str, str], sandbox: Sandbox) -> Suite:
    """The command that runs a repository's tests, by the files that there are.

    Raises:
      TaskMistake: there are none that are known.
    """
    python = sorted(path for path in texts if is_test(path) and path.endswith(".py"))
    python = [path for path in python if not _is_script(path, texts[path])]
    patterns = set(map(_python_pattern, python))
    if _TEST_FIRST in patterns:
        return Suite(_of_python(texts, python, sandbox), ("python",))
    if any(path.endswith("_test.go") for path in texts):
        mode = "" if "go.mod" in texts else "GO111MODULE=off "
        return Suite(f"{mode}go test ./...", ("go",))
    if "Cargo.toml" in texts:
        return Suite("cargo test --offline --quiet", ("rust",))
    if _has_npm_test(texts.get("package.json", "")):
        return Suite("npm test --silent", ("javascript",))
    if any(is_test(path) and path.endswith(".js") for path in texts):
        return Suite("node --test", ("javascript",))
    if _MAKES_TESTS.search(texts.get("Makefile", "")):
        return Suite("make test", _languages(texts))
    if _TEST_LAST in patterns:  # as scripts beside other languages are called, too
        return Suite(_of_python(texts, python, sandbox), ("python",))
    raise TaskMistake(
        "The repository has no tests that are known (unittest, pytest, go, cargo, npm, "
        "node, make): give their command, as in --test_command='sh run_tests.sh'."
    )


def given(command: str, texts: Mapping[str, str]) -> Suite:
    """The suite of a command that somebody gives."""
    return Suite(command, _languages(texts))


def run(
    suite: Suite,
    files: Mapping[str, bytes],
    sandbox: Sandbox,
    settings: Settings,
    seconds: float = math.inf,
) -> Result:
    """Runs the tests in the sandbox.

    Args:
      seconds: by the clock, if the settings have more.

    Raises:
      TaskMistake: the sandbox lacks what the command needs, or cannot say it.
      SandboxError: they were not run, through no fault of the code.
    """
    limits = dataclasses.replace(
        RUNNING,
        wall_seconds=min(settings.test_seconds, seconds),
        cpu_seconds=2 * settings.test_seconds,
        memory_bytes=settings.test_memory,
        processes=256,
        disk_bytes=2**29,
    )
    try:
        command = _command(suite, files, sandbox)
    except UserError as error:
        raise TaskMistake(str(error)) from error
    outcome = sandbox.execute(command, b"", limits)
    told = (outcome.stdout + b"\n" + outcome.stderr).decode(errors="replace").strip()
    found = failures.read(told)
    words = found.words
    none, ended = failures.none_ran(told), runners.ended(suite.command, told)
    if outcome.limit is not None:
        words = (f"they ran into the limit of {outcome.limit}",)
    elif none:
        words = ("there are none that ran",)
    elif outcome.succeeded and not ended:
        words = ("they ended before they told",)
    elif not words and outcome.exit_code != 0:
        words = (f"exit code {outcome.exit_code}",)
    passed = outcome.succeeded and ended and not none
    took = round(outcome.wall_seconds, 4)
    output, ran = told[-_LONGEST_OUTPUT:], runners.ran(told)
    if passed:
        return Result(True, (), (), output, took, ran=ran)
    missing = _missing(suite.command, outcome.exit_code, told)
    killed = outcome.exit_code is None or outcome.exit_code > _KILLED
    cut = outcome.limit is not None or killed or runners.cut(told)
    return Result(False, found.names, words, output, took, missing, ran, cut)


def _missing(command: str, exit_code: int | None, told: str) -> bool:
    if exit_code in _NO_TESTS:
        return failures.none_ran(told)
    if exit_code == 1 and _NONE_FOUND.search(told):
        return not failures.some_ran(told)
    program, last = command.split()[:1], told.splitlines()[-1:]
    of_make = bool(last) and last[0].startswith("make: ***")
    not_found = exit_code == 127 or (of_make and last[0].endswith(" Error 127"))
    if not_found and _NO_TOOL.search(told):
        return True
    # A part of the command may be what is only to be built.
    missing = exit_code in _NO_COMMAND and bool(program and last)
    return missing and f" {program[0]}: " in last[0]


def _command(suite: Suite, files: Mapping[str, bytes], sandbox: Sandbox) -> Command:
    folders: dict[str, None] = {}
    readable: dict[str, None] = {}
    reserve = 0
    for language in suite.languages:
        try:
            found = sandbox.toolchain(language)
        except NoToolchain:
            if len(suite.languages) == 1:
                raise
            continue  # a command may do without some of the languages that there are
        folders |= dict.fromkeys(map(os.path.dirname, found.executables.values()))
        if found.folder:
            readable[found.folder] = None
        reserve = _RESERVE if language in _RESERVING else reserve
    placed = {f"{_FOLDER}/{path}": data for path, data in files.items()}
    environment = _ENVIRONMENT | {"PATH": ":".join([*folders, PATH])}
    script = f'cd "$0/{_FOLDER}" && command=$1 && shift'
    if suite.executables:  # whoever brings files into a sandbox brings no modes
        script += ' && chmod +x -- "$@"'
    script += ' && eval "$command"'
    argv = ("/bin/sh", "-c", script, "{box}", suite.command, *suite.executables)
    return Command(argv, placed, environment, tuple(readable), reserve)


def _python_pattern(path: str) -> str:
    """By which unittest finds a file; "" where it holds no tests, by its name."""
    name = os.path.basename(path)
    if name.startswith("test_") or name in _NOT_OF_PYTEST:
        return _TEST_FIRST
    return _TEST_LAST if name.endswith("_test.py") else ""


def _is_script(path: str, text: str) -> bool:
    """Many a program is called test.py, which would be run where it is looked into."""
    return os.path.basename(path) == "test.py" and "unittest" not in text


def _of_python(texts: Mapping[str, str], found: Sequence[str], sandbox: Sandbox) -> str:
    """The command that runs Python's tests.

    Raises:
      TaskMistake: pytest is missing, and unittest would leave out some of them.
    """
    tests = [path for path in found if _python_pattern(path)]
    configs = texts.get("pyproject.toml", ""), texts.get("setup.cfg", "")
    wanted = bool({"pytest.ini", "conftest.py"} & set(texts))
    wanted = wanted or any("pytest" in text for text in configs)
    wanted = wanted or any(_PYTEST.search(texts[path]) for path in tests)
    patterns = set(map(_python_pattern, tests))
    folder = os.path.commonpath([os.path.dirname(path) for path in tests])
    # unittest finds what has one kind of name, and in folders below only packages.
    beyond = len(patterns) > 1 or not all(
        f"{place}/__init__.py" in texts
        for path in tests
        for place in _between(folder, os.path.dirname(path))
    )
    of_pytest = [path for path in tests if os.path.basename(path) not in _NOT_OF_PYTEST]
    if (wanted or beyond) and of_pytest and _has_pytest(sandbox):
        # Quiet, but not twice where the project's own options say so, too.
        return "python3 -m pytest --verbosity=-1 --tb=short -p no:cacheprovider"
    if left_out := [path for path in of_pytest if _FUNCTION.search(texts[path])]:
        python = sandbox.toolchain("python").executables["python3"]
        raise TaskMistake(
            f"{left_out[0]} has tests that pytest runs, which the sandbox's Python "
            f"lacks: install it (`{python} -m pip install pytest`), or give a "
            "--test_command."
        )
    command, top = "python3 -m unittest discover", folder
    while top and f"{top}/__init__.py" in texts:  # what a package imports lies above it
        top = os.path.dirname(top)
    if folder:
        command += f" -s {shlex.quote(folder)}"
    if top != folder:
        command += f" -t {shlex.quote(top or '.')}"
    return command if _TEST_FIRST in patterns else f"{command} -p '{_TEST_LAST}'"


def _between(folder: str, below: str) -> list[str]:
    """Folders from one to another below it, without the first."""
    found = []
    while below != folder:
        found.append(below)
        below = os.path.dirname(below)
    return found


def _has_pytest(sandbox: Sandbox) -> bool:
    asked = Suite("python3 -c 'import pytest'", ("python",))
    return sandbox.execute(_command(asked, {"x": b""}, sandbox)).succeeded


def _has_npm_test(package: str) -> bool:
    try:
        script = json.loads(package)["scripts"]["test"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return False
    return isinstance(script, str) and _NPM_HAS_NONE not in script


_LANGUAGE_OF = {
    **{".py": "python", ".go": "go", ".rs": "rust", ".java": "java"},
    **{".js": "javascript", ".mjs": "javascript", ".cpp": "cpp", ".cc": "cpp"},
}


def language_of(texts: Mapping[str, str]) -> str:
    """The language that most files are in; Python where there is none."""
    found = [_LANGUAGE_OF.get(os.path.splitext(path)[1]) for path in texts]
    known = [language for language in found if language]
    return max(sorted(set(known)), key=known.count) if known else "python"


def _languages(texts: Mapping[str, str]) -> tuple[str, ...]:
    """Of which there are files, the commonest first."""
    found = {_LANGUAGE_OF.get(os.path.splitext(path)[1]) for path in texts}
    first = language_of(texts)
    return (first, *sorted(one for one in found if one and one != first))
