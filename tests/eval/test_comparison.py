"""Two reports side by side: whose puzzles, which scores, what differs."""

import copy

import numpy as np
import pytest

from data_pipeline.schema import UserError
from eval.bootstrap import mean_interval
from eval.comparison import by_task, compare
from eval.statistics import Paired, Rate

NAMES = ("a.json", "b.json")


def made(solved: list[bool], shares: list[float | None]) -> dict:
    rows = [
        {
            "puzzle_id": 0,
            "inputs": [number, 1],
            "labels": [number, 2],
            "answer": [0, 0],
            "exact_match": right,
            "token_accuracy": share,
            "rating": number,
        }
        for number, (right, share) in enumerate(zip(solved, shares, strict=True))
    ]
    metrics = {"exact_match": 0.0, "token_accuracy": 0.0, "mean_segments": 1.0}
    return {"metrics": metrics, "predictions": rows}


def test_scores_alone_are_compared_on_the_same_puzzles_in_any_order():
    first = made([True, True, False, False, True], [1.0, 1.0, 0.5, None, 1.0])
    second = made([True, False, True, False, False], [1.0, 0.0, 1.0, 0.5, 0.5])
    expected = compare(first, second, NAMES)
    assert expected.examples == 5
    assert expected.solved == Paired(1, 2, 1, 1)
    assert (expected.only_first, expected.only_second) == ([1, 4], [2])
    assert list(expected.differences) == ["exact_match", "token_accuracy"]
    exact = expected.differences["exact_match"]
    assert (exact.first, exact.second) == (0.6, 0.4)
    assert exact.first_interval == Rate(3, 5).interval()
    low, high = exact.interval
    assert low < -0.2 < high
    tokens = expected.differences["token_accuracy"]  # of four, which both have
    assert (tokens.first, tokens.second) == (3.5 / 4, 2.5 / 4)

    assert [found.examples for found in expected.differences.values()] == [5, 4]

    shuffled = copy.deepcopy(second)
    order = np.random.default_rng(1).permutation(5)
    shuffled["predictions"] = [shuffled["predictions"][i] for i in order]
    assert compare(first, shuffled, NAMES) == expected


def test_a_report_beside_itself_differs_in_nothing():
    one = made([True, False, True], [1.0, 0.5, 1.0])
    found = compare(one, one, NAMES)
    assert found.solved == Paired(2, 0, 0, 1)
    assert found.differences["exact_match"].interval is None


def test_scores_that_are_all_alike_are_not_certain():
    found = compare(made([True] * 4, [1.0] * 4), made([False] * 4, [0.0] * 4), NAMES)
    for one in found.differences.values():
        assert one.first_interval == Rate(4, 4).interval()
        assert one.second_interval == Rate(0, 4).interval()
        assert (one.first, one.second, one.interval) == (1, 0, None)


def test_a_puzzle_is_the_same_under_another_id():
    """An id is a row of one run's table: it moves with the augmentations."""
    first = made([True, True, False], [1.0, 1.0, 0.5])
    second = copy.deepcopy(first)
    for number, row in enumerate(second["predictions"]):
        row["puzzle_id"] = 7 * number + 1
    assert compare(first, second, NAMES).solved == Paired(2, 0, 0, 1)


def test_exams_are_compared_task_by_task():
    first = {"pass@1": {"a": 0.0, "b": 0.5, "c": 1.0, "d": 1.0}, "pass@2": {"a": 1.0}}
    second = {"pass@1": {"x": 1.0, "c": 1.0, "b": 1.0, "a": 0.0}, "pass@3": {}}
    found = by_task(first, second)
    assert list(found) == ["pass@1", "pass@2"]
    one = found["pass@1"]
    assert (one.examples, one.first, one.second) == (3, 0.5, pytest.approx(2 / 3))
    assert one.interval == mean_interval(np.array([0, 0.5, 0]))
    assert found["pass@2"].examples == 0 and np.isnan(found["pass@2"].first)


def test_the_interval_of_a_difference_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(60):
        one, other = rng.random(300) < 0.5, rng.random(300) < 0.6
        first, second = (made(list(map(bool, x)), [1.0] * 300) for x in (one, other))
        low, high = compare(first, second, NAMES).differences["exact_match"].interval
        held += low <= 0.1 <= high
    assert held >= 52  # 57 expected, three standard errors of 60 trials below


def test_other_puzzles_are_named():
    first = made([True] * 6, [1.0] * 6)
    fewer = made([True] * 2, [1.0] * 2)
    message = "4 of a.json .number 3, 4, 5, .... are not in b.json; evaluate both"
    with pytest.raises(UserError, match=message):
        compare(first, fewer, NAMES)
    with pytest.raises(
        UserError, match="4 of b.json .number 3, 4, 5, .... are not in a"
    ):
        compare(fewer, first, NAMES)
    relabelled = copy.deepcopy(first)
    relabelled["predictions"][4]["labels"] = [9, 9]
    with pytest.raises(UserError, match="1 of a.json .number 5. are not in b.json"):
        compare(first, relabelled, NAMES)


def test_a_puzzle_that_comes_twice_is_counted_twice():
    twice = made([True, False], [1.0, 0.5])
    twice["predictions"][1]["inputs"] = twice["predictions"][0]["inputs"]
    twice["predictions"][1]["labels"] = twice["predictions"][0]["labels"]
    assert compare(twice, twice, NAMES).solved == Paired(1, 0, 0, 1)
    once = made([True], [1.0])
    with pytest.raises(UserError, match="1 of a.json .number 2. are not in b.json"):
        compare(twice, once, NAMES)
