"""Models whose matrices are quantised, and what these stand for, without compiling.

`test_products.py` holds the format against the kernels' own functions.
"""

import numpy as np

from hrm_jax.models import matrices
from hrm_jax.types import Variables
from kernels.quantized_matmul import Quantized

_BLOCK = 32


def quantized(given: Variables, bits: int | str) -> tuple[Variables, Variables]:
    """With matrices of so many bits, and with the floats that they stand for.

    Of "mixed" bits every other matrix has 4. A matrix whose rows do not make whole
    blocks has 8.
    """
    packed, whole = {}, {}
    for i, (name, matrix) in enumerate(matrices.of(given.params).items()):
        own = [8, 4][i % 2] if bits == "mixed" else bits
        kind = _of_4_bits if own == 4 and len(matrix) % _BLOCK == 0 else _of_8_bits
        packed[name], whole[name] = kind(np.asarray(matrix))
    return matrices.replaced(given, packed), matrices.replaced(given, whole)


def _of_8_bits(matrix: np.ndarray):
    scales = np.abs(matrix).max(0, keepdims=True) / np.float32(127)
    values = np.round(matrix / scales).astype(np.int8)
    return Quantized(values, scales), values * scales


def _of_4_bits(matrix: np.ndarray):
    blocks = matrix.reshape(-1, _BLOCK, matrix.shape[1])
    scales = np.abs(blocks).max(1) / np.float32(7)
    values = np.round(blocks / scales[:, None]).astype(np.int8)
    whole = (values * scales[:, None]).reshape(matrix.shape)
    halves = (values.reshape(matrix.shape) + 8).astype(np.uint8)
    return Quantized(halves[::2] | (halves[1::2] << 4), scales), whole
