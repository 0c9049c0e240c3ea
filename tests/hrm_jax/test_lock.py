"""A workdir has one training at a time, and a dead one does not count."""

import errno
import fcntl
import subprocess
import sys

import pytest

from data_pipeline.schema import UserError
from hrm_jax import lock

HOLD = """
import pathlib, sys, time
from hrm_jax import lock
with lock.held(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_the_kernel_lets_go_of_what_a_killed_process_held(tmp_path):
    workdir = tmp_path / "run"
    words = [sys.executable, "-c", HOLD, str(workdir)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout and process.stdout.readline() == "held\n"
        with pytest.raises(UserError, match=f"training the run in {workdir}"):
            with lock.held(workdir):
                pytest.fail("two trainings hold the workdir")
    finally:
        process.kill()
        process.communicate()
    for _ in range(2):
        with lock.held(workdir):
            pass


def test_a_file_system_without_locks_does_without(tmp_path, monkeypatch):
    def none(file, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    with lock.held(tmp_path), lock.held(tmp_path):
        pass
