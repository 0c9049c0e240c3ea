"""From a source of examples to batches, through Grain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import grain
import numpy as np

from data_pipeline.schema import Batch
from data_pipeline.task import Sampler, Source

_ENDLESS = 2**62
_IN_MEMORY = 100_000
"""Examples of a source up to which it is read once and kept."""

Augment = Callable[
    [np.ndarray, np.ndarray, np.random.Generator], tuple[np.ndarray, np.ndarray]
]


def in_memory(source: Source) -> Source:
    """The same examples as a list, where that is small: fifty times as fast to read."""
    return list(source) if len(source) <= _IN_MEMORY else source


def train_iterator(
    source: Source | Sampler, augment: Augment | None, batch_size: int, seed: int
) -> grain.DatasetIterator[Batch]:
    """An endless stream of batches, whose state is saved and restored exactly.

    Every epoch takes each example once, in an order of its own, under new symmetries.
    What stands at a place of the stream is a function of the seed and the place alone.
    A sampler has an order and ways to vary of its own.

    Args:
      augment: shows inputs and labels under random symmetries; None for as they are.
    """

    def transform(batch: Mapping[str, np.ndarray], rng: np.random.Generator) -> Batch:
        inputs, labels = batch["inputs"], batch["labels"]
        if augment:
            inputs, labels = augment(inputs, labels, rng)
        return Batch(inputs, labels, np.zeros(len(inputs), np.int32))

    if isinstance(source, Sampler):
        places = grain.MapDataset.range(_ENDLESS).batch(batch_size)
        stream = places.map(source.drawn_by(seed))
    else:
        stream = grain.MapDataset.source(source).seed(seed).shuffle().repeat()
        # Whole batches are transformed: thirty times as fast as one example at a time.
        stream = stream.map(_tokens).batch(batch_size).random_map(transform)
    here = grain.ReadOptions(num_threads=0, prefetch_buffer_size=0)
    return iter(stream.to_iter_dataset(here))


def _tokens(example: Mapping[str, Any]) -> dict[str, np.ndarray]:
    return {name: np.asarray(example[name], np.int32) for name in ("inputs", "labels")}


def read_all(source: Source, limit: int) -> Batch:
    """The first `limit` examples of a source, all of them if it is 0, as they are."""
    count = min(limit, len(source)) if limit else len(source)
    return _stack([source[i] for i in range(count)])


def read_rated(source: Source, limit: int) -> tuple[Batch, np.ndarray]:
    """As `read_all`; and how hard each example is, int32 `[n]`, its "rating"."""
    count = min(limit, len(source)) if limit else len(source)
    examples, ratings = [], np.empty(count, np.int32)
    for i in range(count):
        examples.append(source[i])
        ratings[i] = examples[i]["rating"]
    return _stack(examples), ratings


def _stack(examples: Sequence[Mapping[str, Any]]) -> Batch:
    tokens = [_tokens(example) for example in examples]
    inputs, labels = (
        np.stack([example[name] for example in tokens]) for name in ("inputs", "labels")
    )
    ids = [example.get("puzzle_id", 0) for example in examples]
    return Batch(inputs, labels, np.array(ids, np.int32))
