"""Heads that judge programs, beside a reasoner that has read them and stays as it is.

The value head says how likely a program passes hidden tests. The debate looks at all
finalists of a problem at once: one block of attention, called again and again, in which
finalists that behave alike may listen to each other.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Bool, Float32

from data_pipeline.schema import require, require_at_least
from hrm_jax.models import layers
from hrm_jax.types import Params

AGREEMENTS = 2
"""Between two finalists: the share of probes on which they return the same, and whether
they do on all."""
_EPS = 1e-6
_NEVER = -1e9
_TRUST = nn.initializers.normal(1.0)
_FAINT = nn.initializers.normal(0.02)


@dataclasses.dataclass(frozen=True)
class JudgesConfig:
    """Attributes:
    width: of both heads, a multiple of `heads`.
    heads: of the debate's attention.
    rounds: of the debate.
    """

    width: int
    heads: int
    rounds: int

    def __post_init__(self):
        require_at_least("judges", self, width=1, heads=1, rounds=1)
        multiple = f"a multiple of judges.heads = {self.heads}"
        require(self.width % self.heads == 0, "judges", self, "width", multiple)


class Finalists(NamedTuple):
    """Programs of B problems, F of each, side by side; of numpy or of JAX arrays.

    Attributes:
      encodings: float32 `[B F E]`, what the reasoner has read (`search.encoder`).
      features: float32 `[B F G]`, what is known of each (`search.features`).
      agreement: float32 `[B F F 2]`, between each two, see `AGREEMENTS`.
      present: bool `[B F]`, those that are no padding; one at least in each row.
    """

    encodings: Any
    features: Any
    agreement: Any
    present: Any


class ValueHead(nn.Module):
    """w . [silu(A norm(encoding) + B features + b), features] + c, a logit.

    It begins as almost the same for all, so that what is known by executing comes first
    and what was read has to earn its place.
    """

    config: JudgesConfig

    @nn.compact
    def __call__(
        self, encodings: Float32[Array, "N E"], features: Float32[Array, "N G"]
    ) -> Float32[Array, " N"]:
        width = self.config.width
        read = layers.Linear(width, name="read")(layers.rms_norm(encodings, _EPS))
        inner = nn.silu(read + nn.Dense(width, name="known")(features))
        whole = jnp.concatenate([inner, features], axis=-1)
        return nn.Dense(1, kernel_init=_FAINT, name="value")(whole)[:, 0]


class Debate(nn.Module):
    """R rounds of one block: z <- block(z + x), from z = 0, and after each a score,
    w . [z, features], which begins as almost the same for all.

    It has no positions: to permute the finalists permutes the scores. Scores of padding
    are the lowest there are, and nobody listens to it.
    """

    config: JudgesConfig

    @nn.compact
    def __call__(self, finalists: Finalists) -> Float32[Array, "R B F"]:
        config = self.config
        read = layers.rms_norm(finalists.encodings, _EPS)
        x = layers.Linear(config.width, name="read")(read)
        x = x + nn.Dense(config.width, name="known")(finalists.features)
        round_ = _Round(config, name="round")
        score = nn.Dense(1, use_bias=False, kernel_init=_FAINT, name="score")
        z, scores = jnp.zeros_like(x), []
        for _ in range(config.rounds):
            z = round_(z + x, finalists.agreement, finalists.present)
            found = score(jnp.concatenate([z, finalists.features], axis=-1))[..., 0]
            scores.append(jnp.where(finalists.present, found, _NEVER))
        return jnp.stack(scores)


class _Round(nn.Module):
    """Attention and SwiGLU, post-norm; agreement is added to the attention's scores."""

    config: JudgesConfig

    @nn.compact
    def __call__(
        self,
        z: Float32[Array, "B F W"],
        agreement: Float32[Array, "B F F 2"],
        present: Bool[Array, "B F"],
    ) -> Float32[Array, "B F W"]:
        rows, count, width = z.shape
        heads = self.config.heads
        shape = (rows, count, heads, width // heads)
        q, k, v = (
            part.reshape(shape) for part in layers.Linears(width, 3, name="qkv")(z)
        )
        trust = self.param("trust", _TRUST, (AGREEMENTS, heads), jnp.float32)
        scores = jnp.einsum("bfnk,bgnk->bnfg", q, k) * (width // heads) ** -0.5
        scores = scores + jnp.einsum("bfga,an->bnfg", agreement, trust)
        scores = jnp.where(present[:, None, None, :], scores, _NEVER)
        mixed = jnp.einsum("bnfg,bgnk->bfnk", jax.nn.softmax(scores), v)
        heard = layers.Linear(width, name="heard")(mixed.reshape(z.shape))
        z = layers.rms_norm(z + heard, _EPS)
        return layers.rms_norm(z + layers.SwiGLU(2 * width, name="mlp")(z), _EPS)


@functools.partial(jax.jit, static_argnums=(0, 2, 3))
def init_value(config: JudgesConfig, key: Array, encoding: int, known: int) -> Params:
    """Draws the parameters of a value head.

    Args:
      key: the key is consumed.
      encoding: E.
      known: G.
    """
    rows = jnp.zeros((1, encoding), jnp.float32), jnp.zeros((1, known), jnp.float32)
    variables: Any = ValueHead(config).init(key, *rows)
    return variables["params"]


@functools.partial(jax.jit, static_argnums=(0, 2, 3))
def init_debate(config: JudgesConfig, key: Array, encoding: int, known: int) -> Params:
    """Draws the parameters of a debate; see `init_value`."""
    blank = Finalists(
        jnp.zeros((1, 1, encoding), jnp.float32),
        jnp.zeros((1, 1, known), jnp.float32),
        jnp.zeros((1, 1, 1, AGREEMENTS), jnp.float32),
        jnp.ones((1, 1), bool),
    )
    variables: Any = Debate(config).init(key, blank)
    return variables["params"]


@functools.partial(jax.jit, static_argnums=0)
def value(
    config: JudgesConfig,
    params: Params,
    encodings: Float32[Array, "N E"],
    features: Float32[Array, "N G"],
) -> Float32[Array, " N"]:
    """Logits that programs pass hidden tests."""
    found: Any = ValueHead(config).apply({"params": params}, encodings, features)
    return found


@functools.partial(jax.jit, static_argnums=0)
def debate(
    config: JudgesConfig, params: Params, finalists: Finalists
) -> Float32[Array, "R B F"]:
    """Scores after each round; their softmax over F is who is to be chosen."""
    found: Any = Debate(config).apply({"params": params}, finalists)
    return found
