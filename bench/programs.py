"""What `bench/compile_kernels.py` compiles: kernels, and training steps."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from bench import shapes
from hrm_jax import train_step
from hrm_jax.train_state import init_state
from kernels.attention import attention, decode
from kernels.quantized_matmul import Quantized, quantize, quantized_matmul

DTYPES = ("bfloat16", "float32")
_ROWS = 96
"""Of attention: a batch of 768 on each of 8 devices."""
_FORMS = ((8, None), (4, 32), (4, 64), (4, 128))
_MANY = 8 * 82
# TRM's whole cycle with gradient keeps 35 GB of 768 examples, unless blocks are
# computed again.
_STEPS = (
    ("sudoku_extreme:hrm", "none"),
    ("sudoku_extreme:trm_attention", "block"),
    ("text:base", "block"),
)

Shape = jax.ShapeDtypeStruct


class Program(NamedTuple):
    """Attributes:
    op: what it is an instance of.
    case: which one.
    make: from a platform, the jitted function and the shapes of its arguments.
    """

    op: str
    case: str
    make: Callable[[str], tuple[Any, tuple[Any, ...]]]


def programs(everything: bool) -> list[Program]:
    """Of all presets; `everything` adds each number format with each matrix."""
    return [
        *_attentions(),
        *_decodes(),
        *_products(everything),
        *(_step(name, remat) for name, remat in _STEPS),
    ]


def _attentions() -> Iterator[Program]:
    for shape in shapes.attentions():
        for dtype in DTYPES:
            title = f"{shape.tokens} x {shape.heads} x {shape.head_width} {dtype}"
            title += " prefix-LM, packed" if shape.text else ""
            for direction in ("forward", "backward"):
                make = functools.partial(_attention, shape, dtype, direction)
                yield Program("attention", f"{title} {direction}", make)


def _attention(shape: shapes.Attention, dtype: str, direction: str, platform: str):
    size = (_ROWS, shape.tokens, shape.heads, shape.head_width)
    q = Shape(size, dtype)
    tags: Any = ()
    if shape.text:
        tags = Shape(size[:2], "bool"), Shape(size[:2], "int32")

    def forward(q, k, v, tags):
        prompt, segments = tags or (None, None)
        return attention(
            q,
            k,
            v,
            causal=shape.text,
            prompt=prompt,
            segment_ids=segments,
            implementation=f"pallas_{platform}",
        )

    def backward(q, k, v, tags, dout):
        return jax.vjp(lambda *qkv: forward(*qkv, tags), q, k, v)[1](dout)

    if direction == "forward":
        return jax.jit(forward), (q, q, q, tags)
    return jax.jit(backward), (q, q, q, tags, q)


def _decodes() -> Iterator[Program]:
    for shape in shapes.decodes():
        for dtype in DTYPES:
            title = f"{shape.rows} rows, {shape.positions} x {shape.heads} x "
            title += f"{shape.head_width} {dtype}"
            yield Program("decode", title, functools.partial(_decode, shape, dtype))


def _decode(shape: shapes.Decode, dtype: str, platform: str):
    run = functools.partial(decode, implementation=f"pallas_{platform}")
    cache = (shape.rows, shape.heads, shape.positions, shape.head_width)
    q = (shape.rows, shape.heads, shape.head_width)
    arguments = Shape(q, dtype), Shape(cache, dtype), Shape(cache, dtype)
    return jax.jit(run), (*arguments, Shape((shape.rows,), "int32"))


def _products(everything: bool) -> Iterator[Program]:
    """Without `everything`, one row in 4 bits and many in 8 for each matrix.

    Their derivative is a product with the weights as they are used, by XLA.
    """
    matrices = shapes.matrices()
    largest = max(matrices, key=lambda matrix: matrix[0] * matrix[1])
    for matrix in matrices:
        inner = matrix[0]
        forms = [form for form in _FORMS if inner % (form[1] or 1) == 0]
        few, dtypes = {(1, form) for form in forms[1:2]} | {(_MANY, forms[0])}, DTYPES
        if everything or matrix == largest:
            few = {(rows, form) for rows in (1, 16, _MANY) for form in forms}
        else:
            dtypes = DTYPES[:1]
        for dtype in dtypes:
            for rows, (bits, block) in sorted(few, key=str):
                title = f"{rows} x {inner} x {matrix[1]} {dtype} int{bits}"
                title += f" by {block}" if block else ""
                make = functools.partial(_product, rows, matrix, dtype, bits, block)
                yield Program("quantized_matmul", title, make)


def _product(rows, matrix, dtype, bits, block, platform: str):
    run = functools.partial(quantized_matmul, implementation=f"pallas_{platform}")
    stored = functools.partial(
        quantize, bits=bits, block=block, scale_dtype=jnp.bfloat16
    )
    weights: Quantized = jax.eval_shape(stored, Shape(matrix, "float32"))
    return jax.jit(run), (Shape((rows, matrix[0]), dtype), weights)


def _step(name: str, remat: str) -> Program:
    config = dataclasses.replace(shapes.train_configs()[name], remat=remat)

    def make(platform: str):
        del platform  # the dispatcher knows it
        init = functools.partial(init_state, config)
        step = functools.partial(train_step.train_step, config)
        state = jax.eval_shape(init, jax.random.key(0))
        return jax.jit(step, donate_argnums=0), (state,)

    case = f"{name}, {config.slots} slots, {config.model.dtype}, remat={remat}"
    return Program("train_step", case, make)
