"""Which puzzles a run is trained with: kept in its workdir beside the config.

The rows of the puzzle table belong to ARC tasks and augmentations by their order alone.
Were a file of tasks changed after the training, they would silently stand for others.
Of boards from files a run that goes on takes up its place in their rows, and is never
asked what it was trained on: both need the files as they were.
"""

from __future__ import annotations

import json
import pathlib
from typing import Any

from data_pipeline.arc.task import ArcTask
from data_pipeline.datasets import AnyTask, BoardTask
from data_pipeline.schema import UserError
from eval.atomic import write_json

PUZZLES_FILE = "puzzles.json"
_KINDS = {"sha256": str, "sources": dict, "files": dict}
"""The fields of that file, and their types."""


def save(task: AnyTask, workdir: pathlib.Path) -> None:
    """Writes down the puzzles that a run is trained with, if they have vectors.

    Raises:
      UserError: the workdir cannot be written to.
    """
    if isinstance(task, ArcTask):
        content = {"sha256": task.puzzles_sha256, "sources": task.all_sources()}
        write_json(workdir / PUZZLES_FILE, content)


def save_files(task: AnyTask, workdir: pathlib.Path) -> None:
    """Writes down the checksums of the files that a run on boards is trained with.

    Raises:
      UserError: the workdir cannot be written to.
    """
    if files := _files(task):
        write_json(workdir / PUZZLES_FILE, {"files": files})


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
    sha256, before = _read(path, "the ARC tasks", "sha256", "sources")
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


def require_same_files(task: AnyTask, workdir: pathlib.Path) -> None:
    """Refuses to go on with a run whose files of boards have changed since it began.

    Raises:
      UserError: they have changed, or the record is damaged.
    """
    if changed := changed_files(task, workdir):
        raise UserError(
            f"Since the run in {workdir} began, {' and '.join(changed)} changed, and "
            "its place in the rows would mean others: restore what was there, or begin "
            "in another --workdir with train.start_from."
        )


def changed_files(task: AnyTask, workdir: pathlib.Path) -> list[str]:
    """The files of boards for training that are others than when the run began.

    Args:
      task: of the run's config.

    Raises:
      UserError: the record is damaged.
    """
    path = workdir / PUZZLES_FILE
    if not path.exists() or not (files := _files(task)):
        return []
    (kept,) = _read(path, "the files of puzzles", "files")
    odd = [split for split, sha256 in files.items() if kept.get(split) != sha256]
    return [str(task.files()[split]) for split in odd]


def _files(task: AnyTask) -> dict[str, str]:
    """SHA-256 of those that training, and the choice of the best checkpoint, depend on,
    by split."""
    if not isinstance(task, BoardTask):
        return {}
    sums = task.checksums()
    return {split: sha256 for split, sha256 in sums.items() if split != "test"}


def _read(path: pathlib.Path, what: str, *names: str) -> list[Any]:
    """What is kept under these names.

    Args:
      what: it tells of, for people.
    """
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return [_KINDS[name](kept[name]) for name in names]
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path} is damaged ({error!r}): delete it, if {what} are still those of "
            "the training."
        ) from error
