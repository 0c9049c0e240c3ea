"""`contamination`: which problems of benchmarks stand in a training corpus."""

from __future__ import annotations

import contextlib
import json
import pathlib
from collections.abc import Iterator, Sequence
from typing import IO

from commands.benchmark_options import benchmarks_of
from commands.flags import CommandLine
from data_pipeline.progress import Progress
from data_pipeline.schema import UserError
from data_pipeline.text.corpus.entries import Entry
from data_pipeline.text.corpus.source_file import SourceFile
from eval.atomic import replacing, write_json
from eval.benchmarks.contamination import Index, Text


def run(line: CommandLine) -> int:
    """Prints and writes what was found, and the corpus without it if that is wanted.

    The corpus is read as `data.corpus` is, and written so that it can stand there.

    Raises:
      UserError: a name or a file is wrong, or the corpus holds no text.
    """
    values = line.flags
    if values.filtered and not values.filtered.endswith(".jsonl"):
        raise UserError(
            f"--filtered is {values.filtered}, but its name must end in .jsonl, by "
            "which training knows how to read it."
        )
    benchmarks = benchmarks_of(line, "corpus")
    indices = [Index(benchmark) for benchmark in benchmarks]
    seen, signs, unread = _look(values.corpus, indices, values.filtered)
    found = [
        {"benchmark": benchmark.name, **index.report()}
        for benchmark, index in zip(benchmarks, indices, strict=True)
    ]
    for one in found:
        print(
            f"{one['problems_found']:,} of {one['problems']:,} problems of "
            f"{one['benchmark']} stand in {values.corpus}: in "
            f"{one['texts_with_a_sign']:,} of its {seen:,} texts."
        )
    if values.output:
        path = pathlib.Path(values.output)
        about = {
            "texts": seen,
            "texts_with_a_sign": signs,
            "files_that_are_no_utf8": unread,
            "benchmarks": found,
        }
        write_json(path, about)
        print(f"Report: {path}")
    files = "file that is" if unread == 1 else "files that are"
    no_utf8 = f"{unread:,} {files} no UTF-8"
    if values.filtered:
        left = f" and {no_utf8}" if unread else ""
        print(f"The corpus without these {signs:,} texts{left}: {values.filtered}")
    elif unread:
        print(f"Not looked into: {no_utf8}.")
    return 0


def _look(
    corpus: str, indices: Sequence[Index], filtered: str | None
) -> tuple[int, int, int]:
    """Shows the texts of a corpus to all indices.

    Args:
      filtered: file to write those to in which no index finds a sign.

    Returns:
      How many texts there are, how many with a sign, and files that are no text.

    Raises:
      UserError: there is no text, or the file cannot be written.
    """
    seen = signs = unread = 0
    with _clean(filtered) as clean, Progress("Texts") as progress:
        for file, text in _texts(corpus):
            if text is None:
                unread += 1
                continue
            read = Text(file.path, text)
            dirty = any([index.see(read) for index in indices])  # each sees it
            if clean is not None and not dirty:
                row = {**file._asdict(), "content": text}
                clean.write(json.dumps(row, ensure_ascii=False) + "\n")
            seen, signs = seen + 1, signs + dirty
            progress(seen, None)
        if not seen:
            raise UserError(
                f"There is no source file in {corpus} that is UTF-8: name a folder "
                "that has some, or tables, those of a folder as "
                "--corpus='sets/*.jsonl'."
            )
    return seen, signs, unread


def _texts(corpus: str) -> Iterator[tuple[SourceFile, str | None]]:
    """The source files of folders and archives and all rows of tables; one that is no
    UTF-8 has no text."""
    for entry in [Entry.of(name) for name in corpus.split(",") if name]:
        for file in entry.files(unsaid=True):
            try:
                text = file.content.decode()
            except UnicodeDecodeError:
                text = None
            yield file, text


@contextlib.contextmanager
def _clean(path: str | None) -> Iterator[IO[str] | None]:
    """A file for texts without a sign, whole in the end or not there."""
    if not path:
        yield None
        return
    with (
        replacing(pathlib.Path(path)) as whole,
        whole.open("w", encoding="utf-8") as file,
    ):
        yield file
