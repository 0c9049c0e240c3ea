"""The texts that a model is trained on: a folder of files, or JSON Lines."""

from __future__ import annotations

import gzip
import pathlib
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from data_pipeline.schema import UserError
from data_pipeline.text.corpus import machine
from data_pipeline.text.corpus.entries import Entry
from eval.benchmarks import jsonl


class Document(NamedTuple):
    """Attributes:
    name: file, or file:line.
    texts: all that is in it.
    row: as it stands in the corpus; of a file its path and text.
    """

    name: str
    texts: tuple[str, ...]
    row: dict[str, Any]


def documents(path: pathlib.Path) -> Iterator[Document]:
    """The documents of a corpus, one at a time.

    In a folder each text file is one, and each line of a .jsonl or .jsonl.gz file;
    files that are no UTF-8 text are passed over. Of a line all texts count, whatever
    their fields are called. Parquet files, ZIP archives and what a machine has by name
    are read as `data.corpus` is (`text.corpus.entries`).

    Raises:
      UserError: there is nothing at the path, or a line is malformed.
    """
    if str(path) in machine.NAMES or path.suffix in (".parquet", ".zip"):
        yield from _of_entry(Entry.of(str(path)))
    elif path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file():
                yield from _of_file(file)
    elif path.is_file():
        yield from _of_file(path)
    else:
        raise UserError(f"There is no corpus at {path}.")


def _of_entry(entry: Entry) -> Iterator[Document]:
    for file in entry.files():
        try:
            text = file.content.decode("utf-8")
        except UnicodeDecodeError:
            continue
        row = {**file._asdict(), "content": text}
        yield Document(file.path, (text,), row)


def _of_file(path: pathlib.Path) -> Iterator[Document]:
    try:
        if path.name.endswith((".jsonl", ".jsonl.gz")):
            yield from _of_lines(path)
            return
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} cannot be read ({error}).") from error
    yield Document(str(path), (text,), {"path": str(path), "text": text})


def _of_lines(path: pathlib.Path) -> Iterator[Document]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                name = f"{path}:{number}"
                row = jsonl.parsed(line, name)
                yield Document(name, tuple(_texts(row)), row)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)
