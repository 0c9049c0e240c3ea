"""Batches of examples; apart from `loader`, which takes seconds to import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from data_pipeline.schema import IGNORE_LABEL, Batch, Layout


def stack(examples: Sequence[Mapping[str, Any]]) -> Batch:
    """Examples of a source side by side."""
    tokens = [_tokens(example) for example in examples]
    inputs, labels = (
        np.stack([example[name] for example in tokens]) for name in ("inputs", "labels")
    )
    ids = [example.get("puzzle_id", 0) for example in examples]
    layout = None
    if "segments" in examples[0]:
        segments = np.stack([example["segments"] for example in examples])
        prompt = np.stack([example["prompt"] for example in examples])
        layout = Layout(segments.astype(np.int32), prompt.astype(bool))
    return Batch(inputs, labels, np.array(ids, np.int32), layout)


def unanswered(inputs: np.ndarray) -> Batch:
    """Puzzles `[n seq_len]` that have no answers, nor vectors of their own."""
    labels = np.full_like(inputs, IGNORE_LABEL)
    return Batch(inputs, labels, np.zeros(len(inputs), np.int32))


def take(examples: Batch, rows: np.ndarray | slice) -> Batch:
    """Some of the examples, as numpy arrays.

    Args:
      rows: which, in their order.
    """
    inputs, labels, ids = (np.asarray(array)[rows] for array in examples[:3])
    layout = examples.layout
    if layout is not None:
        layout = type(layout)(*(np.asarray(array)[rows] for array in layout))
    return Batch(inputs, labels, ids, layout)


def split(examples: Batch, size: int) -> list[Batch]:
    """Whole batches, and what is left as the last."""
    starts = range(0, len(examples.inputs), size)
    return [take(examples, slice(start, start + size)) for start in starts]


def _tokens(example: Mapping[str, Any]) -> dict[str, np.ndarray]:
    return {name: np.asarray(example[name], np.int32) for name in ("inputs", "labels")}
