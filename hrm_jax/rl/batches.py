"""A round's answers as batches to learn from."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np

from data_pipeline.batches import stack
from data_pipeline.schema import IGNORE_LABEL, Batch, Rollout
from data_pipeline.text import rows
from data_pipeline.text.packing import Packer
from hrm_jax.rl.lessons import Lesson


def batches(
    lessons: Sequence[Lesson],
    slots: int,
    seq_len: int,
    rng: np.random.Generator,
    weighted: bool,
) -> list[Batch]:
    """All answers once, in an order of chance, several in a row as supervised ones.

    There are as few batches as there can be, with as many rows each, but for one: a
    step takes the mean over its own answers, so that those of a small batch would count
    for more than others. They are filled up with rows of padding.

    Args:
      weighted: with advantages and log-probabilities, for `objectives`; without, they
        are examples like all others.
    """
    packer = Packer(seq_len)
    mixed = [lessons[place] for place in rng.permutation(len(lessons))]
    kept = [(lesson.encoded, lesson) for lesson in mixed]
    of = {id(encoded): lesson for encoded, lesson in kept}
    packed = list(packer.rows(encoded for encoded, _ in kept))
    # What was packed last is least full; a batch is to be like any other.
    order = rng.permutation(len(packed))
    rows_of = [[of[id(one)] for one in packed[place]] for place in order]
    return list(_batches(rows_of, slots, seq_len, weighted))


def _batches(
    packed: Sequence[Sequence[Lesson]], slots: int, seq_len: int, weighted: bool
) -> Iterator[Batch]:
    count = math.ceil(len(packed) / slots)
    ends = [len(packed) * number // count for number in range(1, count + 1)]
    for start, end in itertools.pairwise([0, *ends]):
        some = packed[start:end]
        made = [
            rows.from_record(rows.to_record([one.encoded for one in row]), seq_len)
            for row in some
        ]
        made += [_padding(seq_len)] * (slots - len(some))
        batch = stack(made)
        yield _weighted(batch, some) if weighted else batch


def _padding(seq_len: int) -> dict[str, np.ndarray]:
    zeros = np.zeros(seq_len, np.int32)
    return {
        "inputs": zeros,
        "labels": zeros + IGNORE_LABEL,
        "segments": zeros,
        "prompt": zeros.astype(bool),
    }


def _weighted(batch: Batch, packed: Sequence[Sequence[Lesson]]) -> Batch:
    assert batch.layout is not None, "rows of text"
    shape = batch.labels.shape
    advantages = np.zeros(shape, np.float32)
    log_probs = np.zeros(shape, np.float32)
    for place, row in enumerate(packed):
        labelled = batch.labels[place] != IGNORE_LABEL
        advantages[place, labelled] = np.concatenate(
            [np.full(len(one.answer.tokens), one.advantage) for one in row]
        )
        log_probs[place, labelled] = np.concatenate(
            [one.answer.log_probs for one in row]
        )
    segments, prompt = batch.layout.segments, batch.layout.prompt
    nowhere = np.zeros(shape, np.float32)
    rollout = Rollout(segments, prompt, advantages, log_probs, nowhere)
    return batch._replace(layout=rollout)
