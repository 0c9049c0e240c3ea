"""`programs`: synthetic tasks, to be looked at, written to a file or checked."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from commands import hints, sandboxed
from commands.flag_values import number, split_of
from commands.flags import CommandLine
from data_pipeline.programs import generator
from data_pipeline.programs.behaviour import SPLITS, Split
from data_pipeline.programs.scenarios import SCENARIOS
from data_pipeline.progress import OnProgress, Progress, silent
from data_pipeline.schema import UserError
from data_pipeline.text.special import LANGUAGES
from eval.atomic import replacing
from eval.benchmarks.synthetic import rows, verification
from eval.sandbox.toolchains import NoToolchain

_TASKS = 3
_OF_ROWS = ("scenario", "limit", "output")
"""Flags that say nothing of functions, which are all that is checked."""


class _Wanted(NamedTuple):
    """What the flags say of the tasks."""

    split: Split
    seed: int
    languages: Sequence[str]
    scenarios: Sequence[str]
    level: int


def run(line: CommandLine) -> int:
    """Prints `--limit` tasks, writes them to `--output`, or runs `--check` of them.

    Raises:
      UserError: a flag is wrong or means nothing, or the file is there already.
    """
    values = line.flags
    wanted = _Wanted(
        split_of(values, SPLITS),
        int(number(values, "seed", 0, whole=True, least=0)),
        values.language.split(",") if values.language else LANGUAGES,
        values.scenario.split(",") if values.scenario else tuple(SCENARIOS),
        int(number(values, "level", 0, whole=True, least=0, most=3)),
    )
    rows.require(wanted.scenarios, wanted.languages)
    if values.check:
        for flag in _OF_ROWS:
            if values[flag].value is not None:
                raise UserError(
                    f"--check runs the functions of so many tasks, and --{flag} means "
                    "nothing beside it: leave one of them out."
                )
        count = int(number(values, "check", 1, whole=True))
        return _check(wanted, count, line)
    count = int(number(values, "limit", _TASKS, whole=True))
    if values.output:
        _write(wanted, count, pathlib.Path(values.output))
    else:
        _show(wanted, count)
    return 0


def _show(wanted: _Wanted, count: int) -> None:
    for row in _rows(wanted, count):
        about = f"{row['language']}, {row['scenario']}, level {row['level']}"
        print(f"--- {row['id']} ({about})\n{row['prompt']}\n--- answer")
        print(row["response"])


def _write(wanted: _Wanted, count: int, path: pathlib.Path) -> None:
    if path.exists():
        raise UserError(f"{path} is there already: choose another --output.")
    with Progress("Tasks") as progress:
        found = list(_rows(wanted, count, progress))
    with replacing(path) as whole:
        rows.save(found, whole)
    print(f"{len(found):,} problems in {path}; grade answers to them with")
    line = hints.command("benchmark", "programs", f"--data={path}", "--output=FOLDER")
    print(f"  {line} ...")


def _rows(
    wanted: _Wanted,
    count: int,
    progress: OnProgress = silent,
) -> Iterator[dict[str, Any]]:
    return rows.generate(
        wanted.split,
        wanted.seed,
        count,
        wanted.scenarios,
        wanted.languages,
        wanted.level,
        progress,
    )


def _check(wanted: _Wanted, count: int, line: CommandLine) -> int:
    """Runs all renderings of tasks and compares with the interpreter; 1 if they
    differ."""
    tasks = [
        generator.task(wanted.seed, wanted.split, index, wanted.level)
        for index in range(count)
    ]
    failed = 0
    with sandboxed.opened(line) as sandbox:
        for language in wanted.languages:
            try:
                found = list(verification.differences(tasks, language, sandbox))
            except NoToolchain as error:
                print(f"{language}: not run. {error}")
                continue
            calls = sum(len(task.cases) for task in tasks)
            print(f"{language}: {count:,} tasks, {calls:,} calls, {len(found)} differ")
            for one in found[:5]:
                print(f"  {one.task.id}: {one.detail}")
            failed += len(found)
    return 1 if failed else 0
