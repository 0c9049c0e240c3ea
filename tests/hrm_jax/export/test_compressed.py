"""Packed weights as others read them, back again bit by bit, and files that lie."""

import dataclasses
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.schema import UserError
from hrm_jax.export import compressed
from hrm_jax.models import tensor_parallel
from kernels.quantized_matmul import Quantized, quantize
from tests.hrm_jax.models.small import init_variables, looped, small

ROOMY = {"width": 32, "feed_forward_multiple": 32}
HRM = small(**ROOMY, h_layers=1, puzzle_width=8, prefix_len=1)
LOOPED = looped(**ROOMY)
DOWN = "H_level.layers.0.mlp.down_proj.weight"


def stored(config):
    """Matrices of 8 and 4 bits and floats, scales of two dtypes, some floats halved."""
    variables = init_variables(config, jax.random.key(1))
    turn = itertools.cycle((4, 8, 32))

    def leaf(path, array):
        if not tensor_parallel.is_shared(path):
            return array.astype(jnp.float16) if "answer_head" in str(path) else array
        bits = next(turn)
        if bits == 32:
            return array
        return quantize(
            array, bits, {4: 32, 8: None}[bits], {4: "bfloat16"}.get(bits, "float32")
        )

    params = jax.tree_util.tree_map_with_path(leaf, variables.params)
    return variables._replace(params=params)


