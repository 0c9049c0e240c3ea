"""Data sets by config: prepared once, read back, without TensorFlow."""

import dataclasses
import json
import multiprocessing
import subprocess
import sys

import numpy as np
import pytest

from configs import default
from data_pipeline import builders, csv_table, datasets
from data_pipeline.config import DataConfig
from data_pipeline.maze import paths
from data_pipeline.maze.canonical import canonical_forms
from data_pipeline.schema import BoardShape, UserError
from data_pipeline.sudoku import sudoku_csv
from data_pipeline.sudoku.schema import BLANK
from tests.conftest import REPOSITORY


def config(tmp_path, **changes):
    values = dict(default.get_config().data) | {
        "directory": str(tmp_path),
        "box_rows": 2,
        "box_cols": 2,
        "min_blanks": 4,
        "max_blanks": 8,
        "num_train": 60,
        "num_test": 20,
        "num_validation": 10,
    }
    return values | changes


def test_prepared_once_and_the_same_ever_after(tmp_path, capsys):
    first = datasets.task(config(tmp_path)).prepare()
    assert "Preparing" in capsys.readouterr().out
    again = datasets.task(config(tmp_path)).prepare()
    assert capsys.readouterr().out == ""
    assert [len(split) for split in first[:3]] == [60, 10, 20]
    elsewhere = datasets.task(config(tmp_path / "elsewhere")).prepare()
    for split in ("train", "validation", "test"):
        for ours, theirs, far in zip(
            *(getattr(d, split) for d in (first, again, elsewhere)), strict=True
        ):
            for name in ("inputs", "labels", "rating"):
                np.testing.assert_array_equal(ours[name], theirs[name])
                np.testing.assert_array_equal(ours[name], far[name])
    blanks = [(example["inputs"] == BLANK).sum() for example in first.train]
    assert 4 <= min(blanks) and max(blanks) <= 8


def test_another_recipe_is_another_set(tmp_path):
    one = datasets.task(config(tmp_path)).prepare()
    other = datasets.task(config(tmp_path, seed=1)).prepare()
    same = [
        np.array_equal(a["labels"], b["labels"])
        for a, b in zip(one.train, other.train, strict=True)
    ]
    assert not all(same)


def test_csv_files_become_a_set_that_knows_them(shared_data, tmp_path):
    folder = shared_data / "sudoku"
    values = {
        "dataset": "sudoku_extreme",
        "box_rows": 3,
        "box_cols": 3,
        "num_train": 50,
        "num_test": 30,
        "train_csv": str(folder / "train.csv"),
        "test_csv": str(folder / "valid_from_train_1k.csv"),
    }
    prepared = datasets.task(config(tmp_path, **values)).prepare()
    kind = sudoku_csv.kind(BoardShape(3, 3))
    expected = csv_table.read(folder / "train.csv", kind, 50, 0).puzzles
    rows = {example["inputs"].tobytes() for example in prepared.train}
    assert rows == {row.astype(np.uint8).tobytes() for row in expected.inputs}
    assert {int(e["rating"]) for e in prepared.train} == set(expected.rating.tolist())
    metadata = json.loads(next(tmp_path.rglob("metadata.json")).read_text())
    assert all(len(sha256) == 64 for sha256 in metadata["sources"].values())
    assert len(metadata["sources"]) == 2


MAZES = {
    "dataset": "generated_mazes",
    "maze_rows": 6,
    "maze_cols": 6,
    "min_path": 8,
    "num_train": 30,
    "num_test": 10,
    "num_validation": 5,
}


def test_generated_mazes_are_a_set_whose_splits_share_none(tmp_path):
    task = datasets.task(config(tmp_path, **MAZES))
    assert task.dimensions == (6, 36, 1, 2, 3)
    found = task.prepare()[:3]
    assert [len(split) for split in found] == [30, 5, 10]
    mazes = np.array([example["inputs"] for split in found for example in split])
    answers = np.array([example["labels"] for split in found for example in split])
    assert len(set(canonical_forms(mazes, task.shape))) == 45
    assert paths.valid_optimal(mazes, answers, task.shape).all()
    assert (paths.lengths(mazes, task.shape) >= 8).all()
    (again,) = task.encode(task.decode(mazes[:1]))
    np.testing.assert_array_equal(again, mazes[0])
    for maze, answer in zip(mazes, answers, strict=True):
        assert task.contradiction(maze) is None
        assert task.flaw(maze, answer) is None and task.flaw(maze, maze)


