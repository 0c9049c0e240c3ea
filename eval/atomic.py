"""Files and folders that are whole or not there."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import secrets
import shutil
from collections.abc import Iterator
from typing import Any

from data_pipeline.user_error import UserError


@contextlib.contextmanager
def replacing(path: pathlib.Path) -> Iterator[pathlib.Path]:
    """Gives a path to write to, which becomes `path` once the block has succeeded.

    Several processes may replace the same path at once, those of other machines too;
    then what one of them made is there in the end. The block makes a file of it, or a
    folder; of folders only an empty one is replaced. The folder around it is made. The
    path given keeps the suffix, by which libraries choose a format. Where `path` is a
    link, what it leads to is replaced.

    Raises:
      UserError: it cannot be written, or is a device or a pipe; what was at `path` is
        then untouched.
    """
    if path.is_symlink():
        path = pathlib.Path(os.path.realpath(path))
    unfinished = path.with_name(f".{secrets.token_hex(4)}-{path.name}")
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise UserError(
                f"{path} is neither a file nor a folder, and is not replaced by one: "
                "give the result a name of its own."
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        yield unfinished
        os.replace(unfinished, path)
    except OSError as error:
        raise UserError(
            f"{path} cannot be written ({error.strerror or error})."
        ) from error
    finally:
        if unfinished.is_dir():
            shutil.rmtree(unfinished, ignore_errors=True)
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)


def write_text(path: pathlib.Path, text: str) -> None:
    """Writes a file of UTF-8, as `replacing` does.

    Raises:
      UserError: it cannot be written.
    """
    with replacing(path) as whole:
        whole.write_text(text, encoding="utf-8")


def write_json(path: pathlib.Path, content: Any) -> None:
    """Writes a JSON file for people too, as `replacing` does.

    Raises:
      UserError: it cannot be written.
    """
    write_text(path, json.dumps(content, indent=1) + "\n")
