"""Downloads whose checksum nobody published: the first one is trusted, and kept."""

import hashlib
import shutil

import pytest

from data_pipeline import fetch
from data_pipeline.schema import UserError
from tests.data_pipeline.conftest import CONTENT
from tests.data_pipeline.test_archive import TASKS, tree, zipped


@pytest.fixture
def unpinned(home, monkeypatch, tmp_path):
    """A data set whose checksum nobody knows, and where that of ours will be."""
    file = fetch.File("sets/some.csv", None)
    monkeypatch.setitem(fetch.DATASETS, "some", {"train": file})
    path = fetch.local_path(tmp_path, "some", "train")
    return path, path.with_name("some.csv.sha256")


def test_without_a_known_checksum_the_first_is_kept(home, unpinned, tmp_path, capsys):
    path, kept = unpinned
    fetch.fetch("some", tmp_path)
    assert f"no checksum of it is known: its own is kept in {kept}" in (
        capsys.readouterr().out
    )
    assert kept.read_text() == f"{hashlib.sha256(CONTENT).hexdigest()}  some.csv\n"
    fetch.fetch("some", tmp_path)
    assert len(home.sent) == 1 and "checksum is right" in capsys.readouterr().out
    path.write_bytes(b"damaged")
    fetch.fetch("some", tmp_path)
    assert path.read_bytes() == CONTENT and len(home.sent) == 2


def test_a_later_fetch_that_differs_is_noticed(home, unpinned, tmp_path):
    path, kept = unpinned
    fetch.fetch("some", tmp_path)
    path.unlink()
    home.content = CONTENT[:-1] + b"?"
    with pytest.raises(UserError, match=f"SHA-256 is not .* or delete {kept}"):
        fetch.fetch("some", tmp_path)
    assert [p.name for p in path.parent.iterdir()] == [kept.name]
    kept.unlink()
    fetch.fetch("some", tmp_path)
    assert path.read_bytes() == home.content


def test_a_file_of_unknown_origin_is_replaced(home, unpinned, tmp_path):
    path, kept = unpinned
    path.parent.mkdir(parents=True)
    path.write_bytes(b"whatever")
    fetch.fetch("some", tmp_path)
    assert path.read_bytes() == CONTENT and kept.exists()


@pytest.fixture
def repository(home, monkeypatch, tmp_path):
    """A repository with tasks and more in it, and where its tasks will be."""
    address = f"http://127.0.0.1:{home.server_port}/arc/main.zip"
    monkeypatch.setitem(fetch.ARCHIVES, "arc1", address)
    home.content = zipped(TASKS | {"ARC-main/README.md": b"#", "ARC-main/run.py": b""})
    return fetch.folder(tmp_path, "arc1")


def test_of_an_archive_the_json_files_are_kept(home, repository, tmp_path, capsys):
    assert fetch.fetch("arc1", tmp_path) == [repository]
    wanted = {name.removeprefix("ARC-main/"): text for name, text in TASKS.items()}
    assert tree(repository) == wanted
    kept = f"{hashlib.sha256(home.content).hexdigest()}  arc1.zip\n".encode()
    assert tree(tmp_path / "downloads").keys() == {
        "arc1.zip.sha256",
        *(f"arc1/{name}" for name in wanted),
    }
    assert tree(tmp_path / "downloads")["arc1.zip.sha256"] == kept
    assert "no checksum of it is known" in capsys.readouterr().out
    fetch.fetch("arc1", tmp_path)
    assert len(home.sent) == 1 and "is there; delete it" in capsys.readouterr().out


def test_an_archive_that_differs_later_is_noticed(home, repository, tmp_path):
    fetch.fetch("arc1", tmp_path)
    shutil.rmtree(repository)
    home.content = zipped({"ARC-main/data/c.json": b"{}"})
    with pytest.raises(UserError, match="SHA-256 is not .*arc1.zip.sha256"):
        fetch.fetch("arc1", tmp_path)
    assert not repository.exists()


def test_what_is_no_archive_is_refused_and_a_rerun_mends_it(home, repository, tmp_path):
    right, home.content = home.content, b"<html>Please log in</html>"
    with pytest.raises(UserError, match="arc1.zip is not the archive of a repository"):
        fetch.fetch("arc1", tmp_path)
    assert not repository.exists()
    home.content = right
    fetch.fetch("arc1", tmp_path)
    assert len(tree(repository)) == 2
