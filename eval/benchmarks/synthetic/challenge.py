"""Tasks of ours as problems for a search: the examples are the public tests."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from data_pipeline.programs import inputs
from data_pipeline.schema import UserError
from eval.benchmarks.challenge import UNTESTED, OfBenchmark
from eval.benchmarks.problem import Grade, Kind, Problem
from eval.benchmarks.synthetic import trial as trials
from eval.benchmarks.synthetic.benchmark import Programs
from eval.benchmarks.synthetic.trial import Trial
from eval.sandbox.sandbox import Sandbox

SCENARIOS = ("write", "infer", "repair")
"""Whose answers are whole functions."""


@dataclasses.dataclass(frozen=True)
class ProgramChallenge(OfBenchmark[Programs]):
    """See `challenge.Challenge`; a failing public test is told as in the prompts of
    repair that models learn from."""

    @property
    def begins(self) -> str:
        """The signature, which is the line behind what is asked for."""
        row, lines = self.problem.row, self.prompt.split("\n")
        told = row["scenario"] != "repair" and f"{row['name']}(" in "".join(lines[1:2])
        return lines[1] if told else ""

    @property
    def public_tests(self) -> int:
        return len(self.problem.row["public_calls"])

    def public(self, source: str, sandbox: Sandbox) -> Trial:
        row = self.problem.row
        calls, expected = row["public_calls"], row["public_expected"]
        if not calls:
            return UNTESTED
        return trials.run(row, source, calls, expected, sandbox)

    def failure(self, trial: Trial) -> str | None:
        row = self.problem.row
        calls, expected = row["public_calls"], row["public_expected"]
        return trials.failure(row["name"], calls, expected, trial)

    def repair_prompt(self, source: str, failure: str) -> str:
        return trials.repair_prompt(self.problem.row, source, failure)

    def probe(self, source: str, sandbox: Sandbox) -> tuple[str, ...] | None:
        row = self.problem.row
        calls = [list(args) for args in inputs.probes(tuple(row["types"]))]
        found = trials.run(row, source, calls, [""] * len(calls), sandbox)
        if found.kind == Kind.NOT_RUN:
            return None
        if len(found.results) in (0, len(calls)):
            return found.results
        return (*found.results, found.kind.value)

    def hidden(self, source: str, sandbox: Sandbox) -> Grade:
        return self.benchmark.grade(self.problem, source, sandbox)


def challenges(
    benchmark: Programs, problems: Sequence[Problem]
) -> list[ProgramChallenge]:
    """Problems whose answers are functions, as challenges.

    Raises:
      UserError: one asks for something else.
    """
    for problem in problems:
        if problem.row["scenario"] not in SCENARIOS:
            raise UserError(
                f"{problem.id} asks for no function, so there is nothing to search: "
                f"make tasks with --scenario={','.join(SCENARIOS)}."
            )
    return [ProgramChallenge(benchmark, problem) for problem in problems]
