"""The attention kernels lower for TPU and CUDA, in every shape of the presets.

No device is needed: the target is described. What this proves, and what only a compiler
or a device can, stands in docs/kernels.md.
"""

from functools import partial

import jax
import jax.numpy as jnp
import pytest
from jax.sharding import AbstractDevice, AbstractMesh, AxisType, use_abstract_mesh

from bench import shapes
from kernels import dispatch
from kernels.attention import attention, decode

TARGETS = {
    "pallas_gpu": ("cuda", "triton", AbstractDevice("NVIDIA A100", None, "gpu")),
    "pallas_tpu": ("tpu", "tpu_custom_call", AbstractDevice("TPU v5 lite", 1, "tpu")),
}


def lowered(name, function, *args) -> str:
    platform, _, device = TARGETS[name]
    mesh = AbstractMesh((1,), ("x",), (AxisType.Auto,), abstract_device=device)
    with use_abstract_mesh(mesh):
        traced = jax.jit(function).trace(*args)
        return traced.lower(lowering_platforms=(platform,)).as_text()


def kernels_in(text: str, name: str) -> int:
    return sum(
        "custom_call" in line and TARGETS[name][1] in line for line in text.split("\n")
    )


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
@pytest.mark.parametrize("shape", shapes.attentions(), ids=str)
@pytest.mark.parametrize("name", TARGETS)
def test_attention(name, shape, dtype):
    rows = jax.ShapeDtypeStruct((2, shape.tokens, shape.heads, shape.head_width), dtype)
    segments = jax.ShapeDtypeStruct((2, shape.tokens), jnp.int32)

    def both_ways(q, k, v, segments):
        mask = {}
        if shape.text:
            mask = dict(causal=True, prompt=segments > 1, segments=segments)
        function = partial(attention, implementation=name, **mask)
        out, pull_back = jax.vjp(function, q, k, v)
        return pull_back(out)

    text = lowered(name, both_ways, rows, rows, rows, segments)
    assert kernels_in(text, name) == 3  # the answer; dq; dk and dv


@pytest.mark.parametrize("shape", shapes.DECODES, ids=str)
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


def test_what_is_picked_there():
    rows = jax.ShapeDtypeStruct((2, 1024, 4, 64), "bfloat16")
    for name in TARGETS:
        with dispatch.recorded() as picks:
            lowered(name, partial(attention, causal=True), rows, rows, rows)
        assert picks[0].name == name
