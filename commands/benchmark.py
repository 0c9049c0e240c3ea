"""`benchmark`: how good a model's programs are, on a benchmark of code."""

from __future__ import annotations

import contextlib
import functools
import pathlib
from collections.abc import Sequence
from typing import Any

from absl import flags

from commands import begun, commit, corpora, polyglot, repositories, sandboxed
from commands.benchmark_options import (
    benchmark_of,
    endpoint_of,
    refuse_flags_of_others,
    refuse_idle_flags,
)
from commands.flag_values import drawn, number, numbers
from commands.flags import CommandLine
from data_pipeline import checksums
from data_pipeline.progress import Progress
from data_pipeline.schema import UserError
from eval.benchmarks import grading, models, report, samples
from eval.benchmarks.benchmark import Benchmark
from eval.benchmarks.endpoint import Sampling
from eval.benchmarks.models import Model
from eval.benchmarks.polyglot import board
from eval.benchmarks.polyglot.benchmark import Polyglot
from eval.benchmarks.problem import Problem
from eval.benchmarks.swebench.benchmark import SweBench
from eval.benchmarks.synthetic.benchmark import Programs
from eval.benchmarks.wording import worded
from eval.sandbox.languages import LANGUAGES
from eval.sandbox.sandbox import Sandbox
from eval.sandbox.toolchains import NoToolchain

_SETTINGS = "settings.json"
_BEFORE = {"seed": 0}
"""Settings that folders written by earlier versions do not hold."""
_QUESTIONS = 16
"""At once, of a server."""
_MADE = ("programs", "repositories")
"""Benchmarks whose files this program writes: no corpus of others holds them."""
_WAYS = ("workdir", "model", "completions", "gold", "empty")


def run(line: CommandLine) -> int:
    """Asks, grades and reports; goes on where the same command was stopped.

    Raises:
      UserError: a name or a number is wrong, a file malformed, or the model is silent.
    """
    values = line.flags
    refuse_idle_flags(values)
    with contextlib.ExitStack() as held:
        opened = functools.cache(lambda: held.enter_context(sandboxed.opened(line)))
        if values.generate:
            repositories.generate(line, opened)
        name, benchmark, options = benchmark_of(line, "output")
        data, output = pathlib.Path(values.data), pathlib.Path(values.output)
        if isinstance(benchmark, Polyglot):
            polyglot.check(values)
        problems = _chosen(benchmark.problems, values)
        workers = (
            int(number(values, "workers", 0, whole=True)) if values.workers else None
        )
        model, settings = _model(line, benchmark, problems, workers, held)
        sandbox = opened()
        settings |= {option: str(value) for option, value in options.items()}
        prompts = {}
        if values.prompts:
            prompts = worded.sources(name, pathlib.Path(values.prompts))
            settings |= {"prompts_sha256": worded.digest(prompts)}
        digests = begun.digests(data)
        decided = {"benchmark": name, "model": model.name, "data": digests} | settings
        begun.hold_to(output / _SETTINGS, decided, before=_BEFORE)
        if prompts:
            benchmark = worded.worded(
                benchmark,
                problems,
                name,
                prompts,
                sandbox,
                chat=values.chat,
                reasoning=values.reasoning,
            )
        chosen = {"language": values.language, "limit": values.limit}
        about = {
            "benchmark": benchmark.name,
            "model": model.name,
            "commit": commit.commit(commit.HOME),
            "isolation": sandbox.title,
            "toolchains": _toolchains(sandbox, problems),
            "data": digests,
            "settings": settings | chosen,
            "samples_file": samples.FILE,
        }
        if line.workdir is not None and name not in _MADE:
            about["notes"] = list(corpora.told_of(line.workdir, data))
        if isinstance(benchmark, Polyglot):
            head = board.head
            found = polyglot.report_on(
                benchmark, problems, model, sandbox, output, workers, about
            )
        else:
            head = report.scores
            found = _report_on(
                benchmark, problems, model, sandbox, output, workers, about, values
            )
    report.write(found, output, head)
    print(report.markdown(found, head), end="")
    print(f"\nReport: {output / 'report.json'}; answers and grades lie beside it.")
    return 0


