"""Files that are whole or not there."""

from __future__ import annotations

import contextlib
import os
import pathlib
from collections.abc import Iterator

from data_pipeline.schema import UserError


@contextlib.contextmanager
def replacing(path: pathlib.Path) -> Iterator[pathlib.Path]:
    """Gives a path to write to, which becomes `path` once the block has succeeded.

    The folder is made. The path given keeps the suffix, by which libraries choose a
    format.

    Raises:
      UserError: the file cannot be written; an older file at `path` is then untouched.
    """
    unfinished = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield unfinished
        os.replace(unfinished, path)
    except OSError as error:
        raise UserError(
            f"{path} cannot be written ({error.strerror or error})."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
