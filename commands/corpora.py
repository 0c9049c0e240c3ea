"""The corpora that a run of text has learned from, with those that it began with.

A run keeps their recipes (`Origin.recipe`) in its record; None stands for one of an
earlier version, which kept none, and of whose data nobody knows.
"""

from __future__ import annotations

import contextlib
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from configs import Config
from data_pipeline import checksums
from data_pipeline.schema import UserError
from hrm_jax import saved_config
from hrm_jax.text import learned

if TYPE_CHECKING:
    from data_pipeline.text.task import TextTask  # with the library of tokenizers

KEY = "corpora"
"""In the record."""
_UNPACKED = "kept_out_unpacked"
"""In a recipe of the record, which the task's own has not: SHA-256 of what each file of
`data.kept_out` holds. Earlier versions kept those of the files, gzipped or not, alone.
"""
_Recipe = Mapping[str, Any]


def of_data(
    task: TextTask, workdir: pathlib.Path, config: Config
) -> list[_Recipe | None]:
    """Of a run that begins with these data, or goes on with them."""
    if (workdir / learned.RECORD).exists():
        return of_run(workdir)
    own: list[_Recipe | None] = []
    if config.data.dataset == "corpus":
        kept_out = map(pathlib.Path, config.data.kept_out)
        unpacked = [checksums.unpacked_sha256(path) for path in kept_out]
        own = [{**task.recipe, _UNPACKED: unpacked}]
    before = config.train.start_from
    return [*own, *(of_run(pathlib.Path(before)) if before else ())]


def of_run(workdir: pathlib.Path) -> list[_Recipe | None]:
    """Of the run in a workdir, as far as those that it began with can be read."""
    found: list[_Recipe | None] = []
    with contextlib.suppress(UserError):  # one of them is of another version
        for run, config in saved_config.lineage(workdir):
            recorded = _recorded(run)
            if recorded is not None:  # with what it began with
                return [*found, *recorded]
            if config.data.dataset == "corpus":
                found.append(None)
    return found


def seen_before(workdir: pathlib.Path) -> str | None:
    """A sentence where the run may have learned from test files of a corpus."""
    if None not in of_run(workdir):
        return None
    return (
        f"The run in {workdir} learned from a corpus that an earlier version divided "
        "otherwise: nobody knows which of the test files it has seen."
    )


def told_of(workdir: pathlib.Path, data: pathlib.Path) -> Sequence[str]:
    """Whether the corpora of the run were checked against a benchmark; nothing where it
    has learned from none.

    Args:
      data: the benchmark's file, or a folder of its files.
    """
    recipes = of_run(workdir)
    if not recipes:
        return ()
    known = [recipe for recipe in recipes if recipe is not None]
    kept_out = [_kept_out(recipe) for recipe in known]
    one = data.is_file()
    files = [data] if one else [file for file in data.rglob("*") if file.is_file()]
    digests = [
        {checksums.unpacked_sha256(file), checksums.sha256_of(file)} for file in files
    ]
    name = data.name if one else f"{data.name}/"
    if any(some.isdisjoint(each) for some in kept_out for each in digests):
        told = f"was not held against {name} and may hold its problems"
        told += " (data.kept_out leaves them out)" if one else ""
    elif len(known) < len(recipes):
        told = f"may hold problems of {name}: an earlier version kept no record of it"
    else:
        told = f"was held against {name} (data.kept_out)"
    return (f"The corpus that the run learned from {told}.",)


def _kept_out(recipe: _Recipe) -> set[str]:
    """SHA-256 of the files that a corpus was checked against, and of what they hold."""
    of_files = {sha256 for _, sha256 in recipe.get("kept_out", [None])[1:]}
    return of_files.union(recipe.get(_UNPACKED, ()))


def _recorded(run: pathlib.Path) -> list[_Recipe | None] | None:
    try:
        return json.loads((run / learned.RECORD).read_text(encoding="utf-8"))[KEY]
    except (OSError, ValueError, KeyError, TypeError):
        return None
