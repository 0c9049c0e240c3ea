"""What every benchmark of code can do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from eval.benchmarks.problem import Grade, Problem, Prompt
from eval.sandbox.sandbox import Sandbox


class Benchmark(Protocol):
    """Problems in the authors' format under the authors' rules.

    Attributes:
      name: for reports.
      problems: in the file's order, with ids that differ.
    """

    @property
    def name(self) -> str: ...

    @property
    def problems(self) -> Sequence[Problem]: ...

    def prompt(self, problem: Problem) -> Prompt:
        """What a model is asked."""
        ...

    def extract(self, problem: Problem, completion: str) -> str:
        """The submission in a model's raw text; "" if there is none."""
        ...

    def grade(self, problem: Problem, submission: str, sandbox: Sandbox) -> Grade:
        """Runs the tests of a problem on a submission.

        What cannot be run on this machine is `Kind.NOT_RUN`, with the reason.

        Raises:
          SandboxError: it was not run, through no fault of the submission.
        """
        ...

    def gold(self, problem: Problem) -> str | None:
        """A completion that solves it; None where the authors publish none."""
        ...
