"""What a command passes on of the run that it loaded, as the run has it."""

from __future__ import annotations

import pathlib

from hrm_jax.predictor import Weights
from hrm_jax.run import Run


class Loaded:
    """Attributes:
    run: as it was trained.
    """

    run: Run

    @property
    def workdir(self) -> pathlib.Path:
        return self.run.workdir

    @property
    def step(self) -> int:
        return self.run.step

    @property
    def weights(self) -> Weights:
        return self.run.weights

    @property
    def sha256(self) -> str:
        return self.run.sha256
