"""Which files of a folder are its source: as git says, else by the names of folders."""

import os
import shutil
import subprocess

import pytest

from hrm_jax.agent import repository, worktree

GIT = "git", "-c", "user.name=a", "-c", "user.email=a@b.c"
BUILT = "it is called like what is made"


def read(folder):
    return repository.read(folder, 1_000, 10_000)


def write(folder, *paths, text="x\n"):
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def git(folder, *words):
    subprocess.run([*GIT, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def tree(tmp_path):
    """A work tree with a commit of all that lies in it: `a.py`, `build/rules.py`."""
    if not shutil.which("git"):
        pytest.skip("there is no git")
    home = tmp_path / "home"
    write(home, "a.py", "build/rules.py", "gone.py")
    write(home, ".gitignore", text="/node_modules/\n*.log\n/out\n")
    git(home, "init", "-q")
    git(home, "add", ".")
    git(home, "commit", "-qm", "x")
    return home


_NESTED = "p.py", "q.log", ".gitignore"
SOURCE = {".gitignore", "a.py", "build/rules.py"}


def test_of_a_work_tree_what_is_not_ignored_is_taken(tree):
    (tree / "gone.py").unlink()
    write(tree, "new.py", "lib/b.py", "dist/c.py", "node_modules/d/e.js", "a.log")
    write(tree, "__pycache__/a.py", ".venv/f.py", "out/g.py")
    found = read(tree)
    assert set(found.texts) == {*SOURCE, "new.py", "lib/b.py", "dist/c.py"}
    assert not found.left_out
    git(tree, "add", "-f", ".venv/f.py", "out/g.py")
    assert {*read(tree).texts} == {*found.texts, ".venv/f.py", "out/g.py"}
    assert set(read(tree / "build").texts) == {"rules.py"}


def test_more_files_than_go_are_no_hindrance_where_they_are_ignored(tree):
    write(tree, *(f"node_modules/{n}.js" for n in range(repository.MOST_FILES)))
    assert set(read(tree).texts) == {*SOURCE, "gone.py"}


def test_what_else_is_left_out_is_left_out_of_a_work_tree_too(tree, tmp_path):
    write(tree, "runs/1/session.json", "runs/1/journal.jsonl", "huge.py", "odd.py")
    write(tree, "huge.py", text="x" * 2_000)
    (tree / "link").symlink_to("build")
    os.mkfifo(tree / "pipe")
    left_out = dict(read(tree).left_out)
    assert left_out["link"] == "a link" and "2,000 bytes" in left_out["huge.py"]
    assert left_out["runs/1"] == "a session of an agent"


def test_repositories_in_a_repository_say_themselves_what_they_ignore(tree):
    """Submodules, of which the commit alone is tracked, and others; where one's own git
    cannot say it, its files are another one's or nobody's."""
    for name in "part", "lost", "nested":
        write(tree / name, "p.py", "q.log", "r.txt")
        write(tree / name, ".gitignore", text="*.txt\n")
        git(tree / name, "init", "-q")
        git(tree / name, "add", ".")
        git(tree / name, "commit", "-qm", "x")
    git(tree, "add", "part", "lost")
    shutil.rmtree(tree / "lost/.git")
    write(tree, "other/s.py")
    write(tree, "lost/.git", "other/.git", text="gitdir: nowhere\n")
    found = read(tree)
    inner = (f"{one}/{name}" for one in ("part", "nested") for name in _NESTED)
    assert set(found.texts) == {*SOURCE, "gone.py", *inner, "other/s.py"}
    assert found.left_out == (("lost", "git tells of no files in it"),)


def test_a_folder_that_is_ignored_as_a_whole_is_read_as_if_there_were_no_git(tree):
    write(tree, "out/a.py", "out/b.log", "out/target/c.py")
    found = read(tree / "out")
    assert set(found.texts) == {"a.py", "b.log"}
    assert found.left_out == (("target", BUILT),)


def test_without_git_folders_that_are_called_like_built_ones_are_left_out(tmp_path):
    write(tmp_path, "a.py", "lib/build", "lib/targets/b.py", "node_modules/c/d.js")
    write(tmp_path, *(f"{one}/e.py" for one in ("lib/target", "dist", ".venv")))
    write(tmp_path, "__pycache__/f.py")
    found = read(tmp_path)
    assert set(found.texts) == {"a.py", "lib/build", "lib/targets/b.py"}
    names = {".venv", "dist", "lib/target", "node_modules"}
    assert dict(found.left_out) == dict.fromkeys(names, BUILT)


def test_no_program_that_a_repository_names_is_started(tree, tmp_path):
    """A monitor of files, and what would fetch what a partial clone lacks: a file of
    rules that is to be read, but lies nowhere."""
    started = tmp_path / "started"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {started}\n")
    program.chmod(0o755)
    rules = f"100644,{'12' * 20},lib/.gitignore"
    git(tree, "update-index", "--add", "--cacheinfo", rules)
    git(tree, "update-index", "--skip-worktree", "lib/.gitignore")
    write(tree, "lib/b.py")
    for name, value in {
        "core.fsmonitor": program,
        "core.repositoryformatversion": 1,
        "extensions.partialClone": "other",
        "remote.other.url": f"file://{tree}",
        "remote.other.promisor": "true",
        "remote.other.uploadpack": program,
    }.items():
        git(tree, "config", name, str(value))
    assert "lib/b.py" in read(tree).texts and not started.exists()
    listing = *GIT, "ls-files", "--others", "--exclude-standard"
    subprocess.run(listing, cwd=tree, capture_output=True)
    assert started.exists(), "git would have started it"


def test_variables_of_another_repository_say_nothing_of_this_one(tree, monkeypatch):
    monkeypatch.setenv("GIT_DIR", str(tree.parent))
    monkeypatch.setenv("GIT_INDEX_FILE", "/dev/null")
    assert "build/rules.py" in read(tree).texts


def test_where_git_does_not_end_there_is_none(tree, monkeypatch):
    monkeypatch.setattr(worktree, "_LONGEST_SECONDS", 0.5)
    (tree / ".gitignore").unlink()
    os.mkfifo(tree / ".gitignore")
    found = read(tree)
    assert set(found.texts) == {"a.py", "gone.py"}
    assert ("build", BUILT) in found.left_out
