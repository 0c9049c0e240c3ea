"""Parts of web pages that need nothing beside themselves."""

from __future__ import annotations

import base64
import html
import pathlib
from collections.abc import Sequence
from typing import NamedTuple

from PIL import Image

from eval.atomic import write_text
from eval.html_style import STYLE

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


def write(title: str, body: Sequence[str], path: pathlib.Path, style: str = "") -> None:
    """Writes a page.

    Args:
      body: parts, each HTML.
      style: CSS beyond `html_style.STYLE`.

    Raises:
      UserError: the file cannot be written.
    """
    write_text(
        path,
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{STYLE}{style}</style>\n</head>\n"
        "<body>\n<main>\n" + "\n".join(body) + "\n</main>\n</body>\n</html>\n",
    )


def text(value: object) -> str:
    return html.escape(str(value))


def section(title: str, body: str) -> str:
    return f"<section><h2>{text(title)}</h2>{body}</section>"


def scroll(label: str, body: str) -> str:
    """What may be wider than a phone; the keyboard can move it as well."""
    return (
        f'<div class="scroll" tabindex="0" role="group" aria-label="{text(label)}">'
        f"{body}</div>"
    )


def table(rows: Sequence[tuple[str, ...]], caption: str, kind: str = "numbers") -> str:
    """The first row and the first column are heads."""
    head, *others = rows
    top = "".join(f'<th scope="col">{text(cell)}</th>' for cell in head)
    lines = "".join(
        f'<tr><th scope="row">{text(first)}</th>'
        + "".join(f"<td>{text(cell)}</td>" for cell in cells)
        + "</tr>"
        for first, *cells in others
    )
    return scroll(
        caption,
        f'<table class="{kind}"><caption>{text(caption)}</caption>'
        f"<thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table>",
    )


def figure(picture: Picture) -> str:
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
        f'<img alt="{text(picture.says)}" width="{width}" height="{height}" '
        f'style="{size}" src="data:{kind};base64,{data}">'
    )
    if kind == "image/gif":  # whoever wants it to stand still closes it
        image = f"<details open><summary>Show</summary>{image}</details>"
    else:
        image = scroll(name, image)
        image += f'<p class="says" aria-hidden="true">{text(picture.says)}</p>'
    return section(f"{name[:1].upper()}{name[1:]}", image)
