"""How likely a run of text holds given answers: what scores and grades begin with."""

from __future__ import annotations

import functools

import jax
import numpy as np

from commands.text_run import TextRun
from data_pipeline.schema import Batch
from hrm_jax.text import likelihood


class Reader:
    """Reads rows along, some at a time."""

    def __init__(self, run: TextRun):
        config = run.train_config
        score = functools.partial(
            likelihood.score,
            config.model,
            config.loss.token_loss,
            segments=run.segments,
        )
        self._score = jax.jit(score)
        self._variables = run.weights.variables
        self.at_once = run.config.evaluation.batch_size

    def __call__(self, rows: Batch) -> tuple[np.ndarray, np.ndarray]:
        """The nats of each row's answers, and which of them are the most probable.

        Args:
          rows: `at_once` at most.
        """
        count = len(rows.inputs)
        # Always as many, so that one program does: the last row stands in for more.
        places = np.minimum(np.arange(self.at_once), count - 1)
        whole = jax.tree.map(lambda array: array[places], rows)
        nats, exact = self._score(self._variables, whole)
        return np.asarray(nats)[:count], np.asarray(exact)[:count]
