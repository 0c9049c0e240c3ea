"""Who agrees with whom, in numbers that can be counted by hand."""

import numpy as np
import pytest

from eval.benchmarks.problem import Kind
from hrm_jax.search import features, finalists
from hrm_jax.search.candidate import Finalist
from hrm_jax.search.encoder import Readings
from tests.hrm_jax.search.toys import candidate

PROBES = (
    ("1", "2", "3", "4"),
    ("1", "2", "3", "4"),
    ("1", "2", "9", "4"),
    ("1", "runtime error"),
    None,
)


def drawn(probes=PROBES, votes=(1, 2, 3, 1, 1)):
    return [
        Finalist(candidate(i), some, n)
        for i, (some, n) in enumerate(zip(probes, votes, strict=True))
    ]


def readings(count, width=2):
    rng = np.random.default_rng(0)
    log_probs = -np.arange(1.0, count + 1)
    return Readings(rng.normal(size=(count, width)), log_probs, np.full(count, 10))


def test_agreement_is_counted_over_probes_that_returned():
    part, alike = np.moveaxis(finalists.agreement(drawn()), -1, 0)
    np.testing.assert_allclose(part[0], [1, 1, 0.75, 0.25, 0])
    np.testing.assert_allclose(part, part.T)
    expected = np.eye(5)
    expected[0, 1] = expected[1, 0] = 1
    np.testing.assert_array_equal(alike, expected)


def test_programs_that_end_alike_agree_and_unprobed_ones_with_themselves_alone():
    short = finalists.agreement(drawn([("1", "timeout")] * 2 + [None] * 2, (1,) * 4))
    np.testing.assert_array_equal(short[..., 1], [[1, 1, 0, 0], [1, 1, 0, 0]] + [
        [0, 0, 1, 0],
        [0, 0, 0, 1],
    ])  # fmt: skip
    for silent in (None, ()):
        nobody = finalists.agreement(drawn([silent] * 2, (1, 1)))
        np.testing.assert_array_equal(nobody, np.eye(2)[..., None].repeat(2, -1))


def test_groups_are_weighed_by_votes():
    """Of 8 votes the first two have 3 together, as the third has alone."""
    found = finalists.behaviour(drawn(), -np.arange(5.0))
    votes, groups, largest, mean, below = found.T
    np.testing.assert_allclose(votes, np.array([1, 2, 3, 1, 1]) / 8)
    np.testing.assert_allclose(groups, np.array([3, 3, 3, 1, 1]) / 8)
    np.testing.assert_array_equal(largest, [1, 1, 1, 0, 0])
    np.testing.assert_allclose(mean[0], (1 + 2 + 0.75 * 3 + 0.25) / 8)
    np.testing.assert_allclose(below, -np.arange(5) / 5)


def test_finalists_are_padded_with_nothing():
    some = drawn()
    table = finalists.padded([(some, readings(5)), (some[:2], readings(2))], 6)
    assert table.encodings.shape == (2, 6, 2)
    assert table.features.shape == (2, 6, finalists.KNOWN)
    np.testing.assert_array_equal(table.present.sum(1), [5, 2])
    for array in (table.encodings, table.features, table.agreement):
        assert not array[1, 2:].any()
    assert not table.agreement[1, :, 2:].any()


def test_features_say_what_the_public_tests_said():
    some = [
        candidate(
            kind="passed",
            results=("1", "2"),
            passed=(True, True),
            log_prob=-2.0,
            tokens=10,
        ),
        candidate(kind="runtime error", results=("1",), passed=(True, False)),
        candidate(way="repair", kind="not run", results=(), passed=()),
    ]
    rows = features.known(some, readings(3))
    assert rows.shape == (3, features.KNOWN) and np.abs(rows).max() < 4
    kinds = [kind.value for kind in Kind]
    by_hand = [
        [np.log(3), 1, 1, 1, np.log(11) / 4, -0.1, -0.3, 0],
        [np.log(3), 0.5, 0, 0.5, np.log(11) / 4, -0.2, -0.6, 0],
        [0, 0, 1, 0, np.log(11) / 4, -0.3, -0.9, 1],
    ]
    np.testing.assert_allclose(rows[:, :8], by_hand, rtol=1e-6)
    for row, one in zip(rows, some, strict=True):
        assert np.flatnonzero(row[8:]).tolist() == [kinds.index(one.kind)]


@pytest.mark.parametrize(
    "count, kind", [(0, "not run"), (1, "passed"), (2, "wrong answer"), (3, "crash")]
)
def test_with_fewer_tests_a_program_stands_as_if_there_were_no_others(count, kind):
    whole = candidate(
        kind="runtime error", results=("1", "5"), passed=(True, False, False)
    )
    seen = features.with_tests(whole, count)
    assert seen.passed == whole.passed[:count]
    assert seen.kind == ("runtime error" if kind == "crash" else kind)
