"""Weights as safetensors in the pack-quantised layout of compressed-tensors.

A linear map of PyTorch's, `weight [F K]`, becomes three tensors where it is quantised:

| tensor          | what it is                                                         |
| --------------- | ------------------------------------------------------------------ |
| `weight_packed` | int32 `[F, ceil(K bits / 32)]`: number + 2^(bits - 1), the lowest  |
|                 | bits first, one after the other along K                            |
| `weight_scale`  | `[F, K / block]`, or `[F, 1]`, one a channel, for 8 bits           |
| `weight_shape`  | int64, (F, K)                                                      |

Their bytes are those of `kernels.quantized_matmul.formats`, transposed, so that nothing
is rounded on the way. What is not quantised stays one tensor, in its own dtype.

Names are PyTorch's where the model has a counterpart there (`convert`), since this
layout is for programs that know these; a variant has the names of our own tree.
"""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NoReturn

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from data_pipeline.schema import UserError
from hrm_jax import convert, torch_files
from hrm_jax.models import reasoner, tensor_parallel
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.types import Variables
from kernels.quantized_matmul import Quantized
from kernels.quantized_matmul.formats import BLOCKS

_FORMAT = "pack-quantized"
_PARTS = ("packed", "scale", "shape")
_FLOATS = ("float32", "float16", "bfloat16")
_SCALES = ("float32", "bfloat16")
_TABLE = "puzzle_emb.weights"


def write(
    path: pathlib.Path,
    config: ReasonerConfig,
    variables: Variables,
    table: Float[np.ndarray | Array, "P E"] | None = None,
) -> None:
    """Writes a `.safetensors` file, from which `read` reads the same.

    Args:
      variables: whose matrices may be quantised.
      table: of the puzzle embeddings.

    Raises:
      UserError: the file cannot be written.
    """
    tensors: dict[str, np.ndarray] = {}
    for name, leaf in _named(config, variables):
        if isinstance(leaf, Quantized):
            tensors |= {f"{name}_{part}": x for part, x in packed(leaf).items()}
        else:
            tensors[name] = leaf
    if table is not None:
        tensors[_TABLE] = np.asarray(table)
    torch_files.write(path, tensors)


def read(
    path: pathlib.Path, config: ReasonerConfig
) -> tuple[Variables, Float[Array, "P E"] | None]:
    """The variables, quantised where the file has them so, and the puzzle table.

    Raises:
      UserError: the file is damaged, or a tensor is missing, unknown, or not of the
        shape and dtype that the model and the layout want.
    """
    stored = _Tensors(path, torch_files.read(path))
    init = functools.partial(reasoner.init_variables, config)
    shapes = jax.eval_shape(init, jax.random.key(0))
    leaves, tree = jax.tree_util.tree_flatten_with_path(shapes)
    name_of = _namer(config)
    found = [stored.leaf(place, name_of(place), leaf.shape) for place, leaf in leaves]
    table = None
    if config.puzzle_width and _TABLE in stored:
        sizes = config.num_puzzles, config.puzzle_width
        table = jnp.asarray(stored.take(_TABLE, sizes, _FLOATS))
    stored.require_empty()
    return jax.tree.map(jnp.asarray, tree.unflatten(found)), table


def quantization_config(config: ReasonerConfig, variables: Variables) -> dict[str, Any]:
    """What the `config.json` of such a checkpoint says under "quantization_config"."""
    groups: dict[tuple[int, int], list[str]] = {}
    ignored = []
    for name, leaf in _named(config, variables):
        module = name.removesuffix(".weight")
        if isinstance(leaf, Quantized):
            # With 8 bits a scale serves the whole of K, however long that is.
            scheme = leaf.bits, leaf.block if leaf.bits == 4 else 0
            groups.setdefault(scheme, []).append(module)
        elif module != name:
            ignored.append(module)

    return {
        "quant_method": "compressed-tensors",
        "format": _FORMAT,
        "quantization_status": "compressed",
        "kv_cache_scheme": None,
        "config_groups": {
            f"group_{number}": _group(bits, block, groups[bits, block])
            for number, (bits, block) in enumerate(sorted(groups))
        },
        "ignore": ignored,
    }


def _group(bits: int, block: int, modules: list[str]) -> dict[str, Any]:
    grouped = bits == 4
    return {
        "targets": modules,
        "weights": {
            "num_bits": bits,
            "type": "int",
            "symmetric": True,
            "strategy": "group" if grouped else "channel",
            "group_size": block if grouped else None,
            "dynamic": False,
        },
        "input_activations": None,
        "output_activations": None,
        "format": _FORMAT,
    }


def packed(w: Quantized) -> dict[str, np.ndarray]:
    """The tensors of a matrix `[K F]`, by what follows "weight_" in their names."""
    rows, columns = w.shape
    # A byte has two numbers of 4 bits, the lower first, or one of 8.
    stored = np.asarray(w.values).T
    if w.bits == 8:
        stored = (stored.astype(np.int16) + 128).astype(np.uint8)
    whole_words = np.pad(stored, ((0, 0), (0, -stored.shape[1] % 4)))
    return {
        "packed": np.ascontiguousarray(whole_words).view("<i4"),
        "scale": np.ascontiguousarray(np.asarray(w.scales).T),
        "shape": np.array([columns, rows], np.int64),
    }


