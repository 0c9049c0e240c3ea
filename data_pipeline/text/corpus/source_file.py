"""A file of source code, and which language it is in."""

from __future__ import annotations

import pathlib
from typing import NamedTuple

UNKNOWN = "unknown"
"""Licence of a file of which, or around which, none is stated that we know; language of
a row of a table that is in none of ours."""
_SUFFIXES = {
    "cpp": ("cpp", "cc", "cxx", "hpp", "hh", "hxx", "ipp"),  # .h may be C
    "go": ("go",),
    "java": ("java",),
    "javascript": ("js", "mjs", "cjs"),
    "python": ("py",),
    "rust": ("rs",),
}
_BY_SUFFIX = {
    f".{suffix}": language
    for language, suffixes in _SUFFIXES.items()
    for suffix in suffixes
}
_OTHER_NAMES = {"c++": "cpp", "golang": "go", "js": "javascript", "python3": "python"}


class SourceFile(NamedTuple):
    """Attributes:
    path: how it is named to people; from its folder's or data set's name on.
    language: of `special.LANGUAGES`, or `UNKNOWN`.
    content: as it lies there.
    licence: an SPDX expression, or what a package calls its own, or `UNKNOWN`.
    """

    path: str
    language: str
    content: bytes
    licence: str


def language_of(path: str, called: str = "") -> str | None:
    """The language of a file by what a data set calls it, else by its suffix; None for
    one that is not of ours.

    What a data set says may be none of our names: "Python 3", or the language of people
    that it is written in.
    """
    name = called.lower()
    name = _OTHER_NAMES.get(name, name)
    if name in _SUFFIXES:
        return name
    return _BY_SUFFIX.get(pathlib.PurePosixPath(path).suffix.lower())
