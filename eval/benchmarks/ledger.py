"""Lines of JSON that are only ever added, so that work that is killed goes on."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import threading
from collections.abc import Iterator
from typing import Any

from data_pipeline.schema import UserError
from eval import file_lock


class Damaged(UserError):
    """A line is no row: what was kept cannot be gone on with."""


class Ledger:
    """An open file with one object a line; many threads may add to it.

    Attributes:
      rows: what stood in it when it was opened.
    """

    def __init__(self, path: pathlib.Path, descriptor: int, synced: bool = False):
        """Args:
        synced: a line that is there outlives the machine's own end, too.
        """
        self._path, self._descriptor = path, descriptor
        self._synced = synced
        self._lock = threading.Lock()
        self.rows = self._read()

    def add(self, row: dict[str, Any]) -> None:
        """Writes a line; it is there even if this process is killed right after.

        Raises:
          UserError: it cannot be written.
        """
        line = memoryview(json.dumps(row).encode() + b"\n")
        with self._lock, _told(self._path):
            while line:  # a disk that is almost full takes a part
                line = line[os.write(self._descriptor, line) :]
            if self._synced:
                os.fsync(self._descriptor)

    def _read(self) -> list[dict[str, Any]]:
        """All whole lines; what was being written when the end came is cut off."""
        with _told(self._path), open(self._descriptor, "rb", closefd=False) as file:
            data = file.read()
            whole = data.rfind(b"\n") + 1
            if whole < len(data):
                os.ftruncate(self._descriptor, whole)
        rows = []
        for number, line in enumerate(data[:whole].split(b"\n")[:-1], start=1):
            try:
                row = json.loads(line)
            except ValueError as error:
                raise Damaged(
                    f"{self._path}:{number} is damaged ({error}): remove that line."
                ) from error
            if not isinstance(row, dict):
                raise Damaged(f"{self._path}:{number} is no JSON object: remove it.")
            rows.append(row)
        return rows


@contextlib.contextmanager
def opened(path: pathlib.Path, synced: bool = False) -> Iterator[Ledger]:
    """Opens a ledger, or begins one; one process at a time.

    Raises:
      file_lock.Busy: another process has it.
      Damaged: a line is no row.
      UserError: it cannot be read or written.
    """
    busy = (
        f"Another process is writing {path}: wait for it, or choose another --output."
    )
    with file_lock.held(path, busy) as descriptor:
        yield Ledger(path, descriptor, synced)


@contextlib.contextmanager
def _told(path: pathlib.Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{path} cannot be written ({error.strerror or error})."
        ) from error
