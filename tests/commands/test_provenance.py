"""What a result says of the code it comes from."""

import subprocess

import numpy as np
import pytest

from commands.commit import commit
from commands.provenance import examples_sha256
from data_pipeline.schema import Batch


@pytest.fixture
def repository(tmp_path):
    def git(*words: str) -> str:
        who = ("-c", "user.name=A", "-c", "user.email=a@b.example")
        command = ["git", *who, *words]
        done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
        return done.stdout.decode().strip()

    git("init", "-q")
    (tmp_path / "file").write_text("one")
    git("add", "file")
    git("commit", "-q", "-m", "one")
    return tmp_path, git


def test_the_commit_is_told_and_whether_files_are_as_it_says(repository):
    folder, git = repository
    head = git("rev-parse", "HEAD")
    assert commit(folder) == head
    (folder / "unknown").write_text("to git")
    assert commit(folder) == head
    (folder / "file").write_text("two")
    assert commit(folder) == f"{head}+changes"


def test_without_a_repository_of_its_own_there_is_no_commit(
    repository, tmp_path_factory, monkeypatch
):
    folder, _ = repository
    (folder / "unpacked").mkdir()
    assert commit(folder / "unpacked") is None
    assert commit(tmp_path_factory.mktemp("plain")) is None
    monkeypatch.setenv("PATH", "")
    assert commit(folder) is None


def test_the_checksum_is_of_all_puzzles_whatever_their_integers():
    cells = np.arange(6).reshape(2, 3)
    batch = Batch(cells, cells, np.zeros(2))
    again = Batch(cells.astype(np.int32), cells.astype(np.int16), np.ones(2))
    assert examples_sha256(batch) == examples_sha256(again)
    assert examples_sha256(batch._replace(labels=cells + 1)) != examples_sha256(batch)
