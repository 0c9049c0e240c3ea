"""Answers that differ: sampling without replacement.

Earlier answers must not be repeated, so a token that starts one of them keeps only the
probability mass not yet drawn below it. Each draw is then one of the model's own
distribution without those answers (UniqueRandomizer: Shi, Bieber and Singh,
arXiv:2002.09067).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from hrm_jax.text.rules import Rule

Path = Sequence[tuple[int, float]]
"""An answer: its tokens, the end included, and the logarithm of each one's probability
at the temperature that it was drawn at."""
_LEAST_LEFT = 1e-12
"""Probability mass below this counts as none: a float sum is no more precise."""


class _Beginning:
    """A node in the tree of drawn answers: tokens that some of them begin with.

    Attributes:
      left: share of the probability of all that begins so that was not drawn.
      probability: of its last token, behind those before.
      below: beginnings that are one token longer.
    """

    def __init__(self, probability: float):
        self.left = 1.0
        self.probability = probability
        self.below: dict[int, _Beginning] = {}

    def take(self, path: Path) -> None:
        """Takes an answer out that begins here."""
        passed: list[_Beginning] = [self]
        for token, log_prob in path:
            longer = _Beginning(math.exp(log_prob))
            passed.append(passed[-1].below.setdefault(token, longer))
        *before, last = passed
        last.left = 0.0
        for one in reversed(before):
            drawn = (b.probability * (1 - b.left) for b in one.below.values())
            one.left = max(0.0, 1 - math.fsum(drawn))


class Distinct:
    """A `rules.Rule`. Where hardly anything is left, all may come again."""

    def __init__(
        self,
        drawn: Sequence[Path],
        temperature: float,
        path: list[tuple[int, float]],
        within: Rule | None = None,
    ):
        """Args:
        drawn: answers that are not to come again.
        temperature: that they and this one are drawn at.
        path: takes this one in, as it comes.
        within: a rule that all answers also keep to; its mask must be bool.
        """
        root = _Beginning(1.0)
        for one in drawn:
            root.take(one)
        self._path = path
        self._here = root if root.left > _LEAST_LEFT else None
        self._temperature, self._within = temperature, within
        self._log_probs = np.zeros(0)

    def allowed(self, logits: Callable[[], np.ndarray]) -> np.ndarray:
        """float32 `[V]`: what is left of each token's probability, as a share."""
        scaled = logits().astype(np.float64) / self._temperature
        shares = np.ones(len(scaled), np.float32)
        if self._within is not None:
            shares[:] = self._within.allowed(logits)
            scaled[shares == 0] = -np.inf
        self._log_probs = scaled - np.logaddexp.reduce(scaled)
        if self._here is not None:
            for token, beginning in self._here.below.items():
                shares[token] *= beginning.left
        return shares

    def advance(self, token: int) -> None:
        self._path.append((token, float(self._log_probs[token])))
        if self._within is not None:
            self._within.advance(token)
        if self._here is not None:
            self._here = self._here.below.get(token)
