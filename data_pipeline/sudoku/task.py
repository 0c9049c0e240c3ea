"""Sudoku as a task: generated puzzles, or those of Sudoku-Extreme."""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Iterator, Sequence

import numpy as np

from data_pipeline import prepared, splits
from data_pipeline.config import DataConfig
from data_pipeline.puzzles import Puzzles
from data_pipeline.schema import Batch
from data_pipeline.splits import Reader
from data_pipeline.sudoku import codec, disjoint, rules, sudoku_csv
from data_pipeline.sudoku.generator import generate
from data_pipeline.sudoku.schema import BLANK, vocab_size
from data_pipeline.sudoku.symmetries import Symmetries, apply, random_symmetries
from data_pipeline.task import Dataset, Dimensions


class SudokuTask:
    """See `Boards`."""

    def __init__(self, config: DataConfig):
        self._config = config
        self.shape = config.board

    @property
    def dimensions(self) -> Dimensions:
        shape = self.shape
        boxes = shape.box_rows, shape.box_cols
        # All Sudokus share one row of the puzzle table.
        return Dimensions(vocab_size(shape), shape.cells, 1, *boxes)

    @property
    def name(self) -> str:
        return f"{self.shape.size}x{self.shape.size} Sudoku"

    @property
    def notation(self) -> str:
        return "row by row, with . for a blank"

    def files(self) -> dict[str, pathlib.Path]:
        return prepared.csv_files(self._config)

    def checksums(self) -> dict[str, str]:
        return prepared.csv_checksums(self._config)

    def prepare(self) -> Dataset:
        from data_pipeline import builders  # seconds; a user's mistake need not wait

        config, shape = self._config, self.shape
        boxes = f"boxes_{shape.box_rows}x{shape.box_cols}"
        if config.dataset == "generated":
            blanks = f"blanks_{config.min_blanks}_to_{config.max_blanks}"
            return prepared.from_generator(
                config, builders.GeneratedSudoku, f"{boxes}-{blanks}", self._generate
            )
        sound = functools.partial(sudoku_csv.require_one_solution, shape=shape)
        return prepared.from_files(
            config,
            builders.SudokuExtreme,
            boxes,
            Reader(sudoku_csv.kind(shape), self.shared, sound),
        )

    def shared(self, puzzles: Puzzles, others: Puzzles) -> Iterator[tuple[int, int]]:
        return disjoint.shared(puzzles, others, self.shape)

    def draw(self, count: int, rng: np.random.Generator) -> Symmetries:
        return random_symmetries(self.shape, count, rng)

    def show(self, drawn: Symmetries, inputs: np.ndarray, labels: np.ndarray) -> Batch:
        ids = np.zeros(len(inputs), np.int32)
        return Batch(apply(drawn, inputs), apply(drawn, labels), ids)

    def clean(self, text: str) -> str:
        return "" if text.startswith("#") else "".join(text.split())

    def encode(self, boards: Sequence[str]) -> np.ndarray:
        return codec.encode(boards, self.shape)

    def decode(self, tokens: np.ndarray) -> list[str]:
        return codec.decode(tokens, self.shape)

    def contradiction(self, inputs: np.ndarray) -> str | None:
        return rules.conflict(inputs, self.shape)

    def flaw(self, inputs: np.ndarray, answer: np.ndarray) -> str | None:
        changed = (inputs != BLANK) & (answer != inputs)
        for what, cells in (("changes the clue", changed), ("fails", answer <= BLANK)):
            if cells.any():
                row, column = divmod(int(cells.argmax()), self.shape.size)
                return f"it {what} at row {row + 1}, column {column + 1}"
        return rules.conflict(answer, self.shape)

    def _generate(self) -> dict[str, Puzzles]:
        config = self._config
        blanks = config.min_blanks, config.max_blanks
        return splits.generate(
            lambda count: generate(self.shape, count, *blanks, config.seed),
            functools.partial(disjoint.first_of_each, shape=self.shape),
            config.counts,
            "choose smaller numbers, or more blanks",
        )
