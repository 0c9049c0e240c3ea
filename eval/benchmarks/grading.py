"""Grading samples, many at once; each grade is kept as it comes."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import pathlib
from collections.abc import Callable, Sequence
from typing import TypeVar

from data_pipeline.progress import OnProgress, silent
from data_pipeline.schema import UserError
from eval.benchmarks import ledger
from eval.benchmarks.benchmark import Benchmark
from eval.benchmarks.problem import Grade, Kind
from eval.benchmarks.samples import Key, Sample
from eval.sandbox import pool
from eval.sandbox.sandbox import Sandbox, SandboxError
from eval.sandbox.toolchains import NoToolchain

_Result = TypeVar("_Result")
FILE = "grades.jsonl"
_TRIES = 2
"""Of a sample that the sandbox lost."""
_CUT = "The model had no more tokens: its answer is cut off."
_NO_ROOM = "The prompt leaves the model's context no room for an answer."


def grade(
    benchmark: Benchmark,
    samples: Sequence[Sample],
    sandbox: Sandbox,
    path: pathlib.Path,
    workers: int | None = None,
    progress: OnProgress = silent,
) -> dict[Key, Grade]:
    """Grades what is not yet graded in a file, and adds it there as it comes.

    A sample is graded once, however often this is stopped; but what could not be run on
    this machine is tried again each time, as it may have got what was missing.

    Args:
      samples: of problems of the benchmark.
      path: of the file of grades.
      workers: how many at once; None for one a core.
      progress: called with how many are graded, and of how many.

    Returns:
      Grades by problem and sample, in the order of the samples.

    Raises:
      UserError: the file is damaged, or has grades of other answers; or samples were
        lost without a fault of their own, and the same call tries them again.
    """
    problems = {problem.id: problem for problem in benchmark.problems}
    with ledger.opened(path) as book:
        found = read(book, path, samples)
        todo = [
            sample
            for sample in samples
            if sample.key not in found or found[sample.key].kind == Kind.NOT_RUN
        ]
        done = len(samples) - len(todo)
        progress(done, len(samples))

        def work(sample: Sample) -> Grade:
            graded = tried(sample)
            if graded.passed or not sample.cut:
                return graded
            why = _CUT if sample.fits else _NO_ROOM
            detail = f"{why}\n{graded.detail}".rstrip()
            return dataclasses.replace(graded, detail=detail)

        def tried(sample: Sample) -> Grade:
            problem = problems[sample.problem]
            submission = benchmark.extract(problem, sample.completion)
            try:
                return persistently(
                    lambda: benchmark.grade(problem, submission, sandbox)
                )
            except NoToolchain as error:
                return Grade(Kind.NOT_RUN, str(error))

        by_key = {sample.key: sample for sample in todo}
        lost: list[str] = []
        for one in pool.finished(sandbox, list(by_key.items()), work, workers):
            done += 1
            progress(done, len(samples))
            if one.result is None:
                if isinstance(one.error, UserError):
                    raise one.error
                lost.append(f"{one.key[0]} ({one.error})")
                continue
            # As the file will have it, so that a report is the same when it is resumed.
            seconds = round(one.result.seconds, 4)
            graded = dataclasses.replace(one.result, seconds=seconds)
            found[one.key] = graded
            book.add(_as_row(by_key[one.key], graded))
    if lost:
        raise UserError(
            f"{len(lost):,} samples could not be run, {lost[0]} for one; the same "
            "command tries them again."
        )
    return {sample.key: found[sample.key] for sample in samples}


def persistently(run: Callable[[], _Result]) -> _Result:
    """Runs something, and once more if the sandbox lost it.

    Raises:
      SandboxError: it was lost each time.
    """
    for _ in range(_TRIES - 1):
        with contextlib.suppress(SandboxError):
            return run()
    return run()


def _as_row(sample: Sample, graded: Grade) -> dict:
    return {
        "problem": sample.problem,
        "index": sample.index,
        "completion_sha256": _digest(sample),
        "kind": graded.kind.value,
        "detail": graded.detail,
        "seconds": graded.seconds,
        "codes": list(graded.codes),
    }


def read(
    book: ledger.Ledger, path: pathlib.Path, samples: Sequence[Sample] = ()
) -> dict[Key, Grade]:
    """Grades by key; of several the last.

    Args:
      samples: that those of the same key must be grades of.

    Raises:
      UserError: the file is damaged, or has grades of other answers.
    """
    digests = {sample.key: _digest(sample) for sample in samples}
    found: dict[Key, Grade] = {}
    for number, row in enumerate(book.rows, start=1):
        try:
            key = row["problem"], row["index"]
            kind, codes = Kind(row["kind"]), tuple(row["codes"])
            graded = Grade(kind, row["detail"], row["seconds"], codes)
            digest = row["completion_sha256"]
        except (KeyError, ValueError, TypeError) as error:
            raise UserError(
                f"{path}:{number} is no grade ({error!r}): remove the file, and the "
                "samples are graded again."
            ) from error
        if digests.get(key, digest) != digest:
            raise UserError(
                f"{path}:{number} grades another answer to {key[0]}: remove the file, "
                "and the samples are graded again."
            )
        found[key] = graded
    return found


def _digest(sample: Sample) -> str:
    text = sample.completion.encode(errors="surrogatepass")
    return hashlib.sha256(text).hexdigest()
