"""How far an average over few things can be trusted, by drawing them again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eval import statistics

_NUMBERS = 1 << 22
"""Held in memory at a time."""


def mean_interval(
    values: np.ndarray,
    groups: Sequence[str] | None = None,
    coverage: float = 0.95,
    draws: int = 10_000,
    seed: int = 0,
) -> tuple[float, float]:
    """An interval of the mean of values `[n]`, by the percentile bootstrap.

    The values, independent of each other, are drawn n times with replacement, and this
    `draws` times. Where all values are alike the interval is empty, which says nothing.
    Efron, Ann. Stat. 7 (1979) 1.

    Args:
      groups: of the values; those of one group depend on each other and are drawn
        together (the cluster bootstrap). None where each is alone.

    Raises:
      ValueError: there are no values.
    """
    if len(values) == 0:
        raise ValueError("there are no values to draw from")
    sums, sizes = _by_group(np.asarray(values, np.float64), groups)
    count = len(sums)
    rng = np.random.default_rng(seed)
    # Equal groups are drawn together: many examples have few different scores.
    distinct, often = np.unique(np.stack([sums, sizes]), axis=1, return_counts=True)
    rows = max(1, _NUMBERS // len(often))
    means = np.empty(draws)
    for start in range(0, draws, rows):
        part = means[start : start + rows]
        times = rng.multinomial(count, often / count, size=len(part))
        part[:] = (times @ distinct[0]) / (times @ distinct[1])
    outside = (1 - coverage) / 2
    low, high = np.quantile(means, [outside, 1 - outside])
    return float(low), float(high)


def share_interval(
    shares: np.ndarray, groups: Sequence[str] | None = None
) -> tuple[float, float]:
    """A 95 % interval of the mean of shares `[n]`, each in [0, 1].

    By the bootstrap; where the groups' means are all alike, and drawing them again says
    nothing, Wilson's for as many trials as there are groups. Shares vary less than
    trials of the same mean, so that one is wide enough.

    Args:
      groups: see `mean_interval`.

    Raises:
      ValueError: there are no shares.
    """
    if count := _alike(shares, groups):
        return statistics.wilson(float(np.mean(shares)), count)
    return mean_interval(shares, groups)


def change_interval(
    change: np.ndarray, groups: Sequence[str] | None = None
) -> tuple[float, float] | None:
    """A 95 % interval of the mean of differences `[n]`; None where the groups' means
    are all alike, since drawing them again says nothing then.

    Args:
      groups: see `mean_interval`.

    Raises:
      ValueError: there are no differences.
    """
    return None if _alike(change, groups) else mean_interval(change, groups)


def _alike(values: np.ndarray, groups: Sequence[str] | None) -> int:
    """How many groups there are, if all have the same mean; else 0."""
    sums, sizes = _by_group(np.asarray(values, np.float64), groups)
    means = sums / sizes
    # A mean of the same shares may be rounded otherwise in a larger group.
    return len(means) if np.allclose(means, means[:1], rtol=1e-9, atol=1e-12) else 0


def _by_group(
    values: np.ndarray, groups: Sequence[str] | None
) -> tuple[np.ndarray, np.ndarray]:
    """The sum of each group's values, and how many they are."""
    if groups is None:
        return values, np.ones_like(values)
    _, which = np.unique(np.asarray(groups), return_inverse=True)
    return np.bincount(which, values), np.bincount(which).astype(np.float64)
