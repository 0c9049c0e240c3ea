"""Source files out of tables: HuggingFace's Parquet files, and JSON Lines.

A row is a file, in columns that go by the names that published sets give them.
"""

from __future__ import annotations

import gzip
import json
import pathlib
import zlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from data_pipeline.schema import UserError
from data_pipeline.text.corpus import licence_expression, statements
from data_pipeline.text.corpus.source_file import UNKNOWN, SourceFile, language_of
from data_pipeline.text.corpus.tree import printable

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
    for number, row in enumerate(rows(path, _ALL), start=1):
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
        licence = statements.of_source(raw) or _licence(_first(row, _LICENCE))
        told = printable(f"{path.name}:{number}/{name}")
        yield SourceFile(told, language, raw, printable(licence))


def rows(
    path: pathlib.Path, columns: Collection[str] | None = None
) -> Iterator[Mapping[str, Any]]:
    """The rows of a table as they are, in its order; JSON Lines may be gzipped.

    Args:
      columns: that are wanted of a Parquet file; None for all.

    Raises:
      UserError: it cannot be read.
    """
    return _parquet(path, columns) if path.suffix == ".parquet" else _lines(path)


def _parquet(
    path: pathlib.Path, columns: Collection[str] | None
) -> Iterator[Mapping[str, Any]]:
    import pyarrow  # takes a while
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names
            if columns is not None:
                names = [name for name in names if name in columns]
            for batch in file.iter_batches(1000, columns=names):
                yield from batch.to_pylist()
    except (OSError, pyarrow.ArrowException) as error:
        reason = str(error).splitlines()[0][:200]
        raise UserError(f"{path} cannot be read as Parquet ({reason}).") from error


def _lines(path: pathlib.Path) -> Iterator[Mapping[str, Any]]:
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise ValueError(f"line {number} is no object")
                yield row
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
        raise UserError(f"{path} cannot be read as JSON Lines ({error}).") from error


def _first(row: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((row[name] for name in names if row.get(name)), None)


def _licence(stated: Any) -> str:
    names = stated if isinstance(stated, list) else [stated] if stated else []
    # A set tells all that it found, and not how they belong together.
    return licence_expression.joined(sorted(map(str, names))) or UNKNOWN
