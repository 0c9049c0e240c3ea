"""Models under test: local functions, files of completions, gold and empty answers."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from data_pipeline.schema import UserError
from eval.benchmarks import jsonl
from eval.benchmarks.benchmark import Benchmark
from eval.benchmarks.problem import Problem, Prompt
from eval.benchmarks.swebench.instances import tagged

_MANY = 1_000_000


class Completion(NamedTuple):
    """An answer, and what its model tells of it.

    Attributes:
      text: of the answer.
      cut: it is longer than it may be, or than the context.
      log_probs: of its tokens; empty where they were not asked for, or are not told.
      tokens: that it has; None where that is not told.
      segments: that each of them was thought about; None where that is not told.
      read: tokens of the prompt; None where that is not told.
    """

    text: str
    cut: bool = False
    log_probs: tuple[float, ...] = ()
    tokens: int | None = None
    segments: int | None = None
    read: int | None = None


class ContextExhausted(Exception):
    """Raised by a model whose context does not hold the prompt and an answer.

    Attributes:
      text: as far as the answer came.
    """

    def __init__(self, text: str = ""):
        super().__init__(text)
        self.text = text


class OutOfTime(Exception):
    """Raised by a model that had not answered when its time was over."""


class Model(Protocol):
    """What answers prompts.

    Attributes:
      name: for reports; answers of another name are never mixed with its own.
      at_once: how many questions it can be asked at once.
    """

    @property
    def name(self) -> str: ...

    @property
    def at_once(self) -> int: ...

    def available(self, problem: Problem) -> int:
        """How many samples it has for a problem, at most."""
        ...

    def complete(self, problem: Problem, prompt: Prompt, index: int) -> Completion:
        """One answer, as it is.

        Raises:
          ContextExhausted: there is no room for one.
          UserError: it does not answer.
        """
        ...


@dataclasses.dataclass(frozen=True)
class Function:
    """A function of this process, which answers one question at a time.

    Attributes:
      answer: from a prompt and the number of the sample to an answer.
    """

    name: str
    answer: Callable[[Prompt, int], str]
    at_once: int = 1

    def available(self, problem: Problem) -> int:
        return _MANY

    def complete(self, problem: Problem, prompt: Prompt, index: int) -> Completion:
        return Completion(self.answer(prompt, index))


@dataclasses.dataclass(frozen=True)
class Gold:
    """Answers with the authors' solutions; has none where they publish none."""

    benchmark: Benchmark
    name: str = "gold"
    at_once: int = 1

    def available(self, problem: Problem) -> int:
        return int(self.benchmark.gold(problem) is not None)

    def complete(self, problem: Problem, prompt: Prompt, index: int) -> Completion:
        return Completion(self.benchmark.gold(problem) or "")


EMPTY = Function("empty", lambda prompt, index: "")
"""Says nothing."""


@dataclasses.dataclass(frozen=True)
class Recorded:
    """Completions by the ids of their problems."""

    name: str
    completions: Mapping[str, Sequence[str]]
    at_once: int = 1

    def available(self, problem: Problem) -> int:
        return len(self.completions.get(problem.id, ()))

    def complete(self, problem: Problem, prompt: Prompt, index: int) -> Completion:
        return Completion(self.completions[problem.id][index])


_IDS = ("task_id", "problem", "question_id", "instance_id")
_TEXTS = ("completion", "generation")
_PATCH = "model_patch"


def recorded(path: pathlib.Path, problems: Sequence[Problem]) -> Recorded:
    """Reads a file of completions, one a line, in the order of their samples.

    Each line has `task_id` and `completion`, as HumanEval's samples have; HumanEval-X's
    `generation`, the `problem` of our own samples and SWE-bench's predictions will do.

    Args:
      problems: that are graded: each needs a completion.

    Raises:
      UserError: a line is malformed, or there is none for one of the problems.
    """
    found: dict[str, list[str]] = {}
    for number, row in enumerate(jsonl.rows(path), start=1):
        name = next((row[field] for field in _IDS if field in row), None)
        text = next((row[field] for field in _TEXTS if field in row), None)
        if _PATCH in row and isinstance(row[_PATCH], str | None):
            text = tagged(row[_PATCH] or "")
        if not isinstance(name, str | int) or not isinstance(text, str):
            raise UserError(
                f"{path}: row {number} needs the texts `task_id` and `completion`."
            )
        found.setdefault(str(name), []).append(text)
    missing = [problem.id for problem in problems if problem.id not in found]
    if missing:
        raise UserError(
            f"{path} has no completion for {len(missing):,} of {len(problems):,} "
            f"problems, {missing[0]} for one; choose others with --limit or --language."
        )
    return Recorded(path.name, found)
