"""How much of a model is left of it once it is quantised, puzzle by puzzle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from data_pipeline.progress import OnProgress, silent
from data_pipeline.schema import IGNORE_LABEL, Batch
from eval import statistics
from eval.statistics import Paired, Rate
from hrm_jax.export import trajectory
from hrm_jax.export.trajectory import Follow, Trajectory
from hrm_jax.halting import HaltingConfig
from hrm_jax.predictor import Weights
from hrm_jax.types import Variables


class Fidelity(NamedTuple):
    """Of one variant, on n puzzles.

    Attributes:
      solved: bool `[n]`, after all segments.
      halted_solved: bool `[n]`, once it has stopped by itself.
      same: bool `[n]`, the answer after all segments is that of the reference.
      tokens_right: float `[n]`, share of the labelled tokens after all segments.
      segments: int `[n]`, until it stops by itself.
      cosine: float `[G]`, between its carry and the reference's, on average.
    """

    solved: np.ndarray
    halted_solved: np.ndarray
    same: np.ndarray
    tokens_right: np.ndarray
    segments: np.ndarray
    cosine: np.ndarray

    def summary(self, reference: Fidelity) -> dict[str, Any]:
        """For people and programs: rates, and what they are beside the reference's.

        "shift" is in segments, of the puzzles that both solve.
        """
        paired = statistics.paired(reference.solved, self.solved)
        both = reference.halted_solved & self.halted_solved
        shift = (self.segments - reference.segments)[both]
        return {
            "puzzles": len(self.solved),
            "exact_match": _rate(self.solved),
            "exact_match_until_halted": _rate(self.halted_solved),
            "points_over_float": 100 * _difference(paired),
            "only_float_solves": paired.only_first,
            "only_this_solves": paired.only_second,
            "p_value": paired.p_value(),
            "same_answer": float(self.same.mean()),
            "token_accuracy": float(self.tokens_right.mean()),
            "segments": float(self.segments.mean()),
            "shift": float(shift.mean()) if len(shift) else 0.0,
            "carry_cosine": [float(one) for one in self.cosine],
        }


def measure(
    follow: Follow,
    halting: HaltingConfig,
    reference: Weights,
    variants: Mapping[str, Variables],
    batches: Sequence[Batch],
    progress: OnProgress = silent,
) -> dict[str, Fidelity]:
    """Follows the reference and all variants through the same puzzles.

    Args:
      reference: the model in float.
      variants: what became of its variables, by name.
      batches: labelled puzzles, as many in each but perhaps the last.
      progress: called with how many batches are done, and of how many.

    Returns:
      By name, the reference first, as "float".
    """
    parts: dict[str, list[Fidelity]] = {name: [] for name in ("float", *variants)}
    for done, batch in enumerate(batches, 1):
        true = follow(reference, batch)
        parts["float"].append(_fidelity(true, true, batch, halting))
        for name, variables in variants.items():
            found = follow(reference._replace(variables=variables), batch)
            parts[name].append(_fidelity(found, true, batch, halting))
        progress(done, len(batches))
    sizes = [len(batch.inputs) for batch in batches]
    return {name: _joined(found, sizes) for name, found in parts.items()}


def _fidelity(
    found: Trajectory, true: Trajectory, batch: Batch, halting: HaltingConfig
) -> Fidelity:
    answers = np.asarray(found.answers)
    labelled = batch.labels != IGNORE_LABEL
    right = (answers == batch.labels[None]) | ~labelled[None]
    solved = right.all(-1)
    segments = trajectory.halting_segments(found, halting)
    places = np.arange(len(batch.inputs))
    return Fidelity(
        solved=solved[-1],
        halted_solved=solved[segments - 1, places],
        same=(answers[-1] == np.asarray(true.answers)[-1]).all(-1),
        tokens_right=(right[-1] & labelled).sum(-1) / labelled.sum(-1),
        segments=segments,
        cosine=trajectory.cosines(found, true).mean(-1),
    )


def _joined(parts: Sequence[Fidelity], sizes: Sequence[int]) -> Fidelity:
    *by_puzzle, cosine = zip(*parts, strict=True)
    cosine = np.average(np.stack(cosine), axis=0, weights=sizes)
    return Fidelity(*map(np.concatenate, by_puzzle), cosine=cosine)


def _rate(outcomes: np.ndarray) -> dict[str, Any]:
    rate: Rate = statistics.rate(outcomes)
    return {"value": rate.value, "interval": rate.interval()}


def _difference(paired: Paired) -> float:
    return (paired.only_second - paired.only_first) / sum(paired)
