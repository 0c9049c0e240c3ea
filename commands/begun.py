"""What work that goes on in its folder was begun with."""

from __future__ import annotations

import hashlib
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from data_pipeline import checksums
from data_pipeline.schema import UserError
from eval.atomic import write_json


def hold_to(
    path: pathlib.Path,
    about: dict[str, Any],
    later: Sequence[str] = (),
    before: Mapping[str, Any] | None = None,
) -> None:
    """Keeps what decides the answers, or holds it to what was kept.

    Args:
      later: fields that earlier versions did not keep: where one is not there, nobody
        knows what it was, and any value will do.
      before: what fields were that earlier versions did not keep, where that is known.

    Raises:
      UserError: the folder is of another benchmark, model, data or sampling.
    """
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        write_json(path, about)
        return
    except ValueError as error:
        raise UserError(f"{path} is damaged: choose another --output.") from error
    for field, value in (before or {}).items():
        if field in about:
            known.setdefault(field, value)
    for field in [*about, *known]:
        if field in later and field not in known:
            continue
        if known.get(field) != about.get(field):
            raise UserError(
                f"{path.parent} was begun with {field} {known.get(field)!r}, not "
                f"{about.get(field)!r}: choose another --output."
            )


def digests(path: pathlib.Path) -> dict[str, str]:
    """SHA-256 of each data file, by its name; of a folder's files in one."""
    if path.is_file():
        return {path.name: checksums.sha256_of(path)}
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")):
        if file.is_file():
            name = file.relative_to(path).as_posix()
            digest.update(f"{checksums.sha256_of(file)}  {name}\n".encode())
    return {f"{path.name}/": digest.hexdigest()}
