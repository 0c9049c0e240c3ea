"""What the puzzle vectors of a run stand for: kept in its workdir beside the config.

The rows of the table belong to ARC tasks and augmentations by their order alone. Were a
file of tasks changed after the training, they would silently stand for others.
"""

from __future__ import annotations

import json
import pathlib

from data_pipeline.arc.task import ArcTask
from data_pipeline.datasets import AnyTask
from data_pipeline.schema import UserError
from eval.atomic import write_json

PUZZLES_FILE = "puzzles.json"


def save(task: AnyTask, workdir: pathlib.Path) -> None:
    """Keeps it, of a task that has puzzle vectors.

    Raises:
      UserError: the workdir cannot be written to.
    """
    if isinstance(task, ArcTask):
        content = {"sha256": task.puzzles_sha256, "sources": task.all_sources()}
        write_json(workdir / PUZZLES_FILE, content)


def require_same(task: AnyTask, workdir: pathlib.Path) -> None:
    """Does the config of the run still speak of the puzzles that it was trained with?

    Nothing is known of a run that was made before this was kept.

    Args:
      task: of that config.

    Raises:
      UserError: files of tasks have changed since, so that ids mean other puzzles.
    """
    path = workdir / PUZZLES_FILE
    if not isinstance(task, ArcTask) or not path.exists():
        return
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        sha256, before = kept["sha256"], dict(kept["sources"])
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path} is damaged ({error!r}): delete it, if the ARC tasks are still "
            "those of the training."
        ) from error
    if sha256 == task.puzzles_sha256:
        return
    changed = [
        name for name, sha in task.all_sources().items() if before.get(name) != sha
    ]
    culprit = ", ".join(changed) or "the way in which ARC tasks are augmented"
    raise UserError(
        f"Since the run in {workdir} was trained, {culprit} changed, and its puzzle "
        "vectors would stand for other tasks: restore what was there, or train in "
        "another --workdir."
    )
