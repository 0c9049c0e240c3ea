"""What a run of text and its package write to the same prompts, token by token."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from commands.text_run import TextRun
from data_pipeline import batches, loader
from data_pipeline.progress import Progress
from data_pipeline.schema import IGNORE_LABEL, Batch, UserError
from data_pipeline.text.special import Special
from eval.protocol import Prediction
from hrm_jax.export import runner, text_runner
from hrm_jax.text.answers import answers
from hrm_jax.text.engine import Request

LEAST = 64
"""Tokens that are compared of each answer, its end among them, or as many as the
data's own has where these are more."""
_NOTHING = -1
_SLOTS = 8


class Asked(NamedTuple):
    """Attributes:
    split: "test"; where the data has none, "validation" or "training".
    examples: the prompts, labelled with the answers of the data.
    true, found: the greedy answers of the run and of the package, as far as they are
      compared.
    """

    split: str
    examples: Batch
    true: Prediction
    found: Prediction


def ask(run: TextRun, folder: pathlib.Path, limit: int) -> Asked:
    """Asks both for the answers to test examples, or others where there are none.

    Raises:
      UserError: the package, or what it needs, is not there.
    """
    data = run.dataset
    if len(data.test):
        split, read = "test", loader.read_all(data.test, limit)
    else:
        split = "validation" if len(data.validation) else "training"
        read = loader.read_known(data, limit)
    rows = batches.split(read, 1)
    labels = [_answer(row) for row in rows]
    engine = run.engine(_SLOTS)
    requests = [
        Request(_prompt(row), max(LEAST, len(label)))
        for row, label in zip(rows, labels, strict=True)
    ]
    said: list[list[int]] = [[] for _ in rows]
    with Progress("Asking the run") as progress:
        for done, (place, answer) in enumerate(answers(engine, requests), 1):
            said[place] = answer.tokens
            progress(done, len(rows))
    try:
        package = text_runner.Writer(runner.Package(folder))
    except (runner.PackageError, text_runner.TextError) as error:
        raise UserError(str(error)) from error
    written = []
    with Progress("Asking the package") as progress:
        for done, one in enumerate(requests, 1):
            tokens = list(package.generate(one.prompt, one.max_tokens))
            room = run.train_config.model.seq_len - len(one.prompt) + 1
            ended = len(tokens) < min(one.max_tokens, room)
            written.append([*tokens, Special.END] if ended else tokens)
            progress(done, len(rows))
    longest = max(one.max_tokens for one in requests)
    ids = np.zeros(len(rows), np.int32)
    examples = Batch(read.inputs, _padded(labels, IGNORE_LABEL, longest), ids)
    true, found = (_prediction(run, one, longest) for one in (said, written))
    return Asked(split, examples, true, found)


def _prompt(row: Batch) -> list[int]:
    """The first example's of a row."""
    assert row.layout is not None
    own = (row.layout.segments[0] == 1) & row.layout.prompt[0]
    return row.inputs[0][own].tolist()


def _answer(row: Batch) -> list[int]:
    """The data's own to that prompt."""
    assert row.layout is not None
    first = row.layout.segments[0] == 1
    return row.labels[0][first & (row.labels[0] != IGNORE_LABEL)].tolist()


def _prediction(run: TextRun, answers: Iterable[list[int]], longest: int) -> Prediction:
    tokens = _padded(answers, _NOTHING, longest)
    segments = np.full(len(tokens), run.segments, np.int32)
    return Prediction(tokens, segments, np.ones(len(tokens), np.float32))


def _padded(rows: Iterable[list[int]], filler: int, longest: int) -> np.ndarray:
    padded = [row + [filler] * (longest - len(row)) for row in rows]
    return np.array(padded, np.int32)
