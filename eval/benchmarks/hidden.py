"""Hidden tests of answers that were chosen without them."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import NamedTuple

from data_pipeline.progress import OnProgress, silent
from data_pipeline.schema import UserError
from eval.benchmarks import ledger
from eval.benchmarks.challenge import Challenge
from eval.benchmarks.grading import persistently
from eval.benchmarks.problem import Grade, Kind
from eval.sandbox import pool
from eval.sandbox.sandbox import Sandbox


class Program(NamedTuple):
    """Attributes:
    challenge: its id.
    key: that programs share which are the same.
    """

    challenge: str
    key: str


def grades(
    programs: Mapping[Program, tuple[Challenge, str]],
    sandbox: Sandbox,
    path: pathlib.Path,
    progress: OnProgress = silent,
) -> dict[Program, Grade]:
    """Grades of programs, each run once, however often this is stopped; what this
    machine could not run is tried again.

    Args:
      programs: with their challenges and sources.
      path: of the file of grades, which is added to.

    Raises:
      UserError: the file is damaged, or programs were lost without a fault of theirs,
        and the same call tries them again.
    """
    with ledger.opened(path) as book:
        known: dict[Program, Grade] = {}
        for number, row in enumerate(book.rows, start=1):
            try:
                grade = Grade(Kind(row["kind"]), row["detail"], row["seconds"])
                known[Program(row["problem"], row["key"])] = grade
            except (KeyError, ValueError, TypeError) as error:
                raise UserError(
                    f"{path}:{number} is no grade ({error!r}): remove the file, and "
                    "the answers are graded again."
                ) from error
        jobs = [
            (one, what)
            for one, what in programs.items()
            if one not in known or known[one].kind == Kind.NOT_RUN
        ]
        done = len(programs) - len(jobs)
        progress(done, len(programs))

        def work(what: tuple[Challenge, str]) -> Grade:
            challenge, source = what
            return persistently(lambda: challenge.hidden(source, sandbox))

        lost = ""
        for one in pool.finished(sandbox, jobs, work):
            done += 1
            progress(done, len(programs))
            if one.result is None:
                lost = f"{one.key.challenge} ({one.error})"
                continue
            known[one.key] = one.result
            book.add(
                {
                    "problem": one.key.challenge,
                    "key": one.key.key,
                    "kind": one.result.kind.value,
                    "detail": one.result.detail,
                    "seconds": round(one.result.seconds, 4),
                }
            )
    if lost:
        raise UserError(
            f"Some answers could not be run, of {lost} for one; the same command tries "
            "them again."
        )
    return {program: known[program] for program in programs}


def require_run(found: Mapping[Program, Grade]) -> None:
    """Raises: UserError: this machine could not run one of the graded programs."""
    for grade in found.values():
        if grade.kind == Kind.NOT_RUN:
            raise UserError(f"A language cannot be run here: {grade.detail}")
