"""The data in the archive of a repository, unpacked as a whole or not at all."""

from __future__ import annotations

import pathlib
import shutil
import zipfile
import zlib

from data_pipeline.schema import UserError

_LARGEST = 2**30
"""Bytes that the files of an archive may come to."""


def unpack_json(archive: pathlib.Path, folder: pathlib.Path) -> None:
    """Unpacks the JSON files of a zip into a new folder, and nothing else of it.

    The one folder that everything in the archive of a repository lies in is left away.

    Raises:
      UserError: it is damaged, holds no such files or too much, or a name that leads
        out of the folder.
    """
    whole = folder.with_name(f"{folder.name}.unpacking")
    shutil.rmtree(whole, ignore_errors=True)
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [m for m in opened.infolist() if m.filename.endswith(".json")]
            if not members:
                raise ValueError("it holds no JSON files")
            if sum(member.file_size for member in members) > _LARGEST:
                raise ValueError(f"its files come to more than {_LARGEST:,} bytes")
            for member in members:
                path = whole / _inner(member.filename)
                path.parent.mkdir(parents=True, exist_ok=True)
                with opened.open(member) as source, path.open("wb") as target:
                    shutil.copyfileobj(source, target)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        RuntimeError,
        ValueError,
    ) as error:
        shutil.rmtree(whole, ignore_errors=True)
        raise UserError(
            f"{archive} is not the archive of a repository ({error}): run the same "
            "command again, which fetches it anew."
        ) from error
    whole.replace(folder)


def _inner(name: str) -> pathlib.PurePosixPath:
    """Where a file lies within the archive's one folder.

    Raises:
      ValueError: it would lie outside.
    """
    path = pathlib.PurePosixPath(name)
    first, *others = path.parts
    odd = path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name
    if odd or not others:
        raise ValueError(f"it holds {name!r}, which lies in no folder of it")
    return path.relative_to(first)
