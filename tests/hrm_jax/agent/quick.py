"""What workers open in tests; without pytest, so that they begin at once."""

import contextlib
import os
import resource
import signal
import time

from data_pipeline.schema import UserError
from eval.file_lock import Busy
from eval.sandbox.sandbox import SandboxError
from hrm_jax.agent.mistake import TaskMistake


@contextlib.contextmanager
def quick():
    """Tasks that take a moment and say who did them; some are mistakes, some
    have to be begun three times."""

    def work(id, folder):
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "begun").open("a") as file:
            file.write("x")
        time.sleep(0.02)
        if id.endswith("3") and (folder / "begun").stat().st_size < 3:
            raise Busy("Another one is still at it.")
        if id.endswith("7"):
            raise TaskMistake("It cannot be.")
        return {"id": id}

    yield work


@contextlib.contextmanager
def served():
    """Tasks that need a server, which is up once a file `up` lies beside them."""

    def work(id, folder):
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder.parent / "up").exists():
            raise UserError("The server gave no answer.")
        return {"id": id}

    yield work


@contextlib.contextmanager
def shut():
    """A worker that can open no file for a while, and so give no sign."""

    def work(id, folder):
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, before[1]))
        time.sleep(3)
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        return {"id": id}

    yield work


@contextlib.contextmanager
def odd():
    """Tasks of which some meet an exception that nobody thought of."""

    def work(id, folder):
        if id == "odd":
            raise ZeroDivisionError("no share of nothing")
        if id == "unboxed":
            raise SandboxError("It was lost.")
        return {"id": id}

    yield work


@contextlib.contextmanager
def broken():
    os._exit(9)
    yield


@contextlib.contextmanager
def starved():
    """As where there is not enough memory for the model."""
    os.kill(os.getpid(), signal.SIGKILL)
    yield
