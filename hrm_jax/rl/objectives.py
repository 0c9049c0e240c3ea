"""What makes answers that fared well more likely: GRPO and GSPO.

With x_t = log pi(y_t) - log pi_old(y_t) of the tokens of an answer y and its advantage
A, the reward's distance from the mean of its group in standard deviations, both take

    J = mean over answers of 1/|y| sum_t min(r_t A, clip(r_t, 1 - low, 1 + high) A)

GRPO (arXiv:2402.03300) by each token's own ratio r_t = exp(x_t), GSPO
(arXiv:2507.18071) by the answer's, r_t = exp(1/|y| sum_t x_t). To stay near the weights
that learning began with, kl_weight times 1/|y| sum_t exp(d_t) - d_t - 1 is taken from
that, with d_t = log pi_ref(y_t) - log pi(y_t): an unbiased and positive estimate of the
KL divergence (GRPO, equation 4).
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Bool, Float, Float32, Int

from data_pipeline.schema import IGNORE_LABEL, Batch, Rollout, require_at_least
from data_pipeline.text.special import Special
from hrm_jax import losses
from hrm_jax.losses import SegmentLoss
from hrm_jax.types import SegmentOutput

RATIOS = ("grpo", "gspo")
EXPERT, DAGGER = "expert", "dagger"
NAMES = ("none", EXPERT, DAGGER, *RATIOS)
"""Of `rl.objective`; what has no ratio has the loss of all training."""


@dataclasses.dataclass(frozen=True)
class ObjectiveConfig:
    """Attributes:
    name: of `RATIOS`.
    clip_low, clip_high: how far below and above 1 a ratio counts.
    kl_weight: of the divergence from the weights that learning began with.
    segments: that the answers' tokens were thought about.
    known: tokens that the answers were drawn from, those of the tokenizer.
    """

    name: str
    clip_low: float
    clip_high: float
    kl_weight: float
    segments: int
    known: int

    def __post_init__(self):
        require_at_least("rl", self, clip_low=0, clip_high=0, kl_weight=0, segments=1)


class PolicySums(NamedTuple):
    """Sums over the answers of a batch.

    Attributes:
      answers: how many there are.
      clipped: share of an answer's tokens that the clipping keeps from being learned
        from.
      kl_behaviour: estimated divergence, per token, of the weights that drew an answer
        from the present ones.
      kl_reference: of those from the weights that learning began with; 0 without them.
    """

    answers: Float32[Array, ""]
    clipped: Float32[Array, ""]
    kl_behaviour: Float32[Array, ""]
    kl_reference: Float32[Array, ""]


def blank(batch: Batch) -> Batch:
    """A batch of the shapes that an objective needs, made of one with a layout."""
    nothing = jnp.zeros(batch.inputs.shape, jnp.float32)
    assert batch.layout is not None, "rows of text"
    rollout = Rollout(batch.layout.segments, batch.layout.prompt, *[nothing] * 3)
    return batch._replace(layout=rollout)


def label_log_probs(
    logits: Float[Array, "B S V"], labels: Int[Array, "B S"], known: int
) -> Float32[Array, "B S"]:
    """log pi of each label, 0 where there is none.

    As answers are drawn (`decoder.speak`), from the tokens that the tokenizer has, and
    never a padding.
    """
    logits = logits.astype(jnp.float32)
    tokens = jnp.arange(logits.shape[-1])
    possible = (tokens != Special.PAD) & (tokens < known)
    logits = jnp.where(possible[None, None, :], logits, -jnp.inf)
    labelled = labels != IGNORE_LABEL
    index = jnp.where(labelled, labels, Special.END)[..., None]
    found = jnp.take_along_axis(jax.nn.log_softmax(logits), index, axis=-1)[..., 0]
    return jnp.where(labelled, found, 0.0)


def mean_answers(batch: Batch) -> Float32[Array, ""]:
    """Mean number of answers per row.

    At least one in the whole batch is assumed, so that the result is never 0.
    """
    assert batch.layout is not None, "rows of text"
    weights = _weights(batch.labels != IGNORE_LABEL, batch.layout.segments)
    return jnp.maximum(weights.sum(), 1) / batch.labels.shape[0]


def policy_loss(
    output: SegmentOutput,
    labels: Int[Array, "B S"],
    rollout: Rollout,
    config: ObjectiveConfig,
    answers_per_row: Float32[Array, ""],
) -> tuple[Float32[Array, ""], SegmentLoss, PolicySums]:
    """-J times the number of rows, so that parts of a batch can be summed.

    Args:
      answers_per_row: `mean_answers` of the whole batch.
    """
    labelled = labels != IGNORE_LABEL
    weights = _weights(labelled, rollout.segments)
    likely = label_log_probs(output.logits, labels, config.known)
    x = jnp.where(labelled, likely - rollout.log_probs, 0.0)
    if config.name == "gspo":
        ratio = jnp.exp(_per_answer(weights * x, rollout.segments))
    else:
        ratio = jnp.exp(x)
    advantages = rollout.advantages
    within = jnp.clip(ratio, 1 - config.clip_low, 1 + config.clip_high)
    gains = jnp.minimum(ratio * advantages, within * advantages)
    clipped = labelled & (within * advantages < ratio * advantages)
    total = -(weights * gains).sum()

    kl_reference = jnp.zeros((), jnp.float32)
    if config.kl_weight:
        kl_reference = _divergence(rollout.reference - likely, weights)
        total = total + config.kl_weight * kl_reference
    total = total / answers_per_row
    sums = PolicySums(
        answers=weights.sum(),
        clipped=jnp.where(clipped, weights, 0.0).sum(),
        kl_behaviour=_divergence(x, weights),
        kl_reference=kl_reference,
    )
    nothing = jnp.zeros((), jnp.float32)
    counts = losses.counts(output.logits, labels)
    parts = SegmentLoss(total, nothing, nothing, *counts)
    return total, parts, jax.lax.stop_gradient(sums)


def _divergence(
    d: Float32[Array, "B S"], weights: Float32[Array, "B S"]
) -> Float32[Array, ""]:
    """Sum over answers of the mean over tokens of exp(d) - d - 1."""
    d = jnp.where(weights > 0, d, 0.0)
    # Of small d, exp(d) - 1 would be mostly what rounding leaves, and may be negative.
    return (weights * (jnp.expm1(d) - d)).sum()


def _weights(
    labelled: Bool[Array, "B S"], segments: Int[Array, "B S"]
) -> Float32[Array, "B S"]:
    """1/|y| at the labels of an answer y, else 0."""
    counts = labelled.astype(jnp.float32)
    return counts / jnp.maximum(_per_answer(counts, segments), 1)


def _per_answer(
    values: Float32[Array, "B S"], segments: Int[Array, "B S"]
) -> Float32[Array, "B S"]:
    """Sums over the tokens of each example, at each of them."""

    def of_row(values: Array, segments: Array) -> Array:
        # A row has no more examples than tokens.
        sums = jax.ops.segment_sum(values, segments, values.shape[0] + 1)
        return sums[segments]

    return jax.vmap(of_row)(values, segments)
