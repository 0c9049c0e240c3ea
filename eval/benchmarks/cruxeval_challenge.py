"""CRUXEval as problems for a search.

That an input gives the output can be tried, and is all that the benchmark asks: there
the public test is the hidden one, and best of n by it solves whatever any sample does.
What a function gives nobody may try; there samples vote.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from eval.benchmarks.challenge import UNTESTED, OfBenchmark
from eval.benchmarks.cruxeval import CruxEval, Task
from eval.benchmarks.problem import Grade, Kind, Problem
from eval.benchmarks.synthetic.trial import Trial
from eval.sandbox.sandbox import Sandbox


@dataclasses.dataclass(frozen=True)
class CruxEvalChallenge(OfBenchmark[CruxEval]):
    """See `challenge.Challenge`; a program is a predicted value or call."""

    @property
    def public_tests(self) -> int:
        return int(self.benchmark.task == Task.INPUT)

    def public(self, source: str, sandbox: Sandbox) -> Trial:
        if not self.public_tests:
            return UNTESTED
        grade = self.hidden(source, sandbox)
        passed = (grade.passed,)
        return Trial(grade.kind, (grade.kind.value,), passed, "", grade.seconds)

    def failure(self, trial: Trial) -> str | None:
        if trial.kind in (Kind.PASSED, Kind.NOT_RUN):
            return None
        return f"it does not give {self.problem.row['output']} ({trial.kind.value})"

    def repair_prompt(self, source: str, failure: str) -> str:
        return f"{source} is wrong: {failure}.\n\n{self.prompt}"

    def probe(self, source: str, sandbox: Sandbox) -> tuple[str, ...]:
        """The answer is all the behaviour that it has."""
        return (source,)

    def hidden(self, source: str, sandbox: Sandbox) -> Grade:
        return self.benchmark.grade(self.problem, source, sandbox)


def challenges(
    benchmark: CruxEval, problems: Sequence[Problem]
) -> list[CruxEvalChallenge]:
    return [CruxEvalChallenge(benchmark, problem) for problem in problems]
