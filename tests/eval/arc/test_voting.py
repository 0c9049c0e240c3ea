"""Votes: counted over augmentations, ranked by count and then by confidence."""

import numpy as np
import pytest

from data_pipeline.arc.puzzle_table import PuzzleTable
from data_pipeline.arc.queries import Queries
from data_pipeline.arc.task_set import TaskSet
from data_pipeline.arc.tasks import Pair
from eval.arc.scores import pass_at
from eval.arc.voting import Votes, vote
from tests.data_pipeline.arc.made import grid, owner, real_sets, some_tasks
from tests.eval.arc.oracles import oracle, scrambled


def voted(predictor, queries, batch_size):
    votes = Votes()
    vote(predictor, queries, batch_size, lambda done, total: None, votes)
    return votes


def test_more_votes_come_first_then_higher_mean_confidence_then_the_earlier():
    votes = Votes()
    for written, confidence in [
        ("1", 0.9),
        ("2", 0.25),
        ("3", 0.5),
        ("2", 0.25),
        ("4", 0.9),
        ("5", 0.5),
        ("5", 0.25),
    ]:
        votes.add("a", 1, grid(written), confidence)
    ranked = votes.ranked("a", 1)
    assert [(c.grid.item(), c.votes, c.confidence) for c in ranked] == [
        (5, 2, 0.375),
        (2, 2, 0.25),
        (1, 1, 0.9),
        (4, 1, 0.9),
        (3, 1, 0.5),
    ]
    assert votes.ranked("a", 0) == [] == votes.ranked("b", 1)


def test_grids_of_other_shapes_are_other_grids():
    votes = Votes()
    for written in (grid("12"), grid("1", "2"), grid("12")):
        votes.add("a", 0, written, 0.5)
    assert [c.votes for c in votes.ranked("a", 0)] == [2, 1]


def test_an_answer_without_a_grid_is_no_candidate():
    votes = Votes()
    votes.add("a", 0, np.zeros((0, 0), np.uint8), 0.9)
    assert votes.ranked("a", 0) == [] and (votes.done, votes.without_grid) == (1, 1)


def test_all_queries_are_asked_once_with_their_augmentation_undone():
    tasks = some_tasks()
    queries = Queries(tasks, PuzzleTable(tasks, 12, seed=0), 6, augmentations=12)
    told = []

    def progress(done, total):
        told.append((done, total))

    votes = Votes()
    vote(oracle(queries, 0.25), queries, 5, progress, votes)
    assert told == [(min(n, 52), 52) for n in range(5, 56, 5)]
    for task in tasks.evaluation:
        for number, test in enumerate(task.tests):
            (candidate,) = votes.ranked(task.id, number)
            assert (candidate.votes, candidate.confidence) == (13, 0.25)
            np.testing.assert_array_equal(candidate.grid, test.output)


@pytest.mark.parametrize("right_on_the_identity", [False, True])
def test_the_majority_of_augmentations_decides(right_on_the_identity):
    """A model that is right on the tasks as they are alone, or on all others, and
    surer where it is wrong, each time in another way."""
    tasks = some_tasks()
    table = PuzzleTable(tasks, 4, seed=0)
    queries = Queries(tasks, table, 6, augmentations=4)
    knows = oracle(queries)
    wrong = scrambled(knows)

    def model(batch):
        identity = np.array([owner(table, int(i))[1] == 0 for i in batch.puzzle_ids])
        right = knows(batch)
        chosen = (identity == right_on_the_identity)[:, None]
        answers = np.where(chosen, right.answers, wrong(batch).answers)
        sure = np.where(chosen[:, 0], 0.2, 0.9).astype(np.float32)
        return right._replace(answers=answers, confidence=sure)

    votes = voted(model, queries, 8)
    passed = [pass_at(votes, tasks.evaluation, k).tasks() for k in (1, 5)]
    assert passed == ([0, 1] if right_on_the_identity else [1, 1])


def with_answers(task):
    """A test's input in place of an answer that nobody here knows."""
    tests = (t if t.output is not None else Pair(t.input, t.input) for t in task.tests)
    return task._replace(tests=tuple(tests))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["arc1", "arc2"])
def test_every_real_task_passes_with_an_oracle_and_none_when_scrambled(
    name, shared_data
):
    """The evaluation tasks, and as another exam the training tasks."""
    tasks = real_sets(shared_data)[name]
    exams = tuple(map(with_answers, tasks.evaluation)), tasks.training
    for exam in exams:
        tasks = TaskSet((), exam)
        queries = Queries(tasks, PuzzleTable(tasks, 8, seed=0), 30, augmentations=8)
        knows = oracle(queries)
        score = pass_at(voted(knows, queries, 64), exam, 1)
        assert score.tasks() == 1 and len(score.solved) == len(exam)
        assert not score.without_attempt and not score.without_answer
        votes = voted(scrambled(knows), queries, 64)
        assert pass_at(votes, exam, 100).tasks() == 0
    counts = {"arc1": [398, 560], "arc2": [120, 980]}
    assert [len(exam) for exam in exams] == counts[name]
