"""Grids on a canvas: what is written is read again, and nonsense is cropped."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from data_pipeline.arc import codec
from tests.data_pipeline.arc.made import grid, grids


@settings(deadline=None)
@given(st.data(), grids)
def test_what_is_encoded_is_decoded_wherever_it_lies(data, grid):
    size = data.draw(st.integers(max(grid.shape), 30))
    row, column = (data.draw(st.integers(0, size - side)) for side in grid.shape)
    tokens = codec.encode(grid, size, row, column)
    assert tokens.dtype == np.int32 and tokens.shape == (size * size,)
    assert tokens.min() >= 0 and tokens.max() < codec.VOCAB_SIZE
    decoded = codec.decode(tokens, row, column)
    assert decoded.dtype == np.uint8
    np.testing.assert_array_equal(decoded, grid)


def test_tokens_are_the_published_ones():
    """Below the grid and to its right EOS, the corner between them padding."""
    tokens = codec.encode(grid("09", "12", "34"), 5, row=1, column=1)
    assert tokens.reshape(5, 5).tolist() == [
        [0, 0, 0, 0, 0],
        [0, 2, 11, 1, 0],
        [0, 3, 4, 1, 0],
        [0, 5, 6, 1, 0],
        [0, 1, 1, 0, 0],
    ]
    filled = codec.encode(grid("00", "00"), 2)
    assert filled.tolist() == [2, 2, 2, 2]


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="more than the canvas"):
        codec.encode(grid("00", "00"), 2, row=1)


def largest_rectangle(canvas):
    """(area, rows, columns), tried one after the other."""
    best = (0, 0, 0)
    for rows in range(1, len(canvas) + 1):
        for columns in range(1, len(canvas) + 1):
            part = canvas[:rows, :columns]
            if ((part >= 2) & (part < 12)).all() and part.size > best[0]:
                best = (part.size, rows, columns)
    return best


@settings(deadline=None)
@given(
    arrays(
        np.int32,
        (5, 5),
        elements=st.sampled_from([2, 3, 4, 5, 6, 11, 11, 11, 0, 1, 12, -1]),
        fill=st.nothing(),
    )
)
def test_any_answer_is_cropped_to_its_largest_rectangle_of_colours(canvas):
    _, rows, columns = largest_rectangle(canvas)
    decoded = codec.decode(canvas.reshape(-1))
    assert decoded.shape == (rows, columns)
    np.testing.assert_array_equal(decoded, canvas[:rows, :columns] - 2)
