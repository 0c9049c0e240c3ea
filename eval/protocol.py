"""All that evaluation sees of a model: functions from a batch to predictions."""

from __future__ import annotations

from collections.abc import Callable
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
    """The answer after each of K segments.

    Attributes:
      answers: int32 `[K B S]`, tokens.
      cell_confidence: float32 `[K B S]`, probability of the chosen token.
      halt_confidence: float32 `[K B]`, sigmoid of the halting logit.
    """

    answers: np.ndarray
    cell_confidence: np.ndarray
    halt_confidence: np.ndarray


Predictor = Callable[[Batch], Prediction]
Tracer = Callable[[Batch], Trace]
