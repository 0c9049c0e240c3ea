"""Times attention's implementations beside the platform's libraries and PyTorch's.

    python -m bench --only attention

The shapes are those of the presets: Sudoku under HRM (82 tokens) and TRM (97), ARC and
large mazes (916), and text under a prefix-LM mask, half of it prompt.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from bench import peak, table
from bench.setting import Setting
from bench.table import Row, Work
from bench.timing import Run
from kernels.attention import IMPLEMENTATIONS, attention

PART = "attention"
PREFIX = "prefix-LM"
TORCH, TORCH_FLEX = "PyTorch's SDPA", "PyTorch's flex_attention"
LIBRARIES = ("xla", "cudnn", TORCH, TORCH_FLEX)
_PROMPT_SHARE = 2
"""Of a text, one in so many tokens is prompt."""


class Shape(NamedTuple):
    """Attributes: batch: on an accelerator; a CPU takes `cpu_batch`."""

    title: str
    batch: int
    cpu_batch: int
    tokens: int
    heads: int
    head_width: int
    prefix: bool


SHAPES = (
    Shape("82 tokens", 768, 8, 82, 8, 64, False),
    Shape("97 tokens", 768, 8, 97, 8, 64, False),
    Shape("916 tokens", 64, 1, 916, 8, 64, False),
    Shape(f"1024 tokens, {PREFIX}", 32, 1, 1024, 4, 128, True),
)


def work(shape: Shape, batch: int, itemsize: int, backward: bool) -> Work:
    """Of the pairs that see each other: 2 products forward, 4 more backward.

    Forward reads q, k, v and writes one; backward reads these and the gradient of the
    result, and writes three.
    """
    pairs = shape.tokens**2
    if shape.prefix:
        pairs = int(_visible(shape).sum())
    products = 6 if backward else 2
    heads = batch * shape.heads * shape.head_width
    moved = (12 if backward else 4) * heads * shape.tokens * itemsize
    return Work(2.0 * products * heads * pairs, float(moved))


def _visible(shape: Shape) -> np.ndarray:
    """Whom each token sees under the prefix-LM mask."""
    index = np.arange(shape.tokens)
    prompt = index < shape.tokens // _PROMPT_SHARE
    return (index[None] <= index[:, None]) | prompt[None]


def implementations() -> list[str]:
    """Those that run on this device; on others they can be interpreted alone."""
    platforms = {"pallas_gpu": "gpu", "pallas_tpu": "tpu", "cudnn": "gpu"}
    here = jax.default_backend()
    return [n for n in IMPLEMENTATIONS if platforms.get(n, here) == here]


def ours(
    shape: Shape, batch: int, dtype: str, backward: bool, implementation: str
) -> Run:
    copies = 1 if peak.on_cpu() else 4  # so that the device is busy between calls
    size = (batch, shape.tokens, shape.heads, shape.head_width)
    draw = functools.partial(jax.random.normal, shape=size, dtype=dtype)
    keys = jax.random.split(jax.random.key(0), 4 * copies)
    arrays = [
        tuple(draw(key) for key in keys[i : i + 4]) for i in range(0, len(keys), 4)
    ]
    prompt = None
    if shape.prefix:
        index = jnp.arange(shape.tokens) < shape.tokens // _PROMPT_SHARE
        prompt = jnp.broadcast_to(index, (batch, shape.tokens))

    def forward(q, k, v):
        return attention(
            q,
            k,
            v,
            causal=shape.prefix,
            prompt=prompt,
            implementation=implementation,
        )

    def one(q, k, v, dout):
        if not backward:
            return forward(q, k, v)
        out, pull_back = jax.vjp(forward, q, k, v)
        return out, pull_back(dout)

    run = jax.jit(lambda arrays: [one(*four) for four in arrays])
    return Run(functools.partial(run, arrays), work=copies)


def theirs(shape: Shape, batch: int, dtype: str, backward: bool, flex: bool) -> Run:
    """Raises: ImportError: PyTorch is not installed, or not for this device."""
    import torch
    import torch.nn.functional as F

    from bench import torch_step

    device = torch_step.device()
    size = (batch, shape.heads, shape.tokens, shape.head_width)
    q, k, v, dout = (
        torch.randn(size, device=device).to(getattr(torch, dtype)) for _ in range(4)
    )
    forward: Callable[..., Any] = F.scaled_dot_product_attention
    if flex:
        from torch.nn.attention import flex_attention as flexible

        def rule(b, h, query, key):
            return (key <= query) | (key < shape.tokens // _PROMPT_SHARE)

        length = shape.tokens
        mask = flexible.create_block_mask(rule, None, None, length, length, device)
        compiled = torch.compile(flexible.flex_attention)
        forward = functools.partial(compiled, block_mask=mask)
    elif shape.prefix:
        allowed = torch.from_numpy(_visible(shape)).to(device)
        forward = functools.partial(forward, attn_mask=allowed)

    def run():
        if not backward:
            with torch.no_grad():
                return forward(q, k, v)
        arguments = [x.detach().requires_grad_() for x in (q, k, v)]
        out = forward(*arguments)
        return torch.autograd.grad(out, arguments, dout)

    return Run(run, torch_step.wait)


def rows(setting: Setting) -> list[Row]:
    found: list[Row] = []
    for shape in SHAPES[:1] if setting.quick else SHAPES:
        batch = shape.cpu_batch if peak.on_cpu() else shape.batch
        for backward in (False, True):
            case = (shape, batch, setting.dtype, backward)
            makers: dict[str, Callable[[], Run]] = {
                name: functools.partial(ours, *case, name) for name in implementations()
            }
            makers[TORCH] = functools.partial(theirs, *case, False)
            if shape.prefix and not peak.on_cpu():
                makers[TORCH_FLEX] = functools.partial(theirs, *case, True)
            itemsize = jnp.dtype(setting.dtype).itemsize
            counted = work(shape, batch, itemsize, backward)
            way = "forward and backward" if backward else "forward"
            title = f"{shape.title}, batch {batch}, {way}"
            works = dict.fromkeys(makers, counted)
            found += table.measure(
                PART, title, makers, works, setting.dtype, setting.rounds
            )
    return found
