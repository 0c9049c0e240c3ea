"""Mazes as text and as tokens are the same mazes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.maze import codec
from data_pipeline.maze.schema import MazeShape
from tests.data_pipeline.maze.mazes import shapes


@given(shapes, st.data())
def test_encoding_and_decoding_are_inverse(shape, data):
    maze = st.text("# SGo", min_size=shape.cells, max_size=shape.cells)
    mazes = data.draw(st.lists(maze, min_size=1, max_size=3))
    tokens = codec.encode(mazes, shape)
    assert tokens.shape == (len(mazes), shape.cells) and tokens.dtype == np.int32
    assert codec.decode(tokens) == mazes


def test_tokens_are_those_of_the_published_data():
    """0 pads, and then the characters come in this order."""
    shape = MazeShape(1, 5)
    np.testing.assert_array_equal(codec.encode(["# SGo"], shape), [[1, 2, 3, 4, 5]])
    assert codec.decode(np.arange(6)[None]) == ["## SGo"]
    assert shape.vocab_size == 6


@pytest.mark.parametrize(
    ("maze", "complaint"),
    [
        ("#" * 5, "has 5 characters instead of 6"),
        ("###  x", "holds 'x' at row 2, column 3, where only '#', ' ', 'S', 'G', 'o'"),
        ("#\u0120    ", "holds '\u0120' at row 1, column 2"),
        ("\0     ", r"holds '\\x00' at row 1, column 1"),
    ],
)
def test_bad_mazes_are_explained(maze, complaint):
    with pytest.raises(ValueError, match=complaint):
        codec.encode(["######", maze], MazeShape(2, 3))
