"""Whoever answers boards: a run, or a package."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from commands.flags import CommandLine
from commands.packaged import Packaged
from commands.trained import Trained
from eval.protocol import Prediction, Progress


class Solver(Protocol):
    def answer(self, inputs: np.ndarray, progress: Progress) -> Prediction:
        """Answers to boards `[n cells]`, each as soon as the model believes in it."""
        ...


def of(line: CommandLine) -> Solver:
    """The `--package`, else the run in `--workdir`.

    Raises:
      UserError: it is not there, or does not answer such boards.
    """
    return Packaged.of(line.package) if line.package else Trained.of(line)
