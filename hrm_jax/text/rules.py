"""What answers have to keep to, such as a grammar: which tokens may come."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Float32

from data_pipeline.text.special import Special


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


def allowed(
    rules: Mapping[int, Rule], logits: Float[jax.Array, "B V"], known: int
) -> Bool[jax.Array, "B V"] | Float32[jax.Array, "B V"]:
    """What the rules of some slots say of the next token, and all of the others.

    Args:
      rules: by slot.
      logits: of the next token.
      known: tokens that the tokenizer has.
    """

    @functools.cache
    def on_host() -> np.ndarray:
        found = np.array(logits, np.float32)
        found[:, Special.PAD], found[:, known:] = -np.inf, -np.inf
        return found

    def row_of(slot: int) -> np.ndarray:
        return rules[slot].allowed(lambda: on_host()[slot])

    rows = {slot: row_of(slot) for slot in rules}
    mask = np.ones(logits.shape, np.result_type(*rows.values()))
    for slot, row in rows.items():
        mask[slot] = row
    return jnp.asarray(mask)
