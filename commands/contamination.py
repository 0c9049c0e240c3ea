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
from eval.atomic import replacing
from eval.benchmarks import corpus
from eval.benchmarks.contamination import Index


def run(line: CommandLine) -> int:
    """Prints and writes what was found, and the corpus without it if that is wanted.

    Raises:
      UserError: a name or a file is wrong.
    """
    values = line.flags
    _, benchmark, _ = benchmark_of(line, "corpus")
    index = Index(benchmark)
    with _clean(values.filtered) as clean, Progress("Texts") as told:
        for document in corpus.documents(pathlib.Path(values.corpus)):
            dirty = index.see(document)
            if clean is not None and not dirty:
                clean.write(json.dumps(document.row, ensure_ascii=False) + "\n")
            told(index.seen, None)
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


@contextlib.contextmanager
def _clean(path: str | None) -> Iterator[IO[str] | None]:
    """A file for texts without a sign, whole in the end or not there."""
    if not path:
        yield None
        return
    with (
        replacing(pathlib.Path(path)) as whole,
        whole.open("w", encoding="utf-8", errors="surrogatepass") as file,
    ):
        yield file
