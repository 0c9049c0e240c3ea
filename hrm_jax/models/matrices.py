"""The matrices of a model that may be quantised: those of the blocks, by name.

Heads, embeddings, puzzle vectors, convolutions and states stay floats: they are a small
part of the whole, and what is wrong there nothing mends. (But where a package of text
rounds activations, its graphs round the head: `hrm_jax/export/graphs/text.py`.)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from hrm_jax.types import Params, Variables
from kernels import quantized_matmul
from kernels.quantized_matmul import Quantized

Matrix = Quantized | Float[np.ndarray | jax.Array, "K F"]

_MODULES = ("h_module", "l_module")


def of(params: Params) -> dict[str, Any]:
    """Each matrix by its name, "l_module/block_0/mlp/down"."""
    found: dict[str, Any] = {}

    def collect(tree: Params, path: tuple[str, ...]) -> None:
        for name, value in sorted(tree.items()):
            if isinstance(value, dict):
                collect(value, (*path, name))
            elif name == "kernel":
                found["/".join(path)] = value

    for module in _MODULES:
        collect(params.get(module, {}), (module,))
    return found


def replaced(variables: Variables, matrices: Mapping[str, Matrix]) -> Variables:
    """The variables with these matrices in place of theirs."""
    params = _copied(variables.params)
    for name, matrix in matrices.items():
        place = params
        for part in name.split("/"):
            place = place[part]
        place["kernel"] = matrix
    return variables._replace(params=params)


def as_read(variables: Variables, dtype: str) -> Variables:
    """The variables with the floats of all large matrices in the dtype that products
    read them in, as `kernels.matmul` would round them at each use: the same numbers,
    and for bfloat16 half of the bytes, of which a token that is written reads all."""

    def rounded(matrix: Any) -> jax.Array:
        return jnp.asarray(matrix, dtype)

    found = replaced(
        variables, {name: rounded(one) for name, one in of(variables.params).items()}
    )
    for module, name in (("token_embedding", "embedding"), ("answer_head", "kernel")):
        if module in found.params:
            found.params[module][name] = rounded(found.params[module][name])
    return found


def dequantized(variables: Variables) -> Variables:
    """The variables with what the quantised matrices stand for, in float32."""
    whole = {
        name: np.asarray(quantized_matmul.dequantize(matrix))
        for name, matrix in of(variables.params).items()
        if isinstance(matrix, Quantized)
    }
    return replaced(variables, whole)


def nbytes(variables: Variables) -> int:
    """Bytes of all weights: matrices as they are packed, floats in float32."""
    packed, floats = 0, 0
    for leaf in jax.tree.leaves(variables, is_leaf=lambda x: isinstance(x, Quantized)):
        if isinstance(leaf, Quantized):
            packed += leaf.nbytes
        else:
            floats += leaf.size
    return packed + 4 * floats


def _copied(tree: Params) -> Params:
    return {
        name: _copied(value) if isinstance(value, dict) else value
        for name, value in tree.items()
    }
