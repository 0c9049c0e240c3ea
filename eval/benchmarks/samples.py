"""What a model answered, raw, kept as it comes."""

from __future__ import annotations

import dataclasses
import hashlib
import pathlib
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from data_pipeline.progress import OnProgress, silent
from data_pipeline.schema import UserError
from eval.benchmarks import ledger
from eval.benchmarks.benchmark import Benchmark
from eval.benchmarks.models import Completion, ContextExhausted, Model
from eval.benchmarks.problem import Problem, Prompt

_Question = TypeVar("_Question")
_Answer = TypeVar("_Answer")

FILE = "samples.jsonl"
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
    fits: there was room for an answer; without, it is cut before it began.
    tokens, segments: of the answer, and that each of them was thought about; None where
      the model does not tell.
    """

    problem: str
    index: int
    prompt_sha256: str
    completion: str
    model: str
    seconds: float
    cut: bool = False
    tokens: int | None = None
    segments: int | None = None
    fits: bool = True

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
    progress: OnProgress = silent,
) -> list[Sample]:
    """Asks a model for what is not yet in a file, and adds it there as it comes.

    Args:
      problems: of the benchmark.
      count: samples for each problem, at most: a model may have fewer.
      path: of the file of samples.
      workers: questions at once.
      progress: called with how many samples are there, and of how many.

    Returns:
      The samples of these problems, in their order.

    Raises:
      UserError: the file holds answers of another model or to other prompts, or the
        model does not answer.
    """
    prompts = {one.id: digest(benchmark.prompt(one)) for one in problems}
    wanted = [
        (problem, index)
        for problem in problems
        for index in range(min(count, model.available(problem)))
    ]
    with ledger.opened(path) as book:
        found = {sample.key: sample for sample in read(book, path, model.name)}
        for sample in found.values():
            check(sample, prompts.get(sample.problem, sample.prompt_sha256), path)
        asked = [pair for pair in wanted if (pair[0].id, pair[1]) not in found]

        def ask(pair: tuple[Problem, int]) -> Sample:
            problem, index = pair
            return answer(model, problem, benchmark.prompt(problem), index)

        done = len(wanted) - len(asked)
        progress(done, len(wanted))
        for sample in parallel(ask, asked, min(workers, model.at_once)):
            book.add(dataclasses.asdict(sample))
            found[sample.key] = sample
            done += 1
            progress(done, len(wanted))
    return [found[problem.id, index] for problem, index in wanted]


def answer(model: Model, problem: Problem, prompt: Prompt, index: int) -> Sample:
    """Asks a model once; "" where it has no answer of that number, and to a prompt that
    asks nothing.

    Raises:
      UserError: it does not answer.
    """
    began, said, fits = time.monotonic(), Completion(""), True
    try:
        if prompt.whole and index < model.available(problem):
            said = model.complete(problem, prompt, index)
    except ContextExhausted as error:
        said, fits = Completion(error.text, cut=True), bool(error.text)
    return Sample(
        problem.id,
        index,
        digest(prompt),
        said.text,
        model.name,
        round(time.monotonic() - began, 3),
        said.cut,
        said.tokens,
        said.segments,
        fits,
    )


def thinking(answered: Sequence[Sample]) -> dict[str, float]:
    """What answers cost a model that tells: how many there are, `tokens`, and
    `segments_per_token`; empty where none does."""
    told = [
        (sample.tokens, sample.segments)
        for sample in answered
        if sample.tokens and sample.segments
    ]
    tokens = sum(count for count, _ in told)
    if not tokens:
        return {}
    segments = sum(count * each for count, each in told)
    return {
        "answers": len(told),
        "tokens": tokens,
        "segments_per_token": segments / tokens,
    }


def digest(prompt: Prompt) -> str:
    """SHA-256 of all that a prompt says."""
    return hashlib.sha256(prompt.whole.encode(errors="surrogatepass")).hexdigest()


def read(book: ledger.Ledger, path: pathlib.Path, model: str) -> Iterator[Sample]:
    """The samples of a ledger.

    Raises:
      UserError: one is malformed, or of another model.
    """
    for number, row in enumerate(book.rows, start=1):
        try:
            sample = Sample(**row)
            sample.completion.encode(errors="surrogatepass")
        except (TypeError, AttributeError) as error:
            raise UserError(
                f"{path}:{number} is no sample ({error}): choose another --output."
            ) from error
        if sample.model != model:
            raise UserError(
                f"{path} holds answers of {sample.model}, not of {model}: choose "
                "another --output."
            )
        yield sample


def check(sample: Sample, prompt_sha256: str, path: pathlib.Path) -> None:
    """Holds a sample to the prompt that it must answer.

    Raises:
      UserError: it answers another one.
    """
    if sample.prompt_sha256 != prompt_sha256:
        raise UserError(
            f"{path} holds an answer to another prompt for {sample.problem}: choose "
            "another --output."
        )


def parallel(
    ask: Callable[[_Question], _Answer], asked: Iterable[_Question], workers: int
) -> Iterator[_Answer]:
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
