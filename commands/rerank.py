"""`rerank`: which of several graded answers two runs choose by reading them."""

from __future__ import annotations

import dataclasses
import functools
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from commands import tables
from commands.flags import CommandLine
from commands.reader import Reader
from commands.text_run import TextRun
from data_pipeline.progress import Progress
from data_pipeline.schema import UserError
from data_pipeline.text.example import Example
from eval import bootstrap, statistics
from eval.atomic import write_json
from eval.benchmarks import grading, ledger, registry, samples
from eval.benchmarks.benchmark import Benchmark
from eval.benchmarks.problem import Kind
from hrm_jax import saved_config
from hrm_jax.search import rerank
from hrm_jax.search.rerank import Reading

_FILE = "rerank.json"
_WEIGHTS = "1"


class ReadProblem(NamedTuple):
    """A problem whose answers were read: its `Problem.task`, which of them passed, bool
    `[n]`, and what both runs say of them."""

    task: str
    passed: np.ndarray
    reading: Reading


def run(line: CommandLine) -> int:
    """Reads the answers in `--evaluated` with the run in `--workdir`, and with that in
    `--backward`; prints and writes how often the one that they choose passed.

    Raises:
      UserError: a flag is missing or wrong, a run reads in the other direction, or
        there are no graded answers.
    """
    values = line.flags
    for flag in ("data", "evaluated", "backward"):
        if not values[flag].value:
            raise UserError(f"`rerank` needs --{flag}=PATH.")
    if len(line.arguments) != 1:
        raise UserError("`rerank` takes the name of one benchmark, as in programs.")
    weights = _weights(values.backward_weights or _WEIGHTS)
    benchmark = registry.load(line.arguments[0], pathlib.Path(values.data))
    output = pathlib.Path(values.evaluated)
    answered = _answered(benchmark, output)
    forward = TextRun.of(line)
    folder = pathlib.Path(values.backward)
    config = saved_config.load(folder)
    backward = TextRun.of(dataclasses.replace(line, workdir=folder, config=config))
    for text_run, wanted in ((forward, "forward"), (backward, "backward")):
        direction = text_run.config.data.direction
        if direction != wanted:
            raise UserError(
                f"The run in {text_run.workdir} reads {direction}, not {wanted}: train "
                f"one with --config.data.direction={wanted}."
            )
    read = _read(benchmark, answered, forward, backward)
    found = _outcomes(read, weights)
    tasks = [one.task for one in read]
    report = {
        "problems": len(read),
        "answers": sum(len(one.passed) for one in read),
        "forward": _named(forward),
        "backward": _named(backward),
        "passed": {name: _outcome_row(name, found, tasks) for name in found},
    }
    write_json(output / _FILE, report)
    print(_table(report))
    print(f"\nReport: {output / _FILE}")
    return 0


def _weights(text: str) -> list[float]:
    try:
        found = [float(word) for word in text.split(",")]
    except ValueError:
        found = []
    if not found or not all(0 < weight < np.inf for weight in found):
        raise UserError(
            f"--backward_weights is {text!r}, but it must be numbers above 0: "
            "--backward_weights=0.5,1."
        )
    return found


def _answered(
    benchmark: Benchmark, output: pathlib.Path
) -> dict[str, list[tuple[str, bool]]]:
    """The answers to each problem, each with whether it passed; none that was not run.

    Raises:
      UserError: there are none, or they are of other problems.
    """
    for name in (samples.FILE, grading.FILE):
        if not (output / name).is_file():
            raise UserError(
                f"{output} has no {name}: --evaluated names an --output of `benchmark`."
            )
    problems = {problem.id: problem for problem in benchmark.problems}
    found: dict[str, list[tuple[str, bool]]] = {}
    path, grades_path = output / samples.FILE, output / grading.FILE
    with ledger.opened(path) as book, ledger.opened(grades_path) as graded:
        model = str(book.rows[0].get("model")) if book.rows else ""
        answers = list(samples.read(book, path, model))
        grades = grading.read(graded, grades_path, answers)
    for sample in sorted(answers, key=lambda one: one.index):
        problem = problems.get(sample.problem)
        if problem is None:
            raise UserError(f"--data has no problem {sample.problem}, {output} has.")
        asked = samples.digest(benchmark.prompt(problem))
        samples.check(sample, asked, path)
        if sample.key in grades and grades[sample.key].kind != Kind.NOT_RUN:
            source = benchmark.extract(problem, sample.completion)
            passed = grades[sample.key].passed
            found.setdefault(problem.id, []).append((source, passed))
    if not found:
        raise UserError(f"{output} has no graded answers: run `benchmark` to its end.")
    return found


