"""Puzzles that a run is watched at before its matrices are rounded."""

from __future__ import annotations

from commands.text_run import TextRun
from commands.trained import Trained
from data_pipeline.batches import stack
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


def text_quantizer(run: TextRun) -> Quantizer:
    """As `quantizer`, of a run of text: by rows that it reads along."""
    source = run.dataset.known
    size = run.config.evaluation.batch_size
    rows = [source[place] for place in range(min(_PUZZLES, len(source)))]
    return Quantizer(
        run.train_config.model,
        run.weights,
        [stack(rows[start : start + size]) for start in range(0, len(rows), size)],
        run.segments,
        seed=0,
    )


def batches(examples: Batch, size: int) -> list[Batch]:
    """Whole ones, and what is left as the last."""
    fields = examples.inputs, examples.labels, examples.puzzle_ids
    return [
        Batch(*(field[start : start + size] for field in fields))
        for start in range(0, len(examples.inputs), size)
    ]