def test_maze_hard_becomes_a_set(shared_data, tmp_path):
    folder = shared_data / "maze"
    values = {
        "dataset": "maze_hard",
        "maze_rows": 30,
        "maze_cols": 30,
        "num_train": 50,
        "num_test": 20,
        "train_csv": str(folder / "train.csv"),
        "test_csv": str(folder / "test_dev.csv"),
    }
    found = datasets.task(config(tmp_path, **values)).prepare()
    assert [len(split) for split in found[:3]] == [50, 10, 20]
    ratings = [int(example["rating"]) for example in found.test]
    assert all(rating >= 110 for rating in ratings)


def test_tensorflow_is_not_imported():
    """In a process of its own: another test may have imported it."""
    program = (
        "import sys; from data_pipeline import builders; "
        "sys.exit('tensorflow' in sys.modules)"
    )
    assert (
        subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY).returncode == 0
    )


def prepare_in_a_process(values):
    prepared = datasets.task(values).prepare()
    return [example["inputs"].tobytes() for example in prepared.train]


def test_two_processes_may_prepare_at_once(tmp_path):
    values = [config(tmp_path)] * 2
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        one, other = pool.map(prepare_in_a_process, values)
    assert one == other and len(one) == 60


def test_another_process_may_be_faster_by_a_moment(tmp_path, monkeypatch):
    """The set is there between the first look at its folder and the second."""
    values, once = config(tmp_path), [True]
    looked = builders.PuzzleBuilder.is_prepared

    def is_prepared(self):
        if once and once.pop():
            datasets.task(values).prepare()
        return looked(self)

    monkeypatch.setattr(builders.PuzzleBuilder, "is_prepared", is_prepared)
    assert len(datasets.task(values).prepare().train) == 60


def test_a_failed_preparation_leaves_nothing_behind(tmp_path):
    csv = tmp_path / "bad.csv"
    csv.write_text("question,answer,rating\n1,2,3\n")
    values = {"dataset": "sudoku_extreme", "train_csv": str(csv), "test_csv": str(csv)}
    for _ in range(2):
        with pytest.raises(UserError, match="bad.csv, line 2"):
            datasets.task(config(tmp_path, **values | {"num_train": 0})).prepare()
    assert not list(tmp_path.rglob("*.array_record*"))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"dataset": "sudoku"}, "data.dataset is 'sudoku'"),
        ({"box_rows": 0}, "data.box_rows is 0"),
        ({"box_rows": 1, "box_cols": 1}, "data.box_rows is 1"),
        ({"box_rows": 5, "box_cols": 5}, "data.box_rows is 5"),
        ({"num_train": 0}, "data.num_train is 0"),
        ({"num_validation": -1}, "data.num_validation is -1"),
        ({"num_validation": 0, "validation_csv": "some.csv"}, "num_validation is 0"),
        ({"min_blanks": 9}, "data.min_blanks is 9"),
        ({"max_blanks": 17}, "data.max_blanks is 17"),
        ({"dataset": "sudoku_extreme", "train_csv": "none.csv"}, "none.csv.*existing"),
        ({"dataset": "sudoku_extreme"}, "main.py fetch sudoku_extreme"),
        ({"dataset": "maze_hard"}, "main.py fetch maze_hard"),
        ({"maze_rows": 1}, "data.maze_rows is 1"),
        ({"min_path": 1}, "data.min_path is 1"),
        ({"min_walls": 0.6}, "data.min_walls is 0.6"),
    ],
)
def test_mistakes_are_named(changes, complaint, tmp_path):
    with pytest.raises(UserError, match=complaint):
        datasets.task(config(tmp_path, **changes)).prepare()


def test_the_config_holds_every_field():
    """And nothing else, so that no value is written twice."""
    fields = {field.name for field in dataclasses.fields(DataConfig)}
    assert fields == set(default.get_config().data)
