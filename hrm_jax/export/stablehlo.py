"""Packages of StableHLO: whole programs, which JAX runs without this project.

`loop.stablehlo` thinks about puzzles until each is believed in, `segment.stablehlo`
does one segment, `run.py` loads them. A program serves any number of rows, and CPU,
CUDA and TPU alike: it is traced as for a CPU, where all that a model does is written in
XLA's own operations. Our kernels would tie it to a number of rows, a kind of GPU and a
version of the compiler. It is written in an old StableHLO, so that versions of JAX
before this one read it too. Products of floats are asked for in full precision, since
on other platforms XLA takes less by default, and a package is verified on one of them.

Weights are arguments of the programs, so that they are stored once, as packed as they
are, and made floats of as they are used.
"""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import shutil
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np
from jax import export
from jax.extend.mlir.dialects import stablehlo as mlir
from jax.sharding import AbstractDevice, AbstractMesh, AxisType

from data_pipeline.schema import Batch, UserError
from eval.protocol import Prediction, Predictor
from hrm_jax.export import programs, stablehlo_run
from hrm_jax.halting import HaltingConfig
from hrm_jax.models import tensor_parallel
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.predictor import Weights

PLATFORMS = ("cpu", "cuda", "tpu")

_LANGUAGE = "1.8.0"
"""The version of StableHLO; JAX 0.8 has 1.13."""


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
    weights = weights._replace(table=None if table is None else table[:1])
    arrays, whole = programs.flat(weights, halved=about["bits"] == 16)
    np.savez(folder / "weights.npz", **jax.device_get(arrays))
    halting = HaltingConfig(exploration_prob=0.0, residual=0.0, **about["halting"])
    shapes = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), arrays)
    for name, program in programs.of_puzzles(config, halting, whole).items():
        with _anywhere():
            exporting = export.export(jax.jit(program.run), platforms=PLATFORMS)
            exported = exporting(shapes, *program.takes)
        (folder / f"{name}.stablehlo").write_bytes(_for_any_jax(exported))
    shutil.copy(stablehlo_run.__file__, folder / "run.py")
    return {"stablehlo": {"jax": jax.__version__, "platforms": PLATFORMS}}


def predictor(folder: pathlib.Path) -> Predictor:
    """Answers of a package of puzzles, by the runner that is shipped in it.

    Raises:
      UserError: it is damaged, or this machine's JAX cannot run it.
    """
    with _as_user_error():
        package = stablehlo_run.Package(folder)

    def predict(batch: Batch) -> Prediction:
        with _as_user_error():
            found = package.solve(np.asarray(batch.inputs))
        return Prediction(found["answer"], found["segments"], found["confidence"])

    return predict


@contextlib.contextmanager
def _as_user_error() -> Iterator[None]:
    """What the runner complains about, as this program tells its user."""
    try:
        yield
    except stablehlo_run.PackageError as error:
        raise UserError(str(error)) from error


def _for_any_jax(exported: export.Exported) -> bytearray:
    """Serialised; by itself JAX promises that versions of the last month read it."""
    module = mlir.serialize_portable_artifact_str(exported.mlir_module(), _LANGUAGE)
    return dataclasses.replace(exported, mlir_module_serialized=module).serialize()


@contextlib.contextmanager
def _anywhere() -> Iterator[None]:
    """Inside, programs are traced of XLA's own operations alone, in full precision."""
    names = (*tensor_parallel.ROWS, tensor_parallel.AXIS)
    device = AbstractDevice("cpu", num_cores=None, platform="cpu")
    mesh = AbstractMesh(
        (1,) * len(names),
        names,
        axis_types=(AxisType.Auto,) * len(names),
        abstract_device=device,
    )
    with jax.sharding.use_abstract_mesh(mesh), jax.default_matmul_precision("highest"):
        yield
