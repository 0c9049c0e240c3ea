"""Whoever answers boards: a run, or a package."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from commands.flags import CommandLine
from commands.packaged import Packaged
from commands.trained import Trained
from data_pipeline.datasets import BoardTask
from data_pipeline.progress import OnProgress
from eval.protocol import Prediction


class Solver(Protocol):
    def answer(self, inputs: np.ndarray, progress: OnProgress) -> Prediction:
        """Answers to boards `[n cells]`, each as soon as the model believes in it."""
        ...


def of(line: CommandLine, task: BoardTask) -> Solver:
    """The `--package`, else the run in `--workdir`.

    Args:
      task: of the boards.

    Raises:
      UserError: it is not there, or does not answer such boards.
    """
    if not line.package:
        return Trained.of(line)
    packaged = Packaged.of(line.package)
    packaged.require(task)
    return packaged
