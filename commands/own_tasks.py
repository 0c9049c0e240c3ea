"""Synthetic tasks of a split, made for a run, as problems for a search."""

from __future__ import annotations

from collections.abc import Sequence

from commands.exercises import first_unseen
from commands.flag_values import number
from commands.flags import CommandLine
from commands.text_run import TextRun
from data_pipeline.programs.behaviour import Split
from data_pipeline.progress import Progress
from eval.benchmarks.challenge import Challenge
from eval.benchmarks.synthetic import benchmark, challenge, rows


def challenges(
    line: CommandLine, run: TextRun, split: Split, seed: int, count: int
) -> Sequence[Challenge]:
    """So many tasks that ask for functions whose behaviours all differ, each in one of
    the run's languages, in turn, and of its level, unless flags say others; of the
    training split those behind what the run has learned from, by number: many of them
    ask for a behaviour that others asked for before, as often as in the split itself.

    A task in several languages would be one task all the same: what is counted, split
    and drawn again as if independent.

    Raises:
      UserError: a flag is wrong, or there are not so many.
    """
    values, data = line.flags, run.config.data
    words = values.language.split(",") if values.language else None
    languages = words or list(dict.fromkeys(data.languages))
    level = int(number(values, "level", data.level, whole=True, least=0, most=3))
    with Progress(f"Tasks, {split}") as progress:
        first = first_unseen(run.workdir) if split == "train" else 0
        made = rows.generate(
            split, seed, count, ("write",), languages, level, progress, first
        )
        # All languages of a task come one after the other.
        size = len(languages)
        kept = [
            row
            for place, row in enumerate(made)
            if place % size == place // size % size
        ]
        programs = benchmark.Programs(kept, run.workdir)
    return challenge.challenges(programs, programs.problems)
