"""The formats of packages: how each is written, and how it answers."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import pathlib
import shutil
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import onnx

from data_pipeline.datasets import BoardTask
from data_pipeline.schema import UserError
from eval.protocol import Prediction, Predictor
from hrm_jax import experiment, predictor, sharding
from hrm_jax.export import compressed, package, runner, stablehlo, text_runner
from hrm_jax.export.graphs import saturation_probe, segment, text
from hrm_jax.export.package import Manifest
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.predictor import Weights

_WEIGHTS = "weights.safetensors"


class Format(NamedTuple):
    """A format of packages: how one is written, and how it answers.

    Attributes:
      write: the files of a package into a folder, of weights that are rounded as they
        are to be and a manifest that lacks what this returns.
      read: from its folder, board and manifest to its answers. Raises UserError where
        this machine lacks what it needs.
    """

    write: Callable[[pathlib.Path, ReasonerConfig, Weights, Manifest], Manifest]
    read: Callable[[pathlib.Path, BoardTask, Manifest], Predictor]


def _write_onnx(
    folder: pathlib.Path, config: ReasonerConfig, weights: Weights, about: Manifest
) -> Manifest:
    floats = np.float16 if about["bits"] == 16 else np.float32
    form = about["products"], floats
    halting = about["halting"]
    if about["task"]["kind"] == "text":
        segments = halting["max_segments"]
        models = {
            "prefill.onnx": text.prefill(config, weights.variables, segments, *form),
            "decode.onnx": text.decode(config, weights.variables, segments, *form),
        }
        shutil.copy(text_runner.__file__, folder / "write.py")
    else:
        models = {"segment.onnx": segment.segment(config, weights.variables, *form)}
        if about["whole"]:
            loop = segment.loop(config, halting, weights.variables, *form)
            models["loop.onnx"] = loop
    if about["products"] == "integer":
        models[saturation_probe.FILE] = saturation_probe.model()
    for name, model in models.items():
        onnx.save(model, folder / name)
    shutil.copy(runner.__file__, folder / "run.py")
    (model, *_) = models.values()
    (opset,) = (one.version for one in model.opset_import if not one.domain)
    version = importlib.metadata.version("onnxruntime")
    return {
        "onnx": {"opset": opset, "ir": model.ir_version, "onnxruntime": version},
    }


def _read_onnx(folder: pathlib.Path, task: BoardTask, about: Manifest) -> Predictor:
    del task, about
    try:
        solver = runner.Runner(folder)
    except runner.PackageError as error:
        raise UserError(str(error)) from error
    return lambda batch: Prediction(*solver.answer(np.asarray(batch.inputs)))


def _write_safetensors(
    folder: pathlib.Path, config: ReasonerConfig, weights: Weights, about: Manifest
) -> Manifest:
    if about["bits"] == 16:
        weights = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float16), weights)
    variables, table = weights
    compressed.write(folder / _WEIGHTS, config, variables, table)
    said = compressed.quantization_config(config, variables)
    text = json.dumps({"quantization_config": said}, indent=1)
    (folder / "config.json").write_text(text + "\n", encoding="utf-8")
    return {"safetensors": {"layout": said["format"]}}


def _read_safetensors(
    folder: pathlib.Path, task: BoardTask, about: Manifest
) -> Predictor:
    """By our own runtime, which multiplies with weights as they are stored."""
    config = package.config(folder, about)
    train_config = experiment.train_config(config, task.dimensions)
    evaluation = dataclasses.replace(
        experiment.evaluation_config(config),
        early_halting=True,
        max_segments=about["halting"]["max_segments"],
        min_confidence=about["halting"]["min_confidence"],
    )
    stored = Weights(*compressed.read(folder / _WEIGHTS, train_config.model))
    weights = jax.tree.map(_whole, stored)
    mesh = sharding.make_mesh(fsdp=1, tensor=1)
    predict = predictor.predictor(train_config, evaluation, mesh)
    return lambda batch: predict(weights, batch)


def _whole(leaf: jax.Array) -> jax.Array:
    return leaf.astype(jnp.float32) if leaf.dtype == jnp.float16 else leaf


def _read_stablehlo(
    folder: pathlib.Path, task: BoardTask, about: Manifest
) -> Predictor:
    del task, about
    return stablehlo.predictor(folder)


FORMATS = {
    "onnx": Format(_write_onnx, _read_onnx),
    "safetensors": Format(_write_safetensors, _read_safetensors),
    "stablehlo": Format(stablehlo.write, _read_stablehlo),
}