def _report_on(
    benchmark: Benchmark,
    problems: Sequence[Problem],
    model: Model,
    sandbox: Sandbox,
    output: pathlib.Path,
    workers: int | None,
    about: dict[str, Any],
    values: flags.FlagValues,
) -> dict[str, Any]:
    """Samples of a model, graded."""
    count = int(number(values, "samples", 1, whole=True))
    ks = numbers(values, "k", [1])
    if values.completions:
        count = max(model.available(problem) for problem in problems)
    about["settings"]["samples"] = count
    with Progress("Answers") as progress:
        path = output / samples.FILE
        answered = samples.collect(
            benchmark, problems, model, count, path, workers or _QUESTIONS, progress
        )
    if isinstance(benchmark, SweBench):
        with Progress("Tests") as progress:
            benchmark.prepare(answered, output, workers, progress)
    with Progress("Grading") as progress:
        path = output / grading.FILE
        grades = grading.grade(benchmark, answered, sandbox, path, workers, progress)
    about |= {
        "cut_answers": sum(sample.cut and sample.fits for sample in answered),
        "without_room": sum(not sample.fits for sample in answered),
        "thinking": samples.thinking(answered),
    }
    if isinstance(benchmark, Programs):
        about["signs"] = benchmark.cheating(answered)
    if isinstance(benchmark, SweBench):
        means = benchmark.proxy_means(answered, sandbox)
        notes = [*about.get("notes", ()), *benchmark.notes(grades, means)]
        about |= {"proxies": means, "notes": notes}
    return report.summary(problems, grades, ks, about)


def _chosen(problems: Sequence[Problem], values: flags.FlagValues) -> list[Problem]:
    chosen = list(problems)
    if values.language:
        there = sorted({problem.language for problem in problems})
        wanted = values.language.split(",")
        for language in wanted:
            if language not in there:
                raise UserError(
                    f"--language is {language!r}, but the data have {', '.join(there)}."
                )
        chosen = [problem for problem in problems if problem.language in wanted]
    if values.limit:
        chosen = chosen[: int(number(values, "limit", 0, whole=True))]
    return chosen


def _model(
    line: CommandLine,
    benchmark: Benchmark,
    problems: Sequence[Problem],
    workers: int | None,
    held: contextlib.ExitStack,
) -> tuple[Model, dict[str, Any]]:
    """The model under test, as long as `held` is, and what decides its answers."""
    values, at_once = line.flags, workers or _QUESTIONS
    ways = [way for way in _WAYS if values[way].value]
    if len(ways) != 1:
        raise UserError(
            "`benchmark` needs one of --workdir=runs/NAME, "
            "--model=http://HOST:PORT/v1, --completions=FILE, --gold and --empty"
            f"{', not ' + ' and '.join(ways) if ways else ''}."
        )
    if values.gold:
        return models.Gold(benchmark), {}
    if values.empty:
        return models.EMPTY, {}
    if values.completions:
        path = pathlib.Path(values.completions)
        found = models.recorded(path, problems)
        return found, {"completions_sha256": checksums.sha256_of(path)}
    tokens = 4096 if isinstance(benchmark, Polyglot) else 1024  # whole files
    _, temperature, top_p, seed = drawn(values)
    limit = int(number(values, "max_tokens", tokens, whole=True))
    sampling = Sampling(temperature, top_p, limit, seed)
    refuse_flags_of_others(line)
    if line.workdir is not None:
        from commands import local_model  # with JAX, which takes seconds

        local = held.enter_context(local_model.opened(line, sampling, at_once))
        return local, vars(sampling) | local.run.settings
    endpoint = endpoint_of(line, sampling, at_once)
    return endpoint, {**vars(sampling), "chat": values.chat}


def _toolchains(sandbox: Sandbox, problems: Sequence[Problem]) -> dict[str, str]:
    versions = {}
    for language in sorted({problem.language for problem in problems}):
        if language in LANGUAGES:
            try:
                versions[language] = sandbox.toolchain(language).version
            except NoToolchain:
                versions[language] = "none"
    return versions
