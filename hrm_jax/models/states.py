"""Where reasoning begins: initial states, fixed or drawn, and noise on the way.

A reasoner that starts from a random state each time cannot learn one path by heart: the
answer must attract from everywhere (Equilibrium Reasoners, arXiv:2605.21488). As in the
authors' code, github.com/locuslab/EqR, every channel of every position is drawn. There
noise is added in each module call, at test time too; here once a segment, in training.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Int32, Key

from data_pipeline.schema import Batch
from hrm_jax.models import layers, reasoner
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.types import Latents, Variables

_FACTOR = 0x9E3779B1


def initial_latents(
    config: ReasonerConfig,
    variables: Variables,
    batch_size: int,
    keys: Key[Array, " B"] | None,
) -> Latents:
    """The states that examples start from: the fixed ones, or each example's own draw.

    Args:
      keys: one an example, consumed; None where the states are fixed.
    """
    if config.initial_states == "fixed":
        return reasoner.initial_latents(config, variables, batch_size)
    assert keys is not None, "the states are drawn"
    draw = layers.truncated_normal(1.0)
    shape = (config.length, config.width)

    def draw_both(key: Array) -> Latents:
        h_key, l_key = jax.random.split(key)
        drawn: Any = (draw(key, shape, jnp.float32) for key in (h_key, l_key))
        return Latents(*(state.astype(config.dtype) for state in drawn))

    return jax.vmap(draw_both)(keys)


def batch_latents(
    config: ReasonerConfig, variables: Variables, batch: Batch, key: Array | None
) -> Latents:
    """Where an attempt at each example of a batch begins, at test time.

    Args:
      key: of the attempt, not consumed; may be None where the states are fixed.
    """
    keys = example_keys(config, key, batch)
    return initial_latents(config, variables, len(batch.inputs), keys)


def example_keys(
    config: ReasonerConfig, key: Array | None, batch: Batch
) -> Array | None:
    """Keys for `initial_latents` at test time; None where the states are fixed.

    A function of the key and the example, whatever batch and row it stands in.

    Args:
      key: not consumed; may be None where the states are fixed.
    """
    if config.initial_states == "fixed":
        return None
    assert key is not None, "the states are drawn"

    def fold(inputs: Int32[Array, " S"], puzzle_id: Int32[Array, ""]) -> Array:
        # A polynomial in the tokens, modulo 2^32.
        powers = jnp.full(inputs.shape, _FACTOR, jnp.uint32).cumprod(dtype=jnp.uint32)
        tokens = (inputs.astype(jnp.uint32) + 1) * powers
        example = jax.random.fold_in(key, tokens.sum(dtype=jnp.uint32))
        return jax.random.fold_in(example, puzzle_id)

    return jax.vmap(fold)(batch.inputs, batch.puzzle_ids)


def disturb(config: ReasonerConfig, latents: Latents, key: Array) -> Latents:
    """Adds noise of std `state_noise` to both states.

    Args:
      key: the key is consumed.
    """

    def noisy(state: Array, key: Array) -> Array:
        noise = jax.random.normal(key, state.shape, jnp.float32)
        return state + (noise * config.state_noise).astype(state.dtype)

    h_key, l_key = jax.random.split(key)
    return Latents(noisy(latents.z_h, h_key), noisy(latents.z_l, l_key))
