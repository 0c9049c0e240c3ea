"""A function, run on arguments: what came back, beside what was wanted."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from data_pipeline.programs import scenarios
from eval.benchmarks.problem import BY_LIMIT, Kind
from eval.benchmarks.synthetic import drivers, results
from eval.benchmarks.synthetic.drivers import Unit
from eval.sandbox.outcome import Outcome
from eval.sandbox.sandbox import Sandbox
from eval.sandbox.toolchains import NoToolchain


class Trial(NamedTuple):
    """Attributes:
    kind: of success or failure, over all calls.
    results: as far as they came, see `results.told`.
    passed: of each call, did it return what was wanted?
    detail: what the program said, of one that did not return from all calls.
    seconds: by the clock.
    """

    kind: Kind
    results: tuple[str, ...]
    passed: tuple[bool, ...]
    detail: str
    seconds: float

    @property
    def share(self) -> float:
        """Of the calls, those that returned what was wanted."""
        return sum(self.passed) / len(self.passed) if self.passed else 0.0


def run(
    row: Mapping[str, Any],
    source: str,
    calls: Sequence[Sequence[Any]],
    expected: Sequence[str],
    sandbox: Sandbox,
) -> Trial:
    """Calls a function in the sandbox, which never sees what is expected.

    Args:
      row: says language, name and types of the function; see `rows.FIELDS`.
      calls: arguments.
      expected: results, as `values.written` has them.

    Raises:
      SandboxError: it was not run, through no fault of its own.
    """
    unit = Unit(source, row["name"], calls, row["types"])
    word = secrets.token_hex(16)
    program = drivers.program(row["language"], [unit])
    try:
        outcome = sandbox.run(program, f"{word}\n".encode())
    except NoToolchain as error:
        return Trial(Kind.NOT_RUN, (), (False,) * len(calls), str(error), 0.0)
    got = results.told(outcome.stdout, word)
    kind = _kind(outcome, got, expected)
    reached = [*got, *[None] * (len(expected) - len(got))][: len(expected)]
    passed = tuple(one == wanted for one, wanted in zip(reached, expected, strict=True))
    said = outcome.stderr.decode(errors="replace").strip()
    return Trial(kind, tuple(got), passed, said, outcome.wall_seconds)


def failure(
    name: str, calls: Sequence[Sequence[Any]], expected: Sequence[str], trial: Trial
) -> str | None:
    """The first call that returned something wrong, or did not return, as prompts of
    repair say it; None of what does not compile, for which they have no words."""
    if trial.kind in (Kind.PASSED, Kind.NOT_RUN, Kind.COMPILE_ERROR):
        return None
    # The call that a program ended in has no result.
    reached = (*trial.results, results.UNREADABLE)
    for args, wanted, got in zip(calls, expected, reached, strict=False):
        if got != wanted:
            said = "no value" if got == results.UNREADABLE else got
            return scenarios.failure(name, args, said, wanted)
    return None


def repair_prompt(row: Mapping[str, Any], source: str, failure: str) -> str:
    """The prompt that asks for a repair of an answer to a task."""
    statement = row["prompt"]
    if row["scenario"] != "infer":
        statement = statement.partition("\n")[0]
    return scenarios.repair_prompt(statement.rstrip("\n"), source, failure)


def _kind(outcome: Outcome, got: Sequence[str], expected: Sequence[str]) -> Kind:
    if outcome.phase == "compile":
        return Kind.COMPILE_ERROR
    if outcome.limit is not None:
        return BY_LIMIT[outcome.limit]
    if outcome.exit_code != 0:
        unread = not got and b"SyntaxError" in outcome.stderr
        return Kind.COMPILE_ERROR if unread else Kind.RUNTIME_ERROR
    if len(got) < len(expected):
        return Kind.EARLY_EXIT
    return Kind.PASSED if list(got) == list(expected) else Kind.WRONG_ANSWER
