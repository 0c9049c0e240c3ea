"""How likely a model holds the answers that are right."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array
from jaxtyping import Bool, Float32

from data_pipeline.schema import IGNORE_LABEL, Batch
from hrm_jax.losses import cross_entropy
from hrm_jax.models import reasoner
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.types import Latents, SegmentOutput, Variables


def read_along(
    config: ReasonerConfig, variables: Variables, batch: Batch, segments: int
) -> tuple[Latents, SegmentOutput]:
    """Has a model read rows of text with their answers (teacher forcing).

    Args:
      segments: after which it is asked, one at least.

    Returns:
      Its state, not cut from the gradient, and what it says.
    """
    rows = batch.inputs.shape[0]
    latents = reasoner.initial_latents(config, variables, rows)
    nowhere = jnp.zeros((rows, 0), jnp.float32)
    output = None
    for _ in range(segments):
        latents, output = reasoner.run_segment(
            config, variables, latents, batch.inputs, nowhere, batch.layout
        )
    assert output is not None, "there is a segment"
    return latents, output


def score(
    config: ReasonerConfig,
    token_loss: str,
    variables: Variables,
    batch: Batch,
    segments: int,
) -> tuple[Float32[Array, " B"], Bool[Array, " B"]]:
    """Each row's answers, read along.

    Args:
      token_loss: see `losses.LossConfig`.
      segments: after which the model is asked.

    Returns:
      -log of their probability, in nats; and whether each of their tokens is the most
      probable one, so that greedy decoding would say them.
    """
    _, output = read_along(config, variables, batch, segments)
    nats = cross_entropy(output.logits, batch.labels, token_loss).sum(-1)
    labelled = batch.labels != IGNORE_LABEL
    right = (output.logits.argmax(-1) == batch.labels) | ~labelled
    return nats, right.all(-1)
