"""What the matrices of a reasoner are multiplied with, over all segments."""

from __future__ import annotations

import collections
import functools
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from data_pipeline.schema import Batch
from hrm_jax.models import layers, reasoner
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.types import Latents, Variables

Grams = dict[str, np.ndarray]
"""By the name of a matrix `[K F]`, the mean of x x^T over its inputs, `[K K]`."""


class _Sums:
    """What has been seen so far, by name."""

    def __init__(self):
        self.grams: dict[str, Any] = collections.defaultdict(float)
        self.counts: collections.Counter[str] = collections.Counter()

    def add(self, name: str, gram: jax.typing.ArrayLike, count: Any) -> None:
        self.grams[name] += np.asarray(gram, np.float64)
        self.counts[name] += int(count)

    def means(self) -> Grams:
        return {name: gram / self.counts[name] for name, gram in self.grams.items()}


def grams(
    config: ReasonerConfig,
    variables: Variables,
    puzzle_vectors: list[jax.Array],
    batches: list[Batch],
    latents: list[Latents],
    segments: int,
) -> Grams:
    """Lets the model think for `segments` segments, and watches its matrices.

    A matrix that is called several times in a segment has seen all these calls. Those
    of the heads are not watched.

    Args:
      puzzle_vectors: `[B E]` of each batch.
      batches: puzzles.
      latents: where each batch begins.
    """
    sums = _Sums()

    def watch(call: Any, args: Any, kwargs: Any, context: nn.module.InterceptorContext):
        module = context.module
        watched = isinstance(module, layers.Linear | layers.Linears)
        # The heads have no name of a block before theirs.
        if watched and context.method_name == "__call__" and len(module.path) > 1:
            rows = args[0].reshape(-1, args[0].shape[-1]).astype(jnp.float32)
            gram = jnp.matmul(rows.T, rows, precision="highest")
            add = functools.partial(sums.add, "/".join(module.path))
            jax.debug.callback(add, gram, len(rows))
        return call(*args, **kwargs)

    @jax.jit
    def think(
        variables: Variables, latents: Latents, vectors: jax.Array, batch: Batch
    ) -> Latents:
        def segment(latents: Latents, _: None) -> tuple[Latents, None]:
            after = reasoner.run_segment(
                config, variables, latents, batch.inputs, vectors, batch.layout
            )[0]
            return after, None

        with nn.intercept_methods(watch):
            return jax.lax.scan(segment, latents, None, length=segments)[0]

    for given in zip(latents, puzzle_vectors, batches, strict=True):
        jax.block_until_ready(think(variables, *given))
    jax.effects_barrier()
    return sums.means()
