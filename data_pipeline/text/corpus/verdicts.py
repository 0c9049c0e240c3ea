"""Why a source file is not trained on: signs that are seen in the file alone.

The bounds on lines and letters are those of StarCoder (Li et al., arXiv:2305.06161,
section 3.1) with a longer longest line, since a single long one is often a table.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection

from data_pipeline.text.corpus import licence_expression
from data_pipeline.text.corpus.source_file import UNKNOWN, SourceFile

LICENCES_VERSION = 4
"""Of how licences are found and compared with those that are allowed: with another
one files are judged anew."""
LEAST_BYTES, MOST_BYTES = 64, 500_000
_LONGEST_LINE, _LONGEST_MEAN = 2000, 100
_LEAST_LETTERS = 0.25
_HEAD = 2000
"""Characters in which a generator says its name."""
_GENERATED = re.compile(
    r"do not (?:edit|modify)|@generated\b|\bauto-?generated\b"
    r"|\bautomatically generated\b|\bgenerated (?:automatically|code)\b",
    re.IGNORECASE,
)
VENDORED = frozenset(
    ("vendor", "_vendor", "vendored", "third_party", "third-party", "thirdparty")
)
"""Folders of what somebody else wrote."""
VENDORED_VERSION = 2
"""Of what lies in a folder or archive that is itself called so: before 2, all of that
was refused."""


def against(file: SourceFile, licences: Collection[str]) -> str | None:
    """Why a file is refused; None if nothing speaks against it.

    Args:
      licences: those that are allowed (`licence_expression`); all are, if there are
        none.
    """
    if file.language == UNKNOWN:
        return "of no known language"
    if licences and not licence_expression.allows(file.licence, licences):
        return f"licence not allowed: {file.licence}"
    if not LEAST_BYTES <= len(file.content) <= MOST_BYTES:
        return "too small" if len(file.content) < LEAST_BYTES else "too large"
    _, *folders = posixpath.dirname(file.path).split("/")  # below what the corpus names
    if not VENDORED.isdisjoint(folders):
        return "vendored"
    try:
        text = file.content.decode("utf-8")
    except UnicodeDecodeError:
        return "no UTF-8"
    if "\0" in text:
        return "no text"
    if _GENERATED.search(text[:_HEAD]):
        return "generated"
    lines = text.splitlines()
    mean = len(text) / len(lines)
    if ".min." in file.path or mean > _LONGEST_MEAN:
        return "minified"
    if max(map(len, lines)) > _LONGEST_LINE:
        return "minified"
    if sum(map(str.isalnum, text)) < _LEAST_LETTERS * len(text):
        return "hardly any words"
    return None
