"""Test puzzles of other data than a run was trained on, without those that it knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from data_pipeline import loader
from data_pipeline.puzzles import Puzzles
from data_pipeline.schema import UserError
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
    if not len(asked.test):
        return asked
    test = _puzzles(asked.test)
    known: set[int] = set()
    for source in (learned.train, learned.validation):
        assert not isinstance(source, Sampler), "boards are read one by one"
        if len(source):
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
    batch, rating = loader.read_rated(source, 0)
    return Puzzles(batch.inputs, batch.labels, rating)
