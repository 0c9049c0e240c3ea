"""Files of ARC tasks: a folder of one JSON a task, or one JSON for all of them.

The first is the layout of the repositories of ARC-AGI-1, ARC-AGI-2 and ConceptARC, the
second that of the competitions on Kaggle, where the answers are in a file of their own.
"""

from __future__ import annotations

import json
import pathlib
from typing import Any

import numpy as np

from data_pipeline.arc.tasks import COLOURS, MAX_SIZE, Pair, Task, require_distinct
from data_pipeline.schema import UserError


def read(path: pathlib.Path, solutions: pathlib.Path | None = None) -> tuple[Task, ...]:
    """Reads tasks, in the order of their ids in a folder, else in that of the file.

    Args:
      path: a folder, in which every `*.json`, at any depth, is a task that the file's
        name names; or a file `{id: {"train": [pair, ...], "test": [pair, ...]}}`.
        Tests may lack outputs. Other keys, such as "name", are not read.
      solutions: a file `{id: [output of each test, ...]}` for some of the tasks.

    Raises:
      UserError: a file, or a task in it, is malformed, or there is none; the message
        names file, task and pair.
    """
    if path.is_dir():
        contents = [
            (file, file.stem, load(file)) for file in sorted(path.rglob("*.json"))
        ]
        contents.sort(key=lambda content: content[1])
    else:
        contents = [(path, *item) for item in _object(path, load(path)).items()]
    if not contents:
        raise UserError(f"{path} holds no tasks.")
    tasks = tuple(_task(file, name, content) for file, name, content in contents)
    require_distinct(tasks)
    return tasks if solutions is None else _solved(tasks, solutions)


def load(path: pathlib.Path) -> Any:
    """The content of a JSON file.

    Raises:
      UserError: it cannot be read, is not JSON, or has a key twice in one object.
    """
    try:
        return json.loads(path.read_bytes(), object_pairs_hook=_without_duplicates)
    except FileNotFoundError as error:
        raise UserError(f"There is no file {path}.") from error
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}).") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is not sound JSON ({error}).") from error


def parse_grid(cells: Any) -> np.ndarray:
    """Turns rows of colours into uint8 `[rows columns]`.

    Raises:
      ValueError: what is wrong with them, without saying which grid it is: "has 31
        rows, more than 30".
    """
    if not isinstance(cells, list) or not all(isinstance(row, list) for row in cells):
        raise ValueError("is no list of rows")
    if not cells or not cells[0]:
        raise ValueError("is empty")
    for number, row in enumerate(cells, 1):
        if len(row) != len(cells[0]):
            raise ValueError(
                f"is no rectangle: the length of row 1 is {len(cells[0])}, that of "
                f"row {number} is {len(row)}"
            )
    for count, what in ((len(cells), "rows"), (len(cells[0]), "columns")):
        if count > MAX_SIZE:
            raise ValueError(f"has {count} {what}, more than {MAX_SIZE}")
    for number, row in enumerate(cells, 1):
        for column, colour in enumerate(row, 1):
            # True is an int to Python, but no colour.
            if type(colour) is not int or not 0 <= colour < COLOURS:
                raise ValueError(
                    f"holds {json.dumps(colour)[:40]} at row {number}, column "
                    f"{column}, where only whole numbers from 0 to {COLOURS - 1} may "
                    "stand"
                )
    return np.array(cells, np.uint8)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"{twice!r} stands twice in one object")
    return content


def _object(path: pathlib.Path, content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise UserError(f"{path} holds no object of tasks by id.")
    return content


def _task(file: pathlib.Path, name: str, content: Any) -> Task:
    # Pictures are called after their tasks.
    if not name or not name.isprintable() or "/" in name or "\\" in name:
        raise UserError(
            f"{file}, task {json.dumps(name)}: give it an id that can be part of a "
            "file's name, of one printable character or more and without slashes."
        )
    where = f"{file}, task {name}"
    if not isinstance(content, dict):
        raise UserError(f'{where}: is no object with "train" and "test".')
    demonstrations = _pairs(where, content, "train", "demonstration")
    tests = _pairs(where, content, "test", "test")
    for number, pair in enumerate(demonstrations, 1):
        if pair.output is None:
            raise UserError(f"{where}, demonstration {number}: there is no output.")
    unknown = [n for n, pair in enumerate(tests, 1) if pair.output is None]
    if 0 < len(unknown) < len(tests):
        raise UserError(
            f"{where}, test {unknown[0]}: there is no output, though other tests of "
            "the task have theirs."
        )
    return Task(name, demonstrations, tests, str(file))


def _pairs(
    where: str, content: dict[str, Any], key: str, noun: str
) -> tuple[Pair, ...]:
    pairs = content.get(key)
    if not isinstance(pairs, list) or not pairs:
        raise UserError(f"{where}: there are no {noun} pairs (key {key!r}).")
    parsed = []
    for number, pair in enumerate(pairs, 1):
        here = f"{where}, {noun} {number}"
        if not isinstance(pair, dict) or "input" not in pair:
            raise UserError(f"{here}: there is no input.")
        output = pair.get("output")
        parsed.append(
            Pair(
                _grid(here, "input", pair["input"]),
                None if output is None else _grid(here, "output", output),
            )
        )
    return tuple(parsed)


def _grid(where: str, name: str, cells: Any) -> np.ndarray:
    try:
        return parse_grid(cells)
    except ValueError as error:
        raise UserError(f"{where}: the {name} {error}.") from error


def _solved(tasks: tuple[Task, ...], path: pathlib.Path) -> tuple[Task, ...]:
    """The tasks with the outputs that a file of solutions has for them."""
    solutions = _object(path, load(path))
    by_id = {task.id: task for task in tasks}
    for name, grids in solutions.items():
        where = f"{path}, task {name}"
        if name not in by_id:
            raise UserError(f"{where}: {tasks[0].file} holds no such task.")
        task = by_id[name]
        if not isinstance(grids, list) or len(grids) != len(task.tests):
            given = len(grids) if isinstance(grids, list) else "no list"
            raise UserError(
                f"{where}: give an output for each test, {len(task.tests)} in all, "
                f"instead of {given}."
            )
        tests = []
        for number, (test, cells) in enumerate(zip(task.tests, grids, strict=True), 1):
            output = _grid(f"{where}, test {number}", "output", cells)
            if test.output is not None and not np.array_equal(test.output, output):
                raise UserError(
                    f"{where}, test {number}: {task.file} gives another output."
                )
            tests.append(test._replace(output=output))
        by_id[name] = task._replace(tests=tuple(tests))
    return tuple(by_id.values())
