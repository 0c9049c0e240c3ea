"""Reads what a run wrote about itself while it trained."""

from __future__ import annotations

import json
import pathlib
import sys
from typing import Any, NamedTuple

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


class NoRecordsError(UserError):
    """The run has not written anything about itself yet."""


def read(path: pathlib.Path) -> dict[str, Series]:
    """Reads the series of a metrics.jsonl; those without a value are absent.

    Lines that a crash cut short are left out, and so are values that are no numbers. If
    a step comes twice, the later record counts.

    Raises:
      NoRecordsError: the file is missing or holds no record.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise NoRecordsError(
            f"{path} cannot be read ({error.strerror}): train the run first."
        ) from error
    found: dict[str, dict[int, float]] = {}
    for values in map(record, text.splitlines()):
        if values is None:
            continue
        step = values.pop("step")
        for name, value in values.items():
            if _is_number(value):
                found.setdefault(name, {})[step] = float(value)
    if not found:
        raise NoRecordsError(
            f"{path} holds no record yet: train the run for some more steps."
        )
    return {name: _series(points) for name, points in found.items()}


def record(line: str) -> dict[str, Any] | None:
    """What a line says, with its "step", a whole number; None if it is no record."""
    try:
        values = json.loads(line)
    except ValueError:
        return None
    step = values.get("step") if isinstance(values, dict) else None
    return values if isinstance(step, int) and _is_number(step) else None


def _is_number(value: object) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and abs(value) <= sys.float_info.max
    )


def _series(points: dict[int, float]) -> Series:
    steps = sorted(points)
    return Series(np.array(steps), np.array([points[step] for step in steps]))
