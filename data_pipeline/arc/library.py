"""The tasks of the files that a config names: prepared once, read back afterwards."""

from __future__ import annotations

import hashlib
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from data_pipeline import checksums, fetch
from data_pipeline.arc import files, records
from data_pipeline.arc.tasks import Task
from data_pipeline.schema import UserError

TRAINING, EVALUATION = "training", "evaluation"


class Origin(NamedTuple):
    """Attributes:
    tasks: a folder or a file, as `files.read` takes it.
    solutions: to its tests, or None.
    """

    tasks: pathlib.Path
    solutions: pathlib.Path | None

    @classmethod
    def of(cls, text: str, field: str) -> Origin:
        """Understands "tasks" or "tasks+solutions".

        Args:
          field: that holds it, for the message.

        Raises:
          UserError: there is no such file.
        """
        first, plus, second = text.rpartition("+")
        whole = pathlib.Path(text)
        apart = bool(plus) and not whole.exists()  # a name may hold a plus
        origin = (
            cls(pathlib.Path(first), pathlib.Path(second))
            if apart
            else cls(whole, None)
        )
        for path in origin.paths:
            if not path.exists():
                known = [name for name in fetch.ARCHIVES if name in path.parts]
                get = f"run `python main.py fetch {known[0]}`, or " if known else ""
                raise UserError(
                    f"{field} names {path}, which is not there: {get}set it to folders "
                    "or JSON files of ARC tasks, each perhaps followed by + and a file "
                    "of solutions, with commas between them."
                )
        return origin

    @property
    def paths(self) -> tuple[pathlib.Path, ...]:
        return tuple(path for path in self if path is not None)


def origins(named: Mapping[str, Sequence[str]]) -> dict[str, list[Origin]]:
    """Where the tasks of each split come from.

    Args:
      named: what the config says, by split.

    Raises:
      UserError: a file is missing.
    """
    return {
        split: [Origin.of(text, f"data.arc_{split}") for text in texts]
        for split, texts in named.items()
    }


def sources(
    where: Mapping[str, Sequence[Origin]], directory: pathlib.Path
) -> dict[str, dict[str, str]]:
    """The SHA-256 of every file, or of what a folder holds, by split and path.

    Args:
      directory: see `checksums.remembered_sha256`.
    """
    return {
        split: {
            str(path): _sha256(path, directory)
            for origin in given
            for path in origin.paths
        }
        for split, given in where.items()
    }


def read(given: Sequence[Origin]) -> tuple[Task, ...]:
    """The tasks of files, straight from them.

    Raises:
      UserError: a file is malformed.
    """
    return tuple(task for origin in given for task in files.read(*origin))


def tasks(
    where: Mapping[str, Sequence[Origin]], directory: pathlib.Path
) -> dict[str, tuple[Task, ...]]:
    """The tasks of each split, in the order of their files.

    Raises:
      UserError: a file is malformed, or the prepared set cannot be written or read.
    """
    from data_pipeline import builders  # seconds; a user's mistake need not wait
    from data_pipeline.arc.builder import ArcTasks

    known = sources(where, directory)
    contents = hashlib.sha256(json.dumps(known).encode()).hexdigest()

    def make() -> dict[str, tuple[Task, ...]]:
        # TensorFlow Datasets has no empty splits.
        return {split: read(given) for split, given in where.items() if given}

    config = builders.SetConfig(
        name=f"files_{contents[:16]}",
        splits=make,
        sources={
            path: sha for by_path in known.values() for path, sha in by_path.items()
        },
    )
    found = builders.open_or_make(ArcTasks, config, directory)
    return {
        split: tuple(map(records.decode, found[split])) if split in found else ()
        for split in where
    }


def _sha256(path: pathlib.Path, directory: pathlib.Path) -> str:
    if not path.is_dir():
        return checksums.remembered_sha256(path, directory)
    parts = [
        f"{file.relative_to(path)} {checksums.sha256_of(file)}\n"
        for file in sorted(path.rglob("*.json"))
    ]
    return hashlib.sha256("".join(parts).encode()).hexdigest()
