"""Splits that share no puzzle, not even up to symmetry."""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from data_pipeline import csv_table
from data_pipeline.csv_table import Kind, Table
from data_pipeline.puzzles import Puzzles
from data_pipeline.schema import UserError

_PATIENCE = 4
"""Draws without enough that is new, after which the puzzles are said to run out."""


def generate(
    make: Callable[[int], Puzzles],
    first_of_each: Callable[[Puzzles], np.ndarray],
    counts: Mapping[str, int],
    hint: str,
) -> dict[str, Puzzles]:
    """Generates puzzles and divides them into splits.

    No puzzle is a symmetry of another one, within a split or across. A split does not
    depend on those after it.

    Args:
      make: so many puzzles; those that come first stay when it makes more.
      first_of_each: rows of the puzzles that are no symmetry of an earlier one.
      counts: of the puzzles of each split; one of 0 is left out.
      hint: what the user may do where there are too few different puzzles.

    Raises:
      UserError: there are not so many different puzzles, or they cannot be found.
    """
    wanted = sum(counts.values())
    made = wanted
    for _ in range(_PATIENCE):
        puzzles = make(made)
        different = first_of_each(puzzles)
        if len(different) >= wanted:
            break
        made *= 2
    else:
        raise UserError(
            f"Among {made // 2} puzzles only {len(different)} were different up to "
            f"symmetry, fewer than {' + '.join(f'data.num_{name}' for name in counts)} "
            f"= {wanted}: {hint}."
        )
    parts = np.split(different[:wanted], np.cumsum(list(counts.values()))[:-1])
    return {
        name: Puzzles(*(array[rows] for array in puzzles))
        for name, rows in zip(counts, parts, strict=True)
        if len(rows)
    }


class Reader(NamedTuple):
    """How a kind of puzzle is read from CSV files.

    Attributes:
      kind: of the puzzles in a file.
      shared: rows of two sets of puzzles that are symmetries of each other.
      require_sound: raises a UserError for what is too dear to find while reading.
    """

    kind: Kind
    shared: Callable[[Puzzles, Puzzles], Iterator[tuple[int, int]]]
    require_sound: Callable[[Table], None]


def read(
    files: Mapping[str, pathlib.Path],
    counts: Mapping[str, int],
    reader: Reader,
    seed: int,
) -> dict[str, Puzzles]:
    """Reads the splits, and tells on standard error of rows that stand there twice.

    Args:
      files: of "train", "test" and perhaps "validation". Without the last, rows of the
        first that are not drawn serve, less those that are symmetries of a puzzle of
        another split; where none is left, there is no such split.
      counts: rows to draw for each split; 0 takes all, but none for "validation".
      seed: of the draws.

    Raises:
      UserError: a file is malformed, or two files share a puzzle.
    """

    def rows_of(split: str, spare: int = 0) -> tuple[Table, Table]:
        return csv_table.read_with_spare(
            files[split], reader.kind, counts[split], spare, seed
        )

    apart = "validation" in files
    train, validation = rows_of("train", 0 if apart else counts["validation"])
    test, _ = rows_of("test")
    _require_disjoint(train, test, reader)
    if apart:
        validation, _ = rows_of("validation")
        _require_disjoint(train, validation, reader)
        _require_disjoint(validation, test, reader)
    else:
        validation = _without(_without(validation, train, reader), test, reader)
    tables = {"train": train, "validation": validation, "test": test}
    for table in tables.values():
        reader.require_sound(table)
        _tell_repeated(table)
    return {name: t.puzzles for name, t in tables.items() if len(t.lines)}


def _tell_repeated(table: Table) -> None:
    """Rows that stand twice may be meant so, as by weight: they are kept."""
    boards = np.ascontiguousarray(table.puzzles.inputs)
    # As bytes rows are sorted ten times as fast as cell by cell (`axis=0`).
    rows = boards.view(np.dtype((np.void, boards.itemsize * boards.shape[1])))
    count = len(rows)
    if repeated := count - len(np.unique(rows)):
        print(
            f"{table.path}: {repeated:,} of {count:,} rows repeat the question of an "
            "earlier one, and are kept.",
            file=sys.stderr,
        )


def _require_disjoint(table: Table, other: Table, reader: Reader) -> None:
    for row, other_row in reader.shared(table.puzzles, other.puzzles):
        raise UserError(
            f"{other.path}, line {other.lines[other_row]}, holds the puzzle of "
            f"{table.path}, line {table.lines[row]}, or a symmetry of it: remove one "
            "of the two, since they would be in different splits."
        )


def _without(table: Table, other: Table, reader: Reader) -> Table:
    """The rows of `table` that are no symmetry of one of `other`."""
    kept = np.ones(len(table.lines), bool)
    kept[[row for row, _ in reader.shared(table.puzzles, other.puzzles)]] = False
    return table.take(kept)
