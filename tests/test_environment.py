"""`environment.sh` with real interpreters, real environments and no network."""

import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

import pytest

SCRIPT = pathlib.Path(__file__).parent.parent / "environment.sh"


@pytest.fixture
def checkout(tmp_path):
    """A folder with the script and requirements that a local wheel satisfies."""
    shutil.copy(SCRIPT, tmp_path)
    for name in ("first", "second"):
        info = f"{name}-1.0.dist-info"
        with zipfile.ZipFile(tmp_path / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{name}.py", "")
            wheel.writestr(
                f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0"
            )
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any")
            wheel.writestr(f"{info}/RECORD", "")
    (tmp_path / "requirements.txt").write_text("./first-1.0-py3-none-any.whl\n")
    (tmp_path / "requirements-dev.txt").write_text(
        "-r requirements.txt\n./second-1.0-py3-none-any.whl\n"
    )
    return tmp_path


def prepare(checkout, file="requirements.txt", **variables):
    return subprocess.run(
        ["sh", "environment.sh", ".venv", file],
        cwd=checkout,
        env=os.environ | {"PYTHON": sys.executable, "PIP_NO_INDEX": "1"} | variables,
        capture_output=True,
        text=True,
        timeout=120,
    )


def has(checkout, module):
    python = checkout / ".venv" / "bin" / "python"
    return subprocess.run([python, "-c", f"import {module}"]).returncode == 0


def interpreter(path, prelude):
    """An interpreter that runs `prelude` before whatever `-c` gives it."""
    path.parent.mkdir(exist_ok=True)
    start = f"import sys; {prelude}; exec(sys.argv[1])"
    path.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{start}" "$2"\n')
    path.chmod(0o755)
    return path


OLD = "sys.version_info = (3, 9, 18)"
BARE = "sys.modules['ensurepip'] = None"


def test_installs_once_and_follows_the_requirements(checkout):
    first = prepare(checkout)
    assert first.returncode == 0, first.stderr
    assert has(checkout, "first") and not has(checkout, "second")

    # An option that pip refuses shows that pip is not even started.
    again = prepare(checkout, PIP_ARGS="--no-such-option")
    assert (again.returncode, again.stdout) == (0, "")

    assert prepare(checkout, "requirements-dev.txt").returncode == 0
    assert has(checkout, "second")

    # A change in the shared file reaches those that include it.
    with (checkout / "requirements.txt").open("a") as file:
        file.write("# changed\n")
    stale = prepare(checkout, "requirements-dev.txt", PIP_ARGS="--no-such-option")
    assert stale.returncode == 2
    assert "Installing requirements-dev.txt failed" in stale.stderr

    # That failure cost nothing that was there before.
    assert has(checkout, "second")
    mended = prepare(checkout, "requirements-dev.txt")
    assert mended.returncode == 0 and "Making" not in mended.stdout


@pytest.mark.slow
def test_interrupted_installation_starts_afresh(checkout):
    assert prepare(checkout).returncode == 0
    # What a kill in the middle leaves: half a package, and no mark of completion.
    (checkout / ".venv" / "ready").unlink()
    next((checkout / ".venv").glob("lib/*/site-packages/first.py")).unlink()
    again = prepare(checkout)
    assert again.returncode == 0 and "Making" in again.stdout
    assert has(checkout, "first")


@pytest.mark.parametrize(
    "prelude, words",
    [
        (OLD, ("3.11, 3.12 or 3.13", "is Python 3.9", "make PYTHON=")),
        (BARE, ("lacks venv or ensurepip", "apt install python3.", "make PYTHON=")),
    ],
    ids=["old", "bare"],
)
def test_unusable_python_gets_one_sentence(checkout, prelude, words):
    python = interpreter(checkout / "bin" / "python3", prelude)
    found = prepare(checkout, PYTHON=str(python))
    assert found.returncode == 2
    assert found.stderr.count("\n") == 1 and found.stdout == ""
    assert all(word in found.stderr for word in words)
    assert not (checkout / ".venv").exists()


def test_missing_python_gets_one_sentence(checkout):
    found = prepare(checkout, PYTHON="/no/such/python")
    assert found.returncode == 2
    assert "/no/such/python does not run" in found.stderr
    assert found.stderr.count("\n") == 1


def test_looks_past_an_unsuitable_python(checkout):
    bin_folder = checkout / "bin"
    interpreter(bin_folder / "python3", OLD)
    interpreter(bin_folder / "python3.13", BARE)
    (bin_folder / "python3.12").symlink_to(sys.executable)
    (checkout / "requirements.txt").write_text("")
    path = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"
    found = prepare(checkout, PYTHON="", PATH=path)
    assert found.returncode == 0, found.stderr
    assert f"with {bin_folder}/python3.12" in found.stdout
