"""The attention kernels lower for TPU and CUDA, in every shape of the presets.

No device is needed: the target is described. What this proves, and what only a compiler
or a device can, stands in docs/kernels.md.
"""

from functools import partial

import jax
import jax.numpy as jnp
import pytest

from bench import shapes
from hrm_jax.models import tensor_parallel
from kernels import dispatch
from kernels.attention import attention, decode
from tests.kernels.described import PLATFORMS, on

TARGETS = {
    "pallas_gpu": ("gpu", "triton"),
    "pallas_tpu": ("tpu", "tpu_custom_call"),
}


def lowered(name, function, *args, shape=(1, 1, 1)) -> str:
    platform, _ = TARGETS[name]
    with on(platform, shape):
        traced = jax.jit(function).trace(*args)
        return traced.lower(lowering_platforms=(PLATFORMS[platform],)).as_text()


def kernels_in(text: str, name: str) -> int:
    call = TARGETS[name][1]
    return sum("custom_call" in line and call in line for line in text.split("\n"))


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
@pytest.mark.parametrize("shape", shapes.attentions(), ids=str)
@pytest.mark.parametrize("name", TARGETS)
def test_attention(name, shape, dtype):
    rows = jax.ShapeDtypeStruct((2, shape.tokens, shape.heads, shape.head_width), dtype)
    segments = jax.ShapeDtypeStruct((2, shape.tokens), jnp.int32)

    def both_ways(q, k, v, segments):
        mask = {}
        if shape.text:
            mask = dict(causal=True, prompt=segments > 1, segment_ids=segments)
        function = partial(attention, implementation=name, **mask)
        out, pull_back = jax.vjp(function, q, k, v)
        return pull_back(out)

    text = lowered(name, both_ways, rows, rows, rows, segments)
    assert kernels_in(text, name) == 3  # the answer; dq; dk and dv


@pytest.mark.parametrize("shape", shapes.decodes(), ids=str)
@pytest.mark.parametrize("name", TARGETS)
def test_decode(name, shape):
    q = jax.ShapeDtypeStruct((shape.rows, shape.heads, shape.head_width), "bfloat16")
    cache = jax.ShapeDtypeStruct(
        (shape.rows, shape.heads, shape.positions, shape.head_width), "bfloat16"
    )
    lengths = jax.ShapeDtypeStruct((shape.rows,), jnp.int32)
    text = lowered(name, partial(decode, implementation=name), q, cache, cache, lengths)
    assert kernels_in(text, name) == 1


@pytest.mark.parametrize("name", TARGETS)
def test_under_vmap(name):
    rows = jax.ShapeDtypeStruct((3, 2, 300, 4, 64), "bfloat16")
    function = jax.vmap(partial(attention, implementation=name))
    assert kernels_in(lowered(name, function, rows, rows, rows), name) == 1


@pytest.mark.parametrize("rows", [8, 7])
@pytest.mark.parametrize("name", TARGETS)
def test_on_four_of_them(name, rows):
    """Each computes its own rows and heads, or all rows where they are uneven."""
    q = jax.ShapeDtypeStruct((rows, 300, 4, 64), "bfloat16")
    function = partial(
        attention,
        implementation=name,
        partition=(tensor_parallel.ROWS, tensor_parallel.AXIS),
    )
    text = lowered(name, function, q, q, q, shape=(2, 1, 2))
    assert kernels_in(text, name) == 1
    share = f"tensor<{4 if rows == 8 else 7}x300x2x64xbf16>"
    assert "manual" in text and share in text


def test_what_is_picked_there():
    rows = jax.ShapeDtypeStruct((2, 1024, 4, 64), "bfloat16")
    for name in TARGETS:
        with dispatch.recorded() as picks:
            lowered(name, partial(attention, causal=True), rows, rows, rows)
        assert picks[0].name == name
