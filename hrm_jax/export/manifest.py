"""What a package says of its model, and of how boards are written."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from data_pipeline.datasets import BoardTask
from data_pipeline.maze.schema import CHARACTERS
from data_pipeline.maze.task import MazeTask
from data_pipeline.schema import UserError
from data_pipeline.sudoku import codec
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.predictor import EvaluationConfig, Weights
from hrm_jax.train_state import TrainConfig


def of_board(
    task: BoardTask, config: TrainConfig, evaluation: EvaluationConfig, weights: Weights
) -> dict[str, Any]:
    """The part that does not depend on the format.

    Raises:
      UserError: initial states are drawn, the model halts by what it changes, or it has
        feedback.
    """
    _require_packable(config.model)
    if config.model.initial_states != "fixed":
        raise UserError(
            "model.initial_states is random, but a package starts from fixed states: "
            "train with --config.model.initial_states=fixed to export."
        )
    if evaluation.residual:
        raise UserError(
            f"evaluation.residual is {evaluation.residual}, but a package halts by its "
            "halting head: leave it at 0."
        )
    table = weights.table
    return {
        "task": _described(task),
        "model": dataclasses.asdict(config.model),
        "halting": {
            "max_segments": evaluation.max_segments,
            "min_confidence": evaluation.min_confidence,
            "q_learning": config.halting.q_learning,
        },
        "initial": _initial(config.model, weights),
        "puzzle_vector": None if table is None else np.asarray(table)[0].tolist(),
    }


def of_text(
    model: ReasonerConfig,
    tokenizer: str,
    segments: int,
    min_confidence: float | None,
    languages: Sequence[str],
) -> dict[str, Any]:
    """As `of_board`, of a model that writes.

    Args:
      tokenizer: its file's name.
      segments: that a token is thought about, at most.
      min_confidence: to stop thinking earlier; None to think them all.
      languages: that it has learned to write in, the usual one first.

    Raises:
      UserError: the model has feedback.
    """
    _require_packable(model)
    task = {"kind": "text", "name": "text", "tokenizer": tokenizer}
    return {
        "task": {**task, "languages": list(languages)},
        "model": dataclasses.asdict(model),
        "halting": {"max_segments": segments, "min_confidence": min_confidence},
    }


def _require_packable(model: ReasonerConfig) -> None:
    if model.feedback != "none":
        raise UserError(
            f"model.feedback is {model.feedback}, which no package has: train with "
            "--config.model.feedback=none to export."
        )


def _initial(config: ReasonerConfig, weights: Weights) -> dict[str, list[float]]:
    """Where each token's states start."""
    constants = weights.variables.constants
    initial = {
        name: np.asarray(constants[f"{name}_init"], np.float32).tolist()
        for name in ("z_h", "z_l")
    }
    if config.injection == "start":
        initial["z_h"] = [0.0] * config.width
    return initial


def _described(task: BoardTask) -> dict[str, Any]:
    """The codec: `alphabet[t]` are the characters that are read as token t."""
    if isinstance(task, MazeTask):
        size = {"kind": "maze", "rows": task.shape.rows, "cols": task.shape.cols}
        return size | {"name": task.name, "alphabet": ["", *CHARACTERS]}
    shape = task.shape
    return {
        "kind": "sudoku",
        "name": task.name,
        "rows": shape.size,
        "cols": shape.size,
        "box_rows": shape.box_rows,
        "box_cols": shape.box_cols,
        "alphabet": ["", codec.BLANKS, *codec.DIGITS[: shape.size]],
    }
