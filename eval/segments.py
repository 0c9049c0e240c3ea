"""Does thinking longer help? Exact match by the number of segments."""

from __future__ import annotations

import numpy as np

from data_pipeline.schema import IGNORE_LABEL
from eval.protocol import Trace
from eval.statistics import Rate, rate


def exact_match(trace: Trace, labels: np.ndarray) -> list[Rate]:
    """The rate of examples of which every labelled token is right, after each of K
    segments."""
    right = ((trace.answers == labels) | (labels == IGNORE_LABEL)).all(-1)
    return [rate(solved) for solved in right]
