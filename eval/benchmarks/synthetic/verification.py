"""Whether the renderings in all languages do what our interpreter says."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from data_pipeline.programs import render, values
from data_pipeline.programs.generator import Task
from eval.benchmarks.synthetic import drivers, results
from eval.benchmarks.synthetic.drivers import Unit
from eval.sandbox.sandbox import Sandbox

BATCH = 100
"""Tasks that are compiled as one program."""


class Difference(NamedTuple):
    """Attributes:
    task: whose function returned something else, or is the first of a program that
      did not run.
    language: in which it is written.
    detail: what was called and came back, for people.
    """

    task: Task
    language: str
    detail: str


def differences(
    tasks: Sequence[Task], language: str, sandbox: Sandbox
) -> Iterator[Difference]:
    """Runs functions on the arguments of all their cases, shown and hidden.

    Raises:
      NoToolchain: the sandbox lacks the language.
      SandboxError: a program was not run, through no fault of its own.
    """
    for start in range(0, len(tasks), BATCH):
        yield from _of_one_program(tasks[start : start + BATCH], language, sandbox)


def _of_one_program(
    tasks: Sequence[Task], language: str, sandbox: Sandbox
) -> Iterator[Difference]:
    units = [_unit(task, f"task_{i}", language) for i, task in enumerate(tasks)]
    word = secrets.token_hex(16)
    outcome = sandbox.run(drivers.program(language, units), f"{word}\n".encode())
    got = results.told(outcome.stdout, word)
    calls = [(task, case) for task in tasks for case in task.cases]
    if not outcome.succeeded or len(got) != len(calls):
        said = (outcome.stderr or outcome.stdout).decode(errors="replace")
        yield Difference(tasks[0], language, f"The program failed: {said[:2000]}")
        return
    for (task, case), found in zip(calls, got, strict=True):
        if found != (wanted := values.written(case.result)):
            call = values.call(task.function.name, case.args)
            detail = f"{call} gave {found}, not {wanted}"
            yield Difference(task, language, detail)


def _unit(task: Task, name: str, language: str) -> Unit:
    """A function under a name of its own, with all arguments."""
    function = dataclasses.replace(task.function, name=name)
    return Unit(
        render.source(function, language),
        render.name(function, language),
        [case.args for case in task.cases],
        [param.type for param in function.params],
    )
