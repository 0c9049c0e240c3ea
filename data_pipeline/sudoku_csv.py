"""The CSV format of Sudoku-Extreme: source, question, answer, rating."""

from __future__ import annotations

import csv
import pathlib
import re
import time
from collections.abc import Iterator

import numpy as np

from data_pipeline import codec, rules
from data_pipeline.schema import BLANK, BoardShape, Puzzles, UserError
from data_pipeline.solver import solve

COLUMNS = ("question", "answer", "rating")
"""What is read; other columns may stand beside them."""

_PROVED_AT_ONCE = 8192

Row = tuple[int, str, str, str]
"""Line number, question, answer, rating."""


def read(
    path: pathlib.Path, shape: BoardShape, count: int = 0, seed: int = 0
) -> Puzzles:
    """Reads puzzles and proves each of them sound: one solution, and the one it says.

    The proof takes about a millisecond for a hard puzzle of 81 cells.

    Args:
      count: rows to draw at random, kept in the file's order; 0 reads them all.
      seed: of that draw.

    Raises:
      UserError: the file, or one of its rows, is malformed; the message names the line.
    """
    rows = list(_rows(path))
    if not rows:
        raise UserError(f"{path} holds no puzzles.")
    if count > len(rows):
        raise UserError(
            f"{path} holds {len(rows)} puzzles, fewer than the {count} asked for."
        )
    if count:
        chosen = np.random.default_rng(seed).choice(len(rows), count, replace=False)
        rows = [rows[i] for i in np.sort(chosen)]
    lines, questions, answers, ratings = zip(*rows, strict=True)
    inputs = _encode(path, lines, "question", questions, shape)
    labels = _encode(path, lines, "answer", answers, shape)
    _require_sound(path, np.array(lines), inputs, labels, shape)
    return Puzzles(inputs, labels, np.array(ratings, np.int32))


def _rows(path: pathlib.Path) -> Iterator[Row]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = [c for c in COLUMNS if c not in (reader.fieldnames or ())]
            if missing:
                raise UserError(
                    f"{path}, line 1: the column {missing[0]!r} is missing; the first "
                    f"line must name {', '.join(COLUMNS)}."
                )
            for row in reader:
                question, answer, rating = (row[name] for name in COLUMNS)
                if question is None or answer is None or rating is None:
                    raise UserError(
                        f"{path}, line {reader.line_num}: the row is cut short."
                    )
                if not re.fullmatch("[0-9]{1,9}", rating):
                    raise UserError(
                        f"{path}, line {reader.line_num}: the rating is {rating!r}, "
                        "but it must be a whole number of at most 9 digits."
                    )
                yield reader.line_num, question, answer, rating
    except FileNotFoundError as error:
        raise UserError(f"There is no file {path}.") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text ({error}).") from error
    except (OSError, csv.Error) as error:
        raise UserError(f"{path} cannot be read ({error}).") from error


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
    lines: np.ndarray,
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
    several = np.zeros(len(lines), bool)
    spoken = time.monotonic()
    for start in range(0, len(lines), _PROVED_AT_ONCE):
        rows = slice(start, start + _PROVED_AT_ONCE)
        several[rows] = solve(inputs[rows], shape).count > 1
        if time.monotonic() - spoken > 10:
            spoken = time.monotonic()
            print(f"{path}: {start:,} of {len(lines):,} puzzles proved", flush=True)
    refuse(several, "the question has more than one solution")
