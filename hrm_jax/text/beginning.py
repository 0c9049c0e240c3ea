"""Answers that begin as they are told, such as with a signature."""

from __future__ import annotations

import numpy as np

from data_pipeline.text.special import Special
from data_pipeline.text.tokenizer import Tokenizer


class Beginnings:
    """Makes rules; see `rules.Rule`."""

    def __init__(self, tokenizer: Tokenizer, size: int):
        """Args:
        size: tokens that the model has; it may have more than the tokenizer.
        """
        learned = range(len(Special), tokenizer.vocab_size)
        self.texts = {token: tokenizer.decode([token]) for token in learned}
        self._tokens = {text: token for token, text in self.texts.items()}
        self._longest, self._size = max(map(len, self._tokens)), size

    def rule(self, begins: str) -> Beginning:
        """The rule of one answer."""
        return Beginning(self, begins.encode())

    def allowed(self, left: bytes) -> np.ndarray:
        """bool `[V]`: tokens that may come where so much has to."""
        if not left:
            return np.ones(self._size, bool)
        mask = np.zeros(self._size, bool)
        for length in range(1, min(len(left), self._longest) + 1):
            if (token := self._tokens.get(left[:length])) is not None:
                mask[token] = True
        if len(left) < self._longest:
            mask[[n for n, text in self.texts.items() if text.startswith(left)]] = True
        return mask


class Beginning:
    """Any tokens whose bytes are what an answer has to begin with, then any at all; a
    `rules.Rule`."""

    def __init__(self, beginnings: Beginnings, left: bytes):
        self._beginnings, self._left = beginnings, left

    def allowed(self, logits: object = None) -> np.ndarray:
        """bool `[V]`: tokens that may come next."""
        del logits  # this knows nothing of probabilities
        return self._beginnings.allowed(self._left)

    def advance(self, token: int) -> None:
        if self._left:
            self._left = self._left[len(self._beginnings.texts[token]) :]
