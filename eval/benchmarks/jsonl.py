"""Files with one JSON object a line, as benchmarks are published."""

from __future__ import annotations

import gzip
import json
import pathlib
import zlib
from collections.abc import Sequence
from typing import Any

from data_pipeline.schema import UserError


def rows(path: pathlib.Path, fields: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The objects of a file, gzipped if its name ends so; empty lines do not count.

    Args:
      fields: that every object must have.

    Raises:
      UserError: the file, or one of its lines, is malformed; the message names it.
    """
    found = []
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        row = parsed(line, f"{path}:{number}")
        needs(row, fields, f"{path}:{number}")
        found.append(row)
    if not found:
        raise UserError(f"{path} holds no row.")
    return found


def parsed(line: str | bytes, place: str) -> dict[str, Any]:
    """The object on a line.

    Args:
      place: where the line stands, for the message.

    Raises:
      UserError: there is none.
    """
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{place} is no JSON ({error}).") from error
    if not isinstance(row, dict):
        raise UserError(f"{place} must be a JSON object, but it is {line[:40]!r}.")
    return row


def rows_of_all(path: pathlib.Path, fields: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The objects of a file, or of all such files in a folder, by name.

    Raises:
      UserError: as `rows`; or a folder holds none.
    """
    if not path.is_dir():
        return rows(path, fields)
    files = sorted([*path.glob("*.jsonl"), *path.glob("*.jsonl.gz")])
    if not files:
        raise UserError(f"{path} holds no .jsonl file.")
    return [row for file in files for row in rows(file, fields)]


def needs(row: dict[str, Any], fields: Sequence[str], place: str) -> None:
    """Holds a row to the fields that it must have.

    Args:
      place: where the row stands, for the message.

    Raises:
      UserError: a field is missing.
    """
    missing = [field for field in fields if field not in row]
    if missing:
        raise UserError(
            f"{place} has no field {missing[0]!r}; it has "
            f"{', '.join(map(repr, row)) or 'none'}."
        )


def _lines(path: pathlib.Path) -> list[str]:
    """Split at newlines alone: JSON may hold other line ends as they are."""
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
        return data.decode().split("\n")
    except FileNotFoundError as error:
        raise UserError(f"There is no file {path}.") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text ({error}).") from error
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} cannot be read ({error}).") from error
