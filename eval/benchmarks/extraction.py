"""Finding the code in what a model wrote."""

from __future__ import annotations

import re
from collections.abc import Sequence

_OPENING = re.compile(r"^[ \t]*(`{3,}|~{3,})[ \t]*([^\s`]*)[^\n`]*$")


def until(text: str, stop: Sequence[str]) -> str:
    """The text before the first of the stop words.

    Chen et al., arXiv:2107.03374, section 2.1: a completion ends at the first of them,
    for a model goes on with further functions, classes or comments.
    """
    found = [place for word in stop if word and (place := text.find(word)) >= 0]
    return text[: min(found, default=len(text))]


def fenced(text: str) -> list[tuple[str, str]]:
    """The fenced blocks of Markdown, in order: language in small letters, content.

    A fence ends at a line of at least as many of the same marks (CommonMark 0.31,
    section 4.5), or with the text: a model may have been cut off.
    """
    blocks: list[tuple[str, str]] = []
    fence, language, content = "", "", []
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        bare = line.strip()
        if not fence:
            opening = _OPENING.match(line.rstrip("\r\n"))
            if opening:
                fence, language, content = opening[1], opening[2].lower(), []
        elif len(bare) >= len(fence) and set(bare) == {fence[0]}:
            blocks.append((language, "".join(content)))
            fence = ""
        else:
            content.append(line)
    if fence:
        blocks.append((language, "".join(content)))
    return blocks


def code(text: str, languages: Sequence[str] = (), last: bool = False) -> str | None:
    """The content of the fenced block that holds the answer; None without a block.

    Args:
      languages: names of blocks to be preferred, if there are any.
      last: of several the last, not the first.
    """
    blocks = fenced(text)
    named = [content for language, content in blocks if language in languages]
    found = named or [content for _, content in blocks]
    return found[-1 if last else 0] if found else None
