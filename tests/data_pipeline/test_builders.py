"""Prepared sets: whole or absent, whatever happens meanwhile."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

import numpy as np
import pytest

from data_pipeline import builders
from data_pipeline.schema import UserError
from tests.conftest import REPOSITORY
from tests.data_pipeline.sudoku.boards import SHAPES, some_puzzles

SHAPE = SHAPES[1]


def some_splits():
    puzzles = some_puzzles(SHAPE)
    rows = {"train": slice(0, 12), "test": slice(12, 20)}
    return {name: type(puzzles)(*(a[r] for a in puzzles)) for name, r in rows.items()}


def open_or_make(directory, splits=some_splits):
    config = builders.SetConfig(name="here", splits=splits)
    return builders.open_or_make(builders.GeneratedSudoku, config, directory)


def assert_whole(splits):
    def rows(inputs, labels, ratings):
        triples = zip(inputs, labels, ratings, strict=True)
        return sorted((bytes(i), bytes(o), int(r)) for i, o, r in triples)

    inputs, labels, ratings = some_puzzles(SHAPE)
    expected = inputs.astype(np.uint8), labels.astype(np.uint8), ratings
    assert splits.keys() == {"train", "test"}
    for split, chosen in (("train", slice(0, 12)), ("test", slice(12, 20))):
        read = (
            [e[name] for e in splits[split]] for name in ("inputs", "labels", "rating")
        )
        assert rows(*read) == rows(*(array[chosen] for array in expected))


def test_what_was_written_is_read(tmp_path):
    assert_whole(open_or_make(tmp_path))
    assert_whole(open_or_make(tmp_path, splits=None))  # nothing is made again


def test_nothing_is_left_elsewhere(tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    open_or_make(tmp_path / "here")
    assert not list(elsewhere.iterdir())


def test_whoever_is_slower_takes_what_is_there(tmp_path):
    """One preparation begins first and ends last."""

    def slowly():
        assert_whole(open_or_make(tmp_path))
        return some_splits()

    assert_whole(open_or_make(tmp_path, slowly))
    assert not list(tmp_path.rglob("incomplete.*"))


KILLED = """
import os, pathlib, signal, sys
from data_pipeline.puzzles import Puzzles
from tests.data_pipeline import test_builders as t
class Deadly(list):
    def __iter__(self):
        yield from list.__iter__(self)
        os.kill(os.getpid(), signal.SIGKILL)
def splits():
    both = t.some_splits()
    test = both["test"]
    return both | {"test": Puzzles(test.inputs, test.labels, Deadly(test.rating))}
t.open_or_make(pathlib.Path(sys.argv[1]), splits)
"""


def test_a_killed_preparation_is_not_taken_for_whole(tmp_path):
    """A real SIGKILL, when the training split is written and the test split is not."""
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    killed = subprocess.run(
        command, cwd=REPOSITORY, env=os.environ | {"PYTHONPATH": str(REPOSITORY)}
    )
    assert killed.returncode == -signal.SIGKILL
    assert list(tmp_path.rglob("incomplete.*"))
    with pytest.raises(TypeError):  # it asks for the puzzles again
        open_or_make(tmp_path, splits=None)
    assert_whole(open_or_make(tmp_path))


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A prepared set whose training file has several blocks."""
    few = some_puzzles(SHAPE)
    rows = np.random.default_rng(0).integers(1, 8, (2, 6000, SHAPE.cells), np.uint8)
    many = type(few)(*rows, np.arange(6000, dtype=np.int32))
    directory = tmp_path_factory.mktemp("large")
    made = open_or_make(directory, lambda: {"train": many, "test": few})
    assert [len(split) for split in made.values()] == [6000, 20]
    return directory


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        *(("*train.array_record*", kept) for kept in (0, 1, 2**16, 2**17, 0.5, 0.99)),
        *(("dataset_info.json", kept) for kept in (0, 0.5, None)),
    ],
)
def test_a_file_that_was_cut_short_is_named_with_the_mend(name, kept, large, tmp_path):
    """Bytes, or a share of them; None for a file that is gone."""
    shutil.copytree(large, tmp_path, dirs_exist_ok=True)
    (path,) = tmp_path.rglob(name)
    size = path.stat().st_size
    assert "array_record" not in name or size > 3 * 2**16
    if kept is None:
        path.unlink()
    else:
        os.truncate(path, kept if isinstance(kept, int) else int(kept * size))
    with pytest.raises(UserError) as told:
        open_or_make(tmp_path)
    assert f"in {path.parent} is damaged (" in str(told.value)
    assert "\n" not in str(told.value) and "delete that folder" in str(told.value)
    shutil.rmtree(path.parent)
    assert_whole(open_or_make(tmp_path))


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(UserError, match=f"written to {blocked}"):
        open_or_make(pathlib.Path(blocked))
