"""What a search needs of a benchmark's problem."""

from __future__ import annotations

import dataclasses
from typing import Generic, Protocol, TypeVar, runtime_checkable

from eval.benchmarks.benchmark import Benchmark
from eval.benchmarks.problem import Grade, Kind, Problem
from eval.benchmarks.synthetic.trial import Trial
from eval.sandbox.sandbox import Sandbox

UNTESTED = Trial(Kind.NOT_RUN, (), (), "There are no public tests.", 0.0)
"""What comes of a program that nothing can be held to; it costs no execution."""


@runtime_checkable
class Challenge(Protocol):
    """A problem with public tests, which a search may use as it likes, and hidden ones.

    Attributes:
      id: unique in its benchmark.
      task: see `Problem`.
      language: of programs, or a language that the network knows.
      prompt: that a program is written from.
      public_tests: how many there are; 0 where a search has nothing to go by.
    """

    @property
    def id(self) -> str: ...

    @property
    def task(self) -> str: ...

    @property
    def language(self) -> str: ...

    @property
    def prompt(self) -> str: ...

    @property
    def begins(self) -> str:
        """What an answer begins with, where the prompt tells it; else ""."""
        ...

    @property
    def public_tests(self) -> int: ...

    def extract(self, completion: str) -> str:
        """The program in what a model said; "" if there is none."""
        ...

    def public(self, source: str, sandbox: Sandbox) -> Trial:
        """Runs the public tests; one execution.

        Raises:
          SandboxError: it was not run, through no fault of the program.
        """
        ...

    def failure(self, trial: Trial) -> str | None:
        """What `repair_prompt` says of a trial; None where nothing is wrong with it."""
        ...

    def repair_prompt(self, source: str, failure: str) -> str:
        """The prompt of a repair."""
        ...

    def probe(self, source: str, sandbox: Sandbox) -> tuple[str, ...] | None:
        """What a program returns on generated arguments whose right results nobody
        told; programs that return the same behave alike, those that return nothing at
        all, (), like nobody. None where this machine cannot run it. One execution.

        Raises:
          SandboxError: it was not run, through no fault of the program.
        """
        ...

    def hidden(self, source: str, sandbox: Sandbox) -> Grade:
        """Runs the hidden tests, for the final report alone.

        Raises:
          SandboxError: it was not run, through no fault of the program.
        """
        ...


_Benchmark = TypeVar("_Benchmark", bound=Benchmark)


@dataclasses.dataclass(frozen=True)
class OfBenchmark(Generic[_Benchmark]):
    """The part of a `Challenge` that any benchmark's problem has."""

    benchmark: _Benchmark
    problem: Problem

    @property
    def id(self) -> str:
        return self.problem.id

    @property
    def task(self) -> str:
        return self.problem.task

    @property
    def language(self) -> str:
        return self.problem.language

    @property
    def prompt(self) -> str:
        return self.benchmark.prompt(self.problem).text

    @property
    def begins(self) -> str:
        return ""

    def extract(self, completion: str) -> str:
        return self.benchmark.extract(self.problem, completion)
