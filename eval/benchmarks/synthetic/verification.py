"""Whether the renderings in all languages do what our interpreter says."""

from __future__ import annotations

import dataclasses
import json
import secrets
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from data_pipeline.programs import render, values
from data_pipeline.programs.generator import Task
from eval.benchmarks.synthetic import drivers
from eval.benchmarks.synthetic.drivers import Unit
from eval.sandbox.sandbox import Sandbox


class Difference(NamedTuple):
    """Attributes:
    task: whose function returned something else, or did not run.
    language: in which it is written.
    detail: what was called and came back, for people.
    """

    task: Task
    language: str
    detail: str


def differences(
    tasks: Sequence[Task], language: str, sandbox: Sandbox
) -> Iterator[Difference]:
    """Runs functions, all in one program, on the arguments of all their cases.

    Raises:
      NoToolchain: the sandbox lacks the language.
      SandboxError: the program was not run, through no fault of its own.
    """
    units = [
        unit(dataclasses.replace(task.function, name=f"task_{i}"), task, language)
        for i, task in enumerate(tasks)
    ]
    word = secrets.token_hex(16)
    outcome = sandbox.run(drivers.program(language, units), f"{word}\n".encode())
    results = told(outcome.stdout.decode(errors="replace"), word)
    if not outcome.succeeded or len(results) != sum(len(task.cases) for task in tasks):
        said = (outcome.stderr or outcome.stdout).decode(errors="replace")
        yield Difference(tasks[0], language, f"The program failed: {said[:2000]}")
        return
    left = iter(results)
    for task in tasks:
        for case in task.cases:
            got = next(left)
            if got != canonical(case.result):
                call = values.call(task.function.name, case.args)
                detail = f"{call} gave {got}, not {values.written(case.result)}"
                yield Difference(task, language, detail)


def unit(function: Any, task: Task, language: str) -> Unit:
    """A rendered function with the arguments of all cases of its task."""
    return Unit(
        render.source(function, language),
        render.name(function, language),
        [case.args for case in task.cases],
        [param.type for param in function.params],
    )


def told(stdout: str, word: str) -> list[str]:
    """The results that a driver told with a word, as `canonical` has them."""
    lines = [line for line in stdout.split("\n") if line.startswith(f"{word} ")]
    found = []
    for line in lines:
        try:
            found.append(canonical(json.loads(line[len(word) + 1 :])))
        except ValueError:
            found.append("?")
    return found


def canonical(value: Any) -> str:
    """A value as text, the same for a dictionary and for its pairs in any order."""
    if isinstance(value, dict):
        value = [[key, one] for key, one in value.items()]
    if (
        isinstance(value, list)
        and value
        and all(isinstance(one, list) for one in value)
    ):
        value = sorted(value, key=json.dumps)
    return json.dumps(value)
