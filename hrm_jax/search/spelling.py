"""A program's tokens without comments and layout, of the languages with braces.

Not a lexer: where a quote or a slash could be read in two ways, it does not guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_NEWLINES_COUNT = ("cpp", "go", "javascript")
"""Where a line's end may end more than the line: directives, and statements."""
_UNCLEAR = re.compile(r"""\b[bc]?r\#*"|R"|\$\{|"{3}""")
"""Raw strings, expressions in templates, and text blocks: what looks like a comment or
a quote there is none."""
_CHARACTERS = r"'(?:\\.|[^'\\\n])*'"
_ONE_CHARACTER = r"'(?:\\[^\n']+|\\'|[^'\\\n])'|'\w+"
"""Of Rust, and what else has a quote there: lifetimes and labels."""
_RAW, _TEMPLATE = r"`[^`]*`", r"`(?:\\.|[^`\\])*`"
_DIGITS = r"\d(?:'?\w)*"
"""Those of C++ may have quotes between them."""
_BEFORE_VALUES = frozenset(
    "return typeof case in of delete void instanceof new do else throw await yield"
    " default".split()
)
"""Words of JavaScript behind which a slash begins a regular expression."""
_LONE = frozenset("\"'`")


def _pattern(language: str) -> re.Pattern[str]:
    characters = _ONE_CHARACTER if language == "rust" else _CHARACTERS
    raw = _TEMPLATE if language == "javascript" else _RAW
    return re.compile(
        r"//[^\n]*|/\*.*?\*/|"
        rf'"(?:\\.|[^"\\\n])*"|{characters}|{raw}|{_DIGITS}|\w+|\n|\s|[^\w\s]',
        re.DOTALL,
    )


_TOKENS = {
    language: _pattern(language)
    for language in ("cpp", "go", "java", "javascript", "rust")
}


def tokens(language: str, source: str) -> list[str] | None:
    """Its tokens; None where they are hard to tell."""
    if _UNCLEAR.search(source):
        return None
    found: list[str] = []
    for match in _TOKENS[language].finditer(source):
        token = match[0]
        if token in _LONE or (token == "/" and _may_quote(language, source, match)):
            return None
        if token.startswith(("//", "/*")):
            token = "\n" if "\n" in token else " "
        if not token.isspace():
            # Marks that touch may be one operator: `a - -b` is not `a--b`.
            found.append(token)
        elif "\n" in token and language in _NEWLINES_COUNT:
            found += ["\n"] if found and found[-1] != "\n" else []
        elif found and found[-1] not in ("\n", " "):
            found.append(" ")
    return list(_needed(found))


def _may_quote(language: str, source: str, slash: re.Match[str]) -> bool:
    """It may begin a regular expression, or a comment that does not end."""
    if source.startswith("/*", slash.start()):
        return True
    if language != "javascript":
        return False
    before = source[: slash.start()].rstrip()
    word = re.search(r"[\w$]+\Z", before)
    if word:
        return word[0] in _BEFORE_VALUES
    if before.endswith(")"):  # `if (x) /y/.test(z)` is one, `(x) / y` is none
        return "/" in source[slash.end() :].split("\n", 1)[0]
    return not before.endswith("]")


def _needed(tokens: Sequence[str]) -> Iterator[str]:
    """Drops spaces beside what cannot grow together with anything."""
    alone = set("()[]{};,\n")
    for place, token in enumerate(tokens):
        around = {*tokens[max(place - 1, 0) : place], *tokens[place + 1 : place + 2]}
        if token == " " and (around & alone or place == len(tokens) - 1):
            continue
        yield token
