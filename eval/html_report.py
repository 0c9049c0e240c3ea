"""A run's results as one web page that needs nothing beside itself."""

from __future__ import annotations

import base64
import html
import pathlib
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from PIL import Image

from data_pipeline.task import LeftOut
from eval import score_table
from eval.atomic import replacing
from eval.html_style import STYLE
from eval.report import Report
from eval.score_table import Rows

_KINDS = {".png": "image/png", ".gif": "image/gif"}


class Picture(NamedTuple):
    """Attributes:
    what: it shows, such as "How it learned".
    says: what one sees in it, for those who cannot.
    path: of the file, which goes into the page.
    """

    what: str
    says: str
    path: pathlib.Path


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
        f"<header><h1>{_text(title)}</h1>{_lead(about, report)}</header>",
        _section("Scores", _scores(about, tables)),
        *(_figure(picture) for picture in pictures),
        _section("How to get it again", _origin(about)),
        _section("Config", _config(about)),
    ]
    with replacing(path) as whole:
        whole.write_text(
            f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{_text(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
            "<body>\n<main>\n" + "\n".join(body) + "\n</main>\n</body>\n</html>\n",
            encoding="utf-8",
        )


def _lead(about: Mapping[str, Any], report: Report) -> str:
    """The headline number, and beside it what helps to judge it."""
    metrics = report.metrics()
    low, high = report.rate("exact_match").interval()
    facts = [
        f"{metrics['exact_match']:.1%} exact match",
        f"95% interval {low:.1%} to {high:.1%}",
        f"{metrics['token_accuracy']:.1%} of all cells right",
        f"{metrics['examples']:,.0f} held-out puzzles, one attempt each",
        f"step {about['step']:,}",
    ]
    first, *others = map(_text, facts)
    items = "".join(f"<li>{fact}</li>" for fact in others)
    return f'<p class="lead">{first}</p><ul class="facts">{items}</ul>'


def _figure(picture: Picture) -> str:
    data = base64.b64encode(picture.path.read_bytes()).decode("ascii")
    kind, name = _KINDS[picture.path.suffix], picture.what
    with Image.open(picture.path) as opened:
        width, height = opened.size
    # On a phone type shrinks to two thirds of its size, and what is then too wide is
    # scrolled; what the picture says can be read without that.
    size = f"width:{width * 2 // 3}px;min-width:{width * 4 // 9}px"
    if kind == "image/gif":
        size = f"width:{width}px"
    image = (
        f'<img alt="{_text(picture.says)}" width="{width}" height="{height}" '
        f'style="{size}" src="data:{kind};base64,{data}">'
    )
    if kind == "image/gif":  # whoever wants it to stand still closes it
        image = f"<details open><summary>Show</summary>{image}</details>"
    else:
        image = _scroll(name, image)
        image += f'<p class="says" aria-hidden="true">{_text(picture.says)}</p>'
    return _section(f"{name[:1].upper()}{name[1:]}", image)


def _scroll(label: str, body: str) -> str:
    """What may be wider than a phone; the keyboard can move it as well."""
    return (
        f'<div class="scroll" tabindex="0" role="group" aria-label="{_text(label)}">'
        f"{body}</div>"
    )


def _scores(about: Mapping[str, Any], more: Sequence[tuple[str, Rows]]) -> str:
    tables = [_table(score_table.scores(about["scores"]), "All test puzzles")]
    tables += [_table(rows, caption) for caption, rows in more]
    for name, bins in about["halting_by_difficulty"].items():
        if len(bins) > 1:
            rows = score_table.by_difficulty(name, bins)
            tables.append(_table(rows, f"By {name}, until it halts"))
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
    commands = _text("\n".join(map(_in_lines, about["commands"])))
    rows = "".join(f"<dt>{_text(k)}</dt><dd>{_text(v)}</dd>" for k, v in facts.items())
    return f'<pre tabindex="0">{commands}</pre><dl>{rows}</dl>'


def _in_lines(command: str) -> str:
    """A flag on each line, as a shell takes it."""
    words = map(shlex.quote, shlex.split(command))
    return " ".join(f"\\\n  {word}" if word[:1] in "-'" else word for word in words)


def _config(about: Mapping[str, Any]) -> str:
    tables = [
        _table([head, *_changes(about[key])], caption, "texts")
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
        + f'<pre tabindex="0">{_text(fields)}</pre></details>'
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


def _section(title: str, body: str) -> str:
    return f"<section><h2>{_text(title)}</h2>{body}</section>"


def _table(rows: Sequence[tuple[str, ...]], caption: str, kind: str = "numbers") -> str:
    """The first row and the first column are heads."""
    head, *others = rows
    top = "".join(f'<th scope="col">{_text(cell)}</th>' for cell in head)
    lines = "".join(
        f'<tr><th scope="row">{_text(first)}</th>'
        + "".join(f"<td>{_text(cell)}</td>" for cell in cells)
        + "</tr>"
        for first, *cells in others
    )
    return _scroll(
        caption,
        f'<table class="{kind}"><caption>{_text(caption)}</caption>'
        f"<thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table>",
    )


def _text(value: object) -> str:
    return html.escape(str(value))
