"""The units that a Python program is put together from, and what is wrong with some."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Sequence
from typing import NamedTuple

from data_pipeline import syntax
from data_pipeline.text.lintseq.names import unbound

_NO_STATEMENT = frozenset(
    (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT)
    + (tokenize.ENDMARKER, tokenize.ENCODING)
)
_NO_BODY = re.compile(r"expected an indented block after .* on line (\d+)")


class Unit(NamedTuple):
    """A logical line, with the comments, blank lines and decorators before it.

    Attributes:
      lines: with their ends.
      word: the first of the statement.
      indent: of the statement.
    """

    lines: tuple[str, ...]
    word: str
    indent: int


def split(source: str) -> list[Unit]:
    """The units of a program that parses and whose lines all end with "\\n"; together
    they are all its lines."""
    lines = source.splitlines(keepends=True)
    units: list[Unit] = []
    start, first = 0, None
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in _NO_STATEMENT:
            continue
        if token.type != tokenize.NEWLINE:
            first = first or token
            continue
        if first is not None and first.string != "@":
            unit = tuple(lines[start : token.start[0]])
            units.append(Unit(unit, first.string, first.start[1]))
            start = token.start[0]
        first = None
    if units and start < len(lines):
        last = units.pop()
        units.append(last._replace(lines=last.lines + tuple(lines[start:])))
    return units


def source_of(units: Sequence[Unit]) -> str:
    return "".join(line for unit in units for line in unit.lines)


def faulty(units: Sequence[Unit], allowed: frozenset[str]) -> set[int]:
    """Those of a program's units that must go for the rest to be in order, or some of
    them; none if it parses and binds all names that it uses.

    Args:
      allowed: names that may be unbound.
    """
    owners = [number for number, unit in enumerate(units) for _ in unit.lines]
    try:
        tree = syntax.module(source_of(units))
        compile(tree, "<program>", "exec")  # `return` without a function, too
    except SyntaxError as error:
        headless = _NO_BODY.search(error.msg)
        line = int(headless[1]) if headless else error.lineno or len(owners)
        at = owners[min(max(line, 1), len(owners)) - 1]
        if "'except' or 'finally'" in error.msg:
            at = max(n for n in range(at + 1) if units[n].word == "try")
        return {at}
    return {owners[line - 1] for line, name in unbound(tree) if name not in allowed}
