"""The product with a weight matrix, in each form that a graph can have it.

| form     | float  | 8 bits                               | 4 bits                   |
| -------- | ------ | ------------------------------------ | ------------------------ |
| nbits    | MatMul | MatMulNBits; of few rows, two        | MatMulNBits              |
| standard | MatMul | DequantizeLinear, MatMul             | DequantizeLinear, MatMul |
| integer  | MatMul | DynamicQuantizeLinear, MatMulInteger | MatMulNBits              |

Of few rows, "integer" takes MatMulNBits at 8 bits as well. All compute with activations
in float32, but for "integer": there products with a quantised matrix are of whole
numbers, each row of activations rounded to 8 bits (by MatMulNBits each block of it).
That is up to several times as fast where a processor has instructions for it. Where an
x86 has none (VNNI), MatMulInteger adds pairs of terms in 16 bits, which two large
weights beside each other exceed: products are then some 8 % off (LOG.md).

At 8 bits and of float activations, MatMulNBits writes the matrix out in floats at each
call, which is nothing beside the product of many rows, and far more than that of one;
at 4 bits, or of rounded activations, it multiplies as it reads. So for few rows a
number is stored as two halves of 4 bits, in two matrices whose products are added.

ONNX Runtime makes a MatMulNBits of "standard" where a weight is used once, and unless
told otherwise (`session.qdq_matmulnbits_accuracy_level`) one that rounds activations.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from numpy.typing import DTypeLike

from hrm_jax.export.graphs import builder
from hrm_jax.export.graphs.builder import Graph
from kernels.quantized_matmul.formats import Quantized, numbers_of

FORMS = ("nbits", "standard", "integer")

_LARGEST_BLOCK = 128
"""Rows of a block of MatMulNBits at 8 bits; a column's one scale is stored once for
each block."""

_FLOAT_ACTIVATIONS, _INTEGER_ACTIVATIONS = 1, 4
"""MatMulNBits' accuracy_level: products and sums in float32; products in 8 bits."""

_TINY = 1e-30
"""Above 0: what a row of zeros is divided by."""


