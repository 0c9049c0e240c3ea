"""Synthetic tasks as rows of a file, with all that grading needs."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

from data_pipeline.programs import generator, render, scenarios, values
from data_pipeline.programs.behaviour import Split
from data_pipeline.programs.scenarios import SCENARIOS, Scene
from data_pipeline.progress import OnProgress, silent
from data_pipeline.schema import UserError
from data_pipeline.text.special import LANGUAGES

FIELDS = {
    **{"id": str, "language": str, "scenario": str, "prompt": str, "response": str},
    **{"name": str, "types": list, "calls": list, "expected": list, "path": str},
    **{"before": str, "level": int, "fingerprint": str},
    **{"public_calls": list, "public_expected": list},
}
"""Of a row, with their types: `name` is the function's, `types` its parameters',
`calls` and `expected` are the hidden arguments and their results, as `values.written`
has them, `path` and `before` the file that is to be edited, if any. The arguments and
results of the public tests are no hidden ones; a prompt may show some of them, and a
search all."""
_PATIENCE = 200
"""Tasks without a new behaviour, or without a bug, in a row."""


def generate(
    split: Split,
    seed: int,
    count: int,
    wanted: Sequence[str] = ("write",),
    languages: Sequence[str] = LANGUAGES,
    level: int = 0,
    progress: OnProgress = silent,
    first: int = 0,
) -> Iterator[dict[str, Any]]:
    """Rows of tasks whose behaviours all differ, each task in every language.

    Args:
      count: of tasks.
      wanted: scenarios, taken in turn.
      languages: of each task.
      level: of difficulty; 0 for any.
      first: number of the first task in its split.

    Raises:
      UserError: there is no such split, scenario, language or level, a language is
        there twice, or there are not so many behaviours.
    """
    require(wanted, languages)
    seen: set[str] = set()
    index, idle = first, 0
    while len(seen) < count:
        task = generator.task(seed, split, index, level)
        index += 1
        idle += 1
        if idle > _PATIENCE:
            raise UserError(
                f"There are hardly more than {len(seen)} different behaviours of level "
                f"{level} in the {split} split: ask for fewer, or for another level."
            )
        scenario = wanted[len(seen) % len(wanted)]
        if task.fingerprint in seen:
            continue
        scenes = [scenarios.scene(task, scenario, language) for language in languages]
        found = [scene for scene in scenes if scene is not None]
        if len(found) < len(languages):
            continue
        seen.add(task.fingerprint)
        idle = 0
        progress(len(seen), count)
        yield from map(row, found)


def require(wanted: Sequence[str], languages: Sequence[str]) -> None:
    """Holds names to what there is.

    Raises:
      UserError: there is no such scenario or language, or a language is there twice,
        so that two rows of a task would be one.
    """
    for what, given, known in (
        ("scenario", wanted, SCENARIOS),
        ("language", languages, LANGUAGES),
    ):
        for name in given:
            if name not in known:
                listed = ", ".join(known)
                raise UserError(f"There is no {what} {name!r}: take {listed}.")
    for name in languages:
        if languages.count(name) > 1:
            raise UserError(f"The language {name!r} is there twice: name it once.")


def row(scene: Scene) -> dict[str, Any]:
    """A scene with hidden calls and their results."""
    task, language = scene.task, scene.example.language
    return {
        "id": f"{task.id}-{scene.scenario}-{language}",
        "language": language,
        "scenario": scene.scenario,
        "prompt": scene.example.prompt,
        "response": scene.example.response,
        "name": render.name(scene.function, language),
        "types": [param.type for param in scene.function.params],
        "calls": [list(case.args) for case in task.tests],
        "expected": [values.written(case.result) for case in task.tests],
        "path": scene.path,
        "before": scene.before,
        "level": task.level,
        "fingerprint": task.fingerprint,
        "public_calls": [list(case.args) for case in task.examples],
        "public_expected": [values.written(case.result) for case in task.examples],
    }


def renewed(results: Sequence[Any], place: str) -> list[str]:
    """Results of a task in a file, as they are written now.

    Earlier versions wrote a dictionary as a list of its pairs. Nothing else is a list
    of lists, and of one task not all dictionaries are empty.

    Args:
      place: where they stand, for the message.

    Raises:
      UserError: they are no results.
    """
    try:
        if any(text.startswith("[[") for text in results):
            return [values.written(dict(json.loads(text))) for text in results]
        return list(results)
    except (AttributeError, TypeError, ValueError) as error:
        raise UserError(
            f"{place}: the results are damaged ({error}): make the tasks again."
        ) from error


def save(rows: Sequence[dict[str, Any]], path: pathlib.Path) -> None:
    """Writes rows, one a line, to be read by `benchmark.load`."""
    path.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
