"""ARC as a task: what training, validation and test are made of."""

import json
import pathlib

import numpy as np
import pytest

from configs import default
from data_pipeline import datasets, loader
from data_pipeline.arc import codec
from data_pipeline.arc.task import ArcTask
from data_pipeline.arc.tasks import Task
from data_pipeline.arc.training import Training
from data_pipeline.schema import IGNORE_LABEL, UserError
from tests.data_pipeline.arc.made import some_task

TRAINING = [some_task(f"task{n}", n, size=4 + n % 2) for n in range(8)]
EXAM = [some_task(f"exam{n}", 50 + n, tests=2) for n in range(3)]


def content(tasks: list[Task], answers: bool = True) -> str:
    def pairs(pairs, outputs):
        return [
            {"input": pair.input.tolist()}
            | ({"output": pair.output.tolist()} if outputs else {})
            for pair in pairs
        ]

    return json.dumps(
        {
            task.id: {
                "train": pairs(task.demonstrations, True),
                "test": pairs(task.tests, answers),
            }
            for task in tasks
        }
    )


@pytest.fixture
def arc(tmp_path):
    """Makes tasks of files, with changes to the config."""
    answers = {t.id: [test.output.tolist() for test in t.tests] for t in EXAM[:2]}
    for name, text in (
        ("training", content(TRAINING)),
        ("exam", content(EXAM, answers=False)),
        ("answers", json.dumps(answers)),
    ):
        (tmp_path / f"{name}.json").write_text(text)

    def made(**changes) -> ArcTask:
        config = default.get_config().data
        values = {
            "dataset": "arc",
            "directory": str(tmp_path / "data"),
            "arc_training": (f"{tmp_path}/training.json",),
            "arc_evaluation": (f"{tmp_path}/exam.json+{tmp_path}/answers.json",),
            "augmentations": 3,
            "max_size": 5,
            "num_validation": 2,
        }
        config.update(values | changes)
        task = datasets.task(config)
        assert isinstance(task, ArcTask)
        return task

    return made


def test_the_test_asks_under_the_puzzle_ids_of_the_model(arc):
    task = arc()
    rows = loader.read_all(task.prepare().test, 0)
    queries = task.queries(3)
    asked = {queries[i].puzzle_id: queries[i] for i in range(len(queries))}
    assert len(rows.inputs) == 4  # the answers of the third task are not known
    for inputs, labels, puzzle_id in zip(*rows[:3], strict=True):
        query = asked[int(puzzle_id)]
        assert query.augmentation.dihedral == 0
        known = np.where(labels == IGNORE_LABEL, codec.PAD, labels)
        pairs = [(t.input.tolist(), t.output.tolist()) for t in query.task.tests]
        assert (codec.decode(inputs).tolist(), codec.decode(known).tolist()) in pairs
    assert len(set(rows.puzzle_ids.tolist())) == 2
    assert rows.puzzle_ids.max() < task.dimensions.num_puzzles


def test_the_validation_holds_tests_that_are_not_trained_on(arc):
    task = arc()
    data = task.prepare()
    rows = loader.read_all(data.validation, 0)
    assert len(rows.inputs) == 2
    everything = arc(num_validation=0).prepare()
    assert len(data.train) == len(everything.train) - 2
    assert not len(everything.validation)


def test_training_batches_are_those_of_the_sampler_and_go_on(arc):
    task = arc()
    data = task.prepare()
    stream = loader.train_iterator(data.train, None, 8, seed=7)
    own = Training(task._roles.trained, task._table, 5, True, seed=7)
    for start in (0, 8):
        ours, theirs = next(stream), own.batch(np.arange(start, start + 8))
        assert all(map(np.array_equal, ours[:3], theirs[:3]))
    state = stream.get_state()
    ahead = [next(stream) for _ in range(2)]
    other = loader.train_iterator(data.train, None, 8, seed=7)
    other.set_state(state)
    for batch in ahead:
        assert all(map(np.array_equal, batch[:3], next(other)[:3]))
    different = next(loader.train_iterator(data.train, None, 8, seed=8))
    first = next(loader.train_iterator(data.train, None, 8, seed=7))
    assert not np.array_equal(first.inputs, different.inputs)
    share = next(loader.train_iterator(data.train, None, 8, 7, np.array([6, 2])))
    pairs = zip(share[:3], first[:3], strict=True)
    assert all(np.array_equal(a, b[[6, 2]]) for a, b in pairs)


