"""Repositories made of synthetic tasks: a function with a bug, two others, and tests.

They are smaller and speak the words of `data_pipeline.programs.scenarios`, so that a
model that learned those can be asked. What is right is told by hidden calls
(`eval.benchmarks.synthetic`), which the tests of the repository do not hold.
"""

from __future__ import annotations

import itertools
import json
import pathlib
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from data_pipeline.programs import bugs, generator, render, scenarios, values
from data_pipeline.programs.behaviour import Split
from data_pipeline.programs.generator import Task
from data_pipeline.programs.interpreter import Interpreter
from data_pipeline.programs.tree import Function
from data_pipeline.schema import UserError
from eval.benchmarks import jsonl
from eval.benchmarks.problem import Grade
from eval.benchmarks.synthetic import rows, trial
from eval.sandbox.sandbox import Sandbox

FIELDS = ("id", "goal", "files", "path", "name", "types", "calls", "expected")
_OTHERS = ("main", "helpers", "report", "config", "parser", "store", "models")
_PATIENCE = 200
_VERSION = 2
"""Of what `generate` makes, which ids tell: runs on one are not paired with runs on
another. Rows of version 1 say none, and hold one other function twice."""


def generate(split: Split, seed: int, count: int, level: int) -> Iterator[Mapping]:
    """Rows of `FIELDS`, no two of one behaviour; the same for the same arguments.

    `files` is the repository, in Python, with its tests, of which one at least fails;
    the rest is for `grade`.

    Raises:
      UserError: there are not so many.
    """
    seen: set[str] = set()
    index = idle = 0
    while len(seen) < count:
        task = generator.task(seed, split, index, level)
        index, idle = index + 1, idle + 1
        if idle > _PATIENCE:
            raise UserError(
                f"There are hardly more than {len(seen)} repositories of level {level} "
                f"in the {split} split: ask for fewer."
            )
        if task.fingerprint in seen:
            continue
        rng = random.Random(f"planted {task.id}")
        bug = bugs.plant(task, rng)
        if bug is None or not _shows(bug, task):
            continue
        seen.add(task.fingerprint)
        idle = 0
        yield _row(task, bug, rng, _others(task, seed, split, index, level))


def _others(
    task: Task, seed: int, split: Split, index: int, level: int
) -> list[Function]:
    """Of two tasks more; no two of the three behave alike, or have one name."""
    taken, seeds = [task], itertools.count(seed + 1)
    while len(taken) < 3:
        other = generator.task(next(seeds), split, index, level)
        if all(
            other.fingerprint != one.fingerprint
            and other.function.name != one.function.name
            for one in taken
        ):
            taken.append(other)
    return [one.function for one in taken[1:]]


def _shows(bug: bugs.Bug, task: Task) -> bool:
    """Do hidden tests see it, as the visible ones do?"""
    interpreter = Interpreter(bug.function)
    return any(
        values.key(interpreter.call(case.args)) != values.key(case.result)
        for case in task.tests
    )


def _row(
    task: Task, bug: bugs.Bug, rng: random.Random, others: Sequence[Function]
) -> dict[str, Any]:
    name = task.function.name
    says = f"{scenarios.statement(task, rng)} It is in {name}."
    path = f"{name}.py"
    files = {path: render.source(bug.function, "python")}
    names = rng.sample([one for one in _OTHERS if one not in name], len(others))
    for file, other in zip(names, others, strict=True):
        files[f"{file}.py"] = render.source(other, "python")
    files[f"tests/test_{name}.py"] = _tests(task)
    graded = rows.row(scenarios.Scene("write", _nothing(task), task, task.function))
    return {
        **{field: graded[field] for field in ("name", "types", "calls", "expected")},
        "language": "python",
        "id": f"planted-{_VERSION}-{task.id}",
        "goal": says,
        "files": files,
        "path": path,
    }


def _nothing(task: Task) -> scenarios.Example:
    return scenarios.Example("python", "", "", task.level)


def _tests(task: Task) -> str:
    name = render.name(task.function, "python")
    lines = ["import unittest", "", f"from {task.function.name} import {name}", "", ""]
    lines.append("class Tests(unittest.TestCase):")
    for number, case in enumerate(task.examples, start=1):
        inner = ", ".join(map(repr, case.args))
        lines += [
            f"    def test_{number}(self):",
            f"        self.assertEqual({name}({inner}), {case.result!r})",
            "",
        ]
    return "\n".join(lines[:-1]) + "\n"


def grade(row: Mapping[str, Any], files: Mapping[str, str], sandbox: Sandbox) -> Grade:
    """Calls the function of a repository on the hidden arguments.

    Raises:
      SandboxError: it was not run, through no fault of its own.
    """
    source = files.get(row["path"], "")
    tried = trial.run(row, source, row["calls"], row["expected"], sandbox)
    return Grade(tried.kind, tried.detail, tried.seconds)


def save(made: Iterator[Mapping] | list[Mapping], path: pathlib.Path) -> None:
    """Writes rows, one a line, to be read by `load`."""
    path.write_text("".join(json.dumps(row) + "\n" for row in made), encoding="utf-8")


def load(path: pathlib.Path) -> list[Mapping[str, Any]]:
    """The rows of a file that `save` wrote.

    Raises:
      UserError: one lacks a field, or its results are damaged.
    """
    return [
        row | {"expected": rows.renewed(row["expected"], f"{path}, {row['id']}")}
        for row in jsonl.rows(path, FIELDS)
    ]
