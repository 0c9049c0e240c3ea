"""Which cells of a board each attention head sees: the structure of a task, as a mask.

A Sudoku is made of rows, columns and boxes. A way through a maze goes from a cell to
one of the four beside it, never across a corner: these and the cell are neighbours.
"""

from __future__ import annotations

import numpy as np

from data_pipeline.schema import BoardShape, UserError


def attention_mask(
    scopes: tuple[str, ...], num_heads: int, shape: BoardShape, prefix_len: int
) -> np.ndarray | None:
    """Returns bool `[N T T]` (head, query, key), or None when every head sees all.

    Prefix tokens see and are seen by everyone.

    Raises:
      UserError: a scope is unknown, or `num_heads` is not a multiple of their number.
    """
    if not scopes:
        return None
    cells = _cell_masks(shape)
    unknown = sorted(set(scopes) - set(cells))
    if unknown:
        raise UserError(
            f"model.attention_scopes holds {unknown[0]!r}, but it may hold only "
            f"{', '.join(cells)}."
        )
    if num_heads % len(scopes):
        raise UserError(
            f"model.num_heads is {num_heads}, but it must be a multiple of the "
            f"{len(scopes)} attention_scopes."
        )
    length = prefix_len + shape.cells
    mask = np.ones((num_heads, length, length), bool)
    share = num_heads // len(scopes)
    for i, scope in enumerate(scopes):
        mask[i * share : (i + 1) * share, prefix_len:, prefix_len:] = cells[scope]
    return mask


def _cell_masks(shape: BoardShape) -> dict[str, np.ndarray]:
    """Per scope, bool `[cells cells]`: does a cell see another?"""
    row, column, box = shape.groups()
    groups = {"row": row, "column": column, "box": box, "all": np.zeros_like(row)}
    masks = {name: group[:, None] == group[None, :] for name, group in groups.items()}
    steps = np.abs(row[:, None] - row) + np.abs(column[:, None] - column)
    return masks | {"neighbours": steps <= 1}