def unpacked(
    words: np.ndarray, scales: np.ndarray, shape: tuple[int, ...]
) -> Quantized:
    """The inverse of `packed`.

    Args:
      words: int32 `[F, ...]`, of 8 or 4 bits a number; which, their width says.
      scales: `[F G]`.
      shape: (F, K).
    """
    columns, rows = shape
    stored = np.ascontiguousarray(words).view(np.uint8)
    if words.shape[1] == _words(rows, 8):
        numbers = (stored[:, :rows].astype(np.int16) - 128).astype(np.int8)
    else:
        numbers = stored[:, : rows // 2]
    values = np.ascontiguousarray(numbers.T)
    return Quantized(jnp.asarray(values), jnp.asarray(scales.T))


def _words(rows: int, bits: int) -> int:
    return -(-rows * bits // 32)


class _Tensors:
    """Tensors of a file; each may be taken once."""

    def __init__(self, path: pathlib.Path, tensors: dict[str, np.ndarray]):
        self._path = path
        self._tensors = dict(tensors)

    def __contains__(self, name: str) -> bool:
        return name in self._tensors

    def take(
        self, name: str, shape: tuple[int, ...] | None, dtypes: Sequence[str]
    ) -> np.ndarray:
        """Raises: UserError: it is missing, or has another shape or dtype."""
        tensor = self._tensors.pop(name, None)
        if tensor is None:
            raise UserError(f"{self._path} lacks {name}, which the model has: {_HINT}.")
        if tensor.dtype.name not in dtypes:
            self._refuse(name, tensor.dtype, dtypes)
        if shape is not None:
            self._require(name, tensor, [shape])
        return tensor

    def leaf(
        self, place: tuple[Any, ...], name: str, shape: tuple[int, ...]
    ) -> np.ndarray | Quantized:
        """The leaf of our tree that is here under a name, quantised or not."""
        packed_parts = any(f"{name}_{part}" in self._tensors for part in _PARTS)
        if tensor_parallel.is_shared(place) and packed_parts:
            return self._quantized(name, shape[::-1])
        if place[-1].key != "kernel":
            return self.take(name, shape, _FLOATS)
        return self.take(name, shape[::-1], _FLOATS).T

    def _quantized(self, name: str, shape: tuple[int, ...]) -> Quantized:
        columns, rows = shape
        told = self.take(f"{name}_shape", (2,), ("int64", "int32"))
        if tuple(told) != shape:
            self._refuse(f"{name}_shape", told.tolist(), [list(shape)])
        words = self.take(f"{name}_packed", None, ("int32",))
        scales = self.take(f"{name}_scale", None, _SCALES)
        blocks = [rows // block for block in BLOCKS if rows % block == 0]
        layouts = {(columns, _words(rows, 8)): [1]}
        if blocks:
            layouts[columns, _words(rows, 4)] = blocks
        self._require(f"{name}_packed", words, list(layouts))
        groups = layouts[words.shape]
        self._require(f"{name}_scale", scales, [(columns, n) for n in groups])
        return unpacked(words, scales, shape)

    def require_empty(self) -> None:
        """Raises: UserError: there are tensors that nobody took."""
        if self._tensors:
            name = next(iter(self._tensors))
            raise UserError(f"{self._path} has {name}, which the model lacks: {_HINT}.")

    def _require(
        self, name: str, tensor: np.ndarray, shapes: list[tuple[int, ...]]
    ) -> None:
        if tensor.shape not in shapes:
            self._refuse(name, list(tensor.shape), map(list, shapes))

    def _refuse(self, name: str, found: Any, wanted: Iterable[Any]) -> NoReturn:
        choice = " or ".join(map(str, wanted))
        raise UserError(
            f"{self._path} has {name} as {found}, but it must be {choice}: {_HINT}."
        )


_HINT = "take the weights and the config of one export"


def _namer(config: ReasonerConfig) -> Callable[[tuple[Any, ...]], str]:
    """What a leaf of `Variables` is called, by its path."""
    return convert.torch_name if convert.has_counterpart(config) else _own_name


def _own_name(place: tuple[Any, ...]) -> str:
    *modules, last = (part.key for part in place[1:])
    return ".".join([*modules, "weight" if last == "kernel" else last])


def _named(
    config: ReasonerConfig, variables: Variables
) -> Iterator[tuple[str, np.ndarray | Quantized]]:
    """All leaves by name, in PyTorch's orientation where they are not quantised."""
    name_of = _namer(config)
    for place, leaf in jax.tree_util.tree_leaves_with_path(
        variables, is_leaf=lambda leaf: isinstance(leaf, Quantized)
    ):
        if not isinstance(leaf, Quantized):
            array = np.asarray(leaf)
            leaf = array.T if place[-1].key == "kernel" else array
        yield name_of(place), leaf
