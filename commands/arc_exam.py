"""The exam of an ARC run: votes over augmentations, attempts, scores and pictures."""

from __future__ import annotations

import hashlib
import json
import pathlib
import time
from collections.abc import Iterator
from typing import Any

from commands import tables
from commands.trained import Trained
from data_pipeline.arc.task import ArcTask
from data_pipeline.arc.tasks import Task
from data_pipeline.progress import Progress
from eval import style
from eval.arc import grids, scores, submission, votes_file
from eval.arc.voting import Votes
from eval.atomic import replacing

_VOTES, _SUBMISSION, _SCORES = "votes", "submission.json", "arc_scores.json"
_SECONDS_BETWEEN_WRITES = 60.0
_PICTURES = 3
"""Of solved tests, and of failed ones."""


def run(trained: Trained, task: ArcTask, folder: pathlib.Path) -> None:
    """Lets every augmentation of every test vote, or goes on with that; then tells what
    came of it and writes votes, attempts, scores and pictures into the folder.

    Raises:
      UserError: there is nothing to evaluate on, or a file cannot be written.
    """
    queries = task.queries(trained.evaluation.augmentations)
    about = _about(trained, task)
    name = hashlib.sha256(json.dumps(about).encode()).hexdigest()[:8]
    path = folder / f"{_VOTES}-{trained.step}-{name}.jsonl.gz"
    votes = votes_file.read(path, about)
    if votes.done:
        print(f"{votes.done:,} of {len(queries):,} votes are in {path} already.")
    written = time.monotonic()
    with Progress("Voting") as told:

        def progress(done: int, total: int) -> None:
            nonlocal written
            told(done, total)
            if done < total and time.monotonic() - written > _SECONDS_BETWEEN_WRITES:
                votes_file.write(votes, path, about)
                written = time.monotonic()

        trained.vote(queries, votes, progress)
    votes_file.write(votes, path, about)
    submission.write(folder / _SUBMISSION, votes, task.exam)
    print(
        f"\n{votes.done:,} votes on {len(task.exam):,} tasks: {path}\n"
        f"Two attempts a test, for Kaggle: {folder / _SUBMISSION}"
    )
    if not any(one.answered for one in task.exam):
        print("No answer is known, so there is no score.")
        return
    found = scores.summary(votes, task.exam)
    with replacing(folder / _SCORES) as whole:
        left_out = [one._asdict() for one in trained.left_out]
        content = json.dumps({"about": about, "left_out": left_out, **found}, indent=2)
        whole.write_text(content + "\n", encoding="utf-8")
    print(f"{_table(found)}\nScores, and which tasks are solved: {folder / _SCORES}")
    for picture in _draw(votes, task.exam, folder / "figures"):
        print(f"  {picture}", flush=True)


def _about(trained: Trained, task: ArcTask) -> dict[str, Any]:
    """What the votes depend on, as JSON knows it: who is asked, and what."""
    about = {
        "checkpoint": trained.weights_sha256,
        "step": trained.step,
        "data": trained.config.data.to_dict(),
        "evaluation": trained.config.evaluation.to_dict(),
        "sources": task.sources(),
    }
    return json.loads(json.dumps(about))


def _table(found: dict[str, Any]) -> str:
    rows = [("attempts", "tasks solved", "95% interval", "tests", "whole tasks")]
    for name, share in found["metrics"].items():
        low, high = found["intervals_95"][name]
        rows.append(
            (
                name,
                f"{share:.1%}",
                f"{low:.1%} - {high:.1%}",
                "{}/{}".format(*found["tests"][name]),
                "{}/{}".format(*found["whole_tasks"][name]),
            )
        )
    unknown = len(found["without_answer"])
    more = f"; of {unknown:,} more the answers are not known" if unknown else ""
    return (
        f"\nOn {found['tasks_scored']:,} tasks{more}, by votes:\n{tables.aligned(rows)}"
    )


def _draw(
    votes: Votes, tasks: tuple[Task, ...], folder: pathlib.Path
) -> Iterator[pathlib.Path]:
    """Draws the first solved tests and the first failed ones, best candidate each."""
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
            yield path
