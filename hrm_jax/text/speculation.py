"""Speaking several tokens at a time: drafted early, checked together.

A token is drafted by the model's own first H-cycle; some of them are then taken through
the other cycles at once (`models.reading`). Where moving weights is what takes the time
- a few answers on any hardware - these cycles cost for several tokens what they cost
for one (speculative decoding, arXiv:2211.17192; by the model itself, 2404.16710).

What a row draws depends on its seed and the token's place alone, so a draft holds just
where the whole model draws that very token: the answers are those of `decoder.speak`,
whatever their temperature, up to the rounding of products of several rows.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Bool, Float32, Int32

from data_pipeline.text.special import Special
from hrm_jax.models import reading
from hrm_jax.models.cache import Cache
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.text import decoder
from hrm_jax.text.decoder import Slots
from hrm_jax.types import Latents, Variables


@functools.partial(jax.jit, static_argnums=(0, 1, 2, 3), donate_argnums=5)
def speak(
    config: ReasonerConfig,
    drafts: int,
    rounds: int,
    known: int,
    variables: Variables,
    slots: Slots,
    bound: Int32[Array, ""] | int = 2**31 - 1,
) -> tuple[Slots, Int32[Array, "N B"], Float32[Array, "N B"]]:
    """Goes on by one token at least in each slot, and by one more for each draft that
    holds, in each of some rounds; or to the end of its answer.

    Args:
      drafts: tokens of a round beside the one that is sure.
      known: see `decoder.speak`.
      bound: of these rounds, how many are taken at most, by the same program.

    Returns:
      What `decoder.speak` does, but that `Special.PAD` also stands where a draft did
      not hold; N is rounds * (drafts + 1).
    """

    def run_or_rest(slots: Slots, number: Array) -> tuple[Slots, tuple[Array, Array]]:
        shape = drafts + 1, *slots.said.shape
        resting = jnp.full(shape, Special.PAD, jnp.int32), jnp.zeros(shape, jnp.float32)
        return jax.lax.cond(
            slots.active.any() & (number < bound),
            lambda: _round(config, drafts, known, variables, slots),
            lambda: (slots, resting),
        )

    numbers = jnp.arange(rounds, dtype=jnp.int32)
    slots, found = jax.lax.scan(run_or_rest, slots, numbers)
    tokens, log_probs = (array.reshape(-1, array.shape[-1]) for array in found)
    return slots, tokens, log_probs


def _round(
    config: ReasonerConfig, drafts: int, known: int, variables: Variables, slots: Slots
) -> tuple[Slots, tuple[Array, Array]]:
    settings, cache = slots.settings, slots.cache
    first, likely = decoder.draw(settings, slots.logits, slots.said, known)

    def draft(carry, number: Array):
        token, cache = carry
        logits, latents, cache = reading.draft(config, variables, token, cache)
        following, _ = decoder.draw(settings, logits, slots.said + 1 + number, known)
        return (following, cache), (token, latents)

    numbers = jnp.arange(drafts + 1, dtype=jnp.int32)
    (_, drafted), (tokens, states) = jax.lax.scan(draft, (first, cache), numbers)
    states = Latents(*(z[:, :, 0].swapaxes(0, 1) for z in states))
    drafted = drafted._replace(lengths=cache.lengths)
    logits, drafted = reading.check(config, variables, tokens.T, states, drafted)
    logits = logits.swapaxes(0, 1)

    def own(logits: Array, number: Array) -> tuple[Array, Array]:
        return decoder.draw(settings, logits, slots.said + 1 + number, known)

    following, after = jax.vmap(own)(logits[:-1], numbers[:-1])
    holds = jnp.concatenate([slots.active[None], tokens[1:] == following])
    drafted = drafted._replace(lengths=cache.lengths)
    slots, told = _taken(slots, drafted, tokens, logits, holds)
    return slots, (told, jnp.concatenate([likely[None], after]))


class _Row(NamedTuple):
    """What changes of each slot from token to token, as `Slots` has it."""

    lengths: Int32[Array, " B"]
    logits: Float32[Array, "B V"]
    said: Int32[Array, " B"]
    active: Bool[Array, " B"]


def _taken(
    slots: Slots, cache: Cache, tokens: Array, logits: Array, holds: Array
) -> tuple[Slots, Int32[Array, "N B"]]:
    """The slots after the tokens that hold, one after the other, as far as an answer
    goes; and these tokens.

    Args:
      cache: with all of them, but of the length before.
      tokens, logits, holds: `[N B]`, `[N B V]`, `[N B]`: of each, with what follows it.
    """
    positions = cache.keys[0].shape[2]

    def take(row: _Row, following: Any) -> tuple[_Row, Any]:
        token, logits, holds = following
        spoken = row.active & holds
        said = row.said + spoken.astype(jnp.int32)
        more = spoken & (token != Special.END) & (said < slots.settings.limit)
        more = more & (row.lengths < positions)
        after = _Row(
            row.lengths + more.astype(jnp.int32),
            jnp.where(more[:, None], logits.astype(jnp.float32), row.logits),
            said,
            more,
        )
        told = jnp.where(spoken, token, jnp.int32(Special.PAD))
        # A row rests where a draft does not hold, and goes on in the next round.
        return after, (told, row.active & ~holds)

    row = _Row(cache.lengths, slots.logits, slots.said, slots.active)
    row, (told, resting) = jax.lax.scan(take, row, (tokens, logits, holds))
    after = slots._replace(
        cache=cache._replace(lengths=row.lengths),
        logits=row.logits,
        said=row.said,
        active=row.active | resting.any(0),
    )
    return after, told
