"""Puzzles that a run is watched at before its matrices are rounded."""

from __future__ import annotations

from commands.text_run import TextRun
from commands.trained import Trained
from data_pipeline import batches, loader
from hrm_jax.export.quantizer import Quantizer

_PUZZLES = 200


def quantizer(trained: Trained) -> Quantizer:
    """Watches a run think about validation puzzles, or training puzzles without."""
    return Quantizer(
        trained.train_config.model,
        trained.weights,
        batches.split(trained.known(_PUZZLES), trained.evaluation.batch_size),
        trained.evaluation.max_segments,
        trained.evaluation.seed,
    )


def text_quantizer(run: TextRun) -> Quantizer:
    """As `quantizer`, of a run of text: by rows that it reads along."""
    rows = loader.read_known(run.dataset, _PUZZLES)
    return Quantizer(
        run.train_config.model,
        run.weights,
        batches.split(rows, run.config.evaluation.batch_size),
        run.segments,
        seed=0,
    )
