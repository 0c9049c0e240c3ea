"""Pytrees that travel between the model, the training step and the checkpoint.

Axis letters, here and everywhere: B batch or slots, S sequence, T sequence with prefix,
G segments, D width, N heads, K head width, F feed-forward width, V vocabulary,
P puzzles, E puzzle-embedding width. A matrix is `[K F]`, from K inputs to F outputs.
Other letters, and these where they mean something else, are explained where they stand.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from jax import Array
from jaxtyping import Float, Float32

Params = dict[str, Any]
"""Nested dicts of arrays; a "kernel" may be `kernels.quantized_matmul.Quantized`."""


Size = int | Any
"""A batch size; in programs that are exported for batches of any size its symbol."""


class Variables(NamedTuple):
    """All that the reasoner reads besides its inputs.

    Attributes:
      params: trained by gradient.
      constants: drawn once and kept, the two initial states.
    """

    params: Params
    constants: Params


class Latents(NamedTuple):
    """The state that reasoning refines.

    `T` counts the prefix too; a model that is equivariant has so many for each symbol.
    """

    z_h: Float[Array, "B T D"]
    z_l: Float[Array, "B T D"]


class SegmentOutput(NamedTuple):
    """What one segment says.

    Attributes:
      logits: over the vocabulary, prefix dropped.
      q_halt_logit: is the answer right?
      q_continue_logit: will it become right? Trained under Q-learning only.
    """

    logits: Float[Array, "B S V"]
    q_halt_logit: Float32[Array, " B"]
    q_continue_logit: Float32[Array, " B"]
