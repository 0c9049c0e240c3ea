"""The exam of an ARC run: votes over augmentations, attempts, scores and pictures."""

from __future__ import annotations

import hashlib
import json
import pathlib
import time
from collections.abc import Iterator, Mapping
from typing import Any

from commands import tables
from commands.trained import Trained
from data_pipeline.arc.task import ArcTask
from data_pipeline.arc.tasks import Task
from data_pipeline.progress import Progress
from eval import statistics, style
from eval.arc import grids, scores, scores_file, submission, votes_file
from eval.arc.voting import Votes
from eval.html_report import Picture
from eval.score_table import Rows

_VOTES, _SUBMISSION = "votes", "submission.json"
_SECONDS_BETWEEN_WRITES = 60.0
_PICTURES = 3
"""Of solved tests, and of failed ones."""
_DECIDING = (
    *("augmentations", "max_segments", "early_halting", "min_confidence", "residual"),
    "seed",
)
"""Fields of `EvaluationConfig` that the votes depend on."""


def run(
    trained: Trained, task: ArcTask, folder: pathlib.Path, figures: pathlib.Path
) -> None:
    """Lets every augmentation of every test vote, or goes on with that; then tells what
    came of it and writes votes, attempts and scores into the folder.

    Args:
      figures: a folder in it, for the pictures.

    Raises:
      UserError: there is nothing to evaluate on, or a file cannot be written.
    """
    queries = task.queries(trained.evaluation.augmentations)
    about = _asked(trained, task)
    name = hashlib.sha256(json.dumps(about).encode()).hexdigest()[:8]
    votes_path = folder / f"{_VOTES}-{trained.step}-{name}.jsonl.gz"
    votes = votes_file.read(votes_path, about)
    if votes.done:
        print(f"{votes.done:,} of {len(queries):,} votes are in {votes_path} already.")
    written = time.monotonic()
    with Progress("Voting") as bar:

        def progress(done: int, total: int) -> None:
            nonlocal written
            bar(done, total)
            if done < total and time.monotonic() - written > _SECONDS_BETWEEN_WRITES:
                votes_file.write(votes, votes_path, about)
                written = time.monotonic()

        trained.vote(queries, votes, progress)
    votes_file.write(votes, votes_path, about)
    _forget(folder, figures)
    submission.write(folder / _SUBMISSION, votes, task.exam)
    print(
        f"\n{votes.done:,} votes on {len(task.exam):,} tasks: {votes_path}\n"
        f"Two attempts a test, for Kaggle: {folder / _SUBMISSION}"
    )
    if not any(one.answered for one in task.exam):
        print("No answer is known, so there is no score.")
        return
    found = scores.summary(votes, task.exam)
    print(f"\n{_caption(found)}:\n{tables.aligned(_rows(found))}")
    pictures = {}
    for path, says in _draw(votes, task.exam, figures):
        print(f"  {path}", flush=True)
        pictures[str(path.relative_to(folder))] = says
    found["left_out"] = [one._asdict() for one in trained.left_out]
    found["pictures"] = pictures
    scores_file.write(found, folder, _about(trained, task))
    print(f"Scores, and which tasks are solved: {folder / scores_file.NAME}")


def table(found: Mapping[str, Any]) -> tuple[str, Rows]:
    """Caption and rows, of what `scores_file.read` has found."""
    return _caption(found), _rows(found)


def pictures(folder: pathlib.Path, found: Mapping[str, Any]) -> Iterator[Picture]:
    """Those that are there, of what `scores_file.read` has found in the folder."""
    for name, says in found["pictures"].items():
        if (folder / name).exists():
            yield Picture(says.partition(".")[0], says, folder / name)


def _asked(trained: Trained, task: ArcTask) -> dict[str, Any]:
    """What the votes depend on, and nothing else: who is asked, what, and how."""
    return {
        "checkpoint": trained.sha256,
        "puzzles": task.puzzles_sha256,
        "canvas": task.size,
        "exam": len(task.exam),  # the last of the puzzles
        **{name: getattr(trained.evaluation, name) for name in _DECIDING},
    }


def _about(trained: Trained, task: ArcTask) -> dict[str, Any]:
    """Whose the scores are: they depend on the answers too."""
    return {
        "checkpoint": trained.sha256,
        "step": trained.step,
        "data": trained.config.data.to_dict(),
        "evaluation": trained.config.evaluation.to_dict(),
        "sources": task.sources(),
    }


def _forget(folder: pathlib.Path, figures: pathlib.Path) -> None:
    """Deletes scores and pictures of an earlier exam."""
    for path in (folder / scores_file.NAME, *figures.glob("arc_*.png")):
        path.unlink(missing_ok=True)


def _caption(found: Mapping[str, Any]) -> str:
    unknown = len(found["without_answer"])
    more = f"; of {unknown:,} more the answers are not known" if unknown else ""
    return f"On {found['tasks_scored']:,} tasks{more}, by votes"


def _rows(found: Mapping[str, Any]) -> Rows:
    rows: Rows = [("attempts", "tasks solved", "95% interval", "tests", "whole tasks")]
    for name, share in found["metrics"].items():
        rows.append(
            (
                name,
                f"{share:.1%}",
                statistics.interval_text(found["intervals_95"][name]),
                "{}/{}".format(*found["tests"][name]),
                "{}/{}".format(*found["whole_tasks"][name]),
            )
        )
    return rows


def _draw(
    votes: Votes, tasks: tuple[Task, ...], folder: pathlib.Path
) -> Iterator[tuple[pathlib.Path, str]]:
    """Draws the first solved tests and the first failed ones, best candidate each.

    Gives the path of each picture and what one sees in it.
    """
    left = {True: _PICTURES, False: _PICTURES}
    first = scores.pass_at(votes, tasks, 1)
    for task in tasks:
        for test, solved in enumerate(first.solved[task.id] if task.answered else ()):
            if not left[solved]:
                continue
            left[solved] -= 1
            ranked = votes.ranked(task.id, test)
            with style.applied():
                figure = grids.draw(task, test, ranked[0].grid if ranked else None)
                path = folder / f"arc_{task.id}_{test + 1}.png"
                style.save(figure, path)
            yield path, f"{style.headline_of(figure)}."
