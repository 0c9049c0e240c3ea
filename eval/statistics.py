"""How far a measured rate can be trusted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np


class Rate(NamedTuple):
    """How many of so many independent trials succeeded."""

    successes: int
    trials: int

    @property
    def value(self) -> float:
        """Raises: ZeroDivisionError: there were no trials."""
        return self.successes / self.trials

    def interval(self, coverage: float = 0.95) -> tuple[float, float]:
        """Wilson's score interval, without continuity correction; see `wilson`."""
        return wilson(self.value, self.trials, coverage) if self.trials else (0.0, 1.0)


def wilson(share: float, trials: int, coverage: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a share of successes, without continuity correction.

    Unlike the normal approximation it stays within [0, 1] and is not empty when all
    trials succeed or none does. Wilson, J. Am. Stat. Assoc. 22 (1927) 209.
    """
    z2 = NormalDist().inv_cdf(0.5 + coverage / 2) ** 2
    n, p = trials, share
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n**2))) / (1 + z2 / n)
    # Rounding must not put the bounds on the wrong side of the share itself.
    return max(0.0, min(middle - half, p)), min(1.0, max(middle + half, p))


def rate(outcomes: np.ndarray) -> Rate:
    """The rate of true among bool `[n]`."""
    return Rate(int(np.count_nonzero(outcomes)), len(outcomes))


def interval_text(shares: Sequence[float]) -> str:
    """The bounds of an interval of a share, for people: 5.0% - 9.5%."""
    low, high = shares
    return f"{low:.1%} - {high:.1%}"


def change_text(changes: Sequence[float] | None) -> str:
    """The bounds of an interval of a difference of shares, for people: -0.5% to +9.5%;
    a dash where there is none."""
    if changes is None:
        return "-"
    low, high = changes
    return f"{low:+.1%} to {high:+.1%}"


class Paired(NamedTuple):
    """How two models did on the same examples, counted.

    Attributes:
      both, only_first, only_second, neither: of them succeeded.
    """

    both: int
    only_first: int
    only_second: int
    neither: int

    def p_value(self) -> float:
        """McNemar's exact test, two-sided: could the models be equally good?

        Where only one succeeds, either is as likely if they are: twice the smaller tail
        of a binomial distribution with p = 1/2. McNemar, Psychometrika 12 (1947) 153.
        The examples must be independent, which tests of one ARC task are not. What is
        too small for a float is 0.
        """
        fewer, discordant = (
            min(self.only_first, self.only_second),
            self.only_first + self.only_second,
        )
        if 2 * fewer == discordant:
            return 1.0
        log_all = discordant * math.log(2) - math.lgamma(discordant + 1)
        tail = math.fsum(
            math.exp(-log_all - math.lgamma(k + 1) - math.lgamma(discordant - k + 1))
            for k in range(fewer + 1)
        )
        return min(1.0, 2 * tail)


def paired(
    first: np.ndarray, second: np.ndarray, groups: Sequence[str] | None = None
) -> Paired:
    """Counts from bool `[n]` each, of the same examples in the same order.

    Args:
      groups: of the examples, where those of one group depend on each other. Then
        groups are counted: the model that succeeds in more of one's examples is the
        only one that succeeds in it.
    """
    which = np.arange(len(first))
    if groups is not None:
        _, which = np.unique(np.asarray(groups), return_inverse=True)
    one, other = (np.bincount(which, succeeded) for succeeded in (first, second))
    return Paired(
        int(((one == other) & (one > 0)).sum()),
        int((one > other).sum()),
        int((one < other).sum()),
        int(((one == other) & (one == 0)).sum()),
    )


def reliability(
    probabilities: np.ndarray, outcomes: np.ndarray, bins: int = 10
) -> list[tuple[float, float, int]]:
    """Of each equal interval of probability that has any: their mean, the share of
    successes, and how many there are (DeGroot and Fienberg, Statistician 32 (1983) 12).
    """
    bin_of = np.minimum((probabilities * bins).astype(int), bins - 1)
    probabilities = probabilities.astype(np.float64)
    return [
        (
            float(probabilities[bin_of == one].mean()),
            float(outcomes[bin_of == one].mean()),
            int((bin_of == one).sum()),
        )
        for one in np.unique(bin_of)
    ]


def calibration_error(
    confidence: np.ndarray, outcomes: np.ndarray, bins: int = 10
) -> float:
    """Expected calibration error: how far confidence and success lie apart on average.

    The examples are sorted into `bins` equal intervals of confidence; the error is the
    mean over examples of |mean confidence - rate of success| in their bin. Guo et al.,
    arXiv:1706.04599, equation 3.

    Args:
      confidence: float `[n]` in [0, 1].
      outcomes: bool `[n]`.
    """
    found = reliability(confidence, outcomes, bins)
    apart = sum(abs(mean - share) * count for mean, share, count in found)
    return apart / len(outcomes)
