"""Prepared sets of puzzles by config: made on first use, read back afterwards."""

from __future__ import annotations

import hashlib
import pathlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from data_pipeline import checksums, fetch, splits
from data_pipeline.config import GENERATED, DataConfig
from data_pipeline.puzzles import Puzzles
from data_pipeline.schema import UserError
from data_pipeline.splits import Reader
from data_pipeline.task import Dataset, Source

if TYPE_CHECKING:  # importing it takes seconds
    from data_pipeline.builders import PuzzleBuilder


def from_generator(
    config: DataConfig,
    builder: type[PuzzleBuilder],
    recipe: str,
    make: Callable[[], dict[str, Puzzles]],
) -> Dataset:
    """Opens a set of generated puzzles.

    Args:
      builder: whose set it is.
      recipe: names the set among those of the builder, with the counts and the seed.
      make: the splits.
    """
    counts = (
        f"train_{config.num_train}-validation_{config.num_validation}"
        f"-test_{config.num_test}"
    )
    name = f"{recipe}-{counts}-seed_{config.seed}"
    return _open(config, builder, name, make, sources={})


def from_files(
    config: DataConfig, builder: type[PuzzleBuilder], recipe: str, reader: Reader
) -> Dataset:
    """Opens a set of puzzles from the CSV files of `csv_files`."""
    files, sums = csv_files(config), csv_checksums(config)
    sources = {str(files[split]): sha256 for split, sha256 in sums.items()}
    contents = hashlib.sha256("".join(sources.values()).encode()).hexdigest()
    counts = (
        f"train_{config.num_train or 'all'}-validation_{config.num_validation}"
        f"-test_{config.num_test or 'all'}"
    )
    name = f"{recipe}-{counts}-seed_{config.seed}-files_{contents[:16]}"

    def make() -> dict[str, Puzzles]:
        return splits.read(files, config.counts, reader, config.seed)

    return _open(config, builder, name, make, sources)


def _open(
    config: DataConfig,
    builder: type[PuzzleBuilder],
    name: str,
    make: Callable[[], dict[str, Puzzles]],
    sources: dict[str, str],
) -> Dataset:
    from data_pipeline import builders

    recipe = builders.SetConfig(name=name, splits=make, sources=sources)
    directory = pathlib.Path(config.directory)
    opened = builders.open_or_make(builder, recipe, directory)
    nothing: Source = []
    return Dataset(
        opened["train"], opened.get("validation", nothing), opened["test"], sources
    )


def csv_files(config: DataConfig) -> dict[str, pathlib.Path]:
    """The files that the puzzles come from, by split; none for generated ones.

    Raises:
      UserError: one is missing.
    """
    if config.dataset in GENERATED:
        return {}
    files = {}
    for split in ("train", "validation", "test"):
        given = getattr(config, f"{split}_csv")
        if split == "validation" and not given:
            continue
        path = pathlib.Path(
            given or fetch.local_path(config.directory, config.dataset, split)
        )
        if not path.is_file():
            hint = (
                f"set data.{split}_csv to an existing file"
                if given
                else f"run `python main.py fetch {config.dataset}`, or set "
                f"data.{split}_csv"
            )
            raise UserError(f"The {split} puzzles are missing ({path}): {hint}.")
        files[split] = path
    return files


def csv_checksums(config: DataConfig) -> dict[str, str]:
    """SHA-256 of `csv_files`, by split.

    Raises:
      UserError: one is missing.
    """
    directory = pathlib.Path(config.directory)
    return {
        split: checksums.remembered_sha256(path, directory)
        for split, path in csv_files(config).items()
    }
