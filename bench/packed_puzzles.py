"""Packages of a model of boards, for `bench/packages.py`."""

from __future__ import annotations

import numpy as np

from bench import package_timer
from bench.packed import Packed
from configs import Config
from data_pipeline import datasets
from hrm_jax import experiment
from hrm_jax.export import manifest

_SEGMENTS = 16


def of(fields: Config) -> Packed:
    fields.evaluation.max_segments = _SEGMENTS
    task = datasets.boards(fields.data, "packages")
    config = experiment.train_config(fields, task.dimensions)
    evaluation = experiment.evaluation_config(fields)
    width = config.model.puzzle_width
    return Packed(
        config.model,
        np.zeros((1, width), np.float32) if width else None,
        lambda weights: manifest.of_board(task, config, evaluation, weights),
        lambda folder: None,
        ("a puzzle", f"a puzzle of {package_timer.PUZZLES}"),
    )
