"""A run's results as one web page that needs nothing beside itself."""

from __future__ import annotations

import pathlib
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from data_pipeline.task import LeftOut
from eval import html_parts, score_table
from eval.html_parts import Picture
from eval.report import Report
from eval.score_table import Rows
from eval.statistics import interval_text


def write(
    about: Mapping[str, Any],
    report: Report,
    pictures: Sequence[Picture],
    path: pathlib.Path,
    tables: Sequence[tuple[str, Rows]] = (),
) -> None:
    """Writes the page.

    Args:
      about: the head of the report.
      tables: more scores, each with its caption.

    Raises:
      UserError: the file cannot be written.
    """
    name = pathlib.Path(about["workdir"]).name or about["workdir"]
    title = f"{name}: {about['task']}"
    body = [
        f"<header><h1>{html_parts.text(title)}</h1>{_lead(about, report)}</header>",
        html_parts.section("Scores", _scores(about, tables)),
        *(html_parts.figure(picture) for picture in pictures),
        html_parts.section("How to get it again", _origin(about)),
        html_parts.section("Config", _config(about)),
    ]
    html_parts.write(title, body, path)


def _lead(about: Mapping[str, Any], report: Report) -> str:
    """The headline number, and beside it what helps to judge it."""
    metrics = report.metrics()
    interval = report.rate("exact_match").interval()
    facts = [
        f"{metrics['exact_match']:.1%} exact match",
        f"95% interval {interval_text(interval)}",
        f"{metrics['token_accuracy']:.1%} of all cells right",
        f"{metrics['examples']:,.0f} held-out puzzles, one attempt each",
        f"step {about['step']:,}",
    ]
    first, *others = map(html_parts.text, facts)
    items = "".join(f"<li>{fact}</li>" for fact in others)
    return f'<p class="lead">{first}</p><ul class="facts">{items}</ul>'


def _scores(about: Mapping[str, Any], more: Sequence[tuple[str, Rows]]) -> str:
    tables = [html_parts.table(score_table.scores(about["scores"]), "All test puzzles")]
    tables += [html_parts.table(rows, caption) for caption, rows in more]
    for name, bins in about["halting_by_difficulty"].items():
        if len(bins) > 1:
            rows = score_table.by_difficulty(name, bins)
            tables.append(html_parts.table(rows, f"By {name}, until it halts"))
    return "".join(tables)


def _origin(about: Mapping[str, Any]) -> str:
    facts = {
        "device": about["device"],
        "system": about["system"],
        "versions": ", ".join(f"{n} {v}" for n, v in about["versions"].items()),
        "git commit": about["commit"] or "unknown: not in a git repository",
        "time": f"{about['seconds']:,} s for the evaluation",
        "test puzzles": f"SHA-256 {about['examples_sha256']}",
    }
    for path, checksum in about["sources"].items():
        facts[path] = f"SHA-256 {checksum}"
    if not about["sources"]:
        facts["data"] = "made on this machine, as the config says"
    left_out = [str(LeftOut(**one)) for one in about.get("left_out", ())]
    if left_out:
        facts["left out"] = " ".join(left_out)
    commands = html_parts.text("\n".join(map(_in_lines, about["commands"])))
    rows = "".join(
        f"<dt>{html_parts.text(k)}</dt><dd>{html_parts.text(v)}</dd>"
        for k, v in facts.items()
    )
    return f'<pre tabindex="0">{commands}</pre><dl>{rows}</dl>'


def _in_lines(command: str) -> str:
    """A flag on each line, as a shell takes it."""
    words = map(shlex.quote, shlex.split(command))
    return " ".join(f"\\\n  {word}" if word[:1] in "-'" else word for word in words)


def _config(about: Mapping[str, Any]) -> str:
    tables = [
        html_parts.table([head, *_changes(about[key])], caption, "texts")
        for key, head, caption in (
            (
                "differs_from_default",
                ("field", "here", "by default"),
                "What differs from configs/default.py",
            ),
            (
                "differs_from_training",
                ("field", "here", "in training"),
                "What the evaluation has changed",
            ),
        )
        if about[key]
    ]
    fields = "\n".join(f"{name} = {_value(v)}" for name, v in _flat(about["config"]))
    return (
        "".join(tables)
        + "<details><summary>All fields</summary>"
        + f'<pre tabindex="0">{html_parts.text(fields)}</pre></details>'
    )


def _changes(fields: Mapping[str, Sequence[Any]]) -> Iterable[tuple[str, ...]]:
    for name, values in fields.items():
        yield (name, *map(_value, values))


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return str(value)
