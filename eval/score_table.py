"""The tables of an evaluation, as rows of text, from what its report says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eval.report import Report
from eval.statistics import interval_text

Rows = list[tuple[str, ...]]

_OWN = {
    "blank_accuracy": "blanks",
    "path_accuracy": "path cells",
    "valid_optimal": "shortest path",
}
"""Scores that some kinds of puzzle have, and their columns."""


def summary(report: Report) -> dict[str, Any]:
    """Averages and intervals, for the head of a report."""
    return {"metrics": report.metrics(), "intervals_95": report.intervals()}


def scores(found: Mapping[str, Mapping[str, Any]]) -> Rows:
    """A row for each way of answering, from its `summary`."""
    metrics = {name: one["metrics"] for name, one in found.items()}
    own = [name for name in _OWN if all(name in m for m in metrics.values())]
    head = ("", "exact match", "95% interval", "tokens")
    rows: Rows = [(*head, *(_OWN[name] for name in own), "segments")]
    for name, one in found.items():
        shares = [metrics[name][share] for share in ("token_accuracy", *own)]
        rows.append(
            (
                name,
                f"{metrics[name]['exact_match']:.1%}",
                interval_text(one["intervals_95"]["exact_match"]),
                *(f"{share:.1%}" for share in shares),
                f"{metrics[name]['mean_segments']:.1f}",
            )
        )
    return rows


def by_difficulty(name: str, bins: Sequence[Mapping[str, Any]]) -> Rows:
    """A row for each bin, from `difficulty.Bin.as_dict`."""
    rows: Rows = [(name, "puzzles", "exact match", "95% interval", "segments")]
    for one in bins:
        low, high = one["low"], one["high"]
        rows.append(
            (
                f"{low}" if low == high else f"{low} - {high}",
                f"{one['examples']:,}",
                f"{one['exact_match']:.1%}",
                interval_text(one["interval_95"]),
                f"{one['mean_segments']:.1f}",
            )
        )
    return rows
