"""The corpora that a run of text has learned from, with those that it began with.

A run keeps their recipes (`Origin.recipe`) in its record; None stands for one of an
earlier version, which kept none, and of whose data nobody knows.
"""

from __future__ import annotations

import contextlib
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from configs import Config
from data_pipeline.schema import UserError
from data_pipeline.text.task import TextTask
from hrm_jax import saved_config
from hrm_jax.text import learned

KEY = "corpora"
"""In the record."""
_Recipe = Mapping[str, Any]


def of_data(
    task: TextTask, workdir: pathlib.Path, config: Config
) -> list[_Recipe | None]:
    """Of a run that begins with these data, or goes on with them."""
    if (workdir / learned.RECORD).exists():
        return of_run(workdir)
    own = [task.recipe] if config.data.dataset == "corpus" else []
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


def told_of(workdir: pathlib.Path, digests: Mapping[str, str]) -> Sequence[str]:
    """Whether the corpora of the run were held against a benchmark; nothing where it
    has learned from none.

    Args:
      digests: SHA-256 of the benchmark's file, by its name.
    """
    recipes = of_run(workdir)
    if not recipes:
        return ()
    name = ", ".join(digests)
    known = [recipe for recipe in recipes if recipe is not None]
    kept_out = [
        {sha256 for _, sha256 in recipe.get("kept_out", [None])[1:]} for recipe in known
    ]
    if not all(set(digests.values()) <= some for some in kept_out):
        told = (
            f"was not held against {name} and may hold its problems (data.kept_out "
            "leaves them out)"
        )
    elif len(known) < len(recipes):
        told = f"may hold problems of {name}: an earlier version kept no record of it"
    else:
        told = f"was held against {name} (data.kept_out)"
    return (f"The corpus that the run learned from {told}.",)


def _recorded(run: pathlib.Path) -> list[_Recipe | None] | None:
    try:
        return json.loads((run / learned.RECORD).read_text(encoding="utf-8"))[KEY]
    except (OSError, ValueError, KeyError, TypeError):
        return None
