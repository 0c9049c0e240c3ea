"""`contamination`: which problems of a benchmark stand in a training corpus."""

from __future__ import annotations

import contextlib
import json
import pathlib
from collections.abc import Iterator
from typing import IO

from commands.benchmark_options import benchmark_of
from commands.flags import CommandLine
from data_pipeline.progress import Progress
from data_pipeline.schema import UserError
from data_pipeline.text.corpus.entries import Entry
from data_pipeline.text.corpus.source_file import SourceFile
from eval.atomic import replacing
from eval.benchmarks.contamination import Index


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
    _, benchmark, _ = benchmark_of(line, "corpus")
    index = Index(benchmark)
    with _clean(values.filtered) as clean, Progress("Texts") as told:
        for file, text in _texts(values.corpus):
            dirty = index.see(file.path, text)
            if clean is not None and not dirty:
                row = {**file._asdict(), "content": text}
                clean.write(json.dumps(row, ensure_ascii=False) + "\n")
            told(index.seen, None)
        if not index.seen:
            raise UserError(
                f"There is no source file in {values.corpus}: name a folder that has "
                "some, or tables, those of a folder as --corpus='sets/*.jsonl'."
            )
    found = {"benchmark": benchmark.name, **index.report()}
    print(
        f"{found['problems_found']:,} of {found['problems']:,} problems of "
        f"{benchmark.name} stand in {values.corpus}: in {found['texts_with_a_sign']:,} "
        f"of its {found['texts']:,} texts."
    )
    if values.output:
        path = pathlib.Path(values.output)
        with replacing(path) as whole:
            whole.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print(f"Report: {path}")
    if values.filtered:
        print(f"The corpus without these texts: {values.filtered}")
    return 0


def _texts(corpus: str) -> Iterator[tuple[SourceFile, str]]:
    """The files that may be trained on; what is no UTF-8 is refused there."""
    for entry in [Entry.of(name) for name in corpus.split(",") if name]:
        for file in entry.files():
            with contextlib.suppress(UnicodeDecodeError):
                yield file, file.content.decode()


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
