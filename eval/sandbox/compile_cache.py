"""Compiled programs, kept by the hash of all that decides what they become."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import pathlib
import tarfile
import threading
from collections.abc import Callable, Mapping

from data_pipeline.user_error import UserError
from eval.atomic import replacing
from eval.sandbox.program import check_paths


def key(decisive: object, files: Mapping[str, bytes]) -> str:
    """A hash of files and of whatever else decides, as JSON."""
    contents = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
    text = json.dumps([decisive, contents], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


class CompileCache:
    """A folder with a folder for each compiled program.

    What is in it was made inside a sandbox and is only ever started inside one. Any
    number of processes may share it.

    Args:
      folder: made when it is first written to.
      most_bytes: what is oldest goes when there is more.
    """

    def __init__(self, folder: pathlib.Path, most_bytes: int = 2**31):
        self._folder, self._most = folder, most_bytes
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def get(self, name: str, build: Callable[[], bytes]) -> pathlib.Path:
        """The folder of a compiled program.

        Args:
          build: compiles it, to a tar file; called once at a time for each name. If it
            raises, nothing is kept.

        Raises:
          UserError: the folder cannot be written.
        """
        place = self._folder / name[:2] / name
        with self._guard:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            if place.is_dir():
                with contextlib.suppress(OSError):  # of somebody else, or just removed
                    os.utime(place)
                return place
            archive = build()
            try:
                with replacing(place) as whole:
                    _unpack(archive, whole)
            except UserError:
                if not place.is_dir():  # no other process was faster
                    raise
            self._make_room(place)
        return place

    def _make_room(self, newest: pathlib.Path) -> None:
        found = []
        for place in self._folder.glob("??/*"):
            with contextlib.suppress(OSError):
                files = [file.stat().st_size for file in place.iterdir()]
                found.append((place.stat().st_mtime, sum(files), place))
        total = sum(size for _, size, _ in found)
        for _, size, place in sorted(found):
            if total <= self._most:
                break
            if place != newest:
                total -= size
                with contextlib.suppress(OSError):
                    for file in place.iterdir():
                        file.unlink()
                    place.rmdir()


def _unpack(archive: bytes, folder: pathlib.Path) -> None:
    """Writes the files of a tar file, and nothing else that it may hold."""
    folder.mkdir()
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        members = {m.name.removeprefix("./"): m for m in tar if m.isreg()}
        check_paths(list(members))
        for path, member in members.items():
            content = tar.extractfile(member)
            assert content is not None
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.read())
