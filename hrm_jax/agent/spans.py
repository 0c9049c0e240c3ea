"""A file in parts: what it defines, and the lines of each definition."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_LONGEST = 40
"""Lines of a span."""
_DEFINES = re.compile(
    r"""\s*(?:
      (?:async\s+def|def|class)\s+\w+                                  # Python
      | (?:export\s+)?(?:default\s+)?(?:async\s+)?function\b           # JavaScript
      | (?:export\s+)?class\s+\w+
      | (?:export\s+)?(?:const|let|var)\s+\w+\s*=\s*(?:async\s*)?(?:\(|function\b)
      | func\s+(?:\([^)]*\)\s*)?\w+ | type\s+\w+                       # Go
      | (?:pub(?:\([^)]*\))?\s+)?(?:fn|struct|enum|trait|impl|mod)\b   # Rust
      | (?:(?:public|private|protected|static|final|abstract)\s+)+[\w<>\[\], ]+[({]
      | (?:template\s*<.*>\s*)?[A-Za-z_][\w:<>,&*\ ]*\s[&*]*\w+       # C++, Java
        \([^;]*\)\s*(?:const\s*)?\{
    )""",
    re.VERBOSE,
)
_NOT = re.compile(r"\s*(?:return|if|for|while|else|switch|catch|throw)\b")


class Span(NamedTuple):
    """Lines of a file: from the first to the last, counted from 1."""

    first: int
    last: int


def lines_of(text: str) -> list[str]:
    """Lines with their ends."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def signatures(text: str) -> list[str]:
    """The first lines of what a file defines, without what follows a colon or brace."""
    return [
        line.strip().rstrip("{: ").strip()
        for line in lines_of(text)
        if _defines(line) and len(line) - len(line.lstrip()) <= 4
    ]


def spans(text: str) -> list[Span]:
    """Parts of a file that together are all of it, in order.

    A part begins where something is defined at the margin, or after `_LONGEST` lines.
    """
    lines = lines_of(text)
    starts = []
    for number, line in enumerate(lines, start=1):
        begins = _defines(line) and not line[:1].isspace()
        if number == 1 or begins or number - starts[-1] >= _LONGEST:
            starts.append(number)
    ends = [start - 1 for start in starts[1:]] + [len(lines)]
    return [Span(*pair) for pair in zip(starts, ends, strict=True)] if lines else []


def cut(lines: Sequence[str], span: Span) -> str:
    """The text of a span of a file's lines."""
    return "".join(lines[span.first - 1 : span.last])


def _defines(line: str) -> bool:
    # A long line is data, and a pattern could take its time over it.
    if len(line) > 300 or _NOT.match(line):
        return False
    return _DEFINES.match(line) is not None
