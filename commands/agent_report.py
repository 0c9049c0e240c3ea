"""What agents did with many tasks: a row each, and numbers over all."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from data_pipeline.schema import UserError
from eval import bootstrap, comparison, statistics
from eval.atomic import write_json
from eval.benchmarks.problem import Kind
from eval.comparison import Comparison

FILE = "report.json"
COSTS = ("actions", "attempts", "runs", "tokens", "seconds")
VISIBLE, HIDDEN = "visible tests", "hidden tests"


def write(
    path: pathlib.Path, model: str, results: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Writes a report.

    Args:
      results: by task, as `session.Outcome.row` has them.

    Returns:
      Its numbers over all tasks.
    """
    found = {"model": model, "tasks": _summary(results), "results": results}
    write_json(path, found)
    return found["tasks"]


def read(path: pathlib.Path) -> dict[str, Any] | None:
    """What `write` has written; None where there is anything else."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    ours = isinstance(found, dict) and isinstance(found.get("results"), dict)
    return found if ours and found.keys() == {"model", "tasks", "results"} else None


class Compared(NamedTuple):
    """Attributes:
    tasks: that both worked on.
    left_out: tasks that the first, and that the second did not get to work on.
    found: of these; solved is what passes the hidden tests where all tasks have some,
      else the visible ones.
    costs: means of a task, of the first and of the second.
    """

    tasks: list[str]
    left_out: tuple[int, int]
    found: Comparison
    costs: dict[str, tuple[float, ...]]


def compare(
    first: Mapping[str, Any], second: Mapping[str, Any], names: tuple[str, str]
) -> Compared:
    """Compares two reports, as `read` gives them.

    Args:
      names: of the two, for people.

    Raises:
      UserError: they are not of the same tasks, or none was worked on by both.
    """
    one, other = first["results"], second["results"]
    if differ := sorted(one.keys() ^ other.keys()):
        raise UserError(
            f"{names[0]} and {names[1]} hold different tasks, such as {differ[0]}: "
            "compare runs of the same --tasks and --limit."
        )
    tasks = [id for id in one if "solved" in one[id] and "solved" in other[id]]
    if not tasks:
        raise UserError(f"{names[0]} and {names[1]} worked on no task both.")
    rows = [[results[id] for id in tasks] for results in (one, other)]
    pairs = {VISIBLE: _columns(rows, lambda row: row["solved"])}
    hidden = all("hidden" in row for part in rows for row in part)
    if hidden:
        pairs = {HIDDEN: _columns(rows, _passes)} | pairs
    costs = {
        name: tuple(float(np.mean([row[name] for row in part])) for part in rows)
        for name in COSTS
    }
    one_lost, other_lost = (
        sum("solved" not in row for row in results.values()) for results in (one, other)
    )
    return Compared(
        tasks,
        (one_lost, other_lost),
        comparison.of_pairs(pairs, HIDDEN if hidden else VISIBLE),
        costs,
    )


def _columns(
    rows: Sequence[Sequence[Mapping[str, Any]]], of: Callable[[Mapping[str, Any]], Any]
) -> tuple[list, list]:
    first, second = rows
    return list(map(of, first)), list(map(of, second))


def _passes(row: Mapping[str, Any]) -> bool:
    return row["hidden"] == Kind.PASSED.value


def _summary(results: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Numbers over tasks: shares with 95 % intervals, means."""
    ended = [row for row in results.values() if "solved" in row]
    found: dict[str, Any] = {"tasks": len(results), "worked on": len(ended)}
    for kind in ("mistake", "lost"):
        if count := sum(kind in row for row in results.values()):
            found[kind] = count
    if not ended:
        return found
    found["solved"] = _share([row["solved"] for row in ended])
    if hidden := [_passes(row) for row in ended if "hidden" in row]:
        found["pass hidden tests"] = _share(hidden)
    actions = sum(row["actions"] for row in ended)
    malformed = sum(row["malformed"] for row in ended)
    found["malformed"] = f"{malformed / max(actions, 1):.1%} of {actions:,} actions"
    for name in COSTS:
        mean = sum(row[name] for row in ended) / len(ended)
        found[f"{name} a task"] = f"{mean:,.1f}"
    return found


def _share(passed: Sequence[bool]) -> str:
    values = np.array(passed, float)
    interval = statistics.interval_text(bootstrap.share_interval(values))
    return f"{values.mean():.1%} ({interval})"
