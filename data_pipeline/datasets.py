"""Data sets by config: prepared on first use, read back afterwards."""

from __future__ import annotations

import dataclasses
import hashlib
import pathlib
from typing import NamedTuple

from data_pipeline import disjoint, fetch, sudoku_csv
from data_pipeline.loader import Source
from data_pipeline.schema import BoardShape, Puzzles, UserError

DATASETS = ("generated", "sudoku_extreme")
NUM_PUZZLES = 1
"""Rows that the puzzle table needs: all Sudokus share one."""

_LARGEST_BOARD = 12


@dataclasses.dataclass(frozen=True)
class DataConfig:
    """Attributes:
    dataset: of `DATASETS`.
    directory: where prepared sets and downloads live.
    box_rows, box_cols: the board.
    min_blanks, max_blanks: of generated puzzles.
    num_train, num_test: puzzles; 0 takes all that a CSV file has.
    seed: of the generator, or of the draw from a CSV file.
    train_csv, test_csv: files in the format of Sudoku-Extreme; empty takes the fetched.
    augment: show each training puzzle under a random symmetry every time.
    """

    dataset: str
    directory: str
    box_rows: int
    box_cols: int
    min_blanks: int
    max_blanks: int
    num_train: int
    num_test: int
    seed: int
    train_csv: str
    test_csv: str
    augment: bool

    def __post_init__(self):
        if self.dataset not in DATASETS:
            raise UserError(
                f"data.dataset is {self.dataset!r}, but it must be one of "
                f"{', '.join(DATASETS)}."
            )
        for name in ("box_rows", "box_cols"):
            if getattr(self, name) < 1 or not 2 <= self.shape.size <= _LARGEST_BOARD:
                raise UserError(
                    f"data.{name} is {getattr(self, name)}, but box_rows * box_cols "
                    f"must be between 2 and {_LARGEST_BOARD}."
                )
        least = 1 if self.dataset == "generated" else 0
        for name in ("num_train", "num_test"):
            if getattr(self, name) < least:
                raise UserError(
                    f"data.{name} is {getattr(self, name)}, but it must be at least "
                    f"{least}."
                )
        if not 0 <= self.min_blanks <= self.max_blanks <= self.shape.cells:
            raise UserError(
                f"data.min_blanks is {self.min_blanks} and data.max_blanks is "
                f"{self.max_blanks}, but both must lie between 0 and "
                f"{self.shape.cells}, in this order."
            )

    @property
    def shape(self) -> BoardShape:
        return BoardShape(self.box_rows, self.box_cols)


class Dataset(NamedTuple):
    """Attributes:
    train, test: random access to "inputs", "labels" and "rating".
    num_puzzles: rows that the puzzle table needs; all Sudokus share one.
    """

    train: Source
    test: Source
    num_puzzles: int


def prepare(config: DataConfig) -> Dataset:
    """Opens a data set; the first time, makes it, which is atomic.

    Raises:
      UserError: files are missing or malformed, or the puzzles cannot be made.
    """
    from data_pipeline import builders  # seconds, which a user's mistake need not wait

    shape = config.shape
    board = f"{config.box_rows}x{config.box_cols}"
    if config.dataset == "generated":
        builder = builders.GeneratedSudoku
        recipe = (
            f"boxes_{board}-blanks_{config.min_blanks}_to_{config.max_blanks}"
            f"-train_{config.num_train}-test_{config.num_test}-seed_{config.seed}"
        )
        sources = {}

        def splits() -> dict[str, Puzzles]:
            return disjoint.generate_splits(
                shape,
                (config.num_train, config.num_test),
                (config.min_blanks, config.max_blanks),
                config.seed,
            )
    else:
        builder = builders.SudokuExtreme
        files = {"train": _csv(config, "train"), "test": _csv(config, "test")}
        counts = {"train": config.num_train, "test": config.num_test}
        sources = {str(path): fetch.sha256_of(path) for path in files.values()}
        contents = hashlib.sha256("".join(sources.values()).encode()).hexdigest()
        recipe = (
            f"boxes_{board}-train_{counts['train'] or 'all'}"
            f"-test_{counts['test'] or 'all'}-seed_{config.seed}-files_{contents[:16]}"
        )

        def splits() -> dict[str, Puzzles]:
            return {
                name: sudoku_csv.read(path, shape, counts[name], config.seed)
                for name, path in files.items()
            }

    opened = builders.open_or_make(
        builder,
        builders.SudokuConfig(name=recipe, shape=shape, splits=splits, sources=sources),
        pathlib.Path(config.directory),
    )
    return Dataset(*opened, num_puzzles=NUM_PUZZLES)


def _csv(config: DataConfig, split: str) -> pathlib.Path:
    given = getattr(config, f"{split}_csv")
    path = pathlib.Path(
        given or fetch.local_path(config.directory, config.dataset, split)
    )
    if not path.is_file():
        hint = (
            "set it to an existing file"
            if given
            else f"run `python main.py fetch {config.dataset}`, or set data.{split}_csv"
        )
        raise UserError(f"The {split} puzzles are missing ({path}): {hint}.")
    return path
