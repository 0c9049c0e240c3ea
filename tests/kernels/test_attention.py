"""The contract of `kernels.attention`, which every implementation keeps.

On a CPU our kernels run through Pallas' interpreters: the GPU's through the plain one,
the TPU's through the one that models its memories. Under JAX_PLATFORMS=cuda or tpu that
platform's own runs on the device.
"""

import inspect
from functools import cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental.pallas import tpu as pltpu
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

from kernels import attention as package
from kernels import dispatch
from kernels.attention import attention, decode, decoding, pallas, reference
from kernels.attention.masks import Mask, visible
from kernels.attention.partition import on_each_device
from tests.kernels.described import on
from tests.tolerances import assert_close

pytestmark = pytest.mark.device

PLATFORM = dispatch.target()
INTERPRET: dict[str, Any] = {}
if PLATFORM == "cpu":
    INTERPRET = {"pallas_gpu": True, "pallas_tpu": pltpu.InterpretParams()}
KERNELS = tuple(INTERPRET) or (f"pallas_{PLATFORM}",)
LIBRARIES = {"cpu": ("host", "xla"), "gpu": ("xla", "cudnn"), "tpu": ("xla",)}[PLATFORM]
FAST = {name: package.IMPLEMENTATIONS[name] for name in (*LIBRARIES, *KERNELS)}
NAMES = tuple(FAST)
DECODERS = tuple(name for name in NAMES if name in decoding.IMPLEMENTATIONS)
LENGTH = 83  # odd; two blocks and a half of the GPU's kernel, most of a TPU's


def implementation(name: str, table=FAST):
    function = table[name]
    if name in INTERPRET:
        return partial(function, interpret=INTERPRET[name])
    return function


class Size(NamedTuple):
    """Of q, and of k and v, whose heads `heads / shared` heads of q share."""

    positions: int = LENGTH
    heads: int = 4
    shared: int = 2
    width: int = 48


ODD = Size()
# Whole blocks, so that nothing is masked, and heads of their own, as in the presets.
WHOLE = Size(128, 2, 2, 64)


def operands(positions, heads=4, shared=2, width=48, dtype="float32", rows=2):
    keys = jax.random.split(jax.random.key(positions), 4)
    shapes = [(rows, positions, n, width) for n in (heads, shared, shared, heads)]
    return [
        jax.random.normal(key, shape, jnp.float32).astype(dtype)
        for key, shape in zip(keys, shapes, strict=True)
    ]


def packed(positions) -> Mask:
    """Prefix-LM over packed examples, with padding, hence rows that see nothing."""
    rng = np.random.default_rng(0)
    segments = np.sort(rng.integers(1, 4, (2, positions)), axis=1).astype(np.int32)
    segments[0, -5:] = 0
    segments = jnp.asarray(segments)
    prompt = jnp.asarray(rng.random((2, positions)) < 0.3)
    return Mask(True, prompt, segments, segments)


MASKS = {
    "bidirectional": lambda positions: Mask(),
    "causal": lambda positions: Mask(causal=True),
    "segments": lambda positions: packed(positions)._replace(causal=False, prompt=None),
    "prefix-LM, packed": packed,
}


class Program(NamedTuple):
    """One implementation, compiled for one mask: its answer and all gradients."""

    mask: Mask
    function: Any

    def __call__(self, *args):
        return [np.asarray(x) for x in self.function(self.mask, *args)]


