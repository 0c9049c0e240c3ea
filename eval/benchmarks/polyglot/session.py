"""All tries of a model at all exercises; each answer and each test is kept as it comes.

An exercise is played from its beginning with what is kept, up to where something is
missing; that is got, and it is played again. So a session that was killed goes on where
it was, and no answer is asked for twice.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from data_pipeline.progress import OnProgress, silent
from data_pipeline.schema import UserError
from eval.benchmarks import ledger, samples
from eval.benchmarks.grading import persistently
from eval.benchmarks.models import ContextExhausted, Model
from eval.benchmarks.polyglot import testing, tries
from eval.benchmarks.polyglot.benchmark import Polyglot
from eval.benchmarks.polyglot.testing import Tested
from eval.benchmarks.polyglot.tries import TRIES, Result
from eval.benchmarks.problem import Kind, Problem, Prompt
from eval.benchmarks.samples import Key, Sample
from eval.sandbox import pool
from eval.sandbox.sandbox import Sandbox

REPLIES, TESTS = samples.FILE, "tests.jsonl"


class _Question(NamedTuple):
    """Attributes:
    index: from 0, of the answers to this problem.
    """

    problem: Problem
    prompt: Prompt
    index: int


class _Try(NamedTuple):
    """Attributes:
    index: from 0, of the tries at this problem.
    files: to be tested.
    """

    problem: Problem
    index: int
    files: dict[str, str]


class _Missing(Exception):
    """Something that is not kept yet; the argument says what."""


class _Kept:
    """Answers and tests in two ledgers."""

    def __init__(
        self,
        benchmark: Polyglot,
        model: str,
        folder: pathlib.Path,
        replies: ledger.Ledger,
        tests: ledger.Ledger,
    ):
        self._benchmark, self._folder = benchmark, folder
        self._replies_book, self._tests_book = replies, tests
        read = samples.read(replies, folder / REPLIES, model)
        self._replies = {sample.key: sample for sample in read}
        self.tests = {key: tested for key, tested in self._read_tests()}

    def play(self, problem: Problem) -> Result | _Question | _Try:
        """What came of an exercise, or what is missing to know it."""
        asked, tested = itertools.count(), itertools.count()

        def ask(prompt: Prompt) -> str:
            index = next(asked)
            sample = self._replies.get((problem.id, index))
            if sample is None:
                raise _Missing(_Question(problem, prompt, index))
            samples.check(sample, samples.digest(prompt), self._folder / REPLIES)
            if sample.cut:
                raise ContextExhausted(sample.completion)
            return sample.completion

        def test(files: dict[str, str]) -> Tested:
            index = next(tested)
            kept = self.tests.get((problem.id, index))
            if kept is None:
                raise _Missing(_Try(problem, index, files))
            digest, found = kept
            if digest != _digest(files):
                raise UserError(
                    f"{self._folder / TESTS} has tests of other files of {problem.id}: "
                    "remove it, and the tests are run again."
                )
            return found

        try:
            return tries.run(self._benchmark, problem, ask, test)
        except _Missing as missing:
            return missing.args[0]

    def add_reply(self, sample: Sample) -> None:
        self._replies_book.add(dataclasses.asdict(sample))
        self._replies[sample.key] = sample

    def add_test(self, one: _Try, tested: Tested) -> None:
        """Keeps a test; one that could not be run only for this time, as the machine
        may get what is missing."""
        # As the file will have it, so that a report is the same when it is resumed.
        tested = Tested(tested.kind, tested.output, round(tested.seconds, 4))
        digest = _digest(one.files)
        self.tests[one.problem.id, one.index] = digest, tested
        if tested.kind != Kind.NOT_RUN:
            key = {"problem": one.problem.id, "index": one.index}
            found = dataclasses.asdict(tested)
            self._tests_book.add({**key, "files_sha256": digest, **found})

    def _read_tests(self):
        for number, row in enumerate(self._tests_book.rows, start=1):
            try:
                key: Key = (row["problem"], row["index"])
                tested = Tested(Kind(row["kind"]), row["output"], row["seconds"])
                yield key, (row["files_sha256"], tested)
            except (KeyError, ValueError, TypeError) as error:
                raise UserError(
                    f"{self._folder / TESTS}:{number} is no test ({error!r}): remove "
                    "the file, and the tests are run again."
                ) from error


def collect(
    benchmark: Polyglot,
    problems: Sequence[Problem],
    model: Model,
    sandbox: Sandbox,
    folder: pathlib.Path,
    workers: int | None = None,
    progress: OnProgress = silent,
) -> list[Result]:
    """Gives a model its tries at exercises, all of them at once, answer by answer.

    Args:
      problems: of the benchmark; those for which the model has no answer are left out.
      folder: of the files of answers (`REPLIES`) and tests (`TESTS`).
      workers: tests at once; None for one a core.
      progress: called with how many tries are over, and of how many.

    Returns:
      What came of the exercises, in their order.

    Raises:
      UserError: a file is damaged or of other answers, the model does not answer, or
        tests were lost without a fault of their own; the same call goes on.
    """
    chosen = [problem for problem in problems if model.available(problem)]
    results: dict[str, Result] = {}
    lost: dict[str, str] = {}
    with (
        ledger.opened(folder / REPLIES) as replies,
        ledger.opened(folder / TESTS) as tests,
    ):
        kept = _Kept(benchmark, model.name, folder, replies, tests)

        def tell() -> None:
            under_way = sum(name not in results for name, _ in kept.tests)
            progress(TRIES * len(results) + under_way, TRIES * len(chosen))

        def ask(question: _Question) -> Sample:
            return samples.answer(model, *question)

        def test(one: _Try) -> Tested:
            exercise = benchmark.exercise(one.problem)
            return persistently(lambda: testing.run(exercise, one.files, sandbox))

        for problem in chosen:  # before a model is asked in vain
            if (problem.id, 0) not in kept.tests:
                why = testing.obstacle(benchmark.exercise(problem), sandbox)
                if why:
                    results[problem.id] = Result(problem.id, not_run=why)
        while True:
            todo = [p for p in chosen if p.id not in results and p.id not in lost]
            played = {problem.id: kept.play(problem) for problem in todo}
            results |= {k: v for k, v in played.items() if isinstance(v, Result)}
            questions = [one for one in played.values() if isinstance(one, _Question)]
            to_test = [one for one in played.values() if isinstance(one, _Try)]
            tell()
            if not questions and not to_test:
                break
            for sample in samples.parallel(ask, questions, model.at_once):
                kept.add_reply(sample)
            jobs = [(one.problem.id, one) for one in to_test]
            for done in pool.finished(sandbox, jobs, test, workers):
                if done.result is None:
                    lost[done.key] = str(done.error)
                    continue
                one = played[done.key]
                assert isinstance(one, _Try)
                kept.add_test(one, done.result)
                tell()
    if lost:
        name, why = next(iter(lost.items()))
        raise UserError(
            f"The tests of {len(lost):,} exercises could not be run, {name} ({why}) "
            "for one; the same command tries them again."
        )
    return [results[problem.id] for problem in chosen]


def _digest(files: Mapping[str, str]) -> str:
    text = json.dumps(files, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
