"""What the harness and an agent say to each other, as JSON; bytes are in base64."""

from __future__ import annotations

import base64
from typing import Any

from eval.sandbox.outcome import Outcome
from eval.sandbox.program import Command, Program


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def data(text: str) -> bytes:
    return base64.b64decode(text)


def of_files(value: Program | Command) -> dict[str, Any]:
    """A program or a command."""
    files = {path: text(content) for path, content in value.files.items()}
    return {**vars(value), "files": files}


def program(value: dict[str, Any]) -> Program:
    return Program(**{**value, **_files(value), "arguments": tuple(value["arguments"])})


def command(value: dict[str, Any]) -> Command:
    words = {name: tuple(value[name]) for name in ("argv", "readable")}
    return Command(**{**value, **_files(value), **words})


def of_outcome(value: Outcome) -> dict[str, Any]:
    outputs = {"stdout": text(value.stdout), "stderr": text(value.stderr)}
    return {**vars(value), **outputs}


def outcome(value: dict[str, Any]) -> Outcome:
    outputs = {name: data(value[name]) for name in ("stdout", "stderr")}
    return Outcome(**{**value, **outputs})


def _files(value: dict[str, Any]) -> dict[str, dict[str, bytes]]:
    return {"files": {path: data(content) for path, content in value["files"].items()}}
