"""Losses of one segment: is the answer right, and does the model know it?"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array
from jaxtyping import Bool, Float, Float32, Int

from data_pipeline.schema import IGNORE_LABEL, require_at_least, require_one_of
from hrm_jax.types import SegmentOutput


def log_stablemax(logits: Float[Array, "... V"]) -> Float32[Array, "... V"]:
    """log(s(x) / sum s(x)), s(x) = x + 1 for x >= 0, else 1 / (1 - x).

    From arXiv:2501.04697. The published code computes this in float64; in float32 the
    logarithm of s is taken directly, log1p(|x|) with x's sign, which loses nothing.
    """
    x = logits.astype(jnp.float32)
    sign = jnp.where(x >= 0, 1.0, -1.0)  # not jnp.sign: the slope at 0 is 1
    log_s = sign * jnp.log1p(sign * x)
    return log_s - jax.nn.logsumexp(log_s, axis=-1, keepdims=True)


def log_softmax(logits: Float[Array, "... V"]) -> Float32[Array, "... V"]:
    """log(exp(x) / sum exp(x)), in float32."""
    return jax.nn.log_softmax(logits.astype(jnp.float32))


LOG_PROBABILITIES = {"stablemax": log_stablemax, "softmax": log_softmax}


def cross_entropy(
    logits: Float[Array, "... V"], labels: Int[Array, "..."], kind: str
) -> Float32[Array, "..."]:
    """-log probability of the label per token, 0 where it is `IGNORE_LABEL`.

    Args:
      kind: of `LOG_PROBABILITIES`.
    """
    labelled = labels != IGNORE_LABEL
    index = jnp.where(labelled, labels, 0)[..., None]
    log_probabilities = LOG_PROBABILITIES[kind](logits)
    picked = jnp.take_along_axis(log_probabilities, index, axis=-1)[..., 0]
    return jnp.where(labelled, -picked, 0.0)


_AVERAGES = ("example", "token")


@dataclasses.dataclass(frozen=True)
class LossConfig:
    """Attributes:
    token_loss: "stablemax" or "softmax".
    average: how the losses of tokens are averaged. "example": over each example's
      labelled tokens, then over the examples, one a row, which so count equally (HRM,
      TRM); "token": over the labelled tokens of all rows, which so count equally
      (HRM-Text).
    halt_weight: weight of the halting losses beside the answer's.
    """

    token_loss: str
    average: str
    halt_weight: float

    def __post_init__(self):
        require_at_least("loss", self, halt_weight=0)
        known = {"average": _AVERAGES, "token_loss": LOG_PROBABILITIES}
        require_one_of("loss", self, **known)


class SegmentLoss(NamedTuple):
    """Sums over the batch, and what each row's answer is worth.

    Attributes:
      answer, halt, continue_: the three losses, unweighted; `continue_` is 0 without
        Q-learning.
      correct_tokens: labelled tokens that are right, per row.
      labelled_tokens: per row.
      exact: per row, are all labelled tokens right? True where none is labelled.
    """

    answer: Float32[Array, ""]
    halt: Float32[Array, ""]
    continue_: Float32[Array, ""]
    correct_tokens: Float32[Array, " B"]
    labelled_tokens: Float32[Array, " B"]
    exact: Bool[Array, " B"]


def mean_labelled(labels: Int[Array, "B S"]) -> Float32[Array, ""]:
    """Mean number of labelled tokens per row.

    At least one in the whole batch is assumed, so that the result is never 0.
    """
    labelled = (labels != IGNORE_LABEL).sum(dtype=jnp.float32)
    return jnp.maximum(labelled, 1) / labels.shape[0]


def counts(
    logits: Float[Array, "B S V"], labels: Int[Array, "B S"]
) -> tuple[Float32[Array, " B"], Float32[Array, " B"], Bool[Array, " B"]]:
    """Per row: labelled tokens predicted correctly, labelled tokens, and whether the
    two numbers are equal (the last three fields of `SegmentLoss`)."""
    labelled = labels != IGNORE_LABEL
    right = labelled & (logits.argmax(-1) == labels)
    correct_tokens = right.sum(-1, dtype=jnp.float32)
    labelled_tokens = labelled.sum(-1, dtype=jnp.float32)
    return correct_tokens, labelled_tokens, correct_tokens == labelled_tokens


def segment_loss(
    output: SegmentOutput,
    labels: Int[Array, "B S"],
    q_continue_target: Float32[Array, " B"] | None,
    config: LossConfig,
    tokens_per_row: Float32[Array, ""] | None = None,
) -> tuple[Float32[Array, ""], SegmentLoss]:
    """Loss of one segment, summed over the batch.

    answer + halt_weight * (BCE(q_halt, exact) + BCE(q_continue, target)); the answer's
    loss is averaged as `config.average` says, then multiplied by the number of rows, so
    that parts of a batch can be summed.

    Args:
      q_continue_target: probabilities, or None without Q-learning.
      tokens_per_row: `mean_labelled` of the whole batch, where these rows are a
        microbatch of it.

    Returns:
      The weighted sum, and its parts.
    """
    correct_tokens, labelled_tokens, exact = counts(output.logits, labels)
    token_loss = cross_entropy(output.logits, labels, config.token_loss)
    if config.average == "token":
        if tokens_per_row is None:
            tokens_per_row = mean_labelled(labels)
        answer = token_loss.sum() / tokens_per_row
    else:
        answer = (token_loss.sum(-1) / jnp.maximum(labelled_tokens, 1)).sum()

    binary = optax.sigmoid_binary_cross_entropy
    halt = binary(output.q_halt_logit, exact.astype(jnp.float32)).sum()
    continue_ = jnp.zeros((), jnp.float32)
    if q_continue_target is not None:
        continue_ = binary(output.q_continue_logit, q_continue_target).sum()
    total = answer + config.halt_weight * (halt + continue_)
    parts = SegmentLoss(answer, halt, continue_, correct_tokens, labelled_tokens, exact)
    return total, parts
