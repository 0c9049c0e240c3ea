"""Weights from PyTorch and back; the golden tests show that they mean the same."""

import dataclasses
import pathlib
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs import sudoku_extreme
from data_pipeline.schema import UserError
from data_pipeline.task import Dimensions
from hrm_jax import convert, experiment, torch_files
from hrm_jax.models import reasoner
from hrm_jax.models.config import ReasonerConfig

RELEASED = pathlib.Path(__file__).parent.parent / "torch_files" / "released.pt"


def published(preset: str) -> ReasonerConfig:
    sudoku = Dimensions(11, 81, 1, 3, 3)
    return experiment.train_config(sudoku_extreme.get_config(preset), sudoku).model


# As in tests/torch_files/make.py.
TINY = dataclasses.replace(
    published("hrm"),
    **{"vocab_size": 5, "seq_len": 4, "num_puzzles": 3, "width": 4, "num_heads": 2},
    **{"h_layers": 1, "l_layers": 1, "expansion": 1.0, "feed_forward_multiple": 4},
    puzzle_width=4,
)


@pytest.fixture
def released() -> dict[str, np.ndarray]:
    return torch_files.read(RELEASED)


def test_a_checkpoint_of_pytorch(released):
    variables, table = convert.from_state_dict(TINY, released)
    qkv = variables.params["l_module"]["block_0"]["attention"]["qkv"]["kernel"]
    # The eleventh tensor, counted up along its rows, which are our columns.
    np.testing.assert_array_equal(qkv, 11 + np.arange(48.0).reshape(12, 4).T)
    np.testing.assert_array_equal(variables.constants["z_l_init"], [1, 2, 3, 4])
    np.testing.assert_array_equal(table, 6 + np.arange(12.0).reshape(3, 4))
    assert {leaf.dtype for leaf in jax.tree.leaves(variables)} == {np.dtype("float32")}

    back = convert.to_state_dict(variables, table)
    assert set(back) == {name.removeprefix(WRAPPED) for name in released}
    for name, tensor in back.items():
        np.testing.assert_array_equal(tensor, np.float32(released[WRAPPED + name]))


WRAPPED = "_orig_mod.model.inner."


def block(prefix: str, mixer: dict) -> dict[str, tuple[int, ...]]:
    mlp = {"mlp.gate_up_proj.weight": (3072, 512), "mlp.down_proj.weight": (512, 1536)}
    return {f"{prefix}.{name}": shape for name, shape in (mixer | mlp).items()}


ATTENTION = {
    "self_attn.qkv_proj.weight": (1536, 512),
    "self_attn.o_proj.weight": (512, 512),
}
# 97 positions, of them 16 of the prefix; 97 * 4 * 2 / 3 is rounded up to 512.
TOKEN_MLP = {
    "mlp_t.gate_up_proj.weight": (1024, 97),
    "mlp_t.down_proj.weight": (97, 512),
}
COMMON = {
    "H_init": (512,),
    "L_init": (512,),
    "embed_tokens.embedding_weight": (11, 512),
    "lm_head.weight": (11, 512),
    "q_head.weight": (2, 512),
    "q_head.bias": (2,),
    "puzzle_emb.weights": (1, 512),
}
PUBLISHED = {
    "hrm": COMMON
    | {
        name: shape
        for level in "HL"
        for layer in range(4)
        for name, shape in block(f"{level}_level.layers.{layer}", ATTENTION).items()
    },
    "trm_attention": COMMON
    | block("L_level.layers.0", ATTENTION)
    | block("L_level.layers.1", ATTENTION),
    "trm_mlp": COMMON
    | block("L_level.layers.0", TOKEN_MLP)
    | block("L_level.layers.1", TOKEN_MLP),
}


@pytest.mark.parametrize(
    ("preset", "parameters"),
    [("hrm", 27_275_266), ("trm_attention", 6_828_034), ("trm_mlp", 5_028_866)],
)
def test_the_released_models_fit(preset, parameters):
    """Their names and shapes, written out; zeros of no size stand for the values."""
    weights = {
        WRAPPED + name: np.broadcast_to(np.float32(0), shape)
        for name, shape in PUBLISHED[preset].items()
    }
    variables, table = convert.from_state_dict(published(preset), weights)
    assert sum(leaf.size for leaf in jax.tree.leaves(variables.params)) == parameters
    assert table.shape == (1, 512)
    back = convert.to_state_dict(variables, table)
    assert {name: tensor.shape for name, tensor in back.items()} == PUBLISHED[preset]


