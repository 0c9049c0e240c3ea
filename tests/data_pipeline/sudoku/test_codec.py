"""Boards as text and as tokens are the same boards."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.schema import BoardShape
from data_pipeline.sudoku import codec
from tests.data_pipeline.sudoku.boards import shapes

NINE = BoardShape(3, 3)


@given(shapes, st.data())
def test_encoding_and_decoding_are_inverse(shape, data):
    characters = "." + codec.DIGITS[: shape.size]
    board = st.text(characters, min_size=shape.cells, max_size=shape.cells)
    boards = data.draw(st.lists(board, min_size=1, max_size=3))
    tokens = codec.encode(boards, shape)
    assert tokens.shape == (len(boards), shape.cells) and tokens.dtype == np.int32
    assert codec.decode(tokens, shape) == boards


def test_tokens_are_those_of_the_published_data():
    """0 pads, 1 is a blank, d + 1 is the digit d."""
    tokens = codec.encode(["." + "0" + "123456789" + "." * 70], NINE)[0]
    np.testing.assert_array_equal(tokens[:11], [1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    assert codec.decode(np.zeros((1, 81), int), NINE) == ["." * 81]


@pytest.mark.parametrize(
    ("board", "complaint"),
    [
        ("1" * 80, "has 80 characters instead of 81"),
        ("." * 10 + "x" + "." * 70, "holds 'x' at row 2, column 2, where only 1 to 9"),
        ("." * 80 + "\u00b2", "holds '\u00b2' at row 9, column 9"),
        ("." * 80 + "A", "holds 'A' at row 9, column 9"),
    ],
)
def test_bad_boards_are_explained(board, complaint):
    with pytest.raises(ValueError, match=complaint):
        codec.encode(["." * 81, board], NINE)
