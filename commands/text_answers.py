"""What a run of text and its package write to the same prompts, token by token."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from commands.text_run import TextRun
from data_pipeline import batches, loader
from data_pipeline.progress import Progress
from data_pipeline.schema import IGNORE_LABEL, Batch, UserError
from data_pipeline.text.special import Special
from eval.protocol import Prediction
from hrm_jax.export import runner, text_runner
from hrm_jax.text.answers import with_segments
from hrm_jax.text.engine import Request

LEAST = 64
"""Tokens that are compared of each answer, its end among them, or as many as the
data's own has where these are more."""
_NOTHING = -1
_SLOTS = 8


class _Said(NamedTuple):
    """An answer, `Special.END` last where it ended by itself, and its segments."""

    tokens: list[int]
    segments: int


class Asked(NamedTuple):
    """Attributes:
    split: "test"; where the data has none, "validation" or "training".
    examples: the prompts, labelled with the answers of the data.
    true, found: the greedy answers of the run and of the package, as far as they are
      compared, and after how many segments they were said.
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
    requests = [
        Request(_prompt(row), max(LEAST, len(label)))
        for row, label in zip(rows, labels, strict=True)
    ]
    said = _by_run(run, requests), _by_package(run, folder, requests)
    longest = max(one.max_tokens for one in requests)
    ids = np.zeros(len(rows), np.int32)
    examples = Batch(read.inputs, _padded(labels, IGNORE_LABEL, longest), ids)
    return Asked(split, examples, *(_prediction(one, longest) for one in said))


def _by_run(run: TextRun, requests: Sequence[Request]) -> list[_Said]:
    said = [_Said([], 0) for _ in requests]
    answered = with_segments(run.engine(_SLOTS), requests)
    with Progress("Asking the run") as progress:
        for done, (place, answer, segments) in enumerate(answered, 1):
            said[place] = _Said(answer.tokens, segments)
            progress(done, len(requests))
    return said


def _by_package(
    run: TextRun, folder: pathlib.Path, requests: Sequence[Request]
) -> list[_Said]:
    try:
        package = text_runner.Writer(runner.Package(folder))
    except (runner.PackageError, text_runner.TextError) as error:
        raise UserError(str(error)) from error
    said = []
    with Progress("Asking the package") as progress:
        for done, one in enumerate(requests, 1):
            prompt, most = one.prompt, one.max_tokens
            tokens = list(package.generate(prompt, most))
            room = run.train_config.model.seq_len - len(prompt) + 1
            if len(tokens) < min(most, room):
                tokens.append(Special.END)
            said.append(_Said(tokens, package.segments(prompt)))
            progress(done, len(requests))
    return said


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


def _prediction(said: Sequence[_Said], longest: int) -> Prediction:
    tokens = _padded([one.tokens for one in said], _NOTHING, longest)
    segments = np.array([one.segments for one in said], np.int32)
    return Prediction(tokens, segments, np.ones(len(tokens), np.float32))


def _padded(rows: Iterable[list[int]], filler: int, longest: int) -> np.ndarray:
    padded = [row + [filler] * (longest - len(row)) for row in rows]
    return np.array(padded, np.int32)
