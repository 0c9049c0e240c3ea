"""A problem, what a model is asked of it, and what came of an answer."""

from __future__ import annotations

import dataclasses
import enum
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from data_pipeline.schema import UserError

LONGEST_DETAIL = 2_000
"""Characters."""


@dataclasses.dataclass(frozen=True)
class Problem:
    """Attributes:
    id: as the authors number it; unique in its benchmark.
    language: a name of `eval.sandbox.languages.LANGUAGES`, or "text".
    row: as it stands in the authors' file.
    task: what it has in common with problems that depend on it, such as the same task
      in another language: they are drawn together where chance is reckoned. Its id, if
      nothing is given.
    """

    id: str
    language: str
    row: Mapping[str, Any]
    task: str = ""

    def __post_init__(self) -> None:
        if not self.task:
            object.__setattr__(self, "task", self.id)


def distinct(problems: Iterable[Problem], path: pathlib.Path) -> list[Problem]:
    """The problems of a file.

    Raises:
      UserError: two have the same id.
    """
    found: dict[str, Problem] = {}
    for problem in problems:
        if problem.id in found:
            raise UserError(f"{path}: the task {problem.id!r} is there twice.")
        found[problem.id] = problem
    return list(found.values())


class Prompt(NamedTuple):
    """Attributes:
    text: what a completion model goes on with; a chat model gets it as one message.
    stop: a completion ends before the first of these.
    turns: of a conversation that goes before the text: what was asked and answered.
    system: what a chat model is told before all else.
    """

    text: str
    stop: tuple[str, ...] = ()
    turns: tuple[tuple[str, str], ...] = ()
    system: str = ""

    @property
    def whole(self) -> str:
        """Conversation and text in one, for models that only go on with a text."""
        before = [part for turn in self.turns for part in turn]
        system = [self.system] if self.system else []
        return "\n\n".join([*system, *before, self.text])


class Kind(enum.StrEnum):
    """How an answer fared; the first reason that applies."""

    PASSED = "passed"
    WRONG_ANSWER = "wrong answer"
    COMPILE_ERROR = "compile error"
    RUNTIME_ERROR = "runtime error"
    TIME_LIMIT = "time limit"
    MEMORY_LIMIT = "memory limit"
    OUTPUT_LIMIT = "output limit"
    EARLY_EXIT = "ended before the tests did"
    MALFORMED = "malformed"
    """Nothing could be extracted or applied."""
    NOT_RUN = "not run"
    """It cannot be run on this machine; never counted as failed or passed."""


BY_LIMIT = {
    "wall": Kind.TIME_LIMIT,
    "cpu": Kind.TIME_LIMIT,
    "memory": Kind.MEMORY_LIMIT,
    "output": Kind.OUTPUT_LIMIT,
    "file": Kind.OUTPUT_LIMIT,
    "disk": Kind.OUTPUT_LIMIT,
    "processes": Kind.RUNTIME_ERROR,
}
"""What a limit of the sandbox (`Outcome.limit`) means for an answer."""


@dataclasses.dataclass(frozen=True)
class Grade:
    """Attributes:
    kind: of success or failure.
    detail: a few lines for people and for a second try; longer ones are cut in the
      middle, to `LONGEST_DETAIL` characters.
    seconds: by the clock, of all programs that were run for it.
    codes: one a test, where the authors define them.
    """

    kind: Kind
    detail: str = ""
    seconds: float = 0.0
    codes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if len(self.detail) > LONGEST_DETAIL:
            half = LONGEST_DETAIL // 2 - 5
            cut = f"{self.detail[:half]}\n...\n{self.detail[-half:]}"
            object.__setattr__(self, "detail", cut)

    @property
    def passed(self) -> bool:
        return self.kind == Kind.PASSED
