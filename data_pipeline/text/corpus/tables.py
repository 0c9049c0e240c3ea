"""Source files out of tables: HuggingFace's Parquet files, and JSON Lines.

A row is a file, in columns that go by the names that published sets give them.
"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

from data_pipeline.schema import UserError
from data_pipeline.text.corpus import licences
from data_pipeline.text.corpus.source_file import UNKNOWN, SourceFile, language_of

SUFFIXES = (".parquet", ".jsonl")
VERSION = 2
"""Of what is read of a table: with another one files are judged anew."""
_CONTENT = ("content", "text", "code")
_PATH = ("path", "max_stars_repo_path", "file_path", "file_name", "filename")
_LANGUAGE = ("language", "lang", "programming_language")
_LICENCE = (
    *("licence", "license", "licences", "licenses"),
    *("max_stars_repo_licenses", "detected_licenses"),
)
_ALL = (*_CONTENT, *_PATH, *_LANGUAGE, *_LICENCE)


def read(path: pathlib.Path, unsaid: bool = False) -> Iterator[SourceFile]:
    """The files of a table, in its order; the language may be `UNKNOWN`.

    Args:
      unsaid: it need not say languages.

    Raises:
      UserError: it cannot be read, or has no column of texts, or neither languages nor
        paths.
    """
    rows = _parquet(path) if path.suffix == ".parquet" else _lines(path)
    for number, row in enumerate(rows, start=1):
        content = _first(row, _CONTENT) or ""  # an empty file
        if row.keys().isdisjoint(_CONTENT) or not isinstance(content, str | bytes):
            raise UserError(
                f"{path}, row {number}, has no text: a column of a corpus must be "
                f"called {' or '.join(_CONTENT)}."
            )
        called, name = _first(row, _LANGUAGE) or "", _first(row, _PATH) or ""
        if not (called or name or unsaid):
            raise UserError(
                f"{path}, row {number}, does not say its language: a column must be "
                f"called {' or '.join((*_LANGUAGE, *_PATH))}."
            )
        language = language_of(str(name), str(called)) or UNKNOWN
        raw = (
            content.encode("utf-8", "surrogatepass")
            if isinstance(content, str)
            else content
        )
        own = licences.stated(raw)
        licence = own if own != UNKNOWN else _licence(_first(row, _LICENCE))
        yield SourceFile(f"{path.name}:{number}/{name}", language, raw, licence)


def _parquet(path: pathlib.Path) -> Iterator[Mapping[str, Any]]:
    import pyarrow  # takes a while
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            columns = [name for name in file.schema_arrow.names if name in _ALL]
            for batch in file.iter_batches(1000, columns=columns):
                yield from batch.to_pylist()
    except (OSError, pyarrow.ArrowException) as error:
        reason = str(error).splitlines()[0][:200]
        raise UserError(f"{path} cannot be read as Parquet ({reason}).") from error


def _lines(path: pathlib.Path) -> Iterator[Mapping[str, Any]]:
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise ValueError(f"line {number} is no object")
                yield row
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read as JSON Lines ({error}).") from error


def _first(row: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((row[name] for name in names if row.get(name)), None)


def _licence(stated: Any) -> str:
    names = stated if isinstance(stated, list) else [stated] if stated else []
    # A set tells all that it found, and not how they belong together.
    return " AND ".join(sorted(map(str, names))) or UNKNOWN
