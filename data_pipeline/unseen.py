"""Test puzzles of other data than a run was trained on, without those that it knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from data_pipeline.schema import Puzzles, UserError
from data_pipeline.task import Boards, Dataset, LeftOut, Sampler, Source


class _Part(Sequence):
    """Some examples of a source, read when they are asked for."""

    def __init__(self, source: Source, places: Sequence[int]):
        self._source, self._places = source, places

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: Any) -> Mapping[str, Any]:
        return self._source[self._places[index]]


def unseen(asked: Dataset, learned: Dataset, task: Boards) -> Dataset:
    """The data that are asked for, without test puzzles that are symmetries of those
    that a run was trained on, or whose best checkpoint was chosen by them.

    Args:
      learned: what the run was trained with.
      task: of both.

    Raises:
      UserError: no test puzzle is left.
    """
    test = _puzzles(asked.test)
    known: set[int] = set()
    for source in (learned.train, learned.validation):
        assert not isinstance(source, Sampler), "boards are read one by one"
        if len(source) and len(test.rating):
            known |= {other for _, other in task.shared(_puzzles(source), test)}
    if not known:
        return asked
    places = [place for place in range(len(test.rating)) if place not in known]
    told = LeftOut(
        len(known),
        len(test.rating),
        "test puzzles",
        "the run was trained on them, or its checkpoint chosen by them",
    )
    if not places:
        raise UserError(f"{told} Take other data, as by another data.seed.")
    part = _Part(asked.test, places)
    return asked._replace(test=part, left_out=(*asked.left_out, told))


def _puzzles(source: Source) -> Puzzles:
    rows = [source[place] for place in range(len(source))]
    inputs, labels = (
        np.array([row[name] for row in rows], np.int32) for name in ("inputs", "labels")
    )
    return Puzzles(inputs, labels, np.zeros(len(rows), np.int32))