def meant(words: np.ndarray, bits: int, inner: int) -> np.ndarray:
    """The numbers of packed words, as the layout is documented: a stream of bits.

    Number + 2^(bits - 1), lowest bits first, one after the other in each row.
    """
    stream = np.unpackbits(
        words.astype("<i4").view(np.uint8), axis=-1, bitorder="little"
    )
    each = stream[:, : inner * bits].reshape(len(words), inner, bits)
    return each @ (1 << np.arange(bits)) - (1 << (bits - 1))


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_packed_words_are_what_the_layout_says(data):
    bits = data.draw(st.sampled_from([4, 8]))
    block = data.draw(st.sampled_from([32, 64, 128]))
    inner = (
        data.draw(st.integers(1, 3)) * block
        if bits == 4
        else data.draw(st.integers(1, 70))
    )
    columns = data.draw(st.integers(1, 9))
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    numbers = random.integers(-(1 << bits - 1), 1 << bits - 1, (inner, columns))
    values = numbers.astype(np.int8)
    if bits == 4:
        values = ((numbers[::2] + 8) | (numbers[1::2] + 8) << 4).astype(np.uint8)
    groups = inner // block if bits == 4 else 1
    scales = random.uniform(0.5, 1, (groups, columns)).astype(np.float32)
    w = Quantized(jnp.asarray(values), jnp.asarray(scales))

    tensors = compressed.packed(w)
    assert tensors["packed"].dtype == np.int32
    assert tensors["packed"].shape == (columns, -(-inner * bits // 32))
    np.testing.assert_array_equal(meant(tensors["packed"], bits, inner), numbers.T)
    np.testing.assert_array_equal(tensors["scale"], scales.T)
    np.testing.assert_array_equal(tensors["shape"], [columns, inner])

    words, scales, _ = tensors.values()
    assert_same(compressed.unpacked(words, scales, (columns, inner)), w)


def assert_same(found, expected):
    assert jax.tree.structure(found) == jax.tree.structure(expected)

    def same(a, b):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)

    jax.tree.map(same, found, expected)


@pytest.fixture(scope="module")
def hrm():
    table = np.random.default_rng(1).normal(size=(3, 8)).astype(np.float32)
    return stored(HRM), table


@pytest.fixture(scope="module")
def file(hrm, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "weights.safetensors"
    compressed.write(path, HRM, *hrm)
    return path


def test_what_is_written_is_read_bit_for_bit(hrm, file):
    assert_same(compressed.read(file, HRM), hrm)


def test_names_are_pytorchs_where_it_has_the_model(hrm, file):
    tensors = safetensors.numpy.load_file(file)
    module = hrm[0].params["h_module"]["block_0"]
    scales = module["mlp"]["gate_up"]["kernel"].scales
    name = "H_level.layers.0.mlp.gate_up_proj.weight"
    np.testing.assert_array_equal(tensors[f"{name}_scale"], scales.T)
    plain = module["mlp"]["down"]["kernel"]
    assert not isinstance(plain, Quantized)
    np.testing.assert_array_equal(tensors[DOWN], plain.T)
    assert tensors["lm_head.weight"].dtype == np.float16


def test_a_variant_has_names_of_its_own_and_no_table(tmp_path):
    path, variables = tmp_path / "weights.safetensors", stored(LOOPED)
    compressed.write(path, LOOPED, variables)
    names = set(safetensors.numpy.load_file(path))
    assert "l_module.block_0.attention.qkv.weight_packed" in names
    assert_same(compressed.read(path, LOOPED), (variables, None))


def test_the_config_names_each_matrix_and_its_scheme(hrm, file):
    said = compressed.quantization_config(HRM, hrm[0])
    tensors = safetensors.numpy.load_file(file)
    told = set(said["ignore"])
    assert "lm_head" in told
    for group in said["config_groups"].values():
        weights = group["weights"]
        for module in group["targets"]:
            columns, inner = tensors[f"{module}.weight_shape"]
            words = tensors[f"{module}.weight_packed"].shape[1]
            assert words == inner * weights["num_bits"] // 32
            groups = tensors[f"{module}.weight_scale"].shape[1]
            block = weights["group_size"] or inner
            assert groups == inner // block
            assert weights["strategy"] == (
                "group" if weights["group_size"] else "channel"
            )
            told.add(module)
    linear = {name.rpartition(".weight")[0] for name in tensors if ".weight" in name}
    assert told == linear - {"puzzle_emb"}


QKV = "H_level.layers.0.self_attn.qkv_proj.weight"
LIES = {
    "no packed": (lambda t: t.pop(f"{QKV}_packed"), f"lacks {QKV}_packed"),
    "no scale": (lambda t: t.pop(f"{QKV}_scale"), f"lacks {QKV}_scale"),
    "no shape": (lambda t: t.pop(f"{QKV}_shape"), f"lacks {QKV}_shape"),
    "no float": (lambda t: t.pop("lm_head.weight"), "lacks lm_head.weight"),
    "one more": (
        lambda t: t.update({"lm_head.weight_scale": t[f"{QKV}_scale"]}),
        "lm_head.weight_scale, which the model lacks",
    ),
    "other shape": (
        lambda t: t.update({f"{QKV}_shape": np.array([96, 64])}),
        r"_shape as \[96, 64\], but it must be \[96, 32\]",
    ),
    "other words": (
        lambda t: t.update({f"{QKV}_packed": t[f"{QKV}_packed"][:, 1:]}),
        r"_packed as \[96, 7\], but it must be \[96, 8\] or \[96, 4\]",
    ),
    "other scales": (
        lambda t: t.update({f"{QKV}_scale": t[f"{QKV}_scale"][1:]}),
        r"_scale as \[95, 1\], but it must be \[96, 1\]",
    ),
    "other dtype": (
        lambda t: t.update({f"{QKV}_packed": t[f"{QKV}_packed"].astype(np.int64)}),
        "_packed as int64, but it must be int32",
    ),
    "scales of halves": (
        lambda t: t.update({f"{QKV}_scale": t[f"{QKV}_scale"].astype(np.float16)}),
        "_scale as float16, but it must be float32 or bfloat16",
    ),
    "float of another shape": (
        lambda t: t.update({DOWN: t[DOWN].T}),
        r"down_proj.weight as \[64, 32\], but it must be \[32, 64\]",
    ),
    "integers": (
        lambda t: t.update({"H_init": t["H_init"].astype(np.int32)}),
        "H_init as int32",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_file_that_lies_is_refused_in_a_sentence(lie, file, tmp_path):
    tensors = safetensors.numpy.load_file(file)
    change, complaint = LIES[lie]
    change(tensors)
    path = tmp_path / "weights.safetensors"
    safetensors.numpy.save_file(
        {name: np.ascontiguousarray(x) for name, x in tensors.items()}, path
    )
    with pytest.raises(UserError, match=complaint) as error:
        compressed.read(path, HRM)
    assert str(error.value).startswith(str(path))
    assert str(error.value).count(". ") == 0


@pytest.mark.parametrize("kept", [0, 5, 100, -1])
def test_a_truncated_file_is_refused(kept, file, tmp_path):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(UserError):
        compressed.read(path, HRM)


def test_weights_of_another_model_are_refused(file):
    with pytest.raises(UserError, match="weights.safetensors"):
        compressed.read(file, dataclasses.replace(HRM, l_layers=2))
