"""SHA-256 of files, remembered for as long as a file stays as it is."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import pathlib

from data_pipeline.user_error import UserError
from eval.atomic import write_json

_MEMORY = "checksums.json"


def sha256_of(path: pathlib.Path) -> str:
    """The checksum of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unpacked_sha256(path: pathlib.Path) -> str:
    """The checksum of what a file holds, unpacked if its name ends with `.gz`: the same
    for a file and its gzipped copy."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remembered_sha256(path: pathlib.Path, directory: pathlib.Path) -> str:
    """The checksum of a file, computed once per size and time of its last change.

    Args:
      directory: holds what is remembered; where it cannot be written to, nothing is.
    """
    status = path.stat()
    name, now = str(path.absolute()), [status.st_size, status.st_mtime_ns]
    memory = directory / _MEMORY
    known = _read(memory)
    if name in known and known[name][:2] == now:
        return known[name][2]
    sha256 = sha256_of(path)
    with contextlib.suppress(UserError):
        write_json(memory, _read(memory) | {name: [*now, sha256]})
    return sha256


def _read(memory: pathlib.Path) -> dict[str, list]:
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # not there, or damaged: then it is made again
        return {}
    return known if isinstance(known, dict) else {}
