"""Prepared sets: whole or absent, whatever happens meanwhile."""

import os
import pathlib
import signal
import subprocess
import sys

import numpy as np
import pytest

from data_pipeline import builders
from data_pipeline.schema import UserError
from tests.conftest import REPOSITORY
from tests.data_pipeline.boards import SHAPES, some_puzzles

SHAPE = SHAPES[1]


def some_splits():
    puzzles = some_puzzles(SHAPE)
    rows = {"train": slice(0, 12), "test": slice(12, 20)}
    return {name: type(puzzles)(*(a[r] for a in puzzles)) for name, r in rows.items()}


def open_or_make(directory, splits=some_splits):
    config = builders.SudokuConfig(name="here", shape=SHAPE, splits=splits)
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


def test_whoever_is_slower_takes_what_is_there(tmp_path):
    """One preparation begins first and ends last."""

    def slowly():
        assert_whole(open_or_make(tmp_path))
        return some_splits()

    assert_whole(open_or_make(tmp_path, slowly))
    assert not list(tmp_path.rglob("incomplete.*"))


KILLED = """
import os, pathlib, signal, sys
from data_pipeline.schema import Puzzles
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


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(UserError, match=f"written to {blocked}"):
        open_or_make(pathlib.Path(blocked))
