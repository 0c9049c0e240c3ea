"""What came of an answer to a synthetic task: all that a reward may be made of."""

from __future__ import annotations

import difflib
import pathlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from data_pipeline import syntax
from data_pipeline.programs.scenarios import repair_prompt
from eval.benchmarks.problem import Kind
from eval.benchmarks.synthetic import signs, trial
from eval.benchmarks.synthetic.benchmark import Programs
from eval.sandbox.sandbox import Sandbox
from eval.sandbox.toolchains import NoToolchain

_FUNCTIONS = ("write", "infer", "repair")
"""Scenarios that a whole function answers."""


class Verdict(NamedTuple):
    """Attributes:
    kind: of success or failure on the hidden tests, a value of `Kind`.
    share: of these, passed.
    similarity: to the answer that is known to be right, from 0 to 1; -1 of what is no
      answer at all (SWE-RL's reward, arXiv:2502.18449).
    kept: of a repair, how much is as it was in the given program, from 0 to 1; else 0.
    signs: of cheating, see `signs.found`.
    failure: what a prompt of repair says, see `trial.failure`; "" where there is
      nothing to say.
    seconds: by the clock, of the execution.
    """

    kind: str
    share: float
    similarity: float
    kept: float
    signs: tuple[str, ...]
    failure: str
    seconds: float

    @property
    def passed(self) -> bool:
        return self.kind == Kind.PASSED


def judge(row: Mapping[str, Any], text: str, cut: bool, sandbox: Sandbox) -> Verdict:
    """Executes an answer, where that is what its scenario asks for.

    Args:
      row: see `rows.FIELDS`.
      text: as the model said it.
      cut: for want of room.

    Raises:
      SandboxError: it was not run, through no fault of its own.
      NoToolchain: the sandbox lacks its language.
    """
    benchmark = Programs([row], pathlib.Path("tasks"))
    (problem,) = benchmark.problems
    answer = benchmark.extract(problem, text)
    similarity = _similarity(row, answer, cut)
    before = given(row)
    kept = ratio(before, answer) if before else 0.0
    if cut or not answer:
        return Verdict(Kind.MALFORMED.value, 0.0, similarity, kept, (), "", 0.0)
    seen = signs.found(answer, row)
    failure = None
    if row["scenario"] in _FUNCTIONS:
        calls, expected = row["calls"], row["expected"]
        tried = trial.run(row, answer, calls, expected, sandbox)
        kind, share, seconds = tried.kind, tried.share, tried.seconds
        detail = tried.detail
        failure = trial.failure(row["name"], calls, expected, tried)
    else:
        grade = benchmark.grade(problem, answer, sandbox)
        kind, share, seconds = grade.kind, float(grade.passed), grade.seconds
        detail = grade.detail
    if kind == Kind.NOT_RUN:  # no answer of this language is worth anything, or nothing
        raise NoToolchain(detail)
    return Verdict(kind.value, share, similarity, kept, seen, failure or "", seconds)


def given(row: Mapping[str, Any]) -> str:
    """The program that a prompt of repair shows; "" of other scenarios."""
    if row["scenario"] != "repair":
        return ""
    if row["before"]:  # an answer that somebody else gave
        return row["before"]
    _, head, tail = repair_prompt("", "\n", "").split("\n", 2)
    del head
    lines = row["prompt"].splitlines()
    assert lines[-1].startswith(tail.strip()), "a prompt of repair"
    return "\n".join([*lines[1:-1], ""])


def ratio(one: str, other: str) -> float:
    """How alike two texts are, from 0 to 1."""
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()


def _similarity(row: Mapping[str, Any], answer: str, cut: bool) -> float:
    """SWE-RL's reward: of changes where something is to be changed, else of texts."""
    before, wanted = given(row), row["response"]
    if cut or not answer or _unreadable(row, answer):
        return -1.0
    if not before:
        return ratio(answer, wanted)
    if answer == before:
        return -1.0
    return ratio(_change(before, answer), _change(before, wanted))


def _change(before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="")
    return "\n".join(list(lines)[2:])


def _unreadable(row: Mapping[str, Any], answer: str) -> bool:
    """Python that is none; of other languages only their compilers could tell."""
    if row["language"] != "python" or row["scenario"] not in _FUNCTIONS:
        return False
    try:
        syntax.module(answer)
    except syntax.UNREADABLE:
        return True
    return False
