"""Functions in languages with braces: C++, Go, Java, JavaScript or Rust, whichever."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

_DEEPEST = 20
"""Blocks about a function's that are looked into, so that no token is taken often."""


def _lexer(*texts: str) -> re.Pattern[str]:
    return re.compile(
        r"(?P<skip>\s+|//[^\n]*|/\*.*?(?:\*/|\Z))"
        rf'|(?P<text>"(?:\\.|[^"\\\n])*"|{"|".join(texts)})'
        r"|(?P<name>'?[A-Za-z_]\w*)|(?P<other>\d\w*(?:\.\d\w*)?|\.\.\.?|.)",
        re.DOTALL,
    )


_QUOTED, _RAW = r"'(?:\\.|[^'\\\n])*'", r"`(?:\\.|[^`\\])*`"
_TOKEN = _lexer(_QUOTED, _RAW)
# Nothing is escaped in Go's raw strings. Rust has one character in quotes, and names of
# lifetimes that begin with one.
_TOKEN_OF = {
    re.compile(r"^package \w+$|^func\b", re.MULTILINE): _lexer(_QUOTED, "`[^`]*`"),
    re.compile(r"\bfn\s+\w+\s*[<(]"): _lexer(r"'(?:\\.[^'\n]*|[^'\\\n])'", _RAW),
}
_PAIRS = {")": "(", "]": "[", "}": "{", ">": "<"}
_FUNCTION = frozenset(("fn", "func", "function"))
_CONTROL = frozenset("if for while switch match loop do else try catch select".split())
_TYPE = frozenset("class struct interface enum impl trait namespace".split())


def functions(source: str, least: int) -> Iterator[list[str]]:
    """The tokens of each block that looks like a function's, its names numbered.

    Args:
      least: tokens of a block that is looked at.
    """
    lexer = next((_TOKEN_OF[sign] for sign in _TOKEN_OF if sign.search(source)), _TOKEN)
    tokens = [
        (match.lastgroup or "", match[0])
        for match in lexer.finditer(source)
        if match.lastgroup != "skip"
    ]
    words = [word for _, word in tokens]
    head, inside, opened = 0, 0, []
    for place, word in enumerate(words):
        inside += (word == "(") - (word == ")")
        if word == "{":
            opened.append((head, place, inside))
        elif word == "}" and opened:
            begin, start, within = opened.pop()
            if place + 1 - start < least:
                # A type or a default among the parameters, or Go's `interface{}`.
                empty = start + 1 == place and words[start - 1] in _TYPE
                if within > 0 or empty:
                    head, inside = begin, within
                    continue
            elif len(opened) < _DEEPEST:
                outline = _outline(words[begin:start])
                if _is_function(outline):
                    yield _numbered(tokens[start : place + 1], _called(outline))
        if word in ("{", "}", ";"):
            head, inside = place + 1, 0


def _outline(head: Sequence[str]) -> list[str]:
    """What stands before a block, without what is in brackets that are closed; round
    ones leave a "("."""
    found: list[str] = []
    opened: list[tuple[str, int]] = []
    for before, word in zip(("", *head), head, strict=False):
        pair = None if word == ">" and before in ("-", "=") else _PAIRS.get(word)
        if pair is None:
            if word in _PAIRS.values():
                opened.append((word, len(found)))
            found.append(word)
            continue
        while opened and opened[-1][0] == "<" != pair:  # it was "less than"
            opened.pop()
        if opened and opened[-1][0] == pair:
            _, start = opened.pop()
            del found[start + (pair == "(") :]
    return found


def _is_function(outline: Sequence[str]) -> bool:
    if "(" not in outline:
        return False
    start = _function_word(outline)
    if start is not None:
        return _CONTROL.isdisjoint(outline[:start])
    return not any(
        word in _CONTROL or (word in _TYPE and not _returned(outline[place:]))
        for place, word in enumerate(outline)
    )


def _function_word(outline: Sequence[str]) -> int | None:
    """Where a word says that a function begins."""
    return next((n for n, word in enumerate(outline) if word in _FUNCTION), None)


def _returned(outline: Sequence[str]) -> bool:
    """Is it the type of what a function in C returns, `struct name *function(`?"""
    return outline[0] in ("struct", "enum") and (
        outline[2:3] in (["*"], ["&"]) or outline[3:4] == ["("]
    )


def _called(outline: Sequence[str]) -> str:
    """The name of a function, by what stands before its parameters; of a method in Go
    its receiver does, too."""
    behind = outline[_function_word(outline) or 0 :]
    return next(
        (
            word
            for word, after in itertools.pairwise(behind)
            if after == "(" and word.isidentifier() and word not in _FUNCTION
        ),
        "",
    )


def _numbered(block: Sequence[tuple[str, str]], own: str) -> list[str]:
    """The words of a block, its names numbered, but for members and what is called.

    Args:
      own: name of the function, which may call itself.
    """
    names: dict[str, str] = {}
    words: list[str] = []
    for place, (group, word) in enumerate(block):
        if group == "name":
            two = "".join(before for _, before in block[max(place - 2, 0) : place])
            member = two.endswith(("::", "->")) or place and block[place - 1][1] == "."
            called = block[place + 1 : place + 2] == [("other", "(")]
            if not member and (not called or word == own):
                word = names.setdefault(word, f"v{len(names)}")
        words.append(word)
    return words
