"""pass@k: how likely one of k samples passes, without bias, from n >= k samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from eval import bootstrap


class PassAtK(NamedTuple):
    """Attributes:
    k: samples that are drawn.
    value: mean over the problems.
    low, high: 95 % interval of the mean, by drawing the tasks of the problems again.
    problems: how many there are.
    """

    k: int
    value: float
    low: float
    high: float
    problems: int


def of_problem(samples: int, passed: int, k: int) -> float:
    """1 - C(n - c, k) / C(n, k) = 1 - product over i = n-c+1 .. n of (1 - k / i).

    Chen et al., arXiv:2107.03374, equation 1, in their numerically stable form.

    Args:
      samples: n.
      passed: c, of them.

    Raises:
      ValueError: there are fewer samples than k, or more passed than there are.
    """
    if not 1 <= k <= samples or not 0 <= passed <= samples:
        raise ValueError(f"pass@{k} of {passed} of {samples} samples is not defined")
    if samples - passed < k:
        return 1.0
    return float(1 - np.prod(1 - k / np.arange(samples - passed + 1, samples + 1)))


def over_problems(
    counts: Sequence[tuple[int, int]], k: int, tasks: Sequence[str] | None = None
) -> PassAtK | None:
    """The mean over problems, which count alike.

    Args:
      counts: for each problem its samples, and how many of them passed.
      tasks: `Problem.task` of each; None where each is one of its own.

    Returns:
      None if there is no problem, or one has fewer samples than k.
    """
    if not counts or min(samples for samples, _ in counts) < k:
        return None
    shares = np.array([of_problem(samples, passed, k) for samples, passed in counts])
    between = bootstrap.share_interval(shares, tasks)
    return PassAtK(k, float(shares.mean()), *between, len(counts))
