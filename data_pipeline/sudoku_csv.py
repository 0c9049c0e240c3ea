"""The CSV format of Sudoku-Extreme: source, question, answer, rating."""

from __future__ import annotations

import contextlib
import csv
import itertools
import pathlib
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from data_pipeline import codec, rules
from data_pipeline.progress import Progress
from data_pipeline.schema import BLANK, BoardShape, Puzzles, UserError
from data_pipeline.solver import solve

COLUMNS = ("question", "answer", "rating")
"""What is read; other columns may stand beside them."""

_BLOCK = 4096
"""Rows turned into arrays at once; as text they take ten times the memory."""

_PROVED_AT_ONCE = 2048
"""Puzzles proved between two words on how far it is."""

_Row = tuple[int, str, str, int]
"""Line number, question, answer, rating."""


class Table(NamedTuple):
    """Attributes:
    path: of the file.
    lines: int `[n]`: where each puzzle stands in it.
    puzzles: uint8 boards.
    """

    path: pathlib.Path
    lines: np.ndarray
    puzzles: Puzzles

    def take(self, rows: np.ndarray) -> Table:
        """Some of the rows, which an index or a mask chooses."""
        chosen = Puzzles(*(array[rows] for array in self.puzzles))
        return Table(self.path, self.lines[rows], chosen)


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
    with _opened(path) as (reader, _):
        total = sum(map(bool, reader))
    if not total:
        raise UserError(f"{path} holds no puzzles.")
    if count > total:
        raise UserError(
            f"{path} holds {total} puzzles, fewer than the {count} asked for."
        )
    drawn = np.full(total, not count)
    if count:
        rng = np.random.default_rng(seed)
        drawn[rng.choice(total, count, replace=False)] = True
    left = np.flatnonzero(~drawn)
    rng = np.random.default_rng([seed, 1])
    needed = drawn.copy()
    needed[rng.choice(left, min(spare, len(left)), replace=False)] = True
    table = _read_rows(path, shape, needed)
    return table.take(drawn[needed]), table.take(~drawn[needed])


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


@contextlib.contextmanager
def _opened(path: pathlib.Path) -> Iterator[tuple[Any, list[int]]]:
    """A `csv.reader` that stands behind the head, and the places of `COLUMNS`."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.reader(file)
            head = next(reader, [])
            missing = [column for column in COLUMNS if column not in head]
            if missing:
                raise UserError(
                    f"{path}, line 1: the column {missing[0]!r} is missing; the first "
                    f"line must name {', '.join(COLUMNS)}."
                )
            yield reader, [head.index(column) for column in COLUMNS]
    except FileNotFoundError as error:
        raise UserError(f"There is no file {path}.") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text ({error}).") from error
    except (OSError, csv.Error) as error:
        raise UserError(f"{path} cannot be read ({error}).") from error


def _read_rows(path: pathlib.Path, shape: BoardShape, needed: np.ndarray) -> Table:
    """The rows where `needed`, bool `[rows of the file]`, is true."""
    blocks = []
    with _opened(path) as (reader, places):
        # Bytes are true or false too, and cheap to go through.
        some = itertools.compress(filter(None, reader), needed.tobytes())
        rows = _parsed(path, reader, places, some)
        while block := list(itertools.islice(rows, _BLOCK)):
            lines, questions, answers, ratings = zip(*block, strict=True)
            inputs = _encode(path, lines, "question", questions, shape)
            labels = _encode(path, lines, "answer", answers, shape)
            _require_sound(path, lines, inputs, labels, shape)
            boards = inputs.astype(np.uint8), labels.astype(np.uint8)
            blocks.append((np.array(lines), *boards, np.array(ratings, np.int32)))
    lines, *puzzles = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    return Table(path, lines, Puzzles(*puzzles))


def _parsed(
    path: pathlib.Path, reader: Any, places: list[int], rows: Iterator[list[str]]
) -> Iterator[_Row]:
    for row in rows:
        if len(row) <= max(places):
            raise UserError(f"{path}, line {reader.line_num}: the row is cut short.")
        question, answer, rating = (row[place] for place in places)
        if not re.fullmatch("[0-9]{1,9}", rating):
            raise UserError(
                f"{path}, line {reader.line_num}: the rating is {rating!r}, but it "
                "must be a whole number of at most 9 digits."
            )
        yield reader.line_num, question, answer, int(rating)


def _encode(
    path: pathlib.Path,
    lines: tuple[int, ...],
    column: str,
    boards: tuple[str, ...],
    shape: BoardShape,
) -> np.ndarray:
    try:
        return codec.encode(boards, shape)
    except ValueError:
        for line, board in zip(lines, boards, strict=True):
            try:
                codec.encode([board], shape)
            except ValueError as error:
                raise UserError(
                    f"{path}, line {line}: the {column} {error}."
                ) from error
        raise


def _require_sound(
    path: pathlib.Path,
    lines: tuple[int, ...],
    inputs: np.ndarray,
    labels: np.ndarray,
    shape: BoardShape,
) -> None:
    def refuse(wrong: np.ndarray, complaint: str) -> None:
        if wrong.any():
            raise UserError(f"{path}, line {lines[wrong.argmax()]}: {complaint}.")

    for column, boards in (("question", inputs), ("answer", labels)):
        broken = ~rules.valid(boards, shape)
        if broken.any():
            refuse(broken, f"the {column}'s {rules.conflict(boards[broken][0], shape)}")
    refuse((labels == BLANK).any(1), "the answer has a blank")
    differs = (inputs != BLANK) & (inputs != labels)
    refuse(differs.any(1), "the answer changes a digit of the question")
