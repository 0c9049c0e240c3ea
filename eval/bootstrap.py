"""How far an average over few things can be trusted, by drawing them again."""

from __future__ import annotations

import numpy as np


def mean_interval(
    values: np.ndarray, coverage: float = 0.95, draws: int = 10_000, seed: int = 0
) -> tuple[float, float]:
    """An interval of the mean of values `[n]`, by the percentile bootstrap.

    The values, independent of each other, are drawn n times with replacement, and this
    `draws` times. Where all values are alike the interval is empty, which says less
    than Wilson's. Efron, Ann. Stat. 7 (1979) 1.

    Raises:
      ValueError: there are no values.
    """
    count = len(values)
    if count == 0:
        raise ValueError("there are no values to draw from")
    rng = np.random.default_rng(seed)
    times = rng.multinomial(count, np.full(count, 1 / count), size=draws)
    means = times @ np.asarray(values, np.float64) / count
    outside = (1 - coverage) / 2
    low, high = np.quantile(means, [outside, 1 - outside])
    return float(low), float(high)