class MatrixWriter:
    """Writes products with matrices, and stores each matrix once.

    Attributes:
      form: one of `FORMS`.
    """

    def __init__(self, form: str, float_dtype: DTypeLike, few_rows: bool = False):
        """Args:
        float_dtype: float32 or float16, of what is stored as a float.
        few_rows: what is multiplied has one row, or a few.
        """
        if form not in FORMS:
            raise ValueError(f"{form} is no form of a graph: {', '.join(FORMS)}")
        self.form = form
        self._integer = form == "integer"
        self._few_rows = few_rows
        self._float_dtype = np.dtype(float_dtype)

    def floats(self, g: Graph, name: str, array: Any) -> str:
        """Stores floats, and reads them as float32."""
        return g.once(name, lambda root: self._stored(root, name, np.asarray(array)))

    def _stored(self, root: Graph, name: str, array: np.ndarray) -> str:
        stored = root.weight(name, array.astype(self._float_dtype))
        if self._float_dtype == np.float32:
            return stored
        return root.op("Cast", stored, to=builder.kind_of(np.float32))

    def product(self, g: Graph, x: str, name: str, matrix: Any) -> str:
        """`x [... K]` times a matrix `[K F]`: an array, or `Quantized`."""
        return self.products(g, x, name, matrix, 1)[0]

    def products(
        self, g: Graph, x: str, name: str, matrix: Any, count: int
    ) -> list[str]:
        """The same with each of several matrices of a kind that stand side by side.

        They are stored apart: what is cut apart afterwards is copied at every call.
        """
        parts = _cut(matrix, count)
        names = [f"{name}.{i}" if count > 1 else name for i in range(count)]
        of_bytes = isinstance(matrix, Quantized) and matrix.bits == 8
        if self._integer and of_bytes and not self._few_rows:
            return self._integers(g, x, names, parts)
        return [
            self._product(g, x, name, part)
            for name, part in zip(names, parts, strict=True)
        ]

    def _product(self, g: Graph, x: str, name: str, matrix: Any) -> str:
        if not isinstance(matrix, Quantized):
            return g.op("MatMul", x, self.floats(g, name, matrix))
        if self.form == "standard":
            make = lambda root: self._dequantized(root, name, matrix)  # noqa: E731
            return g.op("MatMul", x, g.once(f"{name}.dequantized", make))
        return self._nbits(g, x, name, matrix)

    def _kept(self, g: Graph, name: str, values: np.ndarray) -> str:
        """Stores whole numbers."""
        return g.once(f"{name}.values", lambda root: root.weight(name, values))

    def _scales(self, g: Graph, name: str, scales: Any) -> str:
        return self.floats(g, f"{name}.scales", np.asarray(scales))

    def _dequantized(self, root: Graph, name: str, matrix: Quantized) -> str:
        if matrix.bits == 8:
            stored = root.weight(name, np.asarray(matrix.values))
            scales = self._scales(root, name, np.asarray(matrix.scales)[0])
            return root.op("DequantizeLinear", stored, scales, axis=1)
        whole = numbers_of(Quantized(*map(jnp.asarray, matrix)))
        stored = root.tensor(builder.packed(name, np.asarray(whole, np.int8)))
        scales = self._scales(root, name, matrix.scales)
        return root.op(
            "DequantizeLinear", stored, scales, axis=0, block_size=matrix.block
        )

    def _integers(
        self, g: Graph, x: str, names: list[str], parts: list[Quantized]
    ) -> list[str]:
        """Of whole numbers: x is rounded to 8 bits, by a scale of each row's own.

        ONNX Runtime fuses the operators from DynamicQuantizeLinear on into one, which
        knows one scale for all rows; so rows are first made equally large. And what
        a row becomes does not depend on the others beside it.
        """
        largest = g.op("ReduceMax", g.op("Abs", x), g.constant([-1], np.int64))
        largest = g.op("Max", largest, g.constant(_TINY))
        even = g.op("Div", x, largest)
        rounded, scale, zero = g.ops("DynamicQuantizeLinear", even, count=3)
        products = []
        for name, part in zip(names, parts, strict=True):
            values = np.asarray(part.values)
            stored = self._kept(g, name, values)
            scales = self._scales(g, name, np.asarray(part.scales)[0])
            sums = g.op("MatMulInteger", rounded, stored, zero)
            both = g.op("Mul", scale, scales)
            product = g.op(
                "Mul", g.op("Cast", sums, to=builder.kind_of(np.float32)), both
            )
            products.append(g.op("Mul", product, largest))
        return products

    def _nbits(self, g: Graph, x: str, name: str, matrix: Quantized) -> str:
        values, scales = np.asarray(matrix.values).T, np.asarray(matrix.scales).T
        rows, columns = matrix.shape
        if matrix.bits == 4:
            return self._matmul_nbits(g, x, name, rows, 4, values, scales)
        block = min(_LARGEST_BLOCK, max(16, _power_of_two(rows)))
        blocks = -(-rows // block)
        # Numbers are stored plus 128; and rows that are not there as nothing.
        padded = np.zeros((columns, blocks * block), np.int8)
        padded[:, :rows] = values
        stored = padded.view(np.uint8) ^ np.uint8(128)
        scales = np.repeat(scales, blocks, axis=1)
        if self._integer or not self._few_rows:
            return self._matmul_nbits(g, x, name, rows, 8, stored, scales)
        halves = stored >> 4, stored & 15
        high, low = (half[:, ::2] | (half[:, 1::2] << 4) for half in halves)
        # The upper half is stored plus 8, as always; of the lower one, nothing is less.
        zero = g.constant(np.zeros((columns, -(-blocks // 2))), np.uint8)
        return g.op(
            "Add",
            self._matmul_nbits(g, x, f"{name}.high", rows, 4, high, 16 * scales),
            self._matmul_nbits(g, x, f"{name}.low", rows, 4, low, scales, zero),
        )

    def _matmul_nbits(
        self,
        g: Graph,
        x: str,
        name: str,
        rows: int,
        bits: int,
        values: np.ndarray,
        scales: np.ndarray,
        *zero: str,
    ) -> str:
        """A product with a matrix of K `rows`; values and scales lie by columns."""
        columns, blocks = scales.shape
        values = values.reshape(columns, blocks, -1)
        return g.op(
            "MatMulNBits",
            x,
            self._kept(g, name, values),
            self._scales(g, name, scales),
            *zero,
            domain=builder.MICROSOFT,
            K=rows,
            N=columns,
            bits=bits,
            block_size=values.shape[-1] * 8 // bits,
            accuracy_level=_INTEGER_ACTIVATIONS
            if self._integer
            else _FLOAT_ACTIVATIONS,
        )


def _cut(matrix: Any, count: int) -> list[Any]:
    """Into matrices of as many columns each."""
    if isinstance(matrix, Quantized):
        values, scales = (_cut(part, count) for part in matrix)
        return [Quantized(*part) for part in zip(values, scales, strict=True)]
    return np.split(np.asarray(matrix), count, axis=-1)


def _power_of_two(number: int) -> int:
    return 1 << (number - 1).bit_length()