def test_what_is_left_out_is_told(arc):
    left_out = arc(max_size=4, num_validation=2).prepare().left_out
    large = sum(task.size > 4 for task in TRAINING)
    assert large
    assert list(map(str, left_out)) == [
        f"{large} of 8 training tasks left out: larger than 4x4.",
        "2 of 6 evaluation tests left out: answers not known.",
    ]


def test_what_of_the_exam_is_left_out_is_told(arc, tmp_path):
    """Tasks by what everybody is given, then tests whose answers do not fit."""
    wide, long = some_task("wide", 90, size=9), EXAM[0].tests
    assert wide.demonstrations[0].size > 5
    long = (long[0]._replace(output=np.zeros((6, 1), np.uint8)), *long[1:])
    exam = [EXAM[0]._replace(tests=long), *EXAM[1:], wide]
    path = tmp_path / "other.json"
    path.write_text(content(exam))
    data = arc(arc_evaluation=(str(path),), arc_leave_out=("exam2",)).prepare()
    assert list(map(str, data.left_out)) == [
        "1 of 3 evaluation tasks left out: larger than 5x5.",
        "1 of 4 evaluation tasks left out: named by data.arc_leave_out.",
        "1 of 4 evaluation tests left out: answers larger than 5x5, which the votes "
        "count as failed.",
    ]
    assert len(data.test) == 3


def test_answers_may_be_added_after_training(arc, tmp_path):
    blind = arc(arc_evaluation=(f"{tmp_path}/exam.json",))
    arc().require_same_puzzles(blind)
    assert blind.dimensions == arc().dimensions
    assert not len(blind.prepare().test) and len(arc().prepare().test)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"augmentations": 2},
        {"num_validation": 1},
        {"arc_training": (), "num_validation": 0},
    ],
)
def test_other_puzzles_are_refused(arc, change):
    with pytest.raises(UserError, match="trained with other ARC tasks"):
        arc(**change).require_same_puzzles(arc())


def test_what_was_trained_on_is_no_exam_afterwards(arc, tmp_path):
    """Trained on two files and evaluated on the second of them."""
    files = [f"{tmp_path}/{name}.json" for name in ("first", "second")]
    for name, tasks in zip(files, (TRAINING[:5], TRAINING[5:]), strict=True):
        pathlib.Path(name).write_text(content(tasks))
    trained = arc(arc_training=tuple(files), arc_evaluation=(), num_validation=0)
    asked = arc(arc_training=(files[0],), arc_evaluation=(files[1],), num_validation=0)
    with pytest.raises(
        UserError, match="answers of 3 of 3 evaluation tasks, task5 .as"
    ):
        asked.require_same_puzzles(trained)


def test_what_chose_the_checkpoint_is_no_exam_afterwards(arc, tmp_path):
    """The puzzles are the same then: only the roles tell."""
    trained = arc(arc_evaluation=())
    roles = trained._roles
    for name, tasks in (("learned", roles.training), ("held", roles.validation)):
        (tmp_path / f"{name}.json").write_text(content(list(tasks)))
    asked = arc(
        arc_training=(f"{tmp_path}/learned.json",),
        arc_evaluation=(f"{tmp_path}/held.json",),
        num_validation=0,
    )
    assert asked.puzzles_sha256 == trained.puzzles_sha256
    with pytest.raises(UserError, match="holds the answers of 2 of 2 evaluation tasks"):
        asked.require_same_puzzles(trained)


def test_a_file_is_scored_on_all_evaluation_tasks_and_needs_no_others(arc, tmp_path):
    """Larger ones too, and those that are left out of the training."""
    task = arc(arc_training=("none",), arc_leave_out=("exam2",), max_size=1)
    assert min(one.size for one in EXAM) > 1
    found = task.whole_exam
    assert [(one.id, one.answered) for one in found] == [
        ("exam0", True),
        ("exam1", True),
        ("exam2", False),
    ]
    twice = arc(arc_evaluation=(f"{tmp_path}/exam.json",) * 2)
    with pytest.raises(UserError, match="Two tasks are called exam0"):
        _ = twice.whole_exam


def test_no_tasks_at_all_are_refused(arc):
    with pytest.raises(UserError, match="set data.arc_training"):
        arc(arc_training=(), arc_evaluation=())
    with pytest.raises(UserError, match="data.max_size is 31"):
        arc(max_size=31)
