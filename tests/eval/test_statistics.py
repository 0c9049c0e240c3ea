"""Intervals against published ones and against the equation that defines them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.statistics import Rate, calibration_error, rate

# R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics
# in Medicine 17 (1998) 857, table I, method 3 (score without continuity correction).
NEWCOMBE = (
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0000, 0.1611),
    (1, 29, 0.0061, 0.1718),
)


@pytest.mark.parametrize("successes, trials, low, high", NEWCOMBE)
def test_published_intervals(successes, trials, low, high):
    interval = Rate(successes, trials).interval()
    assert interval == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 100_000), st.data())
def test_bounds_are_where_the_score_test_turns(trials, data):
    """Each bound p satisfies (rate - p)^2 = z^2 p (1 - p) / n."""
    measured = Rate(data.draw(st.integers(0, trials)), trials)
    low, high = measured.interval()
    assert 0 <= low <= measured.value <= high <= 1
    assert low < high
    for bound in (low, high):
        deviation = abs(measured.value - bound)
        expected = 1.959963984540054 * math.sqrt(bound * (1 - bound) / trials)
        assert deviation == pytest.approx(expected, rel=1e-6, abs=1e-7)


def test_success_and_failure_mirror_each_other():
    low, high = Rate(3, 50).interval()
    assert Rate(47, 50).interval() == pytest.approx((1 - high, 1 - low))


def test_nothing_is_known_without_trials():
    assert Rate(0, 0).interval() == (0.0, 1.0)


def test_rate_counts_the_true():
    assert rate(np.array([True, False, True])) == Rate(2, 3)


def test_calibration_error_weighs_each_bin_by_its_examples():
    confidence = np.array([0.95, 0.95, 0.95, 0.15], np.float32)
    outcomes = np.array([True, True, False, False])
    # |0.95 - 2/3| in the bin of three, |0.15 - 0| in the bin of one.
    expected = 0.75 * (0.95 - 2 / 3) + 0.25 * 0.15
    assert calibration_error(confidence, outcomes) == pytest.approx(expected, rel=1e-6)


def test_certainty_can_be_perfect_or_perfectly_wrong():
    sure = np.array([1.0, 0.0])
    assert calibration_error(sure, np.array([True, False])) == 0.0
    assert calibration_error(sure, np.array([False, True])) == 1.0
