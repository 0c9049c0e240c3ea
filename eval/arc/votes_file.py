"""Votes in a file: to go on later, and to rebuild every score and picture from.

Gzipped lines of JSON. The first says what was asked; of the others each is a grid that
was predicted for a test, its rows written a digit a cell, with its tally.
"""

from __future__ import annotations

import gzip
import json
import pathlib
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from data_pipeline.schema import UserError
from eval.arc.voting import Tally, Votes
from eval.atomic import replacing

# What gzip and JSON raise, and what comes of lines that say something else.
_DAMAGE = (
    OSError,
    EOFError,
    StopIteration,
    ValueError,
    KeyError,
    TypeError,
    zlib.error,
)


def write(votes: Votes, path: pathlib.Path, about: Mapping[str, Any]) -> None:
    """Writes votes.

    Args:
      about: what was asked of whom: checkpoint, tasks, augmentations, seed.

    Raises:
      UserError: the file cannot be written.
    """
    head = {
        "about": dict(about),
        "done": votes.done,
        "without_grid": votes.without_grid,
    }
    with replacing(path) as whole, gzip.open(whole, "wt", encoding="utf-8") as file:
        file.write(json.dumps(head) + "\n")
        for task, test, grid, tally in votes.tallies():
            rows = ["".join(map(str, row)) for row in grid.tolist()]
            file.write(json.dumps([task, test, rows, *tally]) + "\n")


def read(path: pathlib.Path, about: Mapping[str, Any]) -> Votes:
    """Reads votes, none where there is no file.

    Raises:
      UserError: the file is about something else, or damaged.
    """
    votes = Votes()
    if not path.exists():
        return votes
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            head = json.loads(next(file))
            if head["about"] != dict(about):
                raise UserError(
                    f"The votes in {path} are of another evaluation: delete the file, "
                    "or write to another one."
                )
            for line in file:
                task, test, rows, *tally = json.loads(line)
                grid = np.array([[int(colour) for colour in row] for row in rows])
                votes.put(task, test, grid, Tally(*tally))
            votes.done, votes.without_grid = head["done"], head["without_grid"]
    except _DAMAGE as error:
        raise UserError(
            f"The votes in {path} are damaged ({error}): delete the file, and all is "
            "asked again."
        ) from error
    return votes
