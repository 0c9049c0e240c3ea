"""What a result says of the code it comes from."""

import shlex
import subprocess
import types

import numpy as np
import pytest

from commands import flags, text_record
from commands.commit import commit
from commands.provenance import examples_sha256, provenance
from configs import reinforce, text
from data_pipeline import datasets
from data_pipeline.schema import Batch
from hrm_jax import saved_config


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


@pytest.mark.parametrize(
    ("config", "command"),
    [(text.get_config("tiny"), "train"), (reinforce.get_config("dagger"), "reinforce")],
)
def test_a_run_is_learned_again_by_the_command_that_takes_its_config(
    config, command, tmp_path
):
    config.train.start_from = "runs/begin" if command == "reinforce" else ""
    config = config.copy_and_resolve_references()
    saved_config.save(config, tmp_path)
    task = types.SimpleNamespace(name="text")
    measured = types.SimpleNamespace(config=config, task=task, sources={}, left_out=[])
    line = flags.parse(["main.py", "evaluate", f"--workdir={tmp_path}"])
    cells = np.zeros((1, 2), np.int32)
    told = provenance(line, measured, Batch(cells, cells, np.zeros(1)))
    learn, evaluate = (shlex.split(one)[1:] for one in told["commands"])
    # Elsewhere, where no saved config fills in what the command leaves out.
    again = flags.parse([one for one in learn if not one.startswith("--workdir")])
    assert again.command == command
    assert saved_config.plain(again.config) == saved_config.plain(config)
    assert evaluate == ["main.py", "evaluate", f"--workdir={tmp_path}"]


def test_who_has_no_checkpoint_is_told_the_command_that_makes_them(tmp_path, run):
    config = reinforce.get_config("expert").copy_and_resolve_references()
    saved_config.save(config, tmp_path)
    text_record.save(datasets.task(config.data), tmp_path, config)
    code, out, err = run("generate", f"--workdir={tmp_path}", "word")
    assert (code, out) == (2, "")
    assert f"yet; `python main.py reinforce --workdir={tmp_path}` makes them." in err


def test_the_checksum_is_of_all_puzzles_whatever_their_integers():
    cells = np.arange(6).reshape(2, 3)
    batch = Batch(cells, cells, np.zeros(2))
    again = Batch(cells.astype(np.int32), cells.astype(np.int16), np.ones(2))
    assert examples_sha256(batch) == examples_sha256(again)
    assert examples_sha256(batch._replace(labels=cells + 1)) != examples_sha256(batch)
