"""A run that is to be packed: of boards, or of text."""

from __future__ import annotations

import pathlib
import shutil
from collections.abc import Callable
from typing import NamedTuple

from commands import calibration
from commands.flags import CommandLine
from commands.text_run import TextRun
from commands.trained import Trained
from data_pipeline import datasets
from data_pipeline.config import TEXTS
from hrm_jax.export import manifest
from hrm_jax.export.package import Manifest
from hrm_jax.export.quantizer import Quantizer
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.predictor import Weights
from hrm_jax.text import own_tokenizer


class Subject(NamedTuple):
    """Attributes:
    model: sizes and choices.
    weights: in float.
    about: what the manifest says of it, whatever the format.
    step: of the checkpoint.
    weights_sha256: of all that answers depend on.
    watch: sees it think, before its matrices are rounded.
    copy: brings what else a package needs into its folder.
    """

    model: ReasonerConfig
    weights: Weights
    about: Manifest
    step: int
    weights_sha256: str
    watch: Callable[[], Quantizer]
    copy: Callable[[pathlib.Path], object]


def of(line: CommandLine) -> Subject:
    """The run in the workdir.

    Raises:
      UserError: there is none, or nothing can be packed of it.
    """
    if line.config.data.dataset in TEXTS:
        return _text(TextRun.of(line))
    task = datasets.boards(line.config.data, "export")
    trained = Trained.of(line)
    weights, config = trained.weights, trained.train_config
    return Subject(
        config.model,
        weights,
        manifest.of_board(task, config, trained.evaluation, weights),
        trained.step,
        trained.sha256,
        lambda: calibration.quantizer(trained),
        lambda folder: None,
    )


def _text(run: TextRun) -> Subject:
    evaluation, config = run.config.evaluation, run.train_config
    confidence = evaluation.min_confidence if evaluation.early_halting else None
    tokenizer = run.workdir / own_tokenizer.FILE
    return Subject(
        config.model,
        run.weights,
        manifest.of_text(
            config.model,
            tokenizer.name,
            segments=run.segments,
            min_confidence=confidence,
            languages=run.learned.from_usual,
        ),
        run.step,
        run.sha256,
        lambda: calibration.text_quantizer(run),
        lambda folder: shutil.copy(tokenizer, folder),
    )
