"""Two reports on the same puzzles, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from data_pipeline.schema import UserError
from eval import bootstrap, statistics
from eval.statistics import Paired

_TOLD = 3
"""Puzzles that are named when two reports hold different ones."""

_Shares = Mapping[str, Mapping[str, float]]
"""By score and task, as `arc.scores.summary` has them."""


class Difference(NamedTuple):
    """An average over the same examples, of two models.

    Attributes:
      examples: that have both scores.
      first, second: the averages.
      first_interval, second_interval: 95 %, Wilson's for rates, else
        and where examples depend on each other `bootstrap.share_interval`.
      interval: of second - first, by the bootstrap over the examples; None where all
        differ alike, since drawing them again says nothing then.
    """

    examples: int
    first: float
    second: float
    first_interval: tuple[float, float]
    second_interval: tuple[float, float]
    interval: tuple[float, float] | None


class Comparison(NamedTuple):
    """Attributes:
    examples: how many.
    differences: by score, "exact_match" first.
    solved: how many examples both, either and none solves.
    tested: the same, counted by groups of examples that depend on each other: for the
      test of chance. None depend on each other where it is as `solved`.
    only_first, only_second: which ones one alone solves: their places in the first
      report, from 0.
    """

    examples: int
    differences: dict[str, Difference]
    solved: Paired
    tested: Paired
    only_first: list[int]
    only_second: list[int]


def compare(
    first: Mapping[str, Any], second: Mapping[str, Any], names: tuple[str, str]
) -> Comparison:
    """Compares the scores that two reports, as `report.read` gives them, both have.

    Args:
      names: of the two, for people.

    Raises:
      UserError: they are not about the same puzzles.
    """
    rows, others = first["predictions"], second["predictions"]
    others = _in_order_of(rows, others, names)
    # A row holds more than scores; of these alone there is an average.
    scores = [name for name in first["metrics"] if name in rows[0]]
    pairs = {
        name: ([row[name] for row in rows], [row[name] for row in others])
        for name in scores
        if name in others[0]
    }
    return of_pairs(pairs, "exact_match")


def of_pairs(
    pairs: Mapping[str, tuple[list, list]],
    solved: str,
    groups: Sequence[str] | None = None,
) -> Comparison:
    """Compares scores of the same examples in the same order.

    Args:
      pairs: by score, those of the first and of the second; with groups, each example
        has them all.
      solved: the score, of yes and no, that says whether an example is solved.
      groups: of the examples, see `bootstrap.mean_interval`; None where each is alone.
    """
    one, other = (np.array(column, bool) for column in pairs[solved])
    return Comparison(
        len(one),
        {name: _difference(*columns, groups) for name, columns in pairs.items()},
        statistics.paired(one, other),
        statistics.paired(one, other, groups),
        np.flatnonzero(one & ~other).tolist(),
        np.flatnonzero(other & ~one).tolist(),
    )


def _in_order_of(
    rows: Sequence[Mapping[str, Any]],
    others: Sequence[Mapping[str, Any]],
    names: tuple[str, str],
) -> list[Mapping[str, Any]]:
    """The other rows, each beside the one about the same puzzle."""
    places: dict[tuple, list[int]] = {}
    for place, row in enumerate(others):
        places.setdefault(_puzzle(row), []).append(place)
    matched, missing = [], []
    for place, row in enumerate(rows):
        found = places.get(_puzzle(row))
        if found:
            matched.append(found.pop(0))
        else:
            missing.append(place)
    left = sorted(place for found in places.values() for place in found)
    for holder, lacker, lost in ((*names, missing), (*names[::-1], left)):
        if lost:
            told = ", ".join(str(place + 1) for place in lost[:_TOLD])
            more = ", ..." if len(lost) > _TOLD else ""
            raise UserError(
                f"{holder} and {lacker} hold different puzzles: {len(lost):,} of "
                f"{holder} (number {told}{more}) are not in {lacker}; evaluate both "
                "with the same data and evaluation.examples."
            )
    return [others[place] for place in matched]


def _puzzle(row: Mapping[str, Any]) -> tuple:
    # Ids are rows of the table of one run.
    return *row["inputs"], None, *row["labels"]


def by_task(first: _Shares, second: _Shares) -> dict[str, Difference]:
    """Compares two exams on the ARC tasks that both have.

    A task is one example, however many tests it has: they are not independent.
    """
    differences = {}
    for name, shares in first.items():
        others = second.get(name, {})
        tasks = [task for task in shares if task in others]
        differences[name] = _difference(
            [shares[task] for task in tasks], [others[task] for task in tasks]
        )
    return differences


def _difference(
    first: list, second: list, groups: Sequence[str] | None = None
) -> Difference:
    """Of the examples where both scores mean something."""
    pairs = [pair for pair in zip(first, second, strict=True) if None not in pair]
    if not pairs:
        nan = float("nan")
        return Difference(0, nan, nan, (nan, nan), (nan, nan), None)
    one, other = (np.array(column) for column in zip(*pairs, strict=True))

    def interval(values: np.ndarray) -> tuple[float, float]:
        if values.dtype == bool and groups is None:
            return statistics.rate(values).interval()
        return bootstrap.share_interval(values, groups)

    change = other.astype(np.float64) - one.astype(np.float64)
    return Difference(
        len(pairs),
        float(one.mean()),
        float(other.mean()),
        interval(one),
        interval(other),
        bootstrap.change_interval(change, groups),
    )
