"""The CSV files of Sudoku-Extreme: boards that keep the rules, with one solution."""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Iterator

import numpy as np

from data_pipeline import codec, csv_table, rules
from data_pipeline.csv_table import Kind, Table
from data_pipeline.progress import Progress
from data_pipeline.schema import BLANK, BoardShape, UserError
from data_pipeline.solver import solve

_PROVED_AT_ONCE = 2048
"""Puzzles proved between two words on how far it is."""


def read(path: pathlib.Path, shape: BoardShape, count: int = 0, seed: int = 0) -> Table:
    """Reads puzzles whose answers keep the rules and the clues.

    Args:
      count: rows to draw at random, kept in the file's order; 0 reads them all.
      seed: of that draw.

    Raises:
      UserError: the file, or one of its rows, is malformed; the message names the line.
    """
    return read_with_spare(path, shape, count, 0, seed)[0]


def read_with_spare(
    path: pathlib.Path, shape: BoardShape, count: int, spare: int, seed: int
) -> tuple[Table, Table]:
    """Reads like `read`, and up to `spare` rows more, drawn from what `count` leaves.

    Rows that are not drawn are counted only.
    """
    kind = Kind(
        functools.partial(codec.encode, shape=shape),
        functools.partial(_flaws, shape=shape),
    )
    return csv_table.read_with_spare(path, kind, count, spare, seed)


def require_one_solution(table: Table, shape: BoardShape) -> None:
    """Proves that each answer is the only one, a millisecond or two for a hard puzzle.

    Raises:
      UserError: a puzzle has another solution too; the message names its line.
    """
    total = len(table.lines)
    with Progress(f"Proving {table.path.name}") as told:
        for start in range(0, total, _PROVED_AT_ONCE):
            block = table.puzzles.inputs[start : start + _PROVED_AT_ONCE]
            several = solve(block.astype(np.int32), shape).count > 1
            if several.any():
                line = table.lines[start + several.argmax()]
                raise UserError(
                    f"{table.path}, line {line}: the question has more than one "
                    "solution."
                )
            told(start + len(block), total)


def _flaws(
    inputs: np.ndarray, labels: np.ndarray, shape: BoardShape
) -> Iterator[tuple[np.ndarray, str]]:
    for column, boards in (("question", inputs), ("answer", labels)):
        broken = ~rules.valid(boards, shape)
        if broken.any():
            conflict = rules.conflict(boards[broken][0], shape)
            yield broken, f"the {column}'s {conflict}"
    yield (labels == BLANK).any(1), "the answer has a blank"
    differs = (inputs != BLANK) & (inputs != labels)
    yield differs.any(1), "the answer changes a digit of the question"
