"""The CSV files of Sudoku-Extreme: boards that keep the rules, with one solution."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from data_pipeline.csv_table import Kind, Table
from data_pipeline.progress import Progress
from data_pipeline.schema import BoardShape, UserError
from data_pipeline.sudoku import codec, rules
from data_pipeline.sudoku.schema import BLANK
from data_pipeline.sudoku.solver import solve

_PROVED_AT_ONCE = 2048
"""Puzzles proved between two words on how far it is."""


def kind(shape: BoardShape) -> Kind:
    """Boards that keep the rules, with answers that keep them and the clues."""
    return Kind(
        functools.partial(codec.encode, shape=shape),
        functools.partial(_flaws, shape=shape),
    )


def require_one_solution(table: Table, shape: BoardShape) -> None:
    """Proves that each answer is the only one, a millisecond or two for a hard puzzle.

    Raises:
      UserError: a puzzle has another solution too; the message names its line.
    """
    total = len(table.lines)
    with Progress(f"Proving {table.path.name}") as progress:
        for start in range(0, total, _PROVED_AT_ONCE):
            block = table.puzzles.inputs[start : start + _PROVED_AT_ONCE]
            several = solve(block.astype(np.int32), shape).count > 1
            if several.any():
                line = table.lines[start + several.argmax()]
                raise UserError(
                    f"{table.path}, line {line}: the question has more than one "
                    "solution."
                )
            progress(start + len(block), total)


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
