"""What a model answered, raw, kept as it comes."""

from __future__ import annotations

import dataclasses
import hashlib
import pathlib
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from data_pipeline.schema import UserError
from eval.benchmarks import ledger
from eval.benchmarks.benchmark import Benchmark
from eval.benchmarks.models import ContextExhausted, Model
from eval.benchmarks.problem import Problem

Key = tuple[str, int]
"""A problem's id, and which of its samples."""


@dataclasses.dataclass(frozen=True)
class Sample:
    """Attributes:
    problem: its id.
    index: from 0, of the samples of that problem.
    prompt_sha256: of what the model was asked.
    completion: its raw answer.
    model: its name.
    seconds: that it took.
    cut: the model had no more tokens before its answer ended, or before it began.
    """

    problem: str
    index: int
    prompt_sha256: str
    completion: str
    model: str
    seconds: float
    cut: bool = False

    @property
    def key(self) -> Key:
        return self.problem, self.index


def collect(
    benchmark: Benchmark,
    problems: Sequence[Problem],
    model: Model,
    count: int,
    path: pathlib.Path,
    workers: int = 1,
    told: Callable[[int, int], None] = lambda done, total: None,
) -> list[Sample]:
    """Asks a model for what is not yet in a file, and adds it there as it comes.

    Args:
      problems: of the benchmark.
      count: samples for each problem, at most: a model may have fewer.
      path: of the file of samples.
      workers: questions at once.
      told: is told how many samples are there, and of how many.

    Returns:
      The samples of these problems, in their order.

    Raises:
      UserError: the file holds answers of another model or to other prompts, or the
        model does not answer.
    """
    prompts = {one.id: _digest(benchmark.prompt(one).text) for one in problems}
    wanted = [
        (problem, index)
        for problem in problems
        for index in range(min(count, model.available(problem)))
    ]
    with ledger.opened(path) as book:
        found = {sample.key: sample for sample in _read(book, path)}
        for sample in found.values():
            _check(sample, model.name, prompts, path)
        asked = [pair for pair in wanted if (pair[0].id, pair[1]) not in found]

        def ask(pair: tuple[Problem, int]) -> Sample:
            problem, index = pair
            began = time.monotonic()
            cut = False
            try:
                text = model.complete(problem, benchmark.prompt(problem), index)
            except ContextExhausted as error:
                text, cut = error.text, True
            seconds = round(time.monotonic() - began, 3)
            digest = prompts[problem.id]
            return Sample(problem.id, index, digest, text, model.name, seconds, cut)

        done = len(wanted) - len(asked)
        told(done, len(wanted))
        for sample in _parallel(ask, asked, min(workers, model.at_once)):
            book.add(dataclasses.asdict(sample))
            found[sample.key] = sample
            done += 1
            told(done, len(wanted))
    return [found[problem.id, index] for problem, index in wanted]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _read(book: ledger.Ledger, path: pathlib.Path) -> Iterator[Sample]:
    for number, row in enumerate(book.rows, start=1):
        try:
            sample = Sample(**row)
            sample.completion.encode(errors="surrogatepass")
        except (TypeError, AttributeError) as error:
            raise UserError(
                f"{path}:{number} is no sample ({error}): choose another --output."
            ) from error
        yield sample


def _check(
    sample: Sample, model: str, prompts: dict[str, str], path: pathlib.Path
) -> None:
    if sample.model != model:
        raise UserError(
            f"{path} holds answers of {sample.model}, not of {model}: choose another "
            "--output."
        )
    if prompts.get(sample.problem, sample.prompt_sha256) != sample.prompt_sha256:
        raise UserError(
            f"{path} holds an answer to another prompt for {sample.problem}: choose "
            "another --output."
        )


def _parallel(
    ask: Callable[[tuple[Problem, int]], Sample],
    asked: Iterable[tuple[Problem, int]],
    workers: int,
) -> Iterator[Sample]:
    """Answers as they come; the first error ends it.

    In daemon threads: whoever stops (Ctrl-C) does not wait for questions under way.
    """
    todo: queue.SimpleQueue = queue.SimpleQueue()
    done: queue.SimpleQueue = queue.SimpleQueue()
    stopped = threading.Event()

    def serve() -> None:
        while (pair := todo.get()) is not None and not stopped.is_set():
            try:
                done.put(ask(pair))
            except Exception as error:  # for whoever waits, in their own thread
                done.put(error)

    pairs = list(asked)
    for item in [*pairs, *[None] * workers]:
        todo.put(item)
    for _ in range(workers):
        threading.Thread(target=serve, daemon=True).start()
    try:
        for _ in pairs:
            one = done.get()
            if isinstance(one, Exception):
                raise one
            yield one
    finally:
        stopped.set()
