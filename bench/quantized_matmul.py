"""Times products with 8- and 4-bit weights beside the same with plain ones.

    python -m bench --only quantized_matmul

The matrices are those of the published models. Each program multiplies with several,
as a model's layers do, so that no cache holds what each step has to read.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp

from bench import table
from bench.attention import implementations
from bench.setting import Setting
from bench.table import Row, Work
from bench.timing import Run
from kernels.matmul import matmul
from kernels.quantized_matmul import Quantized, quantize, quantized_matmul

PART = "product"
PLAIN = "plain weights"
MATRICES = ((512, 1536), (512, 3072), (1536, 512))
ROWS = (1, 16, 8 * 82)
_BLOCK = 64
_LAYERS = 32
"""Whose plain weights fill 100 to 200 MB in float32: more than caches hold."""


def arrays(rows: int, shape: tuple[int, int], bits: int | None, dtype: str):
    """Activations and weights, a pair for each layer; no bits for plain weights."""
    pairs = []
    for key in jax.random.split(jax.random.key(0), _LAYERS):
        x_key, w_key = jax.random.split(key)
        x = jax.random.normal(x_key, (rows, shape[0]), jnp.dtype(dtype))
        w = jax.random.normal(w_key, shape, jnp.float32)
        if bits is None:
            pairs.append((x, w.astype(dtype)))
        else:
            pairs.append((x, quantize(w, bits, None if bits == 8 else _BLOCK)))
    return pairs


def run(
    rows: int,
    shape: tuple[int, int],
    bits: int | None,
    dtype: str,
    implementation: str | None,
) -> Run:
    def product(x, w):
        if isinstance(w, Quantized):
            return quantized_matmul(x, w, implementation=implementation)
        return matmul(x, w)

    pairs = arrays(rows, shape, bits, dtype)
    program = jax.jit(lambda pairs: [product(x, w) for x, w in pairs])
    return Run(functools.partial(program, pairs), work=len(pairs))


def work(rows: int, shape: tuple[int, int], bits: int | None, dtype: str) -> Work:
    inner, columns = shape
    itemsize = jnp.dtype(dtype).itemsize
    weights = inner * columns * (itemsize if bits is None else bits / 8)
    if bits is not None:
        weights += 4 * columns * (1 if bits == 8 else inner // _BLOCK)
    moved = weights + itemsize * rows * (inner + columns)
    return Work(2.0 * rows * inner * columns, moved)


def name_of(bits: int, implementation: str) -> str:
    return f"int{bits}, {implementation}"


def rows(setting: Setting) -> list[Row]:
    found: list[Row] = []
    for shape in MATRICES[:1] if setting.quick else MATRICES:
        for count in ROWS:
            case = (count, shape)
            makers: dict[str, Callable[[], Run]] = {
                PLAIN: functools.partial(run, *case, None, setting.dtype, None)
            }
            works = {PLAIN: work(*case, None, setting.dtype)}
            for bits in (8, 4):
                for name in implementations():
                    if name == "cudnn":
                        continue
                    title = name_of(bits, name)
                    makers[title] = functools.partial(
                        run, *case, bits, setting.dtype, name
                    )
                    works[title] = work(*case, bits, setting.dtype)
            title = f"{count} rows by {shape[0]} x {shape[1]}, {setting.dtype}"
            found += table.measure(
                PART, title, makers, works, setting.dtype, setting.rounds
            )
    return found