@pytest.mark.parametrize("wrapped", ["_orig_mod.", "model.inner.", "inner.", ""])
def test_wrappers_and_derived_tensors_do_not_matter(released, wrapped):
    unwrapped = {
        name.replace(WRAPPED, wrapped): tensor for name, tensor in released.items()
    }
    # What some versions save beside the weights.
    unwrapped[f"{wrapped}rotary_emb.cos_cached"] = np.zeros((5, 2), jnp.bfloat16)
    unwrapped[f"{wrapped}puzzle_emb.local_weights"] = np.zeros((2, 4), np.float32)
    unwrapped[f"{wrapped}puzzle_emb.local_ids"] = np.zeros(2, np.int32)
    expected = convert.from_state_dict(TINY, released)
    found = convert.from_state_dict(TINY, unwrapped)
    jax.tree.map(np.testing.assert_array_equal, found, expected)


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"h_layers": 0, "l_layers": 2, "mixer": "mlp", "positions": "none"},
        {"positions": "learned", "puzzle_width": 0, "prefix_len": 0},
        {"puzzle_width": 6, "prefix_len": 2},
    ],
)
def test_exported_weights_come_back_the_same(tmp_path, suffix, changes):
    config = dataclasses.replace(TINY, **changes)
    rng = np.random.default_rng(0)
    variables = jax.tree.map(
        lambda leaf: rng.standard_normal(leaf.shape, np.float32),
        jax.eval_shape(partial(reasoner.init_variables, config), jax.random.key(0)),
    )
    table = None
    if config.puzzle_width:
        table = rng.standard_normal((3, config.puzzle_width), np.float32)
    path = tmp_path / f"weights{suffix}"

    torch_files.write(path, convert.to_state_dict(variables, table))
    back, table_back = convert.from_state_dict(config, torch_files.read(path))
    assert jax.tree.structure(back) == jax.tree.structure(variables)
    jax.tree.map(np.testing.assert_array_equal, back, variables)
    assert (table_back is None) == (table is None)
    np.testing.assert_array_equal(table_back, table)


def changed(weights: dict, **changes) -> dict:
    """With some tensors replaced; None takes one away. Dots are written as __."""
    changes = {WRAPPED + name.replace("__", "."): new for name, new in changes.items()}
    return {n: t for n, t in (weights | changes).items() if t is not None}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"lm_head__weight": None}, r"lack lm_head\.weight, which"),
        ({"lm_head__bias": np.zeros(5)}, r"hold lm_head\.bias, which"),
        (
            {"lm_head__weight": np.zeros((6, 4))},
            r"lm_head\.weight as \[6, 4\], but the model has it as \[5, 4\]",
        ),
        ({"q_head__bias": np.zeros(2, np.int8)}, r"q_head\.bias as int8"),
        ({"puzzle_emb__weights": None}, r"lack puzzle_emb\.weights"),
        ({"inner__H_init": np.zeros(4)}, "H_init twice"),
    ],
)
def test_a_tensor_that_does_not_fit_is_named(released, changes, complaint):
    with pytest.raises(UserError, match=complaint):
        convert.from_state_dict(TINY, changed(released, **changes))


def test_weights_of_another_model_are_told_by_their_names(released):
    trm = dataclasses.replace(TINY, h_layers=0)
    with pytest.raises(UserError, match=r"hold H_level.* and 1 more, which"):
        convert.from_state_dict(trm, released)
    deeper = dataclasses.replace(TINY, l_layers=2)
    with pytest.raises(UserError, match=r"lack L_level\.layers\.1\."):
        convert.from_state_dict(deeper, released)
    plain = dataclasses.replace(TINY, puzzle_width=0)
    with pytest.raises(UserError, match=r"hold puzzle_emb\.weights"):
        convert.from_state_dict(plain, released)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("recurrence", "looped"),
        ("injection", "start"),
        ("norm", "pre"),
        ("visibility", "causal"),
        ("gated_attention", True),
        ("tied_embedding", True),
        ("conv_width", 2),
        ("equivariant", True),
        ("initial_states", "random"),
    ],
)
def test_a_variant_without_a_counterpart_is_refused(released, name, value):
    sizes = {"h_layers": 0, "h_cycles": 1, "gradient_window": 1, "prefix_len": 0}
    sizes |= {"puzzle_width": 0}
    config = dataclasses.replace(TINY, **sizes, **{name: value})
    with pytest.raises(UserError, match=rf"model\.{name} = .*{value}.* in PyTorch"):
        convert.from_state_dict(config, released)
