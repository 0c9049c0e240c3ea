"""The CSV format of published puzzles: source, question, answer, rating."""

from __future__ import annotations

import contextlib
import csv
import itertools
import pathlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from data_pipeline.puzzles import Puzzles
from data_pipeline.schema import UserError

COLUMNS = ("question", "answer", "rating")
"""What is read; other columns may stand beside them."""

_BLOCK = 4096
"""Rows turned into arrays at once; as text they take ten times the memory."""

_Row = tuple[int, str, str, int]
"""Line number, question, answer, rating."""


class Kind(NamedTuple):
    """What there is to know about one kind of puzzle.

    Attributes:
      encode: turns boards as text into int32 `[n cells]`, or raises a ValueError that
        says what is wrong with the first bad one.
      flaws: of questions and answers `[n cells]`, one kind of flaw after another: bool
        `[n]`, who has it, and a clause that tells it of the first who has.
    """

    encode: Callable[[Sequence[str]], np.ndarray]
    flaws: Callable[[np.ndarray, np.ndarray], Iterable[tuple[np.ndarray, str]]]


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


def read(path: pathlib.Path, kind: Kind, count: int = 0, seed: int = 0) -> Table:
    """Reads puzzles without a flaw; see `read_with_spare`."""
    return read_with_spare(path, kind, count, 0, seed)[0]


def read_with_spare(
    path: pathlib.Path, kind: Kind, count: int, spare: int, seed: int
) -> tuple[Table, Table]:
    """Reads puzzles without a flaw, and up to `spare` more from what `count` leaves.

    Rows that are not drawn are counted only.

    Args:
      count: rows to draw at random, kept in the file's order; 0 reads them all.
      seed: of the draws.

    Raises:
      UserError: the file, or one of its rows, is malformed; the message names the line.
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
    table = _read_rows(path, kind, needed)
    return table.take(drawn[needed]), table.take(~drawn[needed])


@contextlib.contextmanager
def _opened(path: pathlib.Path) -> Iterator[tuple[Any, list[int]]]:
    """A `csv.reader` that stands behind the head, and the places of `COLUMNS`."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
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


def _read_rows(path: pathlib.Path, kind: Kind, needed: np.ndarray) -> Table:
    """The rows where `needed`, bool `[rows of the file]`, is true."""
    blocks = []
    with _opened(path) as (reader, places):
        # Bytes are true or false too, and cheap to go through.
        some = itertools.compress(filter(None, reader), needed.tobytes())
        rows = _parsed(path, reader, places, some)
        while block := list(itertools.islice(rows, _BLOCK)):
            lines, questions, answers, ratings = zip(*block, strict=True)
            inputs = _encode(path, lines, "question", questions, kind)
            labels = _encode(path, lines, "answer", answers, kind)
            for wrong, complaint in kind.flaws(inputs, labels):
                if wrong.any():
                    line = lines[wrong.argmax()]
                    raise UserError(f"{path}, line {line}: {complaint}.")
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
    kind: Kind,
) -> np.ndarray:
    try:
        return kind.encode(boards)
    except ValueError:
        for line, board in zip(lines, boards, strict=True):
            try:
                kind.encode([board])
            except ValueError as error:
                raise UserError(
                    f"{path}, line {line}: the {column} {error}."
                ) from error
        raise
