"""Intervals against published ones and against the equation that defines them."""

import fractions
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.statistics import (
    Paired,
    Rate,
    calibration_error,
    change_text,
    interval_text,
    paired,
    rate,
)

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


def test_the_paired_test_by_hand():
    """Only 1 and 7 of 8: 2 (1 + 8) / 256. Nothing differs, or as often each way: 1."""
    assert Paired(90, 1, 7, 2).p_value() == pytest.approx(18 / 256, rel=1e-12)
    assert Paired(90, 7, 1, 2).p_value() == pytest.approx(18 / 256, rel=1e-12)
    assert Paired(0, 0, 5, 0).p_value() == pytest.approx(2 / 32, rel=1e-12)
    for equal in (Paired(50, 0, 0, 50), Paired(0, 6, 6, 0)):
        assert equal.p_value() == 1.0


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 9), st.integers(0, 9))
def test_the_paired_test_is_the_exact_sum(first, second, both, neither):
    total = first + second
    tail = sum(math.comb(total, k) for k in range(min(first, second) + 1))
    exact = min(fractions.Fraction(1), fractions.Fraction(2 * tail, 2**total))
    found = Paired(both, first, second, neither).p_value()
    assert found == pytest.approx(float(exact), rel=1e-9)


def test_the_paired_test_bears_a_whole_test_set():
    assert Paired(0, 200_000, 201_000, 0).p_value() == pytest.approx(0.1148, abs=1e-3)
    assert Paired(0, 100_000, 300_000, 0).p_value() == 0.0


def test_the_paired_test_is_not_alarmed_by_chance():
    """Two equal models, a thousand times: p < 0.05 at most in one of twenty."""
    rng = np.random.default_rng(0)
    alarms = 0
    for _ in range(1000):
        outcomes = rng.random((2, 200)) < 0.7
        alarms += paired(*outcomes).p_value() < 0.05
    # An exact test is on the safe side; four standard errors above.
    assert 10 < alarms < 50 + 4 * math.sqrt(1000 * 0.05 * 0.95)


def test_pairs_are_counted():
    first = np.array([True, True, False, False, True])
    second = np.array([True, False, True, False, False])
    assert paired(first, second) == Paired(1, 2, 1, 1)


def test_groups_are_counted_by_who_succeeds_more_often():
    first = np.array([True, True, False, False, True, False, False])
    second = np.array([True, False, True, False, False, False, True])
    # a: 2 to 1, b: 0 to 1, c: 1 to 0, d: 0 to 0; e: 0 to 1.
    assert paired(first, second, [*"aabdcde"]) == Paired(0, 2, 2, 1)
    assert paired(first, second, [*"xxxxxxx"]) == Paired(1, 0, 0, 0)


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


def test_intervals_are_told_in_percent():
    assert interval_text((0.05, 0.1234)) == "5.0% - 12.3%"
    assert change_text((-0.005, 0.09)) == "-0.5% to +9.0%"
    assert change_text(None) == "-"
