"""Scores of attempts: by task, by test, with what could not be scored named."""

import json

import numpy as np
import pytest

from data_pipeline.arc.tasks import Pair, Task
from eval.arc.scores import pass_at, score, summary
from eval.arc.voting import Votes
from eval.statistics import Rate
from tests.data_pipeline.arc.made import grid

SHOWN = (Pair(grid("0"), grid("0")),)


def task(name, *answers):
    tests = tuple(Pair(grid("0"), answer and grid(answer)) for answer in answers)
    return Task(name, SHOWN, tests, "made.json")


TASKS = [task("a", "1"), task("b", "2", "3"), task("c", "4"), task("d", None)]


def test_a_task_counts_once_however_many_tests_it_has():
    def attempts(name, test):
        return [grid("9"), grid("123"[test + (name == "b")])]

    found = score(attempts, TASKS)
    assert found.solved == {"a": (True,), "b": (True, True), "c": (False,)}
    assert found.tasks() == pytest.approx(2 / 3)
    assert (found.tests().successes, found.tests().trials) == (3, 4)
    assert (found.whole_tasks().successes, found.whole_tasks().trials) == (2, 3)
    assert found.without_answer == ("d",) and found.without_attempt == ()


def test_a_part_of_a_task_is_a_part():
    found = score(lambda name, test: [grid("2")], TASKS)
    assert found.shares().tolist() == [0, 0.5, 0]
    assert found.tasks() == pytest.approx(1 / 6)
    assert found.whole_tasks().successes == 0
    low, high = found.interval()
    assert low == 0 and 1 / 6 < high <= 0.5


def test_nothing_solved_is_no_certainty():
    found = score(lambda name, test: [grid("9")], TASKS)
    assert found.tasks() == 0 and found.interval() == Rate(0, 3).interval()


def test_what_was_not_tried_is_named_and_not_solved():
    found = score(lambda name, test: [grid("123"[test])] * (name != "b"), TASKS)
    assert found.without_attempt == ("b",)
    assert found.solved["a"] == (True,) and found.solved["b"] == (False, False)


def test_no_answers_no_score():
    with pytest.raises(ValueError, match="answer of no task"):
        score(lambda name, test: [], TASKS[3:])


def test_pass_at_k_takes_the_k_best():
    votes = Votes()
    for place, colour in enumerate("5612"):
        for _ in range(4 - place):
            votes.add("a", 0, grid(colour), 0.5)
    passed = [pass_at(votes, TASKS[:1], k).tasks() for k in (1, 2, 3, 4, 100)]
    assert passed == [0, 0, 1, 1, 1]


def test_another_shape_is_wrong():
    votes = Votes()
    votes.add("a", 0, np.array([[1, 1]], np.uint8), 0.5)
    assert pass_at(votes, TASKS[:1], 1).tasks() == 0


def test_the_summary_says_all_in_json():
    votes = Votes()
    for colour in "7814":
        votes.add("a", 0, grid(colour), 0.5)
    votes.add("c", 0, grid("4"), 0.5)
    found = json.loads(json.dumps(summary(votes, TASKS)))
    assert found["metrics"] == {
        "pass@1": pytest.approx(1 / 3),
        "pass@2": pytest.approx(1 / 3),
        "pass@10": pytest.approx(2 / 3),
        "pass@100": pytest.approx(2 / 3),
    }
    assert found["solved"]["pass@1"] == ["c"]
    assert found["solved"]["pass@10"] == ["a", "c"]
    assert found["shares"]["pass@1"] == {"a": 0, "b": 0, "c": 1}
    assert found["tests"]["pass@10"] == [2, 4]
    assert found["without_attempt"] == ["b"] and found["without_answer"] == ["d"]
    assert (found["tasks_scored"], found["predictions"]) == (3, 5)
