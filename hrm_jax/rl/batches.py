"""A round's answers as batches to learn from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from data_pipeline.batches import stack
from data_pipeline.schema import IGNORE_LABEL, Batch, Rollout
from data_pipeline.text import rows
from data_pipeline.text.packing import Packer
from data_pipeline.text.rows import Encoded
from hrm_jax.rl.rounds import Exercise
from hrm_jax.text.answers import Answer


class Lesson(NamedTuple):
    """An answer to learn from.

    Attributes:
      exercise: that it answers.
      answer: tokens, and how likely they were to the weights that drew them.
      advantage: see `rewards.advantages`.
    """

    exercise: Exercise
    answer: Answer
    advantage: float

    @property
    def encoded(self) -> Encoded:
        """As an example of the same text has it."""
        prompt = self.exercise.prompt
        tokens = np.array([*prompt, *self.answer.tokens], np.uint16)
        return Encoded(tokens, len(prompt), 0)


def bounded(
    lessons: Sequence[Lesson], bound: int, rng: np.random.Generator
) -> list[Lesson]:
    """At most so many of each exercise's, by chance which; all of them if it is 0.

    All answers that pass follow the gradient of pass@1. With one of n, a task counts
    once, be it easy or hard: as an answer passes with probability p, one of n does so
    with 1 - (1 - p)^n, and the gradient is, on average, that over p times the one of
    p, which is the gradient of pass@1 + pass@2 / 2 + ... + pass@n / n.
    """
    if not bound:
        return list(lessons)
    counts: Counter[int] = Counter()
    kept: list[Lesson] = []
    for place in rng.permutation(len(lessons)):
        exercise = id(lessons[place].exercise)
        counts[exercise] += 1
        if counts[exercise] <= bound:
            kept.append(lessons[place])
    return kept


def batches(
    lessons: Sequence[Lesson],
    slots: int,
    seq_len: int,
    rng: np.random.Generator,
    weighted: bool,
) -> list[Batch]:
    """All answers once, in an order of chance, several in a row as supervised ones.

    The last batch is filled up with rows of padding.

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
    for start in range(0, len(packed), slots):
        some = [*packed[start : start + slots]]
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
