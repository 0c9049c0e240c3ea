"""Scopes against what their names mean, cell by cell, and what they are good for."""

import numpy as np
import pytest

from data_pipeline.maze import paths
from data_pipeline.maze.generator import generate
from data_pipeline.maze.schema import WALL, MazeShape, start_and_goal
from data_pipeline.schema import BoardShape
from hrm_jax.models import scopes

SHAPES = [BoardShape(2, 3), BoardShape(3, 2), BoardShape(1, 5), BoardShape(3, 3)]
MEANINGS = {
    "row": lambda shape, a, b: a[0] == b[0],
    "column": lambda shape, a, b: a[1] == b[1],
    "box": lambda shape, a, b: (
        a[0] // shape.box_rows == b[0] // shape.box_rows
        and a[1] // shape.box_cols == b[1] // shape.box_cols
    ),
    "all": lambda shape, a, b: True,
    "neighbours": lambda shape, a, b: (
        b in [a] + [(a[0] + y, a[1] + x) for y, x in ((1, 0), (-1, 0), (0, 1), (0, -1))]
    ),
}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("prefix_len", [0, 2])
def test_heads_see_what_their_scopes_say_and_the_prefix(shape, prefix_len):
    cells = [(y, x) for y in range(shape.size) for x in range(shape.size)]
    heads = 2 * len(MEANINGS)
    mask = scopes.attention_mask(tuple(MEANINGS), heads, shape, prefix_len)
    assert mask is not None and len(mask) == heads
    assert mask[:, :prefix_len].all() and mask[:, :, :prefix_len].all()
    for i, means in enumerate(MEANINGS.values()):
        expected = np.array([[means(shape, a, b) for b in cells] for a in cells])
        for head in (2 * i, 2 * i + 1):
            seen = mask[head, prefix_len:, prefix_len:]
            np.testing.assert_array_equal(seen, expected)


def test_no_scopes_need_no_mask():
    assert scopes.attention_mask((), 4, BoardShape(2, 2), 1) is None


def test_neighbours_carry_a_flood_as_far_as_the_shortest_path():
    """One look at the neighbours is one step in a maze: no shorter, no longer."""
    maze = MazeShape(6, 6)
    puzzles = generate(maze, 20, 8, (0.3, 0.5), seed=0)
    mask = scopes.attention_mask(("neighbours",), 1, BoardShape(2, 3), 0)
    assert mask is not None
    start, goal = start_and_goal(puzzles.inputs)
    for inputs, here, there, length in zip(
        puzzles.inputs, start, goal, paths.lengths(puzzles.inputs, maze), strict=True
    ):
        wet = np.arange(maze.cells) == here
        for _ in range(length - 2):
            wet = (mask[0] & wet).any(1) & (inputs > WALL)
        assert not wet[there]
        assert (mask[0] & wet).any(1)[there]
