"""A package: a folder whose `package.json` says what is in it, with checksums."""

from __future__ import annotations

import json
import pathlib
from typing import Any

from ml_collections import ConfigDict

from data_pipeline.checksums import sha256_of
from data_pipeline.schema import UserError
from hrm_jax import saved_config
from hrm_jax.export.runner import VERSION, digest

MANIFEST = "package.json"
VERIFICATION = "verification.json"

_UNSEALED = (MANIFEST,)
_SAID = ("format", "source")

Manifest = dict[str, Any]


def seal(folder: pathlib.Path, manifest: Manifest) -> None:
    """Writes the manifest, with its own checksum and those of all files there."""
    files = {
        path.relative_to(folder).as_posix(): {
            "bytes": path.stat().st_size,
            "sha256": sha256_of(path),
        }
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in _UNSEALED
    }
    said = manifest | {"package": VERSION, "files": files}
    said.pop("sealed", None)
    text = json.dumps(said | {"sealed": digest(said)}, indent=1)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def read(folder: pathlib.Path) -> Manifest:
    """Reads the manifest, and holds every file against it.

    Raises:
      UserError: it is no package, one of another version, or a file is missing or is
        another one than was packed.
    """
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        version, files = manifest["package"], dict(manifest["files"])
        sealed = [(name, one["bytes"], one["sha256"]) for name, one in files.items()]
        for name in _SAID:
            manifest[name]
        sealed_as = manifest.pop("sealed", None)
        if version == VERSION and sealed_as not in (None, digest(manifest)):
            raise ValueError("it is not what was packed")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UserError(
            f"{folder} holds no package ({MANIFEST} is missing); `python main.py "
            "export --workdir=RUN` makes one."
        ) from error
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is damaged ({error!r}): export it again.") from error
    if version != VERSION:
        raise UserError(
            f"{path} is of version {version}, but this program reads version "
            f"{VERSION}: export the run again with this one."
        )
    for name, size, sha256 in sealed:
        _require_whole(folder / name, size, sha256)
    return manifest


def is_one(folder: pathlib.Path) -> bool:
    """Is it a package, whole or not, and nothing beside it?"""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        sealed = {MANIFEST, *manifest["files"]} if "package" in manifest else set()
    except (OSError, ValueError, KeyError, TypeError):
        return False
    there = (path for path in folder.rglob("*") if path.is_file())
    return all(path.relative_to(folder).as_posix() in sealed for path in there)


def config(folder: pathlib.Path, manifest: Manifest) -> ConfigDict:
    """The config of the run that a package was made of.

    Raises:
      UserError: the config is of another version of this program.
    """
    return saved_config.rebuilt(manifest["source"]["config"], folder / MANIFEST)


def _require_whole(path: pathlib.Path, size: int, sha256: str) -> None:
    if not path.is_file():
        raise UserError(
            f"{path} is missing from the package: copy the whole folder again."
        )
    if path.stat().st_size != size or sha256_of(path) != sha256:
        raise UserError(f"{path} is not what was packed: copy the package again.")
