"""Packages of StableHLO: whole programs, which JAX runs without this project.

`loop.stablehlo` thinks about puzzles until each is believed in, `segment.stablehlo`
does one segment, `run.py` loads them. A program serves any number of puzzles, and CPU,
CUDA and TPU alike: it is traced as for a CPU, where all that a model does is written in
XLA's own operations. Our kernels would tie it to a number of puzzles, a kind of GPU and
a version of the compiler; and it is written in the oldest StableHLO that there is, so
that JAX before this one reads it too. Products of floats are asked for in full precision, since
elsewhere XLA's default is less, and the package was verified on one machine alone.

Weights are arguments of the programs, so that they are stored once, as packed as they
are, and made floats of as they are used.
"""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, export
from jax.extend.mlir.dialects import stablehlo as mlir
from jax.sharding import AbstractDevice, AbstractMesh, AxisType

from data_pipeline.schema import Batch, UserError
from eval.protocol import Prediction, Predictor
from hrm_jax import inference
from hrm_jax.export import stablehlo_run
from hrm_jax.halting import HaltingConfig
from hrm_jax.models import reasoner, split
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.predictor import Weights
from hrm_jax.train_step import puzzle_vectors
from hrm_jax.types import Latents

PLATFORMS = ("cpu", "cuda", "tpu")


def write(
    folder: pathlib.Path,
    config: ReasonerConfig,
    weights: Weights,
    about: dict[str, Any],
) -> dict[str, Any]:
    """Writes all of a package but its manifest.

    Args:
      weights: whose matrices may be quantised.
      about: the manifest, of which "bits" and "halting" are read. With 16 bits floats
        are stored in float16.

    Returns:
      What the manifest says of the format.
    """
    table = weights.table
    # A board is the first puzzle of the table, which holds one.
    weights = weights._replace(table=None if table is None else table[:1])
    arrays, whole = _flat(weights, halved=about["bits"] == 16)
    np.savez(folder / "weights.npz", **jax.device_get(arrays))
    (puzzles,) = export.symbolic_shape("puzzles")
    tokens = jax.ShapeDtypeStruct((puzzles, config.seq_len), jnp.int32)
    state = jax.ShapeDtypeStruct((puzzles, config.length, config.width), jnp.float32)
    halting = HaltingConfig(exploration_prob=0.0, residual=0.0, **about["halting"])
    programs = {
        "loop": (_loop(config, halting, whole), (tokens,)),
        "segment": (_segment(config, whole), (tokens, state, state)),
    }
    shapes = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), arrays)
    version = 0
    for name, (program, given) in programs.items():
        with _anywhere():
            exported = export.export(jax.jit(program), platforms=PLATFORMS)(
                shapes, *given
            )
        (folder / f"{name}.stablehlo").write_bytes(_for_any_jax(exported))
        version = exported.calling_convention_version
    shutil.copy(stablehlo_run.__file__, folder / "run.py")
    return {
        "stablehlo": {
            "jax": jax.__version__,
            "calling_convention": version,
            "platforms": PLATFORMS,
        }
    }


def predictor(folder: pathlib.Path) -> Predictor:
    """Answers of a package, by the runner that is shipped in it.

    Raises:
      UserError: it is damaged, or this machine's JAX cannot run it.
    """
    try:
        package = stablehlo_run.Package(folder)
    except stablehlo_run.PackageError as error:
        raise UserError(str(error)) from error

    def predict(batch: Batch) -> Prediction:
        try:
            found = package.solve(np.asarray(batch.inputs))
        except stablehlo_run.PackageError as error:
            raise UserError(str(error)) from error
        return Prediction(found["answer"], found["segments"], found["confidence"])

    return predict


Arrays = dict[str, Array]


def _flat(weights: Weights, halved: bool) -> tuple[Arrays, Callable[[Arrays], Weights]]:
    """All arrays by name, since JAX alone knows no other tree; and the way back."""
    leaves, tree = jax.tree_util.tree_flatten_with_path(weights)
    names = [
        jax.tree_util.keystr(path, simple=True, separator="/") for path, _ in leaves
    ]

    def stored(leaf: Any) -> Array:
        leaf = jnp.asarray(leaf)
        return leaf.astype(jnp.float16) if halved else leaf

    def whole(arrays: Arrays) -> Weights:
        weights = tree.unflatten([arrays[name] for name in names])
        table = weights.table
        exact = None if table is None else table.astype(jnp.float32)
        return weights._replace(table=exact)

    arrays = {name: stored(leaf) for name, (_, leaf) in zip(names, leaves, strict=True)}
    return arrays, whole


def _loop(
    config: ReasonerConfig,
    halting: HaltingConfig,
    whole: Callable[[Arrays], Weights],
) -> Callable[..., dict[str, Array]]:
    def loop(arrays: Arrays, tokens: Array) -> dict[str, Array]:
        puzzles = tokens.shape[0]
        batch = Batch(tokens, tokens, jnp.zeros(puzzles, jnp.int32))
        found = inference.answer_until_halted(
            config, halting, *whole(arrays), batch, puzzles
        )
        return {
            "answer": found.tokens,
            "segments": found.segments,
            "confidence": found.halt_probability,
        }

    return loop


def _segment(
    config: ReasonerConfig, whole: Callable[[Arrays], Weights]
) -> Callable[..., dict[str, Array]]:
    def segment(
        arrays: Arrays, tokens: Array, z_h: Array, z_l: Array
    ) -> dict[str, Array]:
        variables, table = whole(arrays)
        rows = puzzle_vectors(table, jnp.zeros(tokens.shape[0], jnp.int32))
        # In float32 outside, which NumPy knows, whatever the model computes in.
        before = Latents(z_h.astype(config.dtype), z_l.astype(config.dtype))
        after, output = reasoner.run_segment(config, variables, before, tokens, rows)
        found = {
            "logits": output.logits,
            "q_halt": output.q_halt_logit,
            "q_continue": output.q_continue_logit,
            "z_h_next": after.z_h,
            "z_l_next": after.z_l,
        }
        return {name: array.astype(jnp.float32) for name, array in found.items()}

    return segment


def _for_any_jax(exported: export.Exported) -> bytearray:
    """Serialised; by itself JAX promises that versions of the last month read it."""
    oldest = mlir.get_minimum_version()
    module = mlir.serialize_portable_artifact_str(exported.mlir_module(), oldest)
    return dataclasses.replace(exported, mlir_module_serialized=module).serialize()


@contextlib.contextmanager
def _anywhere() -> Iterator[None]:
    """What is traced inside is XLA's alone, and exact."""
    names = (*split.ROWS, split.AXIS)
    device = AbstractDevice("cpu", num_cores=None, platform="cpu")
    mesh = AbstractMesh(
        (1,) * len(names),
        names,
        axis_types=(AxisType.Auto,) * len(names),
        abstract_device=device,
    )
    with jax.sharding.use_abstract_mesh(mesh), jax.default_matmul_precision("highest"):
        yield
