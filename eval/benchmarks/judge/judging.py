"""Grading a submission by Python tests in another process."""

from __future__ import annotations

import dataclasses
import functools
import json
import pathlib
from collections.abc import Mapping

from eval.benchmarks.judge import answering, asking
from eval.benchmarks.problem import BY_LIMIT, Grade, Kind
from eval.sandbox.limits import MIB, RUNNING
from eval.sandbox.outcome import Outcome
from eval.sandbox.program import Program
from eval.sandbox.sandbox import Sandbox, SandboxError

_PACKAGE = "eval/benchmarks/judge"
_BY_BOTH = ("values.py", "line.py")
_MARGIN_SECONDS = 5
"""For starting, and for what the judge computes by itself."""


@dataclasses.dataclass(frozen=True)
class Tests:
    """What the judge runs; none of it is seen by the submission.

    Attributes:
      source: Python code. An exception is a wrong answer, its end is a pass.
      names: that stand for what the submission defines.
      context: Python code to run before, in the same namespace: what the tests need and
        the submission would otherwise bring, such as imports.
      seconds: for loading the submission and for all tests.
      call_seconds: for each call.
      files: contents of further files that the tests may read, by name.
      helpers: names of modules of `eval.benchmarks.judge` that the tests import.
      memory_bytes: of the submission.
    """

    source: str
    names: tuple[str, ...]
    context: str = ""
    seconds: float = 3.0
    call_seconds: float = 3600.0
    files: Mapping[str, bytes] = dataclasses.field(default_factory=dict)
    helpers: tuple[str, ...] = ()
    memory_bytes: int = RUNNING.memory_bytes


def judge(sandbox: Sandbox, tests: Tests, submission: str) -> Grade:
    """Runs tests on a submission, each in a sandbox of its own.

    The codes of the grade are those that the tests put into `__codes__`.

    Raises:
      SandboxError: nothing was run, through no fault of the submission.
      NoToolchain: this sandbox has no Python.
    """
    task = {
        "tests": tests.source,
        "context": tests.context,
        "names": tests.names,
        "seconds": tests.seconds,
        "call_seconds": tests.call_seconds,
    }
    asks = _program(
        ("asking.py", *(f"{name}.py" for name in tests.helpers)),
        {**tests.files, asking.TASK: json.dumps(task).encode()},
    )
    answers = _program(
        ("answering.py",),
        {answering.SUBMISSION: submission.encode(errors="surrogatepass")},
    )
    limits = dataclasses.replace(
        RUNNING,
        wall_seconds=tests.seconds + _MARGIN_SECONDS,
        cpu_seconds=tests.seconds + _MARGIN_SECONDS,
        memory_bytes=tests.memory_bytes,
        output_bytes=64 * MIB,
    )
    judging = dataclasses.replace(
        limits,
        wall_seconds=2 * limits.wall_seconds,
        cpu_seconds=2 * limits.cpu_seconds,
        memory_bytes=2 * limits.memory_bytes,
        output_bytes=8 * limits.output_bytes,
    )
    asked, answered = sandbox.converse(asks, answers, judging, limits)
    return _grade(asked, answered)


def _program(modules: tuple[str, ...], files: Mapping[str, bytes]) -> Program:
    main = f"from eval.benchmarks.judge import {modules[0][:-3]} as it\nit.main()\n"
    own = {f"{_PACKAGE}/{name}": _source(name) for name in (*modules, *_BY_BOTH)}
    return Program("python", {"main.py": main.encode(), **own, **files}, "main.py")


@functools.cache
def _source(name: str) -> bytes:
    return (pathlib.Path(__file__).parent / name).read_bytes()


_KINDS = {
    asking.PASSED: Kind.PASSED,
    asking.FAILED: Kind.WRONG_ANSWER,
    asking.RAISED: Kind.RUNTIME_ERROR,
    asking.SYNTAX: Kind.COMPILE_ERROR,
    asking.GONE: Kind.EARLY_EXIT,
    asking.LEFT: Kind.EARLY_EXIT,
    asking.MEMORY: Kind.MEMORY_LIMIT,
    asking.OVERDUE: Kind.TIME_LIMIT,
    asking.GARBLED: Kind.WRONG_ANSWER,
    asking.UNUSABLE: Kind.NOT_RUN,
}


def _grade(asked: Outcome, answered: Outcome) -> Grade:
    seconds = max(asked.wall_seconds, answered.wall_seconds)
    try:
        verdict = json.loads(asked.stderr)
    except ValueError:  # what came from the submission was more than it could hold
        reason = asked.limit or f"exit code {asked.exit_code}, signal {asked.signal}"
        detail = f"The judge ended without a verdict ({reason})."
        kind = BY_LIMIT[asked.limit] if asked.limit else Kind.WRONG_ANSWER
        return Grade(kind, detail, seconds)
    if verdict["kind"] == asking.ABSENT:
        raise SandboxError(verdict["detail"])
    kind, detail = _KINDS[verdict["kind"]], verdict["detail"]
    if verdict["kind"] == asking.GONE:
        if answered.limit is not None:
            kind = BY_LIMIT[answered.limit]
            detail = f"{detail}\nIt passed its limit: {answered.limit}."
        elif answered.exit_code != 0:
            last = answered.stderr[-500:].decode(errors="replace")
            ending = f"exit code {answered.exit_code}, signal {answered.signal}"
            kind, detail = Kind.RUNTIME_ERROR, f"{detail}\nIt ended: {ending}.\n{last}"
    if verdict["kind"] == asking.GARBLED:
        detail = f"{detail}\nWhat the submission's process answered is no data."
    if kind == Kind.NOT_RUN:
        detail = f"The tests cannot be run here: {detail}"
    return Grade(kind, detail.strip(), seconds, tuple(verdict["codes"]))
