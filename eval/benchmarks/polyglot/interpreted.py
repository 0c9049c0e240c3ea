"""Python under pytest, JavaScript under Node with Jest's functions."""

from __future__ import annotations

import ast
import functools
import importlib.util
import pathlib
import re

from data_pipeline import syntax
from eval.benchmarks.polyglot.exercise import Exercise
from eval.benchmarks.polyglot.suite import (
    RUNNERS,
    NotRunnable,
    Suite,
    runners,
    told,
)
from eval.sandbox.limits import RUNNING
from eval.sandbox.program import Command
from eval.sandbox.sandbox import Sandbox

_NODE_SINCE = (18, 19)
_QUOTED = re.compile(
    r"//[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|`(?:\\.|[^`\\])*`",
    re.DOTALL,
)


def python(exercise: Exercise, sandbox: Sandbox) -> Suite:
    """Command: `pytest`."""
    found = sandbox.toolchain("python")
    site = _site_of_pytest(sandbox)
    folders = [folder for folder in (found.folder, site) if folder]
    return Suite(
        script=f'exec {found.executables["python3"]} -s -B "$1/run_pytest.py"',
        expected=sum(map(_python_tests, exercise.test_files.values())),
        passed=told,
        files=runners("run_pytest.py"),
        environment={
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONHASHSEED": "0",
            **({"PYTHONPATH": site} if site else {}),
        },
        readable=tuple(folders),
    )


@functools.lru_cache(maxsize=8)
def _site_of_pytest(sandbox: Sandbox) -> str | None:
    """The folder that pytest is imported from; None if the sandbox's Python has it.

    Raises:
      NotRunnable: there is none.
    """
    found = sandbox.toolchain("python")
    spec = importlib.util.find_spec("pytest")
    own = str(pathlib.Path(spec.origin).parent.parent) if spec and spec.origin else None
    for site in (None, own):
        if site and not sandbox.has(site):
            continue
        folders = [folder for folder in (found.folder, site) if folder]
        command = Command(
            (found.executables["python3"], "-s", "-B", "-c", "import pytest"),
            environment={"PYTHONPATH": site} if site else {},
            readable=tuple(folders),
        )
        if sandbox.execute(command, limits=RUNNING).succeeded:
            return site
    raise NotRunnable("pytest is not installed: pip install pytest.")


def _python_tests(source: str) -> int:
    """The tests that a file defines and does not skip."""
    tree = syntax.module(source)
    bodies = [tree.body]
    bodies += [
        node.body
        for node in tree.body
        if isinstance(node, ast.ClassDef) and not _skips(node)
    ]
    return sum(
        isinstance(node, ast.FunctionDef)
        and node.name.startswith("test")
        and not _skips(node)
        for body in bodies
        for node in body
    )


def _skips(node: ast.ClassDef | ast.FunctionDef) -> bool:
    return any("skip" in ast.unparse(one) for one in node.decorator_list)


def javascript(exercise: Exercise, sandbox: Sandbox) -> Suite:
    """Command: `npm run test`, which is Jest, on test files whose `xtest` is `test`."""
    found = sandbox.toolchain("javascript")
    version = tuple(int(part) for part in found.number.split(".")[:2])
    if version < _NODE_SINCE:
        raise NotRunnable(f"Node {found.number} is too old: 18.19 or newer is needed.")
    enabled = {
        path: re.sub(r"\bxtest\(", "test(", text)
        for path, text in exercise.test_files.items()
    }
    for path, text in enabled.items():
        lacking = _unknown_to_runner(text)
        if lacking:
            raise NotRunnable(f"{path} uses {lacking} of Jest, which is not there.")
    names = " ".join(f"'{path}'" for path in exercise.tests)
    return Suite(
        script=f'exec {found.executables["node"]} "$1/run.mjs" {names}',
        expected=sum(map(_javascript_tests, enabled.values())),
        passed=told,
        files={
            **runners("run.mjs", "jest.mjs", "hooks.mjs"),
            **{
                f"{exercise.name}/{path}": text.encode()
                for path, text in enabled.items()
            },
        },
        readable=(found.folder,) if found.folder else (),
    )


def _code(source: str) -> str:
    """A source without comments, and with nothing in its strings."""
    return _QUOTED.sub(lambda found: "''" if found[0][0] != "/" else "", source)


def _javascript_tests(source: str) -> int:
    """The tests that a file calls for; one in a loop, or with `each`, counts once."""
    return len(
        re.findall(r"(?<![\w.])(?:test|it)(?:\.only)?(?:\.each)?\(", _code(source))
    )


def _unknown_to_runner(source: str) -> str | None:
    """What a test file uses of Jest and the runner has not, if anything."""
    runner = (RUNNERS / "jest.mjs").read_text(encoding="utf-8")
    code = _code(source)
    for name in re.findall(r"\)\s*(?:\.\w+\s*)?\.(to[A-Z]\w*)\(", code):
        if not re.search(rf"\b{name}\b", runner) and name not in _METHODS:
            return name
    for owner, known in (("jest", "fn"), ("expect", _EXPECT)):
        for name in re.findall(rf"(?<![\w.]){owner}\.(\w+)", code):
            if not re.fullmatch(known, name):
                return f"{owner}.{name}"
    return None


# Of values, which a test may call on what a function returns.
_METHODS = (
    "toString",
    "toFixed",
    "toLowerCase",
    "toUpperCase",
    "toJSON",
    "toISOString",
)
_EXPECT = (
    "any|anything|arrayContaining|objectContaining|stringContaining|stringMatching"
)
