"""Packages of small models, as `export` writes them."""

import dataclasses
import json
import pathlib
import shutil
from typing import Any

import numpy as np
import onnx

from hrm_jax.export import package, runner
from hrm_jax.export.graphs import builder, segment
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.types import Variables
from tests.hrm_jax.export import drawn
from tests.hrm_jax.models import small

SUDOKU = {
    "kind": "sudoku",
    "name": "4x4 Sudoku",
    "rows": 4,
    "cols": 4,
    "box_rows": 2,
    "box_cols": 2,
    "alphabet": ["", ".0", "1", "2", "3", "4"],
}
MAZE = {
    "kind": "maze",
    "name": "4x4 maze",
    "rows": 4,
    "cols": 4,
    "alphabet": ["", "#", " ", "S", "G", "o"],
}
HALTING = {"max_segments": 6, "min_confidence": 0.98, "q_learning": False}
MODEL = small.small(
    vocab_size=6,
    seq_len=16,
    box_rows=2,
    box_cols=2,
    num_heads=2,
    puzzle_width=5,
    prefix_len=1,
)


def write(
    folder: pathlib.Path, config: ReasonerConfig = MODEL, task: Any = None
) -> Variables:
    """A package; returns its model."""
    folder.mkdir()
    given = drawn.variables(config)
    vector = np.linspace(-1, 1, config.puzzle_width).tolist()
    onnx.save(segment.segment(config, given, "standard"), folder / "segment.onnx")
    shutil.copy(runner.__file__, folder / "run.py")
    manifest = {
        "format": "onnx",
        "bits": 32,
        "task": task or SUDOKU,
        "model": dataclasses.asdict(config),
        "halting": HALTING,
        "initial": {
            name: given.constants[f"{name}_init"].tolist() for name in ("z_h", "z_l")
        },
        "puzzle_vector": vector if vector else None,
        "onnx": {"opset": builder.OPSET, "ir": builder.IR, "onnxruntime": "1.32.0"},
    }
    package.seal(folder, manifest)
    return given


def manifest(folder: pathlib.Path) -> dict[str, Any]:
    return json.loads((folder / "package.json").read_text())
