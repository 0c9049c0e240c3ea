"""What the harness and a warden say to each other: JSON, and bytes."""

from __future__ import annotations

import dataclasses
import json
import struct
from typing import Any, BinaryIO

from eval.sandbox.limits import Limits

NAMESPACES, LANDLOCK, LIMITS = "namespaces", "landlock", "limits"

DISMISSED: dict[str, Any] = {}
"""In place of a job: the warden is needed no longer."""


@dataclasses.dataclass(frozen=True)
class Job:
    """One run, as a warden needs it; plain values, so that it passes through JSON.

    Attributes:
      confinement: one of the three names above.
      argv: the command; `{box}` in it and in `environment` is the folder it starts in.
      environment: all variables.
      files: paths in the box, to be filled with the bytes that follow the job.
      copies: paths in the box and the files of this machine to fill them with, which
        may be started.
      readable: folders of this machine to read.
      reserve: see `Command.reserve_bytes`.
      bwrap: path of bubblewrap.
      options: see `namespaces.OPTIONAL`.
      scratch: folder in which a warden makes boxes.
      drop_user: run as another user than the harness, which is root.
      show: `readable` may lie where that user cannot go.
      source: path of a pipe to read standard input from; empty for bytes that follow
        the job.
      sink: path of a pipe that standard output goes on to; empty if to nobody. The
        program ends when nobody reads from there any more.
    """

    confinement: str
    argv: list[str]
    environment: dict[str, str]
    files: list[str]
    copies: list[tuple[str, str]]
    readable: list[str]
    limits: Limits
    reserve: int
    bwrap: str
    options: list[str]
    scratch: str
    drop_user: bool
    show: bool
    source: str
    sink: str

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @staticmethod
    def from_json(value: dict[str, Any]) -> Job:
        return Job(**{**value, "limits": Limits(**value["limits"])})


def write(stream: BinaryIO, value: dict[str, Any], blobs: list[bytes]) -> None:
    """Raises:
    BrokenPipeError: nobody reads any more.
    """
    head = json.dumps({"value": value, "sizes": [len(blob) for blob in blobs]}).encode()
    stream.write(struct.pack("=Q", len(head)) + head)
    for blob in blobs:
        stream.write(blob)
    stream.flush()


def read(stream: BinaryIO) -> tuple[dict[str, Any], list[bytes]] | None:
    """Returns what `write` wrote, or None if the other end is gone."""
    size = stream.read(8)
    if len(size) < 8:
        return None
    length = struct.unpack("=Q", size)[0]
    text = stream.read(length)
    if len(text) < length:
        return None
    head = json.loads(text)
    blobs = [stream.read(size) for size in head["sizes"]]
    if [len(blob) for blob in blobs] != head["sizes"]:
        return None
    return head["value"], blobs
