"""Weights of HRM and TRM between PyTorch's state dicts and ours.

The published trainers save `model.state_dict()`: linear weights as [out, in], the two
initial states and the puzzle table as buffers among them, and before each name what the
model was wrapped in (the compiler, the loss head, the halting loop).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from data_pipeline.schema import UserError
from hrm_jax.models import reasoner
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.types import Variables

_WRAPPERS = re.compile(r"^((_orig_mod|module|model|inner)\.)+")

_DERIVED = re.compile(r"^(rotary_emb\.|puzzle_emb\.local_(weights|ids)$)")
"""Follows from the rest and is not always saved: the rotary tables, and the last
batch's copy of its rows of the puzzle table."""

_ORIGINALS = {
    "recurrence": "hierarchical",
    "injection": "every_call",
    "norm": "post",
    "visibility": "all",
    "conv_width": 0,
    "equivariant": False,
    "gated_attention": False,
    "feedback": "none",
    "tied_embedding": False,
    "initial_states": "fixed",
}
"""What every HRM and TRM has, and a variant may not have."""

_PUZZLE_TABLE = "puzzle_emb.weights"

_NAMES = (
    (r"^z_h_init$", "H_init"),
    (r"^z_l_init$", "L_init"),
    (r"^token_embedding/embedding$", "embed_tokens.embedding_weight"),
    (r"^position_embedding/embedding$", "embed_pos.embedding_weight"),
    (r"^answer_head/kernel$", "lm_head.weight"),
    (r"^halt_head/kernel$", "q_head.weight"),
    (r"^halt_head/bias$", "q_head.bias"),
    (r"^h_module/block_(\d+)/", r"H_level.layers.\1."),
    (r"^l_module/block_(\d+)/", r"L_level.layers.\1."),
    (r"attention/qkv/kernel$", "self_attn.qkv_proj.weight"),
    (r"attention/output/kernel$", "self_attn.o_proj.weight"),
    (r"token_mlp/(\w+)/kernel$", r"mlp_t.\1_proj.weight"),
    (r"mlp/(\w+)/kernel$", r"mlp.\1_proj.weight"),
)
"""Our paths, rewritten one pattern after the other into PyTorch's names."""


def from_state_dict(
    config: ReasonerConfig, state_dict: Mapping[str, np.ndarray]
) -> tuple[Variables, Float[np.ndarray, "P E"] | None]:
    """Our variables and puzzle table, from the tensors of an HRM or TRM.

    Args:
      config: of the model that the tensors belong to.
      state_dict: tensors by name, wrapped (`_orig_mod.model.inner.`) or not.

    Returns:
      numpy arrays of float32, views of the tensors where these are float32 already. The
      table is None where the config has no puzzle embedding.

    Raises:
      UserError: a tensor is missing, extra, of another shape or not of floats; or
        PyTorch's programs know no such model.
    """
    require_counterpart(config)
    init = functools.partial(reasoner.init_variables, config)
    leaves, tree = jax.tree_util.tree_flatten_with_path(
        jax.eval_shape(init, jax.random.key(0))
    )
    shapes = {
        torch_name(path): leaf.shape[::-1] if _is_kernel(path) else leaf.shape
        for path, leaf in leaves
    }
    if config.puzzle_width:
        shapes[_PUZZLE_TABLE] = (config.num_puzzles, config.puzzle_width)
    tensors = _unwrapped(state_dict)
    _require_same(shapes, tensors)

    def array(path: tuple[Any, ...]) -> np.ndarray:
        tensor = tensors[torch_name(path)].astype(np.float32, copy=False)
        return tensor.T if _is_kernel(path) else tensor

    variables = tree.unflatten([array(path) for path, _ in leaves])
    table = tensors.get(_PUZZLE_TABLE)
    return variables, None if table is None else table.astype(np.float32, copy=False)


def has_counterpart(config: ReasonerConfig) -> bool:
    """Is it an HRM or a TRM?"""
    return all(getattr(config, name) == value for name, value in _ORIGINALS.items())


def require_counterpart(config: ReasonerConfig) -> None:
    """Raises: UserError: the model is neither an HRM nor a TRM."""
    for name, value in _ORIGINALS.items():
        if (ours := getattr(config, name)) != value:
            raise UserError(
                f"Weights of a model with model.{name} = {ours!r} have no names in "
                f"PyTorch: only HRM and TRM convert, where it is {value!r}."
            )


def to_state_dict(
    variables: Variables, table: Float[np.ndarray | Array, "P E"] | None
) -> dict[str, np.ndarray]:
    """The inverse of `from_state_dict`: tensors by their bare names.

    Of a model that `require_counterpart` lets pass.

    Gradients and moments, trees of the same structure, convert as well.
    """
    tensors = {
        torch_name(path): np.asarray(leaf).T if _is_kernel(path) else np.asarray(leaf)
        for path, leaf in jax.tree_util.tree_leaves_with_path(variables)
    }
    return tensors if table is None else tensors | {_PUZZLE_TABLE: np.asarray(table)}


def torch_name(path: tuple[Any, ...]) -> str:
    """PyTorch's name of the leaf of `Variables` at a path, of an HRM or TRM."""
    name = "/".join(part.key for part in path[1:])  # without "params" or "constants"
    for pattern, replacement in _NAMES:
        name = re.sub(pattern, replacement, name)
    return name


def _is_kernel(path: tuple[Any, ...]) -> bool:
    """Is it [in, out] here and [out, in] there?"""
    return path[-1].key == "kernel"


def _unwrapped(state_dict: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    tensors: dict[str, np.ndarray] = {}
    for wrapped, tensor in state_dict.items():
        name = _WRAPPERS.sub("", wrapped)
        if name in tensors:
            raise UserError(
                f"The weights hold {name} twice, once as {wrapped}: give the tensors "
                "of one model."
            )
        if not _DERIVED.match(name):
            tensors[name] = tensor
    return tensors


def _require_same(
    shapes: Mapping[str, tuple[int, ...]], tensors: Mapping[str, np.ndarray]
) -> None:
    """Raises: UserError: names what differs."""
    hint = "take the config that they were trained with"
    if missing := _listed(name for name in shapes if name not in tensors):
        raise UserError(f"The weights lack {missing}, which the model has: {hint}.")
    if extra := _listed(name for name in tensors if name not in shapes):
        raise UserError(f"The weights hold {extra}, which the model lacks: {hint}.")
    for name, shape in shapes.items():
        tensor = tensors[name]
        if tensor.shape != shape:
            raise UserError(
                f"The weights hold {name} as {list(tensor.shape)}, but the model has "
                f"it as {list(shape)}: {hint}."
            )
        if not jnp.issubdtype(tensor.dtype, jnp.floating):
            raise UserError(
                f"The weights hold {name} as {tensor.dtype}, but it must be float32, "
                "float16 or bfloat16: export it without quantisation."
            )


def _listed(names: Iterable[str], most: int = 3) -> str:
    """The first names, and how many more there are; "" for none."""
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
