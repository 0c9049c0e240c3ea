"""Runs that are trained on boards of CSV files."""

import json
import shutil

import numpy as np
import pytest

from commands import puzzle_record
from data_pipeline.puzzles import Puzzles
from data_pipeline.schema import BoardShape
from data_pipeline.sudoku import codec, disjoint
from data_pipeline.sudoku.generator import generate

SHAPE = BoardShape(2, 2)
_MADE = generate(SHAPE, 80, 3, 6, seed=3)
PUZZLES = Puzzles(*(a[disjoint.first_of_each(_MADE, SHAPE)] for a in _MADE))
NAMES = ("train", "validation", "test")


def lines(rows):
    for row in rows:
        boards = np.stack([PUZZLES.inputs[row], PUZZLES.labels[row]])
        yield ",".join([*codec.decode(boards, SHAPE), "0"])


def write(path, rows):
    path.write_text("\n".join(["question,answer,rating", *lines(rows)]) + "\n")


@pytest.fixture
def files(tmp_path, overrides):
    """Overrides for a run of one step; blanks stay what the default has."""
    write(tmp_path / "train.csv", range(24))
    write(tmp_path / "validation.csv", range(24, 30))
    write(tmp_path / "test.csv", range(30, 40))
    kept = [word for word in overrides if "blanks" not in word]
    fields = {
        "data.dataset": "sudoku_extreme",
        **{f"data.{name}_csv": tmp_path / f"{name}.csv" for name in NAMES},
        **{"data.num_train": 0, "data.num_validation": 6, "data.num_test": 0},
        **{"data.directory": tmp_path / "data", "train.steps": 1},
    }
    return [*kept, *(f"--config.{name}={value}" for name, value in fields.items())]


@pytest.mark.slow
def test_files_that_changed_are_told_and_not_trained_on(files, run, tmp_path):
    flag = f"--workdir={tmp_path / 'run'}"
    code, _, err = run("train", flag, *files)
    assert code == 0, err
    train = tmp_path / "train.csv"
    write(train, reversed(range(24)))

    code, _, err = run("train", flag, "--config.train.steps=2")
    assert code == 2 and err.count("\n") == 1
    assert f"{train} changed, and its place in the rows would mean others" in err
    code, out, err = run("evaluate", flag, "--config.evaluation.watched=1")
    assert code == 0, err
    assert f"Since the run was trained, {train} changed" in out

    record = tmp_path / "run" / puzzle_record.PUZZLES_FILE
    assert json.loads(record.read_text())["files"].keys() == {"train", "validation"}
    record.write_text("[]")
    code, _, err = run("train", flag, "--config.train.steps=2")
    assert code == 2 and f"{record} is damaged" in err
    # Nothing is known of runs that were made before.
    record.unlink()
    shutil.rmtree(tmp_path / "run" / "checkpoints")
    assert run("train", flag)[0] == 0 and record.exists()


def test_weights_are_brought_in_without_the_files_that_they_know(files, run, tmp_path):
    flag = f"--workdir={tmp_path / 'run'}"
    assert run("train", flag, *files)[0] == 0
    weights = tmp_path / "weights.safetensors"
    assert run("convert", flag, f"--to={weights}")[0] == 0
    for name in NAMES:
        (tmp_path / f"{name}.csv").unlink()
    other = tmp_path / "other"
    code, _, err = run("convert", f"--workdir={other}", f"--weights={weights}", *files)
    assert code == 0, err
    assert not (other / puzzle_record.PUZZLES_FILE).exists()
