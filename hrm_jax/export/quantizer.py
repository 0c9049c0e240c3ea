"""A trained model in fewer bits: which matrices get how many, and which numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from data_pipeline.schema import IGNORE_LABEL, Batch
from hrm_jax.export import rounding, trajectory
from hrm_jax.export.trajectory import Trajectory
from hrm_jax.models import matrices, observed, reasoner
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.predictor import Weights
from hrm_jax.types import Variables
from kernels.quantized_matmul import Quantized, formats

ROUNDINGS = ("mixed", "calibrated", "nearest")
"""How numbers are chosen: so that outputs stay, the most sensitive matrices in 8 bits
where 4 are asked for; so that outputs stay; each by itself."""

_SAME = 0.99
"""Share of the calibration puzzles whose answer is to stay the same, for "mixed"."""

_MOST = 0.5
"""Share of the weights that may have 8 bits then."""


class Quantizer:
    """Rounds the matrices of a model, having watched it think."""

    def __init__(
        self,
        config: ReasonerConfig,
        weights: Weights,
        batches: Sequence[Batch],
        segments: int,
        seed: int,
    ):
        """Args:
        weights: of the model, in float.
        batches: puzzles to calibrate on; labels only mark which tokens count.
        segments: that each is thought about.
        seed: of initial states, where they are drawn.
        """
        batches = [jax.tree.map(jnp.asarray, batch) for batch in batches]
        self._weights, self._batches = weights, batches
        vectors = [
            reasoner.puzzle_vectors(weights.table, one.puzzle_ids) for one in batches
        ]
        begin = [
            trajectory.initial_latents(config, weights, batch, seed)
            for batch in batches
        ]
        self._grams = observed.grams(
            config, weights.variables, vectors, batches, begin, segments
        )
        self._follow = trajectory.follower(config, segments, seed)
        self._true = self._followed(weights.variables)

    def quantized(self, bits: int, rounding: str, block: int) -> Variables:
        """Args:
        bits: 4 or 8.
        rounding: of `ROUNDINGS`.
        block: rows that share a scale, of 4 bits; less where K is no multiple of it.
          A matrix that no block divides has 8 bits.
        """
        found = self._rounded(bits, rounding != "nearest", block)
        if rounding == "mixed" and bits == 4:
            found = self._relieved(found)
        return matrices.replaced(self._weights.variables, found)

    def sensitivity(self, few: Mapping[str, Quantized]) -> dict[str, float]:
        """By matrix, the harm done where it alone has few bits: one minus the cosine of
        the last carry, on average. No label is looked at."""
        found = {}
        for name, matrix in few.items():
            alone = self._followed(self._dequantized({name: matrix}))
            cosines = [
                trajectory.cosines(one, true)[-1]
                for one, true in zip(alone, self._true, strict=True)
            ]
            found[name] = float(1 - np.mean(cosines))
        return found

    def _relieved(self, few: Mapping[str, Quantized]) -> dict[str, Quantized]:
        """8 bits for as many of the sensitive matrices as the answers ask for.

        Those whose 4 bits do most harm for each byte that 8 would cost come first.
        """
        many, harm = self._rounded(8, True, 0), self.sensitivity(few)
        four = [name for name in few if few[name].bits == 4]
        order = sorted(four, key=lambda name: harm[name] / few[name].nbytes)
        left = _MOST * sum(matrix.nbytes for matrix in few.values())
        chosen = dict(few)
        while order and self._same(chosen) < _SAME:
            name = order.pop()
            left -= few[name].nbytes
            if left < 0:
                break
            chosen[name] = many[name]
        return chosen

    def _same(self, chosen: Mapping[str, Quantized]) -> float:
        """The share of puzzles whose last answer is the float model's."""
        found = self._followed(self._dequantized(chosen))
        same = [
            np.asarray(
                (one.answers[-1] == true.answers[-1]) | (batch.labels == IGNORE_LABEL)
            ).all(-1)
            for one, true, batch in zip(found, self._true, self._batches, strict=True)
        ]
        return float(np.concatenate(same).mean())

    def _rounded(self, bits: int, calibrated: bool, block: int) -> dict[str, Quantized]:
        found = {}
        for name, matrix in matrices.of(self._weights.variables.params).items():
            w = np.asarray(matrix)
            own_bits, rows = formats.format_of(len(w), bits, block)
            if calibrated:
                gram = self._grams[name]
                found[name] = rounding.calibrated(w, gram, own_bits, rows)
            else:
                found[name] = rounding.nearest(w, own_bits, rows)
        return found

    def _dequantized(self, chosen: Mapping[str, Quantized]) -> Variables:
        replaced = matrices.replaced(self._weights.variables, chosen)
        return matrices.dequantized(replaced)

    def _followed(self, variables: Variables) -> list[Trajectory]:
        weights = self._weights._replace(variables=variables)
        return [self._follow(weights, batch) for batch in self._batches]
