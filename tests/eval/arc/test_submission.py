"""Files for Kaggle: what is written is scored as the votes say, mistakes are named."""

import json

import pytest

from data_pipeline.arc.tasks import Pair, Task
from data_pipeline.schema import UserError
from eval.arc import submission
from eval.arc.scores import pass_at
from eval.arc.voting import Votes
from tests.data_pipeline.arc.made import grid

SHOWN = (Pair(grid("0"), grid("0")),)
TWO = (Pair(grid("0"), grid("12", "34")), Pair(grid("0"), grid("5")))
TASKS = [
    Task("a", SHOWN, TWO, "f"),
    Task("b", SHOWN, (Pair(grid("0"), grid("6")),), "f"),
    Task("c", SHOWN, (Pair(grid("0"), None),), "f"),
]


def some_votes():
    votes = Votes()
    for place, attempts in {
        ("a", 0): ["1", "12/34", "12/34"],
        ("a", 1): ["7", "8", "5", "7", "8"],
        ("b", 0): ["6"],
    }.items():
        for written in attempts:
            votes.add(*place, grid(*written.split("/")), 0.5)
    return votes


def test_the_format_is_that_of_the_competitions(tmp_path):
    path = tmp_path / "submission.json"
    submission.write(path, some_votes(), TASKS)
    assert json.loads(path.read_text()) == {
        "a": [
            {"attempt_1": [[1, 2], [3, 4]], "attempt_2": [[1]]},
            {"attempt_1": [[7]], "attempt_2": [[8]]},
        ],
        "b": [{"attempt_1": [[6]], "attempt_2": [[0]]}],
        "c": [{"attempt_1": [[0]], "attempt_2": [[0]]}],
    }


def test_the_file_scores_as_the_votes_do(tmp_path):
    path = tmp_path / "submission.json"
    submission.write(path, some_votes(), TASKS)
    found = submission.score_file(path, TASKS)
    assert found == pass_at(some_votes(), TASKS, 2)
    assert found.solved == {"a": (True, False), "b": (True,)}
    assert found.without_answer == ("c",)


def test_tasks_that_are_missing_are_named(tmp_path):
    path = tmp_path / "submission.json"
    submission.write(path, some_votes(), TASKS[1:])
    found = submission.score_file(path, TASKS)
    assert found.without_attempt == ("a",)
    assert found.solved == {"a": (False, False), "b": (True,)}


def entry(first, second):
    return [{"attempt_1": first, "attempt_2": second}]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("[]", "holds no object of attempts"),
        ("{", "not sound JSON"),
        ('{"b": [], "b": []}', "'b' stands twice"),
        ({"x": entry([[1]], [[1]])}, "task x: there is no such task"),
        ({"a": entry([[1]], [[1]])}, "task a: give an entry for each test, 2 in all"),
        ({"b": {"attempt_1": [[1]]}}, "task b.*, 1 in all, instead of no list"),
        ({"b": [{"attempt_1": [[1]]}]}, "task b, test 1: there is no attempt_2"),
        ({"b": [[[1]]]}, "task b, test 1: there is no attempt_1"),
        (
            {"b": entry([[1]], [[1], [1, 2]])},
            "b, test 1: attempt_2 is no rectangle",
        ),
        ({"b": entry([[11]], [[1]])}, "b, test 1: attempt_1 holds 11"),
        ({"b": entry([], [[1]])}, "b, test 1: attempt_1 is empty"),
    ],
)
def test_a_spoiled_file_is_named_with_the_attempt(content, complaint, tmp_path):
    path = tmp_path / "x.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(UserError, match=rf"x\.json.*{complaint}"):
        submission.score_file(path, TASKS)


def test_without_answers_there_is_no_score(tmp_path):
    path = tmp_path / "submission.json"
    submission.write(path, some_votes(), TASKS[2:])
    with pytest.raises(UserError, match="answers of its tasks are not known"):
        submission.score_file(path, TASKS[2:])
