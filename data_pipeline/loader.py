"""From a source of examples to batches, through Grain."""

from __future__ import annotations

from typing import Any

import grain
import numpy as np

from data_pipeline.batches import stack
from data_pipeline.schema import Batch
from data_pipeline.task import Dataset, Sampler, Source, Variation

_ENDLESS = 2**62
_IN_MEMORY = 100_000
"""Examples of a source up to which it is read once and kept."""
_DRAWS = 5
"""With the seed, names the draws of symmetries. Another number, another stream."""


def in_memory(source: Source) -> Source:
    """The same examples as a list, where that is small: fifty times as fast to read."""
    return list(source) if len(source) <= _IN_MEMORY else source


def train_iterator(
    source: Source | Sampler,
    variation: Variation | None,
    batch_size: int,
    seed: int,
    rows: np.ndarray | None = None,
) -> grain.DatasetIterator[Batch]:
    """An endless stream of batches, whose state is saved and restored exactly.

    Every epoch takes each example once, in an order of its own, under new symmetries.
    What stands at a place of the stream is a function of the seed and the place alone.
    A sampler has an order and ways to vary of its own.

    Args:
      variation: shows examples under random symmetries; None for as they are.
      rows: of each batch, those that this process wants, and no others are read; None
        for all. Neither the stream nor its state depends on them.
    """
    wanted = np.arange(batch_size) if rows is None else rows
    numbers = grain.MapDataset.range(_ENDLESS // batch_size)
    if isinstance(source, Sampler):
        draw = source.drawn_by(seed)
        stream = numbers.map(lambda number: draw(number * batch_size + wanted))
    else:
        order = grain.MapDataset.source(source).seed(seed).shuffle().repeat()

        def read(number: int, rng: np.random.Generator) -> Batch:
            places = number * batch_size + wanted
            examples: Any = [order[place] for place in places.tolist()]
            batch = stack(examples)
            if not variation:
                return batch
            # Those of all rows, which is cheap: moving and labelling is what costs.
            drawn = variation.draw(batch_size, rng)
            own = type(drawn)(*(array[wanted] for array in drawn))
            return variation.show(own, batch.inputs, batch.labels)

        draws = np.random.SeedSequence([seed, _DRAWS]).generate_state(1)[0]
        stream = numbers.random_map(read, seed=int(draws))
    here = grain.ReadOptions(num_threads=0, prefetch_buffer_size=0)
    return iter(stream.to_iter_dataset(here))


def read_all(source: Source, limit: int) -> Batch:
    """The first `limit` examples of a source, all of them if it is 0, as they are."""
    count = min(limit, len(source)) if limit else len(source)
    return stack([source[i] for i in range(count)])


def read_known(dataset: Dataset, limit: int) -> Batch:
    """At most so many examples that may be looked at before a measurement: the first
    ones of validation, or, where there are none, of training as they are drawn."""
    if len(dataset.validation):
        return read_all(dataset.validation, limit)
    if isinstance(dataset.train, Sampler):
        count = min(limit, len(dataset.train))
        return dataset.train.drawn_by(0)(np.arange(count))
    return read_all(dataset.train, limit)


def read_rated(source: Source, limit: int) -> tuple[Batch, np.ndarray]:
    """As `read_all`; and how hard each example is, int32 `[n]`, its "rating"."""
    count = min(limit, len(source)) if limit else len(source)
    examples, ratings = [], np.empty(count, np.int32)
    for i in range(count):
        examples.append(source[i])
        ratings[i] = examples[i]["rating"]
    return stack(examples), ratings
