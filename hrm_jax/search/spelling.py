"""A program's tokens without comments and layout, of the languages with braces.

Not a lexer: where a quote or a slash could be read in two ways, it does not guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_NEWLINES_COUNT = ("cpp", "go", "javascript")
"""Where a line's end may end more than the line: directives, and statements."""
_UNCLEAR = re.compile(r"""\b[bc]?r\#*"|R"|\$\{|"{3}|[\r\x85\u2028\u2029]""")
"""Raw strings, expressions in templates, and text blocks, where what looks like a
comment or a quote is none; and line ends that only some languages know."""
_UNCLEAR_IN = {
    "cpp": re.compile(r"\\\n|\#\s*define"),  # lines that go on; blanks that count
    "go": re.compile(r'//go:|import\s+"C"'),  # comments that do something
    "java": re.compile(r"\\u"),  # any character, before all else
    "javascript": re.compile("<!--|-->"),  # comments of browsers
    "rust": re.compile(r"//[/!]|/\*[*!]"),  # comments that belong to what follows
}
_CHARACTERS = r"'(?:\\.|[^'\\\n])*'"
_ONE_CHARACTER = r"'(?:\\[^\n']+|\\'|[^'\\\n])'|'\w+"
"""Of Rust, and what else has a quote there: lifetimes and labels."""
_RAW, _TEMPLATE = r"`[^`]*`", r"`(?:\\.|[^`\\])*`"
_DIGITS = r"\d(?:'?\w)*"
"""Those of C++ may have quotes between them."""
_BEFORE_VALUES = frozenset(
    "return typeof case in of delete void instanceof new do else throw await yield"
    " default break continue debugger".split()
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
    """Its tokens; None where they are hard to tell, and of other languages."""
    if language not in _TOKENS or _UNCLEAR.search(source):
        return None
    if _UNCLEAR_IN[language].search(source):
        return None
    found: list[str] = []
    for match in _TOKENS[language].finditer(source):
        token = match[0]
        if token in _LONE or (token.startswith("/*") and "/*" in token[2:]):
            return None
        if token == "/" and _may_quote(language, found, source, match.end()):
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


def _may_quote(language: str, before: Sequence[str], source: str, end: int) -> bool:
    """A slash, which ends there, may begin a regular expression, or a comment that does
    not end."""
    if source.startswith("*", end):
        return True
    if language != "javascript":
        return False
    last = next((token for token in reversed(before) if not token.isspace()), "")
    if last == ")":  # `if (x) /y/.test(z)` is one, `(x) / y` is none
        line_end = source.find("\n", end)
        return source.find("/", end, line_end if line_end >= 0 else len(source)) >= 0
    operand = last == "]" or last.replace("_", "a").isalnum()
    return not operand or last in _BEFORE_VALUES


def _needed(tokens: Sequence[str]) -> Iterator[str]:
    """Drops spaces beside what cannot grow together with anything."""
    alone = set("()[]{};,\n")
    for place, token in enumerate(tokens):
        around = {*tokens[max(place - 1, 0) : place], *tokens[place + 1 : place + 2]}
        if token == " " and (around & alone or place == len(tokens) - 1):
            continue
        yield token
