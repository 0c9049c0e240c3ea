"""How the watched puzzles are solved, segment by segment: all that pictures need.

A trace holds every cell of every segment. This holds whether a puzzle is solved, and
the cells of a single puzzle, the one that is filmed; small enough for a report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from data_pipeline.schema import IGNORE_LABEL, Batch, UserError
from eval import runner
from eval.filmstrip import Film
from eval.panels import Drawing
from eval.protocol import Grader, Prediction, Trace

_BY_SEGMENT = ("solved", "halt_confidence", "residual")
_CELLS = ("inputs", "labels", "answers")


class Thinking(NamedTuple):
    """Attributes:
    solved: bool `[G B]`, after each of G segments.
    halt_confidence: float32 `[G B]`, that the answer is right.
    residual: float32 `[G B]`, how much the segment changed the state, as a share.
    filmed: which puzzle is filmed.
    inputs, labels: int32 `[S]`, of that one.
    answers: int32 `[G S]`, to that one, after each segment.
    cell_confidence: float32 `[G S]`, in each of them.
    """

    solved: np.ndarray
    halt_confidence: np.ndarray
    residual: np.ndarray
    filmed: int
    inputs: np.ndarray
    labels: np.ndarray
    answers: np.ndarray
    cell_confidence: np.ndarray

    def film(self, drawing: Drawing) -> Film:
        """Of the puzzle that is filmed."""
        return Film(
            drawing,
            self.inputs,
            self.labels,
            self.answers,
            self.cell_confidence,
            self.halt_confidence[:, self.filmed],
        )

    def rows(self) -> list[dict[str, Any]]:
        """For a report, a puzzle each; the one that is filmed says more."""
        count = self.solved.shape[1]
        rows: list[dict[str, Any]] = [
            {name: _plain(getattr(self, name)[:, row]) for name in _BY_SEGMENT}
            for row in range(count)
        ]
        for name in (*_CELLS, "cell_confidence"):
            rows[self.filmed][name] = _plain(getattr(self, name))
        return rows


def of(examples: Batch, trace: Trace, grade: Grader, solved_by: str) -> Thinking:
    """What a trace says.

    Args:
      grade: scores of the task.
      solved_by: the score, among them or "exact_match", that says what is solved.
    """
    solved = []
    for answers, confidence in zip(trace.answers, trace.halt_confidence, strict=True):
        taken = np.full(len(answers), len(solved) + 1, np.int32)
        prediction = Prediction(answers, taken, confidence)
        solved.append(runner.score(examples, prediction, grade)[solved_by])
    solved = np.stack(solved)
    wrong = (trace.answers[-1] != examples.labels) & (examples.labels != IGNORE_LABEL)
    filmed = most_telling(solved, wrong.sum(-1))
    return Thinking(
        solved,
        trace.halt_confidence,
        trace.residual,
        filmed,
        examples.inputs[filmed],
        examples.labels[filmed],
        trace.answers[:, filmed],
        trace.cell_confidence[:, filmed],
    )


def most_telling(solved: np.ndarray, mistakes: np.ndarray) -> int:
    """The puzzle most worth a film.

    Of those solved at the end, the one that took longest; if none is, the one with the
    fewest mistakes left.

    Args:
      solved: bool `[G B]`.
      mistakes: integers `[B]`, at the end.
    """
    if solved[-1].any():
        return int(np.where(solved[-1], (~solved).sum(0), -1).argmax())
    return int(mistakes.argmin())


def from_rows(rows: Sequence[Mapping[str, Any]]) -> Thinking:
    """What `Thinking.rows` gave.

    Raises:
      UserError: a row lacks something, or none is of a puzzle that was filmed.
    """
    try:
        (filmed,) = (number for number, row in enumerate(rows) if "answers" in row)
        solved, halt_confidence, residual = (
            np.array([row[name] for row in rows], kind).T
            for name, kind in zip(_BY_SEGMENT, (bool, *[np.float32] * 2), strict=True)
        )
        cells = {name: np.array(rows[filmed][name], np.int32) for name in _CELLS}
        confidence = np.array(rows[filmed]["cell_confidence"], np.float32)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            "The report does not tell how its puzzles were solved, segment by segment; "
            "run `python main.py evaluate` again."
        ) from error
    return Thinking(
        solved, halt_confidence, residual, filmed, **cells, cell_confidence=confidence
    )


def _plain(values: np.ndarray) -> list:
    """For JSON; of a float32 no more digits than tell it from its neighbours."""
    if values.dtype == np.float32:
        values = values.astype(str).astype(np.float64)
    return values.tolist()
