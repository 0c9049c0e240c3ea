"""HumanEval as problems for a search: the examples of a docstring are public tests."""

from __future__ import annotations

import ast
import dataclasses
import doctest
import functools
import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from data_pipeline import syntax
from eval.benchmarks.challenge import UNTESTED, OfBenchmark
from eval.benchmarks.humaneval import HumanEval
from eval.benchmarks.judge.judging import Tests, judge
from eval.benchmarks.problem import Grade, Kind, Problem
from eval.benchmarks.synthetic.trial import Trial
from eval.sandbox.sandbox import Sandbox

_MOST = 8
"""Examples that are run; few have more."""
_PROBES = 16
_ARROW = (
    r"^\W*({}\(.*\))\s*(?:==>|=>|➞|->|==|=|returns|should return|should be)\s*(.+?)\.?$"
)
_SECONDS = 3.0
_TESTS = """
import hashlib
from eval.benchmarks.judge.asking import Wrong
told = []
for given, wanted in {cases!r}:
    try:
        result = {name}(*given)
        text, right = repr(result), result == wanted
    except Exception as error:
        text, right = "raises " + type(error).__name__, False
    if len(text) > 100:
        text = text[:60] + "... " + hashlib.sha256(text.encode()).hexdigest()[:16]
    told.append(text)
    __codes__.append(int(right))
import json
raise Wrong(json.dumps(told))
"""


class _Case(NamedTuple):
    """A call's arguments, and what it must give; None where nobody says."""

    args: tuple[Any, ...]
    wanted: Any


@dataclasses.dataclass(frozen=True)
class HumanEvalChallenge(OfBenchmark[HumanEval]):
    """See `challenge.Challenge`. Hidden tests are the benchmark's own.

    An example of problem 148 contradicts them: it has a text for a tuple of one.
    """

    @property
    def public_tests(self) -> int:
        return len(self._examples)

    def public(self, source: str, sandbox: Sandbox) -> Trial:
        if not self._examples:
            return UNTESTED
        grade, results = self._run(source, self._examples, sandbox)
        reached = [*map(bool, grade.codes), *[False] * len(self._examples)]
        passed = tuple(reached[: len(self._examples)])
        kind = Kind.PASSED if all(passed) else grade.kind
        return Trial(kind, results, passed, grade.detail, grade.seconds)

    def failure(self, trial: Trial) -> str | None:
        if trial.kind in (Kind.PASSED, Kind.NOT_RUN):
            return None
        place = trial.passed.index(False)
        args, wanted = self._examples[place]
        got = trial.results[place] if place < len(trial.results) else trial.kind.value
        call = f"{self.problem.row['entry_point']}({', '.join(map(repr, args))})"
        return f"{call} gives {got}, expected {wanted!r}"

    def repair_prompt(self, source: str, failure: str) -> str:
        """A wrong program in comments, then the task again."""
        shown = "".join(f"# {line}\n" for line in source.rstrip().split("\n"))
        return f"# This is wrong: {failure}\n{shown}\n{self.prompt}"

    def probe(self, source: str, sandbox: Sandbox) -> tuple[str, ...] | None:
        """On the examples' arguments, changed a little; without any, nothing is known
        but the program itself."""
        cases = [_Case(args, None) for args in self._changed]
        if not cases:
            return (source,)
        grade, results = self._run(source, cases, sandbox)
        return None if grade.kind == Kind.NOT_RUN else results

    def hidden(self, source: str, sandbox: Sandbox) -> Grade:
        return self.benchmark.grade(self.problem, source, sandbox)

    @functools.cached_property
    def _examples(self) -> list[_Case]:
        return examples(self.prompt, self.problem.row["entry_point"])

    @functools.cached_property
    def _changed(self) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = []
        for case in self._examples:
            for place, value in enumerate(case.args):
                for other in _near(value):
                    args = (*case.args[:place], other, *case.args[place + 1 :])
                    if args not in found:
                        found.append(args)
        step = max(1, len(found) // _PROBES)
        return found[::step][:_PROBES]

    def _run(
        self, source: str, cases: Sequence[_Case], sandbox: Sandbox
    ) -> tuple[Grade, tuple[str, ...]]:
        name = self.problem.row["entry_point"]
        plain = [tuple(case) for case in cases]
        text = _TESTS.format(cases=plain, name=name)
        tests = Tests(text, names=(name,), context=self.prompt, seconds=_SECONDS)
        grade = judge(sandbox, tests, source)
        try:
            results = tuple(map(str, json.loads(grade.detail)))
        except (ValueError, TypeError, RecursionError):
            return grade, ()
        return grade, results


def examples(prompt: str, entry: str) -> list[_Case]:
    """The examples of a docstring, as doctests or as a call, an arrow or such, and what
    it gives, as far as arguments and results are literals."""
    found: list[_Case] = []
    for source, want in _written(prompt, entry):
        try:
            call = syntax.expression(source.strip())
            wanted = ast.literal_eval(want.strip())
            if isinstance(call, ast.Call) and not call.keywords:
                args = tuple(map(ast.literal_eval, call.args))
                if isinstance(call.func, ast.Name) and call.func.id == entry:
                    found.append(_Case(args, wanted))
        except syntax.UNREADABLE:
            continue  # of another form
    return found[:_MOST]


def _written(prompt: str, entry: str) -> list[tuple[str, str]]:
    """Calls and results of a docstring, as text."""
    try:
        tree = syntax.module(f"{prompt.rstrip()}\n    pass\n")
        heads = [one for one in tree.body if isinstance(one, ast.FunctionDef)]
        (head,) = [one for one in heads if one.name == entry]
        said = ast.get_docstring(head) or ""
        tests = doctest.DocTestParser().get_examples(said)
    except syntax.UNREADABLE:
        return []
    found = [(one.source, one.want) for one in tests]
    return found or re.findall(_ARROW.format(re.escape(entry)), said, re.MULTILINE)


def _near(value: Any) -> list[Any]:
    """Values of the same type, a little different."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [value + 1, value - 1, value * 2]
    if isinstance(value, str):
        return [value[::-1], value[1:], value + value[:1], value.swapcase()]
    if isinstance(value, list):
        inner = [[*value[:-1], *_near(value[-1])[:1]]] if value else []
        return [value[::-1], value[1:], value + value[:1], *inner]
    return []


def challenges(
    benchmark: HumanEval, problems: Sequence[Problem]
) -> list[HumanEvalChallenge]:
    return [HumanEvalChallenge(benchmark, problem) for problem in problems]
