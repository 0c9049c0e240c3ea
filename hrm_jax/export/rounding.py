"""From floats to whole numbers: to the nearest, or so that the outputs stay.

What a matrix W `[K F]` answers to its inputs X changes by X (W - Q). Rounded to the
nearest, each number is as near as it can be, but errors of correlated inputs add up; in
a recursive model they come back a hundred times before the answer. GPTQ
(arXiv:2210.17323) goes row by row and lets the rows that are still floats make up for
the error of those that are rounded: with H = X^T X and U the upper Cholesky factor of
its inverse,

    e_i = (w_i - q_i) / U_ii,    w_j <- w_j - U_ij e_i    for all j > i
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from kernels import quantized_matmul
from kernels.quantized_matmul import Quantized
from kernels.quantized_matmul.formats import LARGEST, pack

_DAMPING = 0.01
"""Of the mean of H's diagonal, added to it, so that it has an inverse."""

_SHRINK = np.linspace(1.0, 0.6, 21)
"""Shares of the largest weight of a block that may become the largest number."""


def nearest(
    w: Float[np.ndarray, "K F"], bits: int, block: int | None = None
) -> Quantized:
    """Each weight by itself; `block` rows share a scale, of 8 bits all."""
    return quantized_matmul.quantize(jnp.asarray(w), bits, block)


def calibrated(
    w: Float[np.ndarray, "K F"],
    gram: Float[np.ndarray, "K K"],
    bits: int,
    block: int | None = None,
) -> Quantized:
    """By GPTQ, with scales that are searched for.

    Args:
      w: the weights.
      gram: of the inputs, `hrm_jax.models.observed.grams`.
      bits: 4 or 8.
      block: rows that share a scale; for 4 bits alone.
    """
    rows, columns = w.shape
    size = block or rows
    left = np.array(w, np.float64)
    seen = gram.diagonal()
    hessian = gram + np.eye(rows) * (_DAMPING * seen.mean() + 1e-30)
    # The factor that is wanted, from the one that numpy gives.
    upper = np.linalg.cholesky(np.linalg.inv(hessian)).T
    numbers = np.zeros((rows, columns), np.int8)
    scales = np.zeros((rows // size, columns), np.float32)
    for start in range(0, rows, size):
        inside = slice(start, start + size)
        scale = _scales(left[inside], seen[inside], bits)
        scales[start // size] = scale
        errors = np.zeros((size, columns))
        for i in range(start, start + size):
            number = _rounded(left[i], scale, bits)
            numbers[i] = number
            errors[i - start] = (left[i] - number * scale) / upper[i, i]
            within = slice(i + 1, start + size)
            left[within] -= np.outer(upper[i, within], errors[i - start])
        left[start + size :] -= upper[inside, start + size :].T @ errors
    values = jnp.asarray(numbers)
    return Quantized(pack(values) if bits == 4 else values, jnp.asarray(scales))


def _scales(
    w: Float[np.ndarray, "K F"], seen: Float[np.ndarray, " K"], bits: int
) -> Float[np.ndarray, " F"]:
    """For each column the scale whose rounding errors matter least to the outputs."""
    largest = np.abs(w).max(axis=0) / LARGEST[bits]
    best, least = largest, np.full(largest.shape, np.inf)
    for share in _SHRINK if bits == 4 else _SHRINK[:1]:
        scale = (share * largest).astype(np.float32).astype(np.float64)
        error = (seen[:, None] * (w - _rounded(w, scale, bits) * scale) ** 2).sum(0)
        best = np.where(error < least, scale, best)
        least = np.minimum(error, least)
    return best


def _rounded(w: np.ndarray, scale: np.ndarray, bits: int) -> np.ndarray:
    numbers = np.round(w / np.where(scale > 0, scale, 1.0))
    return np.clip(numbers, -LARGEST[bits], LARGEST[bits])
