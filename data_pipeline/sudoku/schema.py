"""The words of Sudoku: the tokens of its cells."""

from __future__ import annotations

from data_pipeline.schema import BoardShape

BLANK = 1
"""Token of an empty cell; 0 pads, d + 1 is the digit d."""


def vocab_size(shape: BoardShape) -> int:
    """Tokens there are: the digits, the blank and the padding."""
    return shape.size + 2
