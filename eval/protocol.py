"""All that evaluation sees of a model: functions from a batch to predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from data_pipeline.schema import Batch


class Prediction(NamedTuple):
    """Final answers.

    Attributes:
      answers: int32 `[B S]`, tokens.
      segments: int32 `[B]`, segments used.
      confidence: float32 `[B]`, sigmoid of the halting logit.
    """

    answers: np.ndarray
    segments: np.ndarray
    confidence: np.ndarray


class Trace(NamedTuple):
    """The answer after each of G segments.

    Attributes:
      answers: int32 `[G B S]`, tokens.
      cell_confidence: float32 `[G B S]`, probability of the chosen token.
      halt_confidence: float32 `[G B]`, sigmoid of the halting logit.
      residual: float32 `[G B]`, how much the segment changed the state, as a share.
    """

    answers: np.ndarray
    cell_confidence: np.ndarray
    halt_confidence: np.ndarray
    residual: np.ndarray


Predictor = Callable[[Batch], Prediction]
Tracer = Callable[[Batch], Trace]

Grader = Callable[[Batch, Prediction], Mapping[str, np.ndarray]]
"""A task's own scores, each `[B]`: bool where an example has a property or has not,
float where it has a share of it, NaN where the score means nothing."""