@cache
def program(name: str, mask_name: str, dtype="float32", size=ODD) -> Program:
    mask = MASKS[mask_name](size.positions)
    causal, mask = mask.causal, mask._replace(causal=None)

    def run(mask, q, k, v, dout):
        whole = mask._replace(causal=causal)
        function = reference.attention if name == "reference" else implementation(name)
        out, pull_back = jax.vjp(lambda *args: function(*args, whole), q, k, v)
        return out, *pull_back(dout)

    # JAX's own function lets its backward pass promote bfloat16.
    with (
        jax.numpy_dtype_promotion("standard"),
        jax.default_matmul_precision("highest"),
    ):
        try:
            lowered = jax.jit(run).lower(mask, *operands(*size, dtype=dtype))
        except NotImplementedError as reason:
            if name in KERNELS:
                raise
            pytest.skip(f"{name}: {reason}")
    # Compiles in half the time.
    options = {"xla_backend_optimization_level": 0} if PLATFORM == "cpu" else None
    return Program(mask, lowered.compile(options))


def expected(mask_name: str, args):
    exact = [x.astype(jnp.float32) for x in args]
    _, positions, heads, width = args[0].shape
    size = Size(positions, heads, args[1].shape[2], width)
    return program("reference", mask_name, size=size)(*exact)


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("name", NAMES)
def test_values_and_gradients(name, mask):
    args = operands(LENGTH)
    actual = program(name, mask)(*args)
    truth = expected(mask, args)
    for a, b, what in zip(actual, truth, ("out", "dq", "dk", "dv"), strict=True):
        assert_close(a, b, "float32", f"{name}, {mask}: {what}")
    again = program(name, mask)(*args)
    assert all(np.array_equal(a, b) for a, b in zip(actual, again, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_bfloat16(name):
    args = operands(*WHOLE, dtype="bfloat16")
    actual = program(name, "bidirectional", "bfloat16", WHOLE)(*args)
    truth = expected("bidirectional", args)
    for a, b in zip(actual, truth, strict=True):
        assert a.dtype == jnp.bfloat16
        assert_close(a, b, "bfloat16", name)


@pytest.mark.slow
@pytest.mark.parametrize("positions, width", [(81, 32), (82, 64), (97, 64), (916, 64)])
@pytest.mark.parametrize("name", KERNELS)
def test_sizes_of_the_presets(name, positions, width):
    size = Size(positions, 2, 2, width)
    args = operands(*size)
    actual = program(name, "bidirectional", size=size)(*args)
    for a, b in zip(actual, expected("bidirectional", args), strict=True):
        assert_close(a, b, "float32", name)


@pytest.mark.slow
@pytest.mark.parametrize("name", KERNELS)
def test_size_of_text(name):
    size = Size(1024, 1, 1, 128)
    args = operands(*size)
    actual = program(name, "prefix-LM, packed", size=size)(*args)
    for a, b in zip(actual, expected("prefix-LM, packed", args), strict=True):
        assert_close(a, b, "float32", name)


@pytest.mark.parametrize("name", NAMES)
def test_a_row_that_sees_nothing(name):
    """Zeros and no gradient, whatever stands there."""
    padding = np.asarray(packed(LENGTH).query_segment_ids) == 0
    assert padding.any()
    args = [jnp.where(padding[..., None, None], 1e6, x) for x in operands(LENGTH)]
    actual = program(name, "prefix-LM, packed")(*args)
    truth = expected("prefix-LM, packed", operands(LENGTH))
    for x, clean in zip(actual, truth, strict=True):
        assert not x[padding].any()
        assert_close(x, clean, "float32", name)


@pytest.mark.parametrize("name", NAMES)
def test_causality_is_exact(name):
    """What stands behind `late` moves nothing before, but through a prompt."""
    late = 60
    q, k, v, dout = operands(LENGTH)
    args = q, k.at[:, late:].set(7.0), v.at[:, late:].set(7.0), dout
    for mask_name in ("causal", "prefix-LM, packed"):
        mask = MASKS[mask_name](LENGTH)
        hidden = np.arange(LENGTH)[None] < np.full((2, 1), late)
        if mask.prompt is not None:
            sees = visible(mask, LENGTH, LENGTH)[:, 0, :, late:].any(-1)
            hidden &= ~np.asarray(sees)
        assert hidden.any(axis=1).all()
        before = program(name, mask_name)(q, k, v, dout)[0]
        after = program(name, mask_name)(*args)[0]
        assert np.array_equal(before[hidden], after[hidden])
        assert not np.array_equal(before, after)


@pytest.mark.parametrize("name", NAMES)
def test_vmap(name):
    q, k, v, _ = operands(20, rows=6)
    # The interpreter that models a TPU knows no grid with an axis more.
    function = FAST[name]
    if name in INTERPRET:
        function = partial(function, interpret=True)
    parts = [x.reshape(3, 2, *x.shape[1:]) for x in (q, k, v)]
    out = jax.jit(jax.vmap(lambda *args: function(*args, Mask(causal=True))))(*parts)
    truth = reference.attention(q, k, v, Mask(causal=True))
    assert_close(out.reshape(truth.shape), truth, "float32")


@pytest.mark.skipif(PLATFORM != "cpu", reason="eight devices are there on a CPU alone")
def test_each_device_computes_its_own_rows_and_heads():
    args = operands(LENGTH, heads=8, shared=4, rows=4)[:3]
    mask = packed(LENGTH)
    mask = jax.tree.map(lambda x: jnp.tile(x, (2, 1)), mask._replace(causal=None))
    mesh = jax.make_mesh((2, 2, 2), ("data", "fsdp", "tensor"), (AxisType.Auto,) * 3)
    place = NamedSharding(mesh, P(("data", "fsdp"), None, "tensor"))
    parted = on_each_device(
        partial(FAST["pallas_gpu"], interpret=True), ("data", "fsdp"), "tensor"
    )
    with jax.set_mesh(mesh):
        function = jax.jit(
            lambda q, k, v, mask: parted(q, k, v, mask._replace(causal=True))
        )
        placed = [jax.device_put(x, place) for x in args]
        compiled = function.lower(*placed, mask).compile()
        out = compiled(*placed, mask)
    assert "all-" not in compiled.as_text()  # gather, reduce, to-all
    assert out.sharding.is_equivalent_to(place, 4)
    truth = reference.attention(*args, mask._replace(causal=True))
    assert_close(out, truth, "float32")


class TestTheFunction:
    def test_prompt_segments_mask_and_gate(self):
        q, k, v, gate = operands(20)
        mask = packed(20)
        dense = jnp.asarray(np.random.default_rng(1).random((4, 20, 20)) < 0.5)
        arguments = dict(
            causal=True, prompt=mask.prompt, segment_ids=mask.key_segment_ids
        )
        opened = attention(q, k, v, mask=dense, gate=gate, **arguments)
        expected = reference.attention(q, k, v, mask._replace(dense=dense))
        assert_close(opened, expected * jax.nn.sigmoid(gate), "float32")

    def test_falls_back_and_says_so(self):
        q, k, v, _ = operands(300, heads=2, dtype="bfloat16")
        dense = jnp.ones((2, 300, 300), bool)
        with on("gpu"), dispatch.recorded() as picks:
            jax.eval_shape(partial(attention, mask=dense), q, k, v)
            prompt = jnp.ones((2, 300), bool)
            jax.eval_shape(partial(attention, causal=True, prompt=prompt), q, k, v)
        assert [pick.name for pick in picks] == ["xla", "pallas_gpu"]
        assert picks[0].refused[1] == ("pallas_gpu", "a dense mask")
        with on("tpu"), dispatch.recorded() as picks:
            jax.eval_shape(partial(attention, causal=True), q, k, v)
            jax.eval_shape(attention, q[:, :82], k[:, :82], v[:, :82])
        assert [pick.name for pick in picks] == ["pallas_tpu", "xla"]

    def test_asked_for_by_name(self):
        q, k, v, _ = operands(20)
        with pytest.raises(ValueError, match="no implementation 'fast'; it has refer"):
            attention(q, k, v, implementation="fast")
        with pytest.raises(NotImplementedError, match="cuDNN does not compute in"):
            attention(q, k, v, implementation="cudnn")

    def test_refuses(self):
        unchecked = inspect.unwrap(attention)  # by jaxtyping, as for users
        q, k, v, _ = operands(20)
        with pytest.raises(ValueError, match="an exception to causal"):
            unchecked(q, k, v, prompt=jnp.ones((2, 20), bool))
        with pytest.raises(
            ValueError, match=r"segment_ids is \(2, 19\), but it must be"
        ):
            unchecked(q, k, v, segment_ids=jnp.ones((2, 19), int))
        with pytest.raises(ValueError, match=r"mask is \(1, 20, 20\)"):
            unchecked(q, k, v, mask=jnp.ones((1, 20, 20), bool))
        with pytest.raises(ValueError, match="of one length, not 19 and 20"):
            unchecked(q[:, :19], k, v, causal=True)
        with pytest.raises(ValueError, match="no multiple of 2 heads"):
            unchecked(q[:, :, :3], k, v)
        with pytest.raises(ValueError, match="do not fit"):
            unchecked(q, k, v[:, :19])


class TestDecode:
    LENGTHS = (0, 130, 512)

    def operands(self, dtype="float32"):
        keys = jax.random.split(jax.random.key(0), 3)
        shapes = ((3, 4, 32), (3, 2, 512, 32), (3, 2, 512, 32))
        arrays = [
            jax.random.normal(key, shape, jnp.float32).astype(dtype)
            for key, shape in zip(keys, shapes, strict=True)
        ]
        return *arrays, jnp.asarray(self.LENGTHS)

    @pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
    @pytest.mark.parametrize("name", DECODERS)
    def test_is_the_last_row_of_attention(self, name, dtype, monkeypatch):
        function = implementation(name, decoding.IMPLEMENTATIONS)
        monkeypatch.setitem(decoding.IMPLEMENTATIONS, name, function)
        q, keys, values, lengths = self.operands(dtype)
        out = jax.jit(partial(decode, implementation=name))(q, keys, values, lengths)
        assert not np.asarray(out[0]).any()
        for row, length in enumerate(self.LENGTHS[1:], start=1):
            k, v = (x[row, :, :length].swapaxes(0, 1)[None] for x in (keys, values))
            exact = [x.astype(jnp.float32) for x in (q[row][None, None], k, v)]
            assert_close(
                out[row], reference.attention(*exact, Mask())[0, 0], dtype, name
            )

    @pytest.mark.parametrize("name", DECODERS)
    def test_gradient(self, name, monkeypatch):
        """Of the GPU's pieces it also goes through how they are weighted."""
        function = implementation(name, decoding.IMPLEMENTATIONS)
        monkeypatch.setitem(decoding.IMPLEMENTATIONS, name, function)
        q, keys, values, lengths = self.operands()
        gradients = [
            jax.jit(
                jax.grad(
                    lambda *x: jnp.square(
                        decode(*x, lengths, implementation=which)  # noqa: B023
                    ).sum(),
                    (0, 1, 2),
                )
            )(q, keys, values)
            for which in (name, "reference")
        ]
        for actual, expected in zip(*gradients, strict=True):
            assert_close(actual, expected, "float32", name)

    def test_a_cache_that_would_have_to_be_copied(self):
        q, keys, values, lengths = self.operands()
        with on("gpu"), dispatch.recorded() as picks:
            jax.eval_shape(decode, q, keys[:, :, :500], values[:, :, :500], lengths)
        assert picks[0].name == "xla"
        assert "500 positions" in picks[0].refused[0][1]

    def test_refuses(self):
        q, keys, values, lengths = self.operands()
        with pytest.raises(ValueError, match="do not fit"):
            decode(q[:, :3], keys, values, lengths)


def test_the_longest_of_a_tpu():
    q = k = v = jnp.zeros((1, 2, 5000, 32))
    with pytest.raises(NotImplementedError, match="more than 4096"):
        pallas.tpu(q, k, v, Mask())
