"""Under which licence a file is: what it says itself, or what is said around it."""

from __future__ import annotations

import csv
import email.parser
import json
import posixpath
import re
import tomllib
from collections.abc import Iterable, Iterator
from typing import Any

from data_pipeline.text.corpus.source_file import UNKNOWN
from data_pipeline.text.corpus.tree import Tree, printable

_HEAD = 4096
"""Bytes of a file in which its licence is looked for."""
_SPDX = re.compile(
    rb"SPDX-License-Identifier:[ \t]*([A-Za-z0-9.+()\- \t]*[A-Za-z0-9.+)])"
)
_FILES = re.compile(r"(un)?licen[cs]e|copying|copyright", re.IGNORECASE)

_METADATA = re.compile(r"[^/]+\.dist-info/METADATA")
# Titles of licences that come in versions, without case and layout; what SPDX calls
# them, and the version that is meant where none is said.
_VERSIONED = {
    "gnu affero general public license": ("AGPL", "3"),
    "gnu lesser general public license": ("LGPL", "2.1"),
    "gnu library general public license": ("LGPL", "2"),
    "gnu general public license": ("GPL", ""),
    "gnu free documentation license": ("GFDL", ""),
    "mozilla public license": ("MPL", ""),
    "apache license": ("Apache", ""),
}
_VERSION = r"\bv(?:ersion|\.)? ?(\d(?:\.\d)?)\b"
_TITLE = re.compile(
    rf"(?:{_VERSION} of the )?({'|'.join(_VERSIONED)})(?:\D{{0,99}}?{_VERSION})?"
)
_GPL = "gnu general public license"
# What else stands in a licence: its title or first words, and what must be there, too.
_PHRASES = (
    (
        (_GPL, "gcc runtime library exception"),
        "GPL-3.0-or-later WITH GCC-exception-3.1",
    ),
    ((_GPL, "classpath"), "GPL-2.0-only WITH Classpath-exception-2.0"),
    (("boost software license",), "BSL-1.0"),
    (("python software foundation license",), "PSF-2.0"),
    (("permission is hereby granted, free of charge",), "MIT"),
    (("permission to use, copy, modify, and/or distribute", "appear in all"), "ISC"),
    (("permission to use, copy, modify, and/or distribute",), "0BSD"),
    (
        ("redistribution and use in source and binary forms", "neither the name"),
        "BSD-3-Clause",
    ),
    (("redistribution and use in source and binary forms",), "BSD-2-Clause"),
    (("free and unencumbered software released into the public",), "Unlicense"),
    (("cc0 1.0 universal",), "CC0-1.0"),
    (("this software is provided 'as-is', without any express",), "Zlib"),
)


def stated(content: bytes) -> str:
    """The licence that a text states in its first lines: an SPDX identifier, or the
    words of a known licence; `UNKNOWN` if it has neither.

    Of several the one that is named first counts: licences speak of others. A licence
    of GNU is "or later" only where the words say so, which its own text does not.
    """
    head = content[:_HEAD]
    tagged = _SPDX.search(head)
    if tagged:
        return tagged[1].decode("ascii").strip()
    text = re.sub(r"[\s*#/;]+", " ", head.decode("utf-8", "replace")).lower()
    found = [
        (text.index(phrases[0]), licence)
        for phrases, licence in _PHRASES
        if all(phrase in text for phrase in phrases)
    ]
    found += filter(None, map(_versioned, _TITLE.finditer(text)))
    return min(found, key=lambda one: one[0], default=(0, UNKNOWN))[1]


def _versioned(title: re.Match[str]) -> tuple[int, str] | None:
    """Where a licence is named, and its SPDX id; None if nobody knows which it is."""
    name, meant = _VERSIONED[title[2]]
    said = title[1] or title[3]
    version = said or meant
    if not version:
        return None
    licence = f"{name}-{version if '.' in version else f'{version}.0'}"
    if title[2].startswith("gnu"):
        later = not said or "any later version" in title.string[title.start() :]
        licence += "-or-later" if later else "-only"
    return title.start(2), licence


def is_about(name: str) -> bool:
    """A file of this name may state the licence of others."""
    base = posixpath.basename(name)
    known = base in ("package.json", "Cargo.toml") or bool(_FILES.match(base))
    return known or bool(_METADATA.fullmatch(name)) or name.endswith("/RECORD")


