"""A program: files, in a language, and which of them to start."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from data_pipeline.user_error import UserError

_LONGEST_NAME = 255
_LONGEST_PATH = 1024
MOST_FILES = 4096


class UnsafePath(UserError):
    """A file name that leads elsewhere, or nowhere."""


def check_paths(paths: Sequence[str]) -> None:
    """Holds relative paths of files to what lies inside their folder.

    Raises:
      UnsafePath: one is absolute, has a part that is empty, `.` or `..`, holds a NUL
        or what is no Unicode, is too long, or is a folder of another one.
    """
    if len(paths) > MOST_FILES:
        raise UnsafePath(f"There are {len(paths):,} files; at most {MOST_FILES:,} go.")
    files = set(paths)
    for path in paths:
        parts = path.split("/")
        try:
            sizes = [len(part.encode()) for part in parts]
        except UnicodeEncodeError as error:
            raise UnsafePath(f"The file name {path!r} is not Unicode.") from error
        if "\0" in path or {"", ".", ".."} & set(parts):
            raise UnsafePath(
                f"The file name {path!r} may not be absolute, nor hold an empty part, "
                "`.`, `..` or a NUL."
            )
        if max(sizes) > _LONGEST_NAME or sum(sizes) + len(sizes) > _LONGEST_PATH:
            raise UnsafePath(f"The file name {path[:40]!r}... is too long.")
        for end in range(1, len(parts)):
            if "/".join(parts[:end]) in files:
                raise UnsafePath(f"{'/'.join(parts[:end])!r} is a file and a folder.")


@dataclasses.dataclass(frozen=True)
class Program:
    """Attributes:
    language: a name of `languages.LANGUAGES`.
    files: contents by path, relative to the folder that the program starts in.
    entry: the one of them that holds the main function, or is the script.
    arguments: given to the program; `{box}` in them is the folder it starts in.

    Raises:
      UnsafePath: a path is not inside the folder.
      UserError: the entry is not among the files.
    """

    language: str
    files: Mapping[str, bytes]
    entry: str
    arguments: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_paths(list(self.files))
        if self.entry not in self.files:
            raise UserError(
                f"The program starts with {self.entry!r}, but has only "
                f"{', '.join(sorted(self.files)) or 'no file'}."
            )


@dataclasses.dataclass(frozen=True)
class Command:
    """A command line of the sandbox's machine, with files of somebody else.

    Attributes:
      argv: the first is an absolute path; all may say `{box}` for the folder
        that the command starts in.
      files: contents by path, relative to that folder.
      environment: added to the few variables that every program gets; `{box}` as above.
      readable: folders of that machine that it may read, at their own path.
      reserve_bytes: addresses that its runtime takes beyond the memory that it uses.
    """

    argv: tuple[str, ...]
    files: Mapping[str, bytes] = dataclasses.field(default_factory=dict)
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    readable: tuple[str, ...] = ()
    reserve_bytes: int = 0

    def __post_init__(self) -> None:
        check_paths(list(self.files))
        if not self.argv or not self.argv[0].startswith(("/", "{box}/")):
            raise UserError(f"{self.argv[:1]} is no absolute path of a program.")
        for folder in self.readable:
            if not folder.startswith("/"):
                raise UserError(f"{folder!r} is no absolute path of a folder to read.")
        for word in (*self.argv, *self.environment.values(), *self.environment):
            if "\0" in word:
                raise UserError(f"The word {word!r} holds a NUL.")
