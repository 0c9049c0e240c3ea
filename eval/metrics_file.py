"""Reads what a run wrote about itself while it trained."""

from __future__ import annotations

import json
import math
import pathlib
from typing import NamedTuple

import numpy as np

from data_pipeline.schema import UserError


class Series(NamedTuple):
    """One metric over a run.

    Attributes:
      steps: int `[n]`, increasing.
      values: float `[n]`, finite.
    """

    steps: np.ndarray
    values: np.ndarray


def read(path: pathlib.Path) -> dict[str, Series]:
    """Reads the series of a metrics.jsonl; those without a value are absent.

    Lines that a crash cut short are left out, and so are values that are no numbers. If
    a step comes twice, the later record counts.

    Raises:
      UserError: the file is missing or holds no record.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UserError(
            f"{path} cannot be read ({error.strerror}): train the run first."
        ) from error
    found: dict[str, dict[int, float]] = {}
    for record in map(_record, text.splitlines()):
        step = record.pop("step", None)
        if not _is_number(step):
            continue
        for name, value in record.items():
            if _is_number(value):
                found.setdefault(name, {})[int(step)] = float(value)
    if not found:
        raise UserError(
            f"{path} holds no record yet: train the run for some more steps."
        )
    return {name: _series(points) for name, points in found.items()}


def _record(line: str) -> dict:
    try:
        record = json.loads(line)
    except json.JSONDecodeError:
        return {}
    return record if isinstance(record, dict) else {}


def _is_number(value: object) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
    )


def _series(points: dict[int, float]) -> Series:
    steps = sorted(points)
    return Series(np.array(steps), np.array([points[step] for step in steps]))
