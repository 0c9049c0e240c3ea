"""pass@k against counting all draws."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.benchmarks import pass_at_k


@given(st.integers(1, 9).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_is_the_share_of_draws_with_a_pass(counts):
    samples, passed = counts
    outcomes = [True] * passed + [False] * (samples - passed)
    for k in range(1, samples + 1):
        draws = list(itertools.combinations(outcomes, k))
        share = sum(map(any, draws)) / len(draws)
        found = pass_at_k.of_problem(samples, passed, k)
        assert found == pytest.approx(share, abs=1e-12)


@pytest.mark.parametrize(
    "samples, passed, k", [(3, 1, 4), (3, 4, 1), (3, -1, 1), (3, 1, 0)]
)
def test_undefined_is_an_error(samples, passed, k):
    with pytest.raises(ValueError, match="not defined"):
        pass_at_k.of_problem(samples, passed, k)


def test_many_samples_stay_exact():
    # 1 - C(199 990, 100) / C(200 000, 100), with Python's whole numbers.
    import math

    exact = 1 - math.comb(1990, 100) / math.comb(2000, 100)
    assert pass_at_k.of_problem(2000, 10, 100) == pytest.approx(exact, rel=1e-12)


def test_problems_count_alike_and_the_interval_holds_the_mean():
    found = pass_at_k.over_problems([(2, 2), (4, 1), (10, 0)], 1)
    assert found.value == pytest.approx((1 + 0.25 + 0) / 3)
    assert found.low <= found.value <= found.high
    assert found.problems == 3


def test_too_few_samples_give_nothing():
    assert pass_at_k.over_problems([(10, 2), (4, 1)], 5) is None
    assert pass_at_k.over_problems([], 1) is None


def test_all_passed_still_has_an_interval():
    found = pass_at_k.over_problems([(1, 1)] * 20, 1)
    assert found.value == found.high == 1 and 0.8 < found.low < 0.9
