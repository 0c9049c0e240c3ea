"""Splits that share no puzzle, not even up to symmetry."""

from __future__ import annotations

import numpy as np

from data_pipeline.canonical import canonical_form
from data_pipeline.generator import generate
from data_pipeline.schema import BLANK, BoardShape, Puzzles, UserError

_ODD = np.uint64(0x9E3779B97F4A7C15)
"""Of the golden ratio: its multiples spread well."""
_PATIENCE = 4
"""Draws without enough that is new, after which the puzzles are said to run out."""


def generate_splits(
    shape: BoardShape, counts: tuple[int, int], blanks: tuple[int, int], seed: int
) -> dict[str, Puzzles]:
    """Generates the splits "train" and "test".

    No puzzle is a symmetry of another one, within a split or across.

    Args:
      counts: of training and test puzzles.
      blanks: the least and the most.

    Raises:
      UserError: there are not so many different puzzles, or they cannot be found.
    """
    wanted = sum(counts)
    made = wanted
    for _ in range(_PATIENCE):
        puzzles = generate(shape, made, *blanks, seed)
        different = first_of_each(puzzles, shape)
        if len(different) >= wanted:
            break
        made *= 2
    else:
        raise UserError(
            f"Among {made // 2} puzzles only {len(different)} were different up to "
            f"symmetry, fewer than data.num_train + data.num_test = {wanted}: choose "
            "smaller numbers, or more blanks."
        )
    rows = {"train": different[: counts[0]], "test": different[counts[0] : wanted]}
    return {
        name: Puzzles(*(array[chosen] for array in puzzles))
        for name, chosen in rows.items()
    }


def first_of_each(puzzles: Puzzles, shape: BoardShape) -> np.ndarray:
    """Rows of the puzzles that are no symmetry of an earlier one, in order."""
    inputs, labels, _ = puzzles
    groups: dict[int, list[int]] = {}
    for i, invariant in enumerate(_invariants(puzzles, shape).tolist()):
        groups.setdefault(invariant, []).append(i)
    kept = []
    for rows in groups.values():
        # A canonical form is dear, and needed only where the invariant does not tell.
        seen = set()
        for i in rows:
            form = len(rows) > 1 and canonical_form(inputs[i], labels[i], shape)
            if form not in seen:
                seen.add(form)
                kept.append(i)
    return np.sort(np.array(kept, int))


def _invariants(puzzles: Puzzles, shape: BoardShape) -> np.ndarray:
    """uint64 `[n]`: hashes that no symmetry changes, alike for few puzzles that differ.

    The refinement of Weisfeiler and Leman: each cell starts from whether it is given,
    and then thrice takes in what the cells of its row, column, box and digit hold. Rows
    and columns enter alike, since a transposition swaps them.
    """
    units, groups = shape.units(), shape.groups()
    digits = puzzles.labels - BLANK - 1
    by_digit = np.argsort(digits, axis=1)
    held = (puzzles.inputs != BLANK).astype(np.uint64)
    for _ in range(3):
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
