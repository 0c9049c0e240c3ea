"""What answers have to keep to, such as a grammar: which tokens may come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np


@runtime_checkable
class Rule(Protocol):
    """What an answer has to keep to, such as a grammar."""

    def allowed(self, logits: Callable[[], np.ndarray]) -> np.ndarray:
        """bool `[V]`: tokens that may come next; one at least. Or float32: what share
        of each one's probability counts.

        Args:
          logits: float32 `[V]` of the next token, as the model has them; to be asked
            for by whoever needs them, since they have to come from the device.
        """
        ...

    def advance(self, token: int) -> None:
        """Is told the token that came."""
        ...


class Anything:
    """The `Rule` that is none."""

    def __init__(self, size: int):
        self._all = np.ones(size, bool)

    def allowed(self, logits: Callable[[], np.ndarray]) -> np.ndarray:
        del logits
        return self._all

    def advance(self, token: int) -> None:
        pass