class Surroundings:
    """The licences that a tree of files states for what is in its folders.

    The nearest folder counts: its package.json, its Cargo.toml, or a file called
    LICENSE, COPYING or the like. Of installed Python packages the metadata beside them
    count.
    """

    def __init__(self, tree: Tree, otherwise: str = UNKNOWN):
        """Args:
        otherwise: the licence where nothing is stated.
        """
        self._tree = tree
        self._installed = _by_place(_installed(tree))
        self._known: dict[str, str] = {"": otherwise}
        self._by_folder: dict[str, list[str]] = {}
        for name in tree.names:
            folder, base = posixpath.split(name)
            if is_about(name):
                self._by_folder.setdefault(folder, []).append(base)
        if "" in self._by_folder:
            self._known[""] = self._of_folder("") or otherwise

    def of(self, name: str) -> str:
        """The licence around a file of the tree."""
        for place in (name, name.partition("/")[0]):
            if place in self._installed:
                return self._installed[place]
        return self._nearest(posixpath.dirname(name))

    def _nearest(self, folder: str) -> str:
        if folder not in self._known:
            found = self._of_folder(folder)
            self._known[folder] = found or self._nearest(posixpath.dirname(folder))
        return self._known[folder]

    def _of_folder(self, folder: str) -> str | None:
        names = sorted(self._by_folder.get(folder, ()))
        for base in names:
            content = self._tree.read(posixpath.join(folder, base))
            if base == "package.json":
                found = _of_package_json(content)
            elif base == "Cargo.toml":
                found = _of_cargo(content)
            elif base.endswith((".py", ".go", ".js", ".rs", ".java")):
                continue  # a program about licences is none
            else:
                found = stated(content)
            if found != UNKNOWN:
                return found
        return None


def _of_package_json(content: bytes) -> str:
    try:
        stated_there: Any = json.loads(content).get("license")
    except (ValueError, AttributeError, RecursionError):
        return UNKNOWN
    if isinstance(stated_there, dict):
        stated_there = stated_there.get("type")
    return printable(stated_there) if isinstance(stated_there, str) else UNKNOWN


def _of_cargo(content: bytes) -> str:
    try:
        found: Any = tomllib.loads(content.decode()).get("package", {}).get("license")
    except (ValueError, AttributeError, RecursionError):
        return UNKNOWN
    return found if isinstance(found, str) else UNKNOWN


_CLASSIFIER = re.compile(r"License :: (?:OSI Approved :: )?(.+)")
_LONGEST = 61
"""Characters of a licence's name; what is longer is its text."""
_OPERATORS = re.compile(r"\s+(?:AND|OR|WITH)\s+|[()]")
_WITHOUT_HYPHEN = {"MIT", "ISC", "0BSD", "Zlib", "Unlicense"}
# What packages write that means one licence; "BSD License" may mean several.
_WORDS = {
    "mit license": "MIT",
    "isc license": "ISC",
    "apache software license": "Apache-2.0",
    "gplv3+": "GPL-3.0-or-later",
}


def _by_place(packages: Iterable[tuple[list[str], str]]) -> dict[str, str]:
    """Licences of files and of what is at the top, where all packages that are there
    say one: folders hold files that no package lists, or those of several."""
    said: dict[str, set[str]] = {}
    for files, licence in packages:
        for place in {*files, *(file.partition("/")[0] for file in files)}:
            said.setdefault(place, set()).add(licence)
    return {
        place: licence
        for place, (licence, *others) in said.items()
        if not others and licence != UNKNOWN
    }


def _installed(tree: Tree) -> Iterator[tuple[list[str], str]]:
    """Installed Python packages: their files, and their licence."""
    for name in tree.names:
        folder = posixpath.dirname(name)
        record = posixpath.join(folder, "RECORD")
        if not _METADATA.fullmatch(name) or record not in tree:
            continue
        lines = tree.read(record).decode("utf-8", "replace").splitlines()
        try:
            files = [row[0] for row in csv.reader(lines) if row]
        except csv.Error:  # a field without an end
            continue
        licence = _of_metadata(tree.read(name).decode("utf-8", "replace"))
        if not _is_spdx(licence):
            licence = _enclosed(tree, folder, files) or licence
        yield files, licence


def _of_metadata(text: str) -> str:
    """What the headers say, behind which stands what is not for machines."""
    headers = email.parser.HeaderParser().parsestr(text)
    for field in ("License-Expression", "License"):
        first = str(headers.get(field, "")).strip().partition("\n")[0].rstrip()
        # Setuptools once wrote the word where nothing was said.
        if 0 < len(first) <= _LONGEST and first.lower() != "unknown":
            return _WORDS.get(first.lower(), first)
    for classifier in headers.get_all("Classifier", ()):
        if found := _CLASSIFIER.fullmatch(str(classifier).strip()):
            return _WORDS.get(found[1].lower(), found[1])
    return UNKNOWN


def _enclosed(tree: Tree, folder: str, files: list[str]) -> str | None:
    """What the licences in the folder of a package's metadata state, if all say one."""
    texts = [
        tree.read(file)
        for file in files
        if file.startswith(f"{folder}/")
        and _FILES.match(posixpath.basename(file))
        and file in tree
    ]
    said = {stated(text) for text in texts}
    return said.pop() if len(said) == 1 and UNKNOWN not in said else None


def _is_spdx(licence: str) -> bool:
    """Does it look like an SPDX expression, and not like words?"""
    parts = [part.strip() for part in _OPERATORS.split(licence) if part.strip()]
    return bool(parts) and all(
        part in _WITHOUT_HYPHEN or re.fullmatch(r"[\w.]+(-[\w.+]+)+", part)
        for part in parts
    )