def _read(
    benchmark: Benchmark,
    answered: dict[str, list[tuple[str, bool]]],
    forward: TextRun,
    backward: TextRun,
) -> list[ReadProblem]:
    problems = [one for one in benchmark.problems if one.id in answered]
    for text_run in (forward, backward):
        languages = {problem.language for problem in problems}
        text_run.require_languages("There are problems", languages)
    programs = []
    for problem in problems:
        prompt = benchmark.prompt(problem).text
        programs.append(
            [
                Example(problem.language, prompt, source)
                for source, _ in answered[problem.id]
            ]
        )
    with Progress("Reading forward") as there, Progress("Reading backward") as back:
        readings = rerank.read(
            programs,
            functools.partial(Reader(forward).log_probs, progress=there),
            functools.partial(Reader(backward).log_probs, progress=back),
        )
    found = []
    for problem, reading in zip(problems, readings, strict=True):
        passed = np.array([passed for _, passed in answered[problem.id]])
        found.append(ReadProblem(problem.task, passed, reading))
    return found


def _outcomes(
    read: Sequence[ReadProblem], weights: Sequence[float]
) -> dict[str, np.ndarray]:
    """Of each way to choose, the share of passed answers by problem, `[problems]`."""

    def chosen(score: Callable[[Reading], np.ndarray]) -> np.ndarray:
        return np.array(
            [one.passed[np.argmax(score(one.reading))] for one in read], float
        )

    ways = {f"forward + {weight:g} backward": weight for weight in weights}
    return {
        "any answer, on average": np.array([one.passed.mean() for one in read]),
        "the most likely": chosen(lambda reading: reading.scores(0.0)),
        **{
            name: chosen(lambda reading, weight=weight: reading.scores(weight))
            for name, weight in ways.items()
        },
        "backward alone": chosen(lambda reading: reading.backward),
        "at least one": np.array([float(one.passed.any()) for one in read]),
    }


def _outcome_row(
    name: str, found: dict[str, np.ndarray], tasks: Sequence[str]
) -> dict[str, object]:
    shares = found[name]
    row: dict[str, object] = {
        "value": float(shares.mean()),
        "interval": list(bootstrap.share_interval(shares, tasks)),
    }
    if name not in ("any answer, on average", "the most likely", "at least one"):
        both = found["the most likely"] > 0, shares > 0
        pair = statistics.paired(*both)
        row |= {"gained": pair.only_second, "lost": pair.only_first}
        row["p_value"] = statistics.paired(*both, tasks).p_value()
    return row


def _named(text_run: TextRun) -> dict[str, object]:
    return {"step": text_run.step, "weights_sha256": text_run.sha256}


def _table(report: Mapping[str, Any]) -> str:
    rows = [("chosen", "passed", "95 %", "gained", "lost", "p")]
    for name, one in report["passed"].items():
        gained, lost, p = "", "", ""
        if "p_value" in one:
            gained, lost = str(one["gained"]), str(one["lost"])
            p = f"{one['p_value']:.3f}"
        share = f"{one['value']:.1%}"
        interval = statistics.interval_text(one["interval"])
        rows.append((name, share, interval, gained, lost, p))
    head = f"{report['answers']:,} answers to {report['problems']:,} problems\n"
    return head + tables.aligned(rows)
