"""Slots that reason for as long as they need: refill, advance, halt.

A slot works on one example, a segment a step, until it halts; then it takes a new one.
Under Q-learning (HRM) a slot halts when stopping is worth more than going on; halt-only
(TRM) it halts when it believes its answer; both may ask for more confidence than that.
Or, in place of all this, it halts when its state has settled (arXiv:2606.18206,
arXiv:2605.21488). All stop at `max_segments`. In training a random minimum of segments,
drawn anew each step, keeps the model from never seeing what more thinking brings.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Bool, Float32, Int, Int32

from data_pipeline.schema import (
    MOST_COUNTED,
    Batch,
    require_at_least,
    require_at_most,
    require_share,
)
from hrm_jax.types import Latents, SegmentOutput


@dataclasses.dataclass(frozen=True)
class HaltingConfig:
    """Attributes:
    max_segments: segments after which a slot halts anyway.
    exploration_prob: how often in training a slot must do a random minimum of segments.
    min_confidence: sigmoid(q_halt) below which a slot does not halt by itself; 0 leaves
      it to the rule of the published models.
    residual: halt when a segment changes z_h by less than this share of it, whatever
      the halting head says; `min_confidence` has no effect then. 0 leaves it to the
      halting head.
    q_learning: also learn what going on is worth, from an extra forward pass (HRM);
      else halt on q_halt > 0 alone (TRM).
    """

    max_segments: int
    exploration_prob: float
    min_confidence: float
    residual: float
    q_learning: bool

    def __post_init__(self):
        require_at_least("halting", self, max_segments=1, residual=0)
        require_at_most("halting", self, max_segments=MOST_COUNTED)
        require_share("halting", self, "exploration_prob", "min_confidence")


class Carry(NamedTuple):
    """What the slots keep between steps.

    Attributes:
      latents: detached from the gradient.
      segments: segments done on the current example.
      halted: takes a new example at the next step.
      example: what each slot works on.
    """

    latents: Latents
    segments: Int32[Array, " B"]
    halted: Bool[Array, " B"]
    example: Batch


def empty_carry(initial: Latents, blank: Batch) -> Carry:
    """A carry whose slots all wait for an example.

    Args:
      initial: the fixed initial states, one row per slot.
      blank: an example of no meaning for each.
    """
    slots = initial.z_h.shape[0]
    return Carry(
        latents=initial,
        segments=jnp.zeros(slots, jnp.int32),
        halted=jnp.ones(slots, bool),
        example=blank,
    )


def refill(carry: Carry, fresh: Batch, initial: Latents) -> Carry:
    """Halted slots take the example in their own row of `fresh` and start again."""

    def renew(new: Array, old: Array) -> Array:
        halted = carry.halted.reshape(-1, *[1] * (new.ndim - 1))
        return jnp.where(halted, new, old)

    return Carry(
        latents=jax.tree.map(renew, initial, carry.latents),
        segments=jnp.where(carry.halted, 0, carry.segments),
        halted=jnp.zeros_like(carry.halted),
        example=jax.tree.map(renew, fresh, carry.example),
    )


def exploration_minimum(
    uniform: Float32[Array, " B"], drawn: Int32[Array, " B"], exploration_prob: float
) -> Int32[Array, " B"]:
    """The least segments each slot must do: `drawn` with `exploration_prob`, else 0."""
    return jnp.where(uniform < exploration_prob, drawn, 0)


def draw_minimum(key: Array, slots: int, config: HaltingConfig) -> Int32[Array, " B"]:
    """Draws `exploration_minimum`, uniform on 2 .. max_segments where it applies.

    Args:
      key: the key is consumed.
    """
    uniform_key, drawn_key = jax.random.split(key)
    uniform = jax.random.uniform(uniform_key, (slots,))
    last = max(config.max_segments, 2)
    drawn = jax.random.randint(drawn_key, (slots,), 2, last + 1)
    return exploration_minimum(uniform, drawn, config.exploration_prob)


def residual(before: Latents, after: Latents) -> Float32[Array, " B"]:
    """How much a segment has changed z_h: |after - before| / |before|, in float32."""

    def norm(z: Array) -> Array:
        return jnp.sqrt(jnp.square(z).sum((1, 2)))

    old, new = before.z_h.astype(jnp.float32), after.z_h.astype(jnp.float32)
    return norm(new - old) / jnp.maximum(norm(old), jnp.finfo(jnp.float32).tiny)


def wants_to_halt(
    output: SegmentOutput,
    config: HaltingConfig,
    change: Float32[Array, " B"] | None = None,
) -> Bool[Array, " B"]:
    """The model's own wish, regardless of segments done.

    Args:
      change: the segment's `residual`; None where `config.residual` is 0.
    """
    if change is not None:
        return change < config.residual
    going_on = output.q_continue_logit if config.q_learning else None
    return is_sure(output.q_halt_logit, going_on, config.min_confidence)


def is_sure(
    q_halt_logit: Float32[Array, "*B"],
    q_continue_logit: Float32[Array, "*B"] | None,
    min_confidence: float,
) -> Bool[Array, "*B"]:
    """Does the halting head rather halt than go on, and with so much confidence?

    Args:
      q_continue_logit: what going on is worth; None where that is not learned, and
        halting has to be more likely right than wrong.
    """
    sure = jax.nn.sigmoid(q_halt_logit) >= min_confidence
    return sure & (q_halt_logit > (0 if q_continue_logit is None else q_continue_logit))


def first_segment(wishes: Bool[Array, "G B"]) -> Int32[Array, " B"]:
    """Segments after which each row halts: at its first wish, or after all G."""
    first = wishes.argmax(0).astype(jnp.int32) + 1
    return jnp.where(wishes.any(0), first, len(wishes))


def advance(
    carry: Carry,
    latents: Latents,
    output: SegmentOutput,
    minimum: Int32[Array, " B"] | int,
    config: HaltingConfig,
) -> Carry:
    """Counts the segment and decides who halts.

    Args:
      carry: after `refill`.
      latents: after the segment.
      minimum: segments that a slot must do before its wish counts; 0 outside training.
    """
    segments = carry.segments + 1
    change = residual(carry.latents, latents) if config.residual else None
    wish = wants_to_halt(output, config, change) & (segments >= minimum)
    last = segments >= config.max_segments
    return carry._replace(
        latents=jax.lax.stop_gradient(latents), segments=segments, halted=wish | last
    )


def q_continue_target(
    segments: Int[Array, " B"], following: SegmentOutput, config: HaltingConfig
) -> Float32[Array, " B"]:
    """What going on is worth: the best that the next segment's own logits promise.

    sigmoid(max(q_halt', q_continue')), and sigmoid(q_halt') where one may not go on.

    Args:
      segments: done, the current one included.
      following: the next segment's output.
    """
    best = jnp.maximum(following.q_halt_logit, following.q_continue_logit)
    last = segments >= config.max_segments
    value = jnp.where(last, following.q_halt_logit, best)
    return jax.lax.stop_gradient(jax.nn.sigmoid(value))
