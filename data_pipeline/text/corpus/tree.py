"""Files by name, in a folder or in an archive."""

from __future__ import annotations

import os
import pathlib
import zipfile
import zlib
from collections.abc import Callable, Iterator

from data_pipeline.schema import UserError

_ELSEWHERE = frozenset(
    ("site-packages", "dist-packages", "__pycache__", ".git", ".venv", "venv")
)
"""Folders that are not looked into: what lies there belongs to something else."""


class Tree:
    """Attributes:
    names: of the files, from the top of the tree on, with slashes; sorted.
    """

    def __init__(self, names: list[str], read: Callable[[str], bytes]):
        self.names = sorted(names)
        self._read = read
        self._known = frozenset(names)

    def __contains__(self, name: str) -> bool:
        return name in self._known

    def read(self, name: str) -> bytes:
        """The content of a file.

        Raises:
          UserError: it cannot be read.
        """
        try:
            return self._read(name)
        except (OSError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
            raise UserError(
                f"The source file {printable(name)} cannot be read ({error}): mend "
                "it, or name other places in the corpus."
            ) from error

    @classmethod
    def open(cls, path: pathlib.Path) -> Tree:
        """The files of a folder, without links and those of `_ELSEWHERE`, or of a ZIP
        archive.

        Raises:
          UserError: it is neither.
        """
        if path.is_dir():
            return cls(list(_within(path)), lambda name: (path / name).read_bytes())
        try:
            archive = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise UserError(
                f"The corpus names {path}, which is no folder and no ZIP archive "
                f"({error})."
            ) from error
        members = [name for name in archive.namelist() if not name.endswith("/")]
        return cls(members, archive.read)


def _within(path: pathlib.Path) -> Iterator[str]:
    for folder, inner, bases in os.walk(path):
        inner[:] = [name for name in inner if name not in _ELSEWHERE]
        within = os.path.relpath(folder, path).replace(os.sep, "/")
        for base in bases:
            file = pathlib.Path(folder, base)
            if file.is_file() and not file.is_symlink():
                yield base if within == "." else f"{within}/{base}"


def printable(name: str) -> str:
    """A name as UTF-8 can have it, which those of files and in JSON need not be."""
    return name.encode("utf-8", "backslashreplace").decode()
