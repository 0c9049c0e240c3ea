"""What runs on the device while text is generated: slots, each with an answer."""

from __future__ import annotations

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Bool, Float, Float32, Int, Int32, UInt32

from data_pipeline.text.special import Special
from hrm_jax import halting
from hrm_jax.models import cache as caches
from hrm_jax.models import reading
from hrm_jax.models.cache import Cache
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.text.sampling import sample
from hrm_jax.types import Variables


class Settings(NamedTuple):
    """How each row's answer is drawn.

    Attributes:
      temperature, top_p, seed: see `sampling.sample`.
      limit: tokens of the answer, at most.
    """

    temperature: Float32[Array, " B"]
    top_p: Float32[Array, " B"]
    seed: UInt32[Array, " B"]
    limit: Int32[Array, " B"]


class Read(NamedTuple):
    """What a slot needs, besides cached keys and values, to answer the same prompt
    again; saved right after prefill.

    Attributes:
      logits: of the answer's first token.
      found: `Cache.found` at that point.
    """

    logits: Float32[Array, "B V"]
    found: tuple[Float32[Array, "B D"], ...]


class Slots(NamedTuple):
    """Decoding state on the device, one row per slot.

    Attributes:
      cache: of prompts and answers so far.
      logits: of the next token.
      settings: of the answers.
      said: tokens of each answer.
      active: rows whose answer has not ended.
      segments: that each row's tokens are thought about.
      read: for other answers to the same prompts.
    """

    cache: Cache
    logits: Float32[Array, "B V"]
    settings: Settings
    said: Int32[Array, " B"]
    active: Bool[Array, " B"]
    segments: Int32[Array, " B"]
    read: Read


@functools.partial(jax.jit, static_argnums=(0, 1, 2, 3))
def empty(config: ReasonerConfig, rows: int, positions: int, segments: int) -> Slots:
    """Slots without an answer.

    Args:
      positions: tokens of prompt and answer together, at most.
      segments: that each token is thought about, at most.
    """
    zeros = jnp.zeros(rows, jnp.int32)
    fractions = jnp.zeros(rows, jnp.float32)
    cache = caches.empty(config, rows, positions, segments)
    logits = jnp.zeros((rows, config.vocab_size), jnp.float32)
    return Slots(
        cache=cache,
        logits=logits,
        settings=Settings(fractions, fractions, zeros.astype(jnp.uint32), zeros),
        said=zeros,
        active=jnp.zeros(rows, bool),
        segments=jnp.ones(rows, jnp.int32),
        read=Read(logits, cache.found),
    )


@functools.partial(jax.jit, static_argnums=(0, 1, 2), donate_argnums=4)
def admit(
    config: ReasonerConfig,
    segments: int,
    min_confidence: float | None,
    variables: Variables,
    slots: Slots,
    places: Int[Array, " R"],
    prompts: Int[Array, "R S"],
    lengths: Int[Array, " R"],
    settings: Settings,
) -> Slots:
    """Reads R prompts into slots, whatever these held before.

    Args:
      segments: that each token is thought about, at most.
      min_confidence: a row stops at the first segment after which its halting head,
        asked at the prompt's first token, is so sure that the answer will be right
        (`halting.is_sure`); None for all segments.
      places: the slots; a row of a place that there is not is read in vain.
      prompts: tokens, those of row r up to `lengths[r]`.
    """
    rows, length = prompts.shape
    fresh = caches.empty(config, rows, length, segments)._replace(lengths=lengths)
    logits, q_halt_logits, fresh = reading.prefill(
        config, variables, prompts, fresh, segments
    )
    needed = jnp.full(rows, segments, jnp.int32)
    if min_confidence is not None:
        sure = halting.is_sure(q_halt_logits, None, min_confidence)
        needed = halting.first_segment(sure)

    def put_into(all_rows: Array, new: Array) -> Array:
        return all_rows.at[places, :, :length].set(new, mode="drop")

    keys = jax.tree.map(put_into, slots.cache.keys, fresh.keys)
    values = jax.tree.map(put_into, slots.cache.values, fresh.values)
    slots = slots._replace(cache=slots.cache._replace(keys=keys, values=values))
    read = Read(_after(logits, needed), fresh.found)
    return _begin(slots, places, lengths, settings, needed, read)


@functools.partial(jax.jit, donate_argnums=0)
def copy(
    slots: Slots,
    places: Int[Array, " R"],
    sources: Int[Array, " R"],
    lengths: Int[Array, " R"],
    settings: Settings,
) -> Slots:
    """Puts R prompts that slots have read into others, for new answers.

    Args:
      places: the slots; a row of a place that there is not is copied in vain.
      sources: slots that have read the prompts last, whatever they said to them.
      lengths: tokens of the prompts.
    """

    def put_own(all_rows: Array) -> Array:
        return all_rows.at[places].set(all_rows[sources], mode="drop")

    read = jax.tree.map(lambda all_rows: all_rows[sources], slots.read)
    segments = slots.segments[sources]
    keys, values = jax.tree.map(put_own, (slots.cache.keys, slots.cache.values))
    slots = slots._replace(cache=slots.cache._replace(keys=keys, values=values))
    return _begin(slots, places, lengths, settings, segments, read)


