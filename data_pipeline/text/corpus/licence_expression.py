"""SPDX expressions of licences (SPDX 2.3, annex D): joined, and what they allow."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

_TOKEN = re.compile(r"[()/]|[^()/\s]+")
_OR = ("OR", "/")
"""Cargo once wrote a slash for it."""
_CHOICE = re.compile(r"\bOR\b|/")
_NO_NAMES = (*_OR, "AND", "WITH", "(", ")", "")


def allows(licence: str, licences: Collection[str]) -> bool:
    """May one take what is under a licence, and be under some of these?

    Of an OR one part is enough, of an AND all are needed; AND binds tighter. "X WITH Y"
    is a licence of its own, as which it must be named. Names are the same in small
    letters (annex D). What is no expression is compared as it stands, which an
    expression may be, too.
    """
    allowed = {one.casefold() for one in licences}
    if licence.casefold() in allowed:
        return True
    try:
        return _Expression(licence, allowed).value()
    except (ValueError, RecursionError):  # it is none, or one that nobody could read
        return False


def joined(licences: Iterable[str]) -> str:
    """The expression of what is under all of these: their AND, empty for none."""
    names = list(licences)
    if len(names) > 1:  # AND binds tighter than what an expression may have
        names = [f"({name})" if _CHOICE.search(name) else name for name in names]
    return " AND ".join(names)


class _Expression:
    """Raises ValueError where it is none."""

    def __init__(self, text: str, licences: Collection[str]):
        self._tokens = [*_TOKEN.findall(text), ""]
        self._place = 0
        self._licences = licences

    def value(self) -> bool:
        found = self._either()
        if self._next():
            raise ValueError("something stands behind the expression")
        return found

    def _either(self) -> bool:
        parts = [self._all()]
        while self._tokens[self._place] in _OR:
            self._place += 1
            parts.append(self._all())
        return any(parts)

    def _all(self) -> bool:
        parts = [self._part()]
        while self._tokens[self._place] == "AND":
            self._place += 1
            parts.append(self._part())
        return all(parts)

    def _part(self) -> bool:
        if self._tokens[self._place] == "(":
            self._place += 1
            found = self._either()
            if self._next() != ")":
                raise ValueError("a parenthesis stays open")
            return found
        name = self._name()
        if self._tokens[self._place] == "WITH":
            self._place += 1
            name = f"{name} WITH {self._name()}"
        return name.casefold() in self._licences

    def _name(self) -> str:
        name = self._next()
        if name in _NO_NAMES:
            raise ValueError("a name is missing")
        return name

    def _next(self) -> str:
        self._place += 1
        return self._tokens[self._place - 1]
