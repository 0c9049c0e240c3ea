"""The bootstrap interval, where another one is known."""

import numpy as np
import pytest

from eval.bootstrap import change_interval, mean_interval, share_interval
from eval.statistics import Rate, wilson


def test_it_is_the_normal_one_for_many_values():
    values = np.random.default_rng(0).normal(3, 2, 2000)
    low, high = mean_interval(values)
    half = 1.96 * values.std() / 2000**0.5
    assert low == pytest.approx(values.mean() - half, abs=half / 10)
    assert high == pytest.approx(values.mean() + half, abs=half / 10)


def test_it_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        low, high = mean_interval(rng.random(60), coverage=0.9, draws=400)
        held += low <= 0.5 <= high
    # Three standard errors of 400 trials.
    assert abs(held / 400 - 0.9) < 0.045


def test_values_of_a_group_count_as_one():
    """The same six times over says no more; by themselves they would seem to."""
    values = np.random.default_rng(0).random(40)
    groups = [f"task {number // 6}" for number in range(240)]
    repeated = np.repeat(values, 6)
    assert mean_interval(repeated, groups) == pytest.approx(mean_interval(values))
    low, high = mean_interval(values)
    narrow = mean_interval(repeated)
    assert (narrow[1] - narrow[0]) * 6**0.5 == pytest.approx(high - low, rel=0.05)


def test_groups_of_unequal_size_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(200), 1 + np.arange(200) % 4)
    held = 0
    for _ in range(400):
        values = rng.random(200)[groups] + rng.random(len(groups))
        low, high = mean_interval(values, groups, coverage=0.9, draws=400)
        held += low <= 1 <= high
    # Three standard errors of 400 trials.
    assert abs(held / 400 - 0.9) < 0.045


def test_it_depends_on_the_seed_alone_and_needs_values():
    values = np.array([0.0, 1.0, 1.0])
    assert mean_interval(values) == mean_interval(values)
    assert mean_interval(np.ones(5)) == (1.0, 1.0)
    with pytest.raises(ValueError, match="no values"):
        mean_interval(np.array([]))


def test_many_equal_values_cost_no_more_than_few():
    """Half a million yes or no: the interval is the normal one."""
    values = np.arange(500_000) % 4 == 0
    low, high = mean_interval(values)
    half = 1.96 * (0.25 * 0.75 / 500_000) ** 0.5
    assert (low, high) == pytest.approx((0.25 - half, 0.25 + half), abs=half / 10)


def test_a_change_that_is_the_same_everywhere_has_no_interval():
    change = np.array([0.0, 1.0, -1.0, 1.0])
    assert change_interval(change, [*"aabb"]) == mean_interval(change, [*"aabb"])
    for same in (np.zeros(60), np.ones(3)):
        assert change_interval(same) is None
    with pytest.raises(ValueError, match="no values"):
        change_interval(np.array([]))


def test_groups_that_are_alike_are_not_certain_whatever_is_in_them():
    """Each has the same mean, and none drawn again tells of another."""
    for shares, groups in (
        ([1, 0, 1, 0], "aabb"),
        ([1, 0, 0, 1, 0, 0], "aaaaaa"),  # a single task
        ([1, 0, 1, 0, 1, 0], "aabbbb"),
        ([1 / 3] * 9, "abbbbbbbb"),
    ):
        found = np.array(shares, float)
        low, high = share_interval(found, [*groups])
        assert (low, high) == wilson(float(found.mean()), len(set(groups)))
        assert low < found.mean() < high
        assert change_interval(found, [*groups]) is None
    # A problem of which one of four samples passed.
    assert share_interval(np.array([0.25])) == wilson(0.25, 1)


def test_shares_that_are_all_nothing_or_all_one_are_not_certain():
    for solved in (0, 4):
        shares = np.full(4, solved / 4)
        assert share_interval(shares) == Rate(solved, 4).interval()
    assert share_interval(np.ones(4), [*"aabb"]) == Rate(2, 2).interval()
    low, high = share_interval(np.array([0.0, 0.5, 0.0, 1.0]))
    assert (low, high) == mean_interval(np.array([0.0, 0.5, 0.0, 1.0]))
    with pytest.raises(ValueError, match="no values"):
        share_interval(np.array([]))
