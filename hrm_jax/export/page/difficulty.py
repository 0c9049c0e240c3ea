"""What puzzles a page makes: such as the model was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_CLUES = 0.35
"""Share of a board, at most: 28 of 81 clues, of which 95 % of the training puzzles of
Sudoku-Extreme have no more."""


def difficulty(kind: str, data: Mapping[str, Any]) -> dict[str, int | float]:
    """The arguments of the page's generator.

    Args:
      kind: of the task, "sudoku" or "maze".
      data: the group of the config that the model was trained by.
    """
    if kind == "maze":
        # Those of Maze-Hard are like the generated ones of the same fields.
        return {name: data[name] for name in ("min_path", "min_walls", "max_walls")}
    if data["dataset"] == "generated":
        return {name: data[name] for name in ("min_blanks", "max_blanks")}
    cells = (data["box_rows"] * data["box_cols"]) ** 2
    return {"min_blanks": cells - round(_CLUES * cells), "max_blanks": cells}
