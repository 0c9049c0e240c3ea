"""The report of a search: as JSON, as a page, and as text for a terminal."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from eval import html_parts, search_scores, style
from eval.atomic import replacing
from eval.html_parts import Picture
from eval.search_scores import Answer, Score

_Scores = dict[str, dict[int, Score]]
_LINES = (
    *((style.MUTED, ":"), (style.ORANGE, "--"), (style.INK, "-")),
    *((style.GREEN, "--"), (style.BLUE, "-"), (style.VERMILION, "-")),
)


def write(
    about: Mapping[str, Any],
    scores: _Scores,
    answers: Sequence[Answer],
    output: pathlib.Path,
) -> None:
    """Writes `report.json`, `curve.png` and `report.html`.

    Args:
      about: what is in `report.json` beside the scores; `samples` is the budget.

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
    picture = _curve(about, scores, output / "curve.png")
    title = f"Search: {about['model']}, {about['benchmark']}"
    body = [
        f"<header><h1>{html_parts.text(title)}</h1>{_lead(about, answers)}</header>",
        html_parts.section("Methods", _tables(about, scores)),
        html_parts.figure(picture),
        html_parts.section("How to get it again", _origin(about)),
    ]
    html_parts.write(title, body, output / "report.html")


def markdown(about: Mapping[str, Any], scores: _Scores) -> str:
    """Tables for a terminal."""
    parts = [
        _table(search_scores.rows(scores, about["samples"])),
        _table(search_scores.curve(scores)),
        *(f"{note}\n" for note in about["notes"]),
    ]
    return "\n".join(parts)


def _lead(about: Mapping[str, Any], answers: Sequence[Answer]) -> str:
    problems = len({answer.problem for answer in answers})
    facts = [
        f"{problems:,} problems, {about['seeds']} seed{'s' * (about['seeds'] > 1)}",
        f"{about['samples']} samples and as many runs at most",
        *about["notes"],
    ]
    items = "".join(f"<li>{html_parts.text(fact)}</li>" for fact in facts)
    link = '<p><a href="trees.html">The trees</a></p>'
    return f'<ul class="facts">{items}</ul>{link}'


def _tables(about: Mapping[str, Any], scores: _Scores) -> str:
    rows = search_scores.rows(scores, about["samples"])
    caption = (
        "Hidden tests passed; gain in points over best of n by public tests at the "
        "same budget, p by McNemar of the first seed; cost of a task"
    )
    lines = [("method", "what it is"), *about["methods"].items()]
    return (
        html_parts.table(rows, caption)
        + html_parts.table(search_scores.curve(scores), "Solved, by samples")
        + html_parts.table(lines, "Methods", "texts")
    )


def _origin(about: Mapping[str, Any]) -> str:
    left_out = ("methods", "notes")
    facts = {name: value for name, value in about.items() if name not in left_out}
    rows = "".join(
        f"<dt>{html_parts.text(name)}</dt><dd>{html_parts.text(value)}</dd>"
        for name, value in facts.items()
    )
    return f"<dl>{rows}</dl>"


def _curve(about: Mapping[str, Any], scores: _Scores, path: pathlib.Path) -> Picture:
    with style.applied():
        figure = Figure(figsize=(7.5, 4.75))
        axes = style.place(figure, 0.8, 1.0, 4.6, 3.1)
        for (method, by_budget), (color, line) in zip(
            scores.items(), _LINES, strict=False
        ):
            budgets = sorted(by_budget)
            shares = [by_budget[budget].solved for budget in budgets]
            axes.plot(
                budgets, shares, color=color, linestyle=line, marker="o", label=method
            )
        axes.set_xscale("log", base=2)
        axes.set_xticks(budgets, list(map(str, budgets)))
        axes.set_xlabel("samples of a task")
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        best = max(scores, key=lambda name: scores[name][about["samples"]].solved)
        most = scores[best][about["samples"]].solved
        style.headline(
            figure,
            f"{best} solves {most:.1%} with {about['samples']} samples",
            "share of tasks whose hidden tests pass, by budget",
        )
        style.save(figure, path)
        says = style.headline_of(figure)
    return Picture("what more samples bring", says, path)


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    head, *others = rows
    lines = [head, ("---",) * len(head), *others]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
