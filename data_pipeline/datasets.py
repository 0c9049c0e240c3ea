"""Data sets by config: prepared on first use, read back afterwards."""

from __future__ import annotations

import dataclasses
import hashlib
import pathlib
from typing import NamedTuple

from data_pipeline import checksums, csv_splits, disjoint, fetch
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
    num_validation: puzzles, of neither; 0 for none.
    seed: of the generator, or of the draw from a CSV file.
    train_csv, test_csv: files in the format of Sudoku-Extreme; empty takes the fetched.
    validation_csv: another one; empty takes rows that are left of the training file.
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
    num_validation: int
    seed: int
    train_csv: str
    test_csv: str
    validation_csv: str
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
        for name, at_least in (
            ("num_train", least),
            ("num_test", least),
            ("num_validation", 1 if self.validation_csv else 0),
        ):
            if getattr(self, name) < at_least:
                raise UserError(
                    f"data.{name} is {getattr(self, name)}, but it must be at least "
                    f"{at_least}."
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
    train, validation, test: random access to "inputs", "labels" and "rating"; of
      validation there may be none.
    num_puzzles: rows that the puzzle table needs; all Sudokus share one.
    """

    train: Source
    validation: Source
    test: Source
    num_puzzles: int


def prepare(config: DataConfig) -> Dataset:
    """Opens a data set; the first time, makes it, which is atomic.

    Raises:
      UserError: files are missing or malformed, or the puzzles cannot be made.
    """
    from data_pipeline import builders  # seconds, which a user's mistake need not wait

    shape, directory = config.shape, pathlib.Path(config.directory)
    board = f"{config.box_rows}x{config.box_cols}"
    if config.dataset == "generated":
        builder = builders.GeneratedSudoku
        recipe = (
            f"boxes_{board}-blanks_{config.min_blanks}_to_{config.max_blanks}"
            f"-train_{config.num_train}-validation_{config.num_validation}"
            f"-test_{config.num_test}-seed_{config.seed}"
        )
        sources = {}

        def splits() -> dict[str, Puzzles]:
            return disjoint.generate_splits(
                shape,
                {
                    "train": config.num_train,
                    "test": config.num_test,
                    "validation": config.num_validation,
                },
                (config.min_blanks, config.max_blanks),
                config.seed,
            )
    else:
        builder = builders.SudokuExtreme
        files = csv_files(config)
        counts = {
            "train": config.num_train,
            "validation": config.num_validation,
            "test": config.num_test,
        }
        sources = {
            str(path): checksums.remembered_sha256(path, directory)
            for path in files.values()
        }
        contents = hashlib.sha256("".join(sources.values()).encode()).hexdigest()
        recipe = (
            f"boxes_{board}-train_{counts['train'] or 'all'}"
            f"-validation_{counts['validation']}"
            f"-test_{counts['test'] or 'all'}-seed_{config.seed}-files_{contents[:16]}"
        )

        def splits() -> dict[str, Puzzles]:
            return csv_splits.read_splits(files, counts, shape, config.seed)

    opened = builders.open_or_make(
        builder,
        builders.SudokuConfig(name=recipe, shape=shape, splits=splits, sources=sources),
        directory,
    )
    nothing: dict[str, Source] = {"validation": []}
    return Dataset(**nothing | opened, num_puzzles=NUM_PUZZLES)


def csv_files(config: DataConfig) -> dict[str, pathlib.Path]:
    """The files that the puzzles come from, by split; none for generated ones.

    Raises:
      UserError: one is missing.
    """
    if config.dataset == "generated":
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
