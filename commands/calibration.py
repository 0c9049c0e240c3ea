"""Puzzles that a run is watched at before its matrices are rounded."""

from __future__ import annotations

from commands.trained import Trained
from data_pipeline.schema import Batch
from hrm_jax.export.quantizer import Quantizer

_PUZZLES = 200


def quantizer(trained: Trained) -> Quantizer:
    """Watches a run think about validation puzzles, or training puzzles without."""
    return Quantizer(
        trained.train_config.model,
        trained.weights,
        batches(trained.known(_PUZZLES), trained.evaluation.batch_size),
        trained.evaluation.max_segments,
        trained.evaluation.seed,
    )


def batches(examples: Batch, size: int) -> list[Batch]:
    """Whole ones, and what is left as the last."""
    fields = examples.inputs, examples.labels, examples.puzzle_ids
    return [
        Batch(*(field[start : start + size] for field in fields))
        for start in range(0, len(examples.inputs), size)
    ]
