"""Reading a text token by token, as generation does.

What each call's attention needs of the tokens before is kept (`cache.Cache`), so that
only the new ones are thought about.

A model may also draft: read tokens by the first H-cycle alone, say by the answer head
what it would say so early, and take several such drafts together through the rest of
the cycles, where they are checked (after LayerSkip, arXiv:2404.16710). Nothing that was
computed is lost, for the first cycle of a token is a part of all of them.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, Float32, Int

from hrm_jax.models import cache as caches
from hrm_jax.models.cache import Cache, Calls
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.models.reasoner import Reasoner, apply
from hrm_jax.models.repetition import unrolled
from hrm_jax.models.sight import Sight
from hrm_jax.types import Latents, Variables

Writing = caches.Prefill | caches.Decode


def prefill(
    config: ReasonerConfig,
    variables: Variables,
    inputs: Int[Array, "B S"],
    cache: Cache,
    segments: int,
) -> tuple[Float[Array, "G B V"], Float32[Array, "G B"], Cache]:
    """Reads prompts, in the G segments that the cache was made for.

    Args:
      inputs: tokens, those of row b up to `cache.lengths[b]`.
      cache: empty, but that it has the lengths.

    Returns:
      After each segment, the logits of each row's first token and those of halting; and
      the cache.
    """
    writing = caches.Prefill(config, cache, inputs.shape[1], segments)

    def read(reasoner: Reasoner) -> tuple[Array, Array]:
        z_h = _think(reasoner, inputs, writing, segments)
        last = jnp.maximum(cache.lengths - 1, 0)[None, :, None, None]
        z = jnp.take_along_axis(z_h, last, axis=2)[:, :, 0]
        q_logits = reasoner.halt_head(z_h[:, :, 0]).astype(jnp.float32)
        return reasoner.scores(z), q_logits[:, :, 0]

    return *apply(config, variables, read), writing.cache


def decode(
    config: ReasonerConfig,
    variables: Variables,
    tokens: Int[Array, " B"],
    cache: Cache,
    segments: int,
) -> tuple[Float[Array, "G B V"], Cache]:
    """Reads one more token of each row, in the first G of the cache's segments.

    Returns:
      After each segment, the logits of the token after it; and the cache with it.
    """
    writing = caches.Decode(config, cache, Calls(segments))

    def read(reasoner: Reasoner) -> Array:
        z_h = _think(reasoner, tokens[:, None], writing, segments)
        return reasoner.scores(z_h[:, :, 0])

    return apply(config, variables, read), writing.cache


def draft(
    config: ReasonerConfig,
    variables: Variables,
    tokens: Int[Array, " B"],
    cache: Cache,
) -> tuple[Float[Array, "B V"], Latents, Cache]:
    """Reads one more token of each row by the first H-cycle alone.

    Returns:
      What the model would say next; the state `[B 1 D]`, for `check`; and the cache.
    """
    first = slice(caches.calls_of_a_cycle(config))
    writing = caches.Decode(config, cache, Calls(1, first))

    def read(reasoner: Reasoner) -> tuple[Array, Latents]:
        latents, x = _begin(reasoner, tokens[:, None])
        latents = _cycle(reasoner, latents, x, writing)
        return reasoner.scores(latents.z_h[:, 0]), latents

    return *apply(config, variables, read), writing.cache


def check(
    config: ReasonerConfig,
    variables: Variables,
    tokens: Int[Array, "B S"],
    latents: Latents,
    cache: Cache,
) -> tuple[Float[Array, "B S V"], Cache]:
    """Takes tokens through the cycles that `draft` left out.

    Args:
      latents: `[B S D]`, as `draft` left them.
      cache: with the first cycle of these tokens, but of the length before them.

    Returns:
      The logits of the token after each; and the cache.
    """
    rest = slice(caches.calls_of_a_cycle(config), None)
    writing = caches.Decode(config, cache, Calls(1, rest), tokens.shape[1])

    def read(reasoner: Reasoner) -> Array:
        _, x = _begin(reasoner, tokens)
        after = latents
        for _ in range(config.h_cycles - 1):
            after = _cycle(reasoner, after, x, writing)
        return reasoner.scores(after.z_h)

    return apply(config, variables, read), writing.cache


def _think(
    reasoner: Reasoner, inputs: Int[Array, "B S"], writing: Writing, segments: int
) -> Float[Array, "G B T D"]:
    """All calls of some segments, one after the other: z_h after each segment."""
    x = _embedded(reasoner, inputs)
    latents, after = reasoner.initial_latents(*x.shape[:2]), []
    for _ in range(segments):
        latents, repeated = reasoner.enter(latents, x)
        for _ in range(reasoner.config.h_cycles):
            latents = _cycle(reasoner, latents, repeated, writing)
        after.append(latents.z_h)
    return jnp.stack(after)


def _cycle(
    reasoner: Reasoner,
    latents: Latents,
    x: Float[Array, "B T D"] | None,
    writing: Writing,
) -> Latents:
    """One H-cycle, written out: each call has a place of its own in the cache."""
    seen = Sight(writing, writing.pool)
    return reasoner.cycle(latents, x, seen, repeat=unrolled)


def _begin(
    reasoner: Reasoner, inputs: Int[Array, "B S"]
) -> tuple[Latents, Float[Array, "B T D"] | None]:
    """The state in which the first segment begins, and what its calls add."""
    x = _embedded(reasoner, inputs)
    return reasoner.enter(reasoner.initial_latents(*x.shape[:2]), x)


def _embedded(reasoner: Reasoner, inputs: Int[Array, "B S"]) -> Float[Array, "B T D"]:
    return reasoner.embed(inputs, jnp.zeros((inputs.shape[0], 0), jnp.float32))
