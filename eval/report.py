"""What an evaluation found: scores of each example, averages and intervals."""

from __future__ import annotations

import json
import pathlib
import types
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from data_pipeline.schema import Batch, UserError
from eval.atomic import replacing
from eval.protocol import Prediction
from eval.statistics import Rate, calibration_error, rate

ABOUT = {
    **dict.fromkeys(("workdir", "task", "device", "system", "examples_sha256"), str),
    **dict.fromkeys(("scores", "halting_by_difficulty", "versions", "sources"), dict),
    **dict.fromkeys(("config", "differs_from_default", "differs_from_training"), dict),
    "step": int,
    "seconds": (int, float),
    "commit": (str, type(None)),
    "commands": list,
}
"""What the head of a run's report tells, and of what type each is."""
_ROW = {
    "puzzle_id": int,
    "inputs": list,
    "labels": list,
    "exact_match": int,
    "token_accuracy": (int, float),
}


class Report(NamedTuple):
    """Attributes:
    examples: with their labels.
    prediction: for each of them.
    scores: each `[B]`; "exact_match" (bool) and "token_accuracy" are always there.
    traits: each `[B]`, what else is known of the examples and told of each: their
      difficulty, or how they fared in another way of answering.
    """

    examples: Batch
    prediction: Prediction
    scores: Mapping[str, np.ndarray]
    traits: Mapping[str, np.ndarray] = types.MappingProxyType({})

    def rate(self, name: str) -> Rate:
        """How many examples have a property, such as "exact_match".

        Raises:
          ValueError: the score is a share, and its examples are no trials.
        """
        if self.scores[name].dtype != bool:
            raise ValueError(f"{name} is no yes or no; its mean is in `metrics`")
        return rate(self.scores[name])

    def metrics(self) -> dict[str, float]:
        """Averages over examples, "exact_match" first; nothing that had no count."""
        confidence = self.prediction.confidence
        exact = self.scores["exact_match"]
        averages = {
            name: float(np.nanmean(values))
            for name, values in self.scores.items()
            if not np.isnan(values).all()
        }
        return averages | {
            "mean_segments": float(self.prediction.segments.mean()),
            "mean_confidence": float(confidence.mean(dtype=np.float64)),
            "calibration_error": calibration_error(confidence, exact),
            "examples": float(len(exact)),
        }

    def intervals(self) -> dict[str, tuple[float, float]]:
        """95 % intervals of the rates."""
        return {
            name: self.rate(name).interval()
            for name, values in self.scores.items()
            if values.dtype == bool
        }


def write(
    report: Report,
    path: pathlib.Path,
    about: Mapping[str, Any],
    thinking: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Writes a report as JSON, every prediction on a line of its own.

    Args:
      about: what was evaluated and how, for the head of the file.
      thinking: of puzzles that were watched, on lines of their own too.

    Raises:
      UserError: the file cannot be written.
    """
    head = {
        "about": dict(about),
        "metrics": report.metrics(),
        "intervals_95": report.intervals(),
    }
    with replacing(path) as whole, whole.open("w", encoding="utf-8") as file:
        file.write(json.dumps(head, indent=2).removesuffix("\n}"))
        rows = (_row(report, row) for row in range(len(report.prediction.segments)))
        for name, lines in (("thinking", thinking), ("predictions", rows)):
            file.write(f',\n  "{name}": [')
            separator = "\n"
            for line in lines:
                text = json.dumps(line, separators=(",", ":"))
                file.write(f"{separator}    {text}")
                separator = ",\n"
            file.write("\n  ]")
        file.write("\n}\n")


def read(path: pathlib.Path) -> dict[str, Any]:
    """Reads what `write` has written.

    Raises:
      UserError: there is no such file, or it is no report.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(
            f"{path} cannot be read ({error.strerror}); `python main.py evaluate` "
            "writes the report of a run."
        ) from error
    except ValueError as error:
        raise UserError(f"{path} is damaged ({error}).") from error
    rows = found.get("predictions") if isinstance(found, dict) else None
    if not (
        isinstance(rows, list)
        and rows
        and all(isinstance(row, dict) and row.keys() >= _ROW.keys() for row in rows)
        and isinstance(found.get("metrics"), dict)
        and isinstance(found.get("about", {}), dict)
    ):
        raise UserError(f"{path} is no report of `python main.py evaluate`.")
    told = found.get("about", {})
    for kinds, values in ((ABOUT, told), *((_ROW, row) for row in rows)):
        for name in kinds.keys() & values.keys():
            value = values[name]
            if not isinstance(value, kinds[name]) or not _is_flat(name, value):
                raise UserError(
                    f"{path} is damaged ({name} is {str(value)[:80]!r}); run `python "
                    "main.py evaluate` again."
                )
    return found


def _is_flat(name: str, value: Any) -> bool:
    """Of a board, whether all its cells are numbers."""
    return name not in ("inputs", "labels") or all(type(one) is int for one in value)


def rebuild(found: Mapping[str, Any]) -> Report:
    """The report that `read` has found.

    Raises:
      UserError: a prediction lacks something.
    """
    rows = found["predictions"]
    try:
        columns = {name: _column([row[name] for row in rows]) for name in rows[0]}
        inputs, labels, answers, puzzle_ids, segments = (
            columns.pop(name).astype(np.int32)
            for name in ("inputs", "labels", "answer", "puzzle_id", "segments")
        )
        confidence = columns.pop("confidence").astype(np.float32)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"A prediction of the report is incomplete ({error!r}); run `python "
            "main.py evaluate` again."
        ) from error
    return Report(
        Batch(inputs, labels, puzzle_ids),
        Prediction(answers, segments, confidence),
        {name: values for name, values in columns.items() if name in found["metrics"]},
        {n: values for n, values in columns.items() if n not in found["metrics"]},
    )


def _column(values: list) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values])


def _row(report: Report, row: int) -> dict[str, Any]:
    examples, prediction = report.examples, report.prediction
    named = {**report.scores, **report.traits}
    scores = {name: values[row].item() for name, values in named.items()}
    return {
        "puzzle_id": examples.puzzle_ids[row].item(),
        "inputs": examples.inputs[row].tolist(),
        "labels": examples.labels[row].tolist(),
        "answer": prediction.answers[row].tolist(),
        "segments": prediction.segments[row].item(),
        "confidence": prediction.confidence[row].item(),
        # JSON has no NaN.
        **{name: None if score != score else score for name, score in scores.items()},
    }
