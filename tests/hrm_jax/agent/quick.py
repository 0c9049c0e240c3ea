"""What workers open in tests; without pytest, so that they begin at once."""

import contextlib
import os
import time

from data_pipeline.schema import UserError


@contextlib.contextmanager
def quick():
    """Tasks that take a moment and say who did them; some are mistakes."""

    def work(id, folder):
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "begun").open("a") as file:
            file.write("x")
        time.sleep(0.02)
        if id.endswith("7"):
            raise UserError("It cannot be.")
        return {"id": id}

    yield work


@contextlib.contextmanager
def broken():
    os._exit(9)
    yield
