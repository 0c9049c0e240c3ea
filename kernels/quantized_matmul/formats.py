"""How quantised weights are stored, made and read back.

A matrix `[K F]` is stored as whole numbers and scales, `w = scale * number`:

| bits | values                            | scales                    |
| ---- | --------------------------------- | ------------------------- |
| 8    | int8 `[K F]`                      | `[1 F]`, one a column     |
| 4    | uint8 `[K/2 F]`, two rows a byte  | `[K/block F]`, one a block |

In 4 bits the byte at `[j, f]` holds row 2j in its low and row 2j + 1 in its high half,
each plus 8. These are the bytes of ONNX Runtime's MatMulNBits, transposed: its
`B [F, K/block, block/2]` is `values.T.reshape(...)` and its scales are `scales.T`, with
8, its default, as the zero point. Here the columns come last, since then a
row of scales meets the rows of its block without a movement between lanes, on a TPU as
on a GPU. (For 8 bits MatMulNBits wants 128 added and the scale repeated per block.)
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Float32, Int8, UInt8

BLOCKS = (32, 64, 128)

LARGEST = {4: 7, 8: 127}
"""The numbers of so many bits reach from minus this to this."""


class Quantized(NamedTuple):
    """A frozen weight matrix; several of one shape may be stacked along axes before.

    Attributes:
      values: the numbers, int8 or packed uint8; their dtype is the format.
      scales: float32 or bfloat16.
    """

    values: jax.Array
    scales: jax.Array

    @property
    def bits(self) -> int:
        return 8 if self.values.dtype == jnp.int8 else 4

    @property
    def shape(self) -> tuple[int, int]:
        """(K, F) of the matrix that it stands for."""
        rows, columns = self.values.shape[-2:]
        return (rows if self.bits == 8 else 2 * rows), columns

    @property
    def block(self) -> int:
        """Rows that share a scale."""
        return self.shape[0] // self.scales.shape[-2]

    @property
    def nbytes(self) -> int:
        """What a product has to read of it."""
        return self.values.nbytes + self.scales.nbytes


def format_of(rows: int, bits: int, block: int) -> tuple[int, int | None]:
    """The bits and the block of a matrix, where so many are asked for.

    In 4 bits it has the largest block of those allowed that divides K and is no larger
    than `block`; where there is none, and in 8 bits, 8 bits and none.
    """
    fitting = [size for size in BLOCKS if rows % size == 0 and size <= block]
    return (4, fitting[-1]) if bits == 4 and fitting else (8, None)


def check(w: Quantized) -> None:
    """Checks `w` against the table above.

    Raises:
      ValueError: a stored dtype or shape is another one, as when a library has silently
        kept the weights in float32.
    """
    if w.values.dtype not in (jnp.int8, jnp.uint8):
        raise ValueError(f"Weights are stored as {w.values.dtype}, not int8 or uint8.")
    if w.scales.dtype not in (jnp.float32, jnp.bfloat16):
        raise ValueError(f"Scales are {w.scales.dtype}, not float32 or bfloat16.")
    rows, columns = w.shape
    allowed = (rows,) if w.bits == 8 else BLOCKS
    expected = [(rows // block, columns) for block in allowed if rows % block == 0]
    if w.scales.shape[-2:] not in expected:
        raise ValueError(
            f"Scales {w.scales.shape} do not belong to {w.bits}-bit weights "
            f"[{rows}, {columns}], but {expected} would."
        )


def quantize(
    w: Float[Array, "K F"],
    bits: int,
    block: int | None = None,
    scale_dtype: jax.typing.DTypeLike = jnp.float32,
) -> Quantized:
    """Rounds to the nearest, the largest of each block to +-7 or +-127.

    Args:
      w: the weights.
      bits: 8, with a scale for each column, or 4, with one for each block of rows.
      block: 32, 64 or 128, and a divisor of K; for 4 bits alone.
      scale_dtype: what scales are stored as, and then the numbers are chosen for.

    Raises:
      ValueError: bits or block are none of these.
    """
    rows, columns = w.shape
    if bits not in (4, 8):
        raise ValueError(f"Weights have 4 or 8 bits here, not {bits}.")
    if (bits == 8) != (block is None) or (bits == 4 and block not in BLOCKS):
        raise ValueError(f"4 bits have a block of {BLOCKS}, 8 bits none; not {block}.")
    block = block or rows
    if rows % block:
        raise ValueError(f"{rows} rows are no multiple of blocks of {block}.")
    largest = LARGEST[bits]
    blocks = w.astype(jnp.float32).reshape(rows // block, block, columns)
    scales = (jnp.abs(blocks).max(axis=1) / largest).astype(scale_dtype)
    divisor = scales.astype(jnp.float32)[:, None]
    numbers = jnp.round(blocks / jnp.where(divisor > 0, divisor, 1.0))
    numbers = jnp.clip(numbers, -largest, largest).reshape(rows, columns)
    if bits == 8:
        return Quantized(numbers.astype(jnp.int8), scales)
    return Quantized(pack(numbers), scales)


def pack(numbers: Float[Array, "K F"] | Int8[Array, "K F"]) -> UInt8[Array, "K//2 F"]:
    """Whole numbers of 4 bits, two rows a byte."""
    low, high = ((numbers[half::2] + 8).astype(jnp.uint8) for half in (0, 1))
    return low | (high << 4)


def dequantize(
    w: Quantized, dtype: jax.typing.DTypeLike = jnp.float32
) -> Float[Array, "K F"]:
    """The weights that `w` stands for; in float32 the truth."""
    return scaled(numbers_of(w), w.scales).astype(dtype)


def numbers_of(w: Quantized) -> Float32[Array, "K F"]:
    """The whole numbers of all rows."""
    return jnp.stack(unpack(w.values), axis=1).reshape(w.shape)


def unpack(values: jax.Array) -> tuple[jax.Array, ...]:
    """Numbers of all rows (int8), or of the even rows and the odd ones, in float32.

    Plain 32-bit arithmetic, so that kernels can call it on their blocks.
    """
    if values.dtype == jnp.int8:
        return (values.astype(jnp.float32),)
    packed = values.astype(jnp.int32)
    halves = packed & 15, packed >> 4
    return tuple((half - 8).astype(jnp.float32) for half in halves)


def scaled(numbers: jax.Array, scales: jax.Array) -> jax.Array:
    """`numbers [R F]` times `scales [G F]`, each of them for R / G rows in turn."""
    rows, columns = numbers.shape
    groups = scales.shape[0]
    spread = scales.astype(jnp.float32)[:, None]
    spread = jnp.broadcast_to(spread, (groups, rows // groups, columns))
    return numbers * spread.reshape(rows, columns)
