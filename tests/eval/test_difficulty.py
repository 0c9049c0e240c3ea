"""Bins of difficulty against counts made one example at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.difficulty import by_difficulty
from eval.statistics import Rate


@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.booleans(), st.integers(1, 9)), min_size=1
    ),
    st.integers(1, 8),
)
def test_every_example_is_in_one_bin(rows, bins):
    hard, solved, segments = (np.array(column) for column in zip(*rows, strict=True))
    found = by_difficulty(hard, solved, segments, bins)
    assert 1 <= len(found) <= bins
    assert sum(one.solved.trials for one in found) == len(rows)
    assert all(a.high < b.low for a, b in zip(found, found[1:], strict=False))
    for one in found:
        inside = [row for row in rows if one.low <= row[0] <= one.high]
        assert one.solved == Rate(sum(row[1] for row in inside), len(inside))
        mean = sum(row[2] for row in inside) / len(inside)
        assert one.mean_segments == pytest.approx(mean)
        assert {one.low, one.high} <= {row[0] for row in inside}


def test_bins_are_equal_where_nothing_is_tied():
    hard = np.random.default_rng(0).permutation(1000)
    found = by_difficulty(hard, hard < 500, hard)
    assert all(195 <= one.solved.trials <= 205 for one in found) and len(found) == 5
    assert [one.solved.value for one in found][:2] == [1.0, 1.0]


def test_what_most_have_in_common_leaves_bins_for_the_others():
    """Most puzzles of the generator need no guess at all."""
    hard = np.array([0] * 90 + list(range(1, 11)))
    found = by_difficulty(hard, hard > 0, hard)
    assert [(one.low, one.high) for one in found] == [
        *[(0, 0), (1, 3), (4, 6)],
        *[(7, 8), (9, 10)],
    ]
    assert found[0].solved == Rate(0, 90)
