"""Rows of text as they are read: in an order of each epoch's own, or one by one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from data_pipeline.batches import stack
from data_pipeline.schema import Batch
from data_pipeline.task import Source
from data_pipeline.text import rows


class Rows(Sequence[Mapping[str, Any]]):
    """Stored rows as a `Source`."""

    def __init__(self, stored: Source, seq_len: int):
        self._stored = stored
        self._seq_len = seq_len

    def __len__(self) -> int:
        return len(self._stored)

    def __getitem__(self, index):
        return rows.from_record(self._stored[index], self._seq_len)


class Shuffled:
    """Rows to train on; see `task.Sampler`.

    An epoch takes each row once, in an order of its own. The first `curriculum` epochs
    go from easy rows to hard ones, and shuffle only those that are equally hard.
    """

    def __init__(self, stored: Source, seq_len: int, curriculum: int):
        """Args:
        stored: see `rows.to_record`.
        curriculum: epochs, perhaps 0.
        """
        self._rows = Rows(stored, seq_len)
        self._curriculum = curriculum
        self._ratings = (
            np.array([int(row["rating"]) for row in stored]) if curriculum else None
        )

    def __len__(self) -> int:
        return len(self._rows)

    def drawn_by(self, seed: int) -> Callable[[np.ndarray], Batch]:
        # A batch may lie in two epochs.
        order = functools.lru_cache(2)(functools.partial(self._order, seed))

        def draw(places: np.ndarray) -> Batch:
            found = []
            for place in places.tolist():
                epoch, step = divmod(place, len(self))
                found.append(self._rows[int(order(epoch)[step])])
            return stack(found)

        return draw

    def _order(self, seed: int, epoch: int) -> np.ndarray:
        order = np.random.default_rng([seed, epoch]).permutation(len(self))
        if self._ratings is not None and epoch < self._curriculum:
            order = order[np.argsort(self._ratings[order], kind="stable")]
        return order
