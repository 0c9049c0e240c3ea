"""What is said around a file of its licence, where it says nothing itself."""

from __future__ import annotations

import csv
import email.parser
import json
import posixpath
import re
import tomllib
from collections.abc import Iterable, Iterator
from typing import Any

from data_pipeline.text.corpus import statements
from data_pipeline.text.corpus.source_file import UNKNOWN
from data_pipeline.text.corpus.tree import Tree, printable

_FILES = re.compile(
    r"(?i:(?:un)?licen[cs]es?|copying|copyright)\d?"
    r"(?:(?:[-_][\w-]+|\.[A-Z][\w-]*)(?:\.\d+)*)?(?:\.(?i:txt|md|rst))?"
)
"""Names of files that may state a licence: LICENSE_1_0.txt, COPYING.LESSER and the
like, but no programs, tables or pages."""
_OWN = re.compile(r"((un)?licen[cs]es?|copying)(\.(txt|md|rst))?", re.IGNORECASE)
"""Names of files that state the licence of all that is around them."""
_METADATA = re.compile(r"[^/]+\.dist-info/METADATA")


def is_about(name: str) -> bool:
    """A file of this name may state the licence of others."""
    base = posixpath.basename(name)
    known = base in _MANIFESTS or bool(_FILES.fullmatch(base))
    return known or bool(_METADATA.fullmatch(name)) or name.endswith("/RECORD")


class Surroundings:
    """The licences that a tree of files states for what is in its folders.

    The nearest folder that states one counts, and where nobody knows which (`UNKNOWN`),
    nothing above it does: its package.json, its Cargo.toml, its LICENSE or COPYING;
    without these, files called LICENSE-APACHE, COPYRIGHT or the like. Of installed
    Python packages the metadata beside them count.
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
        own = [base for base in names if base in _MANIFESTS or _OWN.fullmatch(base)]
        others = [base for base in names if base not in own]
        for some in own, others:  # these may be of what is vendored there
            said = [self._stated(folder, base) for base in some]
            found = [licence for licence in said if licence]
            if found:
                return next((one for one in found if one != UNKNOWN), UNKNOWN)
        return None

    def _stated(self, folder: str, base: str) -> str | None:
        content = self._tree.read(posixpath.join(folder, base))
        if read := _MANIFESTS.get(base):
            return read(content)
        return statements.of_notice(content)


def _of_package_json(content: bytes) -> str | None:
    try:
        package: Any = json.loads(content)
        stated: Any = package.get("license") or package.get("licenses")
    except (ValueError, AttributeError, RecursionError):
        return None
    # Once several could be listed, to choose from (npm's documentation of the field).
    some = stated if isinstance(stated, list) else [stated]
    names: list[Any] = [
        one.get("type") if isinstance(one, dict) else one for one in some
    ]
    if all(isinstance(name, str) and name for name in names):
        return printable(" OR ".join(names)) or None
    return UNKNOWN if isinstance(stated, list | dict) else None


def _of_cargo(content: bytes) -> str | None:
    try:
        package: Any = tomllib.loads(content.decode()).get("package", {})
        found, lies_there = package.get("license"), "license-file" in package
    except (ValueError, AttributeError, RecursionError):
        return None
    if isinstance(found, str) and found:
        return found
    return UNKNOWN if lies_there else None


_MANIFESTS = {"package.json": _of_package_json, "Cargo.toml": _of_cargo}


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


def _by_place(packages: Iterable[tuple[list[str], str | None]]) -> dict[str, str]:
    """Licences of files and of what is at the top, where all packages that are there
    say one: folders hold files that no package lists, or those of several."""
    said: dict[str, set[str | None]] = {}
    for files, licence in packages:
        for place in {*files, *(file.partition("/")[0] for file in files)}:
            said.setdefault(place, set()).add(licence)
    return {
        place: licence
        for place, (licence, *others) in said.items()
        if not others and licence
    }


def _installed(tree: Tree) -> Iterator[tuple[list[str], str | None]]:
    """Installed Python packages: their files, and their licence, if any is stated."""
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
        if licence is None or not _is_spdx(licence):
            enclosed = _enclosed(tree, folder, files)
            known = enclosed if enclosed != UNKNOWN else None
            licence = known or licence or enclosed
        yield files, licence


def _of_metadata(text: str) -> str | None:
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
    return None


def _enclosed(tree: Tree, folder: str, files: list[str]) -> str | None:
    """What the licences in the folder of a package's metadata state; `UNKNOWN` if not
    all say one."""
    texts = [
        tree.read(file)
        for file in files
        if file.startswith(f"{folder}/")
        and _FILES.fullmatch(posixpath.basename(file))
        and file in tree
    ]
    said = set(map(statements.of_notice, texts)) - {None}
    return said.pop() if len(said) == 1 else UNKNOWN if said else None


def _is_spdx(licence: str) -> bool:
    """Does it look like an SPDX expression, and not like words?"""
    parts = [part.strip() for part in _OPERATORS.split(licence) if part.strip()]
    return bool(parts) and all(
        part in _WITHOUT_HYPHEN or re.fullmatch(r"[\w.]+(-[\w.+]+)+", part)
        for part in parts
    )
