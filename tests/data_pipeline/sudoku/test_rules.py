"""The rules of Sudoku, against their wording."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.sudoku import rules
from data_pipeline.sudoku.schema import BLANK
from tests.data_pipeline.sudoku.boards import shapes


@given(shapes, st.data())
def test_clashes_are_pairs_of_equal_digits_in_a_unit(shape, data):
    tokens = np.array(
        data.draw(
            st.lists(
                st.integers(0, shape.size + 1),
                min_size=shape.cells,
                max_size=shape.cells,
            )
        )
    )
    expected = np.zeros(shape.cells, bool)
    for unit in shape.units():
        for one, other in itertools.combinations(unit, 2):
            if tokens[one] == tokens[other] > BLANK:
                expected[[one, other]] = True
    clashes = rules.clashes(tokens, shape)
    np.testing.assert_array_equal(clashes, expected)
    assert clashes.any() == (not rules.valid(tokens[None], shape)[0])
