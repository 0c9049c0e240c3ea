"""Rows of benchmarks, none of whose texts may be trained on."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from data_pipeline.schema import UserError
from data_pipeline.text.corpus import function_hashes, overlap, tables

VERSION = 2
"""Of how files are compared with rows: with another one files are judged anew."""
_SUFFIXES = (*tables.SUFFIXES, ".jsonl.gz")


def checked(name: str) -> pathlib.Path:
    """A file of `data.kept_out`.

    Raises:
      UserError: there is no such file, or it is called like none that can be read.
    """
    path = pathlib.Path(name)
    if not path.is_file():
        raise UserError(
            f"data.kept_out names {name}, which is no file: set it to files of "
            "benchmarks, with commas between them, or leave it empty."
        )
    if not name.endswith(_SUFFIXES):
        raise UserError(
            f"data.kept_out names {name}, but a file of a benchmark is read by the end "
            f"of its name, which must be one of {', '.join(_SUFFIXES)}."
        )
    return path


class KeptOut:
    """The signs of all rows of some files, to be looked for in source files.

    A row's texts are its strings, also those in lists and objects, each for itself; and
    its functions also those that two of them make, a head and a body. What many rows of
    a file share is no sign.
    """

    def __init__(self, paths: Sequence[pathlib.Path]):
        """Args:
        paths: files that are `checked`.

        Raises:
          UserError: a file cannot be read, or has no text to be known by.
        """
        self._rows: list[str] = []
        runs: list[set[str]] = []
        functions: list[set[str]] = []
        for path in paths:
            rows = list(map(_signs, tables.rows(path)))
            by_run = overlap.rare([found for found, _ in rows])
            by_function = overlap.rare([found for _, found in rows])
            if not any(by_run) and not any(by_function):
                raise UserError(
                    f"data.kept_out names {path}, but none of its {len(rows):,} rows "
                    f"has a text of {overlap.LEAST_RUN} words to be known by: name the "
                    "file of a benchmark's problems."
                )
            runs += by_run
            functions += by_function
            self._rows += [f"{path.name}, row {n}" for n in range(1, len(rows) + 1)]
        self._signs = overlap.Signs(runs, functions)

    def row_in(self, text: str) -> str | None:
        """The row that a text has most runs of words of; without any, one that it has a
        function of; None if it has no sign. Of several the first."""
        read = overlap.Text(text)
        shared = self._signs.runs(read)
        if shared:
            return self._rows[max(sorted(shared), key=shared.__getitem__)]
        same = self._signs.functions(read)
        return self._rows[min(same)] if same else None


def _signs(row: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """Its runs of words, and the hashes of its functions."""
    texts = list(_strings(row))
    fields = [value for value in row.values() if isinstance(value, str)]
    # Benchmarks of continuation publish what a function begins with, and its rest.
    bodies = [text for text in fields if text.lstrip("\r\n").startswith((" ", "\t"))]
    whole = [f"{head}\n{body}" for body in bodies for head in fields if head != body]
    return (
        set[str]().union(*map(overlap.runs, texts)),
        set[str]().union(*map(function_hashes.hashes, [*texts, *whole])),
    )


def _strings(value: Any) -> Iterator[str]:
    rest = [value]
    while rest:
        one = rest.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, Mapping):
            rest += one.values()
        elif isinstance(one, Sequence) and not isinstance(one, bytes):
            rest += one
