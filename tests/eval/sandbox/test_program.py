"""File names that lead elsewhere are refused before anything runs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.schema import UserError
from eval.sandbox.limits import RUNNING, Limits
from eval.sandbox.program import MOST_FILES, Command, Program, UnsafePath, check_paths

TRICKS = (
    "",
    "/etc/passwd",
    "../outside",
    "inside/../../outside",
    "..",
    ".",
    "./main.py",
    "a//b",
    "a/",
    "a\0b",
    "\ud800",
    "x" * 256,
    "/".join(["x" * 200] * 6),
)


@pytest.mark.parametrize("path", TRICKS)
def test_tricks_are_refused(path):
    with pytest.raises(UnsafePath):
        Program("python", {"main.py": b"", path: b""}, "main.py")
    with pytest.raises(UnsafePath):
        Command(("/bin/true",), {path: b""})


def test_file_cannot_be_a_folder_too():
    with pytest.raises(UnsafePath, match="a file and a folder"):
        check_paths(["a/b", "a/b/c"])


def test_files_are_counted():
    with pytest.raises(UnsafePath, match="at most"):
        check_paths([str(number) for number in range(MOST_FILES + 1)])


@given(st.lists(st.sampled_from(["a", "..", ".", "", "b\0", " ", "-rf", "\\", "$x"])))
def test_what_passes_stays_inside(parts):
    path = "/".join(parts)
    try:
        check_paths([path])
    except UnsafePath:
        assert not path or {"", ".", "..", "b\0"} & set(parts)
    else:
        assert parts and not {"", ".", "..", "b\0"} & set(parts)


def test_odd_names_arrive_as_they_are(sandbox):
    names = ["-rf", "--", "a b", "{box}", "$x\n'\"`", "ü/é", "*", "\\", ".built/x"]
    text = b"""
import os
for folder, _, files in os.walk("."):
    print([os.path.join(folder, name) for name in files])
"""
    files = {"main.py": text, **{name: b"" for name in names}}
    outcome = sandbox.run(Program("python", files, "main.py"))
    found = {path[2:] for line in outcome.stdout.splitlines() for path in eval(line)}
    assert found == set(files)


def test_many_files_arrive(sandbox):
    files = {f"{number % 7}/{number}": b"x" for number in range(1500)}
    text = b"import os; print(sum(len(files) for _, _, files in os.walk('.')))"
    outcome = sandbox.run(Program("python", {"main.py": text, **files}, "main.py"))
    assert outcome.stdout == b"1501\n"


def test_folders_to_read_are_checked(sandbox):
    with pytest.raises(UserError, match="no absolute path of a folder"):
        Command(("/bin/true",), readable=("relative",))
    with pytest.raises(UserError, match="'/not/there' is no folder to read"):
        sandbox.execute(Command(("/bin/true",), readable=("/not/there",)))


@pytest.mark.parametrize("argv", [(), ("sh",), ("./sh",), ("/bin/sh", "a\0b")])
def test_commands_are_checked(argv):
    with pytest.raises(UserError):
        Command(argv)


@pytest.mark.parametrize("value", [0, -1, float("inf"), float("nan")])
def test_limits_limit(value):
    with pytest.raises(ValueError, match="wall_seconds"):
        Limits(**{**vars(RUNNING), "wall_seconds": value})
