"""Which Sudokus are symmetries of each other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from data_pipeline.puzzles import Puzzles
from data_pipeline.schema import BoardShape
from data_pipeline.sudoku.canonical import canonical_form
from data_pipeline.sudoku.schema import BLANK

_ODD = np.uint64(0x9E3779B97F4A7C15)
"""Of the golden ratio: its multiples spread well."""
_CHUNK = 2048
"""Puzzles hashed at once: what lies in a cache is twice as fast."""


def first_of_each(puzzles: Puzzles, shape: BoardShape) -> np.ndarray:
    """Rows of the puzzles that are no symmetry of an earlier one, in order."""
    groups: dict[int, list[int]] = {}
    for i, invariant in enumerate(_invariants(puzzles, shape).tolist()):
        groups.setdefault(invariant, []).append(i)
    kept = []
    for rows in groups.values():
        # A canonical form is dear, and needed only where the invariant does not tell.
        seen = set()
        for i in rows:
            form = len(rows) > 1 and _name(puzzles, i, shape)
            if form not in seen:
                seen.add(form)
                kept.append(i)
    return np.sort(np.array(kept, int))


def shared(
    puzzles: Puzzles, others: Puzzles, shape: BoardShape
) -> Iterator[tuple[int, int]]:
    """The puzzles of both: rows of `others` that are symmetries of a row of `puzzles`.

    Yields:
      A row of `puzzles`, and the row of `others`; for each of the latter once.
    """
    here, there = np.arange(len(puzzles.rating)), np.arange(len(others.rating))
    for rounds in (1, 3):  # the first costs a third, and leaves few for the second
        ours, theirs = (
            _invariants(Puzzles(*(array[rows] for array in all_of_them)), shape, rounds)
            for all_of_them, rows in ((puzzles, here), (others, there))
        )
        meet, met = np.isin(ours, theirs), np.isin(theirs, ours)
        here, there = here[meet], there[met]
        ours, theirs = ours[meet], theirs[met]
    named: dict[int, dict[bytes, int]] = {}
    for other, invariant in zip(there.tolist(), theirs.tolist(), strict=True):
        if invariant not in named:
            rows = here[ours == np.uint64(invariant)].tolist()
            named[invariant] = {_name(puzzles, row, shape): row for row in rows}
        row = named[invariant].get(_name(others, other, shape))
        if row is not None:
            yield row, other


def _name(puzzles: Puzzles, row: int, shape: BoardShape) -> bytes:
    return canonical_form(puzzles.inputs[row], puzzles.labels[row], shape)


def _invariants(puzzles: Puzzles, shape: BoardShape, rounds: int = 3) -> np.ndarray:
    """uint64 `[n]`: hashes that no symmetry changes, alike for few puzzles that differ.

    The refinement of Weisfeiler and Leman: each cell starts from whether it is given,
    and then a few times takes in what the cells of its row, column, box and digit hold.
    Rows and columns enter alike, since a transposition swaps them.
    """
    starts = range(0, len(puzzles.rating), _CHUNK)
    chunks = [slice(start, start + _CHUNK) for start in starts]
    hashes = [
        _refined(puzzles.inputs[rows], puzzles.labels[rows], shape, rounds)
        for rows in chunks
    ]
    return np.concatenate([np.zeros(0, np.uint64), *hashes])


def _refined(
    inputs: np.ndarray, labels: np.ndarray, shape: BoardShape, rounds: int
) -> np.ndarray:
    units, groups = shape.units(), shape.groups()
    digits = labels - BLANK - 1
    by_digit = np.argsort(digits, axis=1)
    held = (inputs != BLANK).astype(np.uint64)
    for _ in range(rounds):
        held = _scramble(held)
        sums = held[:, units].sum(2).reshape(-1, 3, shape.size)
        row, column, box = (_scramble(sums[:, i])[:, groups[i]] for i in range(3))
        of_digit = np.take_along_axis(held, by_digit, axis=1)
        of_digit = _scramble(of_digit.reshape(len(held), shape.size, -1).sum(2))
        same = np.take_along_axis(of_digit, digits, axis=1)
        held = held + (row + column) * _ODD + _scramble(box + _ODD) + same
    return _scramble(held).sum(1)


def _scramble(values: np.ndarray) -> np.ndarray:
    """A hash of uint64, with wrap-around."""
    values = (values ^ (values >> np.uint64(31))) * _ODD + np.uint64(1)
    return (values ^ (values >> np.uint64(29))) * _ODD
