"""How likely a run of text holds given answers: what scores and grades begin with."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence

import jax
import numpy as np

from commands import overrides
from commands.text_run import TextRun
from data_pipeline.batches import stack, take
from data_pipeline.progress import OnProgress, silent
from data_pipeline.schema import Batch, UserError
from data_pipeline.text import rows as text_rows
from data_pipeline.text.example import Example
from data_pipeline.text.rows import Encoded
from hrm_jax import saved_config
from hrm_jax.text import likelihood

_OF_WRITING = ("evaluation.early_halting", "evaluation.drafts", "model.shared_cache")


class Reader:
    """Reads rows along, some at a time, all segments of each token."""

    def __init__(self, run: TextRun):
        """Raises:
        UserError: the run is now to read as it can write alone; what it was trained
          with is of its writing.
        """
        _require_reading(run)
        config = run.train_config
        score = functools.partial(
            likelihood.score,
            config.model,
            config.loss.token_loss,
            segments=run.segments,
        )
        self._score = jax.jit(score)
        self._variables = run.weights.variables
        self._encode = run.task.encode
        self._seq_len = config.model.seq_len
        self.at_once = run.config.evaluation.batch_size

    def __call__(self, rows: Batch) -> tuple[np.ndarray, np.ndarray]:
        """The nats of each row's answers, and which of them are the most probable.

        Args:
          rows: `at_once` at most.
        """
        count = len(rows.inputs)
        # Always as many, so that one program does: the last row stands in for more.
        places = np.minimum(np.arange(self.at_once), count - 1)
        nats, exact = self._score(self._variables, take(rows, places))
        return np.asarray(nats)[:count], np.asarray(exact)[:count]

    def nats(self, examples: Sequence[Encoded]) -> np.ndarray:
        """Of each example's response `[n]`; inf of one that is too long for a row.

        Args:
          examples: `at_once` at most.
        """
        found = np.full(len(examples), np.inf)
        fit = [i for i, one in enumerate(examples) if one.places <= self._seq_len]
        if fit:
            records = (text_rows.to_record([examples[i]]) for i in fit)
            batch = stack(
                [text_rows.from_record(one, self._seq_len) for one in records]
            )
            found[fit] = self(batch)[0]
        return found

    def log_probs(
        self,
        examples: Sequence[Example],
        progress: OnProgress = silent,
    ) -> np.ndarray:
        """How likely each one's response is, in the direction of the run, float `[n]`;
        see `rerank.LogProbs`.

        Args:
          progress: called with how many have been read, and of how many.
        """
        encoded = [self._encode(example) for example in examples]
        found = np.zeros(len(encoded))
        for start in range(0, len(encoded), self.at_once):
            progress(start, len(encoded))
            some = slice(start, start + self.at_once)
            found[some] = -self.nats(encoded[some])
        return found


def guessed(run: TextRun, languages: Iterable[str]) -> str:
    """Which of the languages that were read the run has not learned: a sentence for
    people, or nothing."""
    missing = run.learned.missing(languages)
    if not missing:
        return ""
    return (
        f"The run in {run.workdir} has never learned {', '.join(missing)}: it can but "
        "guess at such examples."
    )


def _require_reading(run: TextRun) -> None:
    given = saved_config.differences(run.config, saved_config.load(run.workdir))
    for name in _OF_WRITING:
        if name in given and (value := given[name][0]):
            raise UserError(
                f"{name} is {overrides.spelt(value)}, but it is about answers that a "
                "run writes, and here they are read: leave it out; `benchmark`, "
                "`generate` and `serve` take it."
            )
