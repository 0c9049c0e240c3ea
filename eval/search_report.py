"""The report of a search: as JSON, as a page, and as text for a terminal."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from eval import html_parts, search_scores, search_ways, style
from eval.atomic import write_json
from eval.html_parts import Picture
from eval.search_scores import Answer, Scores
from eval.search_ways import Ways

_WAYS = (
    "Candidates of the trees by how they were made: programs that are new to their "
    "tree, those that pass all public tests, and those that are the first to; after it "
    "a tree writes afresh alone"
)
_COLORS = (
    *(style.MUTED, style.ORANGE, style.INK, style.GREEN, style.BLUE),
    style.VERMILION,
)
_DASHES = ("-", "--", ":")


class Found(NamedTuple):
    """Attributes:
    about: what is in `report.json` beside what follows; `samples` is the budget.
    scores: of all methods, over best of n by public tests.
    over: by another baseline, of those that have what it has, or more.
    ways: in which the trees' candidates were made; empty where there are no trees.
    """

    about: Mapping[str, Any]
    answers: Sequence[Answer]
    scores: Scores
    over: Mapping[str, Scores]
    ways: Ways


def write(found: Found, output: pathlib.Path) -> None:
    """Writes `report.json`, `curve.png` and `report.html`.

    Raises:
      UserError: a file cannot be written.
    """
    about, scores = found.about, found.scores
    content = {
        **about,
        "scores": search_scores.as_json(scores),
        "over": {
            base: search_scores.as_json(some) for base, some in found.over.items()
        },
        "ways": search_ways.as_json(found.ways),
        "answers": [answer._asdict() for answer in found.answers],
    }
    write_json(output / "report.json", content)
    picture = _curve(about, scores, output / "curve.png")
    title = f"Search: {about['model']}, {about['benchmark']}"
    body = [
        f"<header><h1>{html_parts.text(title)}</h1>{_lead(found)}</header>",
        html_parts.section("Methods", _tables(found)),
        html_parts.figure(picture),
        html_parts.section("How to get it again", _origin(about)),
    ]
    html_parts.write(title, body, output / "report.html")


def markdown(found: Found) -> str:
    """Tables for a terminal."""
    parts = [
        _table(search_scores.rows(found.scores, found.about["samples"])),
        _table(search_scores.curve(found.scores)),
    ]
    for caption, rows in _gains(found).items():
        parts.append(f"{caption}:\n\n{_table(rows)}")
    if found.ways:
        parts.append(f"{_WAYS}:\n\n{_table(search_ways.rows(found.ways))}")
    parts += [f"{note}\n" for note in found.about["notes"]]
    return "\n".join(parts)


def _lead(found: Found) -> str:
    about = found.about
    problems = len({answer.problem for answer in found.answers})
    facts = [
        f"{problems:,} problems, {about['seeds']} seed{'s' * (about['seeds'] > 1)}",
        f"{about['samples']} samples and as many runs at most",
        *about["notes"],
    ]
    items = "".join(f"<li>{html_parts.text(fact)}</li>" for fact in facts)
    link = '<p><a href="trees.html">The trees</a></p>'
    return f'<ul class="facts">{items}</ul>{link}'


def _gains(found: Found) -> dict[str, list[tuple[str, ...]]]:
    """By caption."""
    about = found.about
    return {
        f"Over {about['methods'][base]}": search_scores.gains(some, about["samples"])
        for base, some in found.over.items()
    }


def _tables(found: Found) -> str:
    about = found.about
    rows = search_scores.rows(found.scores, about["samples"])
    caption = (
        "Hidden tests passed; gain in points over best of n by public tests at the "
        "same budget, p by McNemar of the first seed; cost of a task"
    )
    lines = [("method", "what it is"), *about["methods"].items()]
    tables = [
        html_parts.table(rows, caption),
        html_parts.table(search_scores.curve(found.scores), "Solved, by samples"),
    ]
    tables += [html_parts.table(some, told) for told, some in _gains(found).items()]
    if found.ways:
        tables.append(html_parts.table(search_ways.rows(found.ways), _WAYS))
    return "".join([*tables, html_parts.table(lines, "Methods", "texts")])


def _origin(about: Mapping[str, Any]) -> str:
    left_out = ("methods", "notes")
    facts = {name: value for name, value in about.items() if name not in left_out}
    rows = "".join(
        f"<dt>{html_parts.text(name)}</dt><dd>{html_parts.text(value)}</dd>"
        for name, value in facts.items()
    )
    return f"<dl>{rows}</dl>"


def _look(number: int) -> tuple[str, str]:
    """Color and dashes of a line: neighbours, which often coincide, have others."""
    turn = number // len(_COLORS)
    return _COLORS[number % len(_COLORS)], _DASHES[(number + turn) % len(_DASHES)]


def _curve(about: Mapping[str, Any], scores: Scores, path: pathlib.Path) -> Picture:
    with style.applied():
        figure = Figure(figsize=(7.5, 4.75))
        axes = style.place(figure, 0.8, 1.0, 4.6, 3.1)
        for number, (method, by_budget) in enumerate(scores.items()):
            color, line = _look(number)
            budgets = sorted(by_budget)
            shares = [by_budget[budget].solved for budget in budgets]
            axes.plot(
                budgets, shares, color=color, linestyle=line, marker="o", label=method
            )
        axes.set_xscale("log", base=2)
        axes.set_xticks(budgets, list(map(str, budgets)))
        axes.set_xlabel("samples of a task")
        axes.locator_params(axis="y", steps=[1, 2, 5, 10])  # whole percents
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
