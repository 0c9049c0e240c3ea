"""Splits from CSV files that share no puzzle, not even up to symmetry."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping

import numpy as np

from data_pipeline import disjoint, sudoku_csv
from data_pipeline.csv_table import Table
from data_pipeline.schema import BoardShape, Puzzles, UserError


def read_splits(
    files: Mapping[str, pathlib.Path],
    counts: Mapping[str, int],
    shape: BoardShape,
    seed: int,
) -> dict[str, Puzzles]:
    """Reads the splits, each puzzle proved to have one solution.

    Args:
      files: of "train", "test" and perhaps "validation". Without the last, rows of the
        first that are not drawn serve, less those that are symmetries of a puzzle of
        another split; where none is left, there is no such split.
      counts: rows to draw for each split; 0 takes all, but none for "validation".
      seed: of the draws.

    Raises:
      UserError: a file is malformed, or two files share a puzzle.
    """
    apart = "validation" in files
    train, validation = sudoku_csv.read_with_spare(
        files["train"],
        shape,
        counts["train"],
        0 if apart else counts["validation"],
        seed,
    )
    test = sudoku_csv.read(files["test"], shape, counts["test"], seed)
    _require_disjoint(train, test, shape)
    if apart:
        validation = sudoku_csv.read(
            files["validation"], shape, counts["validation"], seed
        )
        _require_disjoint(train, validation, shape)
        _require_disjoint(validation, test, shape)
    else:
        validation = _without(_without(validation, train, shape), test, shape)
    tables = {"train": train, "validation": validation, "test": test}
    for table in tables.values():
        sudoku_csv.require_one_solution(table, shape)
    return {name: t.puzzles for name, t in tables.items() if len(t.lines)}


def _require_disjoint(table: Table, other: Table, shape: BoardShape) -> None:
    for row, other_row in disjoint.shared(table.puzzles, other.puzzles, shape):
        raise UserError(
            f"{other.path}, line {other.lines[other_row]}, holds the puzzle of "
            f"{table.path}, line {table.lines[row]}, or a symmetry of it: remove one "
            "of the two, since they would be in different splits."
        )


def _without(table: Table, other: Table, shape: BoardShape) -> Table:
    """The rows of `table` that are no symmetry of one of `other`."""
    kept = np.ones(len(table.lines), bool)
    kept[[row for row, _ in disjoint.shared(table.puzzles, other.puzzles, shape)]] = (
        False
    )
    return table.take(kept)
