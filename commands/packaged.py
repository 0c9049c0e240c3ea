"""A package that `export` has made, ready to answer."""

from __future__ import annotations

import dataclasses
import functools
import pathlib
from typing import Any

import numpy as np

from configs import Config
from data_pipeline import datasets
from data_pipeline.batches import unanswered
from data_pipeline.datasets import BoardTask
from data_pipeline.progress import OnProgress
from data_pipeline.schema import UserError
from eval import runner
from eval.protocol import Prediction, Predictor
from hrm_jax.export import formats, package

_ROWS = 64
"""Boards that are handed over at a time."""


@dataclasses.dataclass(frozen=True)
class Packaged:
    """Attributes:
    folder: of the package.
    manifest: what it says of itself.
    """

    folder: pathlib.Path
    manifest: dict[str, Any]

    @classmethod
    def of(cls, folder: pathlib.Path) -> Packaged:
        """Raises: UserError: the folder is no package, or a damaged one."""
        return cls(folder, package.read(folder))

    def require(self, task: BoardTask) -> None:
        """Raises: UserError: it answers other boards than a task has."""
        made_for = self.manifest["task"]["name"]
        if task.name != made_for:
            raise UserError(
                f"{self.folder} answers a {made_for} and no {task.name}: take data of "
                "the same board, or another package."
            )

    @functools.cached_property
    def predict(self) -> Predictor:
        """Answers to batches of puzzles, each once the model believes in it.

        Raises:
          UserError: this machine lacks what the format needs.
        """
        config: Config = package.config(self.folder, self.manifest)
        task = datasets.boards(config.data, "export")
        read = formats.FORMATS[self.manifest["format"]].read
        return read(self.folder, task, self.manifest)

    def answer(self, inputs: np.ndarray, progress: OnProgress) -> Prediction:
        """Answers to boards `[n cells]`, each as soon as the model believes in it."""
        return runner.predict(self.predict, unanswered(inputs), _ROWS, progress)
