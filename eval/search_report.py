"""The report of a search: as JSON, as a page, and as text for a terminal."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from eval import search_scores
from eval.atomic import replacing
from eval.search_scores import Answer, Score


def write(
    about: Mapping[str, Any],
    scores: dict[str, dict[int, Score]],
    answers: Sequence[Answer],
    output: pathlib.Path,
) -> None:
    """Writes `report.json`.

    Raises:
      UserError: a file cannot be written.
    """
    content = {
        **about,
        "scores": search_scores.as_json(scores),
        "answers": [answer._asdict() for answer in answers],
    }
    with replacing(output / "report.json") as whole:
        whole.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def markdown(about: Mapping[str, Any], scores: dict[str, dict[int, Score]]) -> str:
    """Tables for a terminal."""
    parts = [
        _table(search_scores.rows(scores, about["samples"])),
        _table(search_scores.curve(scores)),
        *(f"{note}\n" for note in about["notes"]),
    ]
    return "\n".join(parts)


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    head, *others = rows
    lines = [head, ("---",) * len(head), *others]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
