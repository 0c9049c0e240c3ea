"""`quantized_matmul` by our own kernel: tiles and limits of each platform.

Floor: a product reads the weights once, `w.nbytes`, and that is nearly all as long as
there are few rows. Against 2 bytes in bfloat16 a weight takes

| stored as                   | bytes  | bfloat16 / this |
| --------------------------- | ------ | --------------- |
| 8 bits                      | 1.00   | 2.0             |
| 4 bits, block 32, float32   | 0.625  | 3.2             |
| 4 bits, block 32, bfloat16  | 0.5625 | 3.6             |
| 4 bits, block 128, float32  | 0.5313 | 3.8             |
| 4 bits, block 128, bfloat16 | 0.5156 | 3.9             |

to which 16 rows of 512 -> 3,072 add 0.07 for x and the result. That matrix has 0.8 to
3.1 MB, under a microsecond of an H100's 3.35 TB/s: what counts there is one launch, and
that enough reads are under way at once. No time has been measured on a device.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax.experimental import pallas as pl
from jax.experimental.pallas import tpu as pltpu
from jax.experimental.pallas import triton

from kernels.quantized_matmul import kernel
from kernels.quantized_matmul.formats import Quantized

_GPU_CORES = 132
"""Multiprocessors of an H100; other cards of interest have 82 to 128."""
_GPU_FEW_ROWS = 16
"""The least that a product takes, in Triton."""
_GPU_SPLIT_BYTES = 1 << 15
"""Weights that a program reads in about the time of the launch that adds up parts."""
_TPU_BYTES = 14 << 20
"""Of the 16 MB of vector memory that a program may use."""


def gpu(x: jax.Array, w: Quantized, interpret: Any = False) -> jax.Array:
    """Through Triton, which serves every NVIDIA GPU since Ampere.

    Up to 16 rows the tile is 16 x 32, the least that a product takes by the least that
    reads whole sectors of memory, so that 512 -> 3,072 makes 96 programs. Where those
    are few and each has much to read, K is split too; the parts are added in their
    order afterwards, never by atomics, so that a result can be repeated.

    Raises:
      NotImplementedError: activations are neither float32 nor bfloat16, or are more
        than 16 rows of float32.
    """
    parts = kernel.paired(x, w)
    (rows, inner), columns = x.shape, w.shape[1]
    if x.dtype == jnp.float32 and rows > _GPU_FEW_ROWS:
        # Exact products are unrolled, and thousands of bytes of registers spilled.
        raise NotImplementedError(f"more than {_GPU_FEW_ROWS} rows of float32")
    stored_rows = w.values.shape[0]
    row_block, column_block = _gpu_tile(rows, columns)
    # Triton has blocks of powers of two alone.
    chunk = 64 if w.bits == 8 else max(w.block, min(128, inner & -inner))
    depth = chunk * stored_rows // inner
    chunks = pl.cdiv(inner, chunk)
    grid = pl.cdiv(rows, row_block), pl.cdiv(columns, column_block)
    # Chunks under way at once; with four, those of float32 exceed the shared memory of
    # an RTX 4090.
    stages = 4 if x.dtype == jnp.bfloat16 else 2
    splits = 1
    while (
        rows <= _GPU_FEW_ROWS
        and 2 * splits * grid[0] * grid[1] <= _GPU_CORES
        and chunks % (2 * splits) == 0
        and stored_rows * column_block // (2 * splits) >= _GPU_SPLIT_BYTES
    ):
        splits *= 2

    def body(*refs):
        *x_refs, values_ref, scales_ref, out_ref = refs
        row_mask = _inside(pl.program_id(0), row_block, rows, 0)
        column_mask = _inside(pl.program_id(1), column_block, columns, 1)
        first = pl.program_id(2) * (chunks // splits)

        def load(index):
            index += first
            stretch = pl.ds(index * depth, depth)
            groups = chunk // w.block if w.bits == 4 else 1
            group = index * groups if w.bits == 4 else 0
            return kernel.Chunk(
                [
                    _load(
                        ref.at[:, stretch],
                        row_mask,
                        _inside(index, depth, stored_rows, 1),
                    )
                    for ref in x_refs
                ],
                _load(
                    values_ref.at[stretch],
                    _inside(index, depth, stored_rows, 0),
                    column_mask,
                ),
                _load(scales_ref.at[pl.ds(group, groups)], None, column_mask),
            )

        total = kernel.tile(load, chunks // splits, (row_block, column_block))
        triton.store(
            out_ref,
            total.astype(out_ref.dtype),
            mask=_both(out_ref, row_mask, column_mask),
        )

    out = pl.pallas_call(
        body,
        grid=(*grid, splits),
        in_specs=[
            *(
                pl.BlockSpec((row_block, part.shape[1]), lambda i, j, s: (i, 0))
                for part in parts
            ),
            pl.BlockSpec((stored_rows, column_block), lambda i, j, s: (0, j)),
            pl.BlockSpec((w.scales.shape[0], column_block), lambda i, j, s: (0, j)),
        ],
        out_specs=pl.BlockSpec(
            (None, row_block, column_block), lambda i, j, s: (s, i, j)
        ),
        out_shape=jax.ShapeDtypeStruct(
            (splits, rows, columns), x.dtype if splits == 1 else jnp.float32
        ),
        compiler_params=triton.CompilerParams(num_warps=4, num_stages=stages),
        interpret=interpret,
        name="quantized_matmul",
    )(*parts, *w)
    return out[0] if splits == 1 else out.sum(axis=0).astype(x.dtype)


def _gpu_tile(rows: int, columns: int) -> tuple[int, int]:
    if rows <= _GPU_FEW_ROWS:
        return _GPU_FEW_ROWS, 32
    if rows <= 32:
        return 32, 64
    wide = pl.cdiv(rows, 64) * pl.cdiv(columns, 128) >= _GPU_CORES
    return 64, 128 if wide else 64


def _inside(index, block: int, length: int, axis: int) -> jax.Array | None:
    """Which places of a block lie within an axis; None where all always do."""
    if length % block == 0:
        return None
    shape = (block, 1) if axis == 0 else (1, block)
    return index * block + jax.lax.broadcasted_iota(jnp.int32, shape, axis) < length


def _both(ref, rows: jax.Array | None, columns: jax.Array | None) -> jax.Array | None:
    masks = [jnp.broadcast_to(m, ref.shape) for m in (rows, columns) if m is not None]
    if not masks:
        return None
    return masks[0] if len(masks) == 1 else masks[0] & masks[1]


def _load(ref, rows: jax.Array | None, columns: jax.Array | None) -> jax.Array:
    mask = _both(ref, rows, columns)
    return triton.load(ref, mask=mask, other=None if mask is None else 0)


def tpu(x: jax.Array, w: Quantized, interpret: Any = False) -> jax.Array:
    """Through Mosaic: K as a whole in vector memory, columns by 512, rows by 256.

    While one tile is computed, the weights of the next are on their way. What hangs
    over the ends of rows and columns is arbitrary, and falls into parts of the result
    that do not exist.

    Raises:
      NotImplementedError: activations are neither float32 nor bfloat16, or K is too
        long for the vector memory.
    """
    parts = kernel.paired(x, w)
    (rows, inner), columns = x.shape, w.shape[1]
    # A chunk's stored rows fill whole registers, of 32 rows of bytes.
    fitting = [
        size
        for size in (512, 256, 128, 64)
        if inner % size == 0 and (w.bits == 8 or size % w.block == 0)
    ]
    chunk = fitting[0] if fitting else inner
    chunks = inner // chunk
    depth = w.values.shape[0] // chunks
    row_block, column_block = min(rows, 256), min(columns, 512)
    moving = sum(p.dtype.itemsize * p.shape[1] for p in parts) * row_block
    moving += (w.values.shape[0] + 4 * w.scales.shape[0]) * column_block
    moving += row_block * column_block * x.dtype.itemsize
    standing = 4 * (row_block + 3 * depth) * column_block
    if 2 * moving + standing > _TPU_BYTES:
        raise NotImplementedError(f"{inner} rows of weights exceed the vector memory")

    def body(*refs):
        *x_refs, values_ref, scales_ref, out_ref = refs

        def load(index):
            scales = scales_ref[index if w.bits == 4 else 0]
            return kernel.Chunk(
                [ref[index] for ref in x_refs], values_ref[index], scales
            )

        out_ref[...] = kernel.tile(load, chunks, out_ref.shape).astype(out_ref.dtype)

    # The leading axis counts chunks, so that none of them begins amid a register.
    parts = [p.reshape(rows, chunks, depth).swapaxes(0, 1) for p in parts]
    values = w.values.reshape(chunks, depth, columns)
    scales = w.scales.reshape(chunks if w.bits == 4 else 1, -1, columns)
    whole = (chunks, depth, column_block), (*scales.shape[:2], column_block)
    return pl.pallas_call(
        body,
        grid=(pl.cdiv(columns, column_block), pl.cdiv(rows, row_block)),
        in_specs=[
            *(
                pl.BlockSpec((chunks, row_block, depth), lambda j, i: (0, i, 0))
                for _ in parts
            ),
            *(pl.BlockSpec(shape, lambda j, i: (0, 0, j)) for shape in whole),
        ],
        out_specs=pl.BlockSpec((row_block, column_block), lambda j, i: (i, j)),
        out_shape=jax.ShapeDtypeStruct((rows, columns), x.dtype),
        compiler_params=pltpu.CompilerParams(dimension_semantics=("parallel",) * 2),
        interpret=interpret,
        name="quantized_matmul",
    )(*parts, values, scales)
