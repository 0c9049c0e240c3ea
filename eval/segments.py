"""Does thinking longer help? Exact match by the number of segments."""

from __future__ import annotations

import numpy as np

from data_pipeline.schema import IGNORE_LABEL
from eval.protocol import Trace
from eval.statistics import Rate, rate


def solved_after(trace: Trace, labels: np.ndarray) -> np.ndarray:
    """bool `[K B]`: is every labelled token of an example right after a segment?"""
    return ((trace.answers == labels) | (labels == IGNORE_LABEL)).all(-1)


def exact_match(trace: Trace, labels: np.ndarray) -> list[Rate]:
    """The rate of examples solved after each of K segments."""
    return [rate(solved) for solved in solved_after(trace, labels)]
