"""Mazes as a task: generated ones, or those of Maze-Hard."""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Iterator, Sequence

import numpy as np

from data_pipeline import prepared, splits
from data_pipeline.config import DataConfig
from data_pipeline.maze import codec, maze_csv, paths, symmetries
from data_pipeline.maze.canonical import canonical_forms
from data_pipeline.maze.generator import generate
from data_pipeline.maze.schema import GOAL, START
from data_pipeline.maze.symmetries import Symmetries
from data_pipeline.puzzles import Puzzles
from data_pipeline.schema import Batch
from data_pipeline.splits import Reader
from data_pipeline.task import Dataset, Dimensions


class MazeTask:
    """See `Boards`."""

    def __init__(self, config: DataConfig):
        self._config = config
        self.shape = config.maze

    @property
    def dimensions(self) -> Dimensions:
        shape = self.shape
        boxes = _boxes(shape.rows) if shape.rows == shape.cols else (1, 1)
        # All mazes share one row of the puzzle table.
        return Dimensions(shape.vocab_size, shape.cells, 1, *boxes)

    @property
    def name(self) -> str:
        return f"{self.shape.rows}x{self.shape.cols} maze"

    @property
    def notation(self) -> str:
        return "row by row, # for a wall, a blank for an open cell, S and G"

    def files(self) -> dict[str, pathlib.Path]:
        return prepared.csv_files(self._config)

    def checksums(self) -> dict[str, str]:
        return prepared.csv_checksums(self._config)

    def prepare(self) -> Dataset:
        from data_pipeline import builders  # seconds; a user's mistake need not wait

        config, shape = self._config, self.shape
        size = f"size_{shape.rows}x{shape.cols}"
        if config.dataset == "generated_mazes":
            walls = f"walls_{config.min_walls:g}_to_{config.max_walls:g}"
            recipe = f"{size}-path_{config.min_path}-{walls}"
            return prepared.from_generator(
                config, builders.GeneratedMazes, recipe, self._generate
            )
        reader = Reader(maze_csv.kind(shape), self.shared, lambda table: None)
        return prepared.from_files(config, builders.MazeHard, size, reader)

    def draw(self, count: int, rng: np.random.Generator) -> Symmetries:
        return symmetries.random_symmetries(self.shape, count, rng)

    def show(self, drawn: Symmetries, inputs: np.ndarray, labels: np.ndarray) -> Batch:
        relabel = self._config.relabel
        shown = symmetries.show(drawn, inputs, labels, self.shape, relabel)
        return Batch(*shown, np.zeros(len(inputs), np.int32))

    def clean(self, text: str) -> str:
        return text.rstrip("\r\n")  # blanks are open cells

    def encode(self, boards: Sequence[str]) -> np.ndarray:
        return codec.encode(boards, self.shape)

    def decode(self, tokens: np.ndarray) -> list[str]:
        return codec.decode(tokens)

    def contradiction(self, inputs: np.ndarray) -> str | None:
        for character, token in (("S", START), ("G", GOAL)):
            found = int((inputs == token).sum())
            if found != 1:
                return f"it has {found} {character} instead of 1"
        if paths.lengths(inputs[None], self.shape)[0] == 0:
            return "no path leads from S to G"
        return None

    def flaw(self, inputs: np.ndarray, answer: np.ndarray) -> str | None:
        shape, one, other = self.shape, inputs[None], answer[None]
        if self.contradiction(inputs) or paths.valid_optimal(one, other, shape)[0]:
            return self.contradiction(inputs)
        if not paths.keeps_maze(one, other)[0]:
            return "it changes the maze"
        found = int(paths.marked_lengths(one, other, shape)[0])
        if not found:
            return "its path does not lead from S to G"
        shortest = int(paths.lengths(one, shape)[0])
        if found > shortest:
            return f"its path has {found} cells, but the shortest has {shortest}"
        return "it marks cells beside its path"

    def _generate(self) -> dict[str, Puzzles]:
        config = self._config
        walls = config.min_walls, config.max_walls
        return splits.generate(
            lambda count: generate(
                self.shape, count, config.min_path, walls, config.seed
            ),
            self._first_of_each,
            config.counts,
            "choose smaller numbers, or larger mazes",
        )

    def _first_of_each(self, puzzles: Puzzles) -> np.ndarray:
        names = canonical_forms(puzzles.inputs, self.shape)
        rows = {name: row for row, name in reversed(list(enumerate(names)))}
        return np.sort(np.array(list(rows.values()), int))

    def shared(self, puzzles: Puzzles, others: Puzzles) -> Iterator[tuple[int, int]]:
        ours, theirs = (
            canonical_forms(p.inputs, self.shape) for p in (puzzles, others)
        )
        rows = {name: row for row, name in enumerate(ours)}
        for other, name in enumerate(theirs):
            if name in rows:
                yield rows[name], other


@functools.cache
def _boxes(size: int) -> tuple[int, int]:
    """Rows and columns of boxes that are as square as they can be."""
    rows = max(r for r in range(1, int(size**0.5) + 1) if size % r == 0)
    return rows, size // rows
