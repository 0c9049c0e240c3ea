"""What may come next in all slots of an engine, by the rules of some."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Float32

from data_pipeline.text.special import Special
from hrm_jax.text.rules import Rule


def allowed(
    rules: Mapping[int, Rule], logits: Float[jax.Array, "B V"], known: int
) -> Bool[jax.Array, "B V"] | Float32[jax.Array, "B V"]:
    """Which tokens may come next, for every slot; slots without a rule allow all.

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
