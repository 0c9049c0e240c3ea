"""Scores that only Sudoku has."""

from __future__ import annotations

import numpy as np

from data_pipeline.schema import Batch, BoardShape
from data_pipeline.sudoku import rules
from data_pipeline.sudoku.schema import BLANK
from eval.protocol import Grader, Prediction


def grader(shape: BoardShape) -> Grader:
    """Scores of boards of a shape.

    "blank_accuracy": share of the cells to fill in that are right; the clues, which are
    merely copied, raise "token_accuracy". "valid": the answer fills the board by the
    rules and keeps the clues, whatever the label says. With one solution to each puzzle
    it is the same as "exact_match", which it checks.
    """

    def grade(examples: Batch, prediction: Prediction) -> dict[str, np.ndarray]:
        answers, inputs = prediction.answers, examples.inputs
        blank = inputs == BLANK
        right = (answers == examples.labels) & blank
        blanks = blank.sum(1)
        accuracy = np.full(len(blanks), np.nan)
        np.divide(right.sum(1), blanks, out=accuracy, where=blanks > 0)
        full = (answers > BLANK).all(1) & (blank | (answers == inputs)).all(1)
        return {
            "blank_accuracy": accuracy,
            "valid": full & rules.valid(answers, shape),
        }

    return grade