def _begin(
    slots: Slots,
    places: Int[Array, " R"],
    lengths: Int[Array, " R"],
    settings: Settings,
    segments: Int32[Array, " R"],
    read: Read,
) -> Slots:
    """Slots whose cache holds prompts, ready to answer them."""

    def put(all_rows: Array, new: Array) -> Array:
        return all_rows.at[places].set(new.astype(all_rows.dtype), mode="drop")

    return Slots(
        cache=slots.cache._replace(
            lengths=put(slots.cache.lengths, lengths),
            found=jax.tree.map(put, slots.cache.found, read.found),
        ),
        logits=put(slots.logits, read.logits),
        settings=jax.tree.map(put, slots.settings, settings),
        said=put(slots.said, jnp.zeros_like(lengths)),
        active=put(slots.active, jnp.ones_like(lengths)),
        segments=put(slots.segments, segments),
        read=jax.tree.map(put, slots.read, read),
    )


def _after(
    logits: Float[Array, "G B V"], segments: Int32[Array, " B"]
) -> Float[Array, "B V"]:
    """Each row's logits after its own number of segments."""
    # Of a row that rests, whatever there is.
    own = jnp.minimum(segments, len(logits))[None, :, None] - 1
    return jnp.take_along_axis(logits, own, axis=0)[0]


def draw(
    settings: Settings,
    logits: Float[Array, "B V"],
    places: Int32[Array, " B"],
    known: int,
    allowed: Bool[Array, "B V"] | Float32[Array, "B V"] | None = None,
) -> tuple[Int32[Array, " B"], Float32[Array, " B"]]:
    """The token of each row at these places of its answer, and what `speak` tells of
    its probability."""
    logits = logits.astype(jnp.float32).at[:, Special.PAD].set(-jnp.inf)
    logits = logits.at[:, known:].set(-jnp.inf)
    tokens = sample(
        logits, settings.temperature, settings.top_p, settings.seed, places, allowed
    )
    picked = jnp.take_along_axis(logits, tokens[:, None], axis=-1)[:, 0]
    return tokens, picked - jax.nn.logsumexp(logits, axis=-1)


@functools.partial(jax.jit, static_argnums=(0, 1, 2, 3), donate_argnums=5)
def speak(
    config: ReasonerConfig,
    segments: int,
    steps: int,
    known: int,
    variables: Variables,
    slots: Slots,
    allowed: Bool[Array, "B V"] | Float32[Array, "B V"] | None = None,
    bound: Int32[Array, ""] | int = 2**31 - 1,
) -> tuple[Slots, Int32[Array, "N B"], Float32[Array, "N B"]]:
    """Goes on by so many tokens in each slot, or to the end of its answer.

    Args:
      segments: the most that an active row takes.
      steps: N; the device is not interrupted meanwhile.
      known: tokens that the tokenizer has; the model may have more, which mean nothing.
      allowed: see `sampling.sample`, for a single step.
      bound: of these steps, how many are taken at most, by the same program.

    Returns:
      The slots, and the tokens: `Special.END` at an answer's end, `Special.PAD` behind
      it. The last token of an answer that was cut short is not the end. And the
      logarithm of each token's probability to the model itself: at temperature 1, with
      no regard to `top_p` and `allowed`.
    """
    positions = slots.cache.keys[0].shape[2]

    def step(slots: Slots) -> tuple[Slots, tuple[Array, Array]]:
        settings = slots.settings
        tokens, log_probs = draw(settings, slots.logits, slots.said, known, allowed)
        tokens = jnp.where(slots.active, tokens, jnp.int32(Special.PAD))
        said = slots.said + slots.active.astype(jnp.int32)
        more = slots.active & (tokens != Special.END) & (said < settings.limit)
        more = more & (slots.cache.lengths < positions)
        logits, cache = reading.decode(config, variables, tokens, slots.cache, segments)
        lengths = jnp.where(more, cache.lengths, slots.cache.lengths)
        after = Slots(
            cache._replace(lengths=lengths),
            _after(logits, slots.segments).astype(jnp.float32),
            settings,
            said,
            more,
            slots.segments,
            slots.read,
        )
        return after, (tokens, log_probs)

    def run_or_rest(slots: Slots, number: Array) -> tuple[Slots, tuple[Array, Array]]:
        rows = slots.said.shape
        resting = jnp.full(rows, Special.PAD, jnp.int32), jnp.zeros(rows, jnp.float32)
        runs = slots.active.any() & (number < bound)
        return jax.lax.cond(runs, lambda: step(slots), lambda: (slots, resting))

    numbers = jnp.arange(steps, dtype=jnp.int32)
    slots, (tokens, log_probs) = jax.lax.scan(run_or_rest, slots, numbers)
    return slots, tokens, log_probs
