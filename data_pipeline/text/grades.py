"""How hard a trained model found each training example, for a curriculum."""

from __future__ import annotations

import itertools
import json
import pathlib
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from data_pipeline.schema import UserError
from data_pipeline.text.example import Example

GRADES = 10
"""As many, each of a tenth of the examples, from 1."""


def of_losses(losses: np.ndarray) -> list[int]:
    """The grade of each example, the tenth with the least losses having 1."""
    ranks = np.argsort(np.argsort(losses, kind="stable"), kind="stable")
    return (1 + ranks * GRADES // max(len(losses), 1)).tolist()


def to_json(examples: str, grades: Sequence[int]) -> str:
    """What `load` reads.

    Args:
      examples: digest of what they are the grades of.
    """
    return json.dumps({"examples": examples, "grades": list(grades)}) + "\n"


def load(path: pathlib.Path, examples: str) -> list[int]:
    """Reads the grades of the examples with that digest.

    Raises:
      UserError: the file is no such one, or is of other examples.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        grades, graded = content["grades"], content["examples"]
        if not all(isinstance(one, int) and 1 <= one <= GRADES for one in grades):
            raise ValueError(f"grades are whole numbers from 1 to {GRADES}")
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UserError(
            f"data.grades names {path}, which cannot be read as grades ({error}): "
            "write it with `python main.py grade`."
        ) from error
    if graded != examples:
        raise UserError(
            f"data.grades names {path}, which grades other examples than these: run "
            "`python main.py grade` with the same --config.data overrides."
        )
    return grades


def graded(
    examples: Iterable[Example], grades: Sequence[int], path: pathlib.Path
) -> Iterator[Example]:
    """The examples, each as hard as its grade says.

    Args:
      path: of the file of the grades.

    Raises:
      UserError: there are not as many grades as examples.
    """
    for example, grade in itertools.zip_longest(examples, grades):
        if example is None or grade is None:
            are = "fewer" if example is None else "more"
            raise UserError(
                f"data.grades names {path}, which has {len(grades):,} grades, but "
                f"there are {are} training examples: write it anew with "
                "`python main.py grade`."
            )
        yield example._replace(difficulty=grade)
